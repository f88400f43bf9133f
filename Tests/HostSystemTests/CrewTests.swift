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
        #expect(answers == (0..<200).map { .success($0 * 2) })
        #expect(threads.withLock { $0.count } > 1)
        #expect(Crew.ask(count: 0, patience: 10) { $0 }.isEmpty)
    }

    @Test
    func `A call that does not answer is not waited for, and the others return`() {
        let start = ContinuousClock.now
        let answers = Crew.ask(count: 7, patience: 1) { index in
            if index == 2 { sleep(30) }
            return index
        }
        #expect(answers.map { try? $0.get() } == [0, 1, nil, 3, 4, 5, 6])
        #expect(answers[2] == .failure(.noAnswer))
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test
    func `A call that never started is told apart from a silent one`() {
        let answers = Crew.ask(count: 8, patience: 1) { index in
            sleep(30)
            return index
        }
        #expect(answers.prefix(5).allSatisfy { $0 == .failure(.noAnswer) })
        #expect(answers.suffix(3).allSatisfy { $0 == .failure(.notAsked) })
    }

    @Test
    func `A call returns once its condition has ended`() {
        let start = ContinuousClock.now
        let answer = Crew.ask(patience: 60, unless: { true }) { sleep(30) }
        #expect(answer == nil)
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
