package import Libvirt
package import TimerProbe
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
        /// Asks the guest to release our watchdog; libvirt does not wait for it.
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

/// A snapshot of a guest.
package struct Look: Sendable, Hashable {
    /// The facts in the live domain XML, or in the persistent one of a guest that is shut off.
    ///
    /// Call ``WatchdogPolicy/GuestFacts/trustRecords(of:hasArrived:)`` before you use the records.
    package var facts: GuestFacts
    /// The guest's state.
    package var situation: Situation
    /// Whether the guest is still migrating in.
    package var isArriving: Bool
    /// The guest's run, or `nil` if it is unknown.
    package var run: RunID?
    /// Whether a signal has stopped QEMU's process.
    package var isStopped: Bool

    package init(
        facts: GuestFacts, situation: Situation, isArriving: Bool = false, run: RunID? = nil,
        isStopped: Bool = false
    ) {
        self.facts = facts
        self.situation = situation
        self.isArriving = isArriving
        self.run = run
        self.isStopped = isStopped
    }
}

/// Everything that `status` shows of a guest.
package struct Inspection: Sendable, Hashable {
    /// The guest's state.
    package var situation: Situation
    /// The facts in the live domain XML, or in the persistent one of a guest that is shut off.
    ///
    /// Only records of the present run count.
    package var facts: GuestFacts
    /// The facts in the persistent domain XML, or `nil` without one.
    package var persistent: GuestFacts?
    /// The state of the timers. It is empty for a guest that is shut off.
    package var timers: TimerReader.Reading
    /// The guest's run, or `nil` if it is unknown.
    package var run: RunID?
    /// The QEMU process, if a signal has stopped it.
    package var stoppedProcess: Int32?

    package init(
        situation: Situation, facts: GuestFacts, persistent: GuestFacts? = nil,
        timers: TimerReader.Reading = TimerReader.Reading(timers: [])
    ) {
        self.situation = situation
        self.facts = facts
        self.persistent = persistent
        self.timers = timers
    }

    /// The cause and the fix if the guest does not answer, or `nil` if no cause is known.
    package var silence: String? {
        stoppedProcess.map {
            "the guest does not answer: a signal has stopped its QEMU process \($0); resume or end it"
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

/// The reason why a call failed.
package enum CallFailure: Error, Sendable, Hashable {
    /// libvirt's error.
    case libvirt(LibvirtError)
    /// The domain XML is unreadable. The reason does not quote it.
    case definition(String)
    /// Another call has occupied the guest's monitor for this time.
    case occupied(Duration)
}
