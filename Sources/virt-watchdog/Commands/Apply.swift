import ArgumentParser
import HostSystem
import Hypervisor
import WatchdogPolicy

/// `virt-watchdog apply`: does now, for guests that run, what the hook does at their start.
struct Apply: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring guests that run to the policy, now.",
        usage: """
            virt-watchdog apply [--connect <uri>] [--all] [<guest> ...]
                [--config] [--properties <file>] [--json]
            """,
        discussion: """
            Does for guests that run what the hook sees to when a guest starts; twice is as good \
            as once. With --config, or under vm.watchdog.persist=true, the persistent definition \
            gets the watchdog, too.

            Exit codes: 0 every guest is as the policy wants it; 1 a guest is not, as its line \
            says; 2 libvirt cannot be reached.
            """)

    @OptionGroup var guests: GuestOptions
    @OptionGroup var policy: PolicyOptions

    @Flag(
        name: [.long, .customLong("persist")],
        help: "Change the persistent definition, too.")
    var config = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if guests.guests.isEmpty, !guests.all {
            throw ValidationError("Name guests, or say --all for all that run.")
        }
    }

    func run() throws {
        let report = policy.report()
        let connection = try guests.daemon.connection(readOnly: false)
        let protector = BlockingProtector(policy: report.policy, timing: .brisk)
        let persists = config || report.policy.persist
        let notes = report.hasErrors ? nil : notes
        let rows = try guests.find(on: connection).map { found in
            GuestRow(found) { guest in
                var row = try row(of: guest, protector, alone: !persists)
                if persists { row.add(try protector.persist(guest)) }
                // What a protector that was killed left to do is done.
                if row.isConverged { notes?.forget(guest.uuid) }
                return row
            }
        }
        try GuestRow.print(rows, json: json)
        if report.hasErrors || !rows.allSatisfy(\.isConverged) { throw ExitCode.notAsWanted }
    }

    /// Brings a guest that runs to the policy.
    ///
    /// - Parameter alone: Whether nothing else is to be done for a guest that does not run.
    private func row(of guest: Guest, _ protector: BlockingProtector, alone: Bool) throws -> GuestRow {
        guard try guest.isRunning() else {
            guard alone else {
                return try GuestRow(inactive: guest.facts())
            }
            throw GuestProblem(
                guest: guest.name,
                message: "the guest does not run; the hook sees to its plan when it starts")
        }
        var found: Guest? = guest
        return GuestRow(
            try protector.protect { () throws(LibvirtError) in
                // The first time it is at hand; after a failure the connection may be lost.
                if let guest = found.take() { return guest }
                return try Connection(to: guests.daemon.connect).guest(uuid: guest.uuid)
            })
    }

    /// Where protectors note the guests that they bring to the same policy; nowhere where that is not
    /// the host's.
    private var notes: HandOverPlace? {
        policy.properties == nil && HandOverPlace.ofUser() != nil
            ? guests.daemon.handOverPlace : nil
    }
}
