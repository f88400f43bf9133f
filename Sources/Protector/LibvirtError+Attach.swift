// SPDX-License-Identifier: Apache-2.0

package import Libvirt
internal import WatchdogPolicy

extension LibvirtError {
    /// Whether a retry may succeed, because libvirt is busy or restarts.
    package var mayPass: Bool {
        code == .operationTimeout || isConnectionLost || isOfOrphan
            // libvirt has no code of its own for a full queue.
            || code == .operationFailed && message.contains("max_queued")
    }

    /// Whether another address may work.
    ///
    /// QEMU and libvirt have no code for it. A machine has too many slots to try them all after
    /// other errors.
    package var mayConcernPlace: Bool {
        [.xmlError, .internalError, .operationFailed, .unsupported].contains(code)
            && ["slot", "PCI", "address", " bus", " port"].contains { message.contains($0) }
    }

    /// Whether QEMU has a watchdog of ours that libvirt does not know.
    ///
    /// libvirt's own refusal of an alias in use has another text and another code.
    package var isOfOrphan: Bool {
        code == .internalError && message.contains("Duplicate")
            && message.contains("'\(WatchdogDevice.alias)'")
    }

    /// Whether QEMU still waits for the guest to release the device.
    package var isOfUnplugUnderway: Bool { message.contains("already in the process of unplug") }
}
