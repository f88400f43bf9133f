import Host
import System

/// What an executable file needs to be started.
///
/// It may come from anybody: nothing in it is followed outside its bytes. Both word sizes and both
/// byte orders are read, as
/// [the format](https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html) has them.
struct ELFFile: Hashable {
    /// Why a file is no executable.
    enum Problem: Error, Hashable {
        /// It does not start as one.
        case notELF
        /// It ends before what its headers speak of, or its headers contradict themselves.
        case damaged
    }

    /// What each file of this kind starts with.
    static let magic: [UInt8] = [0x7F, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")]

    /// What a program runs on.
    struct Target: Hashable {
        /// Whether words have 64 bits.
        var isWide: Bool
        /// Whether a number's first byte is its largest.
        var isBigEndian: Bool
        /// The processor, by its number.
        var machine: UInt64

        /// What this tool itself runs on.
        static let ofThisHost = Target(of: "/proc/self/exe")

        /// The 32-bit processors whose programs a 64-bit one runs, too.
        private static let companions: [UInt64: UInt64] = [62: 3, 183: 40, 21: 20, 22: 22]

        /// Whether such a host runs a program for another target.
        func runs(_ other: Target) -> Bool {
            self == other
                || isWide && !other.isWide && isBigEndian == other.isBigEndian
                    && Self.companions[machine] == other.machine
        }
    }

    /// The target of the program.
    let target: Target
    /// Whether it is a program, and no object for the linker or memory dump.
    let isExecutable: Bool
    /// The dynamic loader that it asks for; a static program asks for none.
    let interpreter: String?

    /// Reads the headers of a whole file.
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

    /// `PT_LOAD`: a part of the file that is mapped into memory.
    private static let loaded: UInt64 = 1
    /// `PT_INTERP`: the name of the dynamic loader.
    private static let interpreted: UInt64 = 3

    /// Numbers in bytes, read within bounds.
    fileprivate struct Reader {
        private let bytes: [UInt8]
        private let isWide: Bool
        private let isBigEndian: Bool

        /// Reads the start, which tells the form of the numbers behind it.
        init?(_ bytes: [UInt8]) {
            guard bytes.count > 5, let isWide = [1: false, 2: true][bytes[4]],
                let isBigEndian = [1: false, 2: true][bytes[5]]
            else { return nil }
            self.bytes = bytes
            self.isWide = isWide
            self.isBigEndian = isBigEndian
        }

        /// What the file runs on.
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
    /// Reads what a file runs on; nothing where it cannot be read, or is no executable.
    init?(of path: String) {
        guard let bytes = (try? File.readRegular(path, limit: 64)) ?? nil,
            bytes.starts(with: ELFFile.magic), let target = ELFFile.Reader(bytes)?.target
        else { return nil }
        self = target
    }
}
