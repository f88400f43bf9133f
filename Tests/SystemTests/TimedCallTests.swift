// SPDX-License-Identifier: Apache-2.0

import Foundation
import System
import Testing

/// Blocking calls with a timeout.
struct TimedCallTests {
    @Test
    func `A call that returns gives its result, from another thread`() {
        let own = UInt(pthread_self())
        #expect(TimedCall.run(timeout: 10) { UInt(pthread_self()) != own } == true)
    }

    @Test
    func `A call that does not return is given up after its timeout`() {
        let start = ContinuousClock.now
        #expect(TimedCall.run(timeout: 1) { sleep(30) } == nil)
        #expect(ContinuousClock.now - start >= .seconds(1))
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test
    func `A call that hangs delays no later call`() {
        #expect(TimedCall.run(timeout: 1) { sleep(30) } == nil)
        #expect((0..<7).map { number in TimedCall.run(timeout: 10) { number } } == Array(0..<7))
    }

    @Test
    func `The wait ends as soon as the caller says that it is over`() {
        let start = ContinuousClock.now
        #expect(TimedCall.run(timeout: 60, unless: { true }) { sleep(30) } == nil)
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
