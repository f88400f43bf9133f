// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Libvirt
import System
import SystemPackage
import WatchdogPolicy

/// Standard output with complete writes.
enum StandardOutput {
    /// Writes bytes.
    static func write(_ bytes: [UInt8]) throws {
        Progress.hide()
        do {
            try FileDescriptor.standardOutput.writeFully(bytes)
        } catch {
            StandardError.print("cannot write to standard output: \(error)")
            throw ExitCode.notAsWanted
        }
    }

    /// Prints a line, in the encoding of the locale.
    static func print(_ line: String) throws {
        try write(Array("\(OutputEncoding.current.shown(line))\n".utf8))
    }

    /// Prints a guest's name for a program, and on a terminal without characters that could control
    /// it.
    static func print(name: String) throws {
        try write(Array("\(Terminal.isThere ? printable(name) : name)\n".utf8))
    }

    /// Prints a value as JSON, with sorted keys, and with the keys that all answers have.
    ///
    /// - Parameters:
    ///   - connection: The daemon that was asked, or `nil` for an answer without one.
    ///   - report: The policy of the answer, or `nil` for an answer without one.
    static func print(
        json value: some Encodable, from connection: Connection? = nil,
        under report: PolicyReport? = nil
    ) throws {
        let value = Answer(header: AnswerHeader(connection, report), body: value)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(value), as: UTF8.self)
        try write(Array("\(escapingScalars(in: text))\n".utf8))
    }

    /// Escapes characters that could control a terminal or are not in its encoding, as JSON escapes.
    ///
    /// They can only appear in JSON's strings. Line ends between strings stay.
    private static func escapingScalars(in json: String) -> String {
        json.unicodeScalars.reduce(into: "") { text, scalar in
            let isForeign = OutputEncoding.current == .ascii && !scalar.isASCII
            guard scalar.isDisruptive && scalar != "\n" || isForeign else {
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
        Progress.hide()
        let line = OutputEncoding.current.shown(printable(line))
        try? FileDescriptor.standardError.writeFully(Array("virt-watchdog: \(line)\n".utf8))
    }

    /// Prints lines of the argument parser, which may quote anything.
    static func write(lines: String) {
        Progress.hide()
        let text = lines.split(separator: "\n", omittingEmptySubsequences: false)
            .map { OutputEncoding.current.shown(printable(String($0))) + "\n" }
        try? FileDescriptor.standardError.writeFully(Array(text.joined().utf8))
    }
}
