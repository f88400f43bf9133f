internal import Host
internal import Libvirt
internal import System
internal import TimerProbe
internal import WatchdogPolicy

extension Core {
    /// How long the core waits before it looks for a daemon again.
    private static let connectInterval = Duration.seconds(1)
    /// How long a daemon that runs may refuse the connection while hooks count on the service.
    private static let serviceLimit = Duration.seconds(60)
    /// How long a daemon that can idle out is kept without guests.
    private static let idleLimit = Duration.seconds(30)
    /// How often all guests are read, for events that were lost.
    private static let sweepInterval = Duration.seconds(300)
    /// After how long a list that does not come is told.
    private static let listLimit = Duration.seconds(35)
    /// How soon the guests are listed after a sign that one starts.
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

    /// Stops to wait for a connection: the service lets hooks go on without it, and named guests are
    /// given up.
    mutating func giveUpLink() {
        guard settings.isService else {
            let message =
                lastConnectionError
                ?? "libvirt does not answer; a hook of another guest may not end"
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
        // A one-shot's time goes on until it has its list.
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

    /// Ends the work on named guests, whose daemon has ended: the next one calls its own hooks.
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

    /// Marks all guests as uncertain until they are listed or have an event.
    mutating func disconnected() {
        // It may be lost before the shell says that it is open.
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
        // For an event that is lost.
        case .up where settings.isService: listSoon()
        case .up, .opening: break
        }
    }

    /// Has the guests listed soon, once for many signs.
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
            // A lost connection is told by itself; anything else may pass.
            timers.set(.nudge, for: now + Self.connectInterval)
            if !error.isConnectionLost { logListTrouble("\(error)") }
        }
        if listsAgain {
            listsAgain = false
            list()
        }
    }

    /// Says that no list comes, once for each cause.
    mutating func logListTrouble(_ reason: String) {
        guard reason != lastListError else { return }
        lastListError = reason
        log(
            LogLine(
                operation: "connect", guest: "",
                failure: "cannot list the guests: \(reason); see virsh list"), .warning)
    }

    /// Says that libvirt makes the list wait.
    mutating func listIsLate() {
        guard isListing else { return }
        logListTrouble(
            "no answer for \(Self.listLimit.components.seconds) s, a hook of a guest may not end")
    }

    private mutating func take(_ running: [RunningGuest]) {
        // A sweep that was asked for during this list has a list of its own.
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
                    uuid: entry.uuid, standing: settings.isService ? .unknown : .granted)
                guest.name = entry.name
                guest.id = entry.id
                replace(with: guest)
            }
            lookAgain(at: entry.uuid)
        }
        for uuid in absent.sorted() where !changedDuringList.contains(uuid) { end(uuid) }
        if releasesAfterList {
            releasesAfterList = false
            // A sign that a guest starts came during the list.
            if guests.isEmpty, !timers.isSet(.nudge) {
                link = .released
                timers.cancel(.sweep)
                effects.append(.disconnect)
                return
            }
        }
        watchForIdleness()
    }

    /// Sets the timer that lets a daemon without guests go, or cancels it.
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
