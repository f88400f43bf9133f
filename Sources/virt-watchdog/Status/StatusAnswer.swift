import Libvirt
import Protector
import TimerProbe
import WatchdogPolicy

/// The output of `status --json`. Every key is always present.
struct StatusAnswer: Encodable {
    struct Guest: Encodable {
        var row: StatusRow

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            let found = try? row.answer.get()
            let status = found?.status
            try container.encode(row.name, forKey: .name)
            try container.encode(status?.uuid, forKey: .uuid)
            try container.encode(status?.situation.state.rawValue, forKey: .state)
            try container.encode(status?.situation.reason.rawValue, forKey: .stateReason)
            try container.encode(status.map { $0.persistent != nil }, forKey: .persistent)
            try container.encode(status?.facts.machine, forKey: .machine)
            try container.encode(status?.watchdogs, forKey: .watchdogs)
            try container.encode(status?.timer?.name, forKey: .armed)
            try container.encode(status?.firedAnswer, forKey: .fired)
            try container.encode(found?.nextBoot.answer, forKey: .nextBoot)
            try container.encode(row.verdict.rawValue, forKey: .verdict)
            try container.encode(row.reason, forKey: .reason)
            try container.encode(status?.timers.showsFire, forKey: .showsFire)
            try container.encode(status?.timers.usedMonitor, forKey: .usedMonitor)
            try container.encode(status?.timers.usedAgent, forKey: .usedAgent)
        }

        private enum CodingKeys: String, CodingKey {
            case name, uuid, state, stateReason, persistent, machine, watchdogs, armed, fired
            case nextBoot, verdict, reason, showsFire, usedMonitor, usedAgent
        }
    }

    struct Watchdog: Encodable {
        var model: String
        var action: String
        /// The action in libvirt's domain XML, which QEMU's monitor may have overridden.
        var definedAction: String
        var origin: String
        var timer: TimerState?

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(model, forKey: .model)
            try container.encode(action, forKey: .action)
            try container.encode(definedAction, forKey: .definedAction)
            try container.encode(origin, forKey: .origin)
            try container.encode(timer?.name, forKey: .armed)
            try container.encode(timer?.doubt, forKey: .doubt)
        }

        private enum CodingKeys: String, CodingKey {
            case model, action, definedAction, origin, armed, doubt
        }
    }

    /// A fire in the guest's present run.
    struct Fired: Encodable {
        /// The time of day, or `nil` if only the device shows the fire.
        var time: String?
        var action: String?

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(time, forKey: .time)
            try container.encode(action, forKey: .action)
        }

        private enum CodingKeys: String, CodingKey {
            case time, action
        }
    }

    struct NextBoot: Encodable {
        var source: String
        var model: String?
        var action: String?

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(source, forKey: .source)
            try container.encode(model, forKey: .model)
            try container.encode(action, forKey: .action)
        }

        private enum CodingKeys: String, CodingKey {
            case source, model, action
        }
    }

    var guests: [Guest]
    /// The number of guests by verdict.
    var summary: [String: Int]
    /// The service, or null if none runs.
    var service: ServiceAnswer?

    init(_ rows: [StatusRow], _ summary: StatusSummary, _ service: ServiceAnswer?) {
        self.service = service
        guests = rows.map(Guest.init)
        self.summary = Dictionary(
            uniqueKeysWithValues: summary.counts.map { ($0.verdict.rawValue, $0.count) })
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(guests, forKey: .guests)
        try container.encode(summary, forKey: .summary)
        try container.encode(service, forKey: .service)
    }

    private enum CodingKeys: String, CodingKey {
        case guests, summary, service
    }
}

extension GuestStatus {
    /// The last fire in this run, or `nil` if none is known.
    fileprivate var firedAnswer: StatusAnswer.Fired? {
        if let lastFire { return StatusAnswer.Fired(time: lastFire.time, action: lastFire.action) }
        return timers.showsFire ? StatusAnswer.Fired() : nil
    }

    /// The watchdogs with their timers.
    var watchdogs: [StatusAnswer.Watchdog] {
        facts.watchdogs.enumerated().map { index, watchdog in
            StatusAnswer.Watchdog(
                model: watchdog.model, action: facts.effective(watchdog).action,
                definedAction: watchdog.action, origin: facts.origin(of: watchdog).rawValue,
                timer: index < timers.timers.count ? timers.timers[index] : nil)
        }
    }
}

extension NextBoot {
    fileprivate var answer: StatusAnswer.NextBoot {
        StatusAnswer.NextBoot(source: source, model: model, action: action)
    }
}

extension Duration {
    var milliseconds: Double {
        Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15
    }
}
