// SPDX-License-Identifier: Apache-2.0

internal import DomainXML
internal import Libvirt
internal import Synchronization
internal import System
internal import TimerProbe
internal import WatchdogPolicy

/// The workers' connection target.
enum Target: Sendable, Equatable {
    /// A running daemon, without starting one.
    case daemon(Daemon)
    /// An open connection. Each worker opens one like it, or shares it if that needs a login.
    case connection(Connection)
    /// The connection was lost.
    case nothing

    func connect() throws(LibvirtError) -> Connection {
        switch self {
        case .daemon(let daemon): try Connection(to: daemon)
        case .connection(let open):
            open.isAlive ? try open.forAnotherThread() : try open.reopened()
        case .nothing:
            throw LibvirtError(code: .noConnect, message: "the connection is lost")
        }
    }

    static func == (left: Target, right: Target) -> Bool {
        switch (left, right) {
        case (.daemon(let left), .daemon(let right)): left == right
        case (.connection(let left), .connection(let right)): left === right
        case (.nothing, .nothing): true
        default: false
        }
    }
}

/// A thread with its own connection, which makes one call at a time.
final class Worker: Sendable {
    private enum Job: Sendable {
        case call(CallID, Call, Target)
        case disconnect
        case end
    }

    private let jobs = Mutex<[Job]>([])
    private let arrived = POSIXSemaphore()

    /// Starts the thread. Returns `nil` if the system has no thread to spare.
    ///
    /// - Parameter answer: Takes each answer, on the worker's thread.
    init?(_ answer: @escaping @Sendable (Worker, CallID, Result<Answer, CallFailure>) -> Void) {
        let isStarted = Thread.detach { [self] in
            var session: Session?
            while true {
                arrived.wait()
                switch jobs.withLock({ $0.removeFirst() }) {
                case .call(let id, let call, let target):
                    let result = Result { () throws(CallFailure) in
                        try Self.make(call, at: target, &session)
                    }
                    answer(self, id, result)
                case .disconnect: session = nil
                case .end: return
                }
            }
        }
        guard isStarted else { return nil }
    }

    func make(_ id: CallID, _ call: Call, at target: Target) { post(.call(id, call, target)) }

    /// Closes the connection.
    func disconnect() { post(.disconnect) }

    /// Ends the thread once its call has returned.
    func end() { post(.end) }

    private func post(_ job: Job) {
        jobs.withLock { $0.append(job) }
        arrived.post()
    }

    /// A connection with the last guest.
    private struct Session {
        var target: Target
        var connection: Connection
        var guest: Guest?
    }

    private static func make(
        _ call: Call, at target: Target, _ session: inout Session?
    ) throws(CallFailure) -> Answer {
        let guest: Guest
        do throws(LibvirtError) {
            guest = try find(call.uuid, at: target, &session)
            switch call.kind {
            case .attach(let xml): try guest.attach(device: xml, to: .live)
            case .setAction(let action): try guest.setWatchdogAction(action)
            case .record(let record):
                try guest.setMetadata(
                    record?.xml, prefix: GuestPolicy.prefix, namespace: ActionOverride.namespace,
                    of: .live)
            case .optOut(let record):
                try guest.setMetadata(
                    record?.xml, prefix: GuestPolicy.prefix, namespace: OptOut.namespace, of: .live)
            case .detach: try guest.detach(alias: WatchdogDevice.alias, from: .live)
            case .unplugOrphan: return .orphanIsGone(try guest.unplugOrphanedWatchdog())
            case .look, .persist, .removePersistent, .inspect: break
            }
        } catch {
            throw .libvirt(error)
        }
        if case .look = call.kind { return .look(try look(at: guest)) }
        do throws(TreatmentError) {
            switch call.kind {
            case .persist(let policy, let dryRun):
                return .persisted(try ConfigWriter(dryRun: dryRun).persist(guest, under: policy))
            case .removePersistent(let dryRun):
                return .removedPersistent(try ConfigWriter(dryRun: dryRun).remove(from: guest))
            case .inspect(let sources): return .inspected(try inspect(guest, sources))
            default: return .done
            }
        } catch {
            guard case .libvirt(let error) = error else { throw .definition("\(error)") }
            throw .libvirt(error)
        }
    }

