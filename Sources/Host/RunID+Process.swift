// SPDX-License-Identifier: Apache-2.0

internal import System
package import WatchdogPolicy

extension RunID {
    /// Identifies the run of a guest by the pid file of its QEMU.
    ///
    /// - Parameter processFile: The path of the pid file, which has the number on its first line.
    /// - Returns: `nil` without a running process.
    package init?(ofProcessIn processFile: String) {
        guard let bytes = try? File.read(processFile, limit: 64) else { return nil }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        guard let process = Int32(String(decoding: line, as: UTF8.self)), process > 0,
            let status = ProcessStatus(of: process), !status.hasEnded, let boot = BootID.current
        else { return nil }
        self.init(boot: boot, process: process, startTicks: status.startTicks)
    }
}
