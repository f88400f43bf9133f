// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Libvirt
import System

extension CompletionKind {
    /// Completes an argument with the names of all guests.
    static let guests = CompletionKind.custom { words, _, _ in
        GuestCompletion(words: words).names
    }
}

/// The completions for a guest argument.
///
/// A completion must print no error, ask for no password and not take long.
struct GuestCompletion {
    /// The daemon to ask, or `nil` for libvirt's default.
    let uri: String?

    /// The time limit for the daemon, in seconds.
    private static let timeout = 2

    /// Finds the daemon of an incomplete command line.
    ///
    /// - Parameter words: The words in the shell's spelling, with quotes. bash splits a URI at some
    ///   characters.
    init(words: [String], environment: (String) -> String? = { Environment[$0] }) {
        uri = (Self.uri(in: words) ?? environment("LIBVIRT_DEFAULT_URI")).map(Self.silenced)
    }

    /// The guests' names, or none if libvirt is out of reach.
    var names: [String] {
        let uri = uri
        let answer = TimedCall.run(timeout: Self.timeout) {
            (try? Connection(to: uri, readOnly: true).guests(.all).map(\.name)) ?? []
        }
        return (answer ?? []).filter(Self.isPlain).sorted()
    }

    /// Returns whether every shell takes a name literally.
    ///
    /// bash expands the words that it offers, so a guest named `$(reboot)` would run that command.
    static func isPlain(_ name: String) -> Bool {
        guard let first = name.first, first != "-" else { return false }
        return name.allSatisfy { $0.isLetter || $0.isNumber || "._+@-".contains($0) }
    }

    private static func uri(in words: [String]) -> String? {
        for (index, word) in words.enumerated() {
            var rest = words[(index + 1)...]
            var uri: String
            if word == "-c" || word == "--connect" {
                if rest.first == "=" { rest.removeFirst() }
                guard let next = rest.popFirst() else { return nil }
                uri = next
            } else if let prefix = ["--connect=", "-c"].first(where: word.hasPrefix) {
                uri = String(word.dropFirst(prefix.count))
            } else {
                continue
            }
            while let sign = rest.first, !sign.isEmpty, sign.allSatisfy(":=@".contains) {
                uri += rest.prefix(2).joined()
                rest = rest.dropFirst(2)
            }
            return unquoted(uri[...])
        }
        return nil
    }

    private static func unquoted(_ word: Substring) -> String? {
        let text = word.filter { $0 != "'" && $0 != "\"" }
        return text.isEmpty ? nil : text
    }

    /// Adds ssh's option for no terminal, because a completion cannot ask for a password.
    static func silenced(_ uri: String) -> String {
        guard uri.contains("+ssh://") else { return uri }
        return uri + (uri.contains("?") ? "&" : "?") + "no_tty=1"
    }
}
