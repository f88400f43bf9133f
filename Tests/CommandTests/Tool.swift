// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The tool as it is installed.
enum Tool {
    /// Why the tests of the tool need what they need, for the line that says they are skipped.
    static let needs: Comment = "needs VIRT_WATCHDOG_STAGE, the tree that Tests/run installs"

    /// Whether the tests can run here.
    static let isAvailable = Repository.runs(where: Repository.tool != nil)

    /// Runs the tool, with nothing of the caller's environment.
    static func run(
        _ arguments: String..., input: Data = Data(), environment: [String: String] = [:]
    ) throws -> Command.Outcome {
        try run(arguments, input: input, environment: environment)
    }

    /// Runs the tool, with nothing of the caller's environment.
    static func run(
        _ arguments: [String], input: Data = Data(), environment: [String: String] = [:]
    ) throws -> Command.Outcome {
        let base = ["LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"]
        return try Command(
            #require(Repository.tool, needs), arguments, input: input,
            environment: base.merging(environment) { $1 }
        ).run()
    }
}
