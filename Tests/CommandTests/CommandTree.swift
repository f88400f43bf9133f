// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// The tool's commands, as `--experimental-dump-help` prints them.
enum CommandTree {
    struct Node: Decodable {
        struct Argument: Decodable {
            struct Name: Decodable {
                var kind: String
                var name: String

                /// The name as it is typed.
                var text: String { kind == "long" ? "--\(name)" : "-\(name)" }
            }

            var names: [Name]?
            var valueName: String?
            var abstract: String?
            /// Whether the help shows it.
            var shouldDisplay: Bool
        }

        /// Whether there is an option of that long name.
        func has(_ option: String) -> Bool {
            arguments?.contains { $0.names?.contains { $0.text == "--\(option)" } == true } == true
        }

        var commandName: String
        var abstract: String?
        var arguments: [Argument]?
        var subcommands: [Node]?

        /// This command and all below it, each with the words that lead to it.
        fileprivate func all(below path: [String] = []) -> [(path: [String], node: Node)] {
            var shown = self
            shown.arguments?.removeAll { !$0.shouldDisplay }
            return [(path, shown)]
                + (subcommands ?? []).flatMap { $0.all(below: path + [$0.commandName]) }
        }
    }

    private struct Answer: Decodable {
        var command: Node
    }

    /// All commands with the arguments that their help shows, each with the words that lead to it.
    ///
    /// The tool itself is first.
    static func commands() throws -> [(path: [String], node: Node)] {
        let outcome = try Tool.run("--experimental-dump-help")
        // `help` is the library's own.
        return try JSONDecoder().decode(Answer.self, from: outcome.output).command.all()
            .filter { $0.path != ["help"] }
    }
}
