/// What tells this start of the host from all others; nothing where the kernel does not say.
///
/// The file is `/proc/sys/kernel/random/boot_id`.
package enum BootID {
    /// The ID.
    package static var current: String? {
        guard let bytes = try? readFile("/proc/sys/kernel/random/boot_id", limit: 64) else {
            return nil
        }
        let text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        return text.isEmpty ? nil : text
    }
}
