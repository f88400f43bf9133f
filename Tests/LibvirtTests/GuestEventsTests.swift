// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Libvirt

/// The changes of guests: libvirt's numbers, and events of libvirt's own test driver.
struct GuestEventsTests {
    private static let uuid = "6695eb01-f6a4-8304-79aa-97f2502e193f"
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// Connects to a host that is this connection's alone, unlike that of `test:///default`.
    private func connection() throws -> Connection {
        let host = try folder.write(
            "host.xml",
            """
            <node>
              <domain type='test'>
                <name>test</name>
                <uuid>\(Self.uuid)</uuid>
                <memory>1024</memory>
                <os><type>hvm</type></os>
              </domain>
            </node>
            """)
        return try Connection(to: "test://" + host.path)
    }

    @Test(
        arguments: [
            (0, 0, .defined), (1, 0, .undefined),
            (2, 0, .started(.booted)), (2, 1, .started(.migrated)), (2, 2, .started(.restored)),
            (2, 3, .started(.snapshot)), (2, 4, .started(.wakeup)),
            (3, 0, .suspended(.paused)), (3, 1, .suspended(.migrated)),
            (3, 2, .suspended(.ioError)), (3, 3, .suspended(.watchdog)),
            (3, 4, .suspended(.restored)), (3, 5, .suspended(.snapshot)),
            (3, 6, .suspended(.apiError)), (3, 7, .suspended(.postCopy)),
            (3, 8, .suspended(.other)),
            (4, 0, .resumed(.unpaused)), (4, 1, .resumed(.migrated)), (4, 2, .resumed(.snapshot)),
            (4, 3, .resumed(.postCopy)), (4, 4, .resumed(.other)),
            (5, 0, .stopped), (5, 2, .stopped), (6, 0, .shutdown), (7, 0, .pmSuspended),
            (8, 0, .crashed),
        ] as [(CInt, CInt, GuestEvent.Kind)])
    func `A lifecycle event is read`(event: CInt, detail: CInt, kind: GuestEvent.Kind) {
        #expect(GuestEvent.Kind(lifecycle: event, detail: detail) == kind)
    }

    @Test
    func `A number of a later libvirt is another reason or no event`() {
        for number: CInt in [99, -1, .max, .min] {
            #expect(GuestEvent.Kind(lifecycle: number, detail: 0) == nil)
            #expect(GuestEvent.Kind(lifecycle: 2, detail: number) == nil)
            #expect(GuestEvent.Kind(lifecycle: 3, detail: number) == .suspended(.other))
            #expect(GuestEvent.Kind(lifecycle: 4, detail: number) == .resumed(.other))
            #expect(GuestEvent.Kind(lifecycle: 5, detail: number) == .stopped)
            #expect(ControlInfo.State(UInt32(bitPattern: number)) == .error)
        }
    }

    @Test
    func `Only metadata of this project counts, and every device`() {
        let policy = "urn:virt-watchdog:policy:1"
        #expect(
            GuestEvent.Kind(metadata: 2, namespace: policy) == .metadataChanged(namespace: policy))
        #expect(GuestEvent.Kind(metadata: 2, namespace: "urn:virt-watchdogs:policy:1") == nil)
        #expect(GuestEvent.Kind(metadata: 2, namespace: nil) == nil)
        #expect(GuestEvent.Kind(metadata: 0, namespace: policy) == nil)
        #expect(
            GuestEvent.Kind(removed: "ua-virt-watchdog")
                == .deviceRemoved(alias: "ua-virt-watchdog"))
        #expect(GuestEvent.Kind(removed: "watchdog0") == .deviceRemoved(alias: "watchdog0"))
        #expect(GuestEvent.Kind(added: "watchdog0") == .deviceAdded(alias: "watchdog0"))
        #expect(GuestEvent.Kind(added: nil) == nil)
        #expect(GuestEvent.Kind(removed: nil) == nil)
    }

    @Test
    func `The state of QEMU's monitor is read`() {
        #expect([0, 1, 2, 3].map { ControlInfo.State($0) } == [.ok, .job, .occupied, .error])
    }

    @Test
    func `The running guests are listed with their numbers`() throws {
        let connection = try connection()
        let guest = try connection.guest(named: "test")
        #expect(
            try connection.guestIDs() == [RunningGuest(uuid: Self.uuid, name: "test", id: 1)])
        try guest.suspend()
        #expect(try guest.stateAndReason() == (3, 1))
        try guest.resume()
        #expect(try guest.stateAndReason() == (1, 5))
    }

    @Test
    func `Events arrive in order, until the subscription ends`() throws {
        try EventLoop.startThread()
        try EventLoop.startThread()
        let connection = try connection()
        let guest = try connection.guest(named: "test")
        let seen = Mutex<[GuestEvent]>([])
        var events: GuestEvents? = try GuestEvents(on: connection) { event in
            seen.withLock { $0.append(event) }
        }
        try guest.suspend()
        try guest.resume()
        let kinds: [GuestEvent.Kind] = [.suspended(.paused), .resumed(.unpaused)]
        #expect(
            RunningCommand.wait(within: .seconds(20)) { seen.withLock { $0.count } == kinds.count })
        #expect(
            seen.withLock { $0 }
                == kinds.map { GuestEvent(uuid: Self.uuid, name: "test", id: 1, kind: $0) })
        withExtendedLifetime(events) {}
        events = nil

        let later = Mutex<[GuestEvent]>([])
        let others = try GuestEvents(on: connection) { event in
            later.withLock { $0.append(event) }
        }
        try guest.destroy()
        #expect(RunningCommand.wait(within: .seconds(20)) { later.withLock { !$0.isEmpty } })
        #expect(
            later.withLock { $0 }
                == [GuestEvent(uuid: Self.uuid, name: "test", id: -1, kind: .stopped)])
        // The first subscriber would have had it before.
        #expect(seen.withLock { $0.count } == kinds.count)
        withExtendedLifetime(others) {}
    }
}