    private static func find(
        _ uuid: String, at target: Target, _ session: inout Session?
    ) throws(LibvirtError) -> Guest {
        var current: Session
        if let session, session.target == target, session.connection.isAlive {
            current = session
        } else {
            session = nil
            current = Session(target: target, connection: try target.connect())
        }
        let guest =
            if let guest = current.guest, guest.uuid == uuid {
                guest
            } else {
                try current.connection.guest(uuid: uuid)
            }
        current.guest = guest
        session = current
        return guest
    }

    private static func look(at guest: Guest) throws(CallFailure) -> Look {
        // This call returns at once, while others may wait for QEMU. A guest that is off has no
        // control state.
        if let control = try? guest.controlInfo(), control.state == .occupied {
            throw .occupied(control.stateTime)
        }
        let text: String
        let situation: Situation
        let isArriving: Bool
        do throws(LibvirtError) {
            situation = try guest.situation()
            isArriving =
                switch situation.reason {
                case .pausedByMigration, .postCopy: try guest.isMigratingIn()
                default: false
                }
            if isArriving {
                // Some versions of libvirt block this call until the migration ends.
                let facts = GuestFacts(name: guest.name, uuid: guest.uuid, isLive: true)
                return Look(facts: facts, situation: situation, isArriving: true)
            }
            text = try guest.definition()
        } catch {
            throw .libvirt(error)
        }
        let run = guest.run
        do throws(TreatmentError) {
            return Look(
                facts: try DomainXMLReader.facts(in: text), situation: situation, run: run,
                isStopped: run?.isStopped == true)
        } catch {
            throw .definition("\(error)")
        }
    }

    // MARK: Inspections

    /// Shared, because guests of one kind have their timers at one address.
    private static let timerReader = TimerReader()

    private static func inspect(
        _ guest: Guest, _ sources: Call.TimerSources
    ) throws(TreatmentError) -> Inspection {
        let isPersistent: Bool
        var situation: Situation
        let text: String
        do throws(LibvirtError) {
            situation = try guest.situation()
            text = try guest.definition()
        } catch {
            throw .libvirt(error)
        }
        var facts = try DomainXMLReader.facts(in: text, isLocal: guest.isLocal)
        let isLive = facts.isLive
        do throws(LibvirtError) {
            // The guest may have been started or shut off in between.
            if isLive == (situation.state == .shutOff) { situation = try guest.situation() }
            isPersistent = isLive ? try guest.isPersistent() : false
        } catch {
            throw .libvirt(error)
        }
        guard isLive else {
            return Inspection(situation: situation, facts: facts, persistent: facts)
        }
        let run = guest.run
        facts.trustRecords(of: run, hasArrived: situation.isOfArrival)
        var inspection = Inspection(situation: situation, facts: facts)
        inspection.run = run
        if let run, run.isStopped { inspection.stoppedProcess = run.process }
        if isPersistent { inspection.persistent = try guest.persistentFacts() }
        inspection.timers = timers(of: guest, inspection, situation.state, sources)
        return inspection
    }

    private static func timers(
        of guest: Guest, _ inspection: Inspection, _ state: GuestState, _ sources: Call.TimerSources
    ) -> TimerReader.Reading {
        let facts = inspection.facts
        guard !facts.watchdogs.isEmpty else { return TimerReader.Reading(timers: []) }
        let doubt: String
        if let reason = inspection.silence {
            doubt = reason
        } else if sources == .none {
            doubt = "the guest does not answer; look at its QEMU process"
        } else {
            // This call returns at once, while others may wait for QEMU.
            switch try? guest.controlInfo().state {
            case .ok:
                return timerReader.read(
                    facts, of: guest,
                    by: TimerReader.Sources(
                        usesMonitor: sources == .monitorAndAgent,
                        guestRuns: state == .running || state == .idle))
            case .job, .occupied: doubt = "libvirt is busy with the guest; retry"
            case .error, nil: doubt = "libvirt cannot talk to the guest's QEMU; look at its process"
            }
        }
        return TimerReader.Reading(timers: facts.watchdogs.map { _ in .unknown(doubt) })
    }
}

extension RunID {
    /// Whether a signal has stopped the QEMU process.
    fileprivate var isStopped: Bool { ProcessStatus(of: process)?.state == "T" }
}
