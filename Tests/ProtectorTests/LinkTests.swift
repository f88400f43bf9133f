// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import Testing

/// The connection for events and lists.
struct LinkTests {
    @Test func `The service holds its lock and connects at once`() {
        let bench = Bench()
        #expect(bench.isServing)
        #expect(bench.connects == 1)
        #expect(!bench.core.report.isConnected)
    }

    @Test func `Without a daemon, the service looks for one each second and keeps its lock`() {
        var bench = Bench()
        for attempt in 1...100 {
            #expect(bench.connects == attempt)
            bench.give(.noDaemon)
            bench.wait(.milliseconds(999))
            #expect(bench.connects == attempt)
            bench.wait(.milliseconds(1))
        }
        #expect(bench.isServing)
        #expect(bench.lines.isEmpty)
    }

    @Test func `A refused connection is reported once for each reason`() {
        var bench = Bench()
        for reason in ["a", "a", "b", "b"] {
            bench.give(.connectionFailed(reason))
            bench.wait(.seconds(1))
        }
        #expect(bench.lines.count == 2)
        #expect(bench.connects == 5)
        bench.connect()
        bench.give(.disconnected)
        bench.wait(.seconds(1))
        bench.give(.connectionFailed("b"))
        #expect(bench.lines.count == 3)
    }

    @Test func `The lock is given up after 60 s of failed connections, and taken again`() {
        var bench = Bench()
        for _ in 0..<59 {
            bench.give(.connectionFailed("a"))
            bench.wait(.seconds(1))
        }
        #expect(bench.isServing)
        bench.wait(.seconds(1))
        #expect(!bench.isServing)
        #expect(bench.lines(with: "cannot connect to libvirt for 60 s") == 1)
        bench.connect()
        #expect(bench.isServing)
        bench.wait(.seconds(120))
        #expect(bench.isServing)
    }

    @Test func `The lock is given up where the connection does not open for 60 s`() {
        var bench = Bench()
        bench.wait(.seconds(60))
        #expect(!bench.isServing)
        #expect(bench.connects == 1)
        bench.give(.noDaemon)
        #expect(bench.isServing)
    }

    @Test func `A lost connection is opened again after a second, and guests are listed`() {
        var bench = Bench.connected()
        bench.give(.disconnected)
        #expect(!bench.core.report.isConnected)
        bench.wait(.seconds(1))
        #expect(bench.connects == 2)
        bench.connect()
        #expect(bench.core.report.isConnected)
        #expect(bench.lists == 2)
        #expect(bench.lines.isEmpty)
    }

    @Test func `After a lost connection, no guest is asked anything until it is listed`() {
        var bench = Bench.connected(running: ["a": Bench.machine(Bench.pc("a"))])
        bench.fail("a", .rpc)
        bench.give(.disconnected)
        bench.wait(.seconds(1))
        bench.give(.connected(idlesOut: false))
        bench.wait(.seconds(10))
        #expect(bench.open.isEmpty)
        bench.list()
        #expect(bench.looks == ["a"])
    }

    @Test(arguments: ["attach", "attached", "unplug"])
    func `A step that the connection's loss cut short is planned again`(step: String) {
        var bench = Bench.connected()
        bench.start(Bench.machine(Bench.pc("a")))
        let look = bench.machines["a"]?.look
        if step == "unplug" {
            for _ in 0..<40 where bench.asked("a") != .unplugOrphan {
                if bench.asked("a") == .look, let look { bench.answer("a", look) }
                if case .attach = bench.asked("a") { bench.answer("a", .failure(.libvirt(orphan))) }
                bench.wait(.seconds(5))
            }
            bench.answer("a", .success(.orphanIsGone(false)))
            bench.give(.disconnected)
        } else if step == "attached", let look {
            bench.answer("a", look)
            bench.answer("a", .success(.done))
            bench.give(.disconnected)
            bench.fail("a", .rpc)
        } else {
            bench.give(.disconnected)
            // The answer was on its way.
            if let look { bench.answer("a", look) }
        }
        bench.wait(.seconds(1))
        bench.connect()
        #expect(bench.asked("a") == .look)
        bench.work()
        #expect(bench.steps("a").suffix(3) == ["look", "attach", "look"])
    }

    private let orphan = LibvirtError(
        code: .internalError, message: "Duplicate device ID 'ua-virt-watchdog'")

    @Test func `A daemon that idles out is disconnected after 30 s without guests, and a list`() {
        var bench = Bench()
        bench.connect(idlesOut: true)
        bench.wait(.seconds(29))
        #expect(bench.lists == 1)
        bench.wait(.seconds(1))
        #expect(bench.lists == 2)
        #expect(bench.disconnects == 0)
        bench.list()
        #expect(bench.disconnects == 1)
        #expect(bench.isServing)
        bench.wait(.seconds(1000))
        #expect(bench.connects == 1)
    }

    @Test func `A daemon without a timeout is kept without guests`() {
        var bench = Bench.connected()
        bench.wait(.seconds(200))
        #expect(bench.lists == 1)
        #expect(bench.disconnects == 0)
    }

    @Test func `A daemon that idles out is kept while a guest runs`() {
        var bench = Bench()
        bench.connect(idlesOut: true)
        bench.wait(.seconds(29))
        bench.start(Bench.machine(Bench.pc("a")))
        bench.waitWorking(.seconds(250))
        #expect(bench.disconnects == 0)
        bench.machines = [:]
        bench.event("a", .stopped)
        bench.wait(.seconds(30))
        bench.list()
        #expect(bench.disconnects == 1)
    }

    @Test func `A guest that the last list names keeps the daemon`() {
        var bench = Bench()
        bench.connect(idlesOut: true)
        bench.wait(.seconds(30))
        bench.machines["a"] = Bench.machine(Bench.pc("a"))
        bench.list()
        #expect(bench.disconnects == 0)
        #expect(bench.looks == ["a"])
    }

    @Test func `A sign of a starting guest brings the connection back`() {
        var bench = Bench()
        bench.connect(idlesOut: true)
        bench.wait(.seconds(30))
        bench.list()
        bench.give(.nudged)
        #expect(bench.connects == 2)
        bench.give(.nudged)
        #expect(bench.connects == 2)
        bench.connect()
        #expect(bench.core.report.isConnected)
    }

    @Test func `Signs of starting guests lead to one list, after 30 s`() {
        var bench = Bench.connected()
        for _ in 0..<10 {
            bench.give(.nudged)
            bench.wait(.seconds(2))
        }
        #expect(bench.lists == 1)
        bench.wait(.seconds(10))
        #expect(bench.lists == 2)
        bench.list()
        bench.wait(.seconds(100))
        #expect(bench.lists == 2)
    }
}
