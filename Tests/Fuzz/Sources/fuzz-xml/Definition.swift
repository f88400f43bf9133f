// SPDX-License-Identifier: Apache-2.0

import FuzzSupport

@testable import DomainXML
@testable import WatchdogPolicy

/// A definition as it is written without a change, and its facts.
struct Definition {
    /// The text, in libxml2's own form.
    let text: [UInt8]
    let facts: GuestFacts

    /// Parses a definition. A parsed definition must be written with the same content.
    init(_ bytes: [UInt8]) throws(DocumentError) {
        let document = try Document(parsing: bytes.span.bytes)
        facts = document.facts
        require(facts == document.facts, "asked twice, the facts are not the same")
        text = try document.serialized()
        require(try text == document.serialized(), "written twice, it is not the same")
        require(Definition.facts(of: text) == facts, "written, it has other facts: \(facts)")
    }

    /// The facts of a text that was written by us, and so must be taken.
    static func facts(of text: [UInt8]) -> GuestFacts {
        do throws(DocumentError) {
            return try Document(parsing: text.span.bytes).facts
        } catch {
            fatalError("\(error): \(String(decoding: text, as: UTF8.self))")
        }
    }

    /// The text after a change.
    func changed(_ change: (inout Document) -> Void) -> [UInt8] {
        do throws(DocumentError) {
            var document = try Document(parsing: text.span.bytes)
            change(&document)
            let changed = try document.serialized()
            require(
                Definition.facts(of: changed) == document.facts,
                "written after a change, it has other facts: \(document.facts)")
            return changed
        } catch {
            fatalError("\(error): \(String(decoding: text, as: UTF8.self))")
        }
    }
}

/// Why a text is not taken goes to a log and to a terminal.
func checkRefusal(_ error: DocumentError) {
    for message in [error.message(in: "f"), error.descriptionWithoutContent] {
        require(
            message.firstDisruption == nil,
            "a character that ends or hides a line: \(message.debugDescription)")
        require(message.utf8.count <= 2 << 10, "a message of \(message.utf8.count) bytes")
    }
    require(error.line ?? 1 >= 1, "no such line: \(error)")
}
