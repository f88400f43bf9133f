// SPDX-License-Identifier: Apache-2.0

/// The first line of a script, as the kernel reads it.
struct InterpreterLine: Hashable {
    /// The interpreter's path. It is empty if the kernel finds none.
    let program: String
    /// The rest of the line, which the kernel passes as one argument.
    let argument: String?
    /// Whether the line ends with CR LF.
    let endsWithCarriageReturn: Bool

    /// The number of bytes that the kernel reads.
    private static let maximumLength = 256

    /// Reads the start of a file. Returns `nil` without an interpreter line.
    init?(_ bytes: [UInt8]) {
        guard bytes.starts(with: "#!".utf8) else { return nil }
        let start = bytes.prefix(Self.maximumLength)
        let end = start.firstIndex(of: UInt8(ascii: "\n"))
        let text = bytes[2..<(end ?? start.endIndex)].prefix { $0 != 0 }
        func isBlank(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
        }
        let line = text.drop(while: isBlank)
        let program = line.prefix { !isBlank($0) }
        let argument = line[program.endIndex...].drop(while: isBlank)
        let isCut = end == nil && bytes.count >= Self.maximumLength && program.count == line.count
        self.program = isCut ? "" : String(decoding: program, as: UTF8.self)
        self.argument =
            argument.lastIndex { !isBlank($0) }
            .map { String(decoding: argument[...$0], as: UTF8.self) }
        endsWithCarriageReturn = end != nil && text.last == UInt8(ascii: "\r")
    }
}

/// The program that `env` searches for, from its argument in an interpreter line.
struct EnvironmentSearch: Hashable {
    let program: String
    /// The `PATH` that the argument itself sets.
    let searchPath: String?

    /// Parses the argument. Returns `nil` if it does not reveal the program.
    init?(_ argument: String) {
        guard argument.hasPrefix("-") || argument.contains("=") else {
            program = argument
            searchPath = nil
            return
        }
        guard let words = Self.words(of: argument) else { return nil }
        var rest = words[...]
        var path: String?
        while let word = rest.popFirst() {
            switch word {
            case "-u", "--unset", "-C", "--chdir": _ = rest.popFirst()
            case _ where word.hasPrefix("-"): continue
            case _ where word.contains("="):
                if word.hasPrefix("PATH=") { path = String(word.dropFirst("PATH=".count)) }
            default:
                program = word
                searchPath = path
                return
            }
        }
        return nil
    }

    /// Returns the words of an argument that `-S` splits, without that option.
    private static func words(of argument: String) -> [String]? {
        // Only env can resolve variables and escapes.
        guard !argument.contains(where: { "$\\\"'#".contains($0) }) else { return nil }
        var text = argument[...]
        if text.hasPrefix("--split-string") {
            text = text.dropFirst("--split-string".count)
            if text.first == "=" { text = text.dropFirst() }
        } else if text.hasPrefix("-"), !text.hasPrefix("--"),
            let end = text.firstIndex(where: { $0 == "S" || $0.isWhitespace }), text[end] == "S"
        {
            text = text[text.index(after: end)...]
        } else {
            return nil
        }
        return text.split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
