import Glibc
import Testing

@testable import Hypervisor

/// Connections that several share.
struct ConnectionPoolTests {
    private let pool = ConnectionPool(to: "test:///default")

    @Test("four share a connection, the fifth gets another, and what is given back is taken again")
    func shares() throws {
        var seats = (0..<5).map { _ in pool.seat() }
        let connections = try seats.map { try ObjectIdentifier($0.connection()) }
        #expect(Set(connections[..<4]).count == 1)
        #expect(connections[4] != connections[0])
        #expect(pool.count == 2)
        seats.removeFirst()
        let next = pool.seat()
        #expect(try ObjectIdentifier(next.connection()) == connections[0])
        #expect(pool.count == 2)
    }

    @Test("who asks again gives back first")
    func asksAgain() throws {
        let seats = (0..<4).map { _ in pool.seat() }
        for seat in seats + seats + seats { _ = try seat.connection() }
        #expect(pool.count == 1)
    }

    @Test("one that is opened ahead is the first one's, who does not wait for another")
    func opensAhead() throws {
        pool.open()
        let end = ContinuousClock.now + .seconds(30)
        while pool.count == 0, ContinuousClock.now < end { usleep(1000) }
        #expect(pool.count == 1)
        let seat = pool.seat()
        _ = try seat.connection()
        #expect(pool.count == 1)
        ConnectionPool(to: "test:///no/such/file.xml").open()
    }

    @Test("who does not get a connection learns why, and nothing is kept")
    func fails() {
        let pool = ConnectionPool(to: "test:///no/such/file.xml")
        let seat = pool.seat()
        #expect(throws: LibvirtError.self) { _ = try seat.connection() }
        #expect(pool.count == 0)
    }
}
