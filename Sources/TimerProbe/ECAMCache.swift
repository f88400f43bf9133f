// SPDX-License-Identifier: Apache-2.0

internal import Synchronization
internal import WatchdogPolicy

/// The known configuration space windows, by machine type and firmware.
///
/// A firmware puts the window of a machine type always at the same address, and no guest moves it.
/// Finding it takes longer than all other reads of a guest.
final class ECAMCache: Sendable {
    private let windows = Mutex<[Key: ClosedRange<UInt64>]>([:])

    private struct Key: Hashable {
        var machine: String?
        var firmware: String?

        init(_ facts: GuestFacts) {
            machine = facts.machine
            firmware = facts.firmware
        }
    }

    /// The window of guests with these facts, or `nil` if it is unknown.
    subscript(facts: GuestFacts) -> ClosedRange<UInt64>? {
        get { windows.withLock { $0[Key(facts)] } }
        set { windows.withLock { $0[Key(facts)] = newValue } }
    }
}
