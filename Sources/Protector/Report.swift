// SPDX-License-Identifier: Apache-2.0

internal import Libvirt
package import WatchdogPolicy

/// The core's state, for `status` and `doctor`.
package struct Report: Codable, Sendable, Hashable {
    /// A guest that does not match the policy.
    package struct Entry: Codable, Sendable, Hashable {
        package var uuid: String
        package var name: String
        /// The reason as a clause, or `nil` if the list implies it.
        package var reason: String?
    }

    /// The last fire of a guest's watchdog in its present run.
    package struct Fired: Codable, Sendable, Hashable {
        package var uuid: String
        package var name: String
        /// The run, as ``RunID/text`` writes it.
        package var run: String
        /// The time of day in ISO 8601, with the zone.
        package var time: String
        /// The action that QEMU took.
        package var action: String
    }

    /// Whether libvirt's events reach the service.
    package var isConnected: Bool
    /// The number of known running guests.
    package var running: Int
    /// The number of guests brought to the policy since the service started.
    package var treated: Int
    /// The guests that wait for the operator or the queue, in order.
    package var waiting: [Entry]
    /// The guests that do not answer.
    package var notAnswering: [Entry]
    /// The guests whose last treatment failed.
    package var failed: [Entry]
    /// The guests whose watchdog has fired in this run.
    package var fired: [Fired] = []
    /// The number of calls that never return. The service's state file omits it.
    package var stuckCalls = 0

    private enum CodingKeys: String, CodingKey {
        case isConnected, running, treated, waiting, notAnswering, failed, fired
    }
}

extension Report {
    /// Reads a report, also one of a version without fires.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        isConnected = try container.decode(Bool.self, forKey: .isConnected)
        running = try container.decode(Int.self, forKey: .running)
        treated = try container.decode(Int.self, forKey: .treated)
        waiting = try container.decode([Entry].self, forKey: .waiting)
        notAnswering = try container.decode([Entry].self, forKey: .notAnswering)
        failed = try container.decode([Entry].self, forKey: .failed)
        fired = try container.decodeIfPresent([Fired].self, forKey: .fired) ?? []
    }

    /// Returns the last fire in a run of a guest.
    package func fire(of uuid: String, in run: RunID?) -> Fire? {
        guard let run = run?.text else { return nil }
        return fired.first { $0.uuid == uuid && $0.run == run }
            .map { Fire(time: $0.time, action: $0.action) }
    }
}

extension Core {
    /// The core's state.
    package var report: Report {
        var report = Report(
            isConnected: link == .up, running: guests.count, treated: treatedCount, waiting: [],
            notAnswering: [], failed: [], stuckCalls: calls.writtenOffCount)
        for uuid in waiting.sorted(by: { $0.value < $1.value }).map(\.key) {
            report.waiting.append(entry(uuid))
        }
        for (uuid, guest) in guests.sorted(by: { $0.value.name < $1.value.name }) {
            if let run = guest.run, let fire = guest.fire {
                report.fired.append(
                    Report.Fired(
                        uuid: uuid, name: guest.name, run: run.text, time: fire.time,
                        action: fire.action))
            }
            if let reason = guest.notAnsweringReason {
                report.notAnswering.append(entry(uuid, reason))
            } else if let trouble = guest.trouble {
                report.failed.append(entry(uuid, trouble))
            } else if case .failure(let error) = guest.protection {
                report.failed.append(entry(uuid, "\(error)"))
            }
        }
        return report
    }

    private func entry(_ uuid: String, _ reason: String? = nil) -> Report.Entry {
        Report.Entry(uuid: uuid, name: guests[uuid]?.name ?? "", reason: reason)
    }

    /// Whether the core serves all guests.
    package var isService: Bool { settings.isService }

    /// Whether all named guests are done.
    package var isDone: Bool { !settings.isService && guests.isEmpty }

    /// The number of calls in flight, written-off calls included.
    package var unansweredCalls: Int { calls.count }

    /// Returns whether the policy would change a running guest.
    package func wouldChange(_ facts: GuestFacts) -> Bool {
        Plan(for: facts, under: policy).changesLiveGuest
    }
}
