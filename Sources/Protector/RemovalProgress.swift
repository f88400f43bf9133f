// SPDX-License-Identifier: Apache-2.0

internal import Libvirt

/// The progress of a removal.
struct RemovalProgress: Sendable {
    /// The result in the persistent domain XML, or `nil` without one or without a request.
    var config: Removal?
    /// The result in the running guest.
    var live: Removal?
    /// Whether the persistent domain XML is done.
    var hasConfig = false
    /// Whether a signal had stopped QEMU's process at the last look.
    var isStopped = false
    /// Whether the running guest had anything of ours.
    var hasFound = false
    /// Whether the opt-out was written.
    var hasOptedOut = false
    /// The time of the last request to release the device.
    var detachTime: Duration?
    /// The last wait for the guest.
    var lastWait: Duration?
    /// libvirt's reason for refusing the request.
    var detachError: LibvirtError?
}
