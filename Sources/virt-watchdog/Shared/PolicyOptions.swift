// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Host
import WatchdogPolicy

/// The options for the properties file.
struct PolicyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read this properties file instead of the host's.", valueName: "file"),
        completion: .file())
    var properties: String?

    /// The paths on the host, with the properties file of this option or the environment.
    var paths: Paths {
        var paths = Paths.ofEnvironment()
        if let properties {
            paths.chosenProperties = properties
            paths.trustsChosenProperties = true
        }
        return paths
    }

    /// Reads the policy of that file, or of the host.
    func report() -> PolicyReport { PolicyReport(reviewing: paths) }

    /// Reads the policy, or prints the error and exits if the file that the user chose cannot be
    /// read.
    func readableReport() throws -> PolicyReport {
        let report = report()
        guard paths.chosenProperties != nil, report.isUnreadable else { return report }
        report.printErrors()
        throw ExitCode.notAsWanted
    }
}

extension PolicyReport {
    /// Prints the errors, once for all guests.
    func printErrors() {
        for problem in problems where problem.severity == .error {
            StandardError.print(problem.line(in: file ?? ""))
        }
    }
}
