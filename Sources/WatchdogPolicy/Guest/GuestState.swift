/// The state of a guest, in virsh's words.
package enum GuestState: String, Sendable, Hashable {
    /// It runs.
    case running
    /// It runs and waits for something.
    case idle
    /// Its vCPUs are stopped.
    case paused
    /// It is shutting down; QEMU is still there.
    case inShutdown = "in shutdown"
    /// It is off.
    case shutOff = "shut off"
    /// Its kernel panicked, and libvirt keeps it as it is.
    case crashed
    /// It put itself to sleep.
    case suspended = "pmsuspended"
    /// libvirt does not say, or uses a word of a later version.
    case noState = "no state"
}
