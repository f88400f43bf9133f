import Foundation
import HostSystem
import Synchronization
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
            #expect(ListTurn(in: directory).take { number } == number)
        }
    }

    @Test func `A list that began after the one-shot came is as good as its own`() {
        let early = ListTurn(in: directory)
        let late = ListTurn(in: directory)
        #expect(early.take { 1 } == 1)
        #expect(late.take { 2 } == nil)
        #expect(ListTurn(in: directory).take { 3 } == 3)
    }

    @Test func `A list that began before the one-shot came is not`() {
        let first = ListTurn(in: directory)
        var second: ListTurn?
        _ = first.take { second = ListTurn(in: directory) }
        #expect(second?.take { 2 } == 2)
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

    @Test func `A list that was cut off does not count, and holds nothing up`() throws {
        let turn = ListTurn(in: directory)
        // As if its process had been killed during the list.
        try Data([9, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0])
            .write(to: URL(filePath: directory + "/list"))
        #expect(turn.take { 1 } == nil, "an earlier one has ended since")
        #expect(ListTurn(in: directory).take { 2 } == 2)
    }

    @Test func `Without a file, a one-shot lists at once`() throws {
        try folder.write("libvirt", "")
        #expect(ListTurn(in: directory).take { 1 } == 1)
    }
}
