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
}

/// Decides what is to be done with a guest.
///
/// The function is pure and converges: carried out and asked again, it finds nothing to do.
///
/// - Parameters:
///   - policy: What the operator wants.
///   - facts: What the guest's definition says.
package func plan(_ policy: Policy, _ facts: GuestFacts) -> Plan {
    if let fault = policy.fault { return Plan(.leave(.faultyPolicy(fault))) }
    guard policy.covers(facts.name) else { return Plan(.leave(.excluded)) }

    let guest = facts.guestPolicy
    if let fault = guest?.fault { return Plan(.leave(.faultyGuestPolicy(fault))) }
    if guest?.isEnabled == false || guest?.model == ModelChoice.none {
        return Plan(.leave(.optedOut))
    }
    var choice = guest?.model ?? policy.model
    // A guest that asks for a watchdog gets one even where the host gives none by itself.
    if choice == .none, guest?.isEnabled == true { choice = .fitting }
    let machine = facts.machineType
    let model: WatchdogModel
    switch choice {
    case .none: return Plan(.leave(.modelNone))
    case .model(let chosen): model = chosen
    case .fitting: model = machine == .s390 ? .diag288 : .i6300esb
    }
    if facts.isOptedOutOfRun {
        let isPending = facts.watchdogs.contains(where: \.isOwned)
        return Plan(.leave(isPending ? .removalPending : .removedFromRun))
    }
    var wanted = WatchdogDevice(model: model, action: guest?.action ?? policy.action)
    // The guest's own QEMU arguments chose an action for all its watchdogs.
    if policy.existing == .keep, guest?.action == nil,
        let own = (facts.qemuArguments?.watchdogAction).flatMap(WatchdogAction.init(rawValue:))
    {
        wanted.action = own
    }

    var decision =
        decideOnExisting(wanted, policy, facts)
        ?? decideOnNew(wanted, policy, facts, machine)
    // A definition with another action would not bring it about.
    if let own = facts.qemuArguments?.watchdogAction, own != wanted.action.rawValue,
        Plan(decision).changesDefinition
    {
        decision = .refuse(.actionOnCommandLine(own, wanted: wanted))
    }
    var plan = Plan(decision, warnings: warnings(on: decision, wanted, policy, facts))
    if case .attach(let device, _) = decision {
        plan.companion = facts.watchdogs.first { $0.action != device.action.rawValue }
    }
    return plan
}

/// Decides what a filter does to a definition on its way to a new QEMU, which does what it says.
///
/// A filter may change the action and nothing else. An action that a monitor gave the guest and the
/// policy does not want otherwise goes along, unless somebody has edited the definition since.
/// An opt-out changes nothing here: it concerns our device, and a filter adds none.
package func filterPlan(_ policy: Policy, _ facts: GuestFacts) -> Plan {
    var facts = facts
    facts.isOptedOutOfRun = false
    let plan = plan(policy, facts)
    if case .leave(.keptAction(let watchdog, _)) = plan.decision,
        let alignment = facts.alignment, !alignment.isPending, alignment.over == watchdog.action,
        let aligned = WatchdogAction(rawValue: alignment.action),
        aligned.rawValue != watchdog.action
    {
        return Plan(.changeAction(from: watchdog.action, to: aligned), warnings: plan.warnings)
    }
    return plan
}

/// Decides on a guest that has a watchdog already, or returns nothing where it has none to speak of.
private func decideOnExisting(
    _ wanted: WatchdogDevice, _ policy: Policy, _ facts: GuestFacts
) -> Plan.Decision? {
    let chosen = facts.chosenWatchdogs.map(facts.inForce)
    let action = facts.guestPolicy?.action ?? policy.action
    if let own = chosen.first(where: \.isOnCommandLine), own.action != action.rawValue {
        let wanted = WatchdogDevice(model: wanted.model, action: action)
        return policy.existing == .align
            ? .refuse(.onCommandLine(own, wanted: wanted))
            : .leave(.keptAction(own, wanted: wanted))
    }
    guard let watchdog = chosen.first(where: { $0.model == wanted.model.rawValue }) ?? chosen.first
    else {
        // The implicit iTCO is nobody's choice, so that an itco policy may change it at will.
        guard wanted.model == .itco, let implicit = facts.watchdogs.first.map(facts.inForce) else {
            return nil
        }
        return implicit.action == wanted.action.rawValue
            ? .leave(.asWanted(wanted))
            : .changeAction(from: implicit.action, to: wanted.action)
    }
    let differing = chosen.first { $0.action != wanted.action.rawValue }
    // A device of ours follows the policy; nobody else chose its action.
    if let differing, policy.existing == .align || differing.isOwned {
        return .changeAction(from: differing.action, to: wanted.action)
    }
    guard watchdog.action == wanted.action.rawValue else {
        return .leave(.keptAction(watchdog, wanted: wanted))
    }
    return watchdog.model == wanted.model.rawValue
        ? .leave(.asWanted(wanted)) : .leave(.otherModel(watchdog, wanted: wanted))
}

