// SPDX-License-Identifier: Apache-2.0

import Foundation
public import Testing

/// This machine's QEMU, and one without the watchdog.
public enum InstalledQEMU {
    /// QEMU for the machines pc and q35.
    public static let path = "/usr/bin/qemu-system-x86_64"

    /// Why a test needs it, for the line that says it is skipped.
    public static let needs: Comment = "needs /usr/bin/qemu-system-x86_64"

    /// Whether it is there.
    public static var isHere: Bool { FileManager.default.isExecutableFile(atPath: path) }

    /// Makes a copy of QEMU that does not know the device i6300esb.
    ///
    /// It runs in a directory beside QEMU's modules alone, such as `/usr/bin`.
    public static func copyWithoutWatchdog(to copy: String) throws {
        let commands = "sed 's/i6300esb/i6300xsb/g' \"$0\" >\"$1\" && chmod 0755 \"$1\""
        let outcome = try Command("/bin/sh", ["-c", commands, path, copy]).run()
        try #require(outcome.status == 0, "\(outcome.errorText)")
    }
}
