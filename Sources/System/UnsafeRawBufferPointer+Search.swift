// SPDX-License-Identifier: Apache-2.0

internal import CSupport

extension UnsafeRawBufferPointer {
    /// Returns whether the bytes contain a text; the C function is `memmem`.
    package func contains(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { wanted in
            virt_watchdog_has_bytes(baseAddress, count, wanted.baseAddress, wanted.count) != 0
        }
    }
}
