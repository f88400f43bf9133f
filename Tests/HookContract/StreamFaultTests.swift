import Foundation
import TestSupport
import Testing

/// Signals, streams and limits that would end another program.
@Suite(.enabled(if: Host.isAvailable, Host.needs))
struct StreamFaultTests {
    private static let guest = Definition()

    /// How much of the definition the hook has when the signal comes.
    enum Moment: String, Sendable, CaseIterable {
        case nothing, half, everything
    }

    static let signals: [(name: String, number: Int32)] = [
        ("HUP", SIGHUP), ("INT", SIGINT), ("QUIT", SIGQUIT), ("ILL", SIGILL), ("TRAP", SIGTRAP),
        ("ABRT", SIGABRT), ("BUS", SIGBUS), ("FPE", SIGFPE), ("USR1", SIGUSR1),
        ("SEGV", SIGSEGV), ("USR2", SIGUSR2), ("ALRM", SIGALRM), ("TERM", SIGTERM),
        ("STKFLT", 16), ("TSTP", SIGTSTP), ("TTIN", SIGTTIN), ("TTOU", SIGTTOU),
        ("XCPU", SIGXCPU), ("XFSZ", SIGXFSZ), ("VTALRM", SIGVTALRM), ("PROF", SIGPROF),
        ("IO", SIGIO), ("PWR", SIGPWR), ("SYS", SIGSYS), ("RTMIN", 34), ("RTMAX", 64),
    ]

    @Test(arguments: signals, Moment.allCases)
    func `A signal while the hook reads ends it with 0`(
        _ signal: (name: String, number: Int32), _ moment: Moment
    ) throws {
        let host = try Host(properties: "vm.watchdog.enforce=true")
        for operation in ["started", "prepare"] {
            let hook = try host.start([Self.guest.name, operation, "begin", "-"])
            #expect(Host.waitUntilReading(hook))
            switch moment {
            case .nothing: break
            case .half: hook.write(Self.guest.data.prefix(Self.guest.data.count / 2))
            case .everything: hook.write(Self.guest.data)
            }
            hook.send(signal: signal.number)
            let run = try host.finish(hook, closesInput: false)
            #expect(run.status == 0)
            #expect(run.output.isEmpty && run.error.isEmpty)
            #expect(run.duration < .seconds(1.5), "not the alarm's doing")
            #expect(run.protector == nil)
            let line = try #require(run.log.first.flatMap(LogLineFields.init))
            #expect(run.log.count == 1)
            #expect(line.operation == operation)
            #expect(line.guest == Self.guest.name)
            #expect(line.reason.contains("cut short"))
        }
    }

    @Test(arguments: [
        ("PIPE", SIGPIPE), ("CHLD", SIGCHLD), ("CONT", SIGCONT), ("URG", SIGURG),
        ("WINCH", SIGWINCH),
    ])
    func `A signal that means no harm changes nothing`(_ name: String, _ number: Int32) throws {
        let host = try Host()
        let hook = try host.start([Self.guest.name, "prepare", "begin", "-"])
        #expect(Host.waitUntilReading(hook))
        hook.send(signal: number)
        hook.write(Self.guest.data)
        let run = try host.finish(hook)
        #expect(run.status == 0)
        #expect(XMLTree(run.output)?.watchdogs.count == 1)
    }

    @Test(arguments: InputFaultTests.operations, [0, 1000])
    func `Input that never ends is waited for less than 2.5 seconds`(
        _ operation: String, _ length: Int
    ) throws {
        let host = try Host(properties: "vm.watchdog.enforce=true")
        let hook = try host.start([Self.guest.name, operation, "begin", "-"])
        hook.write(Self.guest.data.prefix(length))
        let run = try host.finish(hook, closesInput: false)
        #expect(run.status == 0)
        #expect(run.output.isEmpty)
        #expect(run.duration < .seconds(2.5))
        #expect(run.log.compactMap { LogLineFields($0)?.operation } == [operation])
    }

    @Test
    func `The alarm rings even where the caller has blocked it`() throws {
        var host = try Host()
        host.wrapper = ["/usr/bin/env", "--block-signal"]
        let run = try host.run(
            [Self.guest.name, "started", "begin", "-"], Data(), closesInput: false)
        #expect(run.status == 0)
        #expect(run.duration < .seconds(2.5))
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var redirections: String
        var reason: String
        /// What the plan comes to in the log, or nothing where the log may not get that far.
        var plan: String?

        var testDescription: String { reason }
    }

    @Test(
        arguments: InputFaultTests.operations,
        [
            Row(redirections: "<&-", reason: "input closed"),
            Row(redirections: "</dev/null", reason: "no input"),
            Row(redirections: "</", reason: "input is a folder"),
            Row(redirections: "0>>written", reason: "input is open for writing"),
            Row(redirections: "<&- >&- 2>&-", reason: "everything closed"),
        ])
    func `Without input the guest goes on`(_ operation: String, _ row: Row) throws {
        var host = try Host(properties: "vm.watchdog.enforce=true")
        host.redirections = row.redirections
        let run = try host.run(["g", operation, "begin", "-"], Data())
        #expect(run.status == 0)
        #expect(run.output.isEmpty && run.error.isEmpty)
        #expect(run.duration < .seconds(1.5))
        #expect(run.log.compactMap { LogLineFields($0)?.result } == ["failed"])
    }

