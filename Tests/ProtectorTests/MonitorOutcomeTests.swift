// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Libvirt
@testable import Protector
@testable import TimerProbe

/// QEMU's answers to commands of its monitor.
struct MonitorOutcomeTests {
    @Test(
        arguments: [
            (#"{"return":{},"id":"libvirt-9"}"#, nil, false),
            (
                #"{"id":"1","error":{"class":"CommandNotFound","desc":"not found"}}"#, "not found",
                true
            ),
            (#"{"error":{"class":"GenericError","desc":"no"}}"#, "no", false),
            ("", "its answer is no JSON", false),
        ] as [(String, String?, Bool)])
    func `An answer tells whether the command worked, and whether QEMU knows it`(
        text: String, problem: String?, isUnknown: Bool
    ) {
        let outcome = MonitorOutcome(text)
        #expect(outcome.problem == problem)
        #expect(outcome.isUnknownCommand == isUnknown)
    }
}
