// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The tool's options for the connection, in a command that does not connect.
///
/// Without the group, the command would ignore them silently.
struct UnusedConnection<Command: ParsableCommand>: ParsableArguments {
    @OptionGroup(visibility: .private) var daemon: ConnectionOptions

    func validate() throws {
        guard daemon.connect != nil else { return }
        throw ValidationError(
            "\(Command._commandName) has no --connect: it does not connect to libvirt.")
    }
}

/// The tool's options for more or less output, in a command that has one form of output.
struct UnusedOutput<Command: ParsableCommand>: ParsableArguments {
    @OptionGroup(visibility: .private) var output: OutputOptions

    func validate() throws {
        let name = Command._commandName
        if output.verbose { throw ValidationError("\(name) has no --verbose.") }
        if output.quiet { throw ValidationError("\(name) has no --quiet.") }
    }
}
