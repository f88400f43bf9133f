// SPDX-License-Identifier: Apache-2.0

/// The operator's policy for the guests of a host.
package struct Policy: Sendable, Hashable {
    /// The treatment of a watchdog with another action in a guest's domain XML.
    package enum Existing: String, Sendable, Hashable, CaseIterable {
        /// The watchdog keeps its action.
        case keep
        /// The watchdog gets the policy's action.
        case align
    }

    /// The guests that the service treats without `apply`.
    package enum Running: String, Sendable, Hashable, CaseIterable {
        /// Guests that start, arrive or are restored.
        ///
        /// Guests that ran before the service's first start wait for `apply`. So do changes of the
        /// policy on running guests.
        case new
        /// All guests. The service treats the running ones slowly, the first one alone.
        case all
    }

    package var model: ModelChoice
    package var action: WatchdogAction
    package var existing: Existing
    package var running: Running
    /// Whether virt-watchdog also writes the watchdog into the persistent domain XML.
    package var persist: Bool
    /// Whether the hook refuses the start of a guest that virt-watchdog cannot protect.
    package var enforce: Bool
    /// The number of PCI Express ports that a guest keeps empty for other devices.
    package var reservePorts: Int
    /// Whether virt-watchdog reads timers through QEMU's monitor, for which libvirt taints the
    /// guest.
    package var usesMonitor: Bool
    /// The included guests, or all if empty.
    package var include: [GuestPattern]
    /// The excluded guests, which wins over ``include``.
    package var exclude: [GuestPattern]
    /// The first error of the policy file.
    ///
    /// virt-watchdog then changes no guest, because a guess might reset the wrong one.
    package var fault: String?

    /// Makes a policy. The defaults are the built-in policy.
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

    /// The valid values of ``reservePorts``: a machine has at most 255 buses besides its root.
    package static let reservablePorts = 0...255

    /// The policy of a host without a properties file.
    package static let builtIn = Policy()

    /// Returns whether `include` and `exclude` select a guest of this name.
    func covers(_ name: String) -> Bool {
        (include.isEmpty || include.contains { $0.matches(name) })
            && !exclude.contains { $0.matches(name) }
    }
}
