// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Service {
    /// Guests that start while the service runs.
    struct Starts {
        private let hook: LabHookAway

        init() throws {
            try Lab.setPolicy("")
            hook = try LabHookAway()
        }

        @Test
        func `A started guest has the device in its first boot, hangs, is reset, and has it still`()
            throws
        {
            let service = try LabService()
            let events = try LabEvents()
            let guests = try LiveTests.Matrix.machines.flatMap { machine in
                // One of each, where time is short.
                try LabGuest.Birth.usual.filter {
                    isWhole || ($0 == .created) == (machine == "pc")
                }.map { birth in
                    try LabGuest(
                        "s-\(machine)-\(birth)", birth, options: ["--machine", machine],
                        hangsAfter: 1)
                }
            }
            for guest in guests {
                try guest.waits(forLine: "LAB armed i6300ESB")
                #expect(try guest.seesWatchdog(inBoot: 1))
                #expect(try guest.watchdogs().map(\.action) == ["reset"])
                #expect(try guest.watchdogs().map(\.alias) == ["ua-virt-watchdog"])
                try guest.waits(forLine: "LAB hung")
                try events.waits(for: "watchdog", "reset", of: guest)
                try guest.waits(forLine: "LAB armed i6300ESB", inBoot: 2)
                #expect(try guest.seesWatchdog(inBoot: 2))
                #expect(try guest.watchdogs().count == 1)
                #expect(try guest.emulatedWatchdogs() == 1)
                #expect(
                    try Lab.log(of: guest.name).count { $0.contains("result=attached") } == 1)
            }
            try service.end()
        }

        @Test
        func `A guest started paused, saved, restored or reverted is protected`() throws {
            let service = try LabService()
            let paused = try (0..<2).map { try guest("paused-\($0)", $0) }
            for guest in paused {
                try guest.virsh("start", guest.name, "--paused")
                try guest.waitsUntilProtected(10)
                #expect(try guest.state() == "paused")
            }

            try Lab.setPolicy("vm.watchdog.model=none\n")
            let managed = try guest("managed")
            let saved = try guest("saved", 1)
            let reverted = try diskGuest("s-reverted")
            for guest in [managed, saved, reverted] {
                try guest.virsh("start", guest.name)
                try guest.waits(forLog: "op=protect", "plan=leave")
            }
            try reverted.virsh("snapshot-create-as", reverted.name, "before")
            try managed.virsh("managedsave", managed.name)
            let image = Lab.folder.appending(path: "s-saved.save").path
            try saved.virsh("save", saved.name, image)
            try Lab.setPolicy("")
            try managed.virsh("start", managed.name)
            try saved.virsh("restore", image)
            try reverted.virsh("snapshot-revert", reverted.name, "before")
            for guest in [managed, saved, reverted] {
                try guest.waitsUntilProtected(10)
                #expect(try guest.watchdogs().map(\.action) == ["reset"])
            }
            try service.end()
        }

        /// Defines a guest with a disk that can hold a snapshot.
        private func diskGuest(_ name: String) throws -> LabGuest {
            let disk = Lab.folder.appending(path: "\(name).qcow2").path
            try Lab.run("/usr/bin/qemu-img", ["create", "-q", "-f", "qcow2", disk, "128M"])
            var machine = LiveTests.Faults.machines[0]
            machine.devices += """
                <disk type='file' device='disk'>
                  <driver name='qemu' type='qcow2'/>
                  <source file='\(disk)'/>
                  <target dev='hda' bus='ide'/>
                </disk>
                """
            return try LabGuest(name, .shutOff, definition: machine.definition(of: name))
        }

        /// Has libvirt start its autostart guests when it starts next; it notes here that it did.
        private func forgetAutostart() throws {
            try Lab.run("/bin/rm", ["-f", "/run/libvirt/qemu/autostarted"])
        }

        @Test
        func `Guests that libvirt's daemon starts when it restarts are protected`() throws {
            let service = try LabService()
            let guests = try (0..<2).map { try guest("auto-\($0)", $0) }
            for guest in guests { try guest.virsh("autostart", guest.name) }
            try forgetAutostart()
            try Lab.script(["restart-daemon"])
            for guest in guests { try guest.waitsUntilProtected(20) }
            try service.end()
        }

        @Test
        func `20 guests of the daemon's boot are protected, and only by the service`() throws {
            let guests = try LabHerd("boot", 20, .autostarting)
            try Lab.script(["stop-daemon"])
            defer { startDaemonIfItIsGone() }
            try forgetAutostart()
            let before = try Lab.log().count
            let accounting = try LabAccounting()
            let service = try LabService(isConnected: false)
            try Lab.script(["start-daemon"])
            try service.waits(60, for: "20 guests treated") { $0.treated == 20 }
            try guests.waitsUntilProtected(10)

            let lines = try Lab.log().dropFirst(before)
            #expect(writers(of: lines) == [service.id])
            for name in guests.names {
                let count = lines.count {
                    $0.contains("guest=\"\(name)\"") && $0.contains("result=attached")
                }
                #expect(count == 1, "\(name)")
            }
            #expect(RunningCommand.processes(inGroup: service.id) == [service.id])
            #expect(LabOneShot.all().isEmpty)
            if let ended = try accounting?.ended() {
                #expect(ended.contains("virsh"), "the accounting works")
                #expect(ended.filter { $0.hasPrefix("virt-watchdog") } == [])
            } else {
                say("this kernel accounts for no processes; the log alone tells")
            }
            try service.end()
        }
    }

    /// Guests that move to a host with the service, from one with neither a service nor a hook.
    struct Arrivals {
        private let hook: LabHookAway
        private let east: LabHost
        private let west: LabHost

        init() throws {
            try Lab.setPolicy("")
            hook = try LabHookAway()
            let suffix = UUID().uuidString.prefix(4).lowercased()
            east = try LabHost(adding: "from\(suffix)")
            west = try LabHost(adding: "to\(suffix)")
        }

        private func migration(_ guest: LabGuest, _ options: [String] = []) -> Command {
            let uri = "qemu+tcp://\(west.name ?? "")/system"
            return east.command(
                "/usr/bin/virsh", ["--quiet", "migrate", "--live"] + options + [guest.name, uri])
        }

        @Test
        func `A guest that migrates in is protected, and a cancelled migration leaves nothing`()
            throws
        {
            let service = try LabService(on: west)
            defer { try? service.kill() }
            let guest = try LabGuest("s-moves", on: east)
            let stays = try LabGuest("s-stays", options: ["--machine", "q35"], on: east)
            for guest in [guest, stays] { try guest.waits(forLine: "LAB waiting") }

            let slow = try Background(migration(stays, ["--bandwidth", "1"]))
            try service.waits(for: "a guest on its way in") { $0.running == 1 }
            let command = migration(guest)
            try Lab.run(command.path, command.arguments)
            guest.host = west
            // A call about the other one would keep this one waiting.
            try guest.waits(forLine: "LAB armed i6300ESB")
            try guest.waitsUntilProtected(5)
            #expect(try guest.boots().count == 1, "it moved, and did not start anew")

            try east.virsh(["domjobabort", stays.name])
            #expect(slow.status() != 0)
            try service.waits(for: "the guest is gone") { $0.running == 1 }
            #expect(try stays.state() == "running")
            #expect(try stays.watchdogs().isEmpty)
            #expect(try stays.emulatedWatchdogs() == 0)
            #expect(try west.log(of: stays.name) == [])
        }
    }
}

/// The kernel's record of the processes that end, from the moment that this object is made.
final class LabAccounting {
    private let file: URL

    /// Starts to record; nothing where the kernel or this container cannot.
    init?() throws {
        file = Lab.folder.appending(path: "accounting-\(UUID().uuidString)")
        try Data().write(to: file)
        guard acct(file.path) == 0 else { return nil }
    }

    deinit {
        acct(nil)
    }

    /// Returns the names of the programs that have ended.
    func ended() throws -> [String] {
        // struct acct_v3 of linux/acct.h: 64 bytes, of which the last 16 are the name.
        let data = Array(try Data(contentsOf: file))
        return stride(from: 0, to: data.count - 63, by: 64).map { start in
            String(decoding: data[(start + 48)..<(start + 64)].prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
