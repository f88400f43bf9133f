import ArgumentParser
import HostSystem
import Hypervisor
import WatchdogPolicy

/// `virt-watchdog protect`: the protector of one guest, which the hook starts.
struct Protect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring one guest to the policy; the hook runs this, detached.",
        discussion: "It speaks to the system's log alone, and its exit code is always 0.",
        shouldDisplay: false)

    @Option(name: .shortAndLong, help: "The libvirt URI to connect to.")
    var connect: String

    @Argument(help: "The guest's UUID.")
    var uuid: String

    func run() {
        let policy = PolicyReport.ofHost(.ofEnvironment()).policy
        var name = ""
        do throws(ProtectionError) {
            let protection = try Protector(policy: policy, timing: .patient)
                .protect { () throws(LibvirtError) in
                    let guest = try Connection(to: connect).guest(uuid: uuid)
                    name = guest.name
                    return guest
                }
            let line = LogLine(
                operation: "protect", guest: name, uuid: uuid,
                plan: protection.plan, result: protection.result.rawValue,
                reason: protection.reason)
            SystemLog.send(
                line.text, severity: protection.isConverged ? .notice : .warning)
        } catch {
            let line = LogLine(operation: "protect", guest: name, uuid: uuid, failure: "\(error)")
            SystemLog.send(line.text, severity: error.isGuestGone ? .info : .error)
        }
    }
}