    @Test(arguments: [
        Row(redirections: ">&-", reason: "output closed"),
        Row(redirections: ">/dev/full", reason: "output on a full disk"),
        Row(redirections: "1</dev/null", reason: "output open for reading"),
        Row(redirections: ">&- 2>&-", reason: "output and error closed"),
    ])
    func `Output that nobody can take is a line in the log`(_ row: Row) throws {
        var host = try Host()
        host.redirections = row.redirections
        let run = try host.run(["g", "prepare", "begin", "-"], Self.guest.data)
        #expect(run.status == 0)
        #expect(run.output.isEmpty && run.error.isEmpty)
        #expect(run.log.compactMap { LogLineFields($0)?.result } == ["failed"])
    }

    @Test(arguments: ["", ">&-", "2>&-", ">&- 2>&-", ">/dev/full 2>/dev/full"])
    func `The protector starts whatever became of the output`(_ redirections: String) throws {
        var host = try Host()
        host.redirections = redirections
        let run = try host.run([Self.guest.name, "started", "begin", "-"], Self.guest.data)
        #expect(run.status == 0)
        let protector = try #require(run.protector)
        #expect(protector.descriptors == ["0": "/dev/null", "1": "/dev/null", "2": "/dev/null"])
    }

    @Test(arguments: ["prepare", "migrate"])
    func `Output is handed over whole and at once, whenever it is read`(_ operation: String) throws
    {
        var host = try Host(properties: "vm.watchdog.existing=align")
        // A reader who sleeps first: what is written in pieces is not all written by then.
        host.prelude = "mkfifo late; { sleep 1; cat; } <late >taken 2>/dev/null &"
        host.redirections = ">late"
        let guest = Definition(
            watchdogs: ["<watchdog model='i6300esb' action='pause'/>"],
            more: "<!--\(String(repeating: " ", count: 900_000))-->\n  ")
        let run = try host.run([guest.name, operation, "begin", "-"], guest.data, logLines: 1)
        #expect(run.status == 0)
        #expect(run.log.compactMap { LogLineFields($0)?.plan } == ["change-action"])
        let taken = host.folder.url.appending(path: "taken")
        let arrived = RunningCommand.wait(within: .seconds(5)) {
            (try? Data(contentsOf: taken)).flatMap { XMLTree($0) } != nil
        }
        #expect(arrived)
        #expect(run.duration < .seconds(0.9), "the hook did not wait for the reader")
    }

    @Test(
        arguments: ["prepare", "started", "migrate"],
        [
            ("ulimit -n 3", "no descriptor to spare"),
            ("ulimit -f 0", "no byte to a file"),
            ("ulimit -v 20000", "20 MB of addresses"),
            ("ulimit -s 64", "a small stack"),
            ("ulimit -c 0", "no core file"),
        ])
    func `Tight limits never fail a guest`(
        _ operation: String, _ limit: (command: String, reason: String)
    ) throws {
        for input in [Self.guest.data, Data(repeating: 0x20, count: 12 << 20) + Self.guest.data] {
            var host = try Host(properties: "vm.watchdog.enforce=true")
            host.limit = limit.command
            let run = try host.run([Self.guest.name, operation, "begin", "-"], input)
            // What Swift says when memory runs out goes to standard error; libvirt drops it.
            #expect(run.status == 0)
            #expect(run.output.isEmpty || XMLTree(run.output) != nil)
            #expect(run.duration < .seconds(2.5))
        }
    }

    @Test(arguments: [
        ("rm layers/dev/log", "there is no log"),
        ("rm layers/dev/log; : >layers/dev/log", "it is a file"),
        ("rm layers/dev/log; ln -s /nowhere layers/dev/log", "it leads nowhere"),
    ])
    func `Without a log the work is done all the same`(
        _ prelude: String, _ reason: String
    ) throws {
        var host = try Host()
        host.prelude = prelude
        let printed = try host.run([Self.guest.name, "prepare", "begin", "-"], Self.guest.data)
        #expect(printed.status == 0)
        #expect(XMLTree(printed.output)?.watchdogs.count == 1)
        #expect(printed.error.isEmpty)
        let started = try host.run([Self.guest.name, "started", "begin", "-"], Self.guest.data)
        #expect(started.status == 0)
        #expect(started.protector != nil)
    }

    @Test
    func `A log that nobody reads holds nobody up`() throws {
        let host = try Host()
        for _ in 0..<600 {
            // Fills the queue of the socket, however long it is; then sending would wait.
            guard try Command.logger(to: host.folder.url.path + "/log") else { break }
        }
        let run = try host.run([Self.guest.name, "prepare", "begin", "-"], Self.guest.data)
        #expect(run.status == 0)
        #expect(run.duration < .seconds(1.5))
        #expect(XMLTree(run.output)?.watchdogs.count == 1)
    }
}

extension Command {
    /// Sends a line to a log socket without waiting, and tells whether there was room.
    fileprivate static func logger(to path: String) throws -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, "x", 1, 0, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 1
            }
        }
    }
}
