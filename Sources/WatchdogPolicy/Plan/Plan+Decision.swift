extension Plan {
    /// Decides what is to be done with a guest.
    ///
    /// The function is pure and converges: carried out and asked again, it finds nothing to do.
    ///
    /// - Parameters:
    ///   - facts: The guest, by its domain XML.
    ///   - policy: The operator's policy.
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
    package init(filtering facts: GuestFacts, under policy: Policy) {
        var facts = facts
        facts.isOptedOutOfRun = false
        let plan = Plan(for: facts, under: policy)
        if case .leave(.keptAction(let watchdog, _)) = plan.decision,
            let alignment = facts.alignment, !alignment.isPending,
            alignment.over == watchdog.action,
            let aligned = WatchdogAction(rawValue: alignment.action),
            aligned.rawValue != watchdog.action
        {
            self.init(.changeAction(from: watchdog.action, to: aligned), warnings: plan.warnings)
        } else {
            self = plan
        }
    }

    /// Decides on a guest that has a watchdog already, or returns nothing where it has none to speak of.
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
            // The implicit iTCO is nobody's choice, so that an itco policy may change it at will.
            guard wanted.model == .itco, let implicit = facts.watchdogs.first.map(facts.effective)
            else {
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
}
