// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

/// The number of the signal that arrived, or 0.
private let noted = Atomic<Int32>(0)

/// A record of SIGHUP, SIGINT and SIGTERM: the program cleans up before it ends.
package enum InterruptFlag {
    /// Records the signals from now on; a second one ends the program at once.
    ///
    /// The C function is `sigaction`.
    package static func watch() {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { noted.store($0, ordering: .relaxed) }
        action.sa_flags = CInt(bitPattern: UInt32(SA_RESETHAND))
        for number in [SIGHUP, SIGINT, SIGTERM] { sigaction(number, &action, nil) }
    }

    /// Whether one of them arrived.
    package static var happened: Bool { noted.load(ordering: .relaxed) != 0 }

    /// Ends the program by the signal that arrived, if one did; the C function is `raise`.
    package static func endIfHappened() {
        let number = noted.load(ordering: .relaxed)
        if number != 0 { raise(number) }
    }
}
