// SPDX-License-Identifier: Apache-2.0

extension GuestFacts {
    /// Sets ``effectiveAction`` and ``isOptedOutOfRun`` from the records of the guest's present
    /// run.
    ///
    /// An action override is valid only while a watchdog still has the action that it replaced.
    ///
    /// - Parameters:
    ///   - run: The guest's present run. If it is unknown, libvirt's ID of the guest identifies it,
    ///     and every opt-out is valid.
    ///   - hasArrived: Whether the guest was restored from a file or migrated here. An opt-out is
    ///     then still valid. An override is not: the new QEMU process has the action of the domain
    ///     XML.
    package mutating func trustRecords(of run: RunID?, hasArrived: Bool = false) {
        effectiveAction = nil
        if let actionOverride, !actionOverride.isPending,
            run.map({ actionOverride.run == $0 }) ?? (actionOverride.id == id),
            watchdogs.contains(where: { $0.action == actionOverride.definedAction })
        {
            effectiveAction = actionOverride.action
        }
        isOptedOutOfRun = optOut.map { run == nil || hasArrived || $0.run == run } ?? false
    }

    /// Returns a watchdog with its effective action.
    ///
    /// QEMU has one action for all watchdogs, and the last argument wins. `qemu:commandline` comes
    /// after libvirt's own arguments.
    package func effective(_ watchdog: Watchdog) -> Watchdog {
        var watchdog = watchdog
        watchdog.action = effectiveAction ?? qemuArguments?.watchdogAction ?? watchdog.action
        return watchdog
    }

    /// The record of the persistent action, if a watchdog still has that action.
    package var savedActionThatStands: SavedAction? {
        guard let savedAction,
            watchdogs.contains(where: { $0.action == savedAction.action })
        else { return nil }
        return savedAction
    }
}
