/// What the operator wants for the guests of a host.
package struct Policy: Sendable, Hashable {
    /// What becomes of a watchdog that the definition already has, with another action.
    package enum Existing: String, Sendable, Hashable, CaseIterable {
        /// It stays as it is.
        case keep
        /// It is brought to the policy's action.
        case align
    }

    /// Which guests the service treats by itself.
    package enum Running: String, Sendable, Hashable, CaseIterable {
        /// Guests as they start, arrive or are restored. Guests that ran before the service first came
        /// wait for `apply`, and so do changes of the policy on running guests.
        case new
        /// All guests: the first of those that run already alone, and a minute later at most ten a
        /// minute.
        case all
    }

    /// The watchdog's model.
    package var model: ModelChoice
    /// What the hypervisor does when the watchdog fires.
    package var action: WatchdogAction
    /// What becomes of a watchdog that is there already.
    package var existing: Existing
    /// Which guests the service treats by itself.
    package var running: Running
    /// Whether the watchdog is also written into the persistent definition.
    package var persist: Bool
    /// Whether a guest that cannot be protected is refused its start.
    package var enforce: Bool
    /// How many empty PCI Express ports of a guest stay empty for other devices.
    package var reservePorts: Int
    /// Whether timers are read by QEMU's monitor, which taints guests in libvirt's eyes.
    package var usesMonitor: Bool
    /// The guests that the policy is for; empty means all.
    package var include: [GuestPattern]
    /// The guests that the policy is not for, even if included.
    package var exclude: [GuestPattern]
    /// The first error of the file that the policy came from.
    ///
    /// As long as there is one, every guest is left alone: what a reset should be is not guessed.
    package var fault: String?

    /// Makes a policy; what is not given is as built in.
    package init(
        model: ModelChoice = .fitting, action: WatchdogAction = .reset, existing: Existing = .keep,
        running: Running = .new, persist: Bool = false, enforce: Bool = false,
        reservePorts: Int = 0, usesMonitor: Bool = true, include: [GuestPattern] = [],
        exclude: [GuestPattern] = [], fault: String? = nil
    ) {
        self.model = model
        self.action = action
        self.existing = existing
        self.running = running
        self.persist = persist
        self.enforce = enforce
        self.reservePorts = reservePorts
        self.usesMonitor = usesMonitor
        self.include = include
        self.exclude = exclude
        self.fault = fault
    }

    /// The numbers that ``reservePorts`` may have: a machine has no more buses.
    package static let reservablePorts = 0...255

    /// The policy of a host without any properties file: i6300esb with action reset.
    package static let builtIn = Policy()

    /// Tells whether `include` and `exclude` let the policy apply to a guest of that name.
    func covers(_ name: String) -> Bool {
        (include.isEmpty || include.contains { $0.matches(name) })
            && !exclude.contains { $0.matches(name) }
    }
}
