internal import Glibc

/// The clocks of this host.
package enum Clock {
    /// When the host started, since 1970, by the clocks as they are set now.
    ///
    /// The C function is `clock_gettime` with `CLOCK_BOOTTIME`. `/proc/stat` says it, too, but in
    /// whole seconds.
    package static var bootTime: Duration { read(CLOCK_REALTIME) - read(CLOCK_BOOTTIME) }

    /// The time since the host started, sleep included.
    ///
    /// Swift's own clocks are those of its concurrency: with them the hook would be linked with threads
    /// that it does not need, and `prepare` takes some 8 % longer. The C function is `clock_gettime`
    /// with `CLOCK_BOOTTIME`.
    package static var now: Duration { read(CLOCK_BOOTTIME) }

    /// The time since the host started, in the kernel's ticks, as `/proc/PID/stat` counts it.
    package static var ticksSinceBoot: UInt64 {
        let (seconds, attoseconds) = now.components
        return UInt64(seconds) * ticksPerSecond
            + UInt64(attoseconds / 1_000_000_000) * ticksPerSecond / 1_000_000_000
    }

    /// When the clock that systemd counts by started, since 1970; it stands still while the host
    /// sleeps.
    ///
    /// The C function is `clock_gettime` with `CLOCK_MONOTONIC`.
    package static var monotonicOrigin: Duration { read(CLOCK_REALTIME) - read(CLOCK_MONOTONIC) }

    /// How many of the kernel's ticks are a second; the C function is `sysconf` with `_SC_CLK_TCK`.
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
        // ISO 8601 has a colon in the offset where it has colons in the time.
        return "\(text.dropLast(2)):\(text.suffix(2))"
    }

    private static func read(_ clock: clockid_t) -> Duration {
        var time = timespec()
        clock_gettime(clock, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
