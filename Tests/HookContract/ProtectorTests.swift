// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// How the hook starts the one-shot.
@Suite(.enabled(if: Host.isAvailable, Host.needs))
struct ProtectorTests {
    private let guest = Definition()

    @Test(arguments: ["started", "reconnect"])
    func `The one-shot is told guest and daemon, and inherits nothing`(_ operation: String) throws {
        var host = try Host(properties: "vm.watchdog.action=reset")
        // libvirt closes them. Another caller of the hook may not.
        host.redirections = "7</etc/passwd 8>>extra 9<&0"
        let run = try host.run([guest.name, operation, "begin", "-"], guest.data)
        #expect(run.status == 0)
        let protector = try #require(run.protector)
        #expect(
            protector.arguments == ["--guest", Definition.uuid, "--daemon", "\(getpid())"])
        #expect(protector.folder == "/")
        #expect(protector.session != getsid(0) && protector.session != protector.id)
        #expect(protector.terminal == 0)
        #expect(ProtectorReport.isOfOneShot(protector.descriptors))
        #expect(
            protector.environment == [
                "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                "VIRT_WATCHDOG_PROPERTIES=\(host.chosenProperties ?? "")",
            ])
        #expect(protector.ignoredSignals == 0)
        #expect(protector.blockedSignals == 0)
    }

    @Test
    func `Only variables that the one-shot needs come through`() throws {
        var host = try Host()
        host.wrapper = [
            "/usr/bin/env", "-i", "/bin/sh", "-c",
            "shift 4; exec env -i HOME=/h USER=u LOGNAME=l XDG_RUNTIME_DIR=/x TMPDIR=/t"
                + " LD_PRELOAD= LD_LIBRARY_PATH=/evil LIBVIRT_DEFAULT_URI=test:///default"
                + " PASSWORD=p PATH=/evil \"$@\"",
            "sh",
        ]
        let run = try host.run([guest.name, "started", "begin", "-"], guest.data)
        #expect(
            try #require(run.protector).environment == [
                "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/h", "USER=u",
                "LOGNAME=l",
            ])
    }

    @Test(.enabled(if: Repository.runs(where: Command.find("setpriv") != nil), "needs setpriv(1)"))
    func `An unprivileged daemon's hook sends the one-shot to that daemon`() throws {
        var host = try Host()
        host.wrapper = [
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
        ]
        let run = try host.run([guest.name, "started", "begin", "-"], guest.data)
        #expect(run.status == 0)
        let protector = try #require(run.protector)
        #expect(
            protector.arguments == ["--guest", Definition.uuid, "--daemon", "\(getpid())"])
        #expect(!protector.environment.contains { $0.hasPrefix("XDG_RUNTIME_DIR=") })
    }

    @Test(arguments: ["started", "reconnect"])
    func `The hook does not wait for the one-shot`(_ operation: String) throws {
        let host = try Host(protector: .reporting(then: "exec sleep 3"))
        let run = try host.run([guest.name, operation, "begin", "-"], guest.data)
        #expect(run.status == 0)
        #expect(
            run.lifetime < .seconds(1.5), "both streams are at their end, and no zombie is left")
        #expect(run.protector != nil)
        #expect(!host.survivors.isEmpty, "the one-shot goes on")
    }

    @Test(arguments: ["1", "c7a5fdbd-edaf-9455-926a-d65c16db180g", "--fresh", "a b"])
    func `A malformed UUID starts nothing, and is a line in the log`(_ uuid: String) throws {
        let definition = Definition(uuid: uuid)
        let run = try Host().run(
            [definition.name, "started", "begin", "-"], definition.data, logLines: 2)
        #expect(run.status == 0)
        #expect(run.protector == nil)
        #expect(run.log.count == 2)
        #expect(run.log.last?.contains("the domain XML has no valid UUID") == true)
    }

    @Test
    func `A definition without a UUID starts nothing`() throws {
        let text = guest.text.replacing("<uuid>\(Definition.uuid)</uuid>", with: "")
        let run = try Host().run([guest.name, "started", "begin", "-"], Data(text.utf8))
        #expect(run.status == 0)
        #expect(run.protector == nil)
    }
}
