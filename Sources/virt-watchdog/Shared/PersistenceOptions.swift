// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The option for persistent domain XML.
struct PersistenceOptions: ParsableArguments {
    @Flag(help: "Include the persistent domain XML.")
    var config = false

    @Flag(help: ArgumentHelp("The former name of --config.", visibility: .hidden))
    var persist = false

    /// Whether the option is there, under its name or its former one.
    var isWanted: Bool { config || persist }
}
