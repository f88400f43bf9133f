// SPDX-License-Identifier: Apache-2.0

/// The lines of an XML document that survive when libxml2 reads and writes it.
///
/// libxml2 writes each tag on one line, and other blanks around the root element. A line here
/// therefore has a whole tag, the first one all before the root element, and the last one all after
/// it. The line feeds of texts and comments stay.
struct MarkupLines {
    /// The lines, each with its line feed.
    private(set) var lines: [ArraySlice<UInt8>] = []

    private let text: [UInt8]
    private var index = 0
    private var lineStart = 0
    /// The number of open elements.
    private var depth = 0
    private var isAfterRoot = false

    /// Splits a document in an encoding that extends ASCII.
    init(_ text: [UInt8]) {
        self.text = text
        while index < text.count, !isAfterRoot { readNext() }
        if lineStart < text.count { lines.append(text[lineStart...]) }
    }

    /// Reads one markup or one other character.
    private mutating func readNext() {
        guard text[index] == UInt8(ascii: "<") else { return advance(by: 1) }
        if isNext("<!--") {
            skip(past: "-->", splitting: true)
        } else if isNext("<![CDATA[") {
            skip(past: "]]>", splitting: true)
        } else if isNext("<?") {
            skip(past: "?>", splitting: true)
        } else if isNext("<!") {
            skipDeclaration()
        } else if isNext("</") {
            skip(past: ">", splitting: false)
            close()
        } else {
            skipStartTag()
        }
    }

    /// Passes characters, and ends the line after each line feed in the root element.
    private mutating func advance(by count: Int) {
        let end = min(index + count, text.count)
        for place in index..<end where depth > 0 && text[place] == UInt8(ascii: "\n") {
            lines.append(text[lineStart...place])
            lineStart = place + 1
        }
        index = end
    }

    private mutating func skip(past end: String, splitting: Bool) {
        var length = 1
        while index + length < text.count, !text[(index + length)...].starts(with: end.utf8) {
            length += 1
        }
        length += end.utf8.count
        if splitting { advance(by: length) } else { index = min(index + length, text.count) }
    }

    private mutating func skipDeclaration() {
        var brackets = 0
        while index < text.count {
            let byte = text[index]
            index += 1
            switch byte {
            case UInt8(ascii: "["): brackets += 1
            case UInt8(ascii: "]"): brackets -= 1
            case UInt8(ascii: ">") where brackets == 0: return
            default: break
            }
        }
    }

    private mutating func skipStartTag() {
        var quote: UInt8?
        while index < text.count {
            let byte = text[index]
            index += 1
            if byte == quote {
                quote = nil
            } else if quote == nil, byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = byte
            } else if quote == nil, byte == UInt8(ascii: ">") {
                depth += 1
                if text[index - 2] == UInt8(ascii: "/") { close() }
                return
            }
        }
    }

    private mutating func close() {
        depth -= 1
        isAfterRoot = depth == 0
    }

    private func isNext(_ markup: String) -> Bool { text[index...].starts(with: markup.utf8) }
}
