// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import virt_watchdog

@Suite struct LegendTests {
    @Test
    func `A reason stands once for all guests that have it`() {
        var legend = Legend()
        for number in 0..<280 {
            legend.add(
                Why(phrase: "timer not started", explanation: "it needs a driver; see GUEST"),
                of: "vm\(number)")
        }
        legend.add(Why(phrase: "fine", explanation: "fine", isPlain: true), of: "web")
        #expect(
            legend.lines(width: nil)
                == ["timer not started (280 guests): it needs a driver; see GUEST"])
    }

    @Test
    func `Reasons that differ are shown for one guest, and warnings by their text`() {
        var legend = Legend()
        legend.add(
            Why(phrase: "no port", explanation: "port 1", warnings: ["on_reboot is 'destroy'"]),
            of: "a")
        legend.add(
            Why(
                phrase: "no port", explanation: "port 2", warnings: ["on_reboot is 'destroy'", "x"]),
            of: "b")
        #expect(
            legend.lines(width: nil) == [
                "no port (a): port 1", "no port (b): port 2",
                "warning (2 guests): on_reboot is 'destroy'", "warning: x",
            ])
    }

    @Test
    func `Many explanations of one phrase are cut short, and the rest is counted`() {
        var legend = Legend()
        for number in 0..<20 {
            legend.add(Why(phrase: "fired", explanation: "at \(number)"), of: "vm\(number)")
            legend.add(Why(phrase: "fired", explanation: "at \(number)"), of: "db\(number)")
        }
        let lines = legend.lines(width: nil)
        #expect(lines.count == 6)
        #expect(lines.first == "fired (vm0 and 1 more): at 0")
        #expect(lines.last == "fired: 15 more reasons; see --verbose")
    }

    @Test
    func `Lines fit the width, and foreign text cannot steer the terminal`() {
        var legend = Legend()
        legend.add(
            Why(
                phrase: "p\u{1b}",
                explanation: Array(repeating: "word", count: 40).joined(separator: " ")),
            of: "a\u{202E}")
        let lines = legend.lines(width: 40)
        #expect(lines.count > 4)
        #expect(lines.allSatisfy { $0.count <= 40 })
        #expect(lines.allSatisfy { !$0.contains("\u{1b}") })
        #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("    ") })
    }

    @Test(arguments: [("web", "run x web; web"), ("a b", "run x 'a b'; 'a b'")])
    func `The guest's name stands in its commands`(_ name: String, _ text: String) {
        let why = Why(phrase: "", explanation: "run x GUEST; GUEST")
        #expect(why.reason(for: name) == text)
    }
}
