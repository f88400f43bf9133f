internal import Glibc

/// The user that this process acts as, by number; the C function is `geteuid`.
package var effectiveUser: UInt32 { geteuid() }

/// Waits; the C function is `sleep`.
package func sleep(seconds: UInt32) { _ = Glibc.sleep(seconds) }

/// The number of this process; the C function is `getpid`.
package var processID: Int32 { getpid() }
