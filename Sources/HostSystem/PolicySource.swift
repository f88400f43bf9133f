internal import Glibc
public import WatchdogPolicy

extension PolicyReport {
    /// The longest properties file that is read, in bytes.
    private static let maximumLength = 1 << 20

    /// A file changed less than this many milliseconds ago may be half-written: the CloudStack agent
    /// truncates its file in place, then writes it anew.
    private static let settlingTime = 50
    /// The same for an empty file, which is more likely to be on its way to be something else.
    private static let settlingTimeWhileEmpty = 250
    /// How often such a file is read again, every 5 ms.
    private static let maximumReadings = 60

    /// Reads the policy of a host from the first properties file that exists.
    ///
    /// Without any file the policy is the built-in one. A file that is there but cannot be read
    /// gives a policy with a fault, so that guests are left alone.
    public static func ofHost(_ layout: Layout) -> PolicyReport {
        if let file = layout.chosenProperties {
            do throws(PropertiesFileError) {
                return PolicyReport(reading: try settledContents(of: file), from: file)
            } catch {
                return PolicyReport(unreadable: file, because: error.description)
            }
        }
        for file in layout.properties {
            do throws(PropertiesFileError) {
                return PolicyReport(reading: try settledContents(of: file), from: file)
            } catch .cannotRead(.noSuchFile), .cannotRead(.notADirectory) {
                continue
            } catch {
                return PolicyReport(unreadable: file, because: error.description)
            }
        }
        return .builtIn
    }

    /// Reads a file until it holds still, or at most for some 300 ms.
    private static func settledContents(of path: String) throws(PropertiesFileError) -> [UInt8] {
        for _ in 1..<maximumReadings {
            let (bytes, age) = try contents(of: path)
            if age >= (bytes.isEmpty ? settlingTimeWhileEmpty : settlingTime) { return bytes }
            usleep(5000)
        }
        return try contents(of: path).bytes
    }

    /// Reads a file once.
    ///
    /// - Returns: Its bytes, and for how many milliseconds it had not been changed by the end.
    private static func contents(
        of path: String
    ) throws(PropertiesFileError) -> (bytes: [UInt8], age: Int) {
        let status: stat
        let isRegular: Bool
        let bytes: [UInt8]
        do throws(Errno) {
            let file = try FileDescriptor(reading: path)
            isRegular = try file.status().st_mode & S_IFMT == S_IFREG
            bytes = isRegular ? try readAll(from: file.number, limit: maximumLength) : []
            status = try file.status()
        } catch {
            throw .cannotRead(error)
        }
        guard isRegular else { throw .notARegularFile }
        guard bytes.count <= maximumLength else { throw .tooLong }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let age =
            (now.tv_sec - status.st_mtim.tv_sec) * 1000
            + (now.tv_nsec - status.st_mtim.tv_nsec) / 1_000_000
        return (bytes, age)
    }
}
