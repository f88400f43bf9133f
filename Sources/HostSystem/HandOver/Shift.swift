internal import Glibc
internal import Synchronization
internal import WatchdogPolicy

/// How a protector works: on the guest that it was started for, and on those that come meanwhile.
///
/// In a storm, guests follow each other closely, and a process and a connection for each would cost
/// more than all else that protects it.
public struct Shift: Sendable {
    /// How long to wait for another guest once there is nothing to do.
    public var linger: Duration
    /// For how long to take guests at all; then the next one starts a new protector, of the version
    /// that is installed by then.
    public var limit: Duration

    /// Makes a shift.
    public init(linger: Duration, limit: Duration) {
        self.linger = linger
        self.limit = limit
    }

    /// Of the guests of a storm on two loaded cores, 99 in 100 took 3.4 s or less to start: who starts
    /// them one after the other is back before a protector ends.
    public static let usual = Shift(linger: .seconds(5), limit: .seconds(60))

    /// Works until there is nothing to do.
    ///
    /// Where another protector is at work, that one gets the guest; where none can be told, the guest
    /// is worked on and no other. Guests that a protector had in hand when it was killed are taken up.
    ///
    /// - Parameters:
    ///   - first: What this protector was started for.
    ///   - place: Where guests are taken over, if they are.
    ///   - standBy: Makes ready for a guest that is to come, and does not wait.
    ///   - work: Brings a guest to the policy; called on a thread of its own for each.
    public func run(
        _ first: ProtectorCall, at place: HandOverPlace?, standBy: () -> Void = {},
        _ work: @escaping @Sendable (ProtectionRequest) -> Void
    ) {
        guard let place else {
            if case .protect(let request) = first { work(request) }
            return
        }
        for _ in 0..<Self.attempts {
            if let socket = try? HandOverSocket(at: place) {
                let hands = Hands(at: place, work)
                hands.take(first)
                if first == .standBy { standBy() }
                return serve(socket, hands)
            }
            if place.offer(first) { return }
            // Whoever has the place may be about to listen there, or to leave it.
            usleep(Self.pause)
        }
        // A guest that is to come has a protector of its own then.
        guard case .protect(let request) = first else { return }
        let note = GuestInHand(request, at: place)
        work(request)
        note?.finish()
    }

    /// How often it is tried to take guests over, or to hand the own one over.
    private static let attempts = 5
    /// How many microseconds lie in between; a guest in its firmware waits for it.
    private static let pause: UInt32 = 1000

    private func serve(_ socket: borrowing HandOverSocket, _ hands: Hands) {
        let end = Clock.now + limit
        hands.takeUpAbandoned()
        while true {
            let patience = min(hands.idleSince + linger, end) - Clock.now
            if patience <= .zero { break }
            // A moment more than it takes, so that it is over then.
            take(socket.receive(within: patience + .milliseconds(1)), hands)
        }
        socket.close()
        take(socket.receive(within: .zero), hands)
        // One that had given up the place may have been killed since.
        hands.takeUpAbandoned()
        hands.waitUntilIdle()
    }

    private func take(_ arrivals: [HandOverSocket.Arrival], _ hands: Hands) {
        for arrival in arrivals {
            switch arrival {
            case .call(let call): hands.take(call)
            case .nonsense:
                let line = LogLine(
                    operation: "protect", guest: "",
                    failure: "a message to the protector names no guest, and is ignored")
                SystemLog.send(line.text, severity: .warning)
            }
        }
    }
}

/// The threads of a shift.
private final class Hands: Sendable {
    private struct State {
        var busy = 0
        var idleSince = Clock.now
    }

    private let state = Mutex(State())
    private let ended = Semaphore()
    private let place: HandOverPlace
    private let work: @Sendable (ProtectionRequest) -> Void

    init(at place: HandOverPlace, _ work: @escaping @Sendable (ProtectionRequest) -> Void) {
        self.place = place
        self.work = work
    }

    /// Since when there is nothing to do: since now, while there is something.
    var idleSince: Duration {
        state.withLock { $0.busy > 0 ? Clock.now : $0.idleSince }
    }

    func take(_ call: ProtectorCall) {
        switch call {
        case .protect(let request): take(request, GuestInHand(request, at: place))
        case .standBy: state.withLock { $0.idleSince = Clock.now }
        }
    }

    /// Takes the guests of protectors that were killed.
    func takeUpAbandoned() {
        for note in GuestInHand.allAbandoned(at: place) {
            let line = LogLine(
                operation: "protect", guest: "", uuid: note.request.uuid, result: "resumed",
                reason: "the protector that had the guest in hand ended before it was done")
            SystemLog.send(line.text, severity: .warning)
            // Without a note this time: it may be this guest that ends protectors.
            note.finish()
            take(note.request, nil)
        }
    }

    private func take(_ request: ProtectionRequest, _ note: GuestInHand?) {
        state.withLock { $0.busy += 1 }
        let job: @Sendable () -> Void = { [self] in
            work(request)
            note?.finish()
            state.withLock { state in
                state.busy -= 1
                state.idleSince = Clock.now
            }
            ended.post()
        }
        // Without threads to spare, guests wait for each other.
        if !Crew.start(job) { job() }
    }

    func waitUntilIdle() {
        while state.withLock({ $0.busy }) > 0 { ended.wait() }
    }
}
