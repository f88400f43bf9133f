// SPDX-License-Identifier: Apache-2.0

/// The state of a guest, in the words of `virsh domstate`.
package enum GuestState: String, Sendable, Hashable {
    case running
    /// The guest runs and waits for a resource.
    case idle
    /// The guest's vCPUs are stopped.
    case paused
    /// The guest shuts down, and its QEMU still runs.
    case inShutdown = "in shutdown"
    case shutOff = "shut off"
    /// The guest's kernel panicked, and libvirt preserves it.
    case crashed
    /// The guest suspended itself.
    case suspended = "pmsuspended"
    /// libvirt does not know the state, or a later version added it.
    case noState = "no state"
}
