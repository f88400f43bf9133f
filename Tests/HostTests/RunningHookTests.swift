// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Host
@testable import System

/// The hooks that a daemon runs, as this process runs children.
struct RunningHookTests {
    private static let uuid = UUID().uuidString.lowercased()

    @Test(arguments: [
        ("guest=web,debug-threads=on", "web"), ("guest=a,,b=c,debug-threads=on", "a,b=c"),
        ("guest=x y", "x y"), ("web", nil),
    ])
    func `A guest's name is read from its QEMU's command line`(option: String, name: String?) {
        let words = ["qemu", "-name", option, "-S", "-uuid", Self.uuid]
        #expect(RunningHook.name(in: words, of: Self.uuid) == name)
        #expect(RunningHook.name(in: words, of: "another") == nil)
        #expect(RunningHook.name(in: ["qemu", "-uuid", Self.uuid], of: Self.uuid) == nil)
        #expect(RunningHook.name(in: ["qemu", "-uuid"], of: Self.uuid) == nil)
    }

    private func run(_ words: [String]) throws -> RunningCommand {
        try RunningCommand(Command("/bin/sh", ["-c", "read line"] + words))
    }

    @Test func `A hook of the guest is seen under its daemon, and no other is`() throws {
        #expect(RunningHook.isRunning(forGuest: Self.uuid, under: getpid()), "no QEMU is seen")
        let name = "hooked \(Self.uuid)"
        let qemu = try run(["-name", "guest=\(name),x=y", "-uuid", Self.uuid])
        func isRunning(under daemon: Int32 = getpid()) -> Bool {
            RunningHook.isRunning(forGuest: Self.uuid, under: daemon)
        }
        #expect(RunningCommand.wait(within: .seconds(10)) { !isRunning() })
        let other = try run(["hooked", "started", "begin", "-"])
        usleep(200_000)
        #expect(!isRunning())
        let hook = try run([name, "started", "begin", "-"])
        #expect(RunningCommand.wait(within: .seconds(10)) { isRunning() })
        #expect(!isRunning(under: getppid()))
        _ = try hook.finish(within: .seconds(10))
        #expect(!isRunning())
        for command in [other, qemu] { _ = try command.finish(within: .seconds(10)) }
    }
}
