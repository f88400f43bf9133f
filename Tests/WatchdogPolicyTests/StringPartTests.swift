// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WatchdogPolicy

/// The search in names of machines and drivers.
struct StringPartTests {
    @Test(arguments: ["q35", "pc-q35-9.2", "ubuntu-q35", "qq35", "ä-q35", ""])
    func `A part is found wherever it stands`(_ text: String) {
        #expect(text.hasPart("q35") == text.contains("q35"))
        #expect(text.hasPart(""))
        #expect(text.hasPart(text))
        #expect(!text.hasPart(text + "-"))
    }
}
