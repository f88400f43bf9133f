/// What is to be done with a guest, and why.
package struct Plan: Sendable, Hashable {
    /// The decision, with what is needed to carry it out.
    package enum Decision: Sendable, Hashable {
        /// Nothing is to be done.
        case leave(LeaveReason)
        /// The device can be hot-plugged into the running guest.
        case attach(WatchdogDevice, AttachPoint)
        /// A watchdog is there and gets another action.
        case changeAction(from: String, to: WatchdogAction)
        /// The device can only be there from a cold start on.
        case coldPlug(WatchdogDevice, ColdPlugReason)
        /// The guest cannot have the watchdog that the policy asks for.
        case refuse(RefuseReason)
    }

    /// The decision.
    package var decision: Decision
    /// What the operator should know besides.
    package var warnings: [String]
    /// The implicit watchdog whose action a device that is attached has to have at first.
    ///
    /// All watchdogs of a guest share one action, in its definition; QEMU's monitor then gives them
    /// the one that is wanted.
    package var companion: GuestFacts.Watchdog?

    /// Makes a plan.
    package init(
        _ decision: Decision, warnings: [String] = [], companion: GuestFacts.Watchdog? = nil
    ) {
        self.decision = decision
        self.warnings = warnings
        self.companion = companion
    }

    /// The decision in a word, as the log and `--json` give it.
    package var name: String {
        switch decision {
        case .leave: "leave"
        case .attach: "attach"
        case .changeAction: "change-action"
        case .coldPlug: "cold-plug"
        case .refuse: "refuse"
        }
    }

    /// Why, in a clause that an operator understands.
    package var reason: String {
        switch decision {
        case .leave(let reason): reason.description
        case .attach(let device, let point):
            "the guest has no watchdog; \(device) can be hot-plugged\(point.clause) while it runs"
                + companionClause
        case .changeAction(let old, let new):
            "the guest's watchdog has action \(quoted(old)) and gets '\(new.rawValue)'"
                + (changesLiveGuest ? "" : dumpClause)
        case .coldPlug(let device, let reason): reason.description(of: device)
        case .refuse(let reason): reason.description
        }
    }

    /// Whether the definition differs once the plan is carried out.
    package var changesDefinition: Bool {
        switch decision {
        case .attach, .changeAction, .coldPlug: true
        case .leave, .refuse: false
        }
    }

    private var companionClause: String {
        guard let companion else { return "" }
        return ", at first with action \(quoted(companion.action)), which it shares with the"
            + " \(quoted(companion.model)) until QEMU's monitor changes both"
    }

    private var dumpClause: String {
        ", but not while it runs: libvirt itself takes the dump, by the definition that the guest was"
            + " started from; change the action there"
    }

    /// Whether there is something that a protector could do to the running guest.
    ///
    /// QEMU knows no dump: libvirt has it pause the guest, and does the rest by its own definition.
    package var changesLiveGuest: Bool {
        switch decision {
        case .attach: true
        case .changeAction(let old, let new):
            new != .dump && old != WatchdogAction.dump.rawValue
        case .leave, .coldPlug, .refuse: false
        }
    }

    /// The model that the plan adds to the guest, or nothing where it adds none.
    package var addedModel: WatchdogModel? {
        switch decision {
        case .attach(let device, _), .coldPlug(let device, _): device.model
        case .leave, .changeAction, .refuse: nil
        }
    }

    /// Whether the device can only be there from a cold start on.
    package var needsColdStart: Bool {
        if case .coldPlug = decision { true } else { false }
    }

    /// Whether the policy wants a watchdog that the guest cannot have in this run.
    package var leavesUnprotected: Bool {
        switch decision {
        case .coldPlug, .refuse: true
        case .changeAction: !changesLiveGuest
        case .leave, .attach: false
        }
    }

    /// The address that the device gets, where libvirt does not choose it.
    package var address: GuestFacts.PCIAddress? {
        if case .attach(_, let point) = decision { point.address } else { nil }
    }
}
