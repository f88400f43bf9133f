// SPDX-License-Identifier: Apache-2.0

import HeapModule
import Libvirt
import Protector
import TestSupport
import WatchdogPolicy

/// A simulated host: a libvirt daemon, its guests' QEMUs, a clock, and the cores that work on them.
///
/// Everything that happens is an entry of one queue, so a seed tells all of it. What libvirt does is
/// the behaviour of libvirt 9.0 and 11.3.
public struct World {
    /// What happens at a moment.
    enum Happening {
        case act(Fault)
        case startHooksEnd(Int, run: Int, GuestEvent.Start)
        case migrationEnds(Int, run: Int, succeeds: Bool)
        case jobEnds(Int, run: Int)
        case wakesUp(Int, run: Int)
        case removalEnds(Int, run: Int)
        case daemonIsUp(Int)
        case daemonGoesOn(Int)
        case connects(Int, generation: Int)
        case lists(Int, generation: Int, epoch: Int)
        case executes(Execution)
        case saves(Execution)
        case input(Int, generation: Int, epoch: Int, Input)
        case event(Int, generation: Int, epoch: Int, GuestEvent)
        case timer(Int, generation: Int)
        case serviceStarts
        case idles(Int)
    }

    /// A call on its way through the daemon.
    struct Execution {
        var actor: Int
        var generation: Int
        var epoch: Int
        var id: CallID
        var call: Call
        var deadline: Duration
        var hasJob = false
    }

    /// A queue's entry.
    private struct Entry: Comparable {
        var time: Duration
        var number: Int
        /// Where what happens is kept, which is too large to be moved within the queue.
        var place: Int

