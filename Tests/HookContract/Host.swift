import Foundation
import TestSupport
import Testing

/// A host of its own for the hook: a private mount namespace in which `/usr/bin`, `/etc` and `/dev`
/// are layers above the machine's and `/run` is empty, with a log socket and a stand-in for the
/// protector.
///
/// The machine's own folders stay untouched; the namespace goes with its last process.
struct Host {
    /// What stands at the fixed path of the protector.
    enum Protector {
        case missing
        case notExecutable
        /// A program that is none.
        case garbage
        /// Reports what it was given, then sleeps for so many seconds.
        case reporting(andSleeping: Int = 0)
    }

    /// Why the tests of the hook need what they need, for the line that says they are skipped.
    static let needs: Comment =
        "needs root, unshare(1), and VIRT_WATCHDOG_STAGE, the tree that Tests/run installs"

    /// Whether the tests can run here.
    static let isAvailable = Repository.runs(
        where: Repository.hook != nil && Repository.isRoot && Command.find("unshare") != nil)

    /// The environment that libvirt gives a hook under systemd.
    static let environment = [
        "LC_ALL=C", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ]

    let folder: TemporaryFolder
    let log: LogSocket
    /// The properties file that the environment names, or nothing.
    var chosenProperties: String?
    /// Shell commands that run in the namespace right before the hook.
    var prelude = ""
    /// A program with arguments that starts the one that sets the hook's environment.
    var wrapper: [String] = []
    /// A shell command that limits the hook, and nothing before it.
    var limit: String?
    /// Shell redirections of the hook.
    var redirections = ""

