// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import WatchdogPolicy

extension World {
    /// Adds a guest that does not run.
    mutating func addGuest(_ shape: Shape) {
        let number = guests.count
        let name = shape == .excluded ? "excluded-\(number)" : "guest-\(number)"
        guests.append(Guest(uuid: "uuid-\(number)", name: name, shape: shape))
        index["uuid-\(number)"] = number
    }

    /// Lists the events of a guest to all who are connected.
    mutating func emit(_ guest: Int, _ kind: GuestEvent.Kind) {
        let id = guests[guest].run?.id ?? -1
        let event = GuestEvent(
            uuid: guests[guest].uuid, name: guests[guest].name, id: id, kind: kind)
        note("event \(event.name) \(kind)")
        for actor in actors.indices {
            guard let epoch = actors[actor].epoch, let core = actors[actor].core, core.isService
            else { continue }
            let generation = actors[actor].generation
            if percent(lossPercent) {
                note("lost")
                continue
            }
            // libvirt keeps the order of its events.
            var delay = Duration.microseconds(Int64(300))
            if percent(lossPercent) { delay = milliseconds(1...400) }
            let time = max(now + delay, lastEvent[actor] ?? .zero)
            lastEvent[actor] = time
            at(time, .event(actor, generation: generation, epoch: epoch, event))
            if percent(lossPercent) {
                at(time, .event(actor, generation: generation, epoch: epoch, event))
            }
        }
    }

    /// Begins a run: libvirt's hooks hold the guest until they end.
    mutating func start(_ guest: Int, _ start: GuestEvent.Start, from other: Run? = nil) {
        guard daemonIsUp, !daemonIsStopped, guests[guest].run == nil else { return }
        var run = Run(number: nextRun, id: nextID, began: now)
        nextRun += 1
        nextID += 1
        if let other {
            run.defined = other.defined
            run.emulated = other.defined.count { $0.isOwned }
            run.actionOverride = other.actionOverride
            run.optOut = other.optOut
        } else {
            run.defined = initialWatchdogs(of: guests[guest].shape)
        }
        run.action = run.defined.first?.action ?? "reset"
        run.isPaused = percent(10)
        run.firmwareUntil = now + milliseconds(0...20_000)
        switch start {
        case .restored: run.reason = .restored
        case .snapshot: run.reason = .fromSnapshot
        case .migrated:
            run.reason = .migrated
            run.isArriving = true
        case .booted, .wakeup: break
        }
        run.hooksUntil = now + (percent(20) ? milliseconds(500...6000) : milliseconds(5...60))
        guests[guest].run = run
        let name = guests[guest].name
        note("start \(name) \(start) run \(run.number)")
        if start == .booted, !run.isPaused { emit(guest, .resumed(.unpaused)) }
        at(run.hooksUntil ?? now, .startHooksEnd(guest, run: run.number, start))
        give(0, .nudged)
    }

    private func initialWatchdogs(of shape: Shape) -> [GuestFacts.Watchdog] {
        switch shape {
        case .pc, .port, .twoPorts, .full, .excluded: []
        case .ownWatchdog:
            [GuestFacts.Watchdog(model: "i6300esb", action: "poweroff", alias: "watchdog0")]
        case .implicit: [GuestFacts.Watchdog(model: "itco", action: "reset", alias: "watchdog0")]
        }
    }

    mutating func hooksEnd(_ guest: Int, _ number: Int, _ start: GuestEvent.Start) {
        guard var run = guests[guest].run, run.number == number else { return }
        run.hooksUntil = nil
        if start == .migrated { run.hasJob = true }
        guests[guest].run = run
        guard daemonIsUp else { return }
        emit(guest, .started(start))
        switch start {
        case .migrated:
            within(100...40_000, .migrationEnds(guest, run: number, succeeds: !percent(25)))
        case .restored, .snapshot:
            emit(
                guest,
                run.isPaused
                    ? .suspended(start == .restored ? .restored : .snapshot) : .resumed(.snapshot))
        case .booted: if run.isPaused { emit(guest, .suspended(.paused)) }
        case .wakeup: break
        }
    }

