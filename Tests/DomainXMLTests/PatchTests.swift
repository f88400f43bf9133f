// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import WatchdogPolicy

@testable import DomainXML

/// Definitions before and after, as pairs of files in `Golden`.
///
/// `RECORD_GOLDEN=1` writes the second file of each pair anew; look at each change then.
struct PatchTests {
    /// A pair, with the policy where it is not the built-in one.
    struct Golden: Sendable, CustomTestStringConvertible {
        var name: String

        static let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Golden")

        static let all = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
            .filter { $0.hasSuffix(".in.xml") }.sorted().map {
                Golden(name: String($0.dropLast(7)))
            }

        var testDescription: String { name }
        var inputFile: URL { Self.folder.appending(path: "\(name).in.xml") }
        var outputFile: URL { Self.folder.appending(path: "\(name).out.xml") }

        var policy: Policy {
            let file = Self.folder.appending(path: "\(name).properties")
            guard let data = try? Data(contentsOf: file) else { return .builtIn }
            return PolicyReport(reading: Array(data), from: file.path).policy
        }

        func input() throws -> [UInt8] { Array(try Data(contentsOf: inputFile)) }
        func output() throws -> [UInt8] { Array(try Data(contentsOf: outputFile)) }
    }

    private func patched(_ bytes: [UInt8], _ policy: Policy) throws -> [UInt8] {
        var document = try Document(parsing: bytes.span.bytes)
        document.apply(Plan(for: document.facts, under: policy))
        return try document.serialized()
    }

