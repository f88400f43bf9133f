internal import CSystemCalls

/// Sees to it that this process leaves no core file, whatever ends it.
///
/// A program that it executes is as ever, other than under a limit of 0 bytes, of which a handler
/// that the kernel pipes core files to need not take notice. Most of what is in `/proc/self` is
/// root's from then on. The C function is `prctl` with `PR_SET_DUMPABLE`.
package func forbidCoreFile() {
    _ = virt_watchdog_set_dumpable(0)
}

/// Closes all descriptors from one on.
///
/// The C functions are `close_range` and, on Linux before 5.9, `closefrom`, which looks into
/// `/proc/self/fd`. That is root's after ``forbidCoreFile()``, so that a user's process gives its
/// memory up to core files for it.
func closeFrom(_ first: CInt) {
    guard virt_watchdog_close_from(CUnsignedInt(first)) != 0 else { return }
    if geteuid() != 0 { _ = virt_watchdog_set_dumpable(1) }
    closefrom(first)
}
