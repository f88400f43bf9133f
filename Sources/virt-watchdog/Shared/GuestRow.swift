// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import WatchdogPolicy

/// The row of a guest in the output of `plan` and `apply`.
struct GuestRow: Encodable {
    /// The planned watchdog.
    struct Device: Encodable {
        var model: String
        var action: String
        var rootPort: UInt32?
    }

    var name: String
    var uuid: String?
    var state: String?
    var machine: String?
    var plan: String?
    /// For a guest that is left alone, whether it is as wanted.
    var leave: String?
    var device: Device?
    var result: String?
    /// The result in the persistent domain XML, or `nil` if it was left out.
    var config: String?
    var why: Why
    /// Whether the guest waits for `apply`.
    private(set) var waitsForApply: Bool?
    /// The guest's place in the service's queue, from 1.
    private(set) var queue: Int?
    /// Whether the guest was not read or treated.
    private(set) var isProblem = false
    private(set) var isMissing = false
    private(set) var isConverged = false
    /// Whether `apply` would change something.
    private(set) var isPending = false

    private enum CodingKeys: String, CodingKey {
        case name, uuid, state, machine, plan, leave, device, result, config, why, reason, warnings
        case waitsForApply, queue
    }

    /// Encodes the row with its whole reason.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encodeIfPresent(uuid, forKey: .uuid)
        try container.encodeIfPresent(state, forKey: .state)
        try container.encodeIfPresent(machine, forKey: .machine)
        try container.encodeIfPresent(plan, forKey: .plan)
        try container.encodeIfPresent(leave, forKey: .leave)
        try container.encodeIfPresent(device, forKey: .device)
        try container.encodeIfPresent(result, forKey: .result)
        try container.encodeIfPresent(config, forKey: .config)
        try container.encode(why.phrase, forKey: .why)
        try container.encode(why.explanation(for: name), forKey: .reason)
        try container.encode(why.warnings, forKey: .warnings)
        try container.encodeIfPresent(waitsForApply, forKey: .waitsForApply)
        try container.encodeIfPresent(queue, forKey: .queue)
    }

    /// Creates the row of a planned guest.
    init(_ facts: GuestFacts, _ plan: Plan) {
        name = facts.name
        uuid = facts.uuid
        state = facts.isLive ? "running" : "shut off"
        machine = facts.machine
        self.plan = plan.name
        if case .leave(let reason) = plan.decision { leave = reason.outcome.rawValue }
        device = Device(plan)
        why = Why(
            phrase: plan.phrase, explanation: plan.reason, warnings: plan.warnings,
            isPlain: leave == LeaveReason.Outcome.fine.rawValue || plan.isOfFaultyPolicy)
        isPending = facts.isLive && plan.changesLiveGuest
        if !facts.isLive, plan.changesDefinition {
            why.phrase = "at its next start"
            why.explanation = "the guest is not running; at its next start: \(plan.reason)"
        }
    }

    /// Whether the guest's metadata has an error.
    var isFaulty: Bool { leave == LeaveReason.Outcome.faulty.rawValue }

    /// Adds the service's intention for the plan.
    mutating func add(_ state: ServiceState, under policy: Policy) {
        guard let index = state.report.waiting.firstIndex(where: { $0.uuid == uuid }) else {
            return
        }
        switch policy.running {
        case .new:
            waitsForApply = true
            add("it waits for virt-watchdog apply (vm.watchdog.running=new)")
        case .all:
            queue = index + 1
            add("place \(index + 1) in the service's queue")
        }
    }

    private mutating func add(_ clause: String) {
        why.explanation += "; \(clause)"
        why.isPlain = false
    }

    /// Creates the row of a guest with a result.
    init(_ protection: LiveResult) {
        self.init(protection.facts, protection.plan)
        result = isFaulty ? "failed" : protection.result.rawValue
        isConverged = protection.isConverged
        let action = device?.action ?? ""
        switch protection.result {
        case .attached:
            why.phrase = "the guest does not feed it yet"
            why.explanation =
                "the watchdog is attached; a hang leads to '\(action)' once the guest has started the"
                + " timer: it needs the driver and a program that feeds the watchdog, such as systemd"
                + " with RuntimeWatchdogSec; virt-watchdog status shows when it has"
        case .aligned:
            if case .changeAction(_, let action) = protection.plan.decision {
                why.phrase = "action is now \(action.rawValue)"
                why.explanation =
                    "the guest's watchdogs have the action '\(action.rawValue)' now; virt-watchdog status"
                    + " shows whether the guest feeds them"
            }
        case .unchanged, .unprotected: break
        }
    }

    /// Creates the row of a treated guest, or throws the problem.
    init(_ outcome: Outcome, of name: String) throws {
        switch outcome.protection {
        case .success(let protection): self.init(protection)
        case .failure(let error) where error.isGuestGone:
            throw GuestProblem(
                guest: name, message: "the guest is not running; it gets the policy at its start",
                isGone: true)
        case .failure(let error):
            throw GuestProblem(name, error, retryingWith: "virt-watchdog apply GUEST")
        case nil:
            guard let facts = outcome.facts else {
                throw GuestProblem(guest: name, message: "libvirt returned no data about the guest")
            }
            self.init(inactive: facts)
        }
        switch outcome.persistence {
        case .success(let persistence): add(persistence)
        case .failure(let error):
            throw GuestProblem(name, error, retryingWith: "virt-watchdog apply GUEST")
        case nil: break
        }
    }

    /// Creates the row of a guest that was read for its plan.
    init(
        planned outcome: Outcome, of name: String, _ policy: Policy, _ service: ServiceState?
    ) throws {
        if let error = outcome.error {
            throw GuestProblem(name, error, retryingWith: "virt-watchdog plan")
        }
        guard let facts = outcome.facts else {
            throw GuestProblem(guest: name, message: "libvirt returned no data about the guest")
        }
        self.init(facts, Plan(for: facts, under: policy))
        if let inspection = outcome.inspection { state = inspection.situation.state.rawValue }
        if let silence = outcome.inspection?.silence { why.warnings.append(silence) }
        if let service { add(service, under: policy) }
        switch outcome.persistence {
        case .success(let persistence): add(persistence)
        case .failure(let error):
            throw GuestProblem(name, error, retryingWith: "virt-watchdog plan")
        case nil: break
        }
    }

    /// Creates the row of an inactive guest, of which only the persistent domain XML matters.
    init(inactive facts: GuestFacts) {
        name = facts.name
        uuid = facts.uuid
        state = "shut off"
        machine = facts.machine
        why = Why(
            phrase: "guest is shut off", explanation: "the guest is not running",
            isPlain: true)
        isConverged = true
    }

    /// Adds the result in the persistent domain XML.
    mutating func add(_ persistence: ConfigResult) {
        config = persistence.result.rawValue
        isConverged = isConverged && persistence.isConverged
        switch persistence.result {
        case .wouldWrite, .wouldAlign: isPending = true
        case .unprotected: if why.isPlain { why.phrase = "no place in its XML" }
        case .written, .aligned, .unchanged, .transient: break
        }
        let isInDefinition = [.written, .aligned, .unchanged].contains(persistence.result)
        if isInDefinition, plan == "cold-plug" {
            // The plan's fix is done.
            why.phrase = "at its next cold start"
            why.explanation = persistence.reason
        } else if persistence.result != .unchanged, persistence.reason != why.explanation {
            add(persistence.reason)
        }
    }

    /// Creates the row that `make` returns for a finished guest, or the row of its problem.
    init(
        of name: String, _ result: Result<Outcome, GuestProblem>,
        _ make: (Outcome) throws -> GuestRow
    ) {
        do {
            self = try make(result.get())
        } catch let problem as GuestProblem {
            self.init(problem)
        } catch {
            self.init(GuestProblem(guest: name, message: "\(error)"))
        }
    }

    private init(_ problem: GuestProblem) {
        name = problem.guest
        result = "failed"
        why = Why(phrase: problem.phrase, explanation: problem.message)
        isProblem = true
        isMissing = problem.isMissing
    }
}