    @Test(arguments: Golden.all)
    func `Each definition is patched as it was recorded`(golden: Golden) throws {
        let output = try patched(golden.input(), golden.policy)
        if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
            try Data(output).write(to: golden.outputFile)
        }
        #expect(
            try output == golden.output(),
            "\(String(decoding: output, as: UTF8.self))")
    }

    @Test func `The directory of golden pairs is not empty`() {
        #expect(Golden.all.count >= 20)
    }

    @Test(arguments: Golden.all)
    func `Patching twice is patching once`(golden: Golden) throws {
        let once = try patched(golden.input(), golden.policy)
        #expect(try patched(once, golden.policy) == once)
    }

    /// The document as it is written before and after, and the plan between the two.
    private func written(
        _ golden: Golden
    ) throws -> (plan: Plan, before: [UInt8], after: [UInt8]) {
        let input = try golden.input()
        var document = try Document(parsing: input.span.bytes)
        let plan = Plan(for: document.facts, under: golden.policy)
        let before = try document.serialized()
        document.apply(plan)
        return (plan, before, try document.serialized())
    }

    @Test(arguments: Golden.all)
    func `Nothing changes except the parts that the plan names`(golden: Golden) throws {
        let (plan, before, after) = try written(golden)
        let newline = UInt8(ascii: "\n")
        let difference = after.split(separator: newline)
            .difference(from: before.split(separator: newline))
        let inserted = difference.insertions.count
        let removed = difference.removals.count
        switch plan.name {
        case "leave", "refuse": #expect(inserted == 0 && removed == 0)
        case "change-action": #expect(inserted == 1 && removed == 1)
        default:
            // Where there was no line of its own for the element, the line it went into changes. A port
            // and addresses are further lines.
            #expect(inserted >= 1 && inserted - removed <= 10 && removed <= 1)
        }
        #expect(plan.changesDefinition == (before != after))
    }

    @Test(
        .enabled(if: Repository.runs(where: Command.find("xmllint") != nil), "needs xmllint"),
        arguments: Golden.all)
    func `A document is written as libxml2 itself writes it`(golden: Golden) throws {
        let before = try written(golden).before
        let xmllint = try #require(Command.find("xmllint"))
        let oracle = try Command(xmllint, ["--nonet", golden.inputFile.path]).run()
        #expect(oracle.status == 0)
        let isDeclared = before.starts(with: "<?xml".utf8)
        if isDeclared, before.contains(Array("encoding=".utf8)) {
            #expect(Array(oracle.output) == before)
            return
        }
        // xmllint declares every document, and writes what names no encoding in ASCII.
        let lines = oracle.text.split(separator: "\n", omittingEmptySubsequences: false)
        let expected = lines.dropFirst(isDeclared ? 0 : 1).joined(separator: "\n")
        #expect(String(decoding: before, as: UTF8.self).inASCII == expected)
    }

    @Test(arguments: ["cloudstack", "tabs", "markup", "no-devices", "one-line"])
    func `The element is the last child of the last devices, with model and action`(
        name: String
    ) throws {
        let output = try String(decoding: Golden(name: name).output(), as: UTF8.self)
        let end = try #require(output.range(of: "</devices>", options: .backwards))
        let before = output[..<end.lowerBound].trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(before.hasSuffix("<watchdog model=\"i6300esb\" action=\"reset\"/>"))
    }

    /// Encodings that libxml2 has from others, and an é in them. UTF-7 hides the XML; the last
    /// one is ISO-8859-1 to who ignores signs and leading zeros in names, as ICU does.
    @Test(arguments: [
        ("UTF-7", Array("+AOk-".utf8)), ("ISO-8859-15", [0xE9]), ("windows-1252", [0xE9]),
        ("ISO08859-1", [0xE9]),
    ])
    func `In an encoding that libxml2 does not write, a document is written in UTF-8`(
        name: String, e: [UInt8]
    ) throws {
        let text =
            Array("<?xml version='1.0' encoding='\(name)'?><domain><name>".utf8) + e
            + Array("</name><title>&#x3B1;</title></domain>".utf8)
        let output = try patched(text, .builtIn)
        #expect(output.starts(with: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".utf8))
        #expect(try Document(parsing: output.span.bytes).facts.name == "é")
        #expect(String(decoding: output, as: UTF8.self).contains("<title>α</title>"))
        #expect(try patched(output, .builtIn) == output)
    }

    @Test(arguments: ["ISO-8859-1", "iso-8859-1", "US-ASCII", "ASCII"])
    func `In an encoding that libxml2 writes, a character that it lacks becomes a reference`(
        name: String
    ) throws {
        let text = "<?xml version='1.0' encoding='\(name)'?><domain><title>&#x3B1;</title></domain>"
        let output = try String(decoding: patched(Array(text.utf8), .builtIn), as: UTF8.self)
        #expect(output.hasPrefix("<?xml version=\"1.0\" encoding=\"\(name)\"?>"))
        #expect(output.contains("<title>&#945;</title>"))
    }

    @Test(arguments: ["a&amp;b", "a&lt;b", "a&#10;b", "a&#9;"])
    func `A namespace that libxml2 would write as another one is an error`(name: String) throws {
        let text = "<domain>\n<metadata><x:y xmlns:x='\(name)'/></metadata></domain>"
        let document = try Document(parsing: text)
        #expect(throws: DocumentError.namespace(line: 2)) { try document.serialized() }
    }

    @Test(arguments: ["pause", "<&'\">", "<\u{338}", "&\u{338}", "a\tb\nc\rd", ""])
    func `A record is read back as it was written`(value: String) throws {
        func read(_ element: String) throws -> GuestFacts {
            let element = element.replacing("<alignment", with: "<a:alignment")
                .replacing("<opt-out", with: "<o:opt-out")
            return try Document(
                parsing: "<domain><metadata xmlns:a='\(ActionOverride.namespace)'"
                    + " xmlns:o='\(OptOut.namespace)'>\(element)</metadata></domain>"
            ).facts
        }
        for boot in [nil, "5ff58ab1-2a4f-4a4c-8a5e-6f0e6b1c7a11", "<&'\">"] {
            let run = boot.map { RunID(boot: $0, process: 4711, startTicks: 90_210) }
            let record = ActionOverride(action: value, definedAction: value, id: value, run: run)
            #expect(try read(record.xml).actionOverride == record)
            let optOut = OptOut(run: run)
            #expect(try read(optOut.xml).optOut == optOut)
        }
    }

    @Test
    func `The record of a persistent definition is read back, and leaves nothing behind`() throws {
        let text = "<domain>\n  <name>web</name>\n</domain>\n"
        var document = try Document(parsing: text)
        for action in ["reset", "<&'\">"] {
            let record = SavedAction(action: action, former: "none")
            document.setSavedAction(record)
            let written = String(decoding: try document.serialized(), as: UTF8.self)
            #expect(written.ranges(of: "<watchdog:alignment").count == 1)
            #expect(try Document(parsing: written).facts.savedAction == record)
        }
        document.setSavedAction(nil)
        #expect(!String(decoding: try document.serialized(), as: UTF8.self).contains("metadata"))
        var kept = try Document(parsing: "<domain><metadata><a/></metadata></domain>")
        kept.setSavedAction(SavedAction(action: "reset", former: "none"))
        kept.setSavedAction(nil)
        #expect(
            String(decoding: try kept.serialized(), as: UTF8.self)
                .contains("<metadata><a/></metadata>"))
    }

    @Test func `Of two records, neither is left beside the new one`() throws {
        let one = "<alignment xmlns='\(ActionOverride.namespace)' action='pause' was='none'/>"
        var document = try Document(
            parsing: "<domain><metadata>\(one)</metadata><metadata>\(one)<a/></metadata></domain>")
        let record = SavedAction(action: "reset", former: "none")
        document.setSavedAction(record)
        #expect(document.facts.savedAction == record)
        document.setSavedAction(nil)
        #expect(document.facts.savedAction == nil)
        let text = String(decoding: try document.serialized(), as: UTF8.self)
        #expect(text.ranges(of: "<metadata").count == 1 && text.contains("<a/>"))
    }

    @Test func `A device for hot-plugging is written with alias and place`() {
        let device = WatchdogDevice(model: .i6300esb, action: .injectNMI)
        #expect(
            device.xml(at: .rootPort(GuestFacts.PCIAddress(bus: 10, slot: 0)))
                == "<watchdog model='i6300esb' action='inject-nmi'><alias name='ua-virt-watchdog'/>"
                + "<address type='pci' domain='0' bus='10' slot='0' function='0'/></watchdog>")
    }
}

extension String {
    /// The text with its other than ASCII characters as libxml2 writes them in ASCII.
    fileprivate var inASCII: String {
        var text = ""
        for scalar in unicodeScalars {
            if scalar.isASCII {
                text.unicodeScalars.append(scalar)
            } else {
                text += "&#x\(String(scalar.value, radix: 16, uppercase: true));"
            }
        }
        return text
    }
}
