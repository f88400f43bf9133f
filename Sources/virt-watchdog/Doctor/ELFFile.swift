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

    /// The dynamic loader that it asks for; a static program asks for none.
    let interpreter: String?

    /// Reads the headers of a whole file.
    init(_ bytes: [UInt8]) throws(Problem) {
        guard bytes.starts(with: Self.magic) else { throw .notELF }
        guard bytes.count > 5, let isWide = [1: false, 2: true][bytes[4]],
            let isBigEndian = [1: false, 2: true][bytes[5]]
        else { throw .damaged }
        let reader = Reader(bytes: bytes, isBigEndian: isBigEndian)
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
    private struct Reader {
        let bytes: [UInt8]
        let isBigEndian: Bool

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
