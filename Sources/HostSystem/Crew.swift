internal import Glibc
internal import Synchronization

/// Ends this process, whatever its threads are at; the C function is `_exit`.
///
/// - Parameter status: The exit status.
package func leaveAtOnce(_ status: Int32 = 0) -> Never { _exit(status) }

/// Asks the same of many, on several threads, and waits for none for ever.
///
/// Whoever asks is let down by those who do not answer; their threads stay behind until the process
/// ends. Signals are not delivered to the threads.
package enum Crew {
    /// Why there is no answer.
    package enum Silence: Error, Sendable, Hashable {
        /// Who was asked did not answer.
        case noAnswer
        /// All hands wait for others, who do not answer.
        case notAsked
    }

    /// How many are asked at once: as many calls as a libvirt daemon treats at once for one client.
    private static let size = 5
    /// How often it looks up while it waits for an answer.
    private static let slicesPerSecond = 5

    /// Asks `count` times, and returns the answers in order.
    ///
    /// The C functions are `pthread_create` and `sem_timedwait`.
    ///
    /// - Parameters:
    ///   - patience: For how many seconds it waits while no answer comes.
    ///   - isOver: Tells whether to wait no longer; asked a few times a second.
    ///   - ask: Gives the answer to a question of that index, on any thread.
    package static func ask<Answer: Sendable>(
        count: Int, patience: Int, unless isOver: () -> Bool = { false },
        _ ask: @escaping @Sendable (Int) -> Answer
    ) -> [Result<Answer, Silence>] {
        let board = Board<Answer>(count: count)
        for _ in 0..<min(size, count) {
            start {
                while let index = board.nextQuestion() { board.put(ask(index), at: index) }
            }
        }
        for _ in 0..<count {
            var slices = patience * slicesPerSecond
            while !board.waitForAnswer() {
                slices -= 1
                if slices <= 0 || isOver() { return board.results }
            }
        }
        return board.results
    }

    /// Asks once, and waits no longer than so many seconds.
    package static func ask<Answer: Sendable>(
        patience: Int, unless isOver: () -> Bool = { false },
        _ ask: @escaping @Sendable () -> Answer
    ) -> Answer? {
        try? self.ask(count: 1, patience: patience, unless: isOver) { _ in ask() }[0].get()
    }

    /// Runs something on a thread of its own, to which no signals are delivered.
    ///
    /// The C function is `pthread_create`.
    ///
    /// - Returns: Whether there is such a thread.
    @discardableResult
    package static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
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
        return error == 0
    }

    private final class Job: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Where questions are taken from and answers are put.
    private final class Board<Answer: Sendable>: Sendable {
        private struct State {
            var next = 0
            var answers: [Answer?]
        }

        private let state: Mutex<State>
        private let arrived = Semaphore()

        init(count: Int) {
            state = Mutex(State(answers: Array(repeating: nil, count: count)))
        }

        /// The answers that came, and why the others did not.
        var results: [Result<Answer, Silence>] {
            state.withLock { state in
                state.answers.enumerated().map { index, answer in
                    answer.map { .success($0) }
                        ?? .failure(index < state.next ? .noAnswer : .notAsked)
                }
            }
        }

        func nextQuestion() -> Int? {
            state.withLock { state in
                guard state.next < state.answers.count else { return nil }
                state.next += 1
                return state.next - 1
            }
        }

        func put(_ answer: Answer, at index: Int) {
            state.withLock { $0.answers[index] = answer }
            arrived.post()
        }

        /// Waits for the next answer, for one slice of a second.
        func waitForAnswer() -> Bool {
            arrived.wait(forPartOfSecond: slicesPerSecond)
        }
    }
}
