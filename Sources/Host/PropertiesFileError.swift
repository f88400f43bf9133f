// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import WatchdogPolicy

/// A reason why virt-watchdog does not read an existing properties file.
enum PropertiesFileError: Error, Sendable, Hashable {
    /// A system call failed.
    case cannotRead(Errno)
    /// The path leads to a directory, a FIFO, a device or a socket.
    case notARegularFile
    case tooLong
    /// Users other than root and the effective user can change the file.
    case exposed(UntrustedPath)
    /// The target of a symbolic link does not exist, or its file system is not mounted.
    case dangling(link: String)

    /// Converts the error of the path.
    init(_ error: PathError) {
        self =
            switch error {
            case .system(let error): .cannotRead(error)
            case .exposed(let exposure): .exposed(exposure)
            case .dangling(let link): .dangling(link: link)
            }
    }
}

extension PropertiesFileError: CustomStringConvertible {
    /// The error as `fact: cause; fix`. The file is the subject.
    var description: String {
        switch self {
        case .cannotRead(.permissionDenied):
            "cannot read the file: \(Errno.permissionDenied); run as root"
        case .cannotRead(let error):
            "cannot read the file: \(error); fix the path or its permissions"
        case .notARegularFile:
            "not a regular file; replace it by a properties file"
        case .tooLong:
            "longer than 1 MiB, the limit of a properties file; replace it by the right file"
        case .dangling(let link):
            "cannot read the file: the target of the symbolic link \(quoted(link)) does not exist; fix or"
                + " remove the link"
        case .exposed(let exposure):
            "ignored, because it decides on every guest:"
                + " \(exposure.isFile ? "it" : quoted(exposure.place)) \(exposure.way);"
                + " \(exposure.remedy)"
        }
    }
}
