// SPDX-License-Identifier: Apache-2.0

import Protector
import System
import Testing
import WatchdogPolicy

@testable import Libvirt
@testable import Protector
@testable import TimerProbe

/// A core on a bench: with a clock that the test moves, and with all that the core has asked for.
struct Bench {
    /// A guest of the host, whose libvirt carries out every call.
    struct Machine {
        var look: Look
        /// The errors of the next calls to attach.
        var refusals: [LibvirtError] = []
        /// Whether calls do not return.
        var isStuck = false
        /// The calls that the test answers by itself.
        var unanswered: Set<Call.Kind> = []
        /// Whether the guest releases its device when it is asked.
        var releases = true
        var detachCount = 0
        /// The result of a removal from the persistent definition.
        var persistent: Removal?
    }

    private(set) var core: Core
    private(set) var now = Duration.zero
    /// The guests whose calls ``work()`` answers.
    var machines: [String: Machine] = [:]
    /// The calls without an answer, the first one first.
    private(set) var open: [(id: CallID, call: Call)] = []
    /// All calls, in order.
    private(set) var calls: [Call] = []
    private(set) var connects = 0
    private(set) var disconnects = 0
    private(set) var lists = 0
    private(set) var abandoned: [CallID] = []
    private(set) var lines: [(text: String, severity: SystemLog.Severity)] = []
    private(set) var remembered: [String: RunID] = [:]
    private(set) var rememberCount = 0
    private(set) var fires: [String: RunFire] = [:]
    private(set) var outcomes: [String: Outcome] = [:]
    private(set) var isServing = false

    static let boot = "boot"
    /// A run that began after the service first came.
    static let run = RunID(boot: boot, process: 10, startTicks: 100)
    /// A run that began earlier.
    static let oldRun = RunID(boot: boot, process: 11, startTicks: 10)
    static let memory = Memory(boot: boot, firstTicks: 50)

    /// Starts a core.
    init(_ settings: Settings = .service, policy: Policy = Policy(), memory: Memory = Self.memory) {
        core = Core(settings, policy: policy, memory: memory)
        take(core.start(at: now))
    }

    /// Starts a service that is connected to a daemon with these guests, which it has not read.
    static func connected(
        policy: Policy = Policy(), memory: Memory = Self.memory, running: [String: Machine] = [:]
    ) -> Bench {
        var bench = Bench(policy: policy, memory: memory)
        bench.machines = running
        bench.connect()
        return bench
    }

    // MARK: Guests

    /// The facts of a pc without a watchdog.
    static func pc(_ uuid: String, _ change: (inout GuestFacts) -> Void = { _ in }) -> GuestFacts {
        var facts = GuestFacts(
            name: "name-\(uuid)", uuid: uuid, type: "kvm", arch: "x86_64",
            machine: "pc-i440fx-7.2", isLive: true,
            controllers: [GuestFacts.Controller(model: "pci-root", index: 0)], id: "1")
        change(&facts)
        return facts
    }

    /// The facts of a q35 with two empty ports.
    static func q35(_ uuid: String, _ change: (inout GuestFacts) -> Void = { _ in }) -> GuestFacts {
        pc(uuid) {
            $0.machine = "pc-q35-7.2"
            $0.controllers = [
                GuestFacts.Controller(model: "pcie-root", index: 0),
                GuestFacts.Controller(model: "pcie-root-port", index: 1),
                GuestFacts.Controller(model: "pcie-root-port", index: 2),
            ]
            change(&$0)
        }
    }

    /// A watchdog of ours.
    static func ours(_ action: String = "reset") -> GuestFacts.Watchdog {
        GuestFacts.Watchdog(model: "i6300esb", action: action, alias: WatchdogDevice.alias)
    }

    static func machine(
        _ facts: GuestFacts, run: RunID? = Self.run, reason: Situation.Reason = .booted
    ) -> Machine {
        Machine(
            look: Look(
                facts: facts, situation: Situation(state: .running, reason: reason), run: run))
    }

    // MARK: Inputs

    mutating func give(_ input: Input) { take(core.handle(input, at: now)) }

    /// Opens the connection, and lists the guests.
    mutating func connect(idlesOut: Bool = false) {
        give(.connected(idlesOut: idlesOut))
        list()
    }

    /// Answers a list with all machines that run.
    mutating func list() {
        give(
            .listed(
                .success(
                    machines.sorted { $0.key < $1.key }.map {
                        RunningGuest(
                            uuid: $0.key, name: $0.value.look.facts.name,
                            id: $0.value.look.facts.id.flatMap { Int32($0) } ?? 0)
                    })))
    }

    mutating func event(_ uuid: String, _ kind: GuestEvent.Kind, id: Int32 = 1) {
        give(.event(GuestEvent(uuid: uuid, name: "name-\(uuid)", id: id, kind: kind)))
    }

    /// Starts a guest, with its event.
    mutating func start(_ machine: Machine, _ start: GuestEvent.Start = .booted) {
        let facts = machine.look.facts
        machines[facts.uuid ?? ""] = machine
        event(facts.uuid ?? "", .started(start), id: facts.id.flatMap { Int32($0) } ?? 0)
    }

    /// Lets time pass, with the core's timers.
    mutating func wait(_ duration: Duration) {
        let end = now + duration
        while let next = core.nextTimer, next <= end {
            now = max(now, next)
            give(.timer)
        }
        now = end
    }

