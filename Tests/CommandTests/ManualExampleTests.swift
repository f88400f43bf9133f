// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import WatchdogPolicy

/// The manual's examples, as a reader types them.
///
/// The tool asks libvirt's test driver, which has the guest web. `virsh dumpxml` prints a guest of
/// QEMU, and `virsh define` takes it, because the test driver knows no such guests.
@Suite(
    .enabled(if: Tool.isAvailable, Tool.needs),
    .enabled(
        if: Repository.runs(where: Command.find("jq") != nil && Command.find("virsh") != nil),
        "needs jq and virsh"))
struct ManualExampleTests {
    /// The scripts of all sections EXAMPLES.
    private static let examples: [Example] = ManualPage.names.flatMap { name in
        ((try? ManualPage(name))?.section("EXAMPLES").displays ?? []).map {
            Example(page: name, text: $0)
        }
    }

    struct Example: Sendable, CustomTestStringConvertible {
        var page: String
        var text: String

        /// Whether the example is a part of a properties file.
        var isPolicy: Bool { text.hasPrefix("vm.watchdog.") }

        var testDescription: String {
            "\(page): \(text.split(separator: "\n").first ?? "nothing")"
        }
    }

    @Test
    func `The pages have examples of commands and of policies`() {
        #expect(Self.examples.count { !$0.isPolicy } >= 7)
        #expect(Self.examples.count { $0.isPolicy } >= 2)
    }

    @Test(arguments: examples.filter { !$0.isPolicy })
    func `Each example runs, and each of its commands exits with a documented status`(
        _ example: Example
    ) throws {
        let desk = try Desk()
        let outcome = try desk.run(example.text)
        let calls = try desk.calls()
        #expect(!calls.isEmpty, "no command was run: \(outcome.errorText)")
        for call in calls {
            let documented: [Int32] = call.program == "virt-watchdog" ? [0, 1, 2] : [0]
            #expect(documented.contains(call.status), "\(call): \(outcome.errorText)")
        }
    }

    @Test(arguments: examples.filter(\.isPolicy))
    func `Each policy has no error and no warning`(_ example: Example) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("agent.properties", example.text)
        let outcome = try Tool.run("config", "--properties", file.path)
        #expect(outcome.status == 0)
        #expect(!outcome.text.contains("warning:"), "\(outcome.text)")
    }

    /// A guest for each verdict of the schema.
    private static func verdicts() throws -> [String] {
        let file = Repository.root.appending(path: "hooks/schemas/status.json")
        let schema = try JSONDecoder().decode(StatusSchema.self, from: Data(contentsOf: file))
        return schema.properties.guests.items.properties.verdict.values
    }

    @Test
    func `The filter of jq prints the guests that need attention, and no others`() throws {
        let filters = Self.examples.filter { $0.text.contains("jq ") }
        #expect(!filters.isEmpty)
        let verdicts = try Self.verdicts()
        #expect(verdicts.sorted() == Verdict.Kind.allCases.map(\.rawValue).sorted())
        let guests = verdicts.map { ["name": "guest \($0)", "verdict": $0] }
        let json = try JSONSerialization.data(withJSONObject: ["guests": guests])
        for example in filters {
            let desk = try Desk(answer: json)
            let outcome = try desk.run(example.text)
            #expect(outcome.status == 0, "\(outcome.errorText)")
            let expected = Verdict.Kind.allCases.filter { !$0.isFine }
            #expect(
                outcome.text.split(separator: "\n").sorted()
                    == expected.map { "guest \($0.rawValue)"[...] }.sorted())
        }
    }

    @Test
    func `The patch example shows the other policy's action`() throws {
        let example = try #require(Self.examples.first { $0.text.contains("--diff") })
        let outcome = try Desk().run(example.text)
        #expect(outcome.status == 0, "\(outcome.errorText)")
        #expect(outcome.text.contains("+    <watchdog model=\"i6300esb\" action=\"pause\">"))
    }

    @Test(arguments: ManualPage.names)
    func `Each command in the text has its subcommand and its options`(_ name: String) throws {
        let nodes = try Dictionary(
            uniqueKeysWithValues: CommandTree.commands().map {
                ($0.path.joined(separator: " "), $0.node)
            })
        for words in try ManualPage(name).commands(of: "virt-watchdog") {
            // An option of the tool itself, such as --version.
            guard let command = words.first, !command.hasPrefix("-") else { continue }
            let node = try #require(nodes[command], "\(words)")
            let options = Set((node.arguments ?? []).flatMap { $0.names ?? [] }.map(\.text))
            for option in words.dropFirst() where option.hasPrefix("-") {
                #expect(options.contains(option), "\(words)")
            }
        }
    }
}

