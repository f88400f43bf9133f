// SPDX-License-Identifier: Apache-2.0

internal import System
internal import WatchdogPolicy

extension Core {
    /// The time between the first guest of the queue and the second.
    private static let firstQueueInterval = Duration.seconds(60)
    /// The time between the other guests of the queue.
    private static let queueInterval = Duration.seconds(6)

    /// Takes another policy.
    ///
    /// Guests in treatment get it. Treated guests wait for the operator.
    mutating func take(_ new: Policy) {
        policyIsChanging = false
        timers.cancel(.policy)
        guard new != policy else { return }
        policy = new
        queueIsProven = false
        timers.cancel(.queue)
        for uuid in guests.keys.sorted() {
            guard let guest = guests[uuid], let facts = guest.facts else { continue }
            if guest.isTreated {
                lookAgain(at: uuid)
            } else if Plan(for: facts, under: policy).changesLiveGuest {
                hold(uuid)
            } else {
                waiting[uuid] = nil
            }
        }
    }

    /// Makes a guest wait for the operator or the queue.
    mutating func hold(_ uuid: String) {
        if waiting[uuid] == nil {
            lastWaiting += 1
            waiting[uuid] = lastWaiting
        }
        guests[uuid]?.endTrouble()
        startQueue()
    }

    private mutating func startQueue() {
        guard policy.running == .all, policy.fault == nil, !waiting.isEmpty,
            !timers.isSet(.queue)
        else { return }
        timers.set(.queue, for: max(now, queueResumption))
    }

    /// Treats the next guest of the queue.
    mutating func treatNextWaiting() {
        guard policy.running == .all, policy.fault == nil,
            let uuid = waiting.min(by: { $0.value < $1.value })?.key
        else { return }
        guard link == .up, !calls.isBlocked else {
            // Guests chosen now would all be treated at once later.
            timers.set(.queue, for: now + Self.queueInterval)
            return
        }
        waiting[uuid] = nil
        guests[uuid]?.eligibility = .granted
        guests[uuid]?.isOfQueue = true
        lookAgain(at: uuid)
        queueResumption = now + (queueIsProven ? Self.queueInterval : Self.firstQueueInterval)
        startQueue()
    }

    /// Logs the number of guests that wait for the operator, once all are read.
    mutating func logWaitingGuests() {
        let count = policy.running == .new ? waiting.count : 0
        guard count != loggedWaitingCount, settings.isService, !isListing,
            calls.count == calls.writtenOffCount,
            calls.isBlocked || trustedQueue.isEmpty && otherQueue.isEmpty
        else { return }
        let isMore = count > loggedWaitingCount
        loggedWaitingCount = count
        guard isMore else { return }
        log(
            LogLine(
                operation: "protect", guest: "", uuid: nil, result: "waiting",
                reason: "\(count) running guests differ from the policy and wait for"
                    + " virt-watchdog apply (vm.watchdog.running=new)"), .notice)
    }
}
