// SPDX-License-Identifier: Apache-2.0

/// The state of a guest and the reason for it.
package struct Situation: Sendable, Hashable, CustomStringConvertible {
    /// The reason for a state, in the words of `virsh domstate --reason`.
    package enum Reason: String, Sendable, Hashable {
        // Running

        case booted
        /// The guest migrated here, or to another host.
        case migrated
        /// libvirt restored the guest from a file.
        case restored
        /// libvirt reverted the guest to a snapshot.
        case fromSnapshot = "from snapshot"
        case unpaused
        case migrationCanceled = "migration canceled"
        case saveCanceled = "save canceled"
        /// The guest woke up from suspension.
        case wakeup = "event wakeup"
        /// A part of the guest's memory is still on the other host.
        case postCopy = "post-copy"
        /// A part of the guest's memory is still on the other host, and the migration failed.
        case postCopyFailed = "post-copy failed"

        // Paused

        /// An operator or a program paused the guest.
        case user
        /// libvirt paused the guest for a migration.
        case pausedByMigration = "migrating"
        case saving
        /// libvirt dumps the guest's memory.
        case dumping
        /// A disk error paused the guest.
        case ioError = "I/O error"
        /// The guest's watchdog paused it.
        case watchdog
        case shuttingDown = "shutting down"
        case creatingSnapshot = "creating snapshot"
        /// The guest's kernel panicked.
        case crashed
        case startingUp = "starting up"
        /// A libvirt call failed half-way.
        case apiError = "api error"

        // Shut off

        /// The guest shut itself down.
        case shutdown
        /// An operator or a program ended the guest.
        case destroyed
        case saved
        /// The guest failed to start.
        case failed
        /// libvirt's daemon ended the guest when the daemon started.
        case daemon

        // Crashed

        /// The guest's kernel panicked.
        case panicked

        /// Another reason, or a reason of a later libvirt.
        case other = "unknown"
    }

    package var state: GuestState
    package var reason: Reason

    package init(state: GuestState, reason: Reason) {
        self.state = state
        self.reason = reason
    }

    /// Whether the run continues a run on another host, or from a file.
    ///
    /// libvirt forgets this once the guest is paused and resumed.
    package var isOfArrival: Bool {
        state != .shutOff && (reason == .migrated || reason == .restored)
    }

    /// The state, with the reason if an operator needs it.
    package var description: String {
        switch (state, reason) {
        case (.paused, _), (.crashed, _), (.running, .postCopy), (.running, .postCopyFailed),
            (.shutOff, .crashed), (.shutOff, .failed), (.shutOff, .daemon):
            "\(state.rawValue) (\(reason.rawValue))"
        default: state.rawValue
        }
    }
}
