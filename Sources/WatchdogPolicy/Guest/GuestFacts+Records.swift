extension GuestFacts {
    /// Decides which records in the live metadata count for the guest's present run, and sets
    /// ``effectiveAction`` and ``isOptedOutOfRun`` by those alone.
    ///
    /// An alignment counts only while a watchdog has the action that it was made over.
    ///
    /// - Parameters:
    ///   - run: The guest's present run. Where it is unknown, libvirt's number of the guest stands in
    ///     for it, and every opt-out counts.
    ///   - hasArrived: Whether the guest was restored from a file or has migrated here. An opt-out then
    ///     came along with the run; an alignment did not, because a new QEMU has the definition's
    ///     action.
    package mutating func trustRecords(of run: RunID?, hasArrived: Bool = false) {
        effectiveAction = nil
        if let alignment, !alignment.isPending,
            run.map({ alignment.run == $0 }) ?? (alignment.id == id),
            watchdogs.contains(where: { $0.action == alignment.over })
        {
            effectiveAction = alignment.action
        }
        isOptedOutOfRun = optOut.map { run == nil || hasArrived || $0.run == run } ?? false
    }

    /// A watchdog with the action that is in force, whatever its definition says.
    ///
    /// QEMU has one action for all watchdogs. An argument of the definition's own comes after libvirt's.
    package func effective(_ watchdog: Watchdog) -> Watchdog {
        var watchdog = watchdog
        watchdog.action = effectiveAction ?? qemuArguments?.watchdogAction ?? watchdog.action
        return watchdog
    }

    /// The record of the action that we gave the definition, if it still has that one.
    package var savedActionThatStands: SavedAction? {
        guard let savedAction,
            watchdogs.contains(where: { $0.action == savedAction.action })
        else { return nil }
        return savedAction
    }
}
