/// Who put a watchdog into a definition.
package enum WatchdogOrigin: String, Sendable, Hashable {
    /// We did: it bears our alias.
    case owned
    /// Somebody else chose it.
    case defined
    /// libvirt (9.1 and later) did by itself, as it does on every q35 machine.
    case implicit
    /// The definition's own QEMU arguments do; libvirt does not know it.
    case commandLine = "command-line"
}

extension GuestFacts {
    /// Tells who put one of the guest's watchdogs there.
    ///
    /// The implicit one has the default action; with another one, somebody chose it.
    package func origin(of watchdog: Watchdog) -> WatchdogOrigin {
        if watchdog.isOnCommandLine { return .commandLine }
        if watchdog.isOwned { return .owned }
        let isImplicit =
            machineType == .q35
            && watchdog.model == WatchdogModel.itco.rawValue
            && watchdog.action == WatchdogAction.reset.rawValue
        return isImplicit ? .implicit : .defined
    }

    /// The watchdogs that somebody chose.
    package var chosenWatchdogs: [Watchdog] {
        watchdogs.filter { origin(of: $0) != .implicit }
    }
}
