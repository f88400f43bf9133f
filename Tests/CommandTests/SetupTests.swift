// SPDX-License-Identifier: Apache-2.0

import Foundation
import Host
import Libvirt
import System
import SystemPackage
import TestSupport
import Testing

@testable import virt_watchdog

/// The files that `setup` and `unsetup` write and remove, in a tree and on a host in a folder.
struct SetupTests {
    private let fake: FakeHost
    private let lines = Lines()

    /// The lines of a report.
    private final class Lines {
        var all: [String] = []
    }

    init() throws {
        fake = try FakeHost()
    }

    private func installation(isLive: Bool = false) -> Installation {
        var installation = Installation(host: fake.host, prefix: "/usr", isLive: isLive)
        installation.searchPath = [fake.path("usr/bin"), fake.path("usr/sbin")]
        installation.report = { [lines] in lines.all.append($0) }
        return installation
    }

    /// A program that runs, with our namespace in it.
    private func program(_ name: String = "true", text: String = "") throws -> [UInt8] {
        let path = try #require(Command.find(name))
        return Array(try Data(contentsOf: URL(filePath: path)))
            + Array("urn:virt-watchdog:policy:1\(text)".utf8)
    }

    /// Writes what install.sh lays out.
    private func makeTree(
        hook: [UInt8]? = nil, policy: String? = "vm.watchdog.action=reset\n"
    ) throws -> String {
        try fake.write("tree/usr/bin/virt-watchdog", "tool", mode: 0o755)
        try fake.write("tree/usr/bin/virt-watchdog-hook", hook ?? program(), mode: 0o700)
        try fake.write("tree/usr/sbin/virt-watchdogd", "service", mode: 0o755)
        try fake.write("tree/usr/share/man/man1/virt-watchdog.1", "page", mode: 0o600)
        if let policy {
            try fake.write("tree/usr/share/virt-watchdog/agent.properties", policy)
        }
        return fake.path("tree")
    }

    private func text(_ name: String) -> String? {
        try? String(contentsOfFile: fake.path(name), encoding: .utf8)
    }

    private func bytes(_ name: String) -> [UInt8]? {
        (try? Data(contentsOf: URL(filePath: fake.path(name)))).map { Array($0) }
    }

    private func manifest() throws -> Manifest {
        try #require(Manifest(at: fake.path("usr/share/virt-watchdog/installed")))
    }

    /// All files below `/etc` and `/usr`.
    private func files() throws -> [String] {
        try ["etc", "usr"].flatMap { top in
            try FileManager.default.subpathsOfDirectory(atPath: fake.path(top)).map {
                "\(top)/\($0)"
            }
        }.filter { (try? Stat(fake.path($0), followTargetSymlink: false))?.type != .directory }
            .sorted()
    }

    // MARK: The hook's place

    /// The hooks in their places, the rest of the host, and the place of our hook.
    @Test(
        arguments: [
            ([], nil, HookTarget.single, nil),
            (["other qemu"], nil, HookTarget.shared, .otherHook),
            (["folder qemu"], nil, HookTarget.shared, .otherHook),
            (["link qemu"], nil, HookTarget.shared, .otherHook),
            (["ours qemu"], nil, HookTarget.single, nil),
            (["ours qemu"], "usr/share/cloudstack-agent", HookTarget.single, nil),
            (["ours qemu.d/50-virt-watchdog"], nil, HookTarget.shared, .cloudStack),
            (["ours qemu", "ours qemu.d/50-virt-watchdog"], nil, HookTarget.shared, .otherHook),
            (["ours qemu.d/10-moved"], nil, HookTarget.single, nil),
            ([], "usr/share/cloudstack-agent", HookTarget.shared, .cloudStack),
            ([], "etc/cloudstack/agent", HookTarget.shared, .cloudStack),
        ] as [([String], String?, String, HookTarget.Reason?)])
    func `The hook goes where it is already, else to the first free place`(
        _ hooks: [String], _ folder: String?, _ place: String, _ reason: HookTarget.Reason?
    ) throws {
        for hook in hooks {
            let words = hook.split(separator: " ").map(String.init)
            switch words[0] {
            case "ours": try fake.putHook(words[1])
            case "folder": try fake.makeFolder("etc/libvirt/hooks/\(words[1])")
            case "link": try fake.link("etc/libvirt/hooks/\(words[1])", to: "nowhere")
            default: try fake.putScript(words[1])
            }
        }
        if let folder { try fake.makeFolder(folder) }
        let target = HookTarget(among: fake.hooks, on: fake.host)
        #expect(target.path == place)
        #expect(target.reason == reason)
    }

