// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The table of the hook's operations, row by row, and what libvirt may make of it some day.
@Suite(.enabled(if: Host.isAvailable, Host.needs))
struct OperationTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var words: [String]
        var reason: String
        var reads = false
        var prints = false
        var startsProtector = false

        var testDescription: String { "\(words.joined(separator: " ")): \(reason)" }
    }

    static let rows = [
        Row(
            words: ["prepare", "begin", "-"], reason: "prints the patched definition",
            reads: true, prints: true),
        Row(words: ["start", "begin", "-"], reason: "the command line is made: too late"),
        Row(
            words: ["started", "begin", "-"], reason: "the guest can take a hot-plugged device",
            reads: true, startsProtector: true),
        Row(
            words: ["reconnect", "begin", "-"], reason: "the guest outlived its daemon",
            reads: true, startsProtector: true),
        Row(words: ["stopped", "end", "-"], reason: "nothing to protect any more"),
        Row(words: ["release", "end", "-"], reason: "nothing to protect any more"),
        Row(words: ["release", "end", "destroyed"], reason: "libvirt 10.5 gives a reason"),
        Row(
            words: ["migrate", "begin", "-"],
            reason: "no device may be added to a guest that moves",
            reads: true),
        Row(
            words: ["restore", "begin", "-"], reason: "no device may be added to a saved guest",
            reads: true),
        Row(words: ["attach", "begin", "-"], reason: "old libvirt, foreign QEMU processes"),
        Row(words: ["hibernate", "begin", "-"], reason: "an operation libvirt may grow"),
        Row(words: ["prepare", "end", "-"], reason: "a phase that prepare does not have"),
        Row(words: ["started", "end", "-"], reason: "a phase that started does not have"),
        Row(words: ["PREPARE", "BEGIN", "-"], reason: "libvirt's words are lower case"),
        Row(words: ["prepare ", "begin", "-"], reason: "a blank more is another word"),
        Row(words: ["", "", ""], reason: "empty words are no operation"),
        Row(
            words: ["prepare", "begin"], reason: "the extra argument is not needed",
            reads: true, prints: true),
        Row(
            words: ["prepare", "begin"] + Array(repeating: "x", count: 47),
            reason: "fifty arguments, of which three count", reads: true, prints: true),
        Row(words: ["prepare"], reason: "two arguments, so no phase"),
        Row(words: [], reason: "one argument"),
    ]

    @Test(arguments: rows)
    func `Each operation reads, prints and starts what its row says`(_ row: Row) throws {
        let guest = Definition()
        let run = try Host().run([guest.name] + row.words, guest.data)
        #expect(run.status == 0)
        #expect(run.error.isEmpty)
        #expect(run.output.isEmpty == !row.prints)
        #expect((run.protector != nil) == row.startsProtector)
        #expect(run.log.count == (row.reads ? 1 : 0))
    }

    @Test(arguments: rows.filter { !$0.reads })
    func `An operation that needs no definition waits for none`(_ row: Row) throws {
        let run = try Host().run(["guest"] + row.words, Data(), closesInput: false)
        #expect(run.status == 0)
        #expect(run.output.isEmpty)
        #expect(run.lifetime < .seconds(1.5), "shorter than the hook's own alarm")
    }

    /// Watchdogs of a guest under the built-in policy, and the priority of its line.
    @Test(
        arguments: [
            (["<watchdog model='i6300esb' action='none'/>"], 4),
            (["<watchdog model='ib700' action='none'/>"], 4),
            (["<watchdog model='i6300esb' action='pause'/>"], 6),
            (["<watchdog model='i6300esb' action='reset'/>"], 6),
            ([], 5),
        ], ["prepare", "started", "migrate"])
    func `The line of a guest that a hang leaves alone is a warning`(
        row: ([String], Int), operation: String
    ) throws {
        var guest = Definition()
        guest.watchdogs = row.0
        let run = try Host().run([guest.name, operation, "begin", "-"], guest.data)
        let fields = try #require(run.log.first.flatMap(LogLineFields.init))
        #expect(fields.priority & 7 == row.1, "\(run.log)")
    }

    /// Guest names from users with bad intent or bad luck.
    static let names: [(name: String, reason: String)] = [
        ("", "empty"),
        ("-h", "looks like an option"),
        ("a\nop=prepare guest=\"b\" plan=refuse", "would forge a line of the log"),
        ("x\" uuid=1 plan=attach reason=\"", "would end its quotes"),
        ("\\\" \\", "backslashes"),
        ("%s%n%p", "a format string"),
        ("\u{1B}[2J\u{1B}]0;owned\u{7}", "escape sequences of a terminal"),
        ("\u{202E}MV-43\u{2066}", "text that runs backwards"),
        ("\r\u{85}\u{2028}\u{2029}", "the other line ends"),
        (String(repeating: "n", count: 4096), "4 KB long"),
        ("$(touch /tmp/owned); `id`", "commands of a shell"),
        ("gäst 客人 🐧", "beyond ASCII"),
        ("../../etc/passwd", "a path"),
    ]

    @Test(arguments: names, ["prepare", "started"])
    func `A hostile name stays inside its quotes, on one line`(
        _ row: (name: String, reason: String), _ operation: String
    ) throws {
        var guest = Definition()
        guest.name = row.name.unicodeScalars.map { "&#\($0.value);" }.joined()
        // What XML cannot say, libvirt does not pass either; such a definition is malformed.
        let run = try Host().run([row.name, operation, "begin", "-"], guest.data)
        #expect(run.status == 0)
        #expect(run.error.isEmpty)
        let line = try #require(run.log.first)
        #expect(run.log.count == 1)
        #expect(line.utf8.count < 4096)
        #expect(!line.unicodeScalars.contains { $0.properties.generalCategory == .control })
        #expect(!line.contains("\u{202E}") && !line.contains("\u{2028}"))
        #expect(LogLineFields(line) != nil, "\(line)")
    }

    @Test
    func `A name that is not UTF-8 does no harm`() throws {
        let guest: [[UInt8]] = [[0xFF, 0xC3, 0x28, 0xED, 0xA0, 0x80]]
        let words = ["prepare", "begin", "-"].map { Array($0.utf8) }
        let run = try Host().run([], Data("<domain".utf8), moreArguments: guest + words)
        #expect(run.status == 0)
        #expect(run.output.isEmpty && run.error.isEmpty)
        let fields = try #require(run.log.first.flatMap(LogLineFields.init))
        #expect(fields.guest.unicodeScalars.contains("\u{FFFD}"))
    }
}

/// The fields of a line in the log.
struct LogLineFields {
    var priority: Int
    var operation: String
    /// The guest's name, still escaped.
    var guest: String
    var uuid: String
    var plan: String?
    var result: String?
    var reason: String

    init?(_ line: String) {
        let form =
            #/
            <(\d+)>virt-watchdog\[\d+\]:\ op=([a-z]+)
            \ guest="((?:[^"\\]|\\.)*)"\ uuid=(\S+)
            (?:\ plan=([a-z-]+))?(?:\ result=([a-z-]+))?\ reason="([^"]+)"
            /#
        // Scalars, so that nothing hides in a grapheme.
        guard let match = line.wholeMatch(of: form.matchingSemantics(.unicodeScalar)),
            let priority = Int(match.1)
        else { return nil }
        self.priority = priority
        operation = String(match.2)
        guest = String(match.3)
        uuid = String(match.4)
        plan = match.5.map(String.init)
        result = match.6.map(String.init)
        reason = String(match.7)
    }
}