/// Decides on a guest without a watchdog, or with the implicit iTCO alone.
private func decideOnNew(
    _ wanted: WatchdogDevice, _ policy: Policy, _ facts: GuestFacts, _ machine: MachineType
) -> Plan.Decision {
    if let reason = RefuseReason(wanted.model, facts, machine) { return .refuse(reason) }
    if facts.qemuArguments?.changesEvery(wanted.model.rawValue) == true {
        return .refuse(.setByGlobal(wanted.model))
    }
    if facts.qemuArguments?.ids.contains(WatchdogDevice.alias) == true {
        return .refuse(.idInUse(WatchdogDevice.alias))
    }
    guard wanted.model == .i6300esb else { return .coldPlug(wanted, .notHotPluggable) }
    if wanted.action == .dump, let implicit = facts.watchdogs.first,
        implicit.action != wanted.action.rawValue
    {
        return .coldPlug(wanted, .sharedAction(implicit))
    }
    // A definition without controllers is one that libvirt has yet to complete.
    if facts.controllers.isEmpty, !facts.isLive { return .attach(wanted, .automatic) }
    if let point = AttachPoint(in: facts, reserving: policy.reservePorts) {
        return .attach(wanted, point)
    }
    let empty = facts.freePorts.count
    let reason: ColdPlugReason =
        if facts.needsACPI {
            .noACPI
        } else {
            empty > 0 ? .reservedPorts(empty, of: policy.reservePorts) : .noFreeSlot
        }
    return .coldPlug(wanted, reason)
}

private func warnings(
    on decision: Plan.Decision, _ wanted: WatchdogDevice, _ policy: Policy, _ facts: GuestFacts
) -> [String] {
    let action: String
    switch decision {
    case .attach, .coldPlug, .changeAction, .leave(.asWanted), .leave(.otherModel):
        action = wanted.action.rawValue
    case .leave(.keptAction(let watchdog, _)): action = watchdog.action
    case .leave, .refuse: return []
    }
    var warnings: [String] = []
    if action == WatchdogAction.reset.rawValue, let onReboot = facts.onReboot,
        ["destroy", "preserve"].contains(onReboot)
    {
        warnings.append(
            "on_reboot is '\(onReboot)', so that a reset powers the guest off;"
                + " on_reboot 'restart' would bring it back")
    }
    if let warning = facts.panicWarning { warnings.append(warning) }
    if case .attach(_, .rootPort) = decision, !facts.hasACPI,
        facts.machineType == .q35
    {
        warnings.append(
            "without ACPI a guest that has booted already finds the device after its next reset only"
        )
    }
    if facts.hasNoPortLeft(after: decision) {
        warnings.append(
            "the watchdog has the last empty pcie-root-port, so no other device can be hot-plugged; "
                + (policy.persist
                    ? "it has a port of its own from the next cold start on (vm.watchdog.persist=true);"
                        + " vm.watchdog.reserve-ports=1 leaves one empty in the first run, too"
                    : "add pcie-root-ports to the persistent definition, or set vm.watchdog.persist=true,"
                        + " which gives the watchdog a port of its own (vm.watchdog.reserve-ports=1 leaves"
                        + " one empty)")
        )
    }
    return warnings + facts.commandLineWarnings
}

extension GuestFacts {
    /// Whether our watchdog is, or would be, in the last empty port of a machine that has no other place
    /// for a hot-plugged device.
    fileprivate func hasNoPortLeft(after decision: Plan.Decision) -> Bool {
        // Most machines have none, and to count them takes time.
        guard controllers.contains(where: \.isPort) else { return false }
        let ports = freePorts.count
        if case .attach(_, .rootPort) = decision { return ports == 1 }
        guard ports == 0, highestFreeSlot(where: canHotplug) == nil,
            let bus = watchdogs.first(where: \.isOwned)?.address?.bus,
            let port = controllers.first(where: { $0.index == bus })
        else { return false }
        return port.isPort && !port.isOwned
    }

    /// What the operator should know of the definition's own QEMU arguments.
    fileprivate var commandLineWarnings: [String] {
        guard let qemuArguments else { return [] }
        var warnings = qemuArguments.doubts.map {
            "qemu:commandline is not understood whole: \($0)"
        }
        warnings += qemuArguments.remarks
        if let own = watchdogs.first, watchdogs.allSatisfy(\.isOnCommandLine) {
            warnings.append(
                "libvirt does not know the watchdog \(quoted(own.model)) of qemu:commandline, and"
                    + " libvirt 9.0 crashes when it fires; replace it by a <watchdog> element")
        }
        return warnings
    }
}