extension GuestRow: TableRow {
    /// Whether the guest was not read or treated, or its metadata has an error.
    var isError: Bool { isProblem || isFaulty }

    /// The order: problems, then what waits for `apply`, then guests without protection.
    var rank: Int {
        if isProblem { return 0 }
        if isPending { return 1 }
        return switch planWord {
        case "error": 0
        case "attach", "change-action": 2
        case "cold-plug", "refuse": 3
        case "unprotected": 4
        case "keep": 5
        case "excluded": 6
        default: result == LiveResult.Result.unprotected.rawValue ? 3 : 7
        }
    }

    /// The plan in a word, for the table.
    var planWord: String {
        switch leave.flatMap(LeaveReason.Outcome.init) {
        case .fine: "nothing"
        case .kept: "keep"
        case .unprotected: "unprotected"
        case .excluded: "excluded"
        case .faulty: "error"
        case nil: plan ?? (isProblem ? "unknown" : "-")
        }
    }

    /// The style of the plan's or the result's word.
    var style: Style {
        if isProblem || isFaulty { return .bad }
        switch planWord {
        case "refuse", "unprotected": return .bad
        case "cold-plug", "keep": return .doubtful
        case "excluded": return .faint
        default: return result == LiveResult.Result.unprotected.rawValue ? .bad : .good
        }
    }
}

