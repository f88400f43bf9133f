// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Host
import Libvirt
import System
import WatchdogPolicy

/// The program `virt-watchdogd`: the service, and the one-shot for a single guest.
@main
struct VirtWatchdogd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "virt-watchdogd",
        abstract: "Give libvirt guests their watchdog as they start.",
        discussion: """
            Without options, runs the service in the foreground until a signal ends it.

            Exit status: 0 a signal ended the service, the guest matches the policy or no longer \
            runs, or the check passed; 1 the service could not start, or the guest was not \
            treated, as the log says; 64 the command line is wrong.
            """,
        version: Paths.version)

    @Option(
        help: ArgumentHelp("Treat one running guest, then exit.", valueName: "uuid"))
    var guest: String?

    @Option(
        help: ArgumentHelp(
            "With --guest: the libvirt daemon that owns the guest.", valueName: "pid"))
    var daemon: Int32?

    @Flag(help: "Exit 0 if the program and its libraries load.")
    var check = false

    func validate() throws {
        if let guest, GuestUUID(guest) == nil {
            throw ValidationError("'\(guest)' is no UUID; virsh domuuid GUEST shows it.")
        }
        if let daemon, daemon <= 0 {
            throw ValidationError("'\(daemon)' is no process ID; pgrep libvirtd shows it.")
        }
        if daemon != nil, guest == nil {
            throw ValidationError("--daemon needs --guest; the service finds its daemon by itself.")
        }
        if check, guest != nil { throw ValidationError("Give --check or --guest, not both.") }
    }

    static func main() {
        // The persistent domain XML contains passwords.
        CurrentProcess.forbidCoreFile()
        Connection.forbidAutostart()
        // The parser takes longer than a one-shot's work, and a guest may be in its firmware.
        let arguments = CommandLine.arguments.dropFirst()
        if arguments == ["--check"] { CurrentProcess.exitNow(0) }
        if let oneShot = OneShot(hookArguments: Array(arguments)) { oneShot.run() }
        main(nil)
    }

    func run() throws {
        if check { return }
        if let guest { OneShot(uuid: guest, daemon: daemon).run() }
        Service.run()
    }
}

extension OneShot {
    /// Accepts exactly the arguments that the hook passes.
    init?(hookArguments arguments: [String]) {
        guard arguments.count == 4, arguments[0] == "--guest", arguments[2] == "--daemon",
            let uuid = GuestUUID(arguments[1]), let daemon = Int32(arguments[3]), daemon > 0
        else { return nil }
        self.init(uuid: uuid.text, daemon: daemon)
    }
}
