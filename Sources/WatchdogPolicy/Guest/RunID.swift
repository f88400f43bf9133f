/// The name of one run of a guest, which no other run has.
///
/// libvirt names no run: its numbers start again. Within one start of the host, the kernel gives a
/// process ID a second time, but not with the same start.
package struct RunID: Sendable, Hashable {
    /// The host's boot ID.
    package var boot: String
    /// QEMU's process ID.
    package var process: Int32
    /// When QEMU's process started, in kernel ticks since the host's boot.
    package var startTicks: UInt64

    /// Makes a name of its parts.
    ///
    /// - Parameter boot: Visible ASCII characters other than `/`; only such a name has a ``text`` that
    ///   can be read back.
    package init(boot: String, process: Int32, startTicks: UInt64) {
        self.boot = boot
        self.process = process
        self.startTicks = startTicks
    }

    /// Reads ``text``; returns nothing for any other form.
    ///
    /// It refuses numbers with a sign or leading zeros, a process ID below 1, and a boot ID that is
    /// empty or has other characters than visible ASCII.
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
