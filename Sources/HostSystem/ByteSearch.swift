internal import CSystemCalls

extension UnsafeRawBufferPointer {
    /// Whether a text stands somewhere in the bytes; the C function is `memmem`.
    func contains(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { wanted in
            virt_watchdog_has_bytes(baseAddress, count, wanted.baseAddress, wanted.count) != 0
        }
    }
}
