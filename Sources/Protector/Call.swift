package import Libvirt
package import TimerProbe
package import WatchdogPolicy

/// A number that tells calls apart.
package struct CallID: Sendable, Hashable {
    /// The number; later calls have higher ones.
    package let number: UInt64
}

/// One call to libvirt about one guest, which a worker makes.
package struct Call: Sendable, Hashable {
    /// What the worker asks libvirt.
    package enum Kind: Sendable, Hashable {
        /// Reads the guest: control state, state, live definition, run.
        case look
        /// Hot-plugs a device, given as libvirt's XML.
        case attach(String)
        /// Has QEMU's monitor change what its watchdogs do.
        case setAction(WatchdogAction)
        /// Writes the record of an action into the live metadata, or removes it.
        case record(ActionOverride?)
        /// Writes the opt-out into the live metadata, or removes it.
        case optOut(OptOut?)
        /// Asks the guest to release our watchdog; libvirt does not wait for it.
        case detach
        /// Asks QEMU to unplug a watchdog of ours that libvirt does not know.
        case unplugOrphan
        /// Brings the persistent definition to a policy, or tells what that would change.
        case persist(Policy, dryRun: Bool)
        /// Removes our devices from the persistent definition, or tells whether it has any.
        case removePersistent(dryRun: Bool)
        /// Reads all that `status` shows.
        case inspect(TimerSources)
    }

    /// From where an inspection reads the timers.
    package enum TimerSources: Sendable, Hashable {
        /// It leaves them out, and needs neither QEMU nor the guest.
        case none
        /// From the guest agent alone.
        case agent
        /// From QEMU's monitor, and where that cannot tell from the guest agent.
        case monitorAndAgent
    }

    /// The guest's UUID.
    package let uuid: String
    /// The question or the change.
    package let kind: Kind

    /// Makes a call.
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

/// What a guest looks like at one moment.
package struct Look: Sendable, Hashable {
    /// The facts of the live definition, or of the persistent one of a guest that does not run.
    /// Records in them do not count yet.
    package var facts: GuestFacts
    /// What the guest is doing.
    package var situation: Situation
    /// Whether a migration into this host has not ended.
    package var isArriving: Bool
    /// The guest's run, or nothing where it is unknown.
    package var run: RunID?
    /// Whether a signal has stopped QEMU's process.
    package var isStopped: Bool

    /// Makes a look.
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

/// All that `status` shows of a guest.
package struct Inspection: Sendable, Hashable {
    /// What the guest is doing.
    package var situation: Situation
    /// The facts of the live definition with the records that count, or of the persistent one of a guest
    /// that does not run.
    package var facts: GuestFacts
    /// The facts of the persistent definition, if there is one.
    package var persistent: GuestFacts?
    /// The state of the timers; empty for a guest that does not run.
    package var timers: TimerReader.Reading
    /// The guest's run, or nothing where it is unknown.
    package var run: RunID?
    /// The QEMU process, if a signal has stopped it.
    package var stoppedProcess: Int32?

    /// Makes an inspection.
    package init(
        situation: Situation, facts: GuestFacts, persistent: GuestFacts? = nil,
        timers: TimerReader.Reading = TimerReader.Reading(timers: [])
    ) {
        self.situation = situation
        self.facts = facts
        self.persistent = persistent
        self.timers = timers
    }

    /// Why the guest does not answer, with the remedy, if that is known.
    package var silence: String? {
        stoppedProcess.map {
            "the guest does not answer: a signal has stopped its QEMU process \($0); resume or end that"
                + " process"
        }
    }
}

/// What libvirt answered.
package enum Answer: Sendable, Hashable {
    /// The guest was read.
    case look(Look)
    /// The change was made.
    case done
    /// Whether QEMU has unplugged the watchdog that libvirt does not know.
    case orphanIsGone(Bool)
    /// The persistent definition was brought to the policy.
    case persisted(ConfigResult)
    /// Our devices were removed from the persistent definition; nothing where there is none.
    case removedPersistent(Removal?)
    /// The guest was read for `status`.
    case inspected(Inspection)
}

/// Why a call failed.
package enum CallFailure: Error, Sendable, Hashable {
    /// libvirt's error.
    case libvirt(LibvirtError)
    /// libvirt's definition cannot be read; the reason, without the definition's content.
    case definition(String)
    /// Another call occupies the guest's monitor, for that long already.
    case occupied(Duration)
}
