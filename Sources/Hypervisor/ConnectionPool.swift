internal import CLibvirt
internal import HostSystem
internal import Synchronization

/// Connections to one daemon, which those share who work at the same time.
///
/// A daemon treats five calls at once for one client (`max_client_requests`) and keeps the others
/// waiting, so that a connection is for four; there are more only while all of those are at work.
public final class ConnectionPool: Sendable {
    /// How many share a connection.
    public static let sharers = 4

    private struct State {
        var connections: [(connection: Connection, users: Int)] = []
    }

    private let uri: String
    private let state = Mutex(State())
    /// Held while a connection is opened, for which the others wait; it may then do for them, too.
    private let opening = Mutex(())

    /// Makes a pool, and opens nothing yet.
    public init(to uri: String) {
        self.uri = uri
    }

    /// One who works, with a share of one connection at a time.
    public final class Seat {
        private let pool: ConnectionPool
        private var taken: Connection?

        fileprivate init(in pool: ConnectionPool) {
            self.pool = pool
        }

        deinit {
            giveBack()
        }

        /// Takes a share of a connection that is there, or of a new one, in the place of the last one.
        public func connection() throws(LibvirtError) -> Connection {
            giveBack()
            let connection = try pool.take()
            taken = connection
            return connection
        }

        private func giveBack() {
            if let taken { pool.giveBack(taken) }
            taken = nil
        }
    }

    /// A seat for one more, without a connection yet.
    public func seat() -> Seat { Seat(in: self) }

    /// Opens a connection on a thread of its own, for those to come; where that fails, they try.
    public func open() {
        Crew.start { [self] in _ = try? seat().connection() }
    }

    private func take() throws(LibvirtError) -> Connection {
        if let connection = takeOpen() { return connection }
        return try opening.withLock { _ throws(LibvirtError) in
            if let connection = takeOpen() { return connection }
            let connection = try Connection(to: uri)
            state.withLock { $0.connections.append((connection, 1)) }
            return connection
        }
    }

    /// How many connections there are.
    var count: Int { state.withLock { $0.connections.count } }

    private func takeOpen() -> Connection? {
        state.withLock { state in
            // Whoever still uses one that is lost keeps it for as long.
            state.connections.removeAll { !$0.connection.isAlive }
            guard let index = state.connections.firstIndex(where: { $0.users < Self.sharers })
            else { return nil }
            state.connections[index].users += 1
            return state.connections[index].connection
        }
    }

    private func giveBack(_ connection: Connection) {
        state.withLock { state in
            guard let index = state.connections.firstIndex(where: { $0.connection === connection })
            else { return }
            state.connections[index].users -= 1
        }
    }
}
