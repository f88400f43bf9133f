import Foundation
import HostSystem
import Synchronization
import Testing

/// Asking many at once.
struct CrewTests {
    @Test
    func `Answers come in the order of the questions, asked by several threads`() {
        let threads = Mutex(Set<UInt>())
        let answers = Crew.ask(count: 200, patience: 10) { index in
            threads.withLock { _ = $0.insert(UInt(pthread_self())) }
            usleep(500)
            return index * 2
        }
        #expect(answers == (0..<200).map { $0 * 2 })
        #expect(threads.withLock { $0.count } > 1)
        #expect(Crew.ask(count: 0, patience: 10) { $0 }.isEmpty)
    }

    @Test
    func `Who does not answer is not waited for, and the others are heard`() {
        let start = ContinuousClock.now
        let answers = Crew.ask(count: 7, patience: 1) { index in
            if index == 2 { sleep(30) }
            return index
        }
        #expect(answers == [0, 1, nil, 3, 4, 5, 6])
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
