// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// A host of its own for the hook: a private mount namespace in which `/usr/sbin`, `/etc` and `/dev`
/// are layers above the machine's and `/run` is empty, with a log socket and a stand-in for the
/// protector.
///
/// The machine's own folders stay untouched; the namespace goes with its last process.
struct Host {
    /// The file at the fixed path of the protector.
    enum Protector {
        case missing
        case notExecutable
        /// A program that is none.
        case garbage
        /// Passes its check. Otherwise reports its arguments and environment, then runs a command.
        case reporting(then: String = ":", check: String = "exit 0")
        /// Fails as the loader does.
        case withoutLibrary
        /// A link to itself.
        case loop
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
    /// The names of files in it that may hold secrets: the hook's inputs and outputs.
    var inputs: Set<String> = ["agent.properties", "real", "taken"]
    let log: LogSocket
    /// The properties file that the environment names, or nothing.
    var chosenProperties: String?
    /// Shell commands that run in the namespace right before the hook.
    var prelude = ""
    /// A program with arguments that starts the setter of the hook's environment.
    var wrapper: [String] = []
    /// A shell command that limits the hook, and nothing before it.
    var limit: String?
    /// Shell redirections of the hook.
    var redirections = ""
    /// The program that runs as the hook.
    var program = ["/etc/libvirt/hooks/qemu"]

