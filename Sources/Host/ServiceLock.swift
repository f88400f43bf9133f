// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A check whether the service treats a daemon's guests.
///
/// It works before Swift's runtime is set up: it makes no string and allocates no memory.
package enum ServiceLock {
    /// The holder of the lock on the service's file.
    package enum Holder: Sendable {
        /// No service.
        case none
        /// A service that follows the daemon.
        case followsDaemon
        /// A service that has found no daemon yet.
        case hasNoDaemon
        /// A service that follows another daemon.
        case followsOther
    }

    private static var usualPath: StaticString { "/run/libvirt/virt-watchdog/service" }

    /// Returns the holder of the lock of the system's service.
    ///
    /// The service watches for the open call, which shows that a guest may start. The C functions
    /// are `open`, `fcntl` with `F_OFD_GETLK`, `pread` and `usleep`.
    ///
    /// - Parameter daemon: The process ID of a libvirt daemon.
    package static func holder(for daemon: Int32) -> Holder {
        usualPath.withUTF8Buffer { path in
            path.withMemoryRebound(to: CChar.self) { path in
                path.baseAddress.map { holder(of: $0, for: daemon) } ?? .none
            }
        }
    }

    /// Returns the holder of the lock of a service's file.
    ///
    /// - Parameters:
    ///   - path: The path of the file as a C string.
    ///   - daemon: The process ID of a libvirt daemon.
    static func holder(of path: UnsafePointer<CChar>, for daemon: pid_t) -> Holder {
        // These flags refuse a link, and do not wait for a FIFO or a device.
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard file >= 0 else { return .none }
        defer { close(file) }
        guard ServiceFile.isLocked(file) else { return .none }
        let length = 2 * ServiceFile.maximumLength
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length) { bytes in
            // After half of a write, the two texts differ.
            for _ in 0..<100 {
                guard pread(file, bytes.baseAddress, length, 0) == length,
                    let start = bytes.baseAddress
                else { break }
                guard memcmp(start, start + length / 2, length / 2) == 0 else {
                    usleep(1000)
                    continue
                }
                return holder(
                    following: daemon, UnsafeBufferPointer(rebasing: bytes[..<(length / 2)]))
            }
            return .followsOther
        }
    }

    /// Compares a process with the line `daemon=PID/TICKS` of a text.
    private static func holder(
        following daemon: pid_t, _ text: UnsafeBufferPointer<UInt8>
    ) -> Holder {
        var position = 0
        while position < text.count {
            if let value = skip("daemon=", text, position) {
                position = value
                if skip("none\n", text, position) != nil { return .hasNoDaemon }
                let process = number(text, &position)
                guard process == UInt64(daemon), let next = skip("/", text, position) else {
                    return .followsOther
                }
                position = next
                let ticks = number(text, &position)
                return ticks != nil && ticks == startTicks(of: daemon)
                    ? .followsDaemon : .followsOther
            }
            while position < text.count, text[position] != newline { position += 1 }
            position += 1
        }
        return .followsOther
    }

    /// Reads the start of a process from field 22 of `/proc/PID/stat`.
    private static func startTicks(of process: pid_t) -> UInt64? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1024) { bytes in
            var length = append("/proc/", bytes, 0)
            length = append(UInt64(process), bytes, length)
            length = append("/stat\0", bytes, length)
            let file = UnsafeMutableRawPointer(bytes.baseAddress)?.withMemoryRebound(
                to: CChar.self, capacity: length
            ) { open($0, O_RDONLY | O_CLOEXEC | O_NOCTTY) }
            guard let file, file >= 0 else { return nil }
            defer { close(file) }
            let count = read(file, bytes.baseAddress, bytes.count)
            guard count > 0 else { return nil }
            let text = UnsafeBufferPointer(rebasing: bytes[..<count])
            // The program's name in parentheses may have blanks and parentheses itself.
            var position = count - 1
            while position > 0, text[position] != UInt8(ascii: ")") { position -= 1 }
            var blanks = 0
            while position < count, blanks < 20 {
                if text[position] == UInt8(ascii: " ") { blanks += 1 }
                position += 1
            }
            return number(text, &position)
        }
    }

    // MARK: Text

    private static var newline: UInt8 { 10 }

    /// Returns the position after a word, or `nil` if the text has another word there.
    private static func skip(
        _ word: StaticString, _ text: UnsafeBufferPointer<UInt8>, _ position: Int
    ) -> Int? {
        let count = word.utf8CodeUnitCount
        guard position + count <= text.count, let start = text.baseAddress,
            memcmp(start + position, word.utf8Start, count) == 0
        else { return nil }
        return position + count
    }

    /// Reads decimal digits, and moves the position after them.
    private static func number(
        _ text: UnsafeBufferPointer<UInt8>, _ position: inout Int
    ) -> UInt64? {
        var value: UInt64?
        while position < text.count {
            let digit = text[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = (value ?? 0) &* 10 &+ UInt64(digit)
            position += 1
        }
        return value
    }

    private static func append(
        _ word: StaticString, _ bytes: UnsafeMutableBufferPointer<UInt8>, _ position: Int
    ) -> Int {
        let count = word.utf8CodeUnitCount
        if let start = bytes.baseAddress { memcpy(start + position, word.utf8Start, count) }
        return position + count
    }

    private static func append(
        _ number: UInt64, _ bytes: UnsafeMutableBufferPointer<UInt8>, _ position: Int
    ) -> Int {
        var (divisor, end): (UInt64, Int) = (1, position)
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            bytes[end] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10)
            divisor /= 10
            end += 1
        }
        return end
    }
}
