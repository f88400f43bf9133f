// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import System
internal import SystemPackage

/// The file of an emulator at one point in time. This type never executes it.
package struct EmulatorFile: Sendable, Hashable {
    private let path: String
    private let device: DeviceID
    private let inode: Inode
    private let length: Int
    private let changed: Duration

    /// The length limit of a searched file, in bytes.
    private static let maximumLength = 256 << 20
    /// A command of QEMU's monitor, which identifies a QEMU system emulator.
    private static let marker = "query-command-line-options"

    /// Identifies a file, or returns `nil` without a regular file. The C function is `stat`.
    package init?(at path: String) {
        guard let status = try? Stat(path) else { return nil }
        self.init(path, status)
    }

    private init?(_ path: String, _ status: Stat) {
        guard status.type == .regular else { return nil }
        self.path = path
        device = status.deviceID
        inode = status.inode
        length = Int(status.size)
        changed = status.changed
    }

    /// Returns whether the emulator has a type of device, by the type's name in the program.
    ///
    /// The C functions are `open`, `mmap` and `memmem`.
    ///
    /// - Parameter type: The type's name in `-device help`.
    /// - Returns: `nil` if the file has changed, or is no QEMU program, such as a wrapper script.
    package func includes(_ type: String) -> Bool? {
        guard (1...Self.maximumLength).contains(length),
            let file = try? OpenFile(reading: path), let status = try? file.status(),
            EmulatorFile(path, status) == self,
            let start = mmap(nil, length, PROT_READ, MAP_PRIVATE, file.descriptor.rawValue, 0),
            start != MAP_FAILED
        else { return nil }
        defer { munmap(start, length) }
        let bytes = UnsafeRawBufferPointer(start: start, count: length)
        let magic: [UInt8] = [0x7F, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")]
        guard bytes.starts(with: magic), bytes.contains(Self.marker) else { return nil }
        // A linker may merge the name with the end of a longer one, but not with its start.
        return bytes.contains(type + "\0")
    }
}
