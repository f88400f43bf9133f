// SPDX-License-Identifier: Apache-2.0

/// A parser for the output of QEMU's human monitor.
enum MonitorAnswer {
    /// Returns the number at the end of the output of `xp /1bx ADDRESS` or `i /w PORT`.
    ///
    ///     00000000b0100068: 0x02
    ///     portl[0x0cf8] = 0x80001068
    ///
    /// - Returns: `nil` for any other output, such as `Cannot access memory`.
    static func value(_ text: String) -> UInt32? {
        guard let word = text.split(whereSeparator: \.isWhitespace).last, word.hasPrefix("0x")
        else { return nil }
        return UInt32(word.dropFirst(2), radix: 16)
    }

    /// Returns the configuration space window of a PCIe machine from the output of `info mtree`.
    ///
    ///     address-space: memory
    ///       …
    ///         00000000b0000000-00000000bfffffff (prio 0, i/o): pcie-mmcfg-mmio
    ///
    /// - Returns: `nil` before the guest's firmware has opened it.
    static func configurationWindow(_ text: String) -> ClosedRange<UInt64>? {
        var isInMemory = false
        var isHeading = false
        for line in text.split(whereSeparator: \.isNewline) {
            // Identical address spaces share one tree, below a heading for each.
            if !line.hasPrefix(" ") {
                isInMemory = line == "address-space: memory" || isHeading && isInMemory
                isHeading = true
                continue
            }
            isHeading = false
            guard isInMemory, !line.hasSuffix("[disabled]") else { continue }
            let words = line.split(separator: " ")
            guard words.contains("pcie-mmcfg-mmio") || words.contains("@pcie-mmcfg-mmio"),
                let range = words.first?.split(separator: "-"), range.count == 2,
                let first = UInt64(range[0], radix: 16), let last = UInt64(range[1], radix: 16),
                first <= last
            else { continue }
            return first...last
        }
        return nil
    }
}
