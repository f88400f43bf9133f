// SPDX-License-Identifier: Apache-2.0

import DomainXML
import Libvirt
import Protector
import System
import WatchdogPolicy

/// The check `emulator`: QEMU has the policy's device.
enum Emulator {
    /// The time limit for an emulator to list its devices.
    private static let timeout: Duration = .seconds(10)

    /// Checks the emulators in libvirt's capabilities.
    static func findings(_ connection: Connection, _ policy: Policy) -> [Finding] {
        guard connection.isQEMU else {
            return [
                .fail(
                    .emulator,
                    "the guests at \(connection.uri.map { quoted($0) } ?? "this URI") are not QEMU's,"
                        + " and have no watchdog device",
                    remedy: "name another URI: virt-watchdog doctor --connect qemu:///system")
            ]
        }
        do {
            return findings(
                try HostCapabilities(parsing: connection.capabilities()), policy)
        } catch {
            return [
                .warn(
                    .emulator, "cannot list libvirt's emulators: \(error)",
                    remedy: "run virsh capabilities")
            ]
        }
    }

    /// Checks the emulators of a host.
    static func findings(_ capabilities: HostCapabilities, _ policy: Policy) -> [Finding] {
        guard !capabilities.emulators.isEmpty else {
            return [
                .fail(
                    .emulator,
                    "libvirt finds no QEMU for this host's architecture"
                        + " (\(capabilities.arch ?? "unknown"))",
                    remedy: "install QEMU, such as the package qemu-system or qemu-kvm")
            ]
        }
        guard let device = policy.model.device(onHostOf: capabilities.arch) else {
            let reason =
                policy.model == .none
                ? "the policy adds no watchdog" : "each q35 machine has the policy's model"
            return [.ok(.emulator, reason)]
        }
        return capabilities.emulators.map { finding($0, device) }
    }

    private static func finding(_ path: String, _ device: WatchdogModel) -> Finding {
        let name = path.shellWord
        let outcome: Program.Outcome
        do throws(ProgramError) {
            outcome = try Program(path, ["-device", "help"]).run(within: timeout)
        } catch {
            return .warn(
                .emulator, "cannot list the devices of \(name): \(error)",
                remedy: "run \(name) -device help")
        }
        // Older versions write their help to standard error.
        let text = String(decoding: outcome.output + outcome.error, as: UTF8.self)
        if text.contains("name \"\(device.rawValue)\"") {
            return .ok(.emulator, "\(name) has the device \(device.rawValue)")
        }
        guard outcome.status == 0, text.contains("name \"") else {
            let start = text.split(separator: "\n").first.map { ": \(quoted(String($0)))" } ?? ""
            return .warn(
                .emulator,
                "cannot list the devices of \(name): exit status \(outcome.status)\(start)",
                remedy: "run \(name) -device help")
        }
        return .fail(
            .emulator, "\(name) does not have the device \(device.rawValue)",
            remedy: "install a QEMU that has it, or choose another vm.watchdog.model")
    }
}
