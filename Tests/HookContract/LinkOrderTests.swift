// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The order in which the linker places the hook's functions.
struct LinkOrderTests {
    /// The linker's map of the hook, which install.sh has it write.
    private static let map = Repository.root.appending(path: ".build/install/hook.map")
    private static let order = Repository.root.appending(
        path: "Sources/virt-watchdog-hook/link-order")
    private static let hasMap =
        Repository.hook != nil && FileManager.default.fileExists(atPath: map.path)

    private static func lines(of file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
            .filter { !$0.isEmpty }
    }

    @Test(.enabled(if: Repository.runs(where: hasMap), "install.sh links the hook with lld"))
    func `The hook has most of the functions in its link order`() throws {
        // The last column has the names.
        let linked = Set(
            try Self.lines(of: Self.map).compactMap { line in
                line.lastIndex(of: " ").map { String(line[line.index(after: $0)...]) }
            })
        let order = try Self.lines(of: Self.order)
        let missing = order.filter { !linked.contains($0) }
        #expect(
            missing.count * 20 < order.count,
            """
            \(missing.count) of \(order.count) functions have another name by now; print the list \
            anew: Tests/Benchmarks/link-order >Sources/virt-watchdog-hook/link-order
            """)
    }
}
