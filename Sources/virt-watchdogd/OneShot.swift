import HostSystem
import Hypervisor
import Protector
import WatchdogPolicy

/// Brings one running guest to the policy, then ends the process.
struct OneShot {
    let uuid: String

    func run() -> Never {
        let core = Core(
            .oneShot(uuid), policy: PolicyReport.ofHost(.ofEnvironment()).policy,
            memory: Memory(boot: bootID() ?? "", firstTicks: 0))
        var isAsWanted = true
        var handlers = Engine.Handlers { line, severity in
            SystemLog.send(line.text, severity: severity)
        }
        handlers.finished = { _, outcome in isAsWanted = outcome.isAsWanted }
        do throws(Errno) {
            try Engine(core, .daemon, handlers).run()
        } catch {
            let line = LogLine(operation: "protect", guest: "", uuid: uuid, failure: "\(error)")
            SystemLog.send(line.text, severity: .error)
            isAsWanted = false
        }
        leaveAtOnce(isAsWanted ? 0 : 1)
    }
}
