// SPDX-License-Identifier: Apache-2.0

package import WatchdogPolicy

/// The ID of a call.
package struct CallID: Sendable, Hashable {
    /// The number. Later calls have higher ones.
    package let number: UInt64
}

/// A call to libvirt about one guest. A worker makes it.
package struct Call: Sendable, Hashable {
    /// The question or the change.
    package enum Kind: Sendable, Hashable {
        /// Reads the guest: control state, state, live domain XML and run.
        case look
        /// Hot-plugs a device, given as libvirt's XML.
        case attach(String)
        /// Changes the action of QEMU's watchdogs through the monitor.
        case setAction(WatchdogAction)
        /// Writes the record of an action into the live metadata, or removes it.
        case record(ActionOverride?)
        /// Writes the opt-out into the live metadata, or removes it.
        case optOut(OptOut?)
        /// Asks the guest to release our watchdog, without waiting for it.
        case detach
        /// Asks QEMU to unplug a watchdog of ours that libvirt does not know.
        case unplugOrphan
        /// Brings the persistent domain XML to a policy. A dry run only reports the change.
        case persist(Policy, dryRun: Bool)
        /// Removes our devices from the persistent domain XML. A dry run only looks for them.
        case removePersistent(dryRun: Bool)
        /// Reads everything that `status` shows.
        case inspect(TimerSources)
    }

    /// The source of an inspection's timer states.
    package enum TimerSources: Sendable, Hashable {
        /// Leaves the timers out, so neither QEMU nor the guest has to answer.
        case none
        /// The guest agent alone.
        case agent
        /// QEMU's monitor, with the guest agent as fallback.
        case monitorAndAgent
    }

    package let uuid: String
    package let kind: Kind

    package init(uuid: String, kind: Kind) {
        self.uuid = uuid
        self.kind = kind
    }
}

extension Call.Kind {
    /// Whether the call reads timers.
    var readsTimers: Bool {
        switch self {
        case .inspect(.agent), .inspect(.monitorAndAgent): true
        default: false
        }
    }

    /// Whether QEMU or its guest has to answer.
    package var needsQEMU: Bool {
        switch self {
        case .attach, .setAction, .detach, .unplugOrphan: true
        case .look, .record, .optOut, .persist, .removePersistent: false
        case .inspect: readsTimers
        }
    }
}

/// The answer to a call.
package enum Answer: Sendable, Hashable {
    /// The guest was read.
    case look(Look)
    /// The change was made.
    case done
    /// Whether QEMU has unplugged the orphan.
    case orphanIsGone(Bool)
    /// The persistent domain XML was brought to the policy.
    case persisted(ConfigResult)
    /// Our devices were removed from the persistent domain XML, or `nil` without one.
    case removedPersistent(Removal?)
    /// The guest was read for `status`.
    case inspected(Inspection)
}
