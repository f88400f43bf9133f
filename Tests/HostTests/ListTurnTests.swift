// SPDX-License-Identifier: Apache-2.0

import Foundation
import Host
import Synchronization
import System
import TestSupport
import Testing

/// The turn of one-shots to list the guests.
struct ListTurnTests {
    private let folder: TemporaryFolder
    private var directory: String { folder.url.path + "/libvirt/virt-watchdog" }

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func `Each one-shot that comes after the last list lists anew`() {
        for number in 1...3 {
            #expect(value(ListTurn(in: directory).take { number }) == number)
        }
    }

    @Test func `A list that began after the one-shot came is as good as its own`() {
        let early = ListTurn(in: directory)
        let late = ListTurn(in: directory)
        #expect(value(early.take { 1 }) == 1)
        #expect(value(late.take { 2 }) == nil)
        #expect(value(ListTurn(in: directory).take { 3 }) == 3)
    }

    @Test func `A list that began before the one-shot came is not`() {
        let first = ListTurn(in: directory)
        var second: ListTurn?
        _ = first.take { second = ListTurn(in: directory) }
        #expect(second.map { value($0.take { 2 }) } == 2)
    }

    /// What a one-shot has listed, or nothing.
    private func value<Value>(_ outcome: ListTurn.Outcome<Value>) -> Value? {
        if case .listed(let value) = outcome { value } else { nil }
    }

    /// Counts lists.
    private final class Tally: Sendable {
        private let counts = Mutex((running: 0, most: 0, all: 0))

        var most: Int { counts.withLock { $0.most } }
        var all: Int { counts.withLock { $0.all } }

        func list() {
            counts.withLock {
                $0.running += 1
                $0.most = max($0.most, $0.running)
                $0.all += 1
            }
            usleep(50_000)
            counts.withLock { $0.running -= 1 }
        }
    }

    @Test func `There is one list at a time, and few for many one-shots`() async {
        let tally = Tally()
        let turns = (0..<20).map { _ in ListTurn(in: directory) }
        await withTaskGroup(of: Void.self) { group in
            for turn in turns {
                group.addTask {
                    await withCheckedContinuation { done in
                        Thread.detachNewThread {
                            turn.take { tally.list() }
                            done.resume()
                        }
                    }
                }
            }
        }
        #expect(tally.most == 1)
        #expect(tally.all == 1)
    }

    private func write(begun: UInt64, ended: UInt64, secondsAgo: Int64) throws {
        let now = Clock.bootTime
        let time = Int64(Date().timeIntervalSince1970) - now.components.seconds - secondsAgo
        let words = [begun, ended, UInt64(clamping: time)]
        let data = words.withUnsafeBytes { Data($0) }
        try data.write(to: URL(filePath: directory + "/list"))
    }

    @Test func `While a list has not ended, no other one begins for five minutes`() throws {
        _ = ListTurn(in: directory)
        for (seconds, isBlocked) in [(1, true), (290, true), (310, false)] {
            try write(begun: 9, ended: 8, secondsAgo: Int64(seconds))
            let outcome = ListTurn(in: directory).take { 1 }
            #expect((value(outcome) == nil) == isBlocked, "\(seconds)")
            if case .blocked = outcome { #expect(isBlocked) } else { #expect(!isBlocked) }
        }
        #expect(value(ListTurn(in: directory).take { 2 }) == 2, "the last one has ended")
    }

    @Test func `A list that does not end is not waited for`() {
        let turn = ListTurn(in: directory)
        let other = ListTurn(in: directory)
        let start = ContinuousClock.now
        turn.take {
            guard case .blocked = other.take({ 1 }) else {
                Issue.record("it listed")
                return
            }
        }
        #expect((9...15).contains(start.duration(to: .now).components.seconds))
    }

    @Test func `Without a file, a one-shot lists at once`() throws {
        try folder.write("libvirt", "")
        #expect(value(ListTurn(in: directory).take { 1 }) == 1)
    }
}
