internal import Glibc
internal import System
internal import SystemPackage
package import WatchdogPolicy

/// Reads the policy of a host.
package enum PolicyLoader {
    /// The longest properties file that is read, in bytes.
    private static let maximumLength = 1 << 20

    /// A file changed less than this many milliseconds ago may be half-written: the CloudStack agent
    /// truncates its file in place, then writes it anew.
    private static let settlingTime = 50
    /// The same for an empty file, which is more likely to be on its way to be something else.
    private static let settlingTimeWhileEmpty = 250
    /// For how many milliseconds such a file is read again, every 5.
    private static let timeout = 300

    /// Reads the policy of a host from the first properties file that exists.
    ///
    /// Without any file the policy is the built-in one. A file that is there but cannot be read
    /// gives a policy with a fault, so that guests are left alone; so does one that others than root,
    /// or than the user we act as, can change. What the user of the tool has named by an argument is
    /// that user's own affair.
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

    /// Reads a file until it holds still, or for as long as timeout lasts.
    private static func settledContents(
        of path: String, trusting users: [UInt32]? = nil
    ) throws(PropertiesFileError) -> [UInt8] {
        let start = milliseconds(of: CLOCK_MONOTONIC)
        while true {
            let (bytes, age) = try contents(of: path, trusting: users)
            // A write sets the present time, so a file dated in the future is not being written.
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
    /// - Parameter users: Who alone may be able to change it, if that matters.
    /// - Returns: Its bytes, and for how many milliseconds it had not been changed by the end; fewer
    ///   than 0 where it is dated in the future.
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

    /// How long ago a time was by the clock on the wall. File systems keep dates so far off that the
    /// number has no room for them: of these, the nearest number is given.
    private static func milliseconds(since time: timespec) -> Int {
        let (milliseconds, isTooFar) = time.tv_sec.multipliedReportingOverflow(by: 1000)
        let farthest = Int.max / 2
        guard !isTooFar, milliseconds.magnitude < farthest else {
            return time.tv_sec > 0 ? -farthest : farthest
        }
        return Self.milliseconds(of: CLOCK_REALTIME) - milliseconds - time.tv_nsec / 1_000_000
    }

    /// What a clock shows; the C function is `clock_gettime`.
    private static func milliseconds(of clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
