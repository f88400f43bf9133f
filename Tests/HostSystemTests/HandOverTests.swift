import Foundation
import Synchronization
import TestSupport
import Testing

@testable import HostSystem

/// Guests that are handed over to a protector at work.
///
/// One after the other: a test with many protectors takes the descriptors that the notes of others need.
@Suite(.serialized)
struct HandOverTests {
    private let parent: TemporaryFolder
    private let place: HandOverPlace
    private let request: ProtectionRequest

    init() throws {
        parent = try TemporaryFolder()
        place = HandOverPlace(folder: parent.url.path + "/own", version: "1")
        request = try #require(Self.request(1))
    }

    private static func request(_ number: Int) -> ProtectionRequest? {
        let digits = String(number, radix: 16)
        let padded = String(repeating: "0", count: 12 - digits.count) + digits
        return ProtectionRequest(uuid: "c7a5fdbd-edaf-9455-926a-\(padded)")
    }

    /// Where the socket is, or something in its place.
    private var socket: String { parent.url.path + "/own/protector-1" }

    private func makeFolder(mode: mode_t = 0o700) throws {
        try #require(mkdir(parent.url.path + "/own", 0o700) == 0)
        try #require(chmod(parent.url.path + "/own", mode) == 0)
    }

    @Test(arguments: [true, false])
    func `A request is read as it is written`(_ isFresh: Bool) {
        let request = ProtectionRequest(
            uuid: "c7a5fdbd-edaf-9455-926a-D65C16DB1809", isFresh: isFresh)
        #expect(request != nil)
        #expect(request.flatMap { ProtectionRequest($0.text.utf8) } == request)
        #expect(request?.arguments.joined(separator: " ") == request?.text)
        #expect(request.map { $0.text.utf8.count <= ProtectionRequest.maximumLength } == true)
    }

    @Test(arguments: [
        ("", "nothing"),
        ("c7a5fdbd-edaf-9455-926a-d65c16db180", "too short"),
        ("c7a5fdbd-edaf-9455-926a-d65c16db18099", "too long"),
        ("c7a5fdbd-edaf-9455-926a-d65c16db180g", "no digit"),
        ("c7a5fdbdeedaf-9455-926a-d65c16db1809", "a digit in a hyphen's place"),
        ("c7a5fdbd-edaf-9455-926a-d65c16db1809\0", "a byte more"),
        (" c7a5fdbd-edaf-9455-926a-d65c16db1809", "a blank"),
        ("--fresh c7a5fdbd", "too short behind the word"),
        ("--fresh --fresh c7a5fdbd-edaf-9455-926a-d65c16db1809", "the word twice"),
        ("--stale c7a5fdbd-edaf-9455-926a-d65c16db1809", "another word"),
        ("c7a5fdbd-edaf-9455-926a-d65c16db180é", "a letter of two bytes"),
    ])
    func `Anything else is no request`(_ text: String, _ reason: String) {
        #expect(ProtectionRequest(text.utf8) == nil, "\(reason)")
    }

