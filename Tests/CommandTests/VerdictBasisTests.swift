// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Protector
import TestSupport
import Testing
import WatchdogPolicy

@testable import virt_watchdog

/// Verdicts of users who cannot read everything.
struct VerdictBasisTests {
    private static func status(_ watchdogs: [GuestFacts.Watchdog] = []) throws -> GuestStatus {
        let xml = """
            <domain type='kvm'><name>web</name><os><type machine='pc'>hvm</type></os>
            <features><acpi/></features><devices><controller type='pci' model='pci-root'/></devices>
            </domain>
            """
        var facts = try DomainXMLReader.facts(in: xml)
        facts.watchdogs = watchdogs
        return GuestStatus(
            Inspection(
                situation: Situation(state: .shutOff, reason: .shutdown), facts: facts,
                persistent: facts), uuid: "u", nil)
    }

    private static let device = GuestFacts.Watchdog(model: "i6300esb", alias: nil)

    @Test
    func `A guest that only the hook protects is unknown if the hook is`() throws {
        let status = try Self.status()
        let verdicts = [HookPresence.installed, .missing, .unknown("closed; run as root")].map {
            VerdictBasis(policy: .builtIn, hook: $0).verdict(of: status)
        }
        #expect(verdicts.map(\.kind) == [.protectedAtStart, .unprotected, .unknown])
        #expect(verdicts[2].reason.contains("is unknown: closed; run as root; with it: "))
        let basis = VerdictBasis(policy: .builtIn, hook: .unknown("closed"))
        #expect(basis.nextBoot(of: status) == .unknown)
    }

    @Test
    func `A guest with a watchdog of its own needs no hook`() throws {
        let status = try Self.status([Self.device])
        let basis = VerdictBasis(policy: .builtIn, hook: .unknown("closed"))
        #expect(basis.verdict(of: status).kind == .protectedAtStart)
        #expect(basis.nextBoot(of: status) == .definition(Self.device))
    }

    @Test
    func `Under a policy that this user cannot read, every verdict is unknown`() throws {
        let basis = VerdictBasis(policy: .builtIn, hook: .installed, policyDoubt: "f: closed")
        for status in [try Self.status(), try Self.status([Self.device])] {
            #expect(basis.verdict(of: status).kind == .unknown)
            #expect(basis.verdict(of: status).reason.contains("f: closed"))
            #expect(basis.nextBoot(of: status) == .unknown)
        }
    }

    @Test
    func `--accept-unknown accepts no verdict that lacks rights`() throws {
        let status = try Self.status()
        func exitCode(_ basis: VerdictBasis) -> Int32? {
            let look = StatusLook(
                rows: [StatusRow(.success(status), basis)], report: .builtIn, service: nil)
            return look.exitCode(acceptUnknown: true)?.rawValue
        }
        #expect(exitCode(VerdictBasis(policy: .builtIn, hook: .installed)) == nil)
        #expect(exitCode(VerdictBasis(policy: .builtIn, hook: .unknown("closed"))) == 2)
        let closed = VerdictBasis(policy: .builtIn, hook: .installed, policyDoubt: "f: closed")
        #expect(exitCode(closed) == 2)
    }

    @Test
    func `The hook is installed if libvirt runs it`() throws {
        let fake = try FakeHost()
        #expect(HookPresence(fake.hooks, isOwnDaemon: false) == .missing)
        let file = try fake.putHook()
        #expect(HookPresence(fake.hooks, isOwnDaemon: false) == .installed)
        chmod(file, 0o644)
        #expect(HookPresence(fake.hooks, isOwnDaemon: false) == .missing)
    }

    @Test(.enabled(if: geteuid() != 0, "root reads everything"))
    func `A hook that this user cannot read is unknown`() throws {
        let fake = try FakeHost()
        let file = try fake.putHook(mode: 0o711)
        chmod(file, 0o311)
        #expect(
            HookPresence(fake.hooks, isOwnDaemon: true)
                == .unknown("this user cannot read \(file); run as root"))
        let directory = fake.path("etc/libvirt/hooks")
        chmod(directory, 0)
        defer { chmod(directory, 0o755) }
        #expect(HookPresence(fake.hooks, isOwnDaemon: true) == .missing)
        guard case .unknown = HookPresence(fake.hooks, isOwnDaemon: false) else {
            Issue.record("the directory is closed")
            return
        }
    }
}
