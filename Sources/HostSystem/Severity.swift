package import WatchdogPolicy

extension Plan {
    /// How much the log should make of the plan.
    package var severity: SystemLog.Severity {
        switch decision {
        case .leave(.faultyPolicy), .leave(.faultyGuestPolicy): .error
        case .coldPlug, .refuse: .warning
        case .attach, .changeAction: .notice
        case .leave: warnings.isEmpty ? .info : .warning
        }
    }
}
