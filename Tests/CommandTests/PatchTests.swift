// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: Tool.isAvailable, Tool.needs))
struct PatchTests {
    /// A definition as libxml2 writes it.
    private static let definition = """
        <domain type="kvm">
          <name>web</name>
          <os>
            <type arch="x86_64" machine="pc">hvm</type>
          </os>
          <devices>
            <emulator>/usr/bin/qemu-system-x86_64</emulator>
            <memballoon model="none"/>
          </devices>
        </domain>

        """

    private static let patched = definition.replacing(
        "  </devices>",
        with: "    <watchdog model=\"i6300esb\" action=\"reset\"/>\n  </devices>")

    private static func data(_ text: String) -> Data { Data(text.utf8) }

    /// The policy is built in, whatever this machine has.
    private func patch(
        _ arguments: String..., input: Data = Data(), policy: String = ""
    ) throws
        -> Command.Outcome
    {
        let folder = try TemporaryFolder()
        let file = try folder.write("agent.properties", policy)
        return try Tool.run(["patch", "--properties", file.path] + arguments, input: input)
    }

    @Test
    func `A definition comes from standard input or a file, and goes out patched`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("web.xml", Self.definition).path
        for outcome in [
            try patch(input: Self.data(Self.definition)),
            try patch("-", input: Self.data(Self.definition)),
            try patch(file, input: Self.data("not read")),
        ] {
            #expect(outcome.status == 0)
            #expect(outcome.text == Self.patched)
            #expect(outcome.error.isEmpty)
        }
        #expect(try Data(contentsOf: URL(filePath: file)) == Self.data(Self.definition))
    }

    @Test
    func `Patching twice is patching once`() throws {
        let again = try patch(input: Self.data(Self.patched))
        #expect(again.status == 0)
        #expect(again.text == Self.patched)
        #expect(again.errorText.contains("unchanged: the guest already has i6300esb"))
    }

    /// Definitions with nothing to do, in forms that libxml2 would write otherwise.
    @Test(arguments: [
        ("<domain><devices><watchdog model='i6300esb'/></devices></domain>", "single quotes"),
        (
            "<domain>\r\n<devices ><watchdog\tmodel = 'i6300esb'></watchdog></devices></domain>\r\n",
            "odd blanks and line ends"
        ),
        ("\u{FEFF}<domain><devices><watchdog model='i6300esb'/></devices></domain>", "a mark"),
        (
            "<?xml version='1.0'?><!-- a --><domain><devices><watchdog model='i6300esb'/>"
                + "</devices></domain><!-- b -->", "comments around it"
        ),
    ])
    func `A definition with nothing to do comes out byte for byte`(
        _ text: String, _ reason: String
    ) throws {
        let outcome = try patch(input: Self.data(text))
        #expect(outcome.status == 0)
        #expect(outcome.output == Self.data(text))
        #expect(outcome.errorText.contains("<stdin>: unchanged: "))
        let diff = try patch("--diff", input: Self.data(text))
        #expect(diff.status == 0)
        #expect(diff.output.isEmpty)
    }

    /// Definitions with errors, and the places that the messages name.
    @Test(arguments: [
        ("", ":1: the document is empty"),
        ("no XML", ":1:1: the document is not well-formed"),
        ("<domain>\n  <devices>\n</domain>\n", ":3:"),
        ("<domain>\n<devices/>\n\n</domain", ":4:"),
        ("\n\n<network/>", ":3: the root element is 'network', not 'domain'"),
        ("<domain>\u{0}</domain>", ":1:"),
        ("<!DOCTYPE domain [\n<!ENTITY x SYSTEM '/etc/passwd'>]>\n<domain>&x;</domain>", ":2: "),
    ])
    func `An error in the definition is named with its line, and nothing is printed`(
        _ text: String, _ place: String
    ) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("broken.xml", text).path
        for arguments in [[file], ["--diff", file]] {
            let outcome = try Tool.run(["patch"] + arguments)
            #expect(outcome.status == 1)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errorText.hasPrefix("virt-watchdog: \(file)\(place)"))
            #expect(outcome.errorText.split(separator: "\n").count == 1)
        }
        let outcome = try patch(input: Self.data(text))
        #expect(outcome.status == 1)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errorText.hasPrefix("virt-watchdog: <stdin>\(place)"))
    }

    @Test(arguments: [
        ("/nonexistent/web.xml", "No such file"), ("/etc", "Is a directory"),
        ("/dev/null/web.xml", "Not a directory"),
    ])
    func `A file that cannot be read is named`(_ file: String, _ reason: String) throws {
        let outcome = try patch(file)
        #expect(outcome.status == 1)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errorText.contains(file) && outcome.errorText.contains(reason))
    }

    @Test
    func `An endless file is given up`() throws {
        let outcome = try patch("/dev/zero")
        #expect(outcome.status == 1)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errorText.contains("longer than 16 MiB"))
    }

    @Test
    func `A policy with an error changes nothing, and says so`() throws {
        let outcome = try patch(
            input: Self.data(Self.definition), policy: "vm.watchdog.action=rest")
        #expect(outcome.status == 1)
        #expect(outcome.text == Self.definition)
        #expect(outcome.errorText.contains(":1:20: error: vm.watchdog.action"))
    }

    @Test
    func `A reset that would power the guest off is warned of`() throws {
        let text = Self.definition.replacing(
            "  <devices>", with: "  <on_reboot>destroy</on_reboot>\n  <devices>")
        let outcome = try patch(input: Self.data(text))
        #expect(outcome.status == 0)
        #expect(outcome.errorText.contains("<stdin>: warning: on_reboot is 'destroy'"))
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var before: String
        var encoding = String.Encoding.utf8
        var policy = ""
        var reason: String

        var testDescription: String { reason }
    }

    @Test(
        .enabled(if: Repository.runs(where: Command.find("patch") != nil), "needs patch(1)"),
        arguments: [
            Row(before: definition, reason: "a device more"),
            Row(
                before: patched, policy: "vm.watchdog.existing=align\nvm.watchdog.action=pause",
                reason: "another action"),
            Row(
                before: definition.replacing("web", with: "wéb 客"),
                reason: "text beyond ASCII"),
            Row(
                before: "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n"
                    + definition.replacing(
                        "<memballoon model=\"none\"/>",
                        with: "<!-- gäst -->\n    <memballoon model=\"none\"/>\n    <!-- ß -->"),
                encoding: .isoLatin1, reason: "an encoding other than UTF-8, in the diff's context"),
            Row(
                before: definition.replacing("<name>web", with: "<name>web&#13;"),
                reason: "carriage returns that are text"),
            Row(
                before: definition.replacing("  <os>", with: "  \u{301}\n\u{300}<os>"),
                reason: "lines that begin with a combining accent"),
            Row(
                before: "<domain type=\"kvm\"><name>web</name><devices/></domain>\n",
                reason: "all on one line"),
            Row(
                before: "<domain type=\"kvm\">\n  <name>web</name>\n</domain>\n",
                reason: "no devices yet"),
        ])
    func `patch(1) applies the diff`(_ row: Row) throws {
        let before = try #require(row.before.data(using: row.encoding))
        let after = try patch(input: before, policy: row.policy)
        #expect(after.status == 0)
        #expect(after.output != before)
        let diff = try patch("--diff", input: before, policy: row.policy)
        #expect(diff.status == 0)
        #expect(diff.text.hasPrefix("--- <stdin>\n+++ <stdin> (patched)\n@@ "))

        let folder = try TemporaryFolder()
        let file = try folder.write("web.xml", before)
        let output = folder.url.appending(path: "patched.xml")
        let patching = try Command(
            #require(Command.find("patch")),
            ["--batch", "--fuzz=0", "--output", output.path, file.path], input: diff.output
        ).run()
        #expect(patching.status == 0, "\(patching.text)\(patching.errorText)")
        #expect(try Data(contentsOf: output) == after.output)
    }
}
