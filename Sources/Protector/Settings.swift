// SPDX-License-Identifier: Apache-2.0

/// The settings of a core, as the service, for one guest, or for a command.
package struct Settings: Sendable {
    /// The guests of a core.
    package enum Scope: Sendable {
        /// Every guest of the daemon, without end.
        case all
        /// The guests with these UUIDs, each until it is done.
        case guests([String])
    }

    /// The purpose of a core.
    package enum Goal: Sendable, Hashable {
        /// Brings them to the policy.
        case protect
        /// Removes our devices from running guests, from persistent domain XML, or both.
        ///
        /// A dry run only looks.
        case remove(live: Bool, config: Bool, dryRun: Bool)
        /// Reads the guests. With `config`, also plans for their persistent domain XML.
        case plan(config: Bool)
        /// Reads everything that `status` shows, with or without QEMU's monitor.
        case inspect(usesMonitor: Bool)
    }

    /// The guests.
    package var scope: Scope
    /// The purpose.
    package var goal = Goal.protect
    /// Whether the core first lists the running guests. A list waits for libvirt's hooks without
    /// harm.
    package var listsFirst: Bool
    /// The time after which a call is written off.
    package var callLimit: Duration = .seconds(5)
    /// The time for retries from the first failure on, or `nil` for no limit.
    package var retryLimit: Duration?
    /// The time for a guest that migrates in, or `nil` for no limit.
    package var arrivalLimit: Duration?
    /// The time that a guest may spend in its firmware, which unplugs no device.
    package var firmwareLimit: Duration = .seconds(60)
    /// Whether a person waits. The core then gives up a guest that does not answer at once.
    package var isCommand: Bool
    /// The UUIDs of the guests that the operator named, which removes their opt-outs.
    package var named: Set<String> = []
    /// Whether persistent domain XML is changed regardless of the policy's `persist`.
    package var persists = false

    /// The settings of the service.
    package static var service: Settings {
        Settings(scope: .all, listsFirst: true, isCommand: false)
    }

    /// Returns the settings of a one-shot, which a hook starts for one guest.
    package static func oneShot(_ uuid: String) -> Settings {
        Settings(
            scope: .guests([uuid]), listsFirst: true, retryLimit: .seconds(600),
            isCommand: false)
    }

    /// Returns the settings of a command for some guests.
    ///
    /// A command that changes guests outlasts libvirt's own limit for one call.
    package static func command(_ uuids: [String], _ goal: Goal = .protect) -> Settings {
        var settings = Settings(
            scope: .guests(uuids), goal: goal, listsFirst: false, callLimit: .seconds(10),
            retryLimit: .seconds(35), arrivalLimit: .seconds(35), firmwareLimit: .zero,
            isCommand: true)
        switch goal {
        case .protect, .remove: break
        case .plan, .inspect:
            settings.callLimit = .seconds(5)
            settings.retryLimit = .seconds(5)
            settings.arrivalLimit = .zero
        }
        return settings
    }

    /// Whether the core serves all guests, and runs that are not new wait for the operator.
    var isService: Bool {
        if case .all = scope { true } else { false }
    }

    /// The first call of a guest's treatment, and the one after each change.
    var firstCall: Call.Kind {
        switch goal {
        case .protect, .remove: .look
        // This call also reads a guest whose monitor is occupied.
        case .plan: .inspect(.none)
        case .inspect(let usesMonitor): .inspect(usesMonitor ? .monitorAndAgent : .agent)
        }
    }
}