    /// Makes a host.
    ///
    /// - Parameter properties: The text of the properties file, or nothing for a host without one.
    init(properties: String? = nil, protector: Protector = .reporting()) throws {
        folder = try TemporaryFolder()
        // Somebody else than root may report and log, too.
        chmod(folder.url.path, 0o777)
        log = try LogSocket(at: folder.url.path + "/log")
        for name in ["layers", "usr-bin", "etc"] {
            try FileManager.default.createDirectory(
                at: folder.url.appending(path: name), withIntermediateDirectories: true)
        }
        if let properties {
            chosenProperties = try write(properties: properties, to: "agent.properties")
        }
        // Where libvirt finds it, and where others than root may, too.
        let hook = folder.url.appending(path: "etc/libvirt/hooks/qemu")
        try FileManager.default.createDirectory(
            at: hook.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: #require(Repository.hook, Self.needs), toPath: hook.path)
        switch protector {
        case .missing: break
        case .notExecutable: try install("#!/bin/sh\nexit 0\n", mode: 0o644)
        case .garbage: try install("\u{7F}ELF of nothing", mode: 0o755)
        case .reporting(let seconds): try install(reporter(sleeping: seconds), mode: 0o755)
        }
    }

    /// Writes a properties file with a secret in it, old enough to count as settled.
    @discardableResult
    func write(properties: String, to name: String) throws -> String {
        let file = try folder.write(
            name, properties + "\nkeystore.passphrase=\(Canary.inProperties)\n")
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -60)], ofItemAtPath: file.path)
        return file.path
    }

    private func install(_ script: String, mode: mode_t) throws {
        chmod(try folder.write("usr-bin/virt-watchdog", script).path, mode)
    }

    /// What one run of the hook did.
    struct Run {
        var status: Int32
        var output: Data
        var error: String
        /// The time from the last byte of input until the hook was gone and nobody held its
        /// standard streams.
        var duration: Duration
        /// The lines of the log, each as `<priority>tag[id]: text`.
        var log: [String]
        /// What the stand-in of the protector reported, or nothing where none was started.
        var protector: ProtectorReport?

        var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// Runs the hook as libvirt does, to its end.
    ///
    /// - Parameters:
    ///   - logLines: For how many lines of the log to wait; a child of the hook may send one late.
    ///   - limit: The time the hook may take; the contract says 2.5 s.
    func run(
        _ arguments: [String], _ input: Data, closesInput: Bool = true,
        moreArguments: [[UInt8]] = [],
        logLines: Int = 0, limit: Duration = .seconds(10),
        location: SourceLocation = #_sourceLocation
    ) throws -> Run {
        let hook = try start(arguments, moreArguments: moreArguments)
        hook.write(input)
        return try finish(
            hook, closesInput: closesInput, logLines: logLines, limit: limit, location: location)
    }

    /// Starts the hook, with its input still open.
    func start(_ arguments: [String], moreArguments: [[UInt8]] = []) throws -> RunningCommand {
        let variables = chosenProperties.map { ["VIRT_WATCHDOG_PROPERTIES=\($0)"] } ?? []
        let limits = limit.map { ["/bin/sh", "-c", "\($0); exec \"$@\"", "sh"] } ?? []
        let words =
            ["--mount", "--propagation", "private", "/bin/sh", "-c", script, "sh"] + wrapper
            + ["/usr/bin/env", "-i"] + Self.environment + variables + limits
            + ["/etc/libvirt/hooks/qemu"] + arguments
        return try RunningCommand(
            Command(
                try #require(Command.find("unshare"), Self.needs), words,
                environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]),
            moreArguments: moreArguments)
    }

    /// Waits until the hook, and nothing that leads to it, is at work.
    static func waitUntilReading(_ hook: RunningCommand) -> Bool {
        let status = "/proc/\(hook.id)/status"
        return RunningCommand.wait(within: .seconds(10)) {
            guard let text = try? String(contentsOfFile: status, encoding: .utf8) else {
                return false
            }
            let lines = text.split(separator: "\n")
            let caught = lines.first { $0.hasPrefix("SigCgt:") }?.dropFirst(7)
                .trimmingCharacters(in: .whitespaces)
            return text.hasPrefix("Name:\tqemu\n") && UInt64(caught ?? "", radix: 16) ?? 0 != 0
                && lines.contains { $0.hasPrefix("State:\tS") }
        }
    }

    /// Waits for the end of a hook that was started here.
    func finish(
        _ hook: RunningCommand, closesInput: Bool = true, logLines: Int = 0,
        limit: Duration = .seconds(10), location: SourceLocation = #_sourceLocation
    ) throws -> Run {
        let ending = try hook.finish(within: limit, closesInput: closesInput)
        let protector = try report()
        var log = log.takeLines()
        _ = RunningCommand.wait(within: .seconds(5)) {
            log += self.log.takeLines()
            return log.count >= logLines
        }
        let run = Run(
            status: ending.outcome.status, output: ending.outcome.output,
            error: ending.outcome.errorText, duration: ending.duration, log: log,
            protector: protector)
        keepsSecrets(run, location)
        return run
    }

    /// Checks that no secret got anywhere that it must not.
    private func keepsSecrets(_ run: Run, _ location: SourceLocation) {
        let told = run.log.joined() + run.error + (run.protector.map { "\($0)" } ?? "")
        #expect(!told.contains(Canary.inDefinition), sourceLocation: location)
        #expect(!told.contains(Canary.inProperties), sourceLocation: location)
        #expect(!run.text.contains(Canary.inProperties), sourceLocation: location)
    }

    /// Reads the protector's report, if one was started.
    private func report() throws -> ProtectorReport? {
        let report = folder.url.appending(path: "report")
        let isDone = { FileManager.default.fileExists(atPath: report.path + "/done") }
        // One that is done by the time that the processes are looked at is none of them any more.
        guard isDone() || !survivors.isEmpty || isDone() else { return nil }
        guard RunningCommand.wait(within: .seconds(30), until: { isDone() || survivors.isEmpty }),
            isDone()
        else { return nil }
        return try ProtectorReport(in: report)
    }

    /// The processes that are in the namespace once the hook has gone.
    var survivors: [Int32] {
        guard
            let namespace = try? String(
                contentsOf: folder.url.appending(path: "namespace"), encoding: .utf8)
        else { return [] }
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.compactMap { Int32($0) }.filter { id in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/ns/mnt"))
                == namespace.trimmingCharacters(in: .newlines)
        }
    }

    private var script: String {
        """
        set -eu
        cd \(folder.url.path)
        readlink /proc/self/ns/mnt >namespace
        mount -t tmpfs tmpfs layers
        for each in usr-bin etc; do
            mkdir layers/$each layers/$each-work
        done
        mount -t overlay overlay -o lowerdir=/usr/bin,upperdir=layers/usr-bin,\
        workdir=layers/usr-bin-work /usr/bin
        mount -t overlay overlay -o lowerdir=/etc,upperdir=layers/etc,workdir=layers/etc-work /etc
        rm -rf /usr/bin/virt-watchdog /etc/cloudstack /etc/virt-watchdog
        cp -a usr-bin/. /usr/bin
        cp -a etc/. /etc
        mkdir layers/dev
        for each in null full zero urandom; do
            : >layers/dev/$each
            mount --bind /dev/$each layers/dev/$each
        done
        ln -s "$PWD/log" layers/dev/log
        mount --rbind layers/dev /dev
        mount -t tmpfs -o mode=755 tmpfs /run
        umask 022
        \(prelude)
        exec "$@" \(redirections)
        """
    }

    private func reporter(sleeping seconds: Int) -> String {
        """
        #!/bin/sh
        report=\(folder.url.path)/report
        mkdir "$report"
        for word in "$@"; do printf '%s\\n' "$word" >>"$report/arguments"; done
        readlink /proc/$$/cwd >"$report/folder"
        cat /proc/$$/environ >"$report/environment"
        cat /proc/$$/stat >"$report/stat"
        # A shell's own are in flux while it runs a program; that program inherits them settled.
        cat /proc/self/status >"$report/status"
        cp -RP /proc/self/fd "$report/descriptors"
        : >"$report/done"
        sleep \(seconds)
        """
    }
}

