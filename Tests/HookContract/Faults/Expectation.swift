// SPDX-License-Identifier: Apache-2.0

/// What a call under a fault is to do; nothing where it does not matter.
struct Expectation {
    /// A line of the log.
    struct Line {
        var plan: String?
        var result: String?
        /// A part of the reason.
        var reason = ""
        /// Whether the reason names the properties file.
        var namesFile = false
        var isError = false

    }

    var statuses: Set<Int32> = [0]
    var prints: Bool? = false
    var protects: Bool? = false
    /// Whether standard error may hold something.
    var complains = false
    var lines: [Line]? = []

    init(of call: HookCall, under fault: Fault) {
        if case .unlogged = fault.effect { lines = nil }
        guard call.reads, !fault.hidesOperation else { return }
        switch fault.effect {
        case .none: work(as: call)
        case .unlogged:
            work(as: call)
            lines = nil
        case .noPlan(let reason):
            lines = [Line(result: "failed", reason: reason, isError: true)]
        case .leftAlone(let reason):
            lines = [Line(plan: "leave", reason: reason, namesFile: true, isError: true)]
        case .builtIn(let reason):
            lines = [Line(plan: call.work == .refuse ? "refuse" : "leave", reason: reason)]
        case .unprotectable(let reason):
            let isRefused = call.name == "prepare"
            statuses = [isRefused ? 1 : 0]
            complains = isRefused
            lines = [Line(plan: "refuse", result: isRefused ? "refused" : nil, reason: reason)]
        case .notPrinted(let reason):
            work(as: call)
            guard call.prints else { return }
            (prints, protects) = (false, false)
            lines = [Line(result: "failed", reason: reason, isError: true)]
        case .notProtected(let reason):
            work(as: call)
            protects = false
            if call.work == .protect {
                lines?.append(Line(result: "failed", reason: reason, isError: true))
            } else if call.name == "prepare", call.work == .print {
                (prints, complains, statuses) = (false, true, [1])
                lines = [
                    Line(plan: "change-action", result: "refused", reason: reason, isError: true)
                ]
            }
        case .failing(let reason):
            work(as: call)
            guard call.work == .protect else { return }
            lines?.append(Line(result: "failed", reason: reason, isError: true))
        case .uncertain:
            work(as: call)
            // What Swift says of memory goes to standard error; libvirt drops it where all is well.
            complains = true
            statuses.insert(0)
            (prints, protects, lines) = (nil, nil, nil)
        }
    }

    /// What a call does where nothing is wrong.
    private mutating func work(as call: HookCall) {
        prints = call.prints
        protects = call.work == .protect
        complains = call.work == .refuse
        statuses = [call.work == .refuse ? 1 : 0]
        lines = [
            call.work == .refuse
                ? Line(plan: "refuse", result: "refused", isError: true)
                : Line(plan: "change-action")
        ]
    }
}
