// SPDX-License-Identifier: Apache-2.0

internal import Libvirt
internal import WatchdogPolicy

/// The core's knowledge of one run of a guest.
struct GuestTreatment: Sendable {
    /// Whether the policy applies to a run now.
    enum Eligibility: Sendable {
        /// The start of the run is unknown.
        case unknown
        /// The run began while the service watched.
        case fresh
        /// The operator or the queue chose the guest.
        case granted
        /// The run was treated. Policy changes wait for the operator.
        case settled
        /// The run began before the service first started.
        case old
    }

    let uuid: String
    var name = ""
    /// libvirt's number of the guest, or 0 while it is unknown.
    var id: Int32 = 0
    var eligibility: Eligibility
    var run: RunID?
    /// The facts of the last read. Only records of this run count.
    var facts: GuestFacts?

    // The next call

    /// The call in flight.
    var call: CallID?
    /// The kind of the call in flight, or of the next one.
    var next = Call.Kind.look
    /// A number that changes with each wait, to invalidate earlier queue entries and timers.
    var turn: UInt64 = 0
    /// Whether the guest is in a queue.
    var isReady = false
    /// Whether a look must follow, because something changed during the call.
    var looksAgain = false

    // What events tell

    /// Whether the guest has not been seen since the connection was lost.
    var isUncertain = false
    /// Whether the guest is migrating in.
    var isArriving = false
    /// Whether the run continues one of another host or a file.
    var hasArrived = false
    /// Whether QEMU has recently answered.
    var isTrusted = false
    /// Whether our device was seen in this run.
    var hasHadDevice = false
    /// Whether libvirt has reported the removal of our device.
    var sawRemoval = false
    /// Whether the log reports that our device was unplugged.
    var hasLoggedOptOut = false
    /// Whether the guest's own policy may have changed.
    var policyMayDiffer = false

    /// The last fire of the guest's watchdog in this run.
    var fire: Fire?

    // Results of the treatment

    /// The plan that attached the device.
    var attached: Plan?
    /// Whether libvirt accepted the device.
    var attachSucceeded = false
    /// The plan that changed the action.
    var aligned: Plan?
    /// The error of the last attempt to attach, until the next look.
    var attachError: LibvirtError?
    /// The addresses that refused the device.
    var unusable: Set<GuestFacts.PCIAddress> = []
    /// The time of the first request to unplug an orphan.
    var unplugStart: Duration?
    var orphanError: LibvirtError?
    /// Whether the time limits restarted after an orphan was gone.
    var hasBegunAnew = false
    /// The time since which an action is unconfirmed.
    var doubtStart: Duration?
    var protection: Result<LiveResult, TreatmentError>?
    var persistence: Result<ConfigResult, TreatmentError>?
    /// Whether the running guest is done, and its persistent domain XML follows.
    var isPersisting = false
    /// Whether the guest still has to release the device of a removed opt-out.
    var hasPendingRemoval = false
    /// The time since which a device attached during a removal is unplugged.
    var unplugAgainStart: Duration?
    /// The time of the last request to unplug it.
    var unplugAgainTime: Duration?
    /// The progress of the removal.
    var removal = RemovalProgress()
    var inspection: Inspection?
    /// Whether the queue has chosen the guest.
    var isOfQueue = false

    // Trouble

    var firstFailure: Duration?
    var arrivalStart: Duration?
    var lastWait: Duration?
    /// Whether the log reports the failures.
    var hasLoggedTrouble = false
    /// The log's text about the failures.
    var trouble: String?
    /// The reason why the guest does not answer, or `nil` if it answers.
    var notAnsweringReason: String?
    /// The last logged lines, of the running guest and of its persistent domain XML.
    var lastLine: LogLine?
    var lastPersistenceLine: LogLine?

    init(uuid: String, eligibility: Eligibility) {
        self.uuid = uuid
        self.eligibility = eligibility
    }

    /// Whether the guest gets the policy now.
    var isTreated: Bool { eligibility == .fresh || eligibility == .granted }

    /// Whether the guest is only read.
    var isLeftAlone: Bool { eligibility == .settled || eligibility == .old }

    /// Marks the guest as seen after a lost connection, and starts again.
    mutating func becomeCertain() {
        guard isUncertain else { return }
        isUncertain = false
        // An earlier planned change may no longer suit the guest.
        if call == nil { next = .look }
        endTreatment()
    }

    /// Clears the failures of a treatment that has ended.
    mutating func endTreatment() {
        attached = nil
        attachSucceeded = false
        aligned = nil
        attachError = nil
        unusable = []
        unplugStart = nil
        hasBegunAnew = false
        doubtStart = nil
        isPersisting = false
        unplugAgainStart = nil
        unplugAgainTime = nil
        endTrouble()
    }

    mutating func endTrouble() {
        firstFailure = nil
        lastWait = nil
        hasLoggedTrouble = false
        trouble = nil
        notAnsweringReason = nil
    }
}