/// What a stand-in of the protector saw of itself.
struct ProtectorReport {
    var arguments: [String]
    var folder: String
    var environment: Set<String>
    /// What the descriptors lead to, by number.
    var descriptors: [String: String]
    var id: Int
    var session: Int
    var terminal: Int
    /// The signals that are ignored and blocked, as bits.
    var ignoredSignals: UInt64
    var blockedSignals: UInt64

    init(in folder: URL) throws {
        let read = { (name: String) in
            try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }
        arguments = try read("arguments").split(separator: "\n").map(String.init)
        self.folder = try read("folder").trimmingCharacters(in: .newlines)
        environment = Set(try read("environment").split(separator: "\0").map(String.init))
        descriptors = [:]
        let links = folder.appending(path: "descriptors").path
        for number in try FileManager.default.contentsOfDirectory(atPath: links) {
            let target = try FileManager.default.destinationOfSymbolicLink(
                atPath: links + "/" + number)
            // What cp(1) has open for its own work.
            if target.hasPrefix("/proc/") || target.hasPrefix(folder.path) { continue }
            descriptors[number] = target
        }
        let stat = try read("stat")
        let numbers = stat.split(separator: ")").last?.split(separator: " ") ?? []
        id = Int(stat.prefix { $0 != " " }) ?? -1
        session = Int(numbers[3]) ?? -1
        terminal = Int(numbers[4]) ?? -1
        let status = try read("status")
        let mask = { (name: String) in
            status.split(separator: "\n").first { $0.hasPrefix(name) }
                .flatMap { UInt64($0.split(separator: "\t").last ?? "", radix: 16) }
                // The C library's own two; posix_spawn(3) leaves them ignored.
                .map { $0 & ~(3 << 31) }
        }
        ignoredSignals = try #require(mask("SigIgn:"))
        blockedSignals = try #require(mask("SigBlk:"))
    }
}