extension RowStream<GuestRow> {
    /// Makes the stream of `plan`.
    ///
    /// - Parameter config: Whether the plan includes persistent domain XML.
    static func plan(_ names: [String], form: OutputForm, config: Bool) -> RowStream {
        // The plan asks no QEMU, so all rows come soon, and can be in order.
        .rows(
            "PLAN", "change-action", names, form, config,
            Patience(gap: .seconds(1), longest: .seconds(3))
        ) {
            $0.planWord
        }
    }

    /// Makes the stream of `apply`.
    ///
    /// - Parameter config: Whether `apply` changes persistent domain XML.
    static func apply(_ names: [String], form: OutputForm, config: Bool) -> RowStream {
        .rows("RESULT", "unprotected", names, form, config, Patience()) { $0.result ?? "-" }
    }

    private static func rows(
        _ title: String, _ longest: String, _ names: [String], _ form: OutputForm, _ config: Bool,
        _ patience: Patience, word: @escaping (GuestRow) -> String
    ) -> RowStream {
        let columns =
            [Table.Column("GUEST", .shorten), Table.Column(title)]
            + (config ? [Table.Column("CONFIG")] : []) + [Table.Column("WHY", .cut)]
        return RowStream(
            columns, of: names, reserving: [[longest]] + (config ? [["would-write"]] : []),
            form: form, patience: patience
        ) { row in
            [Table.Cell(word(row), row.style)] + (config ? [Table.Cell(row.config ?? "-")] : [])
        }
    }
}

extension [GuestRow] {
    /// The number of guests by a word and, if there are any, by the change of the persistent domain
    /// XML, as a line.
    func summary(by word: (GuestRow) -> String) -> String {
        let configs = compactMap(\.config)
        return map(word).summary
            + (configs.isEmpty ? "" : " Persistent domain XML: \(configs.tally).")
    }
}

extension GuestRow.Device {
    /// Returns the device that a plan adds, or `nil` if it adds none.
    fileprivate init?(_ plan: Plan) {
        switch plan.decision {
        case .attach(let device, let point):
            self.init(device)
            if case .rootPort(let address) = point { rootPort = address.bus }
        case .coldPlug(let device, _): self.init(device)
        case .leave, .changeAction, .refuse: return nil
        }
    }

    private init(_ device: WatchdogDevice) {
        model = device.model.rawValue
        action = device.action.rawValue
    }
}
