internal import Libvirt
internal import TimerProbe
internal import WatchdogPolicy

extension Settings {
    /// The call that a guest's treatment begins with, and that follows each change.
    var firstCall: Call.Kind {
        switch goal {
        case .protect, .remove: .look
        // It also reads a guest whose monitor is occupied.
        case .plan: .inspect(.none)
        case .inspect(let usesMonitor): .inspect(usesMonitor ? .monitorAndAgent : .agent)
        }
    }
}

/// What `plan` and `status` read.
extension Core {
    mutating func inspected(_ uuid: String, _ inspection: Inspection) {
        guests[uuid]?.inspection = inspection
        guests[uuid]?.facts = inspection.facts
        guard case .plan(let config) = settings.goal, config || policy.persist else {
            return finishIfNamed(uuid)
        }
        ask(.persist(policy, dryRun: true), uuid)
    }
}
