import Foundation
import TestSupport
import Testing

/// Definitions that are none, or that mean harm.
@Suite(.enabled(if: Host.isAvailable, Host.needs))
struct InputFaultTests {
    /// The operations that read a definition.
    static let operations = ["prepare", "started", "reconnect", "migrate", "restore"]

    struct Row: Sendable, CustomTestStringConvertible {
        var reason: String
        var input: @Sendable () -> Data
        /// A part of the reason in the log.
        var complaint: String

        init(_ reason: String, _ complaint: String, _ input: @escaping @Sendable () -> Data) {
            self.reason = reason
            self.input = input
            self.complaint = complaint
        }

        var testDescription: String { reason }
    }

    private static func documented(_ subset: String, name: String = "a") -> Data {
        Data("<!DOCTYPE domain \(subset)>\n<domain type='kvm'><name>\(name)</name></domain>".utf8)
    }

    static let rows = [
        Row("nothing", "empty") { Data() },
        Row("blanks", "not well-formed") { Data(" \n".utf8) },
        Row("no XML", "not well-formed") { Data("\(Canary.inDefinition)".utf8) },
        Row("an open tag with a password", "not well-formed") {
            Data("<domain><graphics passwd='\(Canary.inDefinition)'".utf8)
        },
        Row("an undeclared entity with a password for its name", "not well-formed") {
            Data("<domain>&\(Canary.inDefinition);</domain>".utf8)
        },
        Row("tags that do not match", "not well-formed") {
            Data("<domain><\(Canary.inDefinition)></domain>".utf8)
        },
        Row("another root", "not 'domain'") {
            Data("<\(Canary.inDefinition)>secret</\(Canary.inDefinition)>".utf8)
        },
        Row("two roots", "not well-formed") { Definition().data + Definition().data },
        Row("a NUL byte", "not well-formed") {
            Data(Definition().text.replacing("<memory", with: "\0<memory").utf8)
        },
        Row("nothing but NUL bytes", "not well-formed") { Data(count: 8192) },
        Row("bytes that are no UTF-8", "not well-formed") {
            Data("<domain><name>".utf8) + Data([0xC3, 0x28, 0xFF]) + Data("</name></domain>".utf8)
        },
        Row("an encoding that is declared wrongly", "not well-formed") {
            Data("<?xml version='1.0' encoding='UTF-16'?>".utf8) + Data([0xFF]) + Definition().data
        },
        Row("an encoding that nobody knows", "not well-formed") {
            Data("<?xml version='1.0' encoding='x-nobody'?>".utf8) + Definition().data
        },
        Row("an external entity", "external") {
            documented("[<!ENTITY x SYSTEM 'file:///etc/passwd'>]", name: "&x;")
        },
        Row("an external document type", "external") {
            documented("SYSTEM 'http://127.0.0.1:1/domain.dtd'")
        },
        Row("a parameter entity", "parameter entity") {
            documented("[<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]")
        },
        Row("a billion laughs", "entity made of") {
            let entities = (1...9).map { n in
                "<!ENTITY l\(n) '\(String(repeating: "&l\(n - 1);", count: 10))'>"
            }
            return documented(
                "[<!ENTITY l0 'ha'> \(entities.joined(separator: " "))]", name: "&l9;")
        },
        Row("a quadratic blow-up", "entity made of") {
            documented(
                "[<!ENTITY l '\(String(repeating: "l", count: 100_000))'>]",
                name: String(repeating: "&l;", count: 1000))
        },
        Row("a million levels", "not well-formed") {
            Data("<domain>".utf8) + Data(String(repeating: "<a>", count: 1_000_000).utf8)
                + Data(String(repeating: "</a>", count: 1_000_000).utf8) + Data("</domain>".utf8)
        },
        Row("17 MB", "longer than 16 MiB") { padded(to: 17 << 20) },
        Row("100 MB", "longer than 16 MiB") { padded(to: 100 << 20) },
    ]

    /// A sound definition of a certain length.
    private static func padded(to length: Int) -> Data {
        let text = Definition().text
        let comment = Data("<!--".utf8) + Data(repeating: 0x20, count: length) + Data("-->".utf8)
        let (head, tail) = (text.prefix { $0 != "\n" }, text.drop { $0 != "\n" })
        return Data(head.utf8) + comment + Data(tail.utf8)
    }

    @Test(arguments: operations, rows)
    func `A definition that is none lets the guest go on, with a line in the log`(
        _ operation: String, _ row: Row
    ) throws {
        let run = try Host(properties: "vm.watchdog.enforce=true\nvm.watchdog.existing=align")
            .run(["i-2-34-VM", operation, "begin", "-"], row.input())
        #expect(run.status == 0)
        #expect(run.output.isEmpty)
        #expect(run.error.isEmpty)
        #expect(run.protector == nil)
        #expect(run.duration < .seconds(2.5))
        let line = try #require(run.log.first.flatMap(LogLineFields.init))
        #expect(run.log.count == 1)
        #expect(line.operation == operation)
        #expect(line.guest == "i-2-34-VM")
        #expect(line.result == "failed")
        #expect(line.reason.contains(row.complaint), "\(line.reason)")
    }

    @Test(arguments: ["prepare", "started"])
    func `A definition cut short at any place changes nothing`(_ operation: String) throws {
        let text = Data(Definition().text.trimmingCharacters(in: .newlines).utf8)
        for length in stride(from: 0, to: text.count, by: 97) {
            let run = try Host(properties: "vm.watchdog.enforce=true")
                .run(["g", operation, "begin", "-"], text.prefix(length))
            #expect(run.status == 0, "\(length) bytes")
            #expect(run.output.isEmpty && run.error.isEmpty, "\(length) bytes")
            #expect(run.protector == nil, "\(length) bytes")
            #expect(run.log.count == 1, "\(length) bytes")
        }
    }

    @Test
    func `Bytes at random do no harm`() throws {
        var generator = SplitMix64(seed: 9397)
        let sound = Array(Definition().text.utf8)
        for round in 0..<60 {
            var bytes = sound
            for _ in 0..<(1 + round / 4) {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(
                    truncatingIfNeeded: generator.next())
            }
            let run = try Host().run(["g", "prepare", "begin", "-"], Data(bytes))
            #expect(run.status == 0, "round \(round)")
            #expect(run.error.isEmpty, "round \(round)")
            #expect(run.log.count == 1, "round \(round)")
            if !run.output.isEmpty {
                #expect(XMLTree(run.output)?.watchdogs.count == 1, "round \(round)")
            }
        }
    }

    @Test(arguments: [1, 15])
    func `A definition of many megabytes is printed whole or not at all`(_ size: Int) throws {
        let run = try Host().run(["g", "prepare", "begin", "-"], Self.padded(to: size << 20))
        #expect(run.status == 0)
        #expect(run.duration < .seconds(2.5))
        if !run.output.isEmpty { #expect(XMLTree(run.output)?.watchdogs.count == 1) }
        if size == 1 { #expect(!run.output.isEmpty) }
    }

    @Test
    func `Plain entities stay as they are`() throws {
        let text =
            "<!DOCTYPE domain [<!ENTITY n 'web'>]>\n<domain type='kvm'><name>&n;1</name>"
            + "<devices/></domain>"
        let run = try Host().run(["web1", "prepare", "begin", "-"], Data(text.utf8))
        #expect(run.text.contains("<name>&n;1</name>"))
        #expect(run.log.compactMap { LogLineFields($0)?.guest } == ["web1"])
    }
}
