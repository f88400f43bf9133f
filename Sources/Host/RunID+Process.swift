internal import System
package import WatchdogPolicy

extension RunID {
    /// Identifies the run of the guest whose QEMU's process ID a file has.
    ///
    /// - Parameter processFile: The file's path; the file has the number alone, on a line.
    package init?(ofProcessIn processFile: String) {
        guard let bytes = try? File.read(processFile, limit: 64) else { return nil }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        guard let process = Int32(String(decoding: line, as: UTF8.self)), process > 0,
            let status = ProcessStatus(of: process), !status.hasEnded, let boot = BootID.current
        else { return nil }
        self.init(boot: boot, process: process, startTicks: status.startTicks)
    }
}
