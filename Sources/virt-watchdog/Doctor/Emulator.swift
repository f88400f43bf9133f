import DomainXML
import Host
import Libvirt
import Protector
import System
import TimerProbe
import WatchdogPolicy

/// The check `emulator`: QEMU has the device that the policy asks for.
enum Emulator {
    /// How long an emulator may take to list its devices; it takes a tenth of a second.
    private static let patience: Duration = .seconds(10)

    /// Checks the emulators that libvirt would start guests with.
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
                    .emulator, "libvirt does not say which QEMU it uses: \(error)",
                    remedy: "see virsh capabilities")
            ]
        }
    }

    /// Checks the emulators that a host has.
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
                ? "the policy gives no watchdog" : "each q35 machine has the policy's model"
            return [.ok(.emulator, reason)]
        }
        return capabilities.emulators.map { finding($0, device) }
    }

    private static func finding(_ path: String, _ device: WatchdogModel) -> Finding {
        let name = path.shellWord
        let outcome: Program.Outcome
        do throws(ProgramError) {
            outcome = try Program(path, ["-device", "help"]).run(within: patience)
        } catch {
            return .warn(
                .emulator, "\(name) does not say which devices it has: \(error)",
                remedy: "try it by hand: \(name) -device help")
        }
        // Older ones write their help to standard error.
        let text = String(decoding: outcome.output + outcome.error, as: UTF8.self)
        if text.contains("name \"\(device.rawValue)\"") {
            return .ok(.emulator, "\(name) has the device \(device.rawValue)")
        }
        guard outcome.status == 0, text.contains("name \"") else {
            let start = text.split(separator: "\n").first.map { ": \(quoted(String($0)))" } ?? ""
            return .warn(
                .emulator,
                "\(name) does not say which devices it has; it ended with \(outcome.status)\(start)",
                remedy: "try it by hand: \(name) -device help")
        }
        return .fail(
            .emulator, "\(name) does not have the device \(device.rawValue)",
            remedy: "install a QEMU that has it, or choose another vm.watchdog.model")
    }
}
