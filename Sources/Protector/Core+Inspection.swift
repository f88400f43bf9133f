internal import Libvirt
internal import TimerProbe
internal import WatchdogPolicy

extension Settings {
    /// The first call of a guest's treatment, and the one after each change.
    var firstCall: Call.Kind {
        switch goal {
        case .protect, .remove: .look
        // This call also reads a guest whose monitor is occupied.
        case .plan: .inspect(.none)
        case .inspect(let usesMonitor): .inspect(usesMonitor ? .monitorAndAgent : .agent)
        }
    }
}

/// The results of `plan` and `status`.
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
