// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import VerifyGuest

/// The guest that `verify` boots, and its source.
///
/// `RECORD_GUEST_IMAGE=1` writes the rows of GuestImage.swift anew and compares nothing: the
/// compared rows are compiled in.
@Suite struct GuestImageTests {
    private static let folder = Repository.root.appending(path: "Sources/VerifyGuest")

    #if arch(x86_64)
        private static let hasAssembler = true
    #else
        private static let hasAssembler = false
    #endif

    /// Assembles the source.
    private func assembled() throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let source = Self.folder.appending(path: "guest.s").path
        let object = folder.url.appending(path: "guest.o").path
        let image = folder.url.appending(path: "guest")
        try run("as", "--32", "-o", object, source)
        try run(
            "ld", "-m", "elf_i386", "--oformat", "binary", "-Ttext=0x90000", "-o", image.path,
            object)
        return Array(try Data(contentsOf: image))
    }

    private func run(_ name: String, _ arguments: String...) throws {
        let program = try #require(Command.find(name), "needs \(name), of binutils")
        let outcome = try Command(program, arguments).run()
        try #require(outcome.status == 0, "\(outcome.errorText)")
    }

    /// Writes the rows of GuestImage.swift anew.
    private func record(_ image: [UInt8]) throws {
        let file = Self.folder.appending(path: "GuestImage.swift")
        let text = try String(contentsOf: file, encoding: .utf8)
        let opening = try #require(text.range(of: "code: [UInt8] = [\n"))
        let closing = try #require(
            text.range(of: "    ]\n", range: opening.upperBound..<text.endIndex))
        let end = try #require(image.lastIndex { $0 != 0 }) + 1
        let rows = stride(from: 0x1f1, to: end, by: 12).map { start in
            let bytes = image[start..<min(start + 12, end)]
            let row = bytes.map { String(format: "0x%02x", $0) }.joined(separator: ", ")
            return "        \(row),\n"
        }
        let recorded =
            text[..<opening.upperBound] + rows.joined() + text[closing.lowerBound...]
        try Data(recorded.utf8).write(to: file)
    }

    @Test(.enabled(if: Repository.runs(where: hasAssembler), "needs an assembler for x86"))
    func `The image is its source, assembled`() throws {
        let image = try assembled()
        if ProcessInfo.processInfo.environment["RECORD_GUEST_IMAGE"] == "1" {
            return try record(image)
        }
        // The two are long: what differs is told by its place.
        let built = GuestImage.bytes
        let same = zip(image, built).prefix { $0 == $1 }.count
        #expect(
            same == image.count && same == built.count,
            """
            guest.s and GuestImage.swift differ from byte \(same) on: run \
            RECORD_GUEST_IMAGE=1 swift test --filter GuestImage
            """)
    }

    private func byte(at offset: Int) -> Int { Int(GuestImage.bytes[offset]) }
    private func word(at offset: Int) -> Int { byte(at: offset) | byte(at: offset + 1) << 8 }

    @Test
    func `The header is one of the oldest boot protocol`() {
        #expect(word(at: 0x1fe) == 0xaa55)
        #expect(GuestImage.bytes[0x202..<0x206].elementsEqual("HdrS".utf8))
        #expect(word(at: 0x206) == 0x0200)
        // Not loaded high: then the loader puts us at 0x90000, where we are assembled to be.
        #expect(byte(at: 0x211) & 1 == 0)
    }

    @Test
    func `The header's sizes are those of the image`() {
        let realMode = (byte(at: 0x1f1) + 1) * 512
        #expect(realMode + word(at: 0x1f4) * 16 == GuestImage.bytes.count)
        // The stack comes down from 0x9000.
        #expect(realMode <= 0x8000)
    }

    @Test
    func `The entry jumps over all that loaders write into the header`() {
        #expect(byte(at: 0x200) == 0xeb)
        // QEMU's option ROM writes the four bytes at 0x22c, whatever the version.
        #expect(0x202 + byte(at: 0x201) >= 0x230)
    }
}
