// SPDX-License-Identifier: Apache-2.0

extension Plan {
    /// Decides on a guest by its domain XML and the operator's policy.
    ///
    /// The function is pure and converges: after a plan is carried out, the next one changes
    /// nothing.
    package init(for facts: GuestFacts, under policy: Policy) {
        self = Self.decide(facts, policy)
    }

    private static func decide(_ facts: GuestFacts, _ policy: Policy) -> Plan {
        if let fault = policy.fault { return Plan(.leave(.faultyPolicy(fault))) }
        guard policy.covers(facts.name) else { return Plan(.leave(.excluded)) }

        let guest = facts.guestPolicy
        if let fault = guest?.fault { return Plan(.leave(.faultyGuestPolicy(fault))) }
        if guest?.isEnabled == false || guest?.model == ModelChoice.none {
            return Plan(.leave(.optedOut))
        }
        var choice = guest?.model ?? policy.model
        // The guest's own wish wins over the host's vm.watchdog.model=none.
        if choice == .none, guest?.isEnabled == true { choice = .fitting }
        let machine = facts.machineType
        guard let model = choice.model(on: machine) else { return Plan(.leave(.modelNone)) }
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
        // That argument wins over the action in the domain XML.
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

    /// Decides how the hook changes the domain XML that libvirt passes to a new QEMU process.
    ///
    /// The hook may change the action and nothing else. It keeps an action that QEMU's monitor set,
    /// unless the policy wants another one. It does not keep it if the domain XML was edited since.
    /// It ignores an opt-out, which concerns only our own device.
    package init(filtering facts: GuestFacts, under policy: Policy) {
        var facts = facts
        facts.isOptedOutOfRun = false
        let plan = Plan(for: facts, under: policy)
        if case .leave(.keptAction(let watchdog, _)) = plan.decision,
            let actionOverride = facts.actionOverride, !actionOverride.isPending,
            actionOverride.definedAction == watchdog.action,
            let aligned = WatchdogAction(rawValue: actionOverride.action),
            aligned.rawValue != watchdog.action
        {
            self.init(.changeAction(from: watchdog.action, to: aligned), warnings: plan.warnings)
        } else {
            self = plan
        }
    }

    /// Decides on a guest that has a watchdog, or returns `nil` for one without, or with the
    /// implicit one.
    private static func decideOnExisting(
        _ wanted: WatchdogDevice, _ policy: Policy, _ facts: GuestFacts
    ) -> Plan.Decision? {
        let chosen = facts.chosenWatchdogs.map(facts.effective)
        let action = facts.guestPolicy?.action ?? policy.action
        if let own = chosen.first(where: \.isOnCommandLine), own.action != action.rawValue {
            let wanted = WatchdogDevice(model: wanted.model, action: action)
            return policy.existing == .align
                ? .refuse(.onCommandLine(own, wanted: wanted))
                : .leave(.keptAction(own, wanted: wanted))
        }
        guard
            let watchdog = chosen.first(where: { $0.model == wanted.model.rawValue })
                ?? chosen.first
        else {
            // The implicit watchdog has libvirt's default action, so the policy may change it.
            guard
                let implicit = facts.watchdogs.first(where: { $0.model == wanted.model.rawValue })
                    .map(facts.effective)
            else { return nil }
            return implicit.action == wanted.action.rawValue
                ? .leave(.asWanted(wanted))
                : .changeAction(from: implicit.action, to: wanted.action)
        }
        let differing = chosen.first { $0.action != wanted.action.rawValue }
        // Our own device follows the policy: the operator did not choose its action.
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
    private static func decideOnNew(
        _ wanted: WatchdogDevice, _ policy: Policy, _ facts: GuestFacts, _ machine: MachineType
    ) -> Plan.Decision {
        if let reason = RefuseReason(wanted.model, facts, machine) { return .refuse(reason) }
        if facts.qemuArguments?.changesEvery(wanted.model.rawValue) == true {
            return .refuse(.setByGlobal(wanted.model))
        }
        if facts.qemuArguments?.ids.contains(WatchdogDevice.alias) == true {
            return .refuse(.idInUse(WatchdogDevice.alias))
        }
        guard wanted.model.isHotPluggable else { return .coldPlug(wanted, .notHotPluggable) }
        if wanted.action == .dump, let implicit = facts.watchdogs.first,
            implicit.action != wanted.action.rawValue
        {
            return .coldPlug(wanted, .sharedAction(implicit))
        }
        // libvirt has not completed a domain XML without controllers yet.
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

    private static func warnings(
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
                "on_reboot is '\(onReboot)', so a reset powers the guest off;"
                    + " set on_reboot to 'restart'")
        }
        if let warning = facts.panicWarning { warnings.append(warning) }
        if case .attach(_, .rootPort) = decision, !facts.hasACPI,
            facts.machineType == .q35
        {
            warnings.append(
                "without ACPI, a guest that has already booted finds the device only after its next reset"
            )
        }
        if facts.hasNoPortLeft(after: decision) {
            warnings.append(
                "the watchdog has the last empty pcie-root-port, so no other device can be hot-plugged; "
                    + (policy.persist
                        ? "from the next cold start on it has its own port (vm.watchdog.persist=true);"
                            + " to keep one empty in the first run, too, set vm.watchdog.reserve-ports=1"
                        : "add pcie-root-ports to the persistent domain XML, or set vm.watchdog.persist=true,"
                            + " which gives the watchdog its own port (vm.watchdog.reserve-ports=1 leaves"
                            + " one empty)")
            )
        }
        return warnings + facts.commandLineWarnings
    }
}
