// SPDX-License-Identifier: Apache-2.0

import System

/// The headers of an executable file.
///
/// The file is untrusted, so all reads are checked against its bounds. It may have either word size
/// and either byte order, as [the
/// format](https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html) defines.
struct ELFFile: Hashable {
    /// The reason why a file is not a valid ELF file.
    enum Problem: Error, Hashable {
        /// The file does not start with the magic bytes.
        case notELF
        /// The file is truncated, or its headers contradict each other.
        case damaged
    }

    /// The first bytes of every ELF file.
    static let magic: [UInt8] = [0x7F, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")]

    /// The platform of a program.
    struct Target: Hashable {
        /// Whether words have 64 bits.
        var isWide: Bool
        /// Whether numbers start with their most significant byte.
        var isBigEndian: Bool
        /// The processor's number.
        var machine: UInt64

        /// The platform of this tool.
        static let ofThisHost = Target(of: "/proc/self/exe")

        /// The 32-bit processors that a 64-bit one also runs.
        private static let companions: [UInt64: UInt64] = [62: 3, 183: 40, 21: 20, 22: 22]

        /// Returns whether a host of this platform runs a program for another one.
        func runs(_ other: Target) -> Bool {
            self == other
                || isWide && !other.isWide && isBigEndian == other.isBigEndian
                    && Self.companions[machine] == other.machine
        }
    }

    /// The program's platform.
    let target: Target
    /// Whether the file is a program, as opposed to an object file or a core dump.
    let isExecutable: Bool
    /// The path of the dynamic loader, or `nil` for a static program.
    let interpreter: String?

    /// Reads the headers of a complete file.
    init(_ bytes: [UInt8]) throws(Problem) {
        guard bytes.starts(with: Self.magic) else { throw .notELF }
        guard let reader = Reader(bytes), let target = reader.target else { throw .damaged }
        self.target = target
        isExecutable = [2, 3].contains(reader.number(at: 16, length: 2))
        let isWide = target.isWide
        let word = isWide ? 8 : 4
        guard let start = reader.number(at: isWide ? 32 : 28, length: word),
            let size = reader.number(at: isWide ? 54 : 42, length: 2),
            let count = reader.number(at: isWide ? 56 : 44, length: 2),
            count > 0, size >= (isWide ? 56 : 32)
        else { throw .damaged }

        var interpreter: String?
        for index in 0..<count {
            let (header, isTooFar) = start.addingReportingOverflow(index * size)
            guard !isTooFar, let type = reader.number(at: header, length: 4),
                let offset = reader.number(at: header, plus: isWide ? 8 : 4, length: word),
                let length = reader.number(at: header, plus: isWide ? 32 : 16, length: word)
            else { throw .damaged }
            guard type == Self.loaded || type == Self.interpreted else { continue }
            guard let part = reader.part(at: offset, length: length) else { throw .damaged }
            if type == Self.interpreted {
                interpreter = String(decoding: part.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
        self.interpreter = interpreter
    }

    /// `PT_LOAD`: a segment that is mapped into memory.
    private static let loaded: UInt64 = 1
    /// `PT_INTERP`: the path of the dynamic loader.
    private static let interpreted: UInt64 = 3

    /// A reader of numbers that checks its bounds.
    fileprivate struct Reader {
        private let bytes: [UInt8]
        private let isWide: Bool
        private let isBigEndian: Bool

        /// Reads the start, which defines the format of later numbers.
        init?(_ bytes: [UInt8]) {
            guard bytes.count > 5, let isWide = [1: false, 2: true][bytes[4]],
                let isBigEndian = [1: false, 2: true][bytes[5]]
            else { return nil }
            self.bytes = bytes
            self.isWide = isWide
            self.isBigEndian = isBigEndian
        }

        /// The file's platform.
        var target: Target? {
            number(at: 18, length: 2).map {
                Target(isWide: isWide, isBigEndian: isBigEndian, machine: $0)
            }
        }

        func number(at start: UInt64, plus offset: UInt64 = 0, length: Int) -> UInt64? {
            let (place, isTooFar) = start.addingReportingOverflow(offset)
            guard !isTooFar, let part = part(at: place, length: UInt64(length)) else { return nil }
            return (isBigEndian ? Array(part) : part.reversed()).reduce(0) {
                $0 << 8 | UInt64($1)
            }
        }

        func part(at start: UInt64, length: UInt64) -> ArraySlice<UInt8>? {
            let (end, isTooFar) = start.addingReportingOverflow(length)
            guard !isTooFar, end <= bytes.count else { return nil }
            return bytes[Int(start)..<Int(end)]
        }
    }
}

extension ELFFile.Target {
    /// Reads a file's platform. Returns `nil` for an unreadable file or another format.
    init?(of path: String) {
        guard let bytes = (try? File.readRegular(path, limit: 64)) ?? nil,
            bytes.starts(with: ELFFile.magic), let target = ELFFile.Reader(bytes)?.target
        else { return nil }
        self = target
    }
}
