// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Signals and streams that are odd, yet do no harm.
@Suite(.enabled(if: Host.isAvailable, Host.needs))
struct StreamFaultTests {
    private static let guest = Definition()

    @Test(arguments: [
        ("PIPE", SIGPIPE), ("CHLD", SIGCHLD), ("CONT", SIGCONT), ("URG", SIGURG),
        ("WINCH", SIGWINCH),
    ])
    func `A signal that means no harm changes nothing`(_ name: String, _ number: Int32) throws {
        let host = try Host()
        let hook = try host.start([Self.guest.name, "prepare", "begin", "-"])
        #expect(Host.waitUntilWaiting(hook))
        hook.send(signal: number)
        hook.write(Self.guest.data)
        let run = try host.finish(hook)
        #expect(run.status == 0)
        #expect(XMLTree(run.output)?.watchdogs.count == 1)
    }

    @Test
    func `The alarm rings even where the caller has blocked it`() throws {
        var host = try Host()
        host.wrapper = ["/usr/bin/env", "--block-signal"]
        let run = try host.run(
            [Self.guest.name, "started", "begin", "-"], Data(), closesInput: false)
        #expect(run.status == 0)
        #expect(run.lifetime < .seconds(2.5))
    }

    @Test(arguments: ["prepare", "migrate"])
    func `Output is handed over whole and at once, whenever it is read`(_ operation: String) throws
    {
        var host = try Host(properties: "vm.watchdog.existing=align")
        // A reader that sleeps first: output in pieces would be incomplete by then.
        host.prelude = "mkfifo late; { sleep 1; cat; } <late >taken 2>/dev/null &"
        host.redirections = ">late"
        let guest = Definition(
            watchdogs: ["<watchdog model='i6300esb' action='pause'/>"],
            more: "<!--\(String(repeating: " ", count: 900_000))-->\n  ")
        let run = try host.run([guest.name, operation, "begin", "-"], guest.data, logLines: 1)
        #expect(run.status == 0)
        #expect(run.log.compactMap { LogLineFields($0)?.plan } == ["change-action"])
        let taken = host.folder.url.appending(path: "taken")
        let arrived = RunningCommand.wait(within: .seconds(5)) {
            (try? Data(contentsOf: taken)).flatMap { XMLTree($0) } != nil
        }
        #expect(arrived)
        #expect(run.lifetime < .seconds(0.9), "the hook did not wait for the reader")
    }
}
