// SPDX-License-Identifier: Apache-2.0

/// The name of this boot of the host.
///
/// The file is `/proc/sys/kernel/random/boot_id`.
package enum BootID {
    /// The ID; `nil` if the kernel does not tell it.
    package static var current: String? {
        guard let bytes = try? File.read("/proc/sys/kernel/random/boot_id", limit: 64) else {
            return nil
        }
        let text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        return text.isEmpty ? nil : text
    }
}
