internal import Glibc

/// Where a protector that is at work takes guests over: a socket, in a folder of its user's own.
///
/// The folder is in libvirt's run folder, so that whoever sees the socket sees the daemon that its
/// protector talks to. The socket's name has our version in it: a hook never talks to a protector of
/// another one, and starts its own. Nothing here waits, and nothing needs to be there.
public struct HandOverPlace: Sendable, Hashable {
    /// The folder, which its user makes.
    let folder: String
    /// The socket's name in it.
    let name: String

    /// Names a place.
    public init(folder: String, version: String = Layout.version) {
        self.folder = folder
        name = "protector-\(version)"
    }

    /// The place for guests of ``DetachedProcess/protectorURI``, whether it is used or not.
    public static var own: HandOverPlace {
        HandOverPlace(folder: Layout.runFolder + "/libvirt/virt-watchdog")
    }

    /// The place for guests of the daemon that the user of this process talks to.
    ///
    /// There is none where the environment names a properties file: a protector that is at work does
    /// not have the same environment.
    public static func ofUser() -> HandOverPlace? {
        environment(Layout.propertiesVariable) == nil ? own : nil
    }

    /// Whether the daemon's run folder, in which the place is, is there; the C function is `access`.
    public var canBeTaken: Bool {
        guard let end = folder.utf8.lastIndex(of: UInt8(ascii: "/")) else { return false }
        return access(String(folder[..<end]), X_OK) == 0
    }

    /// Calls a protector that is at work, with a guest to hand over or to come.
    ///
    /// The C functions are `open`, `fstat`, `fstatat`, `connect` and `send`. By way of `/proc`, the
    /// folder that was looked at is the one where the socket is; nobody else may change what is there.
    ///
    /// - Returns: Whether there is one that has the call now.
    public func offer(_ call: ProtectorCall) -> Bool {
        guard let folder = try? FileDescriptor(folder: folder), Self.isOwn(folder),
            isOwnSocket(in: folder), var address = address(in: folder),
            let socket = try? FileDescriptor(ofDatagrams: ())
        else { return false }
        guard address.asGeneric({ connect(socket.number, $0, $1) }) == 0 else { return false }
        let text = Array(call.text.utf8)
        return send(socket.number, text, text.count, CInt(MSG_NOSIGNAL)) == text.count
    }

    /// Has no protector take a guest up that was in the hands of one that was killed.
    ///
    /// - Parameter uuid: The guest's UUID, as libvirt writes it.
    public func forget(_ uuid: String) {
        for isFresh in [false, true] {
            ProtectionRequest(uuid: uuid, isFresh: isFresh)
                .flatMap { GuestInHand(abandoned: $0, at: self) }?.finish()
        }
    }

    /// Makes the folder if it is not there, and opens it; the C function is `mkdir`.
    func openFolder() throws(Errno) -> FileDescriptor {
        mkdir(folder, 0o700)
        let opened = try FileDescriptor(folder: folder)
        guard Self.isOwn(opened) else { throw .notPermitted }
        return opened
    }

    /// The socket's address in a folder that is open.
    func address(in folder: borrowing FileDescriptor) -> sockaddr_un? {
        sockaddr_un("/proc/self/fd/\(folder.number)/\(name)")
    }

    private static func isOwn(_ folder: borrowing FileDescriptor) -> Bool {
        guard let status = try? folder.status() else { return false }
        return status.st_uid == geteuid() && status.st_mode & (S_IWGRP | S_IWOTH) == 0
    }

    private func isOwnSocket(in folder: borrowing FileDescriptor) -> Bool {
        var status = stat()
        return fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0
            && status.st_mode & S_IFMT == S_IFSOCK && status.st_uid == geteuid()
    }
}
