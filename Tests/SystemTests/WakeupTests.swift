// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import System
import Testing

/// What wakes a thread that waits for descriptors.
struct WakeupTests {
    @Test
    func `A post from another thread ends the wait, until it is drained`() throws {
        let wakeup = try Wakeup()
        let idle = try Wakeup()
        #expect(Poll.readable(among: [wakeup.descriptor], timeout: .zero).isEmpty)
        Thread.detach {
            usleep(50_000)
            wakeup.post()
            wakeup.post()
        }
        let both = [idle.descriptor, wakeup.descriptor]
        #expect(Poll.readable(among: both, timeout: nil) == [wakeup.descriptor])
        usleep(100_000)
        wakeup.drain()
        #expect(Poll.readable(among: both, timeout: .zero).isEmpty)
        wakeup.drain()
    }

    @Test
    func `A wait ends with its time, which is rounded up`() {
        let duration = ContinuousClock().measure {
            #expect(Poll.readable(among: [], timeout: .milliseconds(30)).isEmpty)
            #expect(Poll.readable(among: [], timeout: .microseconds(1)).isEmpty)
            #expect(Poll.readable(among: [], timeout: .seconds(-1)).isEmpty)
        }
        #expect(duration >= .milliseconds(31) && duration < .seconds(20))
    }

    @Test
    func `Signals are read from a descriptor, and do not end the process`() throws {
        let read = Mutex<[Int32?]>([])
        let isOver = Atomic(false)
        // On a thread of its own, whose mask ends with it.
        Thread.detach {
            if let signals = try? SignalDescriptor() {
                read.withLock { $0.append(signals.read()) }
                for signal in [SIGTERM, SIGHUP, SIGINT] {
                    pthread_kill(pthread_self(), signal)
                    let ready = Poll.readable(among: [signals.descriptor], timeout: .seconds(20))
                    read.withLock { $0.append(ready.isEmpty ? -1 : signals.read()) }
                }
                read.withLock { $0.append(signals.read()) }
            }
            isOver.store(true, ordering: .releasing)
        }
        let end = ContinuousClock.now + .seconds(60)
        while !isOver.load(ordering: .acquiring), ContinuousClock.now < end { usleep(2000) }
        #expect(read.withLock { $0 } == [nil, SIGTERM, SIGHUP, SIGINT, nil])
    }
}
