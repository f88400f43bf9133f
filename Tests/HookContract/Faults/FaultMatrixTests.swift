// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The matrix: whatever goes wrong, whenever libvirt calls, the guest goes its way.
@Suite(.enabled(if: Host.isAvailable, Host.needs))
struct FaultMatrixTests {
    @Test(arguments: Fault.all)
    func `No fault costs a guest anything, whenever libvirt calls`(_ fault: Fault) async throws {
        try await withThrowingTaskGroup(of: (HookCall, [String]).self) { group in
            for call in HookCall.all where fault.concerns(call) {
                group.addTask {
                    (call, try await Workers.run { try FaultCell(call, fault).complaints() })
                }
            }
            for try await (call, complaints) in group {
                #expect(complaints.isEmpty, "\(fault.name), \(call.testDescription)")
            }
        }
    }

    @Test
    func `The matrix is whole`() {
        #expect(Set(HookCall.all.map(\.testDescription)).count == 11)
        #expect(Set(Fault.all.map(\.name)).count == Fault.all.count)
        let cells = Fault.all.map { HookCall.all.filter($0.concerns).count }.reduce(0, +)
        #expect(cells > 1500, "\(cells) cells")
    }
}
