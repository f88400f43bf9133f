import ArgumentParser
import FoundationEssentials
import Host
import System
import SystemPackage
import WatchdogPolicy

/// Standard output, written whole.
enum StandardOutput {
    /// Prints bytes.
    static func write(_ bytes: [UInt8]) throws {
        do {
            try FileDescriptor.standardOutput.writeFully(bytes)
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
        let text = String(decoding: try encoder.encode(value), as: UTF8.self)
        try print(escapingDisruptiveScalars(in: text))
    }

    /// Writes what could steer a terminal as escapes of JSON's, inside whose strings alone it can
    /// stand; the line ends between them stay.
    private static func escapingDisruptiveScalars(in json: String) -> String {
        json.unicodeScalars.reduce(into: "") { text, scalar in
            guard scalar.isDisruptive, scalar != "\n" else {
                return text.unicodeScalars.append(scalar)
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
    }
}

/// Standard error, for what is not the answer.
enum StandardError {
    /// Prints a line behind the program's name; what libvirt says in it may quote anything.
    static func print(_ line: String) {
        try? FileDescriptor.standardError.writeFully(
            Array("virt-watchdog: \(printable(line))\n".utf8))
    }

    /// Prints lines of the argument parser's, which may quote anything.
    static func write(lines: String) {
        let text = lines.split(separator: "\n", omittingEmptySubsequences: false)
            .map { printable(String($0)) + "\n" }
        try? FileDescriptor.standardError.writeFully(Array(text.joined().utf8))
    }
}
