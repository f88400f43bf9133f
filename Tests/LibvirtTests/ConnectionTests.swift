import Libvirt
import Testing

/// The wrapper of libvirt on its own test driver, which lives in the process.
struct ConnectionTests {
    private let connection: Connection

    init() throws {
        connection = try Connection(to: "test:///default")
    }

    @Test("a guest is found by name, number and UUID")
    func finds() throws {
        let byName = try connection.guest(named: "test")
        #expect(byName.name == "test")
        #expect(try connection.guest(named: "1").name == "test")
        #expect(try connection.guest(named: byName.uuid).name == "test")
        #expect(try connection.guest(uuid: byName.uuid).uuid == byName.uuid)
        #expect(try byName.isRunning())
        #expect(try !byName.isMigratingIn())
    }

    @Test("the running guests are listed")
    func lists() throws {
        #expect(try connection.guests(.running).map(\.name) == ["test"])
    }

    @Test("a guest outlives the variable that held its connection")
    func outlives() throws {
        func guest() throws -> Guest { try Connection(to: "test:///default").guest(named: "test") }
        #expect(try guest().definition().contains("<name>test</name>"))
    }

    @Test("an error keeps libvirt's code and text", arguments: ["nobody", "4711"])
    func notThere(name: String) throws {
        let error = try #require(throws: LibvirtError.self) {
            try connection.guest(named: name)
        }
        #expect(error.code == .noDomain)
        #expect(error.message.contains("Domain not found"))
    }

    @Test("a URI that leads nowhere is an error, and nothing is printed by libvirt itself")
    func noDaemon() throws {
        let error = try #require(throws: LibvirtError.self) {
            try Connection(to: "qemu+unix:///system?socket=/nonexistent/socket")
        }
        #expect(error.isConnectionLost, "a protector tries such a daemon again")
    }

    @Test("a driver that cannot attach says so")
    func attach() throws {
        let guest = try connection.guest(named: "test")
        #expect(throws: LibvirtError.self) { try guest.attach(device: "<watchdog/>", to: .live) }
    }
}
