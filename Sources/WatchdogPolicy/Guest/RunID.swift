// SPDX-License-Identifier: Apache-2.0

/// The unique name of one run of a guest.
///
/// libvirt's IDs start again with each daemon. The kernel reuses a process ID within one boot of
/// the host, but not with the same start time.
package struct RunID: Sendable, Hashable {
    /// The host's boot ID.
    package var boot: String
    /// QEMU's process ID.
    package var process: Int32
    /// The start time of QEMU's process, in kernel ticks since the host's boot.
    package var startTicks: UInt64

    /// Makes a name of its parts.
    ///
    /// - Parameter boot: Visible ASCII characters other than `/`. Only then can ``init(_:)`` read
    ///   the ``text``.
    package init(boot: String, process: Int32, startTicks: UInt64) {
        self.boot = boot
        self.process = process
        self.startTicks = startTicks
    }

    /// Reads ``text``, or returns `nil` for any other form.
    ///
    /// It refuses numbers with a sign or leading zeros, and a process ID below 1. It also refuses a
    /// boot ID that is empty or has other characters than visible ASCII.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty,
            parts[0].allSatisfy({ (0x21...0x7E).contains($0) }),
            let process = Int32(Substring(parts[1])), process > 0,
            let startTicks = UInt64(Substring(parts[2]))
        else { return nil }
        self.init(boot: String(Substring(parts[0])), process: process, startTicks: startTicks)
        guard self.text.utf8.elementsEqual(text.utf8) else { return nil }
    }

    /// The text form, `BOOT/PID/TICKS`.
    package var text: String { "\(boot)/\(process)/\(startTicks)" }
}
