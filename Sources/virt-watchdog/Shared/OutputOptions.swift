// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The options for more or less output.
struct OutputOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Print the details of each result.")
    var verbose = false

    @Flag(name: .shortAndLong, help: "Print problems only.")
    var quiet = false

    func validate() throws {
        if verbose, quiet { throw ValidationError("Use --verbose or --quiet, not both.") }
    }
}
