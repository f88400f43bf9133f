import HostSystem
import Protector
import WatchdogPolicy

/// The runs that the service has treated in this boot, in a file that outlives the service.
///
/// The first line is `first BOOT TICKS`, when the service first came. Each other line is `UUID RUN`,
/// where the last line of a UUID counts.
final class RunFile {
    private static let path = ServiceFile.directory + "/runs"
    private static let maximumLength = 64 << 20
    /// After how many lines the file is written anew, with the runs that still run.
    private static let lineLimit = 20_000

    /// What the file says.
    private(set) var memory: Memory
    private var lineCount = 0

    /// Reads the file, or begins one where there is none of this boot.
    init() throws {
        guard let boot = bootID() else { throw RunFileProblem.noBootID }
        let text = (try? readFile(Self.path, limit: Self.maximumLength)) ?? []
        memory =
            Self.memory(of: boot, in: String(decoding: text, as: UTF8.self))
            ?? Memory(boot: boot, firstTicks: Clock.ticksSinceBoot)
        try rewrite()
    }

    /// Reads a file's text; nothing where it is of another boot or broken.
    static func memory(of boot: String, in text: String) -> Memory? {
        var lines = text.split(separator: "\n")[...]
        guard let first = lines.popFirst()?.split(separator: " "), first.count == 3,
            first[0] == "first", first[1] == boot, let ticks = UInt64(first[2])
        else { return nil }
        var memory = Memory(boot: boot, firstTicks: ticks)
        for line in lines {
            let words = line.split(separator: " ")
            // A line that a full disk has cut is no run.
            guard words.count == 2, let run = RunID(String(words[1])) else { continue }
            memory.treated[String(words[0])] = run
        }
        return memory
    }

    /// Notes a run.
    func append(_ uuid: String, _ run: RunID) {
        memory.treated[uuid] = run
        lineCount += 1
        do throws(Errno) {
            if lineCount > Self.lineLimit {
                try rewrite()
            } else {
                try appendToFile(Self.path, Array("\(uuid) \(run.text)\n".utf8))
            }
        } catch {
            let line = LogLine(
                operation: "remember", guest: "", uuid: uuid,
                failure:
                    "cannot write \(Self.path): \(error); after a restart, the service may bring"
                    + " the guest to a later policy by itself")
            SystemLog.send(line.text, severity: .warning)
        }
    }

    /// Writes the file anew, without runs that have ended.
    private func rewrite() throws(Errno) {
        memory.treated = memory.treated.filter {
            ProcessStatus(of: $0.value.process)?.startTicks == $0.value.startTicks
        }
        var text = "first \(memory.boot) \(memory.firstTicks)\n"
        for (uuid, run) in memory.treated.sorted(by: { $0.key < $1.key }) {
            text += "\(uuid) \(run.text)\n"
        }
        lineCount = memory.treated.count
        try replaceFile(Self.path, with: Array(text.utf8))
    }
}

/// Why the runs cannot be kept.
enum RunFileProblem: Error, CustomStringConvertible {
    case noBootID

    var description: String {
        "cannot read /proc/sys/kernel/random/boot_id, which tells runs apart; mount /proc"
    }
}
