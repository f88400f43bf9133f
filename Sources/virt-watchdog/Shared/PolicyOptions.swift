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
}
