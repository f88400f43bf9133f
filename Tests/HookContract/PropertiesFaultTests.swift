// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Properties files that give a policy, but not at once.
@Suite(.enabled(if: Host.isAvailable, Host.needs))
struct PropertiesFaultTests {
    @Test(arguments: ["", "vm.watchdog.act", "vm.watchdog.action=po"])
    func `A file that is being written is read again until it holds still`(
        _ beginning: String
    ) throws {
        let host = try Host(properties: "")
        let path = try #require(host.chosenProperties)
        let hook = try host.start(["g", "prepare", "begin", "-"])
        #expect(Host.waitUntilWaiting(hook))
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
        try host.unsettleProperties()
        let run = try host.run(["g", "prepare", "begin", "-"], Definition().data)
        #expect(XMLTree(run.output)?.watchdogs.first?.attributes["action"] == "pause")
        #expect(run.lifetime < .seconds(1))
    }
}