    @Test func `A libvirt that runs one hook only is refused beside another hook`() throws {
        try fake.putScript("qemu")
        try fake.writeProgram("usr/sbin/libvirtd", "echo 'libvirtd (libvirt) 6.4.0'")
        let tree = try makeTree()
        let before = try files()
        let error = #expect(throws: SetupError.self) {
            try installation().installFiles(from: tree)
        }
        #expect("\(try #require(error))".contains("another hook stands at /etc/libvirt/hooks/qemu"))
        #expect(try files() == before)
        try fake.writeProgram("usr/sbin/libvirtd", "echo 'libvirtd (libvirt) 6.5.0'")
        try installation().installFiles(from: tree)
        #expect(try files().contains("etc/libvirt/hooks/qemu.d/50-virt-watchdog"))
    }

    @Test(arguments: ["script", "link", "folder"])
    func `A file in the hook's place that is not our hook stays, and nothing changes`(
        _ kind: String
    ) throws {
        try fake.makeFolder("usr")
        try fake.putScript("qemu")
        let place = "etc/libvirt/hooks/qemu.d/50-virt-watchdog"
        switch kind {
        case "script": try fake.putScript("qemu.d/50-virt-watchdog")
        case "link":
            try fake.makeFolder("etc/libvirt/hooks/qemu.d")
            try fake.link(place, to: "/opt/nowhere")
        default: try fake.makeFolder(place)
        }
        let tree = try makeTree()
        let before = try files()
        let error = #expect(throws: SetupError.self) {
            try installation().installFiles(from: tree)
        }
        #expect("\(try #require(error))".contains("is not virt-watchdog's hook"))
        #expect(try files() == before)
    }

    @Test func `A hook that does not run is no upgrade of a package's link, and nothing changes`()
        throws
    {
        try fake.write("usr/bin/virt-watchdog-hook", program(), mode: 0o755)
        try fake.makeFolder("etc/libvirt/hooks/qemu.d")
        try fake.link(
            "etc/libvirt/hooks/qemu.d/50-virt-watchdog",
            to: "../../../../usr/bin/virt-watchdog-hook")
        let tree = try makeTree(hook: Array("#!/bin/sh\nexit 3\n".utf8))
        let before = try files()
        let error = #expect(throws: SetupError.self) {
            try installation().installFiles(from: tree)
        }
        #expect("\(try #require(error))".contains("exit status 3"))
        #expect(try files() == before)
    }

    // MARK: A tree and its surroundings

    @Test func `A tree with a policy, hooks and a manifest changes none of the host's`() throws {
        try fake.write("etc/virt-watchdog/agent.properties", "# mine\n")
        try fake.putScript("qemu")
        let tree = try makeTree()
        try fake.write("tree/etc/virt-watchdog/agent.properties", "# the tree's\n")
        try fake.write("tree/etc/libvirt/hooks/qemu", "the tree's", mode: 0o755)
        try fake.write("tree/usr/share/virt-watchdog/installed", "file 1-1 /usr/bin/x\n")
        try installation().installFiles(from: tree)
        #expect(text("etc/virt-watchdog/agent.properties") == "# mine\n")
        #expect(text("etc/libvirt/hooks/qemu") != "the tree's")
        #expect(try manifest().entry("/usr/bin/x") == nil)
        #expect(try manifest().entry(HookTarget.shared)?.kind == .file)
    }

    @Test func `A symbolic link does not lead out of a tree`() throws {
        let outside = try TemporaryFolder()
        try fake.makeFolder("etc")
        try fake.link("etc/virt-watchdog", to: outside.url.path)
        let error = #expect(throws: SetupError.self) {
            try installation().installFiles(from: makeTree())
        }
        #expect("\(try #require(error))".contains("leads out of the tree"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside.url.path).isEmpty)
    }

    @Test(arguments: [
        ("", true, "empty"), ("nonsense\n", true, "no line of setup"),
        ("file 1-2 /../out\n", true, "leads out"),
        ("file 1-2 /usr/bin/../../etc/passwd\n", true, "two dots"),
        ("file 1-2 /etc//passwd\n", true, "an empty component"),
        ("file 1-2 relative\n", true, "no absolute path"),
        ("file 1-2 /usr/bin/virt-watchdog\r\nfolder - /usr/bin\r\n", false, "CR LF"),
    ])
    func `A damaged manifest is told from a good one`(
        _ text: String, isDamaged: Bool, reason: String
    ) throws {
        let path = try fake.write("installed", text)
        #expect(try #require(Manifest(at: path)).isDamaged == isDamaged, "\(reason)")
    }

    @Test func `Only files below the prefix, the hooks and the policy are ours to remove`() {
        let installation = installation()
        for (path, isOwn) in [
            ("/usr/bin/virt-watchdog", true), ("/etc/libvirt/hooks/qemu", true),
            ("/etc/virt-watchdog/agent.properties", true), ("/etc/passwd", false),
            ("/usrx", false),
        ] {
            let entry = Manifest.Entry(kind: .file, checksum: "1-1", path: path)
            #expect(installation.owns(entry) == isOwn, "\(path)")
        }
    }

    // MARK: Upgrades

    @Test func `A file that a new version lacks is removed, and a foreign file stays`() throws {
        let tree = try makeTree()
        try fake.write("tree/usr/share/old", "ours")
        try installation().installFiles(from: tree)
        try fake.write("usr/share/foreign", "")
        try FileManager.default.removeItem(atPath: fake.path("tree/usr/share/old"))
        try installation().installFiles(from: tree)
        #expect(text("usr/share/old") == nil)
        #expect(text("usr/share/foreign") != nil)
        #expect(try manifest().entry("/usr/share/old") == nil)
        #expect(text("etc/virt-watchdog/agent.properties") == "vm.watchdog.action=reset\n")
    }

    @Test func `An upgrade says that libvirt runs a disabled hook again`() throws {
        let tree = try makeTree()
        try installation().installFiles(from: tree)
        let line =
            "\(HookTarget.single) was not executable. It is now: libvirt runs the hook again."
        #expect(!lines.all.contains(line))
        #expect(chmod(fake.path("etc/libvirt/hooks/qemu"), 0o644) == 0)
        try installation().installFiles(from: tree)
        #expect(lines.all.contains(line))
    }

    @Test func `A removal takes the temporary files of a killed setup with it`() throws {
        try installation().installFiles(from: makeTree())
        let temporary = ["usr/bin/.virt-watchdog-hook.new", "etc/libvirt/hooks/.qemu.new"]
        for name in temporary { try fake.write(name, "half") }
        try installation().removeFiles(of: manifest())
        #expect(temporary.allSatisfy { text($0) == nil })
    }

    @Test func `A setup waits for another setup, and not for ever`() throws {
        try fake.makeFolder("usr")
        do {
            let lock = try SetupLock(installation())
            let error = #expect(throws: SetupError.self) {
                _ = try SetupLock(installation(), timeout: 0)
            }
            #expect("\(try #require(error))".contains("another virt-watchdog setup"))
            withExtendedLifetime(lock) {}
        }
        _ = try SetupLock(installation(), timeout: 0)
    }

    // MARK: Files

    @Test func `A tree is copied with the permissions of programs and texts, and is listed`() throws
    {
        try installation().installFiles(from: makeTree())
        let modes = [
            "usr/bin/virt-watchdog": 0o755, "usr/bin/virt-watchdog-hook": 0o755,
            "usr/sbin/virt-watchdogd": 0o755, "usr/share/man/man1/virt-watchdog.1": 0o644,
            "etc/libvirt/hooks/qemu": 0o755, "etc/virt-watchdog/agent.properties": 0o644,
        ]
        for (name, mode) in modes {
            #expect(try Stat(fake.path(name)).permissions.rawValue == mode_t(mode), "\(name)")
            let entry = try #require(try manifest().entry("/\(name)"))
            #expect(entry.kind == .file)
            #expect(entry.checksum == Checksum(try #require(bytes(name))).description)
        }
        #expect(try manifest().entry("/usr/share/man")?.kind == .folder)
        #expect(try manifest().entry("/etc/libvirt") == nil, "it was there")
    }

    @Test func `A removal leaves nothing but earlier files`() throws {
        let before = try files()
        try installation().installFiles(from: makeTree())
        try installation().installFiles(from: nil)
        try installation().removeFiles(of: manifest())
        #expect(try files() == before)
        #expect(!FileManager.default.fileExists(atPath: fake.path("usr/share")))
        #expect(FileManager.default.fileExists(atPath: fake.path("etc/libvirt/hooks")))
    }

    @Test func `A directory with other files stays`() throws {
        try installation().installFiles(from: makeTree())
        try fake.write("usr/share/man/other", "")
        try installation().removeFiles(of: manifest())
        #expect(text("usr/share/man/other") == "")
    }

    @Test func `A dry run writes and removes nothing`() throws {
        let tree = try makeTree()
        let before = try files()
        var dry = installation()
        dry.dryRun = true
        try dry.installFiles(from: tree)
        #expect(lines.all.contains("    /etc/libvirt/hooks/qemu"))
        #expect(try files() == before)
        try installation().installFiles(from: tree)
        let installed = try files()
        try dry.removeFiles(of: manifest())
        #expect(try files() == installed)
    }

    @Test func `A hook that does not run changes nothing in its place`() throws {
        let old = try program(text: "old")
        try fake.write("etc/libvirt/hooks/qemu", old, mode: 0o755)
        let tree = try makeTree(hook: program("false"))
        let error = #expect(throws: SetupError.self) {
            try installation().installFiles(from: tree)
        }
        #expect("\(try #require(error))".contains("nothing was changed at /etc/libvirt/hooks/qemu"))
        #expect(bytes("etc/libvirt/hooks/qemu") == old)
        #expect(bytes("usr/bin/virt-watchdog-hook") == nil)
        #expect(bytes("usr/share/virt-watchdog/installed") == nil)
    }

    @Test func `Another hook stays, in the beginning and in the end`() throws {
        let hook = "#!/bin/sh\n# like urn:virt-watchdog:policy:1\n"
        try fake.putScript("qemu", hook)
        try installation().installFiles(from: makeTree())
        #expect(text("etc/libvirt/hooks/qemu") == hook)
        try fake.putScript("qemu.d/50-virt-watchdog", hook)
        try installation().removeFiles(of: manifest())
        #expect(text("etc/libvirt/hooks/qemu") == hook)
        #expect(text("etc/libvirt/hooks/qemu.d/50-virt-watchdog") == hook)
        #expect(
            lines.all.contains(
                "    /etc/libvirt/hooks/qemu.d/50-virt-watchdog is another hook now and stays"))
    }

    // MARK: The policy file

    @Test(arguments: [
        "etc/virt-watchdog/agent.properties", "etc/cloudstack/agent/agent.properties",
    ])
    func `A host with a policy keeps it`(_ name: String) throws {
        try fake.write(name, "vm.watchdog.action=pause\n")
        try installation().installFiles(from: makeTree())
        #expect(text(name) == "vm.watchdog.action=pause\n")
        #expect(try manifest().entry("/etc/virt-watchdog/agent.properties") == nil)
        try installation().removeFiles(of: manifest())
        #expect(text(name) == "vm.watchdog.action=pause\n")
    }

    @Test
    func `A changed policy file survives upgrades and the removal, an unchanged one does not`()
        throws
    {
        let name = "etc/virt-watchdog/agent.properties"
        try installation().installFiles(from: makeTree())
        try installation().installFiles(from: makeTree(policy: "vm.watchdog.action=none\n"))
        #expect(text(name) == "vm.watchdog.action=reset\n")
        try installation().removeFiles(of: manifest())
        #expect(text(name) == nil)
        try installation().installFiles(from: makeTree())
        try fake.write(name, "vm.watchdog.action=pause\n")
        try installation().installFiles(from: makeTree())
        try installation().removeFiles(of: manifest())
        #expect(text(name) == "vm.watchdog.action=pause\n")
        #expect(lines.all.contains("    /\(name) was changed and stays"))
    }

    // MARK: Packages

    /// Writes what a package has installed.
    private func installPackage() throws {
        let tree = try makeTree()
        try FileManager.default.removeItem(atPath: fake.path("usr"))
        try FileManager.default.moveItem(atPath: tree + "/usr", toPath: fake.path("usr"))
        chmod(fake.path("usr/bin/virt-watchdog-hook"), 0o755)
    }

    @Test func `The files of a package are listed and stay`() throws {
        try installPackage()
        let before = try files()
        try installation().installFiles(from: nil)
        #expect(bytes("etc/libvirt/hooks/qemu") == bytes("usr/bin/virt-watchdog-hook"))
        #expect(text("etc/virt-watchdog/agent.properties") == "vm.watchdog.action=reset\n")
        let kinds = try manifest().files.map { "\($0.kind) \($0.path)" }.sorted()
        #expect(
            kinds == [
                "file /etc/libvirt/hooks/qemu", "file /etc/virt-watchdog/agent.properties",
                "package /usr/bin/virt-watchdog", "package /usr/bin/virt-watchdog-hook",
                "package /usr/sbin/virt-watchdogd",
            ])
        let hook = try #require(fake.hooks.ours.first)
        #expect(HookBuild.finding(hook, on: fake.host).level == .ok)
        try installation().removeFiles(of: manifest())
        #expect(try files() == before)
    }

    @Test func `A package's own symbolic link to the hook stays`() throws {
        try installPackage()
        try fake.makeFolder("etc/libvirt/hooks/qemu.d")
        let link = "etc/libvirt/hooks/qemu.d/50-virt-watchdog"
        try fake.link(link, to: "../../../../usr/bin/virt-watchdog-hook")
        try installation().installFiles(from: nil)
        #expect(try Stat(fake.path(link), followTargetSymlink: false).type == .symbolicLink)
        #expect(try manifest().entry("/\(link)")?.kind == .package)
        #expect(!FileManager.default.fileExists(atPath: fake.path("etc/libvirt/hooks/qemu")))
        try installation().removeFiles(of: manifest())
        #expect(try Stat(fake.path(link), followTargetSymlink: false).type == .symbolicLink)
    }

    @Test func `A host without the programs is refused`() throws {
        let error = #expect(throws: SetupError.self) { try installation().installFiles(from: nil) }
        #expect("\(try #require(error))".contains("usr/bin/virt-watchdog-hook"))
    }

    // MARK: CloudStack

    @Test(
        arguments: [
            ("", ["vm.watchdog.existing=align"]), ("vm.watchdog.existing=align\n", []),
            ("vm.watchdog.existing=keep\n", ["vm.watchdog.existing=align"]),
            ("vm.watchdog.action=poweroff\nvm.watchdog.existing = ALIGN\n", []),
            (
                "vm.watchdog.action=none\n",
                ["vm.watchdog.existing=align", "vm.watchdog.action=reset"]
            ),
            (
                "vm.watchdog.action=none\nvm.watchdog.existing=align\n",
                ["vm.watchdog.action=reset"]
            ),
            ("vm.watchdog.existing=algin\n", ["vm.watchdog.existing=align"]),
        ] as [(String, [String])])
    func `On a CloudStack host, setup names the settings that running guests need`(
        _ policy: String, _ missing: [String]
    ) throws {
        let file = try fake.write("etc/cloudstack/agent/agent.properties", policy)
        for dryRun in [false, true] {
            lines.all = []
            var installation = installation()
            installation.dryRun = dryRun
            installation.printNextSteps(isDone: true)
            #expect(lines.all.count == (missing.isEmpty ? 0 : 1))
            let line = lines.all.first ?? ""
            for setting in missing {
                #expect(line.contains(setting))
                #expect(line.contains("into \(file.shellWord), then run virt-watchdog apply"))
            }
            #expect(missing.count != 1 || !line.contains(" and vm."))
        }
    }

    @Test func `Without CloudStack's agent, setup does not speak of it`() throws {
        #expect(installation().cloudStackNote == nil)
        try fake.makeFolder("usr/share/cloudstack-agent")
        #expect(installation().cloudStackNote?.contains("existing=align") == true)
        try fake.write("etc/virt-watchdog/agent.properties", "vm.watchdog.existing=align\n")
        #expect(installation().cloudStackNote == nil)
    }

    // MARK: The host

    @Test func `SELinux that would stop each guest's start is refused`() throws {
        try fake.write("sys/fs/selinux/enforce", "1")
        try fake.write("usr/sbin/virtqemud", "")
        let tree = try makeTree()
        let before = try files()
        let error = #expect(throws: SetupError.self) {
            try installation(isLive: true).installFiles(from: tree)
        }
        #expect("\(try #require(error))".contains("SELinux is enforcing"))
        #expect(try files() == before)
        try installation().installFiles(from: tree)
    }

    @Test func `A host is root's to change, a tree and a dry run are not`() throws {
        var live = installation(isLive: true)
        live.host.administrator = live.host.user + 1
        #expect(throws: SetupError.self) { try live.checkUser() }
        live.dryRun = true
        try live.checkUser()
        live.dryRun = false
        live.isLive = false
        try live.checkUser()
    }
}
