// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WatchdogPolicy

/// The numbers of `virDomainGetState`.
struct SituationTests {
    @Test(
        arguments: [
            (1, 1, .booted), (1, 2, .migrated), (1, 3, .restored), (1, 4, .fromSnapshot),
            (1, 5, .unpaused), (1, 6, .migrationCanceled), (1, 7, .saveCanceled), (1, 8, .wakeup),
            (1, 9, .crashed), (1, 10, .postCopy), (1, 11, .postCopyFailed), (1, 12, .other),
            (2, 1, .other),
            (3, 0, .other), (3, 1, .user), (3, 2, .pausedByMigration), (3, 3, .saving),
            (3, 4, .dumping), (3, 5, .ioError), (3, 6, .watchdog), (3, 7, .fromSnapshot),
            (3, 8, .shuttingDown), (3, 9, .creatingSnapshot), (3, 10, .crashed),
            (3, 11, .startingUp), (3, 12, .postCopy), (3, 13, .postCopyFailed), (3, 14, .apiError),
            (4, 1, .user),
            (5, 0, .other), (5, 1, .shutdown), (5, 2, .destroyed), (5, 3, .crashed),
            (5, 4, .migrated), (5, 5, .saved), (5, 6, .failed), (5, 7, .fromSnapshot),
            (5, 8, .daemon), (5, 9, .other), (6, 0, .other), (6, 1, .panicked), (7, 0, .other),
        ] as [(Int32, Int32, Situation.Reason)])
    func `The reason for a state is read`(state: Int32, reason: Int32, meaning: Situation.Reason) {
        #expect(Situation(state: state, reason: reason).reason == meaning)
    }

    @Test
    func `A number of a later libvirt is no state, or another reason`() {
        for number: Int32 in [99, -1, .max, .min] {
            #expect(Situation(state: number, reason: 0).state == .noState)
            #expect(Situation(state: number, reason: 0).reason == .other)
            #expect(Situation(state: 1, reason: number).reason == .other)
            #expect(Situation(state: 3, reason: number).reason == .other)
        }
    }
}
