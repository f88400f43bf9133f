internal import Glibc

/// How long a protector tries, and by which clock.
public struct Timing: Sendable {
    /// For how long it tries, from its first failure on.
    public var limit: Duration
    /// How long it waits after its first failure; then twice as long each time.
    public var firstWait: Duration
    /// How long it waits at most.
    public var longestWait: Duration
    /// For how long it waits for a guest that comes in from another host; nothing for ever.
    public var arrivalLimit: Duration?
    /// For how long a guest may be in its firmware, where it cannot let go of a device.
    public var firmwareLimit: Duration
    /// The time that has passed since some moment.
    var now: @Sendable () -> Duration
    /// Waits.
    var sleep: @Sendable (Duration) -> Void

    /// Makes a timing by the system's monotonic clock.
    public init(
        limit: Duration, firstWait: Duration = .milliseconds(20),
        longestWait: Duration = .seconds(5), arrivalLimit: Duration? = nil,
        firmwareLimit: Duration = .seconds(60)
    ) {
        let start = ContinuousClock.now
        self.init(
            limit: limit, firstWait: firstWait, longestWait: longestWait,
            arrivalLimit: arrivalLimit, firmwareLimit: firmwareLimit,
            now: { start.duration(to: .now) },
            sleep: { duration in
                let (seconds, attoseconds) = duration.components
                var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
                nanosleep(&time, nil)
            })
    }

    init(
        limit: Duration, firstWait: Duration, longestWait: Duration, arrivalLimit: Duration?,
        firmwareLimit: Duration, now: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) -> Void
    ) {
        self.limit = limit
        self.firstWait = firstWait
        self.longestWait = longestWait
        self.arrivalLimit = arrivalLimit
        self.firmwareLimit = firmwareLimit
        self.now = now
        self.sleep = sleep
    }

    /// For a protector that the hook started: minutes, since libvirt may be busy for as long. A
    /// migration takes as long as the guest's memory is large.
    public static let patient = Timing(limit: .seconds(600))

    /// For a person who waits: a little longer than libvirt's own limit for one call, 30 s.
    public static let brisk = Timing(
        limit: .seconds(35), arrivalLimit: .seconds(35), firmwareLimit: .zero)
}

/// The waits between the attempts of one protector.
struct Backoff {
    private let timing: Timing
    private var next: Duration
    private var firstFailure: Duration?
    private var hasStartedOver = false

    init(_ timing: Timing) {
        self.timing = timing
        next = timing.firstWait
    }

    /// How long ago the first failure was.
    var elapsed: Duration {
        firstFailure.map { timing.now() - $0 } ?? .zero
    }

    /// Gives what follows as much time as there was to begin with, once.
    mutating func startOver() {
        guard !hasStartedOver else { return }
        self = Backoff(timing)
        hasStartedOver = true
    }

    /// Waits before the next attempt.
    ///
    /// - Returns: Whether there is time for one.
    mutating func wait() -> Bool {
        let now = timing.now()
        if let firstFailure, now - firstFailure >= timing.limit { return false }
        firstFailure = firstFailure ?? now
        timing.sleep(next)
        next = min(next * 2, timing.longestWait)
        return true
    }
}
