// SPDX-License-Identifier: Apache-2.0

package import Libvirt
internal import System
package import WatchdogPolicy

/// A reader of watchdog timers, through QEMU's monitor or the guest agent.
///
/// It tells whether the guest has started a timer. It only reads the guest's memory, monitor
/// answers and files in the guest's `/sys`. The guest keeps running.
package struct TimerReader: Sendable {
    private let ecamCache = ECAMCache()
    /// The time since a fixed moment.
    private let now: @Sendable () -> Duration
    /// The time limit for the guest agent, in seconds.
    ///
    /// libvirt's own limit is longer if an agent answers slowly.
    private let agentTimeout: Int

    /// Creates a reader. Share one among guests, because it remembers their windows.
    package init() {
        let start = ContinuousClock.now
        self.init(now: { start.duration(to: .now) })
    }

    init(agentTimeout: Int = 4, now: @escaping @Sendable () -> Duration) {
        self.agentTimeout = agentTimeout
        self.now = now
    }

    /// The result of reading a guest.
    package struct Reading: Sendable, Hashable {
        /// The state of each watchdog's timer, in the order of the domain XML.
        package var timers: [TimerState]
        /// Whether a watchdog fired.
        ///
        /// Either the timer still has its flag, or the guest's driver found the flag when it
        /// started.
        package var showsFire: Bool
        /// Whether QEMU's monitor was used, which taints the guest (`custom-monitor`).
        package var usedMonitor: Bool
        /// Whether the guest agent was used, which taints the guest (`custom-ga-command`).
        package var usedAgent: Bool

        package init(
            timers: [TimerState], showsFire: Bool = false, usedMonitor: Bool = false,
            usedAgent: Bool = false
        ) {
            self.timers = timers
            self.showsFire = showsFire
            self.usedMonitor = usedMonitor
            self.usedAgent = usedAgent
        }
    }

    /// The usable sources of a guest.
    package struct Sources: Sendable, Hashable {
        /// Whether QEMU's monitor may be used.
        package var usesMonitor: Bool
        /// Whether the guest's processors run, as the agent requires.
        package var guestRuns: Bool

        package init(usesMonitor: Bool = true, guestRuns: Bool = true) {
            self.usesMonitor = usesMonitor
            self.guestRuns = guestRuns
        }
    }

    /// Reads the timers of a running guest with these facts.
    ///
    /// It uses the monitor first, and the guest agent as fallback.
    package func read(
        _ facts: GuestFacts, of guest: some MonitoredGuest & GuestWithAgent,
        by sources: Sources = Sources()
    ) -> Reading {
        var reading = Reading(timers: [])
        var doubts: [Int: TimerReadError] = [:]
        for (index, watchdog) in facts.watchdogs.enumerated() {
            do throws(TimerReadError) {
                guard sources.usesMonitor else { throw .monitorIsOff }
                reading.timers.append(try state(of: watchdog, facts, guest, &reading))
            } catch {
                // libvirt refuses a read-only connection before it taints the guest.
                if error.isRefusal { reading.usedMonitor = false }
                reading.timers.append(.unknown("\(error)"))
                doubts[index] = error
            }
        }
        // libvirt would refuse the agent, too.
        if !doubts.isEmpty, !doubts.values.contains(where: \.isRefusal) {
            askAgent(of: guest, facts, sources, doubts, &reading)
        }
        return reading
    }

    // MARK: QEMU's monitor

    private func state(
        of watchdog: GuestFacts.Watchdog, _ facts: GuestFacts, _ guest: some MonitoredGuest,
        _ reading: inout Reading
    ) throws(TimerReadError) -> TimerState {
        switch WatchdogModel(rawValue: watchdog.model) {
        case .i6300esb:
            reading.usedMonitor = true
            let device = try device(of: watchdog, guest)
            if let memory = device.memory, showsFire(at: memory, guest) { reading.showsFire = true }
            guard facts.hasConfigurationWindow else { throw .unreadable(model: watchdog.model) }
            return try throughWindow(of: guest, facts) { window throws(TimerReadError) in
                try i6300esb(at: device.location, by: window)
            }
        case .itco where facts.hasConfigurationWindow:
            reading.usedMonitor = true
            return try throughWindow(of: guest, facts) { window throws(TimerReadError) in
                try iTCO(of: guest, by: window)
            }
        case .itco, .ib700, .diag288, nil: throw .unreadable(model: watchdog.model)
        }
    }

    private func device(
        of watchdog: GuestFacts.Watchdog, _ guest: some MonitoredGuest
    ) throws(TimerReadError) -> PCIDevice {
        let answer = try mappingErrors { () throws(LibvirtError) in
            try guest.ask(machine: #"{"execute":"query-pci"}"#)
        }
        // The answer has an empty ID for a device without one.
        guard let alias = watchdog.alias ?? (watchdog.isOnCommandLine ? "" : nil),
            let device = PCIDevice(of: alias, .i6300esb, in: answer)
        else { throw .notEnumerated }
        return device
    }

    /// Reads through the known window, or else through this guest's own.
    private func throughWindow<Monitored: MonitoredGuest>(
        of guest: Monitored, _ facts: GuestFacts,
        _ read: (ECAMAccess<Monitored>) throws(TimerReadError) -> TimerState
    ) throws(TimerReadError) -> TimerState {
        if let range = ecamCache[facts],
            let state = try? read(ECAMAccess(guest: guest, range: range))
        {
            return state
        }
        let range = try ECAMAccess.range(in: guest)
        let state = try read(ECAMAccess(guest: guest, range: range))
        ecamCache[facts] = range
        return state
    }

    /// Reads bit 1 of the lock register at 0x68, by which the guest starts the timer.
    ///
    /// The register has three bits. Without a device, all eight read as set.
    private func i6300esb(
        at device: PCILocation, by window: ECAMAccess<some MonitoredGuest>
    ) throws(TimerReadError) -> TimerState {
        let register = try window.byte(0x68, of: device)
        guard register < 1 << 3 else { throw .notEnumerated }
        return register & 1 << 1 != 0 ? .armed : .notArmed
    }

    /// Reads whether the timer has fired: bits 9 and 12 of the reload register at 0xc of its
    /// memory.
    ///
    /// The bits outlive a reset, and the guest's driver clears them when it starts. Reading has no
    /// side effect. QEMU sets these two bits only. Without a device, all read as set.
    private func showsFire(at memory: UInt64, _ guest: some MonitoredGuest) -> Bool {
        let register = "0x\(String(memory + 0xc, radix: 16))"
        return (try? guest.value(of: "xp /1hx \(register)")) == 0x1200
    }

    /// Reads bit 11 of TCO1_CNT, by which the guest halts the timer.
    ///
    /// The registers are I/O ports. Their base is at 0x40 of the LPC bridge, and counts if bit 7 at
    /// 0x44 is set. In QEMU, reading the port has no side effect. If the bit is clear, TCO_RLD
    /// shows whether the timer has counted since the reset.
    private func iTCO(
        of guest: some MonitoredGuest, by window: ECAMAccess<some MonitoredGuest>
    ) throws(TimerReadError) -> TimerState {
        guard try window.byte(0x44, of: .lpcBridge) & 1 << 7 != 0 else { throw .notEnumerated }
        let base = try window.word(0x40, of: .lpcBridge) & 0xff80 + 0x60
        let control = try guest.value(of: "i /h 0x\(String(base + 8, radix: 16))")
        if control & 1 << 11 != 0 { return .notArmed }
        let left = try guest.value(of: "i /h 0x\(String(base, radix: 16))") & 0x3ff
        guard left > 0 else { throw .noTimeLeft }
        return .armed
    }

    // MARK: The guest agent

    /// Reads the timers that the monitor does not show from the agent.
    private func askAgent(
        of guest: some GuestWithAgent, _ facts: GuestFacts, _ sources: Sources,
        _ doubts: [Int: TimerReadError], _ reading: inout Reading
    ) {
        let indexes = doubts.keys.sorted()
        let models = indexes.compactMap { WatchdogModel(rawValue: facts.watchdogs[$0].model) }
        let answer: Result<[AgentWatchdog], AgentError>
        switch facts.agent {
        case .absent: answer = .failure(.noChannel)
        case .disconnected: answer = .failure(.notConnected)
        case .connected where !sources.guestRuns: answer = .failure(.guestIsStopped)
        case .connected:
            reading.usedAgent = true
            let now = now
            // After a timeout, the thread still closes the files that it opened in the guest.
            let result = TimedCall.run(timeout: agentTimeout) {
                Result { () throws(AgentError) in
                    let guest = try mappingAgentErrors { () throws(LibvirtError) in
                        try guest.forAnotherThread()
                    }
                    return try GuestAgent(guest: guest, now: now).watchdogs(of: models)
                }
            }
            answer = result ?? .failure(.silent)
        }
        var found = (try? answer.get()) ?? []
        for index in indexes {
            let model = facts.watchdogs[index].model
            var doubt = AgentError.noWatchdog(model: model)
            if case .failure(let error) = answer {
                doubt = error
            } else if let position = found.firstIndex(where: { $0.model.rawValue == model }) {
                let watchdog = found.remove(at: position)
                if watchdog.showsFire { reading.showsFire = true }
                switch watchdog.timer {
                case .success(let state):
                    reading.timers[index] = state
                    continue
                case .failure(let error): doubt = error
                }
            }
            reading.timers[index] = .unknown(doubts[index].map { "\($0); \(doubt)" } ?? "\(doubt)")
        }
    }
}
