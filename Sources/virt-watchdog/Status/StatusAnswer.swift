// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import TimerProbe
import WatchdogPolicy

/// The output of `status --json`. Every key is always present.
struct StatusAnswer: Encodable {
    struct Guest: Encodable {
        let name: String
        @Nullable var uuid: String?
        @Nullable var state: String?
        @Nullable var stateReason: String?
        @Nullable var persistent: Bool?
        @Nullable var machine: String?
        @Nullable var watchdogs: [Watchdog]?
        @Nullable var armed: String?
        @Nullable var fired: Fired?
        @Nullable var nextBoot: NextBoot?
        let verdict: String
        let why: String
        let reason: String
        @Nullable var showsFire: Bool?
        @Nullable var usedMonitor: Bool?
        @Nullable var usedAgent: Bool?

        init(_ row: StatusRow) {
            let found = try? row.answer.get()
            let status = found?.status
            name = row.name
            uuid = status?.uuid
            state = status?.situation.state.rawValue
            stateReason = status?.situation.reason.rawValue
            persistent = status.map { $0.persistent != nil }
            machine = status?.facts.machine
            watchdogs = status?.watchdogs
            armed = status?.timer?.name
            fired = status?.firedAnswer
            nextBoot = found?.nextBoot.answer
            verdict = row.verdict.rawValue
            why = row.why.phrase
            reason = row.reason
            showsFire = status?.timers.showsFire
            usedMonitor = status?.timers.usedMonitor
            usedAgent = status?.timers.usedAgent
        }
    }

    struct Watchdog: Encodable {
        let model: String
        let action: String
        /// The action in libvirt's definition, which is another one where QEMU's monitor changed it.
        let definedAction: String
        let origin: String
        @Nullable var armed: String?
        @Nullable var doubt: String?
    }

    /// A fire in the guest's present run.
    struct Fired: Encodable {
        /// The time of day; `nil` where only the device shows the fire.
        @Nullable var time: String?
        @Nullable var action: String?
    }

    struct NextBoot: Encodable {
        let source: String
        @Nullable var model: String?
        @Nullable var action: String?
    }

    let guests: [Guest]
    /// The number of guests by verdict, with keys in camel case.
    let summary: [String: Int]
    /// The service, or null where none runs.
    @Nullable var service: ServiceAnswer?

    init(_ look: StatusLook) {
        service = look.service.flatMap(ServiceAnswer.init)
        guests = look.rows.map(Guest.init)
        summary = Dictionary(
            uniqueKeysWithValues: StatusSummary(look.rows).counts.map { ($0.verdict.key, $0.count) }
        )
    }
}

extension Verdict.Kind {
    /// The verdict in camel case.
    var key: String {
        let words = rawValue.split { !$0.isLetter }
        return words.dropFirst().reduce(String(words.first ?? "")) {
            $0 + $1.prefix(1).uppercased() + $1.dropFirst()
        }
    }
}

extension GuestStatus {
    /// The last fire in this run, or `nil` if none is known.
    fileprivate var firedAnswer: StatusAnswer.Fired? {
        if let lastFire { return StatusAnswer.Fired(time: lastFire.time, action: lastFire.action) }
        return timers.showsFire ? StatusAnswer.Fired(time: nil, action: nil) : nil
    }

    /// The watchdogs with their timers.
    var watchdogs: [StatusAnswer.Watchdog] {
        facts.watchdogs.enumerated().map { index, watchdog in
            let timer = index < timers.timers.count ? timers.timers[index] : nil
            return StatusAnswer.Watchdog(
                model: watchdog.model, action: facts.effective(watchdog).action,
                definedAction: watchdog.action, origin: facts.origin(of: watchdog).rawValue,
                armed: timer?.name, doubt: timer?.doubt)
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
