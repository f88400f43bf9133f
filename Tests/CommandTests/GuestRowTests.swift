// SPDX-License-Identifier: Apache-2.0

import Testing
import WatchdogPolicy

@testable import Protector
@testable import virt_watchdog

/// The rows of `plan` and `apply`.
@Suite struct GuestRowTests {
    private static let device = WatchdogDevice(model: .i6300esb, action: .reset)
    private static let own = GuestFacts.Watchdog(model: "ib700", action: "none")

    private static func facts(isLive: Bool = true) -> GuestFacts {
        GuestFacts(name: "web", uuid: "a", isLive: isLive)
    }

    private static func row(_ decision: Plan.Decision, isLive: Bool = true) -> GuestRow {
        GuestRow(facts(isLive: isLive), Plan(decision))
    }

    private static let plans: [(Plan.Decision, word: String, isPending: Bool)] = [
        (.leave(.faultyGuestPolicy("x")), "error", false),
        (.attach(device, .automatic), "attach", true),
        (.changeAction(from: "none", to: .reset), "change-action", true),
        (.changeAction(from: "none", to: .dump), "change-action", false),
        (.coldPlug(device, .noFreeSlot), "cold-plug", false),
        (.refuse(.notQEMU(type: "xen")), "refuse", false),
        (.leave(.keptAction(own, wanted: device)), "unprotected", false),
        (
            .leave(
                .keptAction(GuestFacts.Watchdog(model: "ib700", action: "pause"), wanted: device)),
            "keep", false
        ),
        (.leave(.excluded), "excluded", false), (.leave(.modelNone), "excluded", false),
        (.leave(.asWanted(device)), "nothing", false),
    ]

    @Test
    func `A plan has a word of its own for each need of the operator`() {
        for (decision, word, isPending) in Self.plans {
            let row = Self.row(decision)
            #expect(row.planWord == word)
            #expect(row.isPending == isPending, "\(word)")
            #expect((1...24).contains(row.why.phrase.count), "\(row.why.phrase)")
            #expect(row.why.isPlain == (word == "nothing"))
        }
        #expect(!Self.row(.attach(Self.device, .automatic), isLive: false).isPending)
    }

    @Test
    func `Pending work comes first, and guests that are fine come last`() {
        let rows = Self.plans.map { Self.row($0.0) }.shuffled().sorted { $0.rank < $1.rank }
        #expect(rows.first?.planWord == "error")
        let words = rows.map(\.planWord)
        #expect(words.last == "nothing")
        #expect(words[1...2].sorted() == ["attach", "change-action"])
        #expect(
            rows.summary { $0.planWord }.hasPrefix("11 guests: 1 error, ")
                && rows.summary { $0.planWord }.hasSuffix(", 1 nothing."))
    }

    @Test
    func `The exit status of plan tells pending work from none and from trouble`() {
        let fine = Self.row(.leave(.asWanted(Self.device)))
        let pending = Self.row(.attach(Self.device, .automatic))
        let faulty = Self.row(.leave(.faultyGuestPolicy("x")))
        #expect(Planning.exitCode(of: [fine], hasErrors: false) == nil)
        #expect(Planning.exitCode(of: [fine, pending], hasErrors: false) == .pending)
        #expect(Planning.exitCode(of: [fine, pending], hasErrors: true) == .notAsWanted)
        #expect(Planning.exitCode(of: [pending, faulty], hasErrors: false) == .notAsWanted)
    }

    @Test
    func `The persistent domain XML counts as pending work, and is summed up`() {
        var row = Self.row(.leave(.asWanted(Self.device)))
        row.add(ConfigResult(result: .wouldWrite, reason: "it would have a device"))
        #expect(row.isPending)
        #expect(!row.why.isPlain)
        #expect(row.why.explanation.hasSuffix("; it would have a device"))
        #expect(
            [row].summary { $0.planWord }
                == "1 guest: 1 nothing. Persistent domain XML: 1 would-write.")
    }

    @Test
    func `apply names the next step, and not why it was needed`() {
        let attached = GuestRow(
            LiveResult(
                facts: Self.facts(), plan: Plan(.attach(Self.device, .automatic)), result: .attached
            ))
        #expect(attached.why.phrase == "the guest does not feed it yet")
        #expect(attached.why.explanation.contains("a hang leads to 'reset' once the guest"))
        #expect(!attached.why.explanation.contains("has no watchdog"))
        let aligned = GuestRow(
            LiveResult(
                facts: Self.facts(), plan: Plan(.changeAction(from: "none", to: .pause)),
                result: .aligned))
        #expect(aligned.why.phrase == "action is now pause")
        let refused = GuestRow(
            LiveResult(
                facts: Self.facts(), plan: Plan(.coldPlug(Self.device, .noFreeSlot)),
                result: .unprotected))
        #expect(refused.why.phrase == "no free PCI slot or port")
        #expect(!refused.isConverged)
    }
}
