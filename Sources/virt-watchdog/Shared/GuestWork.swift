// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import System
import WatchdogPolicy

/// A command's work on guests, with the service's core and limits.
struct GuestWork {
    var connection: Connection
    /// The guests, including those that were not found.
    var found: GuestSelection.Found
    var goal: Settings.Goal
    var policy: Policy
    /// Whether to remove the opt-outs of named guests.
    var endsOptOuts = false
    /// Whether persistent domain XML is changed regardless of the policy's `persist`.
    var persists = false

    /// The result of a finished guest.
    enum Work<Row> {
        case row(Row)
        /// No row.
        case nothing
    }

    var names: [String] {
        found.guests.map { found in
            switch found {
            case .success(let guest): guest.name
            case .failure(let problem): problem.guest
            }
        }
    }

    /// Works on all guests, and prints each row soon after its guest is done.
    ///
    /// - Parameter row: Creates the row of the guest with that index.
    func run<Row>(
        _ stream: RowStream<Row>, _ row: (Int, Result<Outcome, GuestProblem>) -> Work<Row>
    ) throws {
        func take(_ index: Int, _ result: Result<Outcome, GuestProblem>) {
            switch row(index, result) {
            case .row(let row): stream.add(row, at: index)
            case .nothing: stream.add(nil, at: index)
            }
        }
        var indexes: [String: [Int]] = [:]
        for (index, found) in found.guests.enumerated() {
            switch found {
            case .success(let guest): indexes[guest.uuid, default: []].append(index)
            case .failure(let problem): take(index, .failure(problem))
            }
        }
        var settings = Settings.command(indexes.keys.sorted(), goal)
        if endsOptOuts { settings.named = found.named }
        settings.persists = persists
        let core = Core(settings, policy: policy, memory: Memory(boot: "", firstTicks: 0))
        var finished: [(uuid: String, outcome: Outcome)] = []
        var handlers = Engine.Handlers { _, _ in }
        handlers.finished = { finished.append(($0, $1)) }
        let engine = try Engine(core, .connection(connection), handlers)
        engine.begin()
        while true {
            for (uuid, outcome) in finished {
                for index in indexes[uuid] ?? [] { take(index, .success(outcome)) }
            }
            finished = []
            try stream.printDue()
            if engine.isDone { break }
            Progress.show("\(stream.remaining) of \(found.guests.count) guests are left")
            _ = Poll.readable(
                among: [engine.descriptor],
                timeout: [engine.timeout, stream.timeout].compactMap { $0 }.min())
            engine.turn()
        }
    }
}
