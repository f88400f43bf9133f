import ArgumentParser
import HostSystem
import Hypervisor

/// `virt-watchdogd`: the service, and the one-shot that treats a single guest.
@main
struct VirtWatchdogd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "virt-watchdogd",
        abstract: "Give libvirt guests their watchdog as they start.",
        discussion: """
            Without options, it runs as the service until a signal ends it. It stays in the \
            foreground.

            Exit codes: 0 a signal ended the service, or the guest matches the policy; 1 it could \
            not start, or the guest could not be treated, as the log says; 64 the command line is \
            wrong.
            """,
        version: Layout.version)

    @Option(
        help: ArgumentHelp("Treat one running guest, then exit.", valueName: "uuid"))
    var guest: String?

    func validate() throws {
        if let guest, ProtectionRequest(uuid: guest) == nil {
            throw ValidationError("'\(guest)' is no UUID; virsh domuuid GUEST shows it.")
        }
    }

    static func main() {
        // The persistent definitions that it reads have passwords in them.
        forbidCoreFile()
        Connection.forbidAutostart()
        let arguments = CommandLine.arguments.dropFirst()
        // The parser takes longer than a one-shot's work; a guest in its firmware waits for it.
        if arguments.count == 2, arguments.first == "--guest", let uuid = arguments.last,
            ProtectionRequest(uuid: uuid) != nil
        {
            OneShot(uuid: uuid).run()
        }
        main(nil)
    }

    func run() throws {
        if let guest { OneShot(uuid: guest).run() }
        Service.run()
    }
}
