// SPDX-License-Identifier: Apache-2.0

internal import Libvirt
internal import System
internal import WatchdogPolicy

extension Core {
    /// The delay before the core looks for a daemon again.
    private static let connectInterval = Duration.seconds(1)
    /// The time that a daemon may refuse connections while hooks rely on the service.
    private static let serviceLimit = Duration.seconds(60)
    /// The time without guests after which an idling daemon is released.
    private static let idleLimit = Duration.seconds(30)
    /// The interval between reads of all guests, which cover lost events.
    private static let sweepInterval = Duration.seconds(300)
    /// The time after which the log reports a missing list.
    private static let listLimit = Duration.seconds(35)
    /// The delay between a sign of a starting guest and the list.
    private static let nudgeInterval = Duration.seconds(30)

    mutating func open() {
        link = .opening
        effects.append(.connect)
        guard !timers.isSet(.linkLimit), isServing,
            let limit = settings.isService ? Self.serviceLimit : settings.retryLimit
        else { return }
        timers.set(.linkLimit, for: now + limit)
    }

    mutating func serve(_ serves: Bool) {
        guard serves != isServing else { return }
        isServing = serves
        effects.append(.serve(serves))
    }

    /// Stops waiting for a connection.
    ///
    /// The service releases its lock, so hooks start one-shots. A one-shot or command gives its
    /// guests up.
    mutating func giveUpLink() {
        guard settings.isService else {
            let message =
                lastConnectionError
                ?? "libvirt does not answer; a hook of another guest may hang"
            for uuid in guests.keys.sorted() {
                fail(uuid, .libvirt(LibvirtError(code: .noConnect, message: message)))
            }
            return
        }
        guard link != .up else { return }
        serve(false)
        log(
            LogLine(
                operation: "connect", guest: "",
                failure: "cannot connect to libvirt for \(Self.serviceLimit.components.seconds) s:"
                    + " \(lastConnectionError ?? "no answer"); see systemctl status libvirtd virtqemud"
            ),
            .error)
    }

    mutating func connected(idlesOut: Bool) {
        link = .up
        self.idlesOut = idlesOut
        lastConnectionError = nil
        // A one-shot keeps its time limit until it has its list.
        if settings.isService || !settings.listsFirst { timers.cancel(.linkLimit) }
        serve(true)
        isListing = false
        changedDuringList = []
        if settings.listsFirst {
            sweep()
        } else {
            for uuid in guests.keys.sorted() {
                guests[uuid]?.isUncertain = false
                makeReady(uuid)
            }
        }
    }

    mutating func foundNoDaemon() {
        link = .down
        guard settings.isService else { return endWithDaemon() }
        lastConnectionError = "no daemon runs"
        timers.set(.connect, for: now + Self.connectInterval)
        // Without its daemon, libvirt changes no guest.
        timers.cancel(.linkLimit)
        serve(true)
    }

    /// Ends the work on named guests after their daemon ended. The next daemon calls its own hooks.
    private mutating func endWithDaemon() {
        let message = "the daemon has ended; the next daemon's reconnect hook treats the guest"
        for uuid in guests.keys.sorted() {
            log(
                LogLine(
                    operation: "protect", guest: guests[uuid]?.name ?? "", uuid: uuid,
                    result: "gone", reason: message), .notice)
            finish(uuid, .libvirt(LibvirtError(code: .noConnect, message: message)))
        }
    }

    mutating func connectionFailed(_ reason: String) {
        link = .down
        timers.set(.connect, for: now + Self.connectInterval)
        guard reason != lastConnectionError else { return }
        lastConnectionError = reason
        log(
            LogLine(
                operation: "connect", guest: "",
                failure: "cannot connect to libvirt: \(reason)"
                    + (settings.isService ? "; the service keeps trying" : "")),
            .warning)
    }

    /// Marks all guests as uncertain until a list or an event shows them.
    mutating func disconnected() {
        // The loss may come before the shell reports the connection as open.
        if link == .opening { return connectionFailed("libvirt closed the connection") }
        guard link == .up else { return }
        link = .down
        isListing = false
        timers.cancel(.list)
        listsAgain = false
        releasesAfterList = false
        timers.cancel(.sweep)
        timers.cancel(.idle)
        timers.set(.connect, for: now + Self.connectInterval)
        for uuid in guests.keys { guests[uuid]?.isUncertain = true }
    }

