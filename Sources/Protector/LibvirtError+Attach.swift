package import Libvirt
internal import WatchdogPolicy

extension LibvirtError {
    /// Whether the same call may succeed later: libvirt is busy with the guest, or restarts.
    package var mayPass: Bool {
        code == .operationTimeout || isConnectionLost || isOfOrphan
            // libvirt has no code of its own for a queue that is full.
            || code == .operationFailed && message.contains("max_queued")
    }

    /// Whether the address that the device was to get may be the cause, so that another one may do.
    ///
    /// QEMU and libvirt have no code for it; a machine has too many slots to try them all for nothing.
    package var mayConcernPlace: Bool {
        [.xmlError, .internalError, .operationFailed, .unsupported].contains(code)
            && ["slot", "PCI", "address", " bus", " port"].contains { message.contains($0) }
    }

    /// Whether QEMU has a watchdog of ours that libvirt, which refused nothing, does not know.
    ///
    /// libvirt's own refusal of an alias in use has another text and another code.
    package var isOfOrphan: Bool {
        code == .internalError && message.contains("Duplicate")
            && message.contains("'\(WatchdogDevice.alias)'")
    }

    /// Whether QEMU has been asked before to unplug the device, and the guest has not released it yet.
    package var isOfUnplugUnderway: Bool { message.contains("already in the process of unplug") }
}
