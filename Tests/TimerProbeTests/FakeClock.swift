// SPDX-License-Identifier: Apache-2.0

import Synchronization

@testable import Libvirt
@testable import TimerProbe

/// A clock that moves only when a test moves it.
final class FakeClock: Sendable {
    private let time = Mutex(Duration.zero)

    var now: Duration { time.withLock { $0 } }

    func advance(by duration: Duration) { time.withLock { $0 += duration } }

    func reader(agentTimeout: Int = 4) -> TimerReader {
        TimerReader(agentTimeout: agentTimeout, now: { self.now })
    }
}
