// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import System
import SystemPackage
import WatchdogPolicy

/// Standard output with complete writes.
enum StandardOutput {
    /// Writes bytes.
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

    /// Prints a value as JSON, with sorted keys.
    static func print(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(value), as: UTF8.self)
        try print(escapingDisruptiveScalars(in: text))
    }

    /// Escapes characters that could control a terminal, as JSON escapes.
    ///
    /// They can only appear in JSON's strings. Line ends between strings stay.
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

/// Standard error, for messages besides the output.
enum StandardError {
    /// Prints a line after the program's name. libvirt's part of it may quote anything.
    static func print(_ line: String) {
        try? FileDescriptor.standardError.writeFully(
            Array("virt-watchdog: \(printable(line))\n".utf8))
    }

    /// Prints lines of the argument parser, which may quote anything.
    static func write(lines: String) {
        let text = lines.split(separator: "\n", omittingEmptySubsequences: false)
            .map { printable(String($0)) + "\n" }
        try? FileDescriptor.standardError.writeFully(Array(text.joined().utf8))
    }
}
