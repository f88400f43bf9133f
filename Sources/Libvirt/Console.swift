// SPDX-License-Identifier: Apache-2.0

internal import CLibvirt
internal import System

/// A reader of a guest's first serial port, from its creation on.
package final class Console {
    private static let chunkLength = 4096

    private let stream: virStreamPtr
    /// Kept because the stream must not outlive its connection.
    private let guest: Guest
    private var bytes: [UInt8] = []

    /// Opens the console. The C functions are `virStreamNew` and `virDomainOpenConsole`.
    package init(of guest: Guest) throws(LibvirtError) {
        self.guest = guest
        let flags = VIR_STREAM_NONBLOCK.rawValue
        guard let stream = virStreamNew(guest.connection.pointer, flags) else { throw .last() }
        self.stream = stream
        try guest.check(virDomainOpenConsole(guest.pointer, nil, stream, 0))
    }

    deinit {
        // The abort may wait for ever if the guest's QEMU has just ended.
        nonisolated(unsafe) let stream = stream
        Thread.detach { [guest] in
            virStreamAbort(stream)
            virStreamFree(stream)
            withExtendedLifetime(guest) {}
        }
    }

    /// Returns the complete lines so far. The C function is `virStreamRecv`.
    package func lines() -> [String] {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Self.chunkLength) { chunk in
            while true {
                let count = virStreamRecv(stream, chunk.baseAddress, chunk.count)
                guard count > 0 else { break }
                bytes += UnsafeRawBufferPointer(chunk).prefix(Int(count))
            }
        }
        let end = bytes.lastIndex(of: UInt8(ascii: "\n")) ?? bytes.startIndex
        return String(decoding: bytes[..<end], as: UTF8.self)
            .split(whereSeparator: \.isNewline).map(String.init)
    }
}
