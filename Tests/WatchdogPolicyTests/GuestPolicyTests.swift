// SPDX-License-Identifier: Apache-2.0

import Testing
import WatchdogPolicy

/// The policy in a guest's own metadata.
struct GuestPolicyTests {
    @Test(
        arguments: [
            ("enabled", "no"), ("enabled", " NO "), ("enabled", "false"),
        ] as [(String, String)])
    func `Attributes are read in upper and lower case, and without blanks around them`(
        name: String, value: String
    ) {
        let policy = GuestPolicy(attributes: [(name, value)])
        #expect(policy.isEnabled == false)
        #expect(policy.fault == nil)
    }

    @Test func `Model and action come from the properties file`() {
        let policy = GuestPolicy(attributes: [
            ("enabled", "yes"), ("model", "IB700"), ("action", "inject_nmi"),
        ])
        #expect(policy.isEnabled == true)
        #expect(policy.model == .model(.ib700))
        #expect(policy.action == .injectNMI)
        #expect(policy.fault == nil)
    }

    @Test(
        arguments: [
            ("enabled", "noo", "'no'"), ("model", "i6300", "'i6300esb'"),
            ("action", "rest", "'reset'"), ("acton", "reset", "'action'"),
            ("model", "", "unknown value"),
        ] as [(String, String, String)])
    func `A value that is not understood is a fault that names the nearest valid one`(
        name: String, value: String, part: String
    ) {
        let policy = GuestPolicy(attributes: [(name, value)])
        #expect(policy.fault?.contains(part) == true)
    }
}