    mutating func nudged() {
        switch link {
        case .released, .down: open()
        // Covers a lost event.
        case .up where settings.isService: listSoon()
        case .up, .opening: break
        }
    }

    /// Schedules one list for several signs.
    mutating func listSoon() {
        guard !timers.isSet(.nudge) else { return }
        timers.set(.nudge, for: now + Self.nudgeInterval)
    }

    /// Lists the running guests, one list at a time.
    mutating func list() {
        guard link == .up else { return }
        if isListing {
            listsAgain = true
            return
        }
        isListing = true
        changedDuringList = []
        timers.set(.list, for: now + Self.listLimit)
        effects.append(.list)
    }

    /// Lists the running guests, and reads each of them.
    mutating func sweep() {
        guard link == .up else { return }
        sweeps = true
        if settings.isService { timers.set(.sweep, for: now + Self.sweepInterval) }
        list()
    }

    mutating func listed(_ result: Result<[RunningGuest], LibvirtError>) {
        guard link == .up, isListing else { return }
        isListing = false
        timers.cancel(.list)
        switch result {
        case .success(let running):
            if !settings.isService { timers.cancel(.linkLimit) }
            lastListError = nil
            take(running)
        case .failure(let error):
            // A lost connection has its own message. Any other error may pass.
            timers.set(.nudge, for: now + Self.connectInterval)
            if !error.isConnectionLost { logListTrouble("\(error)") }
        }
        if listsAgain {
            listsAgain = false
            list()
        }
    }

    /// Logs that no list comes, once for each cause.
    mutating func logListTrouble(_ reason: String) {
        guard reason != lastListError else { return }
        lastListError = reason
        log(
            LogLine(
                operation: "connect", guest: "",
                failure: "cannot list the guests: \(reason); see virsh list"), .warning)
    }

    /// Logs that libvirt delays the list.
    mutating func listIsLate() {
        guard isListing else { return }
        logListTrouble(
            "no answer for \(Self.listLimit.components.seconds) s, a hook of a guest may hang")
    }

    private mutating func take(_ running: [RunningGuest]) {
        // A sweep requested during this list needs its own list.
        let sweeps = self.sweeps && !listsAgain
        if sweeps { self.sweeps = false }
        var absent = Set(guests.keys)
        for entry in running {
            absent.remove(entry.uuid)
            guard isInScope(entry.uuid), !changedDuringList.contains(entry.uuid) else { continue }
            if var guest = guests[entry.uuid], guest.id == entry.id || guest.id == 0 {
                guard sweeps || guest.isUncertain else { continue }
                guest.becomeCertain()
                guest.name = entry.name
                guest.id = entry.id
                guests[entry.uuid] = guest
            } else {
                var guest = GuestTreatment(
                    uuid: entry.uuid, eligibility: settings.isService ? .unknown : .granted)
                guest.name = entry.name
                guest.id = entry.id
                replace(with: guest)
            }
            lookAgain(at: entry.uuid)
        }
        for uuid in absent.sorted() where !changedDuringList.contains(uuid) { end(uuid) }
        if releasesAfterList {
            releasesAfterList = false
            // A guest may have started during the list.
            if guests.isEmpty, !timers.isSet(.nudge) {
                link = .released
                timers.cancel(.sweep)
                effects.append(.disconnect)
                return
            }
        }
        watchForIdleness()
    }

    /// Sets or cancels the timer that releases a daemon without guests.
    mutating func watchForIdleness() {
        guard idlesOut, link == .up, settings.isService, guests.isEmpty else {
            return timers.cancel(.idle)
        }
        if !timers.isSet(.idle) { timers.set(.idle, for: now + Self.idleLimit) }
    }

    mutating func releaseIfIdle() {
        guard idlesOut, link == .up, guests.isEmpty else { return }
        releasesAfterList = true
        list()
    }
}
