// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import Synchronization
import System
import WatchdogPolicy

/// The guests whose persistent domain XML still has changes of virt-watchdog.
struct PersistentLeftovers: Hashable {
    /// Their names.
    var guests: [String] = []
    /// Why some guests were not checked; `nil` if all were.
    var gap: String?

    /// The time limit for all calls together, in seconds.
    static let timeout = 10
    /// The number of names in a message.
    private static let shown = 3

    /// Asks a daemon, read-only.
    ///
    /// A guest whose hook or QEMU hangs blocks its own call, and with it the rest.
    ///
    /// - Parameters:
    ///   - uri: The daemon's URI.
    ///   - timeout: The time limit in seconds.
    static func find(at uri: String = "qemu:///system", within timeout: Int = timeout) -> Self {
        let progress = Findings()
        // On a busy host, the checks of a timed call take longer than their number says.
        let end = ContinuousClock.now + .seconds(timeout)
        let error = Progress.during("looking for persistent changes of guests") {
            TimedCall.run(timeout: timeout, unless: { .now >= end }) { search(uri, progress) }
        }
        var found = progress.found
        switch error {
        case .none: found.gap = "no answer within \(timeout) seconds"
        case .some(let error): found.gap = error ?? found.gap
        }
        return found
    }

    /// The guests that were found before the time limit.
    private final class Findings: Sendable {
        private let state = Mutex(PersistentLeftovers())

        var found: PersistentLeftovers { state.withLock { $0 } }

        func add(_ guest: String) { state.withLock { $0.guests.append(guest) } }

        func note(_ gap: String) { state.withLock { $0.gap = gap } }
    }

    /// Searches the guests. Returns the error that ended the search.
    private static func search(_ uri: String, _ progress: Findings) -> String? {
        do throws(LibvirtError) {
            let writer = ConfigWriter(dryRun: true)
            let connection = try Connection(to: uri, readOnly: true)
            for guest in try connection.guests(.all) {
                do throws(TreatmentError) {
                    if try writer.remove(from: guest) == .wouldRemove { progress.add(guest.name) }
                } catch {
                    progress.note("\(quoted(guest.name)): \(error)")
                }
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// The messages: the guests with the fix, and the gap.
    var messages: [String] {
        var messages: [String] = []
        if !guests.isEmpty {
            let names = guests.sorted().prefix(Self.shown).map { quoted($0) }.joined(
                separator: ", ")
            let count = "\(guests.count) \(guests.count == 1 ? "guest" : "guests")"
            let more = guests.count - Self.shown
            let rest = more > 0 ? " and \(more) more" : ""
            messages.append(
                "the persistent domain XML of \(count) keeps changes of virt-watchdog: \(names)\(rest); before you"
                    + " uninstall, run virt-watchdog remove --all; afterwards, virsh detach-device-alias GUEST"
                    + " \(WatchdogDevice.alias) --config removes a device")
        }
        if let gap {
            messages.append(
                "cannot check the persistent domain XML of all guests for changes of virt-watchdog:"
                    + " \(gap); to check them, run virt-watchdog remove --all --dry-run before you"
                    + " uninstall")
        }
        return messages
    }
}
