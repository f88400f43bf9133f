internal import Glibc

/// The socket at which a protector takes guests over.
///
/// Who holds the lock on the folder has the place; what a protector left behind that was killed is
/// in nobody's way. What was sent before ``close()`` is there to be received after it, and what is
/// sent later fails in the sender's hands: nothing is lost in between.
struct HandOverSocket: ~Copyable {
    /// What came.
    enum Arrival: Sendable, Hashable {
        /// What the hook wants of a protector.
        case call(ProtectorCall)
        /// Something else, or from somebody else.
        case nonsense
    }

    private let place: HandOverPlace
    private let folder: FileDescriptor
    private let socket: FileDescriptor

    /// Takes a place, unless another protector has it.
    ///
    /// The C functions are `flock`, `unlinkat`, `setsockopt` with `SO_PASSCRED`, `fchmod` and `bind`.
    init(at place: HandOverPlace) throws(Errno) {
        let folder = try place.openFolder()
        let socket = try FileDescriptor(ofDatagrams: ())
        _ = try retrying { flock(folder.number, LOCK_EX | LOCK_NB) }
        guard var address = place.address(in: folder) else { throw Errno(code: ENAMETOOLONG) }
        unlinkat(folder.number, place.name, 0)
        var isOn: CInt = 1
        let length = socklen_t(MemoryLayout<CInt>.size)
        _ = try retrying {
            setsockopt(socket.number, SOL_SOCKET, SO_PASSCRED, &isOn, length)
        }
        // Linux gives the file the socket's own mode.
        _ = try retrying { fchmod(socket.number, 0o600) }
        _ = try retrying { address.asGeneric { bind(socket.number, $0, $1) } }
        self.place = place
        self.folder = folder
        self.socket = socket
    }

    /// Waits until something comes, and takes all that has come.
    ///
    /// The C functions are `poll` and `recvmsg`.
    func receive(within patience: Duration) -> [Arrival] {
        if patience > .zero {
            var waiting = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
            _ = poll(&waiting, 1, CInt(patience / .milliseconds(1)))
        }
        var arrivals: [Arrival] = []
        while let next = receiveOne() { arrivals.append(next) }
        return arrivals
    }

    /// Takes nothing more from now on, and gives the place to others.
    ///
    /// The C functions are `shutdown`, `unlinkat` and `flock`.
    func close() {
        shutdown(socket.number, CInt(SHUT_RD))
        unlinkat(folder.number, place.name, 0)
        flock(folder.number, LOCK_UN)
    }

    private func receiveOne() -> Arrival? {
        // Room for one byte more, so that what is too long is seen to be.
        var text = [UInt8](repeating: 0, count: ProtectorCall.maximumLength + 1)
        var control = [UInt8](repeating: 0, count: Self.controlLength)
        var (count, controlCount) = (-1, 0)
        text.withUnsafeMutableBytes { text in
            var part = iovec(iov_base: text.baseAddress, iov_len: text.count)
            control.withUnsafeMutableBytes { control in
                withUnsafeMutablePointer(to: &part) { part in
                    var header = msghdr()
                    header.msg_iov = part
                    header.msg_iovlen = 1
                    header.msg_control = control.baseAddress
                    header.msg_controllen = control.count
                    repeat {
                        count = recvmsg(socket.number, &header, CInt(MSG_CMSG_CLOEXEC))
                    } while count < 0 && errno == EINTR
                    controlCount = header.msg_controllen
                }
            }
        }
        // A socket that is closed gives nothing, from nobody; an empty message comes from somebody.
        guard count > 0 || count == 0 && controlCount > 0 else { return nil }
        guard Self.sender(control[..<controlCount]) == geteuid(),
            let call = ProtectorCall(text[..<count])
        else { return .nonsense }
        return .call(call)
    }

    /// Room for a `cmsghdr` and a `ucred`, and for what would follow.
    private static let controlLength = 64

    /// Who sent a message, as the kernel says in its `SCM_CREDENTIALS`.
    private static func sender(_ control: ArraySlice<UInt8>) -> uid_t? {
        let length = MemoryLayout<cmsghdr>.size
        let user = MemoryLayout<pid_t>.size
        guard control.count >= length + user + MemoryLayout<uid_t>.size else { return nil }
        return control.withUnsafeBytes { control in
            let header = control.loadUnaligned(as: cmsghdr.self)
            guard header.cmsg_level == SOL_SOCKET, header.cmsg_type == credentials else {
                return nil
            }
            return control.loadUnaligned(fromByteOffset: length + user, as: uid_t.self)
        }
    }

    /// `SCM_CREDENTIALS`, which the C library hides from Swift.
    private static let credentials: CInt = 2
}
