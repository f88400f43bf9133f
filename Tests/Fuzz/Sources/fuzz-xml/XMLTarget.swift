// SPDX-License-Identifier: Apache-2.0

import FuzzSupport

@testable import DomainXML
@testable import WatchdogPolicy

/// A definition's way through the hook: parsed, its facts read, planned for, patched and written.
@c(LLVMFuzzerTestOneInput)
public func testXML(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = XMLInput(bytes(start, count))
    do throws(DocumentError) {
        let definition = try Definition(input.definition)
        checkPatch(of: definition, by: { Plan(for: $1, under: $0) }, input.policy)
        if Plan(filtering: definition.facts, under: input.policy)
            != Plan(for: definition.facts, under: input.policy)
        {
            checkPatch(of: definition, by: { Plan(filtering: $1, under: $0) }, input.policy)
        }
        checkRunning(definition.facts, input.policy)
        checkRecord(in: definition)
    } catch {
        checkRefusal(error)
    }
    return 0
}
