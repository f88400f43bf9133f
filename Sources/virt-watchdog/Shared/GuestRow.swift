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
    var device: Device?
    var result: String?
    /// The result in the persistent domain XML, or `nil` if it was left out.
    var config: String?
    var reason: String
    var warnings: [String] = []
    /// Whether the guest waits for `apply`.
    private(set) var waitsForApply: Bool?
    /// The guest's place in the service's queue, from 1.
    private(set) var queue: Int?
    private(set) var isProblem = false
    private(set) var isConverged = false

    private enum CodingKeys: String, CodingKey {
        case name, uuid, state, machine, plan, device, result, config, reason, warnings
        case waitsForApply, queue
    }

    /// Creates the row of a planned guest.
    init(_ facts: GuestFacts, _ plan: Plan) {
        name = facts.name
        uuid = facts.uuid
        state = facts.isLive ? "running" : "shut off"
        machine = facts.machine
        self.plan = plan.name
        device = Device(plan)
        reason = plan.reason
        warnings = plan.warnings
    }

    /// Adds the service's intention for the plan.
    mutating func add(_ state: ServiceState, under policy: Policy) {
        guard let index = state.report.waiting.firstIndex(where: { $0.uuid == uuid }) else {
            return
        }
        switch policy.running {
        case .new:
            waitsForApply = true
            reason += "; it waits for virt-watchdog apply (vm.watchdog.running=new)"
        case .all:
            queue = index + 1
            reason += "; place \(index + 1) in the service's queue"
        }
    }

    /// Creates the row of a guest with a result.
    init(_ protection: LiveResult) {
        self.init(protection.facts, protection.plan)
        result = protection.result.rawValue
        reason = protection.reason
        isConverged = protection.isConverged
    }

    /// Creates the row of a treated guest, or throws the problem.
    init(_ outcome: Outcome, of name: String) throws {
        switch outcome.protection {
        case .success(let protection): self.init(protection)
        case .failure(let error) where error.isGuestGone:
            throw GuestProblem(
                guest: name, message: "the guest is not running; it gets the policy at its start")
        case .failure(let error): throw GuestProblem(guest: name, message: "\(error)")
        case nil:
            guard let facts = outcome.facts else {
                throw GuestProblem(guest: name, message: "libvirt returned no data about the guest")
            }
            self.init(inactive: facts)
        }
        switch outcome.persistence {
        case .success(let persistence): add(persistence)
        case .failure(let error): throw GuestProblem(guest: name, message: "\(error)")
        case nil: break
        }
    }

    /// Creates the row of a guest that was read for its plan.
    init(
        planned outcome: Outcome, of name: String, _ policy: Policy, _ service: ServiceState?
    ) throws {
        if let error = outcome.error { throw Self.problem(name, error) }
        guard let facts = outcome.facts else {
            throw GuestProblem(guest: name, message: "libvirt returned no data about the guest")
        }
        self.init(facts, Plan(for: facts, under: policy))
        if let inspection = outcome.inspection { state = inspection.situation.state.rawValue }
        if let silence = outcome.inspection?.silence { warnings.append(silence) }
        if let service { add(service, under: policy) }
        switch outcome.persistence {
        case .success(let persistence): add(persistence)
        case .failure(let error): throw Self.problem(name, error)
        case nil: break
        }
    }

    private static func problem(_ name: String, _ error: TreatmentError) -> GuestProblem {
        GuestProblem(guest: name, message: error.description(retryingWith: "virt-watchdog plan"))
    }

    /// Creates the row of an inactive guest, of which only the persistent domain XML matters.
    init(inactive facts: GuestFacts) {
        name = facts.name
        uuid = facts.uuid
        state = "shut off"
        machine = facts.machine
        reason = "the guest is not running"
        isConverged = true
    }

    /// Adds the result in the persistent domain XML.
    mutating func add(_ persistence: ConfigResult) {
        config = persistence.result.rawValue
        if persistence.reason != reason { reason += "; \(persistence.reason)" }
        isConverged = isConverged && persistence.isConverged
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
        reason = problem.message
        isProblem = true
    }

    /// Returns a stream of the guests' rows.
    static func stream(_ names: [String], json: Bool) -> RowStream<GuestRow> {
        let longest = ["change-action", "unprotected", "unprotected"]
        return RowStream(
            Table("GUEST", "PLAN", "RESULT", "CONFIG", "REASON"), count: names.count,
            reserving: [names.map { escaped($0, quote: "\"") }] + longest.map { [$0] },
            json: json
        ) { row in
            [
                escaped(row.name, quote: "\""), row.plan ?? "-", row.result ?? "-",
                row.config ?? "-",
                printable(
                    ([row.reason] + row.warnings.map { "warning: \($0)" }).joined(separator: "; ")),
            ].map { Table.Cell($0) }
        }
    }

    /// Prints the remaining rows, or all rows as JSON.
    static func printRest(of stream: RowStream<GuestRow>, json: Bool) throws {
        if json {
            try StandardOutput.print(json: ["guests": stream.rows])
        } else if stream.rows.isEmpty {
            try StandardOutput.print("No guest runs.")
        } else {
            try stream.printAll()
        }
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
