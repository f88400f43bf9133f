internal import System
internal import SystemPackage
internal import WatchdogPolicy

/// Why a properties file that is there gives no policy.
enum PropertiesFileError: Error, Sendable, Hashable {
    /// The system does not let us.
    case cannotRead(Errno)
    /// It is a folder, a FIFO, a device or a socket.
    case notARegularFile
    /// It is longer than any properties file.
    case tooLong
    /// Others than root, or than the user we act as, decide what is in it.
    case exposed(UntrustedPath)
    /// A symbolic link on the way to it leads to nothing, which may be on a file system that is not
    /// mounted.
    case dangling(link: String)

    /// What became of the way to it.
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
    /// A clause with the remedy.
    var description: String {
        switch self {
        case .cannotRead(.permissionDenied):
            "cannot be read: \(Errno.permissionDenied); it may hold secrets: read it as root"
        case .cannotRead(let error):
            "cannot be read: \(error); mend the path or its permissions"
        case .notARegularFile:
            "is no regular file; put a file of keys and values there"
        case .tooLong:
            "is longer than 1 MiB, which no agent.properties is; put the right file there"
        case .dangling(let link):
            "cannot be read: the symbolic link \(quoted(link)) leads to nothing; mend it or remove it"
        case .exposed(let exposure):
            "is not read, since it decides what becomes of every guest and"
                + (exposure.isFile ? "" : " \(quoted(exposure.place))") + " \(exposure.way);"
                + " \(exposure.remedy)"
        }
    }
}
