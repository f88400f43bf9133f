import Synchronization

@testable import Hypervisor

/// A clock that moves only when somebody sleeps.
final class FakeClock: Sendable {
    private let time = Mutex(Duration.zero)

    var now: Duration { time.withLock { $0 } }

    func timing(
        limit: Duration = .seconds(600), arrivalLimit: Duration? = nil
    ) -> Timing {
        Timing(
            limit: limit, firstWait: .milliseconds(20), longestWait: .seconds(5),
            arrivalLimit: arrivalLimit, firmwareLimit: .seconds(60), now: { self.now },
            sleep: { duration in self.time.withLock { $0 += duration } })
    }
}
