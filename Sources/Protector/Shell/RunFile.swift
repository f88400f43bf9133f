// SPDX-License-Identifier: Apache-2.0

internal import Host
package import System
internal import SystemPackage
package import WatchdogPolicy

/// The treated runs of this boot and their last fires, in a file that outlives the service.
///
/// The first line, `first BOOT TICKS`, has the time of the service's first start. Each other line
/// is `UUID RUN` for a treated run, or `fired UUID RUN TIME ACTION` for a fire. The last line of a
/// kind and a UUID counts.
package final class RunFile {
    /// The file's name, in the directory of the service's lock.
    private static let name = "runs"
    /// The limit for the file's size, in bytes.
    private static let maximumLength = 64 << 20
    /// The number of lines after which the file is rewritten with the live runs.
    private static let lineLimit = 20_000

    private let path: String
    private let log: (LogLine, SystemLog.Severity) -> Void
    private var lineCount = 0
    private var lastFailure: LogLine?
    /// The records, including any that could not be written.
    package private(set) var memory: Memory

    /// Reads the file, or creates it if it is missing or of another boot.
    ///
    /// - Parameters:
    ///   - directory: The directory of the service's lock.
    ///   - boot: The host's boot ID.
    ///   - log: Takes a line if a write fails.
    package init(
        in directory: String = ServiceFile.directory, boot: String,
        log: @escaping (LogLine, SystemLog.Severity) -> Void
    ) {
        path = "\(directory)/\(Self.name)"
        self.log = log
        // A pipe in its place would keep the reader waiting; it is replaced.
        let isFile = (try? Stat(path, followTargetSymlink: false))?.type == .regular
        let bytes = isFile ? (try? File.read(path, limit: Self.maximumLength)) ?? [] : []
        memory =
            Memory(of: boot, in: String(decoding: bytes, as: UTF8.self))
            ?? Memory(boot: boot, firstTicks: Clock.ticksSinceBoot)
        write { () throws(Errno) in try rewrite() }
    }

    /// Records a treated run.
    package func append(_ uuid: String, _ run: RunID) {
        memory.treated[uuid] = run
        append("\(uuid) \(run.text)")
    }

    /// Records a fire.
    package func append(_ uuid: String, _ fire: RunFire) {
        memory.fires[uuid] = fire
        append(fire.line(uuid))
    }

    private func append(_ line: String) {
        lineCount += 1
        write { () throws(Errno) in
            // A failed write may have left half a line.
            if lineCount > Self.lineLimit || lastFailure != nil { return try rewrite() }
            try File.append(to: path, Array("\(line)\n".utf8))
        }
    }

    /// Writes, and logs a failure once. Without the file, the service still treats guests.
    private func write(_ body: () throws(Errno) -> Void) {
        do throws(Errno) {
            try body()
            lastFailure = nil
        } catch {
            let line = LogLine(
                operation: "remember", guest: "",
                failure:
                    "cannot write \(path): \(error); free space in /run, or a restarted service brings"
                    + " treated guests to a later policy")
            if line != lastFailure { log(line, .warning) }
            lastFailure = line
        }
    }

    /// Rewrites the file without runs that have ended.
    private func rewrite() throws(Errno) {
        memory.treated = memory.treated.filter { $0.value.isRunning }
        memory.fires = memory.fires.filter { $0.value.run.isRunning }
        lineCount = memory.treated.count + memory.fires.count
        try File.replace(path, with: Array(memory.text.utf8))
    }
}

extension Memory {
    /// Parses a file's text. Returns `nil` for another boot or without a first line.
    init?(of boot: String, in text: String) {
        var lines = text.split(separator: "\n")[...]
        guard let first = lines.popFirst()?.split(separator: " "), first.count == 3,
            first[0] == "first", first[1] == boot, let ticks = UInt64(first[2])
        else { return nil }
        self.init(boot: boot, firstTicks: ticks)
        for line in lines {
            let words = line.split(separator: " ")
            // A full disk may have cut the last line.
            if words.count == 2, let run = RunID(String(words[1])) {
                treated[String(words[0])] = run
            } else if words.count == 5, words[0] == "fired", let run = RunID(String(words[2])) {
                fires[String(words[1])] = RunFire(
                    run: run, fire: Fire(time: String(words[3]), action: String(words[4])))
            }
        }
    }

    /// The file's text.
    var text: String {
        var text = "first \(boot) \(firstTicks)\n"
        for (uuid, run) in treated.sorted(by: { $0.key < $1.key }) {
            text += "\(uuid) \(run.text)\n"
        }
        for (uuid, fire) in fires.sorted(by: { $0.key < $1.key }) {
            text += "\(fire.line(uuid))\n"
        }
        return text
    }
}

extension RunFire {
    /// Returns the line of a fire.
    fileprivate func line(_ uuid: String) -> String {
        "fired \(uuid) \(run.text) \(fire.time) \(fire.action)"
    }
}

extension RunID {
    /// Whether QEMU's process is still that of the run.
    fileprivate var isRunning: Bool { ProcessStatus(of: process)?.startTicks == startTicks }
}
