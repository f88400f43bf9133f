internal import Libvirt
internal import TimerProbe
internal import WatchdogPolicy

/// All that the core knows of one run of a guest.
struct GuestTreatment: Sendable {
    /// How the policy applies to a run.
    enum Standing: Sendable {
        /// Nothing tells yet when the run began.
        case unknown
        /// The run began while the service was there.
        case fresh
        /// The operator, or the queue, wants the guest treated.
        case granted
        /// The run was treated. Changes of the policy wait for the operator.
        case settled
        /// The run began before the service first came.
        case old
    }

    let uuid: String
    var name = ""
    /// libvirt's number of the guest, or 0 before it is known.
    var id: Int32 = 0
    var standing: Standing
    var run: RunID?
    /// The facts as they were read last, with the records that count.
    var facts: GuestFacts?

    // The next call

    /// The call that has not returned.
    var call: CallID?
    /// What that call asks, or the next one.
    var next = Call.Kind.look
    /// Changes with each wait, so that earlier entries of queues and timers do not count.
    var turn: UInt64 = 0
    /// Whether the guest is in a queue.
    var isReady = false
    /// Whether something happened during the call, so that a look has to follow.
    var looksAgain = false

    // What events tell

    /// Whether the connection was lost and the guest was not seen since.
    var isUncertain = false
    /// Whether the guest is on its way in from another host.
    var isArriving = false
    /// Whether the run continues that of another host, or of a file.
    var hasArrived = false
    /// Whether QEMU has lately shown that it answers.
    var isTrusted = false
    /// Whether our device was seen in this run.
    var hasHadDevice = false
    /// Whether libvirt has said that our device is removed.
    var sawRemoval = false
    /// Whether the log tells that our device was unplugged.
    var hasSaidOptOut = false
    /// Whether the guest's own policy may have changed.
    var policyMayDiffer = false

    /// The last time that the guest's watchdog fired in this run.
    var fire: Fire?

    // What the treatment has come to

    /// The plan by which the device was attached.
    var attached: Plan?
    /// Whether libvirt has taken the device.
    var attachSucceeded = false
    /// The plan by which the action was changed.
    var aligned: Plan?
    /// The error of the attempt to attach, until the next look.
    var attachError: LibvirtError?
    /// The addresses that refused the device.
    var unusable: Set<GuestFacts.PCIAddress> = []
    /// Since when QEMU is asked to unplug a watchdog that libvirt does not know.
    var unplugStart: Duration?
    var orphanError: LibvirtError?
    /// Whether the time of the treatment has begun anew, since such a watchdog is gone.
    var hasBegunAnew = false
    /// Since when an action is in doubt.
    var doubtStart: Duration?
    var protection: Result<LiveResult, TreatmentError>?
    var persistence: Result<ConfigResult, TreatmentError>?
    /// Whether the running guest is done, and the persistent definition follows.
    var isPersisting = false
    /// Whether an opt-out was ended whose device the guest has not released yet.
    var hasPendingRemoval = false
    /// Since when our device, attached beside a removal, is taken back.
    var takeBackStart: Duration?
    /// When the guest was last asked for it.
    var takeBackTime: Duration?
    /// How far the removal is, where that is the goal.
    var removal = RemovalProgress()
    var inspection: Inspection?
    /// Whether the queue has chosen the guest.
    var isOfQueue = false

    // Trouble

    var firstFailure: Duration?
    var arrivalStart: Duration?
    var lastWait: Duration?
    /// Whether the log tells of the trouble.
    var hasSaidTrouble = false
    /// What the log says of it.
    var trouble: String?
    /// Why the guest does not answer, or nothing where it does.
    var silence: String?
    /// The lines that were logged last, of the running guest and of its persistent definition.
    var lastLine: LogLine?
    var lastPersistenceLine: LogLine?

    init(uuid: String, standing: Standing) {
        self.uuid = uuid
        self.standing = standing
    }

    /// Whether the policy is carried out now.
    var isTreated: Bool { standing == .fresh || standing == .granted }

    /// Whether the guest is only read.
    var isLeftAlone: Bool { standing == .settled || standing == .old }

    /// Takes note that the guest was seen again after the connection was lost, and begins anew.
    mutating func becomeCertain() {
        guard isUncertain else { return }
        isUncertain = false
        // A change that was planned before may not suit the guest any more.
        if call == nil { next = .look }
        endTreatment()
    }

    /// Forgets the troubles of the treatment, since it has come to an end.
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
        takeBackStart = nil
        takeBackTime = nil
        endTrouble()
    }

    mutating func endTrouble() {
        firstFailure = nil
        lastWait = nil
        hasSaidTrouble = false
        trouble = nil
        silence = nil
    }
}