    /// Makes a host.
    ///
    /// - Parameter properties: The text of the properties file, or nothing for a host without one.
    init(properties: String? = nil, protector: Protector = .reporting()) throws {
        folder = try TemporaryFolder()
        // An ordinary user may report and log, too, but not change root's files.
        chmod(folder.url.path, 0o1777)
        log = try LogSocket(at: folder.url.path + "/log")
        for name in ["layers", "usr-sbin", "etc"] {
            try FileManager.default.createDirectory(
                at: folder.url.appending(path: name), withIntermediateDirectories: true)
        }
        if let properties {
            chosenProperties = try write(properties: properties, to: "policy/agent.properties")
        }
        // Where libvirt finds it, and where others than root may, too; the hook is mounted there.
        try folder.write("etc/libvirt/hooks/qemu", Data())
        switch protector {
        case .missing: break
        case .notExecutable: try install("#!/bin/sh\nexit 0\n", mode: 0o644)
        case .garbage: try install("\u{7F}ELF of nothing", mode: 0o755)
        case .reporting(let command, let check):
            try install(reporter(then: command, check: check), mode: 0o755)
        case .withoutLibrary:
            let message =
                "/usr/sbin/virt-watchdogd: error while loading shared libraries: libvirt.so.0: cannot"
                + " open shared object file: No such file or directory"
            try install("#!/bin/sh\necho '\(message)' >&2\nexit 127\n", mode: 0o755)
        case .loop:
            try FileManager.default.createSymbolicLink(
                atPath: folder.url.path + "/usr-sbin/virt-watchdogd",
                withDestinationPath: "virt-watchdogd")
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
        chmod(try folder.write("usr-sbin/virt-watchdogd", script).path, mode)
    }

    /// What one run of the hook did.
    struct Run {
        var status: Int32
        var output: Data
        var error: String
        /// The time from the last byte of input until the hook was gone and no process held
        /// its standard streams.
        var duration: Duration
        /// The time from when the hook was executed until then; the contract says 2.5 s.
        var lifetime: Duration
        /// The lines of the log, each as `<priority>tag[id]: text`.
        var log: [String]
        /// What the stand-in of the protector reported, or nothing where none was started.
        var protector: ProtectorReport?
        /// The places where a secret got to that it must not get to.
        var leaks: [String]
        /// The processes that the hook left behind among its own, zombies included.
        var children: [Int32]

        var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// Runs the hook as libvirt does, to its end.
    ///
    /// - Parameters:
    ///   - logLines: For how many lines of the log to wait; a child of the hook may send one late.
    func run(
        _ arguments: [String], _ input: Data, closesInput: Bool = true,
        moreArguments: [[UInt8]] = [],
        logLines: Int = 0, location: SourceLocation = #_sourceLocation
    ) throws -> Run {
        let hook = try start(arguments, moreArguments: moreArguments)
        hook.write(input)
        return try finish(
            hook, closesInput: closesInput, logLines: logLines, location: location)
    }

    /// Starts the hook, with its input still open.
    func start(_ arguments: [String], moreArguments: [[UInt8]] = []) throws -> RunningCommand {
        let variables = chosenProperties.map { ["VIRT_WATCHDOG_PROPERTIES=\($0)"] } ?? []
        let limits = limit.map { ["/bin/sh", "-c", "\($0); exec \"$@\"", "sh"] } ?? []
        let words =
            ["--mount", "--propagation", "private", "/bin/sh", "-c", script, "sh"] + wrapper
            + ["/usr/bin/env", "-i"] + Self.environment + variables + limits
            + program + arguments
        return try RunningCommand(
            Command(
                try #require(Command.find("unshare"), Self.needs), words,
                environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]),
            moreArguments: moreArguments)
    }

    /// Waits until the hook itself, not a program that starts it, sleeps in a blocking call.
    static func waitUntilWaiting(_ hook: RunningCommand) -> Bool {
        let status = "/proc/\(hook.id)/status"
        return RunningCommand.wait(within: .seconds(30)) {
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

    /// Waits for the end of a hook that was started here, and checks that it keeps secrets.
    func finish(
        _ hook: RunningCommand, closesInput: Bool = true, logLines: Int = 0,
        location: SourceLocation = #_sourceLocation
    ) throws -> Run {
        let run = try end(of: hook, closesInput: closesInput, logLines: logLines)
        #expect(run.leaks.isEmpty, sourceLocation: location)
        return run
    }

    /// Waits for the end of a hook that was started here.
    func end(of hook: RunningCommand, closesInput: Bool = true, logLines: Int = 0) throws -> Run {
        let ending = try hook.finish(within: .seconds(30), closesInput: closesInput)
        let now = Date()
        let start = try FileManager.default.attributesOfItem(
            atPath: folder.url.appending(path: "start").path)[.modificationDate]
        let helper = try stopHelper()
        let protector = try report()
        var log = log.takeLines()
        _ = RunningCommand.wait(within: .seconds(5)) {
            log += self.log.takeLines()
            return log.count >= logLines
        }
        var run = Run(
            status: ending.outcome.status, output: ending.outcome.output,
            error: ending.outcome.errorText, duration: ending.duration,
            lifetime: .seconds(now.timeIntervalSince(start as? Date ?? .distantPast)), log: log,
            protector: protector, leaks: [], children: [])
        run.leaks = leaks(of: run)
        _ = RunningCommand.wait(within: .seconds(2)) {
            run.children = RunningCommand.processes(inGroup: hook.id).filter { $0 != helper }
            return run.children.isEmpty
        }
        return run
    }

    /// Ends the process whose number the prelude has written to the file `helper`, if it has.
    private func stopHelper() throws -> pid_t? {
        let file = folder.url.appending(path: "helper")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
        let id = try #require(pid_t(text.trimmingCharacters(in: .newlines)))
        kill(id, SIGKILL)
        return id
    }

    /// Looks for secrets where there must be none.
    private func leaks(of run: Run) -> [String] {
        var places = ["the log": run.log.joined(), "standard error": run.error]
        places["what the protector is given"] = run.protector.map { "\($0)" } ?? ""
        var found = places.filter { place in Canary.all.contains { place.value.contains($0) } }
            .map(\.key)
        if run.text.contains(Canary.inProperties) { found.append("the output") }
        // A core file, say, or another unexpected file.
        for name in FileManager.default.enumerator(atPath: folder.url.path) ?? NSEnumerator() {
            guard let name = name as? NSString, !inputs.contains(name.lastPathComponent) else {
                continue
            }
            let path = folder.url.path + "/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                let contents = FileManager.default.contents(atPath: path)
            else { continue }
            if Canary.all.contains(where: { contents.firstRange(of: Data($0.utf8)) != nil }) {
                found.append(name as String)
            }
        }
        return found.sorted()
    }

    /// Reads the protector's report, if one was started.
    private func report() throws -> ProtectorReport? {
        let report = folder.url.appending(path: "report")
        let isDone = { FileManager.default.fileExists(atPath: report.path + "/done") }
        // In this order: a protector writes its report before it exits.
        guard !survivors.isEmpty || isDone() else { return nil }
        guard RunningCommand.wait(within: .seconds(30), until: { isDone() || survivors.isEmpty }),
            isDone()
        else { return nil }
        return try ProtectorReport(in: report)
    }

    /// The processes that are in the namespace once the hook has gone.
    var survivors: [Int32] {
        guard
            let text = try? String(
                contentsOf: folder.url.appending(path: "namespace"), encoding: .utf8),
            let namespace = UInt(text.trimmingCharacters(in: .newlines))
        else { return [] }
        return RunningCommand.processes { id in
            var status = stat()
            return stat("/proc/\(id)/ns/mnt", &status) == 0 && status.st_ino == namespace
                && seesMounts(id)
        }
    }

    /// Whether our own folders are mounted where a process is: another host's namespace may have the
    /// number of an ended one.
    private func seesMounts(_ id: Int32) -> Bool {
        let mounts = try? String(contentsOfFile: "/proc/\(id)/mountinfo", encoding: .utf8)
        return mounts?.contains(folder.url.lastPathComponent) == true
    }

    private var script: String {
        """
        set -eu
        cd \(folder.url.path)
        stat -L -c %i /proc/self/ns/mnt >namespace
        mount -t tmpfs tmpfs layers
        for each in usr-sbin etc; do
            mkdir layers/$each layers/$each-work
        done
        mount -t overlay overlay -o lowerdir=/usr/sbin,upperdir=layers/usr-sbin,\
        workdir=layers/usr-sbin-work /usr/sbin
        mount -t overlay overlay -o lowerdir=/etc,upperdir=layers/etc,workdir=layers/etc-work /etc
        rm -rf /usr/sbin/virt-watchdogd /etc/cloudstack /etc/virt-watchdog
        cp -a usr-sbin/. /usr/sbin
        cp -a etc/. /etc
        mount --bind \(Repository.hook ?? "") /etc/libvirt/hooks/qemu
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
        : >start
        exec "$@" \(redirections)
        """
    }

    private func reporter(then command: String, check: String) -> String {
        """
        #!/bin/sh
        if [ "$1" = --check ]; then \(check); fi
        # The limit is for the hook; this is to report.
        ulimit -S -f unlimited
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
        \(command)
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

    /// Whether descriptors are those of a one-shot: nothing to read, and its parent reads the others.
    static func isOfOneShot(_ descriptors: [String: String]) -> Bool {
        descriptors.count == 3 && descriptors["0"] == "/dev/null"
            && ["1", "2"].allSatisfy { descriptors[$0]?.hasPrefix("pipe:") == true }
    }

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
