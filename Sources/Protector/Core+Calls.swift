// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Libvirt
internal import System
internal import WatchdogPolicy

extension Core {
    /// Replaces the treatment of an earlier run.
    mutating func replace(with guest: GuestTreatment) {
        var guest = guest
        guest.turn = nextTurn()
        guests[guest.uuid] = guest
        waiting[guest.uuid] = nil
    }

    /// Removes a guest that no longer runs.
    mutating func end(_ uuid: String) {
        guard guests[uuid] != nil else { return }
        waiting[uuid] = nil
        if settings.isService {
            guests[uuid] = nil
            memory.treated[uuid] = nil
            memory.fires[uuid] = nil
        } else {
            if !settings.isCommand {
                log(
                    LogLine(
                        operation: "protect", guest: guests[uuid]?.name ?? "", uuid: uuid,
                        result: "gone", reason: "the guest is not running; nothing is left to do"),
                    .info)
            }
            finish(
                uuid, .libvirt(LibvirtError(code: .noDomain, message: "the guest is not running")))
        }
    }

    /// Returns a number that no queue entry and no timer has yet.
    private mutating func nextTurn() -> UInt64 {
        lastTurn += 1
        return lastTurn
    }

    /// Schedules a read of a guest after its present call.
    mutating func lookAgain(at uuid: String) {
        guard let guest = guests[uuid] else { return }
        // A change and its record belong together.
        if guest.call != nil || guest.next != .look {
            guests[uuid]?.looksAgain = true
        } else {
            makeReady(uuid)
        }
    }

    /// Makes the guest's next call after a delay.
    mutating func wait(_ duration: Duration, _ uuid: String) {
        guard var guest = guests[uuid] else { return }
        guest.turn = nextTurn()
        guest.isReady = false
        guests[uuid] = guest
        timers.set(.guest(uuid, turn: guest.turn), for: now + duration)
    }

    /// Queues the guest's next call.
    mutating func makeReady(_ uuid: String) {
        guard var guest = guests[uuid], guest.call == nil, !guest.isReady else { return }
        guest.turn = nextTurn()
        guest.isReady = true
        guests[uuid] = guest
        let entry = Entry(uuid: uuid, turn: guest.turn)
        // A command may use the reserve for calls that QEMU need not answer.
        let usesReserve = guest.isTrusted || settings.isCommand && !guest.next.needsQEMU
        if usesReserve { trustedQueue.append(entry) } else { otherQueue.append(entry) }
    }

    /// Notes that the guest's QEMU has just answered, also in the queue.
    mutating func trust(_ uuid: String) {
        guard let guest = guests[uuid], !guest.isTrusted else { return }
        guests[uuid]?.isTrusted = true
        guard guest.isReady else { return }
        guests[uuid]?.isReady = false
        makeReady(uuid)
    }

    /// Begins calls while there is room.
    mutating func begin() {
        guard link == .up else { return }
        beginTrusted()
        while calls.hasRoom(forTrusted: false), let entry = otherQueue.popFirst() { begin(entry) }
        guard settings.isCommand, calls.isBlocked else { return }
        giveUpWithoutRoom()
        beginTrusted()
    }

    private mutating func beginTrusted() {
        while calls.hasRoom(forTrusted: true), let entry = trustedQueue.first,
            !keepsReserve(from: entry)
        {
            trustedQueue.removeFirst()
            begin(entry)
        }
    }

    /// Gives up the guests that cannot get a call, because a person waits.
    private mutating func giveUpWithoutRoom() {
        while let entry = otherQueue.popFirst() { leaveUnasked(entry) }
        guard calls.writtenOffCount >= CallTable.limit else { return }
        while let entry = trustedQueue.popFirst() { leaveUnasked(entry) }
    }

    private mutating func leaveUnasked(_ entry: Entry) {
        guard let guest = guests[entry.uuid], guest.turn == entry.turn else { return }
        guests[entry.uuid]?.isReady = false
        if guest.next.readsTimers, calls.writtenOffCount < CallTable.limit {
            ask(.inspect(.none), entry.uuid)
        } else {
            fail(entry.uuid, .notAsked(stuckCalls: calls.writtenOffCount), of: guest.next)
        }
    }

    /// Returns whether a guest's call must leave the reserve free for now.
    private func keepsReserve(from entry: Entry) -> Bool {
        guard let guest = guests[entry.uuid], guest.turn == entry.turn else { return false }
        return guest.next.needsQEMU && !calls.hasRoom(forTrusted: false)
            && !calls.lendsReserve(at: now)
    }

    private mutating func begin(_ entry: Entry) {
        guard var guest = guests[entry.uuid], guest.turn == entry.turn else { return }
        guest.isReady = false
        guests[entry.uuid] = guest
        // A hook may hold the guest until a list or an event shows it.
        guard !guest.isUncertain else {
            guests[entry.uuid]?.next = settings.firstCall
            return
        }
        let id = calls.begin(about: entry.uuid, at: now, until: now + settings.callLimit)
        guest.call = id
        guests[entry.uuid] = guest
        effects.append(.call(id, Call(uuid: entry.uuid, kind: guest.next)))
    }

    mutating func writeOffOverdueCalls() {
        for (id, uuid) in calls.writeOff(at: now) {
            effects.append(.abandon(id))
            guard let guest = guests[uuid], guest.call == id else { continue }
            if guest.next.readsTimers {
                // The other parts need no QEMU.
                guests[uuid]?.call = nil
                ask(.inspect(.none), uuid)
                continue
            }
            markNotAnswering(
                uuid, "a call has not returned for \(settings.callLimit.components.seconds) s")
        }
        logStuckCalls()
    }
}
