// SPDX-License-Identifier: Apache-2.0

internal import Libvirt
internal import WatchdogPolicy

/// Removal of our devices, with an opt-out for the run.
///
/// The steps of a guest, none of which waits for the guest:
///
/// 1. Clean the persistent domain XML, which needs no consent.
/// 2. Write the opt-out, before a service or a one-shot can attach the device again.
/// 3. Restore the former action.
/// 4. Ask the guest to release the device.
/// 5. Look until the device is gone.
extension Core {
    /// The time for a guest to release its device.
    private static let releaseLimit = Duration.seconds(10)
    /// The time and interval of the requests after each sweep.
    private static let unplugAgainLimit = Duration.seconds(60)
    private static let unplugAgainInterval = Duration.seconds(5)
    /// The time during which the service leaves a possible removal alone.
    private static let removalTime = Duration.seconds(15)
    /// The waits between looks: the first and the longest. Each is twice the last one.
    private static let firstReleaseWait = Duration.milliseconds(50)
    private static let longestReleaseWait = Duration.seconds(2)

    /// Takes the next step after a look.
    mutating func continueRemoval(_ uuid: String, isStopped: Bool) {
        guard case .remove(let live, let config, let dryRun) = settings.goal,
            let guest = guests[uuid], let facts = guest.facts
        else { return }
        guests[uuid]?.removal.isStopped = isStopped
        if config, !guest.removal.hasConfig { return ask(.removePersistent(dryRun: dryRun), uuid) }
        guard live, facts.isLive else { return finishIfNamed(uuid) }
        let hasDevice = facts.watchdogs.contains(where: \.isOwned)
        let hasAny = hasDevice || facts.actionOverride != nil
        if hasAny { guests[uuid]?.removal.hasFound = true }
        if dryRun { return end(uuid, hasAny ? .wouldRemove : .absent) }
        if isStopped, hasAny { return markNotAnswering(uuid, Self.stoppedReason) }
        if !guest.removal.hasOptedOut {
            guests[uuid]?.removal.hasOptedOut = true
            if facts.optOut == nil || guest.run != nil && facts.optOut?.run != guest.run {
                return ask(.optOut(OptOut(run: guest.run)), uuid)
            }
        }
        if let record = facts.actionOverride {
            guard facts.effectiveAction != nil || record.isPending && record.run == guest.run,
                let defined = facts.watchdogs.first.flatMap({ WatchdogAction(rawValue: $0.action) })
            else { return ask(.record(nil), uuid) }
            return align(uuid, to: defined)
        }
        guard hasDevice else { return end(uuid, guest.removal.hasFound ? .removed : .absent) }
        if let error = guest.removal.detachError { return fail(uuid, .libvirt(error)) }
        guard let start = guest.removal.detachTime else { return ask(.detach, uuid) }
        awaitRelease(uuid, since: start)
    }

    private mutating func awaitRelease(_ uuid: String, since start: Duration) {
        let rest = start + Self.releaseLimit - now
        guard rest > .zero else { return end(uuid, .notAnswered) }
        let last = guests[uuid]?.removal.lastWait
        let next = min(last.map { $0 * 2 } ?? Self.firstReleaseWait, Self.longestReleaseWait)
        guests[uuid]?.removal.lastWait = next
        wait(min(next, rest), uuid)
    }

    private mutating func end(_ uuid: String, _ result: Removal) {
        guests[uuid]?.removal.live = result
        finishIfNamed(uuid)
    }

    mutating func removedPersistent(_ uuid: String, _ result: Removal?) {
        guests[uuid]?.removal.hasConfig = true
        guests[uuid]?.removal.config = result
        continueRemoval(uuid, isStopped: guests[uuid]?.removal.isStopped == true)
    }

    /// Asks for the device of the last look, once the opt-out is written.
    ///
    /// Without a device, another look follows, because a service may just have attached one.
    ///
    /// - Returns: Whether it asks.
    mutating func detachAfterOptOut(_ uuid: String) -> Bool {
        guard case .remove = settings.goal, let facts = guests[uuid]?.facts,
            facts.actionOverride == nil, facts.watchdogs.contains(where: \.isOwned)
        else { return false }
        ask(.detach, uuid)
        return true
    }

    /// Reads a guest whose device cannot be detached. The guest may be gone or about to end.
    mutating func detachFailed(_ uuid: String, _ error: LibvirtError) {
        if error.isOfUnplugUnderway {
            guests[uuid]?.removal.detachTime = now
        } else {
            guests[uuid]?.removal.detachError = error
        }
        makeReady(uuid)
    }

    /// Unplugs a device that a run with an opt-out has.
    ///
    /// This core or an earlier service attached it during the removal.
    ///
    /// - Returns: Whether a call or a wait for it follows.
    mutating func unplugAgain(_ uuid: String, isStopped: Bool) -> Bool {
        guard let guest = guests[uuid], let facts = guest.facts, facts.isOptedOutOfRun,
            !settings.named.contains(uuid)
        else { return false }
        let isOurs = guest.attached != nil || guest.isTreated && !settings.isCommand
        let start = guest.unplugAgainStart ?? (isOurs ? now : now + Self.removalTime)
        let hasDevice =
            facts.watchdogs.contains(where: \.isOwned) && (isOurs || !settings.isCommand)
            && now - start < Self.unplugAgainLimit
        let hasAction = facts.effectiveAction != nil && guest.aligned != nil
        guard hasDevice || hasAction else { return false }
        if isStopped {
            markNotAnswering(uuid, Self.stoppedReason)
            return true
        }
        if hasAction,
            let defined = facts.watchdogs.first.flatMap({ WatchdogAction(rawValue: $0.action) })
        {
            guests[uuid]?.aligned = nil
            align(uuid, to: defined)
            return true
        }
        guests[uuid]?.unplugAgainStart = start
        guests[uuid]?.attached = nil
        guests[uuid]?.attachSucceeded = false
        // A guest in its firmware ignores the request.
        let next = max(start, guest.unplugAgainTime.map { $0 + Self.unplugAgainInterval } ?? start)
        if next > now {
            wait(next - now, uuid)
        } else {
            guests[uuid]?.unplugAgainTime = now
            ask(.detach, uuid)
        }
        return true
    }
}
