// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The clocks of this host.
package enum Clock {
    /// The time from 1970 to the start of the host, by the present setting of the clock.
    ///
    /// The C function is `clock_gettime` with `CLOCK_BOOTTIME`. `/proc/stat` has whole seconds only.
    package static var bootTime: Duration { read(CLOCK_REALTIME) - read(CLOCK_BOOTTIME) }

    /// The time since the host started, sleep included.
    ///
    /// Swift's own clocks belong to its concurrency. They would link threads into the hook, and slow it
    /// down. The C function is `clock_gettime` with `CLOCK_BOOTTIME`.
    package static var now: Duration { read(CLOCK_BOOTTIME) }

    /// The time since the host started, in the kernel's ticks, which `/proc/PID/stat` counts in.
    package static var ticksSinceBoot: UInt64 {
        let (seconds, attoseconds) = now.components
        return UInt64(seconds) * ticksPerSecond
            + UInt64(attoseconds / 1_000_000_000) * ticksPerSecond / 1_000_000_000
    }

    /// The time from 1970 to the start of systemd's clock, which stops while the host sleeps.
    ///
    /// The C function is `clock_gettime` with `CLOCK_MONOTONIC`.
    package static var monotonicOrigin: Duration { read(CLOCK_REALTIME) - read(CLOCK_MONOTONIC) }

    /// The number of the kernel's ticks in a second; the C function is `sysconf` with `_SC_CLK_TCK`.
    package static var ticksPerSecond: UInt64 { UInt64(max(1, sysconf(Int32(_SC_CLK_TCK)))) }

    /// The time of day in ISO 8601, in whole seconds, with the zone's offset.
    ///
    /// The C functions are `time`, `localtime_r` and `strftime`.
    package static var localTime: String {
        var seconds = time(nil)
        var parts = tm()
        localtime_r(&seconds, &parts)
        var bytes = [CChar](repeating: 0, count: 64)
        let length = strftime(&bytes, bytes.count, "%FT%T%z", &parts)
        let text = String(
            decoding: bytes.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
        // strftime leaves out the colon in the offset.
        return "\(text.dropLast(2)):\(text.suffix(2))"
    }

    private static func read(_ clock: clockid_t) -> Duration {
        var time = timespec()
        clock_gettime(clock, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
