// SPDX-License-Identifier: Apache-2.0

import Foundation
import Host
import System
import TestSupport
import Testing

/// What a service tells its manager.
@Suite(.serialized)
struct ServiceManagerTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test
    func `A text arrives at a socket in the file system`() throws {
        let path = folder.url.path + "/notify"
        let socket = try LogSocket(at: path)
        let manager = try #require(ServiceManager { ["NOTIFY_SOCKET": path][$0] })
        manager.send("READY=1\nSTATUS=watching 3 guests")
        #expect(socket.takeLines() == ["READY=1\nSTATUS=watching 3 guests"])
        #expect(manager.watchdogInterval == nil)
    }

    @Test
    func `A text arrives at an abstract socket`() throws {
        let name = "virt-watchdog-\(UUID().uuidString)"
        let socket = try LogSocket(at: "\0" + name)
        let manager = try #require(ServiceManager { ["NOTIFY_SOCKET": "@" + name][$0] })
        manager.send("READY=1")
        #expect(socket.takeLines() == ["READY=1"])
    }

    @Test
    func `A manager that has gone or reads nothing does not keep the service`() throws {
        let path = folder.url.path + "/notify"
        var socket: LogSocket? = try LogSocket(at: path)
        let manager = try #require(ServiceManager { ["NOTIFY_SOCKET": path][$0] })
        let limit = try String(
            contentsOfFile: "/proc/sys/net/unix/max_dgram_qlen", encoding: .utf8)
        let count = try #require(Int(limit.trimmingCharacters(in: .newlines)))
        // One more than the limit is still taken.
        let duration = ContinuousClock().measure {
            for _ in 0..<(count + 2) { manager.send("WATCHDOG=1") }
        }
        #expect(duration < .milliseconds(900))
        #expect(socket?.takeLines().count == count + 1)
        socket = nil
        manager.send("WATCHDOG=1")
    }

    @Test(arguments: [
        nil, "", "relative", "vsock:2:9999", "@", "/" + String(repeating: "n", count: 120),
    ])
    func `Without a socket that it can reach there is no manager`(name: String?) {
        #expect(ServiceManager(environment: { $0 == "NOTIFY_SOCKET" ? name : "1" }) == nil)
    }

    @Test(
        arguments: [
            ("30000000", nil, .seconds(30)), ("2500", "us", .microseconds(2500)),
            ("30000000", "1", nil), ("30000000", "", nil), ("0", nil, nil), ("-1", nil, nil),
            ("soon", nil, nil), (nil, nil, nil), (nil, "us", nil),
        ] as [(String?, String?, Duration?)])
    func `The watchdog's interval is for the process that it names`(
        microseconds: String?, process: String?, interval: Duration?
    ) throws {
        let process = process == "us" ? "\(getpid())" : process
        let values = [
            "NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": microseconds, "WATCHDOG_PID": process,
        ]
        let manager = try #require(ServiceManager { values[$0] ?? nil })
        #expect(manager.watchdogInterval == interval)
    }

    @Test
    func `The environment loses the variables`() throws {
        setenv("NOTIFY_SOCKET", "/run/notify", 1)
        setenv("WATCHDOG_USEC", "1000000", 1)
        setenv("WATCHDOG_PID", "\(getpid())", 1)
        let manager = try #require(ServiceManager())
        #expect(manager.watchdogInterval == .seconds(1))
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
            #expect(getenv(name) == nil)
        }
        #expect(ServiceManager() == nil)
    }
}
