internal import Synchronization
internal import WatchdogPolicy

/// The windows for configuration space that were found, by what decides where they are.
///
/// A firmware puts the window of a machine type always at the same place, and no guest moves it. To
/// find it takes longer than all else that is asked of a guest.
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

    /// The window of guests with such facts, if it is known.
    subscript(facts: GuestFacts) -> ClosedRange<UInt64>? {
        get { windows.withLock { $0[Key(facts)] } }
        set { windows.withLock { $0[Key(facts)] = newValue } }
    }
}
