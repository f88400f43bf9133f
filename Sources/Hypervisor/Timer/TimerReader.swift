internal import Glibc
public import WatchdogPolicy

/// Finds out from outside a guest whether it has started the timers of its watchdogs.
public struct TimerReader: Sendable {
    /// Whether a guest may be stopped for some milliseconds where there is no other way.
    public var mayStopGuest: Bool
    private let knownWindows = KnownWindows()
    /// The time that has passed since some moment.
    private let now: @Sendable () -> Duration
    private let sleep: @Sendable (Duration) -> Void

    /// Makes a reader; one for many guests asks less of each.
    public init(mayStopGuest: Bool) {
        let start = ContinuousClock.now
        self.init(
            mayStopGuest: mayStopGuest, now: { start.duration(to: .now) },
            sleep: { duration in
                let (seconds, attoseconds) = duration.components
                var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
                nanosleep(&time, nil)
            })
    }

    init(
        mayStopGuest: Bool, now: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) -> Void
    ) {
        self.mayStopGuest = mayStopGuest
        self.now = now
        self.sleep = sleep
    }

    /// How long it tries to resume a guest, from the first failure on.
    private static let resumeLimit = Duration.seconds(35)
    /// The waits between these attempts: the first one, and the longest; each is twice the last one.
    private static let firstWait = Duration.milliseconds(20)
    private static let longestWait = Duration.seconds(5)

    /// What was found out about a guest.
    public struct Reading: Sendable, Hashable {
        /// The state of each watchdog's timer, in the order of the definition.
        public var timers: [TimerState]
        /// Whether a timer still shows a fire that the guest's driver has not cleared.
        public var showsFire = false
        /// For how long the guest stood still, or nothing where it was not stopped.
        public var standstill: Duration?
        /// Why the guest still stands still, or nothing where it runs on.
        public var notResumed: LibvirtError?

        /// Makes a reading.
        public init(
            timers: [TimerState], standstill: Duration? = nil, notResumed: LibvirtError? = nil
        ) {
            self.timers = timers
            self.standstill = standstill
            self.notResumed = notResumed
        }
    }

    /// Whether a timer of a guest with these facts can be read only while the guest stands still.
    public static func needsStandstill(_ facts: GuestFacts) -> Bool {
        !facts.hasConfigurationWindow && facts.hasConfigurationPorts
            && facts.watchdogs.contains { $0.model == WatchdogModel.i6300esb.rawValue }
    }

    /// Reads the timers of a guest that runs and has these facts.
    public func read(_ facts: GuestFacts, of guest: some MonitoredGuest) -> Reading {
        var reading = Reading(timers: [])
        for watchdog in facts.watchdogs {
            do throws(TimerDoubt) {
                reading.timers.append(try state(of: watchdog, facts, guest, &reading))
            } catch {
                reading.timers.append(.unknown("\(error)"))
            }
        }
        return reading
    }

    private func state(
        of watchdog: GuestFacts.Watchdog, _ facts: GuestFacts, _ guest: some MonitoredGuest,
        _ reading: inout Reading
    ) throws(TimerDoubt) -> TimerState {
        switch WatchdogModel(rawValue: watchdog.model) {
        case .i6300esb where facts.hasConfigurationWindow:
            let device = try location(of: watchdog, guest)
            return try throughWindow(of: guest, facts) { window throws(TimerDoubt) in
                try i6300esb(at: device, by: window)
            }
        case .itco where facts.hasConfigurationWindow:
            return try throughWindow(of: guest, facts) { window throws(TimerDoubt) in
                try iTCO(of: guest, by: window)
            }
        case .i6300esb where facts.hasConfigurationPorts && mayStopGuest:
            let device = try location(of: watchdog, guest)
            let ports = ConfigurationPorts(guest: guest)
            return try whileStandingStill(guest, &reading) { () throws(TimerDoubt) in
                try ports.preserving { () throws(TimerDoubt) in
                    // The guest may have numbered its buses anew since it was asked.
                    guard try ports.word(0, of: device) == PCIIdentity.i6300esb.firstRegister else {
                        throw .notEnumerated
                    }
                    return try i6300esb(at: device, by: ports)
                }
            }
        case .i6300esb where facts.hasConfigurationPorts: throw .needsProbe
        default: throw .unreadable(model: watchdog.model)
        }
    }

    private func location(
        of watchdog: GuestFacts.Watchdog, _ guest: some MonitoredGuest
    ) throws(TimerDoubt) -> PCILocation {
        let answer = try inDoubt { () throws(LibvirtError) in
            try guest.ask(machine: #"{"execute":"query-pci"}"#)
        }
        guard let alias = watchdog.alias,
            let location = PCILocation(of: alias, .i6300esb, in: answer)
        else { throw .notEnumerated }
        return location
    }

    /// Reads something through the window that is known for such guests, or that of this one where
    /// that leads to nothing.
    private func throughWindow<Monitored: MonitoredGuest>(
        of guest: Monitored, _ facts: GuestFacts,
        _ read: (ConfigurationWindow<Monitored>) throws(TimerDoubt) -> TimerState
    ) throws(TimerDoubt) -> TimerState {
        if let range = knownWindows[facts],
            let state = try? read(ConfigurationWindow(guest: guest, range: range))
        {
            return state
        }
        let range = try ConfigurationWindow.range(in: guest)
        let state = try read(ConfigurationWindow(guest: guest, range: range))
        knownWindows[facts] = range
        return state
    }

    /// Reads the bit by which the guest starts the timer: bit 1 of the lock register at 0x68.
    ///
    /// The register has three bits; where there is no device, all eight are set.
    private func i6300esb(
        at device: PCILocation, by access: some ConfigurationAccess
    ) throws(TimerDoubt) -> TimerState {
        let register = try access.byte(0x68, of: device)
        guard register < 1 << 3 else { throw .notEnumerated }
        return register & 1 << 1 != 0 ? .armed : .notArmed
    }

    /// Reads the bit by which the guest halts the timer: bit 11 of TCO1_CNT.
    ///
    /// The registers are at I/O ports whose base is at 0x40 of the LPC bridge and in force if bit 7
    /// at 0x44 is set. Reading them does nothing else. Where the bit is clear, TCO_RLD tells a timer
    /// that counts from one that nobody has started since the reset.
    private func iTCO(
        of guest: some MonitoredGuest, by access: some ConfigurationAccess
    ) throws(TimerDoubt) -> TimerState {
        guard try access.byte(0x44, of: .lpcBridge) & 1 << 7 != 0 else { throw .notEnumerated }
        let base = try access.word(0x40, of: .lpcBridge) & 0xff80 + 0x60
        let control = try guest.value(of: "i /h 0x\(String(base + 8, radix: 16))")
        if control & 1 << 11 != 0 { return .notArmed }
        let left = try guest.value(of: "i /h 0x\(String(base, radix: 16))") & 0x3ff
        guard left > 0 else { throw .noTimeLeft }
        return .armed
    }

    /// Does something while the guest's processors stand still.
    ///
    /// Signals wait meanwhile. The guest is let run on whatever happens, over a new connection if it
    /// must be; one that stood still before is left so.
    private func whileStandingStill<Answer>(
        _ guest: some MonitoredGuest, _ reading: inout Reading,
        _ body: () throws(TimerDoubt) -> Answer
    ) throws(TimerDoubt) -> Answer {
        let state = try inDoubt { () throws(LibvirtError) in try guest.state() }
        guard state == .running || state == .idle else { return try body() }
        let signals = HeldSignals()
        defer { signals.release() }
        let start = now()
        let answer: Result<Answer, TimerDoubt>
        do throws(TimerDoubt) {
            try inDoubt { () throws(LibvirtError) in try guest.suspend() }
            answer = .success(try body())
        } catch {
            answer = .failure(error)
        }
        do throws(LibvirtError) {
            try resume(guest)
            reading.standstill = (reading.standstill ?? .zero) + now() - start
        } catch {
            reading.notResumed = error
        }
        return try answer.get()
    }

    private func resume(_ guest: some MonitoredGuest) throws(LibvirtError) {
        var guest = guest
        var wait = Self.firstWait
        var firstFailure: Duration?
        while true {
            do throws(LibvirtError) {
                return try guest.resume()
            } catch {
                if error.code == .noDomain { return }
                // It was not stopped after all, or somebody else was faster.
                if let state = try? guest.state(), state != .paused { return }
                let time = now()
                guard time - (firstFailure ?? time) < Self.resumeLimit else { throw error }
                firstFailure = firstFailure ?? time
                sleep(wait)
                wait = min(wait * 2, Self.longestWait)
                if error.isConnectionLost, let again = try? guest.reconnected() { guest = again }
            }
        }
    }
}

extension GuestFacts {
    /// Whether the machine shows configuration space in memory.
    fileprivate var hasConfigurationWindow: Bool {
        controllers.contains { $0.model == "pcie-root" }
    }

    /// Whether the machine is an x86 one that shows configuration space by ports alone.
    fileprivate var hasConfigurationPorts: Bool {
        ["x86_64", "i686"].contains(arch) && controllers.contains { $0.model == "pci-root" }
    }
}
