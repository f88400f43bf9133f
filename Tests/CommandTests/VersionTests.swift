// SPDX-License-Identifier: Apache-2.0

import Foundation
import Host
import TestSupport
import Testing

@testable import Protector
@testable import virt_watchdog

/// `virt-watchdog version`.
struct VersionTests {
    private func answer(
        hook: String? = Paths.version, service: String? = Paths.version,
        running: ServicePresence = .absent
    ) -> VersionAnswer {
        VersionAnswer(
            hook: ProgramVersion(path: "/hook", version: hook),
            service: ProgramVersion(path: "/service", version: service), running: running,
            DaemonVersions(uri: "qemu:///system", libvirt: "9.0.0", emulator: "7.2.0"))
    }

    @Test
    func `Equal and missing versions are no mismatch`() {
        #expect(answer().mismatches.isEmpty)
        #expect(answer(hook: nil, service: nil).mismatches.isEmpty)
    }

    @Test
    func `Each part of another version has a line with the fix`() {
        var state = ServiceState(
            Report(
                isConnected: true, running: 0, treated: 0, waiting: [], notAnswering: [],
                failed: []))
        state.version = "0.0.1"
        let answer = answer(hook: "0.0.2", service: "0.0.3", running: .present(state))
        #expect(answer.mismatches.count == 3)
        let lines = answer.text.split(separator: "\n").suffix(3)
        #expect(lines.first?.hasPrefix("The hook has version 0.0.2, and this tool ") == true)
        #expect(lines.last?.contains("systemctl restart virt-watchdogd") == true)
    }

    @Test
    func `A missing part is a dash with the reason`() {
        let text = answer(hook: nil).text
        #expect(text.contains(#/running service +- +not running/#))
        #expect(text.contains(#/virt-watchdog-hook +- +/hook/#))
        #expect(text.contains(#/QEMU +7\.2\.0/#))
    }

    @Test
    func `An unreadable service state has its reason`() {
        let text = answer(running: .unreadable("it is stale")).text
        #expect(text.contains(#/running service +- +it is stale/#))
    }

    @Test
    func `The hook reports its version, if only root can change it`() throws {
        let fake = try FakeHost()
        #expect(ProgramVersion.hook(on: fake.host).problem == "not installed")
        let file = try fake.putHook()
        #expect(ProgramVersion.hook(on: fake.host).problem == "does not report a version")
        chmod(file, 0o777)
        #expect(
            ProgramVersion.hook(on: fake.host).problem?.contains("users other than root") == true)
        #expect(ProgramVersion.hook(on: fake.host).version == nil)
    }

    @Test
    func `The service's program reports its version`() throws {
        let fake = try FakeHost()
        #expect(ProgramVersion.service(on: fake.host).problem == "not installed")
        try fake.writeProgram(String(Paths.service.dropFirst()), "echo 1.2.3")
        #expect(ProgramVersion.service(on: fake.host).version == "1.2.3")
        try fake.writeProgram(String(Paths.service.dropFirst()), "echo not a version; exit 0")
        #expect(ProgramVersion.service(on: fake.host).version == nil)
    }

    @Test(.enabled(if: Tool.isAvailable, Tool.needs))
    func `The command asks the daemon of the URI`() throws {
        let outcome = try Tool.run("version", "-c", "test:///default")
        #expect(outcome.text.contains(#/libvirt daemon +\d+\.\d+\.\d+ +test:///default\n/#))
        #expect(outcome.text.contains(#/\nQEMU +-/#))
        #expect(outcome.error.isEmpty)
    }

    @Test(.enabled(if: Tool.isAvailable, Tool.needs))
    func `Without a daemon, its versions are missing`() throws {
        let outcome = try Tool.run("version", "-c", "qemu+unix:///system?socket=/nonexistent")
        #expect(outcome.text.contains(#/libvirt daemon +- +cannot connect: /#))
        #expect(outcome.status != 2)
        #expect(outcome.error.isEmpty)
    }
}