/// The part of the schema of `status --json` with the verdicts.
private struct StatusSchema: Decodable {
    struct Root: Decodable {
        var guests: Guests
    }

    struct Guests: Decodable {
        var items: Item
    }

    struct Item: Decodable {
        var properties: Fields
    }

    struct Fields: Decodable {
        var verdict: Verdicts
    }

    struct Verdicts: Decodable {
        var values: [String]

        private enum CodingKeys: String, CodingKey {
            case values = "enum"
        }
    }

    var properties: Root
}

/// A directory for a reader who types examples, with programs that record their exit statuses.
private struct Desk {
    struct Call: CustomStringConvertible {
        var program: String
        var arguments: String
        var status: Int32

        var description: String { "\(program) \(arguments): exit status \(status)" }
    }

    private let folder: TemporaryFolder
    private var record: URL { folder.url.appending(path: "calls") }

    private static let node = """
        <node>
          <domain type='test'>
            <name>web</name>
            <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
            <memory>65536</memory>
            <os><type>hvm</type></os>
          </domain>
        </node>
        """

    private static let definition = """
        <domain type='qemu'>
          <name>web</name>
          <os>
            <type arch='x86_64' machine='pc'>hvm</type>
          </os>
          <devices>
            <emulator>/usr/bin/qemu-system-x86_64</emulator>
            <controller type='pci' index='0' model='pci-root'/>
          </devices>
        </domain>


        """

    /// - Parameter answer: The output of every `virt-watchdog`, or `nil` for the tool's own.
    init(answer: Data? = nil) throws {
        folder = try TemporaryFolder()
        try folder.write("node.xml", Self.node)
        try folder.write("definition", Self.definition)
        try folder.write("agent.properties", "vm.watchdog.model=i6300esb\n")
        if let answer { try folder.write("answer", answer) }
        let tool = try #require(Repository.tool, Tool.needs)
        try add("virt-watchdog", running: answer == nil ? "'\(tool)' \"$@\"" : "cat answer")
        try add("jq", running: "\(try #require(Command.find("jq"))) \"$@\"")
        let virsh = try #require(Command.find("virsh"))
        try add(
            "virsh",
            running: """
                case "$1" in
                dumpxml) cat definition ;;
                define) grep -q "<watchdog model" "$2" ;;
                *) \(virsh) "$@" ;;
                esac
                """)
    }

    /// Adds a program that runs a command and records its exit status.
    private func add(_ name: String, running command: String) throws {
        let file = try folder.write(
            name,
            """
            #!/bin/sh
            \(command)
            status=$?
            echo "$status \(name) $*" | tr '\\n' ' ' >>calls
            echo >>calls
            exit $status

            """)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }

    /// Runs a script in the directory. Its exit status is the last command's.
    func run(_ script: String) throws -> Command.Outcome {
        let path = folder.url.path
        return try Command(
            "/bin/bash", ["-c", "cd '\(path)' && \(script)"],
            environment: [
                "LC_ALL": "C", "PATH": "\(path):/usr/bin:/bin:/usr/sbin:/sbin", "HOME": path,
                "LIBVIRT_DEFAULT_URI": "test://\(path)/node.xml",
                "VIRT_WATCHDOG_PROPERTIES": "\(path)/agent.properties",
            ]
        ).run()
    }

    /// The calls of all programs so far.
    func calls() throws -> [Call] {
        guard FileManager.default.fileExists(atPath: record.path) else { return [] }
        return try String(contentsOf: record, encoding: .utf8).split(separator: "\n").map { line in
            let words = line.split(separator: " ", maxSplits: 2)
            return Call(
                program: String(words[1]), arguments: words.count > 2 ? String(words[2]) : "",
                status: try #require(Int32(words[0])))
        }
    }
}
