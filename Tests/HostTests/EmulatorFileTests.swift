// SPDX-License-Identifier: Apache-2.0

import Foundation
import Host
import TestSupport
import Testing

/// Which devices an emulator has, by its file alone.
struct EmulatorFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func includes(_ text: String, _ type: String = "i6300esb") throws -> Bool? {
        let file = try folder.write("emulator", text)
        return try #require(EmulatorFile(at: file.path)).includes(type)
    }

    @Test func `A QEMU program has a device if it holds the name and a NUL`() throws {
        let start = "\u{7F}ELF\0query-command-line-options\0"
        #expect(try includes(start + "i6300esb\0") == true)
        #expect(try includes(start + "i6300esb\0", "ib700") == false)
        #expect(try includes(start + "i6300esb_reset\0wdt_i6300esb.c\0") == false)
        #expect(try includes("\u{7F}ELF\0i6300esb\0query-command-line-options") == true)
    }

    @Test func `A file that is not a QEMU program gives no answer`() throws {
        #expect(try includes("#!/bin/sh\nexec qemu # query-command-line-options\n") == nil)
        #expect(try includes("\u{7F}ELF\0i6300esb\0") == nil)
        #expect(try includes("") == nil)
        #expect(EmulatorFile(at: folder.url.path) == nil)
        #expect(EmulatorFile(at: "/dev/zero") == nil)
        #expect(EmulatorFile(at: folder.url.path + "/missing") == nil)
        let large = try folder.write("large", "\u{7F}ELF\0query-command-line-options\0")
        truncate(large.path, 257 << 20)
        #expect(EmulatorFile(at: large.path)?.includes("i6300esb") == nil)
    }

    @Test
    func `A file replaced since its check gives no answer, and counts as another file`() throws {
        let text = "\u{7F}ELF\0query-command-line-options\0"
        let file = try folder.write("emulator", text)
        let looked = try #require(EmulatorFile(at: file.path))
        #expect(EmulatorFile(at: file.path) == looked)
        try folder.write("new", text + "i6300esb\0")
        try #require(rename(folder.url.path + "/new", file.path) == 0)
        #expect(looked.includes("i6300esb") == nil)
        let anew = try #require(EmulatorFile(at: file.path))
        #expect(anew != looked)
        #expect(anew.includes("i6300esb") == true)
    }

    @Test(.enabled(if: EmulatorFile(at: "/usr/bin/qemu-system-x86_64") != nil, "needs QEMU"))
    func `A real QEMU has the device`() {
        let emulator = EmulatorFile(at: "/usr/bin/qemu-system-x86_64")
        #expect(emulator?.includes("i6300esb") == true)
        #expect(emulator?.includes("ib700") == true)
        #expect(emulator?.includes("i6300xsb") == false)
    }
}