        static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }
        static func < (left: Entry, right: Entry) -> Bool {
            (left.time, left.number) < (right.time, right.number)
        }
    }

    /// One run of a guest's QEMU.
    struct Run {
        var number: Int
        var id: Int32
        var began: Duration
        /// The watchdogs of ours that QEMU has.
        var emulated = 0
        /// The action that QEMU carries out.
        var action = "reset"
        /// The watchdogs in libvirt's definition.
        var defined: [GuestFacts.Watchdog] = []
        var actionOverride: ActionOverride?
        var optOut: OptOut?
        var reason = Situation.Reason.booted
        var isPaused = false
        var situation: Situation { Situation(state: isPaused ? .paused : .running, reason: reason) }
        var isArriving = false
        /// Until when hooks hold the guest's lock.
        var hooksUntil: Duration?
        /// Until when another job holds the guest.
        var hasJob = false
        var isHung = false
        var isStopped = false
        /// Calls that wait for QEMU, the first with the guest's job.
        var waiters: [Execution] = []
        var occupiedSince: Duration?
        var removedByHand = false
        /// Whether a removal has told that the device is gone.
        var wasRemoved = false
        var removing = false
        /// Until when the guest's firmware does not release a device.
        var firmwareUntil = Duration.zero
    }

    /// A guest.
    struct Guest {
        var uuid: String
        var name: String
        var shape: Shape
        var run: Run?
        /// The saved state, for the next restore.
        var saved: Run?
        /// What a snapshot holds.
        var snapshot: Run?
    }

    /// Kinds of machines, by what the plan can do for them.
    enum Shape: CaseIterable {
        case pc, port, twoPorts, full, ownWatchdog, implicit, excluded
    }

    /// A core with its connections.
    struct Actor {
        var core: Core?
        var generation = 0
        /// The epoch of the daemon that the connection for events leads to.
        var epoch: Int?
        var isOpening = false
        /// Whether an operator waits for it.
        var isCommand = false
        /// Whether it may change nothing.
        var dryRun = false
        /// Whether the connection is lost and the core has not been told yet.
        var losesLink = false
        var outstanding: [CallID: (uuid: String, abandoned: Bool)] = [:]
        /// When the process started.
        var began = Duration.zero
        /// How many guests wait, by the last line that tells of them.
        var toldWaiting = 0
        /// The guests that the actor may take for running.
        var knownRunning: Set<String> = []
        var timer: Duration?
    }

    var chance: SplitMix64
    private var queue = Heap<Entry>()
    private var happenings: [Happening] = []
    private var freePlaces: [Int] = []
    private var count = 0
    /// The time.
    public internal(set) var now = Duration.zero
    var guests: [Guest] = []
    var index: [String: Int] = [:]
    var actors: [Actor] = []
    /// When the last event reaches an actor.
    var lastEvent: [Int: Duration] = [:]
    /// The calls that ended with their connection.
    var lostCalls: [Int: Set<CallID>] = [:]
    /// When the service has read the last policy.
    var policyTime = Duration.zero
    var policy: Policy
    var memory: Memory
    var daemonIsUp = true
    var daemonIsStopped = false
    /// Whether the daemon has ended by itself, and starts with the next guest.
    var isIdle = false
    var epoch = 1
    var nextID: Int32 = 1
    var nextRun = 1
    /// Whether the daemon is killed when QEMU next has taken a device and libvirt has not.
    var killsAtAttach = false
    /// From when on nothing happens any more, and every guest is as it stays.
    var quiet = Duration.seconds(1_000_000)
    /// What the service did since then: its looks by guest, and its lines.
    var quietLooks: [String: Int] = [:]
    var quietLines: [String: Int] = [:]
    /// How likely an event is lost, late or doubled, in percent.
    var lossPercent = 0
    /// Whether libvirt refuses a second watchdog of any name, as 9.0 does.
    let refusesSecond: Bool
    /// Whether the daemon ends after ten seconds without guests and clients.
    let idlesOut: Bool
    /// What went wrong.
    public internal(set) var violations: [String] = []
    /// How many calls were made.
    public internal(set) var callCount = 0
    /// How many lists were made.
    public internal(set) var listCount = 0
    /// How many lines were logged.
    public internal(set) var lineCount = 0
    /// What happened, where it is recorded.
    public internal(set) var journal: [String] = []
    let records: Bool

    static let bootID = "boot"

    /// Makes a host without guests.
    public init(seed: UInt64, records: Bool = false) {
        chance = SplitMix64(seed: seed)
        self.records = records
        policy = Policy()
        memory = Memory(boot: Self.bootID, firstTicks: 0)
        refusesSecond = Bool.random(using: &chance)
        idlesOut = Int.random(in: 0..<4, using: &chance) == 0
        actors.append(Actor())
    }

    // MARK: Time

    mutating func at(_ time: Duration, _ happening: Happening) {
        count += 1
        let place: Int
        if let free = freePlaces.popLast() {
            place = free
            happenings[place] = happening
        } else {
            place = happenings.count
            happenings.append(happening)
        }
        queue.insert(Entry(time: max(time, now), number: count, place: place))
    }

    mutating func after(_ delay: Duration, _ happening: Happening) { at(now + delay, happening) }

    mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
        .milliseconds(Int.random(in: range, using: &chance))
    }

    mutating func within(_ range: ClosedRange<Int>, _ happening: Happening) {
        let delay = milliseconds(range)
        at(now + delay, happening)
    }

    mutating func percent(_ percent: Int) -> Bool {
        percent > 0 && Int.random(in: 0..<100, using: &chance) < percent
    }

    mutating func note(_ text: @autoclosure () -> String) {
        if records { journal.append("\(now) \(text())") }
    }

    /// Lets everything happen until a moment.
    public mutating func run(until end: Duration) {
        while let first = queue.min, first.time <= end {
            queue.removeMin()
            now = first.time
            freePlaces.append(first.place)
            happen(happenings[first.place])
        }
        now = end
    }

    private mutating func happen(_ happening: Happening) {
        switch happening {
        case .act(let fault): act(fault)
        case .startHooksEnd(let guest, let run, let start): hooksEnd(guest, run, start)
        case .migrationEnds(let guest, let run, let succeeds): migrationEnds(guest, run, succeeds)
        case .jobEnds(let guest, let run):
            guard guests[guest].run?.number == run else { return }
            guests[guest].run?.hasJob = false
        case .wakesUp(let guest, let run): wakesUp(guest, run)
        case .removalEnds(let guest, let run): removalEnds(guest, run)
        case .daemonIsUp(let number): if number == epoch { daemonIsUp = true }
        case .daemonGoesOn(let number): if number == epoch { daemonIsStopped = false }
        case .connects(let actor, let generation): connects(actor, generation)
        case .lists(let actor, let generation, let epoch): lists(actor, generation, epoch)
        case .executes(let execution): execute(execution)
        case .saves(let execution): save(execution)
        case .input(let actor, let generation, let epoch, let input):
            guard actors[actor].generation == generation, epoch == 0 || actors[actor].epoch == epoch
            else { return }
            if case .listed(.success(let running)) = input {
                actors[actor].knownRunning.formUnion(running.map(\.uuid))
            }
            if case .answered(let id, _) = input {
                actors[actor].outstanding[id] = nil
                lostCalls[actor]?.remove(id)
            }
            if case .disconnected = input {
                actors[actor].losesLink = false
                actors[actor].knownRunning = []
            }
            give(actor, input)
        case .event(let actor, let generation, let epoch, let event):
            guard actors[actor].generation == generation, actors[actor].epoch == epoch else {
                return
            }
            switch event.kind {
            case .stopped: actors[actor].knownRunning.remove(event.uuid)
            case .started, .resumed(.migrated), .resumed(.postCopy):
                actors[actor].knownRunning.insert(event.uuid)
                for (id, call) in actors[actor].outstanding where call.uuid == event.uuid {
                    // It is about an earlier run.
                    actors[actor].outstanding[id]?.abandoned = true
                }
            // It follows the start, whose event may be lost.
            case .suspended(.paused), .suspended(.restored):
                actors[actor].knownRunning.insert(event.uuid)
            default: break
            }
            give(actor, .event(event))
        case .timer(let actor, let generation):
            guard actors[actor].generation == generation, actors[actor].timer == now else { return }
            actors[actor].timer = nil
            give(actor, .timer)
        case .serviceStarts: startService()
        case .idles(let number): idle(number)
        }
    }
}
