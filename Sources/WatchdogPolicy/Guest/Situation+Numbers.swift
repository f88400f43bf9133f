// SPDX-License-Identifier: Apache-2.0

extension Situation {
    /// Reads the numbers of `virDomainGetState`.
    ///
    /// The tables have the order of `virDomainState`, `virDomainRunningReason`,
    /// `virDomainPausedReason` and `virDomainShutoffReason`. libvirt only adds to the end of them.
    ///
    /// - Parameters:
    ///   - state: A `virDomainState`.
    ///   - reason: A number of the state's own enumeration.
    package init(state: Int32, reason: Int32) {
        let states: [GuestState] = [
            .noState, .running, .idle, .paused, .inShutdown, .shutOff, .crashed, .suspended,
        ]
        let name = states.indices.contains(Int(state)) ? states[Int(state)] : .noState
        let reasons: [Reason] =
            switch name {
            case .running: Self.runningReasons
            case .paused: Self.pausedReasons
            case .shutOff: Self.shutOffReasons
            case .crashed: [.other, .panicked]
            case .inShutdown: [.other, .user]
            case .idle, .suspended, .noState: []
            }
        let index = Int(reason)
        self.init(state: name, reason: reasons.indices.contains(index) ? reasons[index] : .other)
    }

    private static let runningReasons: [Reason] = [
        .other, .booted, .migrated, .restored, .fromSnapshot, .unpaused, .migrationCanceled,
        .saveCanceled, .wakeup, .crashed, .postCopy, .postCopyFailed,
    ]

    private static let pausedReasons: [Reason] = [
        .other, .user, .pausedByMigration, .saving, .dumping, .ioError, .watchdog, .fromSnapshot,
        .shuttingDown, .creatingSnapshot, .crashed, .startingUp, .postCopy, .postCopyFailed,
        .apiError,
    ]

    private static let shutOffReasons: [Reason] = [
        .other, .shutdown, .destroyed, .crashed, .migrated, .saved, .failed, .fromSnapshot, .daemon,
    ]
}
