// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import System
internal import SystemPackage
package import WatchdogPolicy

/// A reader for the policy of a host.
package enum PolicyLoader {
    /// The length limit of a properties file in bytes.
    private static let maximumLength = 1 << 20

    /// The age in milliseconds below which a file may be half-written.
    ///
    /// The CloudStack agent truncates its file in place before it writes the new contents.
    private static let settlingTime = 50
    /// The age in milliseconds below which an empty file may be a truncated one.
    private static let settlingTimeWhileEmpty = 250
    /// The time limit for reading such a file again, in milliseconds.
    private static let timeout = 300

    /// Reads the policy of a host from the first properties file that exists.
    ///
    /// Without any file, it returns the built-in policy. An unreadable file gives a policy with a
    /// fault. So does a file that users other than root and the effective user can change. A file
    /// from the command line needs no trust.
    package static func load(_ paths: Paths) -> PolicyReport {
        let users = [0, geteuid()]
        if let file = paths.chosenProperties {
            do throws(PropertiesFileError) {
                let contents = try settledContents(
                    of: file, trusting: paths.trustsChosenProperties ? nil : users)
                return PolicyReport(reading: contents, from: file)
            } catch {
                return PolicyReport(unreadable: file, because: error.description)
            }
        }
        for file in paths.properties {
            do throws(PropertiesFileError) {
                let contents = try settledContents(of: file, trusting: users)
                return PolicyReport(reading: contents, from: file)
            } catch .cannotRead(.noSuchFileOrDirectory), .cannotRead(.notDirectory) {
                continue
            } catch {
                return PolicyReport(unreadable: file, because: error.description)
            }
        }
        return .builtIn
    }

    /// Reads a file again until its writer has probably finished, or the timeout ends.
    private static func settledContents(
        of path: String, trusting users: [UInt32]? = nil
    ) throws(PropertiesFileError) -> [UInt8] {
        let start = milliseconds(of: CLOCK_MONOTONIC)
        while true {
            let (bytes, age) = try contents(of: path, trusting: users)
            // A write sets the current time, so nothing writes to a file dated in the future.
            if age < 0 || age >= (bytes.isEmpty ? settlingTimeWhileEmpty : settlingTime)
                || milliseconds(of: CLOCK_MONOTONIC) - start > timeout
            {
                return bytes
            }
            usleep(5000)
        }
    }

    /// Reads a file once.
    ///
    /// - Parameter users: The trusted users, or `nil` to trust all.
    /// - Returns: The bytes, and the time since the last change in milliseconds. The time is
    ///   negative for a file dated in the future.
    private static func contents(
        of path: String, trusting users: [UInt32]?
    ) throws(PropertiesFileError) -> (bytes: [UInt8], age: Int) {
        var real = path
        if let users {
            do throws(PathError) {
                real = try TrustedPath.resolve(path, trusting: users)
            } catch {
                throw PropertiesFileError(error)
            }
        }
        let status: Stat
        let isRegular: Bool
        let bytes: [UInt8]
        do throws(Errno) {
            let file = try OpenFile(reading: real, followsLinks: users == nil)
            isRegular = try file.status().type == .regular
            bytes = isRegular ? try file.descriptor.readToEnd(limit: maximumLength) : []
            status = try file.status()
        } catch {
            throw .cannotRead(error)
        }
        guard isRegular else { throw .notARegularFile }
        guard bytes.count <= maximumLength else { throw .tooLong }
        return (bytes, milliseconds(since: status.st_mtim))
    }

    /// Returns the milliseconds since a time of day, clamped to half the range of `Int`.
    ///
    /// File systems can hold dates beyond that range.
    private static func milliseconds(since time: timespec) -> Int {
        let (milliseconds, isTooFar) = time.tv_sec.multipliedReportingOverflow(by: 1000)
        let farthest = Int.max / 2
        guard !isTooFar, milliseconds.magnitude < farthest else {
            return time.tv_sec > 0 ? -farthest : farthest
        }
        return Self.milliseconds(of: CLOCK_REALTIME) - milliseconds - time.tv_nsec / 1_000_000
    }

    /// Returns the time of a clock in milliseconds. The C function is `clock_gettime`.
    private static func milliseconds(of clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