    /// Lets time pass, and answers the calls meanwhile.
    mutating func waitWorking(_ duration: Duration) {
        let end = now + duration
        work()
        while let next = core.nextTimer, next <= end {
            now = max(now, next)
            give(.timer)
            work()
        }
        now = end
    }

    /// Answers a guest's call.
    mutating func answer(_ uuid: String, _ result: Result<Answer, CallFailure>) {
        guard let index = open.firstIndex(where: { $0.call.uuid == uuid }) else {
            Issue.record("no call about \(uuid) waits for an answer")
            return
        }
        let id = open.remove(at: index).id
        give(.answered(id, result))
    }

    mutating func answer(_ uuid: String, _ look: Look) { answer(uuid, .success(.look(look))) }

    mutating func fail(_ uuid: String, _ code: LibvirtError.Code, _ message: String = "error") {
        answer(uuid, .failure(.libvirt(LibvirtError(code: code, message: message))))
    }

    /// Answers all calls, as libvirt would whose guests do what they are asked.
    mutating func work() {
        var count = 0
        while let call = open.lazy.map(\.call).first(where: { call in
            machines[call.uuid].map { !$0.isStuck && !$0.unanswered.contains(call.kind) } ?? false
        }) {
            answer(call.uuid, carryOut(call))
            count += 1
            guard count < 1000 else {
                Issue.record("the core does not come to an end")
                return
            }
        }
    }

    /// Answers the first call.
    mutating func workOnce() {
        guard let call = open.first?.call else { return }
        answer(call.uuid, carryOut(call))
    }

    private mutating func carryOut(_ call: Call) -> Result<Answer, CallFailure> {
        guard var machine = machines[call.uuid] else { return .failure(.definition("no guest")) }
        defer { machines[call.uuid] = machine }
        switch call.kind {
        case .look: return .success(.look(machine.look))
        case .attach(let xml):
            if !machine.refusals.isEmpty {
                return .failure(.libvirt(machine.refusals.removeFirst()))
            }
            let action = xml.split(separator: "action='").dropFirst().first?.prefix { $0 != "'" }
            machine.look.facts.watchdogs.append(Self.ours(String(action ?? "")))
        case .record(let actionOverride): machine.look.facts.actionOverride = actionOverride
        case .optOut(let optOut): machine.look.facts.optOut = optOut
        case .setAction: break
        case .detach:
            machine.detachCount += 1
            if machine.releases { machine.look.facts.watchdogs.removeAll(where: \.isOwned) }
        case .unplugOrphan: return .success(.orphanIsGone(true))
        case .removePersistent(let dryRun):
            return .success(
                .removedPersistent(
                    machine.persistent == .removed && dryRun ? .wouldRemove : machine.persistent))
        case .inspect(let sources):
            var reading = TimerReader.Reading(timers: [])
            if machine.look.facts.isLive {
                reading.timers = machine.look.facts.watchdogs.map { _ in
                    sources == .none ? .unknown("no answer") : .armed
                }
            }
            return .success(
                .inspected(
                    Inspection(
                        situation: machine.look.situation, facts: machine.look.facts,
                        timers: reading)))
        case .persist:
            return .success(.persisted(ConfigResult(result: .written, reason: "written")))
        }
        return .success(.done)
    }

    private mutating func take(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .connect: connects += 1
            case .disconnect: disconnects += 1
            case .list: lists += 1
            case .call(let id, let call):
                open.append((id, call))
                calls.append(call)
            case .abandon(let id): abandoned.append(id)
            case .log(let line, let severity): lines.append((line.text, severity))
            case .remember(let uuid, let run):
                remembered[uuid] = run
                rememberCount += 1
            case .rememberFire(let uuid, let fire): fires[uuid] = fire
            case .finished(let uuid, let outcome): outcomes[uuid] = outcome
            case .serve(let serves): isServing = serves
            }
        }
    }

    // MARK: Calls

    /// What waits for an answer about a guest.
    func asked(_ uuid: String) -> Call.Kind? { open.first { $0.call.uuid == uuid }?.call.kind }

    /// The calls for a guest, in words.
    func steps(_ uuid: String) -> [String] {
        calls.filter { $0.uuid == uuid }.map {
            switch $0.kind {
            case .look: "look"
            case .attach: "attach"
            case .setAction(let action): "action \(action.rawValue)"
            case .record(let record):
                record.map { $0.isPending ? "pending \($0.action)" : "record \($0.action)" }
                    ?? "no record"
            case .optOut(let optOut): optOut == nil ? "no opt-out" : "opt-out"
            case .detach: "detach"
            case .unplugOrphan: "unplug"
            case .persist(_, let dryRun): dryRun ? "persist dry" : "persist"
            case .removePersistent(let dryRun): dryRun ? "config dry" : "config"
            case .inspect(.none): "inspect without timers"
            case .inspect(.agent): "inspect by the agent"
            case .inspect(.monitorAndAgent): "inspect"
            }
        }
    }

    /// How many guests have a look that waits for an answer.
    var looks: [String] { open.filter { $0.call.kind == .look }.map(\.call.uuid) }

    /// How many lines have a text in them.
    func lines(with text: String) -> Int { lines.count { $0.text.contains(text) } }
}
