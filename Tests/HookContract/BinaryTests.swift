// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The hook as a file.
@Suite(.enabled(if: Repository.runs(where: Repository.hook != nil), Host.needs))
struct BinaryTests {
    private func contents() throws -> Data {
        try Data(contentsOf: URL(filePath: #require(Repository.hook, Host.needs)))
    }

    @Test
    func `The hook is one file that every user may run`() throws {
        var status = stat()
        try #require(lstat(#require(Repository.hook, Host.needs), &status) == 0)
        #expect(status.st_mode & S_IFMT == S_IFREG, "AppArmor judges a link by its target")
        #expect(status.st_mode & 0o7777 == 0o755)
    }

    @Test
    func `The hook links no library at run time`() throws {
        let ldd = try Command(
            #require(Command.find("ldd")), [#require(Repository.hook, Host.needs)],
            environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"]
        ).run()
        let said = ldd.text + ldd.errorText
        #expect(said.contains("not a dynamic executable") || said.contains("statically linked"))
        #expect(!said.contains("=>"))
    }

    @Test
    func `The hook needs no dynamic loader`() throws {
        let bytes = Array(try contents())
        let number = { (offset: Int, size: Int) in
            (0..<size).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
        }
        #expect(bytes.prefix(5) == [0x7F, 0x45, 0x4C, 0x46, 2], "64-bit ELF")
        let (table, size, count) = (number(32, 8), number(54, 2), number(56, 2))
        let kinds = (0..<count).map { number(table + $0 * size, 4) }
        #expect(!kinds.contains(3), "PT_INTERP")
    }

    @Test
    func `The hook prints its version and its linkage`() throws {
        let hook = try #require(Repository.hook, Host.needs)
        let tool = try Command(#require(Repository.tool, Host.needs), ["--version"]).run()
        let outcome = try Command(hook, ["--version"]).run()
        #expect(outcome.status == 0)
        #expect(outcome.text == "virt-watchdog-hook \(tool.text)linkage: static\n")
        #expect(outcome.errorText.isEmpty)
    }

    @Test(arguments: [
        [], ["--versions"], ["-version"], ["--version", "prepare"],
        ["--version", "release", "end", "-"],
    ])
    func `The hook prints nothing for other arguments`(_ arguments: [String]) throws {
        let outcome = try Command(#require(Repository.hook, Host.needs), arguments).run()
        #expect(outcome.status == 0)
        #expect(outcome.output.isEmpty && outcome.error.isEmpty)
    }

    @Test(arguments: [
        ("virConnectOpen", "a call of libvirt would wait for a lock that libvirt holds"),
        ("libvirt.so", "libvirt's library"),
        ("libxml2.so", "a library that some host lacks"),
        ("libFoundation", "Foundation takes milliseconds to load"),
        ("NSObject", "Foundation's classes"),
        ("FoundationEssentials", "Foundation's new half"),
        ("ArgumentParser", "the tool's own library"),
        ("/.build", "a path of the machine that built it"),
    ])
    func `The hook holds no trace of the libraries that it must not use`(
        _ word: String, _ reason: String
    ) throws {
        #expect(try contents().firstRange(of: Data(word.utf8)) == nil)
    }
}
