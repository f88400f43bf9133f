import Synchronization

@testable import Hypervisor

/// A clock that moves only when somebody sleeps.
final class FakeClock: Sendable {
    private let time = Mutex(Duration.zero)

    var now: Duration { time.withLock { $0 } }

    func reader(mayStopGuest: Bool) -> TimerReader {
        TimerReader(
            mayStopGuest: mayStopGuest, now: { self.now },
            sleep: { duration in self.time.withLock { $0 += duration } })
    }
}
