// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

extension Fault {
    private init(
        limit: String, _ effect: Effect, input: @escaping @Sendable (Data) -> Data = { $0 }
    ) {
        self.init(
            name: "ulimit \(limit)", effect: effect, input: input,
            arrange: { $0.limit = "ulimit \(limit)" })
    }

    /// The fewest kilobytes of addresses with which the hook gets as far as its own first
    /// instruction; with less, the C library gives up before.
    private static let leastAddresses: Int = {
        var (tooFew, enough) = (0, 1 << 17)
        while enough - tooFew > 4 {
            let middle = (tooFew + enough) / 2
            let script = "ulimit -c 0; ulimit -v \(middle); exec \"$0\" guest stopped end -"
            let run = try? Command("/bin/sh", ["-c", script, Repository.hook ?? ""]).run()
            if run?.status == 0 { enough = middle } else { tooFew = middle }
        }
        return enough
    }()

    /// Limits that leave the hook hardly enough, or less than it needs.
    static let limits: [Fault] =
        [
            Fault(limit: "-n 3", .notProtected("Too many open files")),
            Fault(limit: "-S -f 0", .none),
            Fault(limit: "-c unlimited", .none),
            Fault(limit: "-s 64", .none),
            Fault(limit: "-v 20000", .uncertain) { padding($0, by: 12 << 20) },
            Fault(limit: "-t 1", .uncertain),
        ]
        + [0, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 4096].map { more in
            Fault(
                name: "\(more) KB of addresses over the least", effect: .uncertain,
                arrange: { $0.limit = "ulimit -v \(leastAddresses + more)" })
        }
}
