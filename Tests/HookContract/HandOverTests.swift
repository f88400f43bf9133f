import Foundation
import TestSupport
import Testing

/// How the hook hands a guest over to a protector that is at work, or sees that there is none.
@Suite(.serialized, .enabled(if: Host.isAvailable, Host.needs))
struct HandOverTests {
    private let guest = Definition()
    /// The guest as it comes back from a snapshot: with the record of an earlier run.
    private let revertedGuest = Definition(
        metadata: "<a:alignment xmlns:a='urn:virt-watchdog:alignment:1' action='reset'"
            + " over='none' id='3' run='an-earlier-one/2/3'/>")

    /// A host with a folder of the test's at the place of the protector that is at work.
    private struct HostAtWork {
        var host: Host
        let folder: URL
        /// The socket, or what is in its place, as the test sees it.
        let socket: String

        init(runFolder: String = "/run", properties: String? = nil) throws {
            host = try Host(properties: properties)
            folder = host.folder.url.appending(path: "at-work")
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700])
            let version = try Command(#require(Repository.tool, Host.needs), ["--version"]).run()
            socket = folder.path + "/protector-" + version.text.trimmingCharacters(in: .newlines)
            let place = runFolder + "/libvirt/virt-watchdog"
            host.prelude = "mkdir -p \(place); mount --bind \(folder.path) \(place)"
        }

        /// A protector: whatever listens for whole messages does.
        func listen(at path: String? = nil) throws -> LogSocket {
            try LogSocket(at: path ?? socket)
        }
    }

    private func started(_ definition: Definition, on host: Host) throws -> Host.Run {
        let run = try host.run([definition.name, "started", "begin", "-"], definition.data)
        #expect(run.status == 0)
        #expect(run.output.isEmpty && run.error.isEmpty)
        #expect(run.duration < .seconds(1.5))
        #expect(run.log.count == 1)
        return run
    }

    @Test(arguments: ["started", "reconnect"])
    func `A protector at work is told the guest, and none is started`(_ operation: String) throws {
        let atWork = try HostAtWork()
        let protector = try atWork.listen()
        let run = try atWork.host.run([guest.name, operation, "begin", "-"], guest.data)
        #expect(run.status == 0)
        #expect(run.output.isEmpty && run.error.isEmpty)
        #expect(run.log.count == 1)
        #expect(run.protector == nil)
        #expect(protector.takeLines() == [Definition.uuid])
    }

    @Test
    func `It is told that a record is of an earlier run, too`() throws {
        let atWork = try HostAtWork()
        do {
            let protector = try atWork.listen()
            #expect(try started(revertedGuest, on: atWork.host).protector == nil)
            #expect(protector.takeLines() == ["--fresh \(Definition.uuid)"])
        }
        #expect(
            try started(revertedGuest, on: atWork.host).protector?.arguments
                == ["protect", "--connect", "qemu:///system", "--fresh", Definition.uuid],
            "as the one is that is started")
    }

    @Test
    func `A protector at work is told to be there when the guest runs, and none is started`() throws
    {
        let atWork = try HostAtWork()
        let protector = try atWork.listen()
        let run = try atWork.host.run([guest.name, "prepare", "begin", "-"], guest.data)
        #expect(run.status == 0)
        #expect(run.protector == nil)
        #expect(protector.takeLines() == ["--standby"])
    }

    @Test(arguments: ["start", "stopped", "release", "migrate", "restore"])
    func `Other operations leave it alone`(_ operation: String) throws {
        let atWork = try HostAtWork()
        let protector = try atWork.listen()
        let run = try atWork.host.run([guest.name, operation, "begin", "-"], guest.data)
        #expect(run.status == 0)
        #expect(protector.takeLines().isEmpty)
    }

    @Test
    func `Whoever names a properties file gets a protector that reads it`() throws {
        let atWork = try HostAtWork(properties: "vm.watchdog.action=reset")
        let protector = try atWork.listen()
        #expect(try started(guest, on: atWork.host).protector != nil)
        #expect(protector.takeLines().isEmpty)
    }

    @Test(.enabled(if: Repository.runs(where: Command.find("setpriv") != nil), "needs setpriv(1)"))
    func `An unprivileged daemon's hook asks its user's protector`() throws {
        var atWork = try HostAtWork(runFolder: "/run/user/65534")
        let protector = try atWork.listen()
        try #require(chown(atWork.folder.path, 65534, 65534) == 0)
        try #require(chown(atWork.socket, 65534, 65534) == 0)
        atWork.host.wrapper = [
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
        ]
        #expect(try started(guest, on: atWork.host).protector == nil)
        #expect(protector.takeLines() == [Definition.uuid])
    }

    /// What may stand where a protector is looked for, that takes no guests.
    enum Obstacle: CaseIterable {
        case nothing, nobodyListens, full, otherVersion, file, fifo, folder, link, otherOwner
        case folderOfAll, folderOfOther
    }

    @Test(arguments: Obstacle.allCases)
    func `What takes no guests costs no time, and a protector is started`(
        _ obstacle: Obstacle
    ) throws {
        let atWork = try HostAtWork()
        // One that is not to be asked listens for as long.
        var other: LogSocket?
        defer { withExtendedLifetime(other) {} }
        switch obstacle {
        case .nothing: break
        case .nobodyListens: _ = try atWork.listen()
        case .full:
            other = try atWork.listen()
            try fill(atWork.socket)
        case .otherVersion: other = try atWork.listen(at: atWork.folder.path + "/protector-0.0.0")
        case .file: try Data().write(to: URL(filePath: atWork.socket))
        case .fifo: try #require(mkfifo(atWork.socket, 0o600) == 0)
        case .folder: try #require(mkdir(atWork.socket, 0o700) == 0)
        case .link:
            other = try atWork.listen(at: atWork.folder.path + "/elsewhere")
            try #require(symlink("elsewhere", atWork.socket) == 0)
        case .otherOwner:
            other = try atWork.listen()
            try #require(chown(atWork.socket, 65534, 65534) == 0)
        case .folderOfAll:
            other = try atWork.listen()
            try #require(chmod(atWork.folder.path, 0o777) == 0)
        case .folderOfOther:
            other = try atWork.listen()
            try #require(chown(atWork.folder.path, 65534, 65534) == 0)
        }
        let protector = try #require(try started(guest, on: atWork.host).protector)
        #expect(
            protector.arguments == ["protect", "--connect", "qemu:///system", Definition.uuid])
        #expect(protector.descriptors == ["0": "/dev/null", "1": "/dev/null", "2": "/dev/null"])
        if obstacle != .full { #expect(other?.takeLines().isEmpty != false) }
    }

    /// Sends messages until no more fit; they stay there without their sender.
    private func fill(_ socket: String) throws {
        let python = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            s.setblocking(False)
            s.connect(sys.argv[1])
            try:
                while True: s.send(b'x')
            except BlockingIOError:
                pass
            """
        let outcome = try Command("/usr/bin/python3", ["-c", python, socket]).run()
        try #require(outcome.status == 0, "\(outcome.errorText)")
    }
}
