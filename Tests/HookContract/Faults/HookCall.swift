// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import WatchdogPolicy

/// A call of the hook as libvirt makes it: one side of the matrix.
struct HookCall: Sendable, CustomTestStringConvertible {
    /// What the hook does where nothing is wrong.
    enum Work: Sendable {
        /// It leaves at once.
        case nothing
        /// It prints the definition with another action.
        case print
        /// It starts the one-shot.
        case protect
        /// It exits with 1.
        case refuse
    }

    var name: String
    var subOperation: String
    var work: Work
    var guest = Definition(watchdogs: ["<watchdog model='i6300esb' action='pause'/>"])

    /// The policy under which a call has work to do, and may refuse where it may.
    static let policy = "vm.watchdog.existing=align\nvm.watchdog.enforce=true"

    var reads: Bool { work != .nothing }

    var prints: Bool { work == .print }

    var testDescription: String {
        switch work {
        case .refuse: "\(name), refusing"
        case .nothing, .print, .protect: name
        }
    }

    /// The arguments behind the guest's name.
    var words: [String] { [name, subOperation, "-"] }

    /// Every operation that libvirt documents, an undocumented one, and once more prepare, which
    /// may refuse.
    static let all: [HookCall] = {
        var calls: [HookCall] = []
        for index in HookOperation.table.indices {
            let row = HookOperation.table[index]
            let work: Work =
                row.output != .nothing ? .print : row.needsTreatment ? .protect : .nothing
            calls.append(HookCall(name: row.name, subOperation: row.subOperation, work: work))
        }
        calls.append(HookCall(name: "hibernate", subOperation: "begin", work: .nothing))
        calls.append(
            HookCall(
                name: "prepare", subOperation: "begin", work: .refuse,
                guest: Definition(machine: .microvm)
            ))
        return calls
    }()
}
