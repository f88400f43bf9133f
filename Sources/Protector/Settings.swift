package import WatchdogPolicy

/// How a core works: as the service, for one guest, or for a command.
package struct Settings: Sendable {
    /// The guests that it is for.
    package enum Scope: Sendable {
        /// Every guest of the daemon, for ever.
        case all
        /// The guests of these UUIDs, each until it is done.
        case guests([String])
    }

    /// What it does with these guests.
    package enum Goal: Sendable, Hashable {
        /// Brings them to the policy.
        case protect
        /// Removes our devices from running guests, from persistent definitions, or both.
        ///
        /// A dry run only looks.
        case remove(live: Bool, config: Bool, dryRun: Bool)
        /// Reads them, and with `config` tells what would become of their persistent definitions.
        case plan(config: Bool)
        /// Reads them with all that `status` shows, the timers by QEMU's monitor or without it.
        case inspect(usesMonitor: Bool)
    }

    /// The guests that it is for.
    package var scope: Scope
    /// What it does with them.
    package var goal = Goal.protect
    /// Whether it first lists the running guests, which waits for libvirt's hooks without harm.
    package var listsFirst: Bool
    /// How long a call may take before it is written off.
    package var callLimit: Duration = .seconds(5)
    /// How long it tries, from the first failure on; nothing for ever.
    package var retryLimit: Duration?
    /// How long it waits for a guest that migrates in; nothing for ever.
    package var arrivalLimit: Duration?
    /// How long a guest may be in its firmware, which unplugs no device.
    package var firmwareLimit: Duration = .seconds(60)
    /// Whether a person waits for it, so that a guest that does not answer is given up at once.
    package var isCommand: Bool
    /// Whether the operator named the guests, which ends their opt-outs.
    package var endsOptOuts = false
    /// Whether persistent definitions are brought to the policy, whatever the policy says of it.
    package var persists = false

    /// The service.
    package static var service: Settings {
        Settings(scope: .all, listsFirst: true, isCommand: false)
    }

    /// A program of its own for one guest, which a hook starts.
    package static func oneShot(_ uuid: String) -> Settings {
        Settings(
            scope: .guests([uuid]), listsFirst: true, retryLimit: .seconds(600),
            isCommand: false)
    }

    /// A command for guests that an operator waits for.
    ///
    /// A command that changes guests waits a little longer than libvirt's own limit for one call, 30 s.
    package static func command(_ uuids: [String], _ goal: Goal = .protect) -> Settings {
        var settings = Settings(
            scope: .guests(uuids), goal: goal, listsFirst: false, callLimit: .seconds(10),
            retryLimit: .seconds(35), arrivalLimit: .seconds(35), firmwareLimit: .zero,
            isCommand: true)
        switch goal {
        case .protect, .remove: break
        case .plan, .inspect:
            settings.callLimit = .seconds(5)
            settings.retryLimit = .seconds(5)
            settings.arrivalLimit = .zero
        }
        return settings
    }

    /// Whether it works for ever and waits for the operator where a run is not new.
    var isService: Bool {
        if case .all = scope { true } else { false }
    }
}

/// The last fire in a run of a guest.
package struct RunFire: Sendable, Hashable {
    /// The run.
    package var run: RunID
    /// The fire.
    package var fire: Fire

    /// Describes a fire of a run.
    package init(run: RunID, fire: Fire) {
        self.run = run
        self.fire = fire
    }
}

/// What an earlier service of the same boot left: when the first one came, which runs were treated, and
/// which of them had a fire.
package struct Memory: Sendable, Hashable {
    /// The boot ID of the host.
    package var boot: String
    /// When the service first came in this boot, in the kernel's ticks since the host started.
    package var firstTicks: UInt64
    /// The runs that were treated, by UUID.
    package var treated: [String: RunID]
    /// The last fires, by UUID.
    package var fires: [String: RunFire] = [:]

    /// Makes a memory.
    package init(boot: String, firstTicks: UInt64, treated: [String: RunID] = [:]) {
        self.boot = boot
        self.firstTicks = firstTicks
        self.treated = treated
    }
}
