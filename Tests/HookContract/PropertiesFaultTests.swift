import Foundation
import TestSupport
import Testing

/// Properties files that give no policy, or not at once.
@Suite(.enabled(if: Host.isAvailable, Host.needs))
struct PropertiesFaultTests {
    private static let guest = Definition(machine: .microvm)

    struct Row: Sendable, CustomTestStringConvertible {
        var reason: String
        /// A part of the reason in the log.
        var complaint: String
        /// Puts something at the path.
        var make: @Sendable (_ path: String) throws -> Void

        init(
            _ reason: String, _ complaint: String,
            _ make: @escaping @Sendable (_ path: String) throws -> Void
        ) {
            self.reason = reason
            self.complaint = complaint
            self.make = make
        }

        var testDescription: String { reason }
    }

    static let rows = [
        Row("a chosen file that is missing", "No such file") { _ in },
        Row("a folder", "no regular file") {
            try FileManager.default.createDirectory(atPath: $0, withIntermediateDirectories: true)
        },
        Row("a FIFO that nobody writes to", "no regular file") { mkfifo($0, 0o644) },
        Row("a device", "no regular file") { symlink("/dev/zero", $0) },
        Row("a link to itself", "symbolic links") { symlink($0, $0) },
        Row("100 MB, most of it nothing", "longer than 1 MiB") {
            try Data("vm.watchdog.enforce=true\n".utf8).write(to: URL(filePath: $0))
            truncate($0, 100 << 20)
        },
        Row("a bad value", ":1:20:") {
            try Data("vm.watchdog.action=rest\nvm.watchdog.enforce=true".utf8)
                .write(to: URL(filePath: $0))
        },
        Row("a bad value behind a comment", ":4:23:") {
            try Data("# a\r\n\r\n! b\r\n  vm.watchdog.enforce=yes\r\n".utf8)
                .write(to: URL(filePath: $0))
        },
        Row("an escape that Java refuses", ":1:19:") {
            try Data(#"vm.watchdog.model=i6300es\u00"#.utf8).write(to: URL(filePath: $0))
        },
    ]

    @Test(arguments: ["prepare", "started", "migrate"], rows)
    func `A file that gives no policy leaves guests alone, and the log names it`(
        _ operation: String, _ row: Row
    ) throws {
        var host = try Host()
        let path = host.folder.url.path + "/chosen.properties"
        try row.make(path)
        host.chosenProperties = path
        for guest in [Definition(), Self.guest] {
            let run = try host.run([guest.name, operation, "begin", "-"], guest.data)
            #expect(run.status == 0)
            #expect(run.output.isEmpty)
            #expect(run.error.isEmpty)
            #expect(run.protector == nil)
            #expect(run.duration < .seconds(2.5))
            let line = try #require(run.log.first.flatMap(LogLineFields.init))
            #expect(run.log.count == 1)
            #expect(line.plan == "leave")
            #expect(line.priority == 11, "the user's facility, an error")
            #expect(line.reason.contains(path))
            #expect(line.reason.contains(row.complaint), "\(line.reason)")
        }
    }

    @Test(.enabled(if: Repository.runs(where: Command.find("setpriv") != nil), "needs setpriv(1)"))
    func `A file that may not be read leaves guests alone`() throws {
        var host = try Host(properties: "vm.watchdog.action=pause")
        chmod(try #require(host.chosenProperties), 0o600)
        host.wrapper = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        let run = try host.run(["g", "prepare", "begin", "-"], Definition().data)
        #expect(run.status == 0)
        #expect(run.output.isEmpty)
        #expect(run.log.first?.contains("Permission denied") == true)
    }

    /// Files that are odd, yet say nothing against the built-in policy.
    @Test(arguments: [
        (Data(), "empty"),
        (Data(" \n\t\r\n".utf8), "blank"),
        (Data((0...255).map { UInt8($0) }), "binary"),
        (Data(repeating: 0, count: 4096), "NUL bytes"),
        (Data("keystore.passphrase=\(Canary.inProperties)\\u12".utf8), "an odd line of somebody's"),
        (Data("vm.watchdog.modell=none".utf8), "an unknown key"),
        (Data("vm.watchdog.model=\nvm.watchdog.action".utf8), "keys without values"),
    ])
    func `A file without a value of ours gives the built-in policy`(
        _ contents: Data, _ reason: String
    ) throws {
        var host = try Host()
        host.chosenProperties = try host.folder.write("odd.properties", contents).path
        let run = try host.run(["g", "prepare", "begin", "-"], Definition().data)
        #expect(run.status == 0)
        #expect(
            XMLTree(run.output)?.watchdogs.map(\.attributes)
                == [["model": "i6300esb", "action": "reset"]])
    }

    @Test(arguments: ["", "vm.watchdog.act", "vm.watchdog.action=po"])
    func `A file that is being written is read again until it holds still`(
        _ beginning: String
    ) throws {
        let host = try Host(properties: "")
        let path = try #require(host.chosenProperties)
        let hook = try host.start(["g", "prepare", "begin", "-"])
        #expect(Host.waitUntilReading(hook))
        try #require(truncate(path, 0) == 0)
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.write(contentsOf: Data(beginning.utf8))
        hook.write(Definition().data)
        hook.closeInput()
        usleep(10000)
        let whole = "vm.watchdog.action=poweroff\n"
        try file.write(contentsOf: Data(whole.dropFirst(beginning.count).utf8))
        let run = try host.finish(hook)
        #expect(
            XMLTree(run.output)?.watchdogs.map(\.attributes)
                == [["model": "i6300esb", "action": "poweroff"]])
    }

    @Test
    func `A file that never holds still is waited for only so long`() throws {
        let host = try Host(properties: "vm.watchdog.action=pause")
        let future = Date(timeIntervalSinceNow: 3600)
        try FileManager.default.setAttributes(
            [.modificationDate: future], ofItemAtPath: #require(host.chosenProperties))
        let run = try host.run(["g", "prepare", "begin", "-"], Definition().data)
        #expect(XMLTree(run.output)?.watchdogs.first?.attributes["action"] == "pause")
        #expect(run.duration < .seconds(1))
    }
}
