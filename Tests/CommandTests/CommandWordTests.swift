// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Testing

@testable import virt_watchdog

struct CommandWordTests {
    private func complaint(about line: String) -> String? {
        do {
            try CommandWord.check(
                line.split(separator: " ").map(String.init), among: ["status", "plan", "apply"])
            return nil
        } catch {
            return error.message
        }
    }

    @Test(arguments: [
        "", "status", "status wbe", "-c x status", "-cx status", "--connect x status",
        "--connect=x plan", "-v plan", "-vq plan", "-qc x plan", "-qcx plan", "--verbose plan",
        "--help", "help", "help status", "--version", "---completion stauts", "--json stauts",
        "-- stauts", "-x stauts", "- stauts", "help --help", "-c", "--connect", "help help",
        "--generate-completion-script bash",
    ])
    func `A command line without an unknown command passes`(_ line: String) {
        #expect(complaint(about: line) == nil)
    }

    @Test(arguments: [
        ("stauts", "Unknown command 'stauts'. Did you mean 'status'?"),
        ("stauts --json", "Unknown command 'stauts'. Did you mean 'status'?"),
        ("-c x stauts", "Unknown command 'stauts'. Did you mean 'status'?"),
        ("-vcx stauts", "Unknown command 'stauts'. Did you mean 'status'?"),
        ("help nosuch", "Unknown command 'nosuch'."),
        ("help aply", "Unknown command 'aply'. Did you mean 'apply'?"),
        ("frobnicate", "Unknown command 'frobnicate'."),
        ("-c status web", "Unknown command 'web'."),
    ])
    func `An unknown command is an error with the likely one`(_ line: String, _ message: String) {
        #expect(complaint(about: line) == message)
    }

    @Test
    func `Each command of the tool is known`() {
        #expect(VirtWatchdog.commandNames.contains("version"))
        #expect(VirtWatchdog.commandNames.contains("plan"))
    }
}
