// SPDX-License-Identifier: Apache-2.0

/// The decision on a guest, and the reason for it.
package struct Plan: Sendable, Hashable {
    /// A decision with all that is needed to carry it out.
    package enum Decision: Sendable, Hashable {
        /// virt-watchdog changes nothing.
        case leave(LeaveReason)
        /// virt-watchdog hot-plugs the device into the running guest.
        case attach(WatchdogDevice, AttachPoint)
        /// virt-watchdog gives the guest's watchdogs another action.
        case changeAction(from: String, to: WatchdogAction)
        /// The guest can have the device only from its next cold start on.
        case coldPlug(WatchdogDevice, ColdPlugReason)
        /// The guest cannot have the policy's watchdog.
        case refuse(RefuseReason)
    }

    package var decision: Decision
    /// The warnings for the operator. Each is a clause.
    package var warnings: [String]
    /// The implicit watchdog, whose action the attached device must have at first.
    ///
    /// libvirt accepts only one action for all watchdogs of a guest. QEMU's monitor then changes
    /// it.
    package var companion: GuestFacts.Watchdog?

    package init(
        _ decision: Decision, warnings: [String] = [], companion: GuestFacts.Watchdog? = nil
    ) {
        self.decision = decision
        self.warnings = warnings
        self.companion = companion
    }

    /// The decision in a word, as the log and `--json` print it.
    package var name: String {
        switch decision {
        case .leave: "leave"
        case .attach: "attach"
        case .changeAction: "change-action"
        case .coldPlug: "cold-plug"
        case .refuse: "refuse"
        }
    }

    /// The reason in a few words, which are the same for all guests with the same fix.
    package var phrase: String {
        switch decision {
        case .leave(let reason): reason.phrase
        case .attach: "no watchdog"
        case .changeAction(let old, let new): "\(printable(old)) -> \(new.rawValue)"
        case .coldPlug(_, let reason): reason.phrase
        case .refuse(let reason): reason.phrase
        }
    }

    /// The reason for the operator, as `fact: cause; fix`.
    package var reason: String {
        switch decision {
        case .leave(let reason): reason.description
        case .attach(let device, let point):
            "the guest has no watchdog; libvirt can hot-plug \(device)\(point.clause)"
                + companionClause
        case .changeAction(let old, let new):
            "the action of the guest's watchdog changes from \(quoted(old)) to '\(new.rawValue)'"
                + (changesLiveGuest ? "" : dumpClause)
        case .coldPlug(let device, let reason): reason.description(of: device)
        case .refuse(let reason): reason.description
        }
    }

    /// Whether the plan changes the domain XML.
    package var changesDefinition: Bool {
        switch decision {
        case .attach, .changeAction, .coldPlug: true
        case .leave, .refuse: false
        }
    }

    private var companionClause: String {
        guard let companion else { return "" }
        return ", at first with action \(quoted(companion.action)) like the"
            + " \(quoted(companion.model)), until QEMU's monitor changes both"
    }

    private var dumpClause: String {
        ", but not in this run: libvirt takes a dump only if the live domain XML says so;"
            + " change the action in the persistent domain XML"
    }

    /// Whether a protector can carry out the plan on the running guest.
    ///
    /// QEMU has no action `dump`: it pauses the guest, and libvirt dumps it if the live domain XML
    /// says so.
    package var changesLiveGuest: Bool {
        switch decision {
        case .attach: true
        case .changeAction(let old, let new):
            new != .dump && old != WatchdogAction.dump.rawValue
        case .leave, .coldPlug, .refuse: false
        }
    }

    /// Whether the policy has an error, which is the same for all guests.
    package var isOfFaultyPolicy: Bool {
        if case .leave(.faultyPolicy) = decision { true } else { false }
    }

    /// The model that the plan adds to the guest.
    package var addedModel: WatchdogModel? {
        switch decision {
        case .attach(let device, _), .coldPlug(let device, _): device.model
        case .leave, .changeAction, .refuse: nil
        }
    }

    /// Whether the guest can have the device only from its next cold start on.
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

    /// Whether the policy covers the guest, and a hang of the guest still has no effect once the
    /// plan is carried out.
    ///
    /// That is so in this run without a watchdog, and with the action `none`.
    package var leavesWithoutEffect: Bool {
        let none = WatchdogAction.none
        return switch decision {
        case .leave(.keptAction(let watchdog, _)): watchdog.action == none.rawValue
        case .leave(.asWanted(let device)), .attach(let device, _): device.action == none
        case .leave(.otherModel(_, let wanted)): wanted.action == none
        case .changeAction(_, let action): action == none || leavesUnprotected
        case .leave, .coldPlug, .refuse: leavesUnprotected
        }
    }

    /// The device's address, or `nil` if libvirt chooses it.
    package var address: GuestFacts.PCIAddress? {
        if case .attach(_, let point) = decision { point.address } else { nil }
    }
}
