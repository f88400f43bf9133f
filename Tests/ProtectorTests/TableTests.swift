// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Protector

/// The table of calls, and the timers.
struct TableTests {
    @Test(arguments: [0, 1])
    func `The table has room for four calls, less the reserve`(reserve: Int) {
        var table = CallTable(reserve: reserve)
        for count in 0..<4 {
            #expect(table.count == count)
            #expect(table.hasRoom(forTrusted: true))
            #expect(table.hasRoom(forTrusted: false) == (count < 4 - reserve))
            _ = table.begin(about: "a", at: .zero, until: .seconds(1))
        }
        #expect(!table.hasRoom(forTrusted: true))
    }

    @Test func `Calls are written off once, in their order, and keep their place`() {
        var table = CallTable(reserve: 0)
        let ids = (1...3).map {
            table.begin(about: "\($0)", at: .zero, until: .seconds($0 == 3 ? 9 : 5))
        }
        #expect(table.nextTime(after: .seconds(1)) == .seconds(5))
        #expect(table.writeOff(at: .milliseconds(4999)).isEmpty)
        #expect(table.writeOff(at: .seconds(5)).map(\.uuid) == ["1", "2"])
        #expect(table.writeOff(at: .seconds(6)).isEmpty)
        #expect(table.writtenOffCount == 2)
        #expect(table.count == 3)
        #expect(table.nextTime(after: .seconds(6)) == .seconds(9))
        #expect(table.end(ids[0]) == "1")
        #expect(table.end(ids[0]) == nil)
        #expect(table.end(ids[2]) == "3")
        #expect(table.writtenOffCount == 1)
        #expect(table.nextTime(after: .seconds(6)) == nil)
    }

    @Test func `The reserve is lent once three calls have run for a second`() {
        var table = CallTable(reserve: 1)
        for number in 1...3 {
            _ = table.begin(about: "\(number)", at: .milliseconds(number), until: .seconds(5))
        }
        #expect(table.nextTime(after: .milliseconds(3)) == .milliseconds(1001))
        #expect(!table.lendsReserve(at: .milliseconds(1002)))
        #expect(table.lendsReserve(at: .milliseconds(1003)))
        #expect(table.nextTime(after: .milliseconds(1003)) == .seconds(5))
    }

    @Test func `Timers are due in the order of their times, then of their setting`() {
        var timers = Timers()
        timers.set(.sweep, for: .seconds(2))
        timers.set(.guest("a", turn: 1), for: .seconds(1))
        timers.set(.guest("a", turn: 2), for: .seconds(1))
        #expect(timers.next == .seconds(1))
        #expect(timers.takeDue(at: .milliseconds(999)) == nil)
        #expect(timers.takeDue(at: .seconds(2)) == .guest("a", turn: 1))
        #expect(timers.takeDue(at: .seconds(2)) == .guest("a", turn: 2))
        #expect(timers.takeDue(at: .seconds(2)) == .sweep)
        #expect(timers.takeDue(at: .seconds(2)) == nil)
        #expect(timers.next == nil)
    }

    @Test func `A timer of a purpose takes the place of the last one`() {
        var timers = Timers()
        timers.set(.sweep, for: .seconds(1))
        timers.set(.sweep, for: .seconds(5))
        #expect(timers.takeDue(at: .seconds(4)) == nil)
        #expect(timers.isSet(.sweep))
        #expect(timers.takeDue(at: .seconds(5)) == .sweep)
        #expect(!timers.isSet(.sweep))
    }

    @Test func `A timer that was cancelled is not due`() {
        var timers = Timers()
        timers.set(.idle, for: .seconds(1))
        timers.cancel(.idle)
        #expect(!timers.isSet(.idle))
        #expect(timers.takeDue(at: .seconds(9)) == nil)
    }
}
