// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What must not get out of the hook; every other test looks for the secrets, too, wherever the
/// hook writes.
@Suite(.enabled(if: Host.isAvailable, Host.needs))
struct SecrecyTests {
    @Test(.enabled(if: Repository.runs(where: Command.find("setpriv") != nil), "needs setpriv(1)"))
    func `A hook that has read a definition leaves no core file`() throws {
        var host = try Host()
        host.wrapper = Host.asNobody
        let hook = try host.start(["g", "migrate", "begin", "-"])
        hook.write(Definition().data)
        #expect(Host.waitUntilWaiting(hook))
        // The kernel gives these to root where it will write no core file: see proc(5).
        let owner = try FileManager.default.attributesOfItem(atPath: "/proc/\(hook.id)/environ")[
            .ownerAccountID]
        #expect(owner as? NSNumber == 0)
        let run = try host.finish(hook)
        #expect(run.status == 0)
    }

    @Test(arguments: HookCall.all.filter(\.reads))
    func `A secret in the definition and in the policy goes nowhere`(_ call: HookCall) throws {
        let host = try Host(properties: HookCall.policy)
        let run = try host.run([call.guest.name] + call.words, call.guest.data)
        #expect(run.leaks.isEmpty)
        #expect(run.text.contains(Canary.inDefinition) == call.prints)
    }

    @Test
    func `A leak would be found`() throws {
        let host = try Host()
        try host.folder.write("core", Canary.inProperties)
        let run = try host.end(of: host.start([Canary.inDefinition, "prepare", "begin", "-"]))
        #expect(run.leaks == ["core", "the log"])
    }
}
