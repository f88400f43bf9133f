// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Testing

/// The wrapper of libvirt on its own test driver, which lives in the process.
struct ConnectionTests {
    private let connection: Connection

    init() throws {
        connection = try Connection(to: "test:///default")
    }

    @Test func `A guest is found by name, number and UUID`() throws {
        let byName = try connection.guest(named: "test")
        #expect(byName.name == "test")
        #expect(try connection.guest(named: "1").name == "test")
        #expect(try connection.guest(named: byName.uuid).name == "test")
        #expect(try connection.guest(uuid: byName.uuid).uuid == byName.uuid)
        #expect(try byName.isRunning())
        #expect(try !byName.isMigratingIn())
    }

    @Test func `The running guests are listed`() throws {
        #expect(try connection.guests(.running).map(\.name) == ["test"])
    }

    @Test func `A guest outlives the variable that held its connection`() throws {
        func guest() throws -> Guest { try Connection(to: "test:///default").guest(named: "test") }
        #expect(try guest().definition().contains("<name>test</name>"))
    }

    @Test(arguments: ["missing", "4711"])
    func `An error keeps libvirt's code and text`(name: String) throws {
        let error = try #require(throws: LibvirtError.self) {
            try connection.guest(named: name)
        }
        #expect(error.code == .noDomain)
        #expect(error.message.contains("Domain not found"))
    }

    @Test func `A URI without a daemon is an error, and libvirt itself prints nothing`() throws {
        let error = try #require(throws: LibvirtError.self) {
            try Connection(to: "qemu+unix:///system?socket=/nonexistent/socket")
        }
        #expect(error.isConnectionLost, "a protector tries such a daemon again")
    }

    @Test func `A driver that cannot attach says so`() throws {
        let guest = try connection.guest(named: "test")
        #expect(throws: LibvirtError.self) { try guest.attach(device: "<watchdog/>", to: .live) }
    }
}
