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
        #expect(diff.text.hasPrefix("--- <stdin>\n+++ <stdin>\t(patched)\n@@ "))

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

    /// A q35 guest as `virsh dumpxml` prints it: in single quotes, and with an empty line at the end.
    private static let dumped = """
        <domain type='kvm' id='7' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
          <name>web</name>
          <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
          <title>it&apos;s &quot;it&quot; &lt;&gt;&amp;</title>
          <metadata>
            <x:note xmlns:x="urn:example:x">a
              text   of three
              lines</x:note>
          </metadata>
          <memory unit='KiB'>1048576</memory>
          <os>
            <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
            <boot dev='hd'/>
          </os>
          <features>
            <acpi/>
            <apic/>
          </features>
          <devices>
            <emulator>/usr/bin/qemu-system-x86_64</emulator>
        \(ports)
            <disk type='file' device='disk'>
              <driver name='qemu' type='qcow2'/>
              <source file='/var/lib/libvirt/images/it&apos;s.qcow2' index='1'/>
              <backingStore/>
              <target dev='vda' bus='virtio'/>
              <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
            </disk>
            <serial type='pty'>
              <target type='isa-serial' port='0'>
                <model name='isa-serial'/>
              </target>
            </serial>
            <memballoon model='none'/>
          </devices>
          <seclabel type='none' model='none'/>
        </domain>


        """

    private static let ports = (0...6).map { index in
        index == 0
            ? "    <controller type='pci' index='0' model='pcie-root'/>"
            : """
                <controller type='pci' index='\(index)' model='pcie-root-port'>
                  <model name='pcie-root-port'/>
                  <target chassis='\(index)' port='0x\(7 + index)'/>
                  <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x\(index)'/>
                </controller>
            """
    }.joined(separator: "\n")

    private static let acting = dumped.replacing(
        "    <memballoon",
        with: "    <watchdog model='i6300esb' action='none'/>\n    <memballoon")

    private static let align = "vm.watchdog.existing=align"

    @Test(
        .enabled(if: Repository.runs(where: Command.find("patch") != nil), "needs patch(1)"),
        arguments: [
            Row(before: dumped, reason: "as virsh dumpxml prints it"),
            Row(before: String(dumped.dropLast()), reason: "as a file has it"),
            Row(before: String(dumped.dropLast(2)), reason: "without a line end"),
            Row(before: "\n\n" + dumped, reason: "empty lines before it"),
            Row(before: dumped + "\n\n", reason: "more empty lines after it"),
            Row(before: acting, policy: align, reason: "the action changes"),
            Row(
                before: acting.replacing(" action='none'", with: "\n          action='none'"),
                policy: align, reason: "the tag that changes has two lines"),
            Row(
                before: dumped.replacing(" id='7'", with: "\n  id='7'\n"),
                reason: "the first tag has three lines"),
            Row(
                before: dumped.replacing("<backingStore/>", with: "<backingStore\n/>"),
                reason: "a tag far from the change has two lines"),
            Row(
                before: dumped.replacing("<memballoon model", with: "<memballoon\n\n model"),
                reason: "a tag beside the change has three lines"),
            Row(
                before: dumped.replacing(
                    "'none'/>\n  </dev", with: "'none'\n>\n</memballoon\n>\n  </dev"),
                reason: "an end tag has two lines"),
            Row(
                before: "<?xml version='1.0'?>\n\n<!-- a <b>\n c -->\n" + dumped + "<!-- d -->\n",
                reason: "a declaration, and comments around the guest"),
            Row(
                before: dumped.replacing("<apic/>", with: "<apic/><!-- > it's\n <x -->"),
                reason: "a comment with quotes and tags"),
            Row(
                before: dumped.replacing("it&apos;s &quot;it", with: "<![CDATA[\n<it's>\n]]>it"),
                reason: "a section of characters"),
            Row(
                before: dumped.replacing("name='qemu'", with: "name='a>b\"c'"),
                reason: "signs of tags in an attribute"),
            Row(
                before: dumped.replacing("\n", with: "\r\n"), reason: "CR LF as line ends"),
            Row(
                before: acting.replacing("\n", with: "\r\n"), policy: align,
                reason: "CR LF, and the action changes"),
        ])
    func `patch(1) applies the diff to libvirt's spelling`(_ row: Row) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("a guest.xml", row.before)
        let after = try patch(file.path, policy: row.policy)
        #expect(after.status == 0 && after.text != row.before)
        let piped = try patch("--diff", input: Self.data(row.before), policy: row.policy)
        let policy = try folder.write("agent.properties", row.policy)
        let named = try Command(
            "/bin/sh",
            [
                "-c", "cd \"$1\" && exec \"$2\" patch --diff --properties \"$3\" 'a guest.xml'",
                "sh", folder.url.path, #require(Repository.tool), policy.path,
            ]
        ).run()
        // Of the file of that name, and of the file that patch(1) is told.
        for (diff, words) in [(named, []), (piped, [file.path])] {
            #expect(diff.status == 0 && diff.error.isEmpty)
            try folder.write("a guest.xml", row.before)
            let patching = try Command(
                #require(Command.find("patch")),
                ["--batch", "--fuzz=0", "-p0", "-d", folder.url.path] + words, input: diff.output
            ).run()
            #expect(patching.status == 0, "\(patching.text)\(patching.errorText)")
            #expect(!patching.text.contains("offset"), "\(patching.text)")
            let patched = try Data(contentsOf: file)
            #expect(try Self.canonical(patched) == Self.canonical(after.output))
            let bytes = [UInt8](patched)
            let lineFeed = UInt8(ascii: "\n")
            let returns = zip(bytes, bytes.dropFirst()).count { $0 == 0x0D && $1 == lineFeed }
            let hasReturns = row.before.utf8.contains(0x0D)
            #expect(returns == (hasReturns ? bytes.count { $0 == lineFeed } : 0))
        }
    }

    /// Returns the canonical form of an XML document, without the blanks around it.
    private static func canonical(_ document: Data) throws -> String {
        let xmllint = try #require(Command.find("xmllint"), "needs xmllint")
        let outcome = try Command(xmllint, ["--c14n", "-"], input: document).run()
        #expect(outcome.status == 0, "\(outcome.errorText)")
        return outcome.text
    }
}
