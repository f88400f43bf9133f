internal import CSystemCalls

/// Sees to it that this process leaves no core file, whatever ends it.
///
/// A program that it executes is as ever, other than under a limit of 0 bytes, of which a handler
/// that the kernel pipes core files to need not take notice. Most of what is in `/proc/self` is
/// root's from then on. The C function is `prctl` with `PR_SET_DUMPABLE`.
public func forbidCoreFile() {
    _ = virt_watchdog_set_dumpable(0)
}

/// Takes ``forbidCoreFile()`` back.
func allowCoreFile() {
    _ = virt_watchdog_set_dumpable(1)
}
