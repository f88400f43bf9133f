// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WatchdogPolicy

/// The command in a command line, found before the argument parser.
///
/// For an unknown command, the parser may complain about its options instead. It takes `help` of an
/// unknown command for `help` alone.
enum CommandWord {
    private static let help = "help"

    /// Throws an error if the command line names an unknown command.
    static func check(
        _ arguments: [String], among commands: [String] = VirtWatchdog.commandNames
    ) throws(ValidationError) {
        var rest = arguments[...]
        guard let word = next(in: &rest) else { return }
        let topic = word == help ? next(in: &rest) : nil
        for word in [word, topic].compactMap({ $0 }) where !(commands + [help]).contains(word) {
            throw ValidationError(
                "Unknown command '\(word)'" + Suggestion.clause(for: word, among: commands))
        }
    }

    /// Returns the next word that is no option of the tool, or `nil` without one.
    ///
    /// It also returns `nil` before an option that only a command can have.
    private static func next(in arguments: inout ArraySlice<String>) -> String? {
        while let word = arguments.popFirst() {
            guard word.hasPrefix("-") else { return word }
            if ["--verbose", "--quiet"].contains(word) || word.hasPrefix("--connect=") { continue }
            if word == "--connect" {
                arguments = arguments.dropFirst()
                continue
            }
            guard !word.hasPrefix("--") else { return nil }
            switch word.dropFirst().drop(while: "vq".contains) {
            case "": if word == "-" { return nil }
            case "c": arguments = arguments.dropFirst()
            case let joined where joined.hasPrefix("c"): break
            default: return nil
            }
        }
        return nil
    }
}

extension VirtWatchdog {
    /// The names of the commands.
    static var commandNames: [String] { configuration.subcommands.map { $0._commandName } }
}
