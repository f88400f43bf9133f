internal import Glibc

/// A note that a protector has a guest in hand: a file with the request's name, locked while it lives.
///
/// A protector that is killed leaves its notes behind without their locks, and the next one takes up
/// the guests that they name, once. Where no note can be made, the guest is worked on without one.
final class GuestInHand: Sendable {
    /// What the protector was asked for.
    let request: ProtectionRequest
    private let path: String
    private let file: FileDescriptor

    /// Makes a note, unless somebody has the guest in hand already.
    ///
    /// It is locked before it has its name, so that nobody takes it for one that was left behind. The
    /// C functions are `open` with `O_TMPFILE`, `flock` and `linkat`.
    convenience init?(_ request: ProtectionRequest, at place: HandOverPlace) {
        guard (try? place.openFolder()) != nil,
            let file = try? FileDescriptor(makingIn: place.folder), Self.lock(file)
        else { return nil }
        let path = Self.path(of: request, at: place)
        do throws(Errno) {
            try file.link(to: path)
            self.init(request, path, file)
        } catch {
            self.init(abandoned: request, at: place)
        }
    }

    /// Takes over the note of a protector that is gone; the C functions are `open` and `flock`.
    convenience init?(abandoned request: ProtectionRequest, at place: HandOverPlace) {
        let path = Self.path(of: request, at: place)
        guard let file = try? FileDescriptor(reading: path, followsLinks: false), Self.lock(file),
            let status = try? file.status(), FileStatus(status).kind == .regular,
            // Whoever had it may have finished meanwhile.
            status.st_nlink > 0
        else { return nil }
        self.init(request, path, file)
    }

    /// Takes over the notes of all protectors that are gone.
    static func allAbandoned(at place: HandOverPlace) -> [GuestInHand] {
        guard (try? place.openFolder()) != nil,
            let entries = try? FolderEntry.all(in: place.folder)
        else { return [] }
        return entries.compactMap { entry in
            request(named: entry.name).flatMap { GuestInHand(abandoned: $0, at: place) }
        }
    }

    private init(_ request: ProtectionRequest, _ path: String, _ file: consuming FileDescriptor) {
        self.request = request
        self.path = path
        self.file = file
    }

    /// Locks a note, if there are descriptors to spare.
    private static func lock(_ file: borrowing FileDescriptor) -> Bool {
        file.number < descriptors && flock(file.number, LOCK_EX | LOCK_NB) == 0
    }

    /// Takes the note away; the C function is `unlink`.
    func finish() {
        unlink(path)
    }

    /// How many descriptors are for notes: half of them, since without connections to libvirt nobody is
    /// protected. The C function is `getrlimit`.
    private static let descriptors: CInt = {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return CInt(min(limit.rlim_cur, 1024) / 2)
    }()

    private static let freshSuffix = ".fresh"

    private static func path(of request: ProtectionRequest, at place: HandOverPlace) -> String {
        "\(place.folder)/\(request.uuid)" + (request.isFresh ? freshSuffix : "")
    }

    private static func request(named name: String) -> ProtectionRequest? {
        let isFresh = name.hasSuffix(freshSuffix)
        let uuid = isFresh ? String(name.dropLast(freshSuffix.count)) : name
        return ProtectionRequest(uuid: uuid, isFresh: isFresh)
    }
}
