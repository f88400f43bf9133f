// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import WatchdogPolicy

@testable import virt_watchdog

/// The search for persistent domain XML with our changes, on libvirt's test driver.
struct PersistentLeftoversTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// Returns the URI of a host with guests.
    ///
    /// - Parameter guests: The names, with an asterisk before those that have our watchdog.
    private func host(_ guests: [String]) throws -> String {
        let domains = guests.map { guest in
            let alias = guest.hasPrefix("*") ? "<alias name='\(WatchdogDevice.alias)'/>" : ""
            return """
                <domain type='test'><name>\(guest.drop { $0 == "*" })</name><memory>8192</memory>
                <os><type>hvm</type></os>
                <devices><watchdog model='i6300esb' action='reset'>\(alias)</watchdog></devices>
                </domain>
                """
        }
        let file = try folder.write("node.xml", "<node>\(domains.joined())</node>")
        return "test://\(file.path)"
    }

    @Test func `Only guests with our watchdog are named`() throws {
        let found = PersistentLeftovers.find(at: try host(["a", "*b", "c", "*d"]))
        #expect(Set(found.guests) == ["b", "d"])
        #expect(found.gap == nil)
        #expect(PersistentLeftovers.find(at: try host(["a"])).messages.isEmpty)
    }

    @Test(arguments: [
        (1, "of 1 guest keeps changes of virt-watchdog: 'g1';"),
        (3, "of 3 guests keeps changes of virt-watchdog: 'g1', 'g2', 'g3';"),
        (40, "of 40 guests keeps changes of virt-watchdog: 'g1', 'g10', 'g11' and 37 more;"),
    ])
    func `The first guests are named, and the others are counted`(
        _ count: Int, _ text: String
    ) throws {
        let found = PersistentLeftovers(guests: (1...count).reversed().map { "g\($0)" })
        let message = try #require(found.messages.first)
        #expect(message.contains(text))
        #expect(message.contains("run virt-watchdog remove --all"))
        #expect(found.messages.count == 1)
    }

    @Test func `A libvirt that cannot be reached is reported`() throws {
        let found = PersistentLeftovers.find(at: "qemu+unix:///system?socket=/nonexistent/sock")
        #expect(found.guests.isEmpty)
        let message = try #require(found.messages.first)
        #expect(message.contains("cannot check the persistent domain XML"))
        #expect(message.contains("/nonexistent/sock"))
    }

    @Test func `A libvirt that hangs does not hold up the removal`() throws {
        let path = folder.url.appending(path: "sock").path
        let descriptor = try ListeningPlace.listen(at: path)
        defer { close(descriptor) }
        let start = ContinuousClock.now
        let found = PersistentLeftovers.find(
            at: "qemu+unix:///system?socket=\(path)", within: 1)
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(found.gap == "no answer within 1 seconds")
    }

    @Test func `A guest's name cannot steer the terminal`() throws {
        let found = PersistentLeftovers(guests: ["a\u{1B}[2J"])
        #expect(found.messages.allSatisfy { !$0.contains("\u{1B}") })
    }

    /// A socket that takes connections and never speaks.
    private enum ListeningPlace {
        static func listen(at path: String) throws -> CInt {
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let code = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(code == 0 && Glibc.listen(descriptor, 5) == 0)
            return descriptor
        }
    }
}
