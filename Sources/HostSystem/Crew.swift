internal import Glibc
internal import Synchronization

/// Asks the same of many, on several threads, and waits for none for ever.
///
/// Whoever asks is let down by those who do not answer; their threads stay behind until the process
/// ends. Signals are not delivered to the threads.
public enum Crew {
    /// How many are asked at once: as many calls as a libvirt daemon treats at once for one client.
    private static let size = 5

    /// Asks `count` times, and returns the answers in order.
    ///
    /// The C functions are `pthread_create` and `sem_timedwait`.
    ///
    /// - Parameters:
    ///   - patience: For how many seconds it waits while no answer comes.
    ///   - ask: Gives the answer to a question of that index, on any thread.
    /// - Returns: Nothing in the place of an answer that did not come.
    public static func ask<Answer: Sendable>(
        count: Int, patience: Int, _ ask: @escaping @Sendable (Int) -> Answer
    ) -> [Answer?] {
        let board = Board<Answer>(count: count)
        for _ in 0..<min(size, count) {
            runOnThread {
                while let index = board.nextQuestion() { board.put(ask(index), at: index) }
            }
        }
        for _ in 0..<count where !board.waitForAnswer(seconds: patience) { break }
        return board.answers
    }

    private static func runOnThread(_ body: @escaping @Sendable () -> Void) {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let job = Unmanaged.passRetained(Job(body))
        let error = pthread_create(
            &thread, nil,
            { job in
                if let job { Unmanaged<Job>.fromOpaque(job).takeRetainedValue().body() }
                return nil
            }, job.toOpaque())
        if error == 0 { pthread_detach(thread) } else { job.release() }
    }

    private final class Job: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Where questions are taken from and answers are put.
    private final class Board<Answer: Sendable>: @unchecked Sendable {
        private struct State {
            var next = 0
            var answers: [Answer?]
        }

        private let state: Mutex<State>
        private let arrived: UnsafeMutablePointer<sem_t>

        init(count: Int) {
            state = Mutex(State(answers: Array(repeating: nil, count: count)))
            arrived = .allocate(capacity: 1)
            sem_init(arrived, 0, 0)
        }

        deinit {
            sem_destroy(arrived)
            arrived.deallocate()
        }

        var answers: [Answer?] { state.withLock { $0.answers } }

        func nextQuestion() -> Int? {
            state.withLock { state in
                guard state.next < state.answers.count else { return nil }
                state.next += 1
                return state.next - 1
            }
        }

        func put(_ answer: Answer, at index: Int) {
            state.withLock { $0.answers[index] = answer }
            sem_post(arrived)
        }

        func waitForAnswer(seconds: Int) -> Bool {
            var deadline = timespec()
            clock_gettime(CLOCK_REALTIME, &deadline)
            deadline.tv_sec += seconds
            while sem_timedwait(arrived, &deadline) != 0 {
                if errno != EINTR { return false }
            }
            return true
        }
    }
}
