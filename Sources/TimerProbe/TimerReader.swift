internal import Host
package import Libvirt
internal import System
package import WatchdogPolicy

/// Reads whether a guest has started its watchdogs' timers, by QEMU's monitor or the guest agent.
///
/// It only reads: memory of the guest, answers of QEMU's monitor and files in the guest's `/sys`. The
/// guest runs on, or stays as it is.
package struct TimerReader: Sendable {
    private let ecamCache = ECAMCache()
    /// The time that has passed since some moment.
    private let now: @Sendable () -> Duration
    /// After how many seconds the guest agent is given up.
    ///
    /// libvirt itself gives an agent up after 5 s, and later if that answers slowly.
    private let agentPatience: Int

    /// Makes a reader; one for many guests asks less of each.
    package init() {
        let start = ContinuousClock.now
        self.init(now: { start.duration(to: .now) })
    }

    init(agentPatience: Int = 4, now: @escaping @Sendable () -> Duration) {
        self.agentPatience = agentPatience
        self.now = now
    }

    /// What was found out about a guest.
    package struct Reading: Sendable, Hashable {
        /// The state of each watchdog's timer, in the order of the definition.
        package var timers: [TimerState]
        /// Whether a timer still shows a fire that the guest's driver has not cleared, or the driver
        /// found one when it started.
        package var showsFire: Bool
        /// Whether QEMU's monitor was asked, which taints the guest (`custom-monitor`).
        package var usedMonitor: Bool
        /// Whether the guest agent was asked, which taints the guest (`custom-ga-command`).
        package var usedAgent: Bool

        /// Makes a reading.
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

    /// Which parts of a guest may be asked.
    package struct Sources: Sendable, Hashable {
        /// Whether QEMU's monitor may be asked.
        package var usesMonitor: Bool
        /// Whether the guest's processors run, which its agent needs.
        package var guestRuns: Bool

        /// Makes sources.
        package init(usesMonitor: Bool = true, guestRuns: Bool = true) {
            self.usesMonitor = usesMonitor
            self.guestRuns = guestRuns
        }
    }

    /// Reads the timers of an active guest that has these facts.
    ///
    /// It asks the monitor first. Where that cannot tell, it asks the guest agent.
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
                // libvirt refuses a connection that may only read before it marks the guest.
                if case .libvirt(let refusal) = error, refusal.code == .operationDenied {
                    reading.usedMonitor = false
                }
                reading.timers.append(.unknown("\(error)"))
                doubts[index] = error
            }
        }
        if !doubts.isEmpty { askAgent(of: guest, facts, sources, doubts, &reading) }
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
        // A device without an ID has an empty one in the answer.
        guard let alias = watchdog.alias ?? (watchdog.isOnCommandLine ? "" : nil),
            let device = PCIDevice(of: alias, .i6300esb, in: answer)
        else { throw .notEnumerated }
        return device
    }

    /// Reads something through the window that is known for such guests, or that of this one where
    /// that leads to nothing.
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

    /// Reads the bit by which the guest starts the timer: bit 1 of the lock register at 0x68.
    ///
    /// The register has three bits; where there is no device, all eight are set.
    private func i6300esb(
        at device: PCILocation, by window: ECAMAccess<some MonitoredGuest>
    ) throws(TimerReadError) -> TimerState {
        let register = try window.byte(0x68, of: device)
        guard register < 1 << 3 else { throw .notEnumerated }
        return register & 1 << 1 != 0 ? .armed : .notArmed
    }

    /// Reads whether the timer has fired: bits 9 and 12 of the reload register at 0xc of its memory.
    ///
    /// The bits outlive a reset, and the guest's driver clears them when it starts. Reading them does
    /// nothing else. QEMU sets both and no other; where there is no device, all are set.
    private func showsFire(at memory: UInt64, _ guest: some MonitoredGuest) -> Bool {
        let register = "0x\(String(memory + 0xc, radix: 16))"
        return (try? guest.value(of: "xp /1hx \(register)")) == 0x1200
    }

    /// Reads the bit by which the guest halts the timer: bit 11 of TCO1_CNT.
    ///
    /// The registers are at I/O ports whose base is at 0x40 of the LPC bridge and in force if bit 7
    /// at 0x44 is set. QEMU's TCO does nothing else when a port is read. Where the bit is clear, TCO_RLD
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

    /// Asks the agent for the timers that the monitor does not tell of.
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
            // The thread goes on for some seconds, and closes the files that it opened in the guest.
            let result = TimedCall.run(timeout: agentPatience) {
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
