// SPDX-License-Identifier: Apache-2.0

import Testing
import WatchdogPolicy

/// The text form of a run's name.
struct RunIDTests {
    @Test(
        arguments: [
            ("5ff58ab1-2a4f-4a4c-8a5e-6f0e6b1c7a11", 4711, 90_210),
            ("b", 1, 0),
            ("<&'\">=:", .max, .max),
        ] as [(String, Int32, UInt64)])
    func `A run's text is read back`(boot: String, process: Int32, startTicks: UInt64) throws {
        let run = RunID(boot: boot, process: process, startTicks: startTicks)
        #expect(run.text == "\(boot)/\(process)/\(startTicks)")
        #expect(RunID(run.text) == run)
    }

    @Test(arguments: [
        "", "/", "//", "///", "b", "b/1", "b/1/", "b//2", "/1/2", "b/1/2/", "/b/1/2", "b/1/2/3",
        "a/b/1/2", "b/-1/2", "b/+1/2", "b/1/+2", "b/1/-2", "b/-0/2", "b/0/2", "b/01/2",
        "b/1/02",
        "b/1/00", "b/1/0x2", "b/1/2.0", "b/1e3/2", "b/1_0/2", "b/x/2", "b/1/x",
        "b/2147483648/2", "b/1/18446744073709551616", "b/99999999999999999999/2",
        " b/1/2", "b /1/2", "b/ 1/2", "b/1 /2", "b/1/ 2", "b/1/2 ", "b/1/2\n", "\nb/1/2",
        "b\tc/1/2", "b\u{0}/1/2", "b/1/2\u{0}", "\u{FEFF}b/1/2", "b/1/\u{662}", "b/\u{FF11}/2",
        "ä/1/2", "b/\u{338}1/2", "b/1\u{301}/2", "b\u{2044}1\u{2044}2", "b\\1\\2",
    ])
    func `Any other text is refused`(text: String) {
        #expect(RunID(text) == nil)
    }

    @Test func `Runs differ in any part`() {
        let run = RunID(boot: "b", process: 1, startTicks: 2)
        #expect(run != RunID(boot: "c", process: 1, startTicks: 2))
        #expect(run != RunID(boot: "b", process: 2, startTicks: 2))
        #expect(run != RunID(boot: "b", process: 1, startTicks: 3))
    }
}
