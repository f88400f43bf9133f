internal import Libvirt
internal import TimerProbe
package import WatchdogPolicy

/// What a core knows, for those who ask about the service.
package struct Report: Codable, Sendable, Hashable {
    /// A guest that is not as the policy wants it.
    package struct Entry: Codable, Sendable, Hashable {
        /// The guest's UUID.
        package var uuid: String
        /// The guest's name.
        package var name: String
        /// Why, in a clause, or nothing where the list says it.
        package var reason: String?
    }

    /// The last fire of a guest's watchdog in the guest's present run.
    package struct Fired: Codable, Sendable, Hashable {
        /// The guest's UUID.
        package var uuid: String
        /// The guest's name.
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
    /// How many guests run, as far as is known.
    package var running: Int
    /// How many guests were given what the policy wants, since the service started.
    package var treated: Int
    /// The guests that wait for the operator, or for their turn in the queue; in order.
    package var waiting: [Entry]
    /// The guests that do not answer.
    package var notAnswering: [Entry]
    /// The guests whose last treatment failed.
    package var failed: [Entry]
    /// The guests whose watchdog has fired in this run.
    package var fired: [Fired] = []
    /// How many calls do not return; the service's state does not tell.
    package var stuckCalls = 0

    private enum CodingKeys: String, CodingKey {
        case isConnected, running, treated, waiting, notAnswering, failed, fired
    }
}

extension Report {
    /// Reads a report, also that of a version that noted no fires.
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
    /// What the core knows.
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
            if let silence = guest.silence {
                report.notAnswering.append(entry(uuid, silence))
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

    /// Whether the core works for ever.
    package var isService: Bool { settings.isService }

    /// Whether all named guests are done.
    package var isDone: Bool { !settings.isService && guests.isEmpty }

    /// How many calls have not returned, those that were written off included.
    package var unansweredCalls: Int { calls.count }

    /// Whether the policy would change a running guest.
    package func wouldChange(_ facts: GuestFacts) -> Bool {
        Plan(for: facts, under: policy).changesLiveGuest
    }
}
