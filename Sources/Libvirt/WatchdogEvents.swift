// SPDX-License-Identifier: Apache-2.0

internal import CLibvirt

/// A record of the times that a guest's watchdog fires, from its creation on.
package final class WatchdogEvents {
    private final class Record {
        var actions: [String] = []
    }

    private let record = Record()
    private let guest: Guest
    private let callback: CInt

    /// Subscribes. The C function is `virConnectDomainEventRegisterAny` with
    /// `VIR_DOMAIN_EVENT_ID_WATCHDOG`.
    package init(of guest: Guest) throws(LibvirtError) {
        self.guest = guest
        let note:
            @convention(c) (virConnectPtr?, virDomainPtr?, CInt, UnsafeMutableRawPointer?) -> Void =
                { _, _, action, record in
                    guard let record else { return }
                    Unmanaged<Record>.fromOpaque(record).takeUnretainedValue()
                        .actions.append(name(ofWatchdogAction: action))
                }
        callback = virConnectDomainEventRegisterAny(
            guest.connection.pointer, guest.pointer,
            CInt(VIR_DOMAIN_EVENT_ID_WATCHDOG.rawValue),
            unsafeBitCast(note, to: virConnectDomainEventGenericCallback.self),
            Unmanaged.passRetained(record).toOpaque(),
            { record in
                if let record { Unmanaged<Record>.fromOpaque(record).release() }
            })
        if callback < 0 { throw .last() }
    }

    deinit {
        if callback >= 0 { virConnectDomainEventDeregisterAny(guest.connection.pointer, callback) }
    }

    /// QEMU's action at each fire, in the words of `virsh event`.
    package var actions: [String] { record.actions }
}

/// Returns the word for a value of `virDomainEventWatchdogAction`.
func name(ofWatchdogAction action: CInt) -> String {
    switch virDomainEventWatchdogAction(rawValue: UInt32(bitPattern: action)) {
    case VIR_DOMAIN_EVENT_WATCHDOG_NONE: "none"
    case VIR_DOMAIN_EVENT_WATCHDOG_PAUSE: "pause"
    case VIR_DOMAIN_EVENT_WATCHDOG_RESET: "reset"
    case VIR_DOMAIN_EVENT_WATCHDOG_POWEROFF: "poweroff"
    case VIR_DOMAIN_EVENT_WATCHDOG_SHUTDOWN: "shutdown"
    case VIR_DOMAIN_EVENT_WATCHDOG_DEBUG: "debug"
    case VIR_DOMAIN_EVENT_WATCHDOG_INJECTNMI: "inject-nmi"
    default: "\(action)"
    }
}
