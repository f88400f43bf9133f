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

    @Test("each pair is as it was recorded", arguments: Golden.all)
    func golden(golden: Golden) throws {
        let output = try patched(golden.input(), golden.policy)
        if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
            try Data(output).write(to: golden.outputFile)
        }
        #expect(
            try output == golden.output(),
            "\(String(decoding: output, as: UTF8.self))")
    }

    @Test("the folder of pairs is not empty")
    func complete() {
        #expect(Golden.all.count >= 20)
    }

    @Test("patching twice is patching once", arguments: Golden.all)
    func twice(golden: Golden) throws {
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

    @Test("nothing changes but what the plan says", arguments: Golden.all)
    func onlyThePlan(golden: Golden) throws {
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
        "a document is written as libxml2 itself writes it",
        .enabled(if: Repository.runs(where: Command.find("xmllint") != nil), "needs xmllint"),
        arguments: Golden.all)
    func asLibxml2(golden: Golden) throws {
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

    @Test(
        "the element is the last child of the last devices, with model and action",
        arguments: ["cloudstack", "tabs", "markup", "no-devices", "one-line"])
    func lastChild(name: String) throws {
        let output = try String(decoding: Golden(name: name).output(), as: UTF8.self)
        let end = try #require(output.range(of: "</devices>", options: .backwards))
        let before = output[..<end.lowerBound].trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(before.hasSuffix("<watchdog model=\"i6300esb\" action=\"reset\"/>"))
    }

    /// Encodings that libxml2 has from others, and an é in them. UTF-7 hides what is XML; the last
    /// one is ISO-8859-1 to who ignores signs and leading zeros in names, as ICU does.
    @Test(
        "in an encoding that libxml2 does not write itself, a document is written in UTF-8",
        arguments: [
            ("UTF-7", Array("+AOk-".utf8)), ("ISO-8859-15", [0xE9]), ("windows-1252", [0xE9]),
            ("ISO08859-1", [0xE9]),
        ])
    func foreignEncoding(name: String, e: [UInt8]) throws {
        let text =
            Array("<?xml version='1.0' encoding='\(name)'?><domain><name>".utf8) + e
            + Array("</name><title>&#x3B1;</title></domain>".utf8)
        let output = try patched(text, .builtIn)
        #expect(output.starts(with: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".utf8))
        #expect(try Document(parsing: output.span.bytes).facts.name == "é")
        #expect(String(decoding: output, as: UTF8.self).contains("<title>α</title>"))
        #expect(try patched(output, .builtIn) == output)
    }

    @Test(
        "in an encoding that libxml2 writes itself, what it lacks becomes a reference",
        arguments: ["ISO-8859-1", "iso-8859-1", "US-ASCII", "ASCII"])
    func ownEncoding(name: String) throws {
        let text = "<?xml version='1.0' encoding='\(name)'?><domain><title>&#x3B1;</title></domain>"
        let output = try String(decoding: patched(Array(text.utf8), .builtIn), as: UTF8.self)
        #expect(output.hasPrefix("<?xml version=\"1.0\" encoding=\"\(name)\"?>"))
        #expect(output.contains("<title>&#945;</title>"))
    }

    @Test(
        "a namespace that libxml2 would write as another one keeps the document from being written",
        arguments: ["a&amp;b", "a&lt;b", "a&#10;b", "a&#9;"])
    func unwritableNamespace(name: String) throws {
        let text = "<domain>\n<metadata><x:y xmlns:x='\(name)'/></metadata></domain>"
        let document = try Document(parsing: text)
        #expect(throws: DocumentError.namespace(line: 2)) { try document.serialized() }
    }

    @Test(
        "a record is read back as it was written",
        arguments: ["pause", "<&'\">", "<\u{338}", "&\u{338}", "a\tb\nc\rd", ""])
    func records(value: String) throws {
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
            let record = ActionOverride(action: value, over: value, id: value, run: run)
            #expect(try read(record.xml).alignment == record)
            let optOut = OptOut(run: run)
            #expect(try read(optOut.xml).optOut == optOut)
        }
    }

    @Test("the record of a persistent definition is one, is read back, and leaves nothing behind")
    func persistentRecord() throws {
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

    @Test("of two records none is left beside the new one")
    func persistentRecordOfTwo() throws {
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

    @Test("a device for hot-plugging is written with alias and place")
    func deviceXML() {
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
