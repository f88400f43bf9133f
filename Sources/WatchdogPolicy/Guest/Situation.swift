/// The state of a guest and the reason for it.
package struct Situation: Sendable, Hashable, CustomStringConvertible {
    /// The reason for a state, in the words of `virsh domstate --reason`.
    package enum Reason: String, Sendable, Hashable {
        // Running

        /// It was started.
        case booted
        /// It came from another host, or went there.
        case migrated
        /// It was restored from a file.
        case restored
        /// It was reverted to a snapshot.
        case fromSnapshot = "from snapshot"
        /// It was paused before.
        case unpaused
        /// A migration to another host was canceled.
        case migrationCanceled = "migration canceled"
        /// A save was canceled.
        case saveCanceled = "save canceled"
        /// It slept before.
        case wakeup = "event wakeup"
        /// Its memory is still coming from another host, or is still on its way there.
        case postCopy = "post-copy"
        /// The same, and the migration has failed.
        case postCopyFailed = "post-copy failed"

        // Paused

        /// An operator or a program paused it.
        case user
        /// It is paused for a migration.
        case pausedByMigration = "migrating"
        /// It is being saved.
        case saving
        /// Its memory is being dumped.
        case dumping
        /// A disk error paused it.
        case ioError = "I/O error"
        /// Its watchdog paused it.
        case watchdog
        /// It is shutting down.
        case shuttingDown = "shutting down"
        /// A snapshot is being made.
        case creatingSnapshot = "creating snapshot"
        /// Its kernel panicked, or it was paused by a panic before.
        case crashed
        /// It is starting.
        case startingUp = "starting up"
        /// A libvirt call failed half-way.
        case apiError = "api error"

        // Shut off

        /// It shut down.
        case shutdown
        /// An operator or a program ended it.
        case destroyed
        /// It was saved.
        case saved
        /// It did not start.
        case failed
        /// libvirt's daemon ended it when the daemon started.
        case daemon

        // Crashed

        /// Its kernel panicked.
        case panicked

        /// Another reason, or one of a later libvirt.
        case other = "unknown"
    }

    /// The state.
    package var state: GuestState
    /// The reason.
    package var reason: Reason

    /// Describes a situation.
    package init(state: GuestState, reason: Reason) {
        self.state = state
        self.reason = reason
    }

    /// Whether the run continues that of another host, or of a file.
    ///
    /// libvirt tells until the guest is paused and resumed.
    package var isOfArrival: Bool {
        state != .shutOff && (reason == .migrated || reason == .restored)
    }

    /// The state, with the reason where it matters to an operator.
    package var description: String {
        switch (state, reason) {
        case (.paused, _), (.crashed, _), (.running, .postCopy), (.running, .postCopyFailed),
            (.shutOff, .crashed), (.shutOff, .failed), (.shutOff, .daemon):
            "\(state.rawValue) (\(reason.rawValue))"
        default: state.rawValue
        }
    }
}
