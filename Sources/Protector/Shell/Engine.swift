internal import Host
package import Libvirt
internal import Synchronization
package import System
package import SystemPackage
internal import TimerProbe
package import WatchdogPolicy

/// Runs the core's effects on threads and connections. It decides nothing.
///
/// All methods are for one thread.
package final class Engine {
    /// How a core reaches libvirt.
    package enum Access: Sendable {
        /// The daemon of this host that runs, with its events.
        case service
        /// One daemon, and no later one, for the guest of a UUID.
        case daemon(Daemon, guest: String)
        /// A connection that is open. Each worker opens another one like it, or shares it where its user
        /// may have to log in: it has room for the core's calls.
        case connection(Connection)
    }

    /// What the engine tells those who run it.
    package struct Handlers {
        /// Takes a line of the log.
        package var log: (LogLine, SystemLog.Severity) -> Void
        /// Takes note of a run that was treated.
        package var remember: (String, RunID) -> Void = { _, _ in }
        /// Takes note of a guest's watchdog that fired.
        package var rememberFire: (String, RunFire) -> Void = { _, _ in }
        /// Takes a named guest that is done.
        package var finished: (String, Outcome) -> Void = { _, _ in }
        /// Holds the service's lock, for hooks of that daemon, or releases it.
        package var serve: (Bool, Daemon?) -> Void = { _, _ in }

        /// Makes handlers.
        package init(log: @escaping (LogLine, SystemLog.Severity) -> Void) {
            self.log = log
        }
    }

    /// What other threads tell the engine's.
    private enum Message: Sendable {
        case input(Input)
        case linked(Int, Link)
        case notLinked(Int, Input)
        case ofLink(Int, Input)
        case answered(Worker, CallID, Result<Answer, CallFailure>)
    }

    /// The connection for events and lists.
    private final class Link: Sendable {
        let daemon: Daemon?
        private let handles: Mutex<(connection: Connection, events: GuestEvents?)?>

        init(_ daemon: Daemon?, _ connection: Connection?, _ events: GuestEvents?) {
            self.daemon = daemon
            handles = Mutex(connection.map { ($0, events) })
        }

        var connection: Connection? { handles.withLock { $0?.connection } }

        /// Closes the connection on another thread, since the daemon may not answer.
        func close() {
            let isStarted = Thread.detach { [self] in
                let last = handles.withLock { handles in
                    defer { handles = nil }
                    return handles
                }
                withExtendedLifetime(last) {}
            }
            // Without a thread, the connection stays open rather than to keep this one.
            if !isStarted { _ = Unmanaged.passRetained(self) }
        }
    }

    /// Where other threads leave messages.
    private final class Mailbox: Sendable {
        let wakeup: Wakeup
        private let messages = Mutex<[Message]>([])

        init() throws(Errno) {
            wakeup = try Wakeup()
        }

        func post(_ message: Message) {
            messages.withLock { $0.append(message) }
            wakeup.post()
        }

        func takeAll() -> [Message] {
            wakeup.drain()
            return messages.withLock { messages in
                defer { messages = [] }
                return messages
            }
        }
    }

    /// The seconds of silence after which libvirt asks the daemon, and how often it asks in vain.
    private static let keepAlive: (interval: Int32, count: UInt32) = (5, 5)

    /// After how many seconds a one-shot does not wait for its list alone.
    private static let listPatience: UInt32 = 10

    private static let noThread = LibvirtError(
        code: .systemError, message: "the system has no thread to spare")

    private let access: Access
    private let handlers: Handlers
    private let mailbox: Mailbox
    private let start = SuspendingClock.now
    private var core: Core
    private var link: Link?
    private var isServing = false
    /// The number of the last link; what an earlier one tells does not count.
    private var generation = 0
    private var idleWorkers: [Worker] = []
    private var busyWorkers: [CallID: Worker] = [:]

    /// Makes an engine that has done nothing yet.
    package init(_ core: Core, _ access: Access, _ handlers: Handlers) throws(Errno) {
        self.core = core
        self.access = access
        self.handlers = handlers
        mailbox = try Mailbox()
    }

    /// The descriptor that is readable when ``turn()`` has something to do.
    package var descriptor: CInt { mailbox.wakeup.descriptor }

    /// The time until ``turn()`` has something to do, or nothing where only the descriptor tells.
    package var timeout: Duration? {
        core.nextTimer.map { max(.zero, $0 - now) }
    }

    /// What the core knows.
    package var report: Report { core.report }

    /// Whether all named guests are done.
    package var isDone: Bool { core.isDone }

    /// The daemon that is followed.
    package var daemon: Daemon? { link?.daemon }

    /// A function that gives the core an input, from any thread.
    package var inbox: @Sendable (Input) -> Void {
        { [mailbox] in mailbox.post(.input($0)) }
    }

    private var now: Duration { start.duration(to: .now) }

    /// Begins to work.
    package func begin() {
        carryOut(core.start(at: now))
    }

    /// Handles the messages and timers that are due, and never waits.
    ///
    /// - Returns: Whether there was something.
    @discardableResult
    package func turn() -> Bool {
        let messages = mailbox.takeAll()
        for message in messages {
            switch message {
            case .input(let input): give(input)
            case .linked(let number, let link):
                guard number == generation else {
                    link.close()
                    continue
                }
                self.link = link
                handlers.serve(true, link.daemon)
                give(.connected(idlesOut: link.daemon?.timeout != nil))
            case .notLinked(let number, let input), .ofLink(let number, let input):
                guard number == generation else { continue }
                if case .disconnected = input { unlink() }
                give(input)
            case .answered(let worker, let id, let result):
                if busyWorkers.removeValue(forKey: id) != nil {
                    idleWorkers.append(worker)
                } else {
                    worker.end()
                }
                give(.answered(id, result))
            }
        }
        if let next = core.nextTimer, next <= now {
            give(.timer)
            return true
        }
        return !messages.isEmpty
    }

    /// Waits and works until all named guests are done.
    package func run() {
        begin()
        while !isDone {
            _ = Poll.readable(among: [descriptor], timeout: timeout)
            turn()
        }
    }

    private func give(_ input: Input) {
        carryOut(core.handle(input, at: now))
    }

    private func carryOut(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .connect: connect()
            case .disconnect:
                unlink()
                for worker in idleWorkers { worker.disconnect() }
            case .list: list()
            case .call(let id, let call): make(id, call)
            case .abandon(let id): busyWorkers[id] = nil
            case .log(let line, let severity): handlers.log(line, severity)
            case .remember(let uuid, let run): handlers.remember(uuid, run)
            case .rememberFire(let uuid, let fire): handlers.rememberFire(uuid, fire)
            case .finished(let uuid, let outcome): handlers.finished(uuid, outcome)
            case .serve(let serves):
                isServing = serves
                handlers.serve(serves, link?.daemon)
            }
        }
    }

    // MARK: Calls

    private func make(_ id: CallID, _ call: Call) {
        let started =
            idleWorkers.popLast()
            ?? Worker { [mailbox] worker, id, result in
                mailbox.post(.answered(worker, id, result))
            }
        guard let worker = started else {
            return mailbox.post(.input(.answered(id, .failure(.libvirt(Self.noThread)))))
        }
        busyWorkers[id] = worker
        worker.make(id, call, at: target)
    }

    private var target: Target {
        if case .connection(let connection) = access { return .connection(connection) }
        return link?.daemon.map(Target.daemon) ?? .nothing
    }

    // MARK: The link

    private func connect() {
        generation += 1
        if case .connection = access {
            link = Link(nil, nil, nil)
            return mailbox.post(.ofLink(generation, .connected(idlesOut: false)))
        }
        let (number, access) = (generation, access)
        let mailbox = mailbox
        let isStarted = Thread.detach {
            mailbox.post(Self.open(number, access, mailbox))
        }
        if !isStarted {
            mailbox.post(.notLinked(number, .connectionFailed("\(Self.noThread)")))
        }
    }

    private static func open(
        _ number: Int, _ access: Access, _ mailbox: Mailbox
    ) -> Message {
        let found: Daemon? = if case .daemon(let one, _) = access { one } else { Daemon.find() }
        guard let daemon = found, daemon.isRunning else { return .notLinked(number, .noDaemon) }
        do throws(LibvirtError) {
            try EventLoop.startThread()
            let connection = try Connection(to: daemon)
            connection.keepAlive(interval: keepAlive.interval, count: keepAlive.count)
            try connection.onClose { mailbox.post(.ofLink(number, .disconnected)) }
            guard case .service = access else {
                return .linked(number, Link(daemon, connection, nil))
            }
            let events = try GuestEvents(on: connection) { event in
                mailbox.post(.ofLink(number, .event(event)))
            }
            return .linked(number, Link(daemon, connection, events))
        } catch {
            return .notLinked(number, .connectionFailed("\(error)"))
        }
    }

    private func unlink() {
        generation += 1
        link?.close()
        link = nil
        if isServing { handlers.serve(true, nil) }
    }

    private func list() {
        guard let connection = link?.connection else { return }
        let number = generation
        let mailbox = mailbox
        let lists = lists
        let isStarted = Thread.detach {
            let result = lists(connection)
            mailbox.post(.ofLink(number, .listed(result)))
        }
        if case .daemon(let daemon, let uuid) = access {
            // A hook of another guest may not end. The core takes the first answer.
            Thread.detach {
                Thread.sleep(seconds: Self.listPatience)
                let result = Self.guestWithoutHooks(uuid, of: daemon)
                mailbox.post(.ofLink(number, .listed(.success([result]))))
            }
        }
        if !isStarted { mailbox.post(.ofLink(number, .listed(.failure(Self.noThread)))) }
    }

    /// A function that lists the running guests, or finds that another one-shot has done it.
    private var lists: @Sendable (Connection) -> Result<[RunningGuest], LibvirtError> {
        let list = { @Sendable (connection: Connection) in
            Result { () throws(LibvirtError) in try connection.guestIDs() }
        }
        guard case .daemon(let daemon, let uuid) = access else { return list }
        let turn = ListTurn(in: "\(daemon.runtimeDirectory)/libvirt/virt-watchdog")
        return { connection in
            switch turn.take({ list(connection) }) {
            case .listed(let result): result
            case .unneeded: .success([Self.guest(uuid)])
            case .blocked: .success([Self.guestWithoutHooks(uuid, of: daemon)])
            }
        }
    }

    /// Waits until the daemon runs no hook for a guest.
    private static func guestWithoutHooks(_ uuid: String, of daemon: Daemon) -> RunningGuest {
        RunningHook.waitForNone(ofGuest: uuid, under: daemon.process)
        return guest(uuid)
    }

    /// A guest that no hook holds. Whether it runs, the first look at it tells.
    private static func guest(_ uuid: String) -> RunningGuest {
        RunningGuest(uuid: uuid, name: "", id: 0)
    }
}
