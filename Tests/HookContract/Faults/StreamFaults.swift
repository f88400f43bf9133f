// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Fault {
    /// A fault of a standard stream, as the shell's redirections make it.
    private init(
        stream name: String, _ effect: Effect, _ redirections: String, prelude: String = ""
    ) {
        self.init(
            name: name, effect: effect,
            arrange: { host in
                host.redirections = redirections
                host.prelude = prelude
            })
    }

    /// Makes a FIFO `stuck` with no room for one more byte; the process `helper` keeps it open.
    static let stuckPipe = """
        mkfifo stuck
        sleep 60 <>stuck >/dev/null 2>&1 &
        echo $! >helper
        dd if=/dev/zero of=stuck bs=4096 count=16 2>/dev/null
        """

    /// Makes a FIFO `gone` that descriptor 8 can still open, without a reader once that is closed.
    private static let readerlessPipe = "mkfifo gone; exec 8<>gone"

    private static let cutShort = "signal 14"

    /// Standard streams that are closed, full, stuck or of the wrong kind.
    static let streams: [Fault] = [
        Fault(stream: "input closed", .noPlan("Bad file descriptor"), "<&-"),
        Fault(stream: "input from /dev/null", .noPlan("empty"), "</dev/null"),
        Fault(stream: "input from a folder", .noPlan("Is a directory"), "</"),
        Fault(stream: "input open for writing", .noPlan("Bad file descriptor"), "0>>written"),
        Fault(stream: "everything closed", .noPlan("Bad file descriptor"), "<&- >&- 2>&-"),
        Fault(name: "input never comes", effect: .noPlan(cutShort), event: .inputStays(0)),
        Fault(name: "half the input, no end", effect: .noPlan(cutShort), event: .inputStays(0.5)),
        Fault(name: "all the input, no end", effect: .noPlan(cutShort), event: .inputStays(1)),
        Fault(stream: "output closed", .notPrinted("Bad file descriptor"), ">&-"),
        Fault(stream: "output on a full disk", .notPrinted("No space left"), ">/dev/full"),
        Fault(stream: "output open for reading", .notPrinted("Bad file descriptor"), "1</dev/null"),
        Fault(
            stream: "output to a reader who has gone", .notPrinted("Broken pipe"), ">gone 8>&-",
            prelude: readerlessPipe),
        Fault(
            stream: "output to a full pipe without a reader", .notPrinted(cutShort), ">stuck",
            prelude: stuckPipe),
        Fault(stream: "error closed", .none, "2>&-"),
        Fault(stream: "error on a full disk", .none, "2>/dev/full"),
        Fault(
            stream: "error to a full pipe without a reader", .none, "2>stuck", prelude: stuckPipe),
        Fault(stream: "output and error closed", .notPrinted("Bad file descriptor"), ">&- 2>&-"),
        Fault(
            stream: "output and error on a full disk", .notPrinted("No space left"),
            ">/dev/full 2>/dev/full"),
    ]
}
