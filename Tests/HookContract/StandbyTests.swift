import Foundation
import TestSupport
import Testing

/// How the hook has a protector there by the time that a guest runs.
@Suite(.serialized, .enabled(if: Host.isAvailable, Host.needs))
struct StandbyTests {
    private let guest = Definition()
    private let standby = ["protect", "--connect", "qemu:///system", "--standby"]

    /// A host where a daemon of libvirt's runs, which has a run folder.
    private func host(
        _ protector: Host.Protector = .reporting(), properties: String? = nil
    ) throws -> Host {
        var host = try Host(protector: protector)
        host.prelude = "mkdir -p /run/libvirt"
        if let properties {
            try host.write(properties: properties, to: "etc/virt-watchdog/agent.properties")
        }
        return host
    }

    private func prepare(_ definition: Definition, on host: Host) throws -> Host.Run {
        let run = try host.run([definition.name, "prepare", "begin", "-"], definition.data)
        #expect(run.status == 0)
        #expect(run.error.isEmpty)
        #expect(run.log.count == 1, "\(run.log)")
        #expect(run.children.isEmpty)
        #expect(run.lifetime < .seconds(1.5), "shorter than the hook's own alarm")
        return run
    }

    @Test
    func `A guest that will need one has one started, which inherits nothing`() throws {
        var host = try host()
        host.redirections = "7</etc/passwd 8>>extra 9<&0"
        host.limit = "trap '' PIPE CONT URG WINCH"
        let run = try prepare(guest, on: host)
        #expect(XMLTree(run.output)?.watchdogs.count == 1)
        let protector = try #require(run.protector)
        #expect(protector.arguments == standby)
        #expect(protector.folder == "/")
        #expect(protector.session == protector.id, "a session of its own")
        #expect(protector.terminal == 0)
        #expect(protector.descriptors == ["0": "/dev/null", "1": "/dev/null", "2": "/dev/null"])
        #expect(protector.environment == ["LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
        #expect(protector.ignoredSignals == 0)
        #expect(protector.blockedSignals == 0)
    }

    @Test
    func `A watchdog that will get another action needs one, too`() throws {
        let guest = Definition(watchdogs: ["<watchdog model='i6300esb' action='pause'/>"])
        let host = try host(properties: "vm.watchdog.existing=align")
        #expect(try prepare(guest, on: host).protector?.arguments == standby)
    }

    /// Where a protector would have nothing to do.
    static let idle: [(reason: String, guest: Definition, properties: String)] = [
        ("the policy gives no watchdog", Definition(), "vm.watchdog.model=none"),
        ("the guest is excluded", Definition(), "vm.watchdog.exclude=*"),
        ("the policy is faulty", Definition(), "vm.watchdog.action=rest"),
        ("a running guest cannot have it", Definition(), "vm.watchdog.model=ib700"),
        (
            "it has one", Definition(watchdogs: ["<watchdog model='i6300esb' action='reset'/>"]), ""
        ),
        ("it cannot have one", Definition(machine: .microvm), ""),
    ]

    @Test(arguments: idle.indices)
    func `Where there will be nothing to do, none is started`(_ index: Int) throws {
        let (reason, guest, properties) = Self.idle[index]
        let host = try host(properties: properties)
        #expect(try prepare(guest, on: host).protector == nil, "\(reason)")
    }

    @Test
    func `A guest whose start is refused needs none`() throws {
        let guest = Definition(watchdogs: ["<watchdog model='i6300esb' action='dump'/>"])
        let host = try host(
            properties: "vm.watchdog.existing=align\nvm.watchdog.enforce=true")
        let run = try host.run([guest.name, "prepare", "begin", "-"], guest.data)
        #expect(run.status == 1)
        #expect(run.protector == nil)
    }

    @Test
    func `Whoever names a properties file, as where definitions are piped through, starts none`()
        throws
    {
        var host = try host()
        host.chosenProperties = try host.write(properties: "", to: "policy/agent.properties")
        #expect(try prepare(guest, on: host).protector == nil)
    }

    @Test
    func `Where no daemon has a run folder, none is started`() throws {
        var host = try host()
        host.prelude = ""
        #expect(try prepare(guest, on: host).protector == nil)
    }

    @Test(arguments: ["start", "started", "reconnect", "stopped", "migrate", "restore"])
    func `Other operations call for no standby`(_ operation: String) throws {
        let run = try host().run([guest.name, operation, "begin", "-"], guest.data)
        #expect(run.status == 0)
        #expect(run.protector?.arguments != standby)
    }

    /// What may stand in the protector's place.
    static let broken: [(reason: String, protector: Host.Protector)] = [
        ("missing", .missing), ("not executable", .notExecutable), ("garbage", .garbage),
        ("a link to itself", .loop), ("hangs", .reporting(then: "exec sleep 3")),
        ("crashes", .reporting(then: "kill -SEGV $$")),
    ]

    @Test(arguments: broken.indices)
    func `One that cannot be started, or hangs, is none of the hook's troubles`(_ index: Int) throws
    {
        let run = try prepare(guest, on: host(Self.broken[index].protector))
        #expect(XMLTree(run.output)?.watchdogs.count == 1, "\(Self.broken[index].reason)")
    }

    @Test(arguments: [
        "ulimit -n 3", "ulimit -n 4", "ulimit -n 6", "ulimit -v 20000", "ulimit -f 0",
    ])
    func `Tight limits cost the standby and nothing else`(_ limit: String) throws {
        var host = try host()
        host.limit = limit
        let run = try prepare(guest, on: host)
        #expect(XMLTree(run.output)?.watchdogs.count == 1)
        if let protector = run.protector {
            #expect(
                protector.descriptors == ["0": "/dev/null", "1": "/dev/null", "2": "/dev/null"])
        }
    }
}
