import ArgumentParser
import Host
import Libvirt
import Protector
import System
import TimerProbe

extension CompletionKind {
    /// The names of all guests, for an argument that takes guests.
    static let guests = CompletionKind.custom { words, _, _ in
        GuestCompletion(words: words).names
    }
}

/// What a shell offers where a command line takes guests.
///
/// Whoever presses the tab key gets names or nothing: no error, no question for a password, and no
/// long wait.
struct GuestCompletion {
    /// The daemon to ask, or nothing for libvirt's default.
    let uri: String?

    /// For how many seconds the daemon is waited for.
    private static let patience = 2

    /// Finds out which daemon a command line that is not complete is about.
    ///
    /// - Parameter words: The words as the shell passes them, with their quotes. bash makes words of
    ///   their own of the signs at which it splits a URI.
    init(words: [String], environment: (String) -> String? = { Environment[$0] }) {
        uri = (Self.uri(in: words) ?? environment("LIBVIRT_DEFAULT_URI")).map(Self.silenced)
    }

    /// The guests' names, none where libvirt cannot be reached.
    var names: [String] {
        let uri = uri
        let answer = TimedCall.run(timeout: Self.patience) {
            (try? Connection(to: uri, readOnly: true).guests(.all).map(\.name)) ?? []
        }
        return (answer ?? []).filter(Self.isPlain).sorted()
    }

    /// Whether every shell takes a name for itself.
    ///
    /// bash expands what it is to choose from, so that a guest with the name `$(reboot)` would do
    /// what its name says.
    static func isPlain(_ name: String) -> Bool {
        guard let first = name.first, first != "-" else { return false }
        return name.allSatisfy { $0.isLetter || $0.isNumber || "._+@-".contains($0) }
    }

    private static func uri(in words: [String]) -> String? {
        for (index, word) in words.enumerated() {
            if word.hasPrefix("--connect=") {
                return unquoted(word.dropFirst("--connect=".count))
            }
            guard word == "-c" || word == "--connect" else { continue }
            var rest = words[(index + 1)...]
            if rest.first == "=" { rest.removeFirst() }
            guard var uri = rest.popFirst() else { return nil }
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

    /// The URI, with the word to ssh that nobody is there to type a password.
    private static func silenced(_ uri: String) -> String {
        guard uri.contains("+ssh://") else { return uri }
        return uri + (uri.contains("?") ? "&" : "?") + "no_tty=1"
    }
}
