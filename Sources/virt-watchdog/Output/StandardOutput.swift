import ArgumentParser
import FoundationEssentials
import HostSystem
import WatchdogPolicy

/// Standard output, written whole.
enum StandardOutput {
    /// Prints bytes.
    static func write(_ bytes: [UInt8]) throws {
        do {
            try writeAll(bytes, to: 1)
        } catch {
            StandardError.print("cannot write to standard output: \(error)")
            throw ExitCode.notAsWanted
        }
    }

    /// Prints a line.
    static func print(_ line: String) throws {
        try write(Array("\(line)\n".utf8))
    }

    /// Prints a value as JSON, with its keys in order.
    static func print(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try write(Array(encoder.encode(value)) + [UInt8(ascii: "\n")])
    }
}

/// Standard error, for what is not the answer.
enum StandardError {
    /// Prints a line behind the program's name; what libvirt says in it may quote anything.
    static func print(_ line: String) {
        try? writeAll(Array("virt-watchdog: \(printable(line))\n".utf8), to: 2)
    }
}