    @Test
    func `What is sent is received, fresh or not`() throws {
        let socket = try HandOverSocket(at: place)
        let fresh = try #require(ProtectionRequest(uuid: request.uuid, isFresh: true))
        #expect(place.offer(.protect(request)))
        #expect(place.offer(.protect(fresh)))
        #expect(
            socket.receive(within: .seconds(5)) == [
                .call(.protect(request)), .call(.protect(fresh)),
            ])
        #expect(socket.receive(within: .zero).isEmpty)
        let status = try FileStatus(of: self.socket, followsLinks: false)
        #expect(status.mode == 0o600)
        #expect(try FileStatus(of: parent.url.path + "/own").mode == 0o700)
    }

    @Test
    func `A call to stand by is read as it is written, and has no more to it`() throws {
        #expect(ProtectorCall("--standby".utf8) == .standBy)
        #expect(ProtectorCall.standBy.text == "--standby")
        #expect(ProtectorCall(request.text.utf8) == .protect(request))
        for text in [
            "", "--standb", "--standby ", "--standby \(request.uuid)", "--fresh --standby",
        ] {
            #expect(ProtectorCall(text.utf8) == nil, "\(text)")
        }
        let socket = try HandOverSocket(at: place)
        #expect(place.offer(.standBy))
        #expect(socket.receive(within: .seconds(5)) == [.call(.standBy)])
    }

    @Test
    func `A protector that stands by makes ready, takes what comes, and waits no longer for it`()
        throws
    {
        var ready = 0
        let worked = Mutex<[ProtectionRequest]>([])
        let shift = Shift(linger: .milliseconds(300), limit: .seconds(60))
        let duration = ContinuousClock().measure {
            shift.run(.standBy, at: place, standBy: { ready += 1 }) { one in
                worked.withLock { $0.append(one) }
            }
        }
        #expect(ready == 1)
        #expect(worked.withLock { $0 }.isEmpty)
        #expect(duration >= .milliseconds(300) && duration < .seconds(10))

        shift.run(
            .standBy, at: place,
            standBy: {
                // The guest runs.
                #expect(place.offer(.protect(request)))
            }
        ) { one in worked.withLock { $0.append(one) } }
        #expect(worked.withLock { $0 } == [request])
    }

    @Test
    func `Called to stand by beside one at work, a protector leaves it to that one`() throws {
        let start = ContinuousClock.now
        let ended = Mutex(start)
        Shift(linger: .seconds(3), limit: .seconds(60)).run(
            .standBy, at: place,
            standBy: {
                Crew.start { [place] in
                    usleep(200_000)
                    Shift.usual.run(
                        .standBy, at: place, standBy: { Issue.record("it has the place") }
                    ) { _ in Issue.record("it has a guest") }
                    ended.withLock { $0 = .now }
                }
            }
        ) { _ in Issue.record("there is a guest") }
        #expect(ended.withLock { $0 } > start)
        #expect(
            ContinuousClock.now - start >= .milliseconds(3200),
            "it waits from the last call on")
    }

    @Test
    func `Without a place there is nothing to stand by for`() {
        Shift.usual.run(.standBy, at: nil, standBy: { Issue.record("it makes ready") }) { _ in
            Issue.record("it has a guest")
        }
        let nowhere = HandOverPlace(folder: parent.url.path + "/not/there")
        #expect(!nowhere.canBeTaken && place.canBeTaken)
        Shift.usual.run(.standBy, at: nowhere, standBy: { Issue.record("it makes ready") }) { _ in
            Issue.record("it has a guest")
        }
    }

    @Test
    func `A protector of another version is not asked`() throws {
        let socket = try HandOverSocket(at: place)
        #expect(
            !HandOverPlace(folder: parent.url.path + "/own", version: "2").offer(.protect(request)))
        #expect(socket.receive(within: .zero).isEmpty)
    }

    /// What may stand where a socket that takes guests is looked for.
    enum Obstacle: CaseIterable {
        case noFolder, emptyFolder, nobodyListens, file, fifo, folder, link, stream, full
        case folderOfAll, folderOfGroup, linkedFolder, fileForFolder, otherOwner, otherOwnersFolder
    }

    @Test(arguments: Obstacle.allCases)
    func `What takes no guests is told at once`(_ obstacle: Obstacle) throws {
        if [.otherOwner, .otherOwnersFolder].contains(obstacle), effectiveUser != 0 { return }
        // Kept open, where somebody listens who is not to be asked.
        let elsewhere = HandOverPlace(folder: parent.url.path + "/elsewhere", version: "1")
        var listener: CInt = -1
        defer { close(listener) }
        switch obstacle {
        case .noFolder: break
        case .emptyFolder: try makeFolder()
        case .nobodyListens:
            try makeFolder()
            close(try bindSocket(CInt(SOCK_DGRAM.rawValue), at: socket))
        case .file:
            try makeFolder()
            try Data().write(to: URL(filePath: socket))
        case .fifo:
            try makeFolder()
            try #require(mkfifo(socket, 0o600) == 0)
        case .folder:
            try makeFolder()
            try #require(mkdir(socket, 0o700) == 0)
        case .link:
            try makeFolder()
            _ = try elsewhere.openFolder()
            let target = parent.url.path + "/elsewhere/protector-1"
            listener = try bindSocket(CInt(SOCK_DGRAM.rawValue), at: target)
            try #require(symlink(target, socket) == 0)
        case .stream:
            try makeFolder()
            listener = try bindSocket(CInt(SOCK_STREAM.rawValue), at: socket)
            try #require(listen(listener, 5) == 0)
        case .full:
            try makeFolder()
            listener = try bindSocket(CInt(SOCK_DGRAM.rawValue), at: socket)
            var count = 0
            while place.offer(.protect(request)) {
                count += 1
                try #require(count < 1_000_000)
            }
            #expect(count > 0)
        case .folderOfAll, .folderOfGroup:
            try makeFolder(mode: obstacle == .folderOfAll ? 0o777 : 0o770)
            listener = try bindSocket(CInt(SOCK_DGRAM.rawValue), at: socket)
        case .linkedFolder:
            _ = try elsewhere.openFolder()
            listener = try bindSocket(
                CInt(SOCK_DGRAM.rawValue), at: parent.url.path + "/elsewhere/protector-1")
            try #require(
                symlink(parent.url.path + "/elsewhere", parent.url.path + "/own") == 0)
        case .fileForFolder:
            try Data().write(to: URL(filePath: parent.url.path + "/own"))
        case .otherOwner, .otherOwnersFolder:
            try makeFolder()
            listener = try bindSocket(CInt(SOCK_DGRAM.rawValue), at: socket)
            let path = obstacle == .otherOwner ? socket : parent.url.path + "/own"
            try #require(chown(path, 65534, 65534) == 0)
        }
        let start = ContinuousClock.now
        #expect(!place.offer(.protect(request)))
        #expect(ContinuousClock.now - start < .seconds(1))
    }

    private func bindSocket(_ type: CInt, at path: String) throws -> CInt {
        let descriptor = Glibc.socket(AF_UNIX, type, 0)
        var address = try #require(sockaddr_un(path))
        try #require(address.asGeneric { bind(descriptor, $0, $1) } == 0)
        return descriptor
    }

    @Test
    func `Messages of another user are nonsense, and so is what names no guest`() throws {
        let socket = try HandOverSocket(at: place)
        let send = { (user: uid_t?, text: String) throws in
            // Past the checks of the sender's side, as a program of somebody else would be.
            let python = """
                import os, socket, sys
                s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                s.connect(sys.argv[1])
                if sys.argv[3]: os.setuid(int(sys.argv[3]))
                s.send(os.fsencode(sys.argv[2]))
                """
            let outcome = try Command(
                "/usr/bin/python3",
                ["-c", python, self.socket, text, user.map(String.init) ?? ""]
            ).run()
            try #require(outcome.status == 0, "\(outcome.errorText)")
        }
        try send(nil, request.text)
        try send(nil, "")
        try send(nil, "hello")
        try send(nil, request.text + request.text)
        if effectiveUser == 0 { try send(65534, request.text) }
        try send(nil, request.text)
        let expected: [HandOverSocket.Arrival] =
            [.call(.protect(request)), .nonsense, .nonsense, .nonsense]
            + (effectiveUser == 0 ? [.nonsense] : []) + [.call(.protect(request))]
        #expect(socket.receive(within: .seconds(5)) == expected)
    }

    @Test
    func `Only one has the place, and one that was killed is in nobody's way`() throws {
        do {
            let first = try HandOverSocket(at: place)
            #expect(throws: Errno.self) { _ = try HandOverSocket(at: place) }
            #expect(place.offer(.protect(request)), "the attempt does no harm")
            #expect(first.receive(within: .seconds(5)) == [.call(.protect(request))])
            // Goes without being closed, as by SIGKILL.
        }
        #expect(try FileStatus(of: socket, followsLinks: false).kind == .socket)
        #expect(!place.offer(.protect(request)))
        let second = try HandOverSocket(at: place)
        #expect(place.offer(.protect(request)))
        #expect(second.receive(within: .seconds(5)) == [.call(.protect(request))])
    }

    @Test
    func `Once it is closed, nothing is taken, and what was taken is there`() throws {
        let socket = try HandOverSocket(at: place)
        #expect(place.offer(.protect(request)))
        socket.close()
        #expect(!place.offer(.protect(request)))
        let next = try HandOverSocket(at: place)
        #expect(place.offer(.protect(request)), "the next one has the place")
        #expect(socket.receive(within: .zero) == [.call(.protect(request))])
        #expect(socket.receive(within: .zero).isEmpty)
        #expect(next.receive(within: .zero) == [.call(.protect(request))])
    }

    @Test
    func `A second protector hands its guest over and ends`() throws {
        let worked = Mutex<[String]>([])
        let others = try (2...6).map { try #require(Self.request($0)) }
        Shift(linger: .milliseconds(300), limit: .seconds(60)).run(.protect(request), at: place) {
            first in
            worked.withLock { $0.append(first.uuid) }
            guard first == request else { return }
            for other in others {
                Shift.usual.run(.protect(other), at: place) { _ in
                    Issue.record("it works by itself")
                }
            }
        }
        #expect(worked.withLock { Set($0) } == Set((others + [request]).map(\.uuid)))
        #expect(worked.withLock { $0.count } == 6)
        #expect(!FileManager.default.fileExists(atPath: socket), "it leaves nothing behind")
    }

    @Test
    func `A guest that takes long delays no other, and is waited for`() throws {
        let worked = Mutex<[String]>([])
        let other = try #require(Self.request(2))
        Shift(linger: .milliseconds(10), limit: .seconds(60)).run(.protect(request), at: place) {
            one in
            if one == request {
                #expect(place.offer(.protect(other)))
                #expect(
                    RunningCommand.wait(within: .seconds(20)) {
                        worked.withLock { $0 == [other.uuid] }
                    })
            }
            worked.withLock { $0.append(one.uuid) }
        }
        #expect(worked.withLock { $0 } == [other.uuid, request.uuid])
    }

    @Test
    func `After its time it takes no more guests, though one is at work`() throws {
        let wasTaken = Mutex(true)
        Shift(linger: .seconds(60), limit: .milliseconds(50)).run(.protect(request), at: place) {
            _ in
            wasTaken.withLock { taken in
                _ = RunningCommand.wait(within: .seconds(20)) {
                    taken = place.offer(.protect(request))
                    return !taken
                }
            }
        }
        #expect(wasTaken.withLock { !$0 })
    }

    @Test
    func `Where there is no place to take guests over, the guest is worked on`() throws {
        try Data().write(to: URL(filePath: parent.url.path + "/own"))
        for place in [nil, place] {
            let worked = Mutex(0)
            Shift.usual.run(.protect(request), at: place) { _ in worked.withLock { $0 += 1 } }
            #expect(worked.withLock { $0 } == 1)
        }
    }

    private var notes: [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: place.folder)
        return (names ?? []).filter { !$0.hasPrefix("protector-") }.sorted()
    }

    @Test
    func `Guests in hand are noted, with a protector that takes guests over and without`() throws {
        let seen = Mutex<[[String]]>([])
        let fresh = try #require(ProtectionRequest(uuid: request.uuid, isFresh: true))
        for one in [request, fresh] {
            Shift(linger: .zero, limit: .seconds(60)).run(.protect(one), at: place) { _ in
                seen.withLock { $0.append(notes) }
            }
            #expect(notes.isEmpty)
        }
        // One that can neither have the place nor be answered works by itself.
        let folder = try place.openFolder()
        try #require(flock(folder.number, LOCK_EX | LOCK_NB) == 0)
        Shift.usual.run(.protect(request), at: place) { _ in seen.withLock { $0.append(notes) } }
        #expect(notes.isEmpty)
        let uuid = request.uuid
        #expect(seen.withLock { $0 } == [[uuid], [uuid + ".fresh"], [uuid]])
    }

    /// Leaves what a protector does that is killed: in the process of the tests, a lock may live on in a
    /// child that another test is about to start.
    private func leave(_ requests: [ProtectionRequest]) throws {
        _ = try place.openFolder()
        for request in requests {
            let name = request.uuid + (request.isFresh ? ".fresh" : "")
            try Data().write(to: URL(filePath: "\(place.folder)/\(name)"))
        }
    }

    @Test
    func `Guests of a protector that was killed are taken up by the next one`() throws {
        let killed = try (2...4).map { try #require(Self.request($0)) }
        let fresh = try #require(ProtectionRequest(uuid: killed[2].uuid, isFresh: true))
        let left = [killed[0], killed[1], fresh, request]
        try leave(left)
        let worked = Mutex<[ProtectionRequest: Int]>([:])
        let noted = Mutex<Set<String>>([])
        Shift(linger: .milliseconds(100), limit: .seconds(60)).run(.protect(request), at: place) {
            one in
            worked.withLock { $0[one, default: 0] += 1 }
            guard one != request else { return }
            usleep(20_000)
            noted.withLock { $0.formUnion(notes) }
        }
        #expect(noted.withLock { $0.isSubset(of: [request.uuid]) }, "each is taken up once")
        let once = Dictionary(uniqueKeysWithValues: left.map { ($0, 1) })
        #expect(worked.withLock { $0 } == once)
        #expect(notes.isEmpty)
    }

    @Test
    func `A guest that a protector still has in hand is left to it, until that is killed`() throws {
        let other = try #require(Self.request(2))
        let held = GuestInHand(other, at: place)
        try #require(held != nil)
        let worked = Mutex<[String]>([])
        let work: @Sendable (ProtectionRequest) -> Void = { one in
            worked.withLock { $0.append(one.uuid) }
        }
        Shift(linger: .zero, limit: .seconds(60)).run(.protect(request), at: place, work)
        #expect(worked.withLock { $0 } == [request.uuid])
        #expect(notes == [other.uuid])

        // Killed while another one is at work, which takes it up before it ends.
        let late = try #require(Self.request(3))
        Shift(linger: .milliseconds(200), limit: .seconds(60)).run(.protect(request), at: place) {
            one in
            work(one)
            if one == request { try? leave([late]) }
        }
        #expect(worked.withLock { $0 } == [request.uuid, request.uuid, late.uuid])
        withExtendedLifetime(held) {}
        #expect(notes == [other.uuid])
    }

    @Test
    func `A guest that is to be forgotten is not taken up, unless it is in hand`() throws {
        let fresh = try #require(ProtectionRequest(uuid: request.uuid, isFresh: true))
        let other = try #require(Self.request(2))
        try leave([request, fresh])
        let held = GuestInHand(other, at: place)
        try #require(held != nil && notes.count == 3)
        place.forget(request.uuid)
        #expect(notes == [other.uuid])
        withExtendedLifetime(held) { place.forget(other.uuid) }
        #expect(notes == [other.uuid])
        place.forget("../" + other.uuid)
        place.forget("no UUID")
    }

    @Test
    func `What is no note is left alone`() throws {
        try makeFolder()
        let (a, b, c) = try (
            #require(Self.request(2)).uuid, #require(Self.request(3)).uuid,
            #require(Self.request(4)).uuid
        )
        try #require(mkfifo("\(place.folder)/\(a)", 0o600) == 0)
        try #require(mkdir("\(place.folder)/\(b)", 0o700) == 0)
        try Data().write(to: URL(filePath: "\(parent.url.path)/elsewhere"))
        try #require(symlink("\(parent.url.path)/elsewhere", "\(place.folder)/\(c)") == 0)
        for name in ["hello", "\(a).freshest", "\(a).fresh.fresh", ".fresh", "--fresh \(a)"] {
            try Data().write(to: URL(filePath: "\(place.folder)/\(name)"))
        }
        let before = notes
        let worked = Mutex<[String]>([])
        for one in [request, try #require(Self.request(2))] {
            Shift(linger: .zero, limit: .seconds(60)).run(.protect(one), at: place) { one in
                worked.withLock { $0.append(one.uuid) }
            }
        }
        #expect(worked.withLock { $0 } == [request.uuid, a])
        #expect(notes == before)
    }

    @Test
    func `Nothing is lost and nothing done twice, whenever protectors end`() throws {
        let (senders, each) = (8, 250)
        let worked = Mutex<[String: Int]>([:])
        let protectors = DispatchGroup()
        let handedOver = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: senders) { sender in
            for number in 0..<each {
                guard let request = Self.request(sender * each + number) else { continue }
                if place.offer(.protect(request)) {
                    handedOver.withLock { $0 += 1 }
                    continue
                }
                // As the hook does: a protector of its own, which ends at any moment.
                let shift = Shift(
                    linger: .microseconds(Int.random(in: 0...2000)),
                    limit: .microseconds(Int.random(in: 100...4000)))
                protectors.enter()
                Thread.detachNewThread {
                    shift.run(.protect(request), at: place) { one in
                        worked.withLock { $0[one.uuid, default: 0] += 1 }
                    }
                    protectors.leave()
                }
            }
        }
        try #require(protectors.wait(timeout: .now() + 120) == .success)
        let counts = worked.withLock { $0 }
        #expect(counts.count == senders * each)
        #expect(counts.values.allSatisfy { $0 == 1 })
        let share = handedOver.withLock { $0 }
        #expect(share > 0 && share < senders * each, "\(share): both ways were gone")
    }
}
