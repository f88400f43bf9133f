// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The tool's common options, in a command that uses none of them.
///
/// Without the group, the command would ignore them silently.
struct UnusedOptions<Command: ParsableCommand>: ParsableArguments {
    @OptionGroup(visibility: .private) var daemon: ConnectionOptions
    @OptionGroup(visibility: .private) var output: OutputOptions

    func validate() throws {
        let name = Command._commandName
        if daemon.connect != nil {
            throw ValidationError("\(name) has no --connect: it does not connect to libvirt.")
        }
        if output.verbose { throw ValidationError("\(name) has no --verbose.") }
        if output.quiet { throw ValidationError("\(name) has no --quiet.") }
    }
}
