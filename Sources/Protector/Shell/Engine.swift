// SPDX-License-Identifier: Apache-2.0

internal import Host
package import Libvirt
internal import Synchronization
package import System
package import SystemPackage
package import WatchdogPolicy

/// The shell of a core. It runs the core's effects on threads and connections, and decides nothing.
///
/// Call all methods on one thread.
package final class Engine {
    /// The core's access to libvirt.
    package enum Access: Sendable {
        /// The running daemon of this host, with its events.
        case service
        /// One daemon and no later one, for the guest of a UUID.
        case daemon(Daemon, guest: String)
        /// An open connection.
        ///
        /// Each worker opens another one like it. If that needs a login, the workers share it: it
        /// has room for the core's calls.
        case connection(Connection)
    }

    /// The engine's callbacks.
    package struct Handlers {
        /// Takes a log line.
        package var log: (LogLine, SystemLog.Severity) -> Void
        /// Records a treated run.
        package var remember: (String, RunID) -> Void = { _, _ in }
        /// Records a fire of a guest's watchdog.
        package var rememberFire: (String, RunFire) -> Void = { _, _ in }
        /// Takes a named guest that is done.
        package var finished: (String, Outcome) -> Void = { _, _ in }
        /// Holds the service's lock for the hooks of a daemon, or releases it.
        package var serve: (Bool, Daemon?) -> Void = { _, _ in }

        package init(log: @escaping (LogLine, SystemLog.Severity) -> Void) {
            self.log = log
        }
    }

    /// A message of another thread.
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

        /// Closes the connection on another thread, because the daemon may not answer.
        func close() {
            let isStarted = Thread.detach { [self] in
                let last = handles.withLock { handles in
                    defer { handles = nil }
                    return handles
                }
                withExtendedLifetime(last) {}
            }
            // Without a thread, the connection stays open. Closing it here could block this one.
            if !isStarted { _ = Unmanaged.passRetained(self) }
        }
    }

    /// The messages of other threads.
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

    /// The seconds between libvirt's pings, and the number of unanswered ones.
    private static let keepAlive: (interval: Int32, count: UInt32) = (5, 5)

    /// The seconds after which a one-shot stops relying on its list alone.
    private static let listTimeout: UInt32 = 10

    private static let noThread = LibvirtError(
        code: .systemError, message: "the system has no thread to spare")

    private let access: Access
    private let handlers: Handlers
    private let mailbox: Mailbox
    private let start = SuspendingClock.now
    private var core: Core
    private var link: Link?
    private var isServing = false
    /// The number of the present link. Messages of earlier links are ignored.
    private var generation = 0
    private var idleWorkers: [Worker] = []
    private var busyWorkers: [CallID: Worker] = [:]

    /// Creates an idle engine.
    package init(_ core: Core, _ access: Access, _ handlers: Handlers) throws(Errno) {
        self.core = core
        self.access = access
        self.handlers = handlers
        mailbox = try Mailbox()
    }

    /// A descriptor that becomes readable when ``turn()`` has something to do.
    package var descriptor: CInt { mailbox.wakeup.descriptor }

    /// The time until ``turn()`` has something to do, or `nil` without a timer.
    package var timeout: Duration? {
        core.nextTimer.map { max(.zero, $0 - now) }
    }

    /// The core's state.
    package var report: Report { core.report }

    /// Whether all named guests are done.
    package var isDone: Bool { core.isDone }

    /// The connected daemon.
    package var daemon: Daemon? { link?.daemon }

    /// A function that passes an input to the core, from any thread.
    package var inbox: @Sendable (Input) -> Void {
        { [mailbox] in mailbox.post(.input($0)) }
    }

    private var now: Duration { start.duration(to: .now) }

    /// Begins to work.
    package func begin() {
        carryOut(core.start(at: now))
    }

    /// Handles the pending messages and timers, without waiting.
    ///
    /// - Returns: Whether there were any.
    @discardableResult
    package func turn() -> Bool {
        let messages = mailbox.takeAll()
        for message in messages {
            let input: Input
            switch message {
            case .input(let given): input = given
            case .linked(let number, let link):
                guard number == generation else {
                    link.close()
                    continue
                }
                self.link = link
                handlers.serve(true, link.daemon)
                input = .connected(idlesOut: link.daemon?.timeout != nil)
            case .notLinked(let number, let given), .ofLink(let number, let given):
                guard number == generation else { continue }
                if case .disconnected = given { unlink() }
                input = given
            case .answered(let worker, let id, let result):
                if busyWorkers.removeValue(forKey: id) != nil {
                    idleWorkers.append(worker)
                } else {
                    worker.end()
                }
                input = .answered(id, result)
            }
            carryOut(core.handle(input, at: now))
        }
        if let next = core.nextTimer, next <= now {
            carryOut(core.handle(.timer, at: now))
            return true
        }
        return !messages.isEmpty
    }

    /// Works until all named guests are done.
    package func run() {
        begin()
        while !isDone {
            _ = Poll.readable(among: [descriptor], timeout: timeout)
            turn()
        }
    }

    private func carryOut(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .connect: connect()
            case .disconnect:
                unlink()
                for worker in idleWorkers { worker.disconnect() }
            case .list: list()
            case .call(let id, let call):
                guard let worker = idleWorkers.popLast() ?? startWorker() else {
                    mailbox.post(.input(.answered(id, .failure(.libvirt(Self.noThread)))))
                    continue
                }
                busyWorkers[id] = worker
                worker.make(id, call, at: target)
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

    /// Starts a worker. Returns `nil` if the system has no thread to spare.
    private func startWorker() -> Worker? {
        Worker { [mailbox] worker, id, result in mailbox.post(.answered(worker, id, result)) }
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
            // A hook of another guest may never end. The core takes the first answer.
            Thread.detach {
                Thread.sleep(seconds: Self.listTimeout)
                let result = Self.guestWithoutHooks(uuid, of: daemon)
                mailbox.post(.ofLink(number, .listed(.success([result]))))
            }
        }
        if !isStarted { mailbox.post(.ofLink(number, .listed(.failure(Self.noThread)))) }
    }

    /// A function that lists the running guests, or learns that another one-shot has done so.
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

    /// Returns a guest that no hook holds. The first look shows whether it runs.
    private static func guest(_ uuid: String) -> RunningGuest {
        RunningGuest(uuid: uuid, name: "", id: 0)
    }
}
