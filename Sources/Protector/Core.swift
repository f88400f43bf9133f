// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Host
internal import System
package import WatchdogPolicy

/// The decisions of the service, the one-shot and `apply`, as a value.
///
/// It takes inputs and returns effects. It has no thread, connection or clock, so a simulation can
/// drive it like the shell. All times count from one moment on a monotonic clock.
package struct Core: Sendable {
    /// The connection for events and lists.
    enum Link: Sendable {
        /// A timer opens it.
        case down
        /// The shell opens it.
        case opening
        /// It is open.
        case up
        /// The core closed the connection to let the daemon exit. The next nudge opens it.
        case released
    }

    /// A guest in a queue. An entry of an earlier turn does not count.
    struct Entry: Sendable {
        var uuid: String
        var turn: UInt64
    }

    let settings: Settings
    var policy: Policy
    var memory: Memory
    var now = Duration.zero
    var effects: [Effect] = []

    var guests: [String: GuestTreatment] = [:]
    var lastTurn: UInt64 = 0
    var calls: CallTable
    var timers = Timers()
    /// The guests with a next call whose QEMU has recently answered.
    var trustedQueue: Deque<Entry> = []
    /// The other guests with a next call.
    var otherQueue: Deque<Entry> = []

    var link = Link.down
    var idlesOut = false
    var isServing = false
    var isListing = false
    var listsAgain = false
    /// Whether every guest is read after the list, to cover lost events.
    var sweeps = false
    var releasesAfterList = false
    /// The guests that started or stopped during the list, which says nothing about them.
    var changedDuringList: Set<String> = []
    var lastConnectionError: String?
    var lastListError: String?

    /// The fires of unknown runs, by UUID.
    var earlyFires: [String: (id: Int32, fire: Fire)] = [:]

    /// The guests that wait for the operator or the queue, with their order.
    var waiting: [String: UInt64] = [:]
    var lastWaiting: UInt64 = 0
    /// Whether a guest of the queue was treated successfully since the policy changed.
    var queueIsProven = false
    /// The time of the next guest of the queue.
    var queueResumption = Duration.zero
    var policyIsChanging = false

    var loggedStuckCount = 0
    var loggedWaitingCount = 0
    /// The number of guests that were brought to the policy.
    var treatedCount = 0

    /// Creates a core.
    ///
    /// - Parameters:
    ///   - settings: The scope, goal and limits.
    ///   - policy: The effective policy.
    ///   - memory: The records of an earlier service in this boot.
    package init(_ settings: Settings, policy: Policy, memory: Memory) {
        self.settings = settings
        self.policy = policy
        self.memory = memory
        calls = CallTable(reserve: settings.isService || settings.isCommand ? 1 : 0)
        guard case .guests(let uuids) = settings.scope else { return }
        for uuid in uuids {
            var guest = GuestTreatment(uuid: uuid, eligibility: .granted)
            guest.isUncertain = true
            guest.next = settings.firstCall
            guests[uuid] = guest
        }
    }

    /// The time of the next ``Input/timer``, or `nil` without one.
    package var nextTimer: Duration? {
        guard let time = calls.nextTime(after: now) else { return timers.next }
        return min(time, timers.next ?? time)
    }

    /// Begins to work.
    ///
    /// - Parameter now: The time.
    /// - Returns: The effects for the shell, in order.
    package mutating func start(at now: Duration) -> [Effect] {
        self.now = now
        serve(true)
        open()
        return takeEffects()
    }

    /// Handles an input.
    ///
    /// - Parameter now: The time, which never goes back.
    /// - Returns: The effects for the shell, in order.
    package mutating func handle(_ input: Input, at now: Duration) -> [Effect] {
        self.now = now
        switch input {
        case .connected(let idlesOut): connected(idlesOut: idlesOut)
        case .noDaemon: foundNoDaemon()
        case .connectionFailed(let reason): connectionFailed(reason)
        case .disconnected: disconnected()
        case .listed(let result): listed(result)
        case .event(let event): take(event)
        case .answered(let id, let result): answered(id, result)
        case .policy(let policy): take(policy)
        case .policyIsChanging:
            policyIsChanging = true
            timers.set(.policy, for: now + Self.policyLimit)
        case .nudged: nudged()
        case .sweepRequested: sweep()
        case .timer: break
        }
        writeOffOverdueCalls()
        while let purpose = timers.takeDue(at: now) { runTimer(purpose) }
        begin()
        logWaitingGuests()
        return takeEffects()
    }

    private mutating func takeEffects() -> [Effect] {
        defer { effects = [] }
        return effects
    }

    private mutating func runTimer(_ purpose: Timers.Purpose) {
        switch purpose {
        case .connect: if link == .down { open() }
        case .linkLimit: giveUpLink()
        case .sweep: sweep()
        case .nudge: list()
        case .list: listIsLate()
        case .idle: releaseIfIdle()
        case .queue: treatNextWaiting()
        case .policy:
            policyIsChanging = false
            log(
                LogLine(
                    operation: "policy", guest: "",
                    failure: "cannot read the properties file for"
                        + " \(Self.policyLimit.components.seconds) s: its file system does not answer;"
                        + " the last policy stays in force"), .warning)
        case .guest(let uuid, let turn):
            guard let guest = guests[uuid], guest.turn == turn else { return }
            if guest.call == nil {
                makeReady(uuid)
            } else if let reason = guest.notAnsweringReason {
                // A call in flight may be the last one.
                markNotAnswering(uuid, reason)
            }
        }
    }

    func isInScope(_ uuid: String) -> Bool {
        settings.isService || guests[uuid] != nil
    }

    mutating func log(_ line: LogLine, _ severity: SystemLog.Severity) {
        effects.append(.log(line, severity))
    }

    /// The time limit for reading a changed policy.
    private static let policyLimit = Duration.seconds(2)
}
