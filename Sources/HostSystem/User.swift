internal import Glibc

/// The user that this process acts as, by number; the C function is `geteuid`.
public var effectiveUser: UInt32 { geteuid() }

/// Waits; the C function is `sleep`.
public func sleep(seconds: UInt32) { _ = Glibc.sleep(seconds) }

/// The number of this process; the C function is `getpid`.
public var processID: Int32 { getpid() }