    mutating func migrationEnds(_ guest: Int, _ number: Int, _ succeeds: Bool) {
        guard let run = guests[guest].run, run.number == number else { return }
        if daemonIsStopped {
            return after(.seconds(1), .migrationEnds(guest, run: number, succeeds: succeeds))
        }
        guard daemonIsUp, succeeds else { return stop(guest) }
        guests[guest].run?.isArriving = false
        guests[guest].run?.hasJob = false
        emit(guest, run.isPaused ? .suspended(.paused) : .resumed(.migrated))
        if percent(10) { guests[guest].run?.reason = .unpaused }
    }

    /// Ends a run; the calls that wait for its QEMU fail.
    mutating func stop(_ guest: Int) {
        guard let run = guests[guest].run, daemonIsUp, !daemonIsStopped else { return }
        guests[guest].run = nil
        let name = guests[guest].name
        note("stop \(name)")
        for waiter in run.waiters { answer(waiter, .failure(.libvirt(Self.notRunning))) }
        emit(guest, .stopped)
    }

    mutating func wakesUp(_ guest: Int, _ number: Int) {
        guard var run = guests[guest].run, run.number == number else { return }
        run.isHung = false
        run.isStopped = false
        run.occupiedSince = nil
        let waiters = run.waiters
        run.waiters = []
        guests[guest].run = run
        let name = guests[guest].name
        note("wakes up \(name)")
        for waiter in waiters {
            var waiter = waiter
            waiter.hasJob = false
            after(.milliseconds(1), .executes(waiter))
        }
    }

    /// Ends an unplugging: the guest has released the device.
    mutating func removalEnds(_ guest: Int, _ number: Int) {
        guard var run = guests[guest].run, run.number == number, run.removing else { return }
        run.removing = false
        run.emulated = 0
        let wasKnown = run.defined.contains(where: \.isOwned)
        run.defined.removeAll(where: \.isOwned)
        guests[guest].run = run
        if wasKnown, daemonIsUp { emit(guest, .deviceRemoved(alias: WatchdogDevice.alias)) }
    }

    static let notRunning = LibvirtError(
        code: .operationInvalid, message: "Requested operation is not valid: domain is not running")

    /// The facts of the live definition.
    func facts(of guest: Guest, _ run: Run) -> GuestFacts {
        var facts = GuestFacts(
            name: guest.name, uuid: guest.uuid, type: "kvm", arch: "x86_64",
            machine: "pc-i440fx-7.2",
            isLive: true, watchdogs: run.defined, id: "\(run.id)",
            actionOverride: run.actionOverride)
        facts.optOut = run.optOut
        facts.controllers = [GuestFacts.Controller(model: "pci-root", index: 0)]
        func ports(_ indexes: ClosedRange<UInt32>) {
            facts.machine = "pc-q35-7.2"
            facts.controllers = [GuestFacts.Controller(model: "pcie-root", index: 0)]
            for index in indexes {
                facts.controllers.append(
                    GuestFacts.Controller(model: "pcie-root-port", index: index))
            }
        }
        switch guest.shape {
        case .pc, .ownWatchdog, .excluded: break
        case .port, .implicit: ports(1...1)
        case .twoPorts: ports(1...2)
        case .full:
            ports(1...1)
            facts.usedAddresses = [GuestFacts.PCIAddress(bus: 1, slot: 0)]
        }
        for watchdog in run.defined {
            if let address = watchdog.address { facts.usedAddresses.append(address) }
        }
        return facts
    }

    func runID(_ run: Run) -> RunID {
        RunID(
            boot: Self.bootID, process: Int32(1000 + run.number),
            startTicks: UInt64(run.began.components.seconds * 100)
                + UInt64(run.began.components.attoseconds / 10_000_000_000_000_000))
    }
}
