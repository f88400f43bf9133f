// SPDX-License-Identifier: Apache-2.0

import FuzzSupport

@testable import WatchdogPolicy

/// The hook's arguments: what libvirt calls it with, and what could be meant for one.
///
/// The input is the arguments, each with its terminator, as `/proc/PID/cmdline` has them: the guest,
/// the operation and the sub-operation, as in `GUEST started begin`, then the UUID that a definition claims,
/// and a pattern for names.
@c(LLVMFuzzerTestOneInput)
public func testArguments(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var fields = bytes(start, count).split(separator: 0, omittingEmptySubsequences: false)[...]
    func next() -> [UInt8] { Array(fields.popFirst() ?? []) }
    let (guest, name, subOperation) = (next(), next(), next())
    let (uuid, pattern) = (next(), next())

    checkOperation(name + [0], subOperation + [0])
    checkLines(
        guest: String(decoding: guest, as: UTF8.self), uuid: String(decoding: uuid, as: UTF8.self))
    checkPattern(
        String(decoding: pattern, as: UTF8.self), String(decoding: guest, as: UTF8.self))
    return 0
}

/// The hook asks twice whether there is something to do: before Swift's runtime is set up, of the C
/// strings, and again of strings. Were the answers different, a guest would start unprotected.
private func checkOperation(_ name: [UInt8], _ subOperation: [UInt8]) {
    let early = name.withUnsafeBufferPointer { name in
        subOperation.withUnsafeBufferPointer { subOperation in
            name.withMemoryRebound(to: CChar.self) { name in
                subOperation.withMemoryRebound(to: CChar.self) { subOperation in
                    guard let name = name.baseAddress, let subOperation = subOperation.baseAddress
                    else {
                        return false
                    }
                    return HookOperation.beginning(name, subOperation) != .leaves
                }
            }
        }
    }
    let text = String(decoding: name.dropLast(), as: UTF8.self)
    let subOperationText = String(decoding: subOperation.dropLast(), as: UTF8.self)
    let operation = HookOperation(text, subOperationText)
    require(early == (operation?.readsDefinition ?? false), "the two answers differ")
    if let operation {
        require(
            Array(operation.name.utf8) == name.dropLast()
                && Array(operation.subOperation.utf8) == subOperation.dropLast(),
            "the row of another operation: \(operation)")
    }
}

/// A name stays in its quotes, and adds nothing else to the line.
private func checkLines(guest: String, uuid: String) {
    let failure = LogLineForm(LogLine(operation: "started", guest: guest, failure: "it is over"))
    failure.requireKeys(["op", "guest", "uuid", "result", "reason"])
    require(failure["reason"] == "it is over", "another reason: \(failure.fields)")

    let decision = Plan(.leave(.faultyGuestPolicy("model: unknown value \(quoted(guest))")))
    let line = LogLineForm(
        LogLine(operation: "prepare", guest: guest, uuid: uuid, plan: decision, result: "refused"))
    line.requireKeys(["op", "guest", "uuid", "plan", "result", "reason"])
    require(
        line["guest"] == escaped(guest, quote: "\"") && line["plan"] == "leave"
            && line["result"] == "refused",
        "another field: \(line.fields)")
}

/// The pattern's own answer against a matcher that tries all expansions of a `*`.
private func checkPattern(_ pattern: String, _ name: String) {
    let scalars = Array(name.unicodeScalars)
    // Which beginnings of the name the pattern fits, as far as it has been read.
    var fits = [true] + scalars.map { _ in false }
    for sign in pattern.unicodeScalars {
        var next = [sign == "*" && fits[0]]
        for (index, scalar) in scalars.enumerated() {
            next.append(
                sign == "*"
                    ? fits[index + 1] || next[index]
                    : fits[index] && (sign == "?" || sign == scalar))
        }
        fits = next
    }
    require(
        GuestPattern(pattern).matches(name) == (fits.last ?? false),
        "\(pattern.debugDescription) and \(name.debugDescription)")
}
