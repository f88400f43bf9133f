// SPDX-License-Identifier: Apache-2.0

@testable import WatchdogPolicy

/// An input: a definition, and behind two zero bytes, which no XML has, the bytes of a policy.
struct XMLInput {
    var definition: [UInt8]
    var policy: Policy

    init(_ bytes: [UInt8]) {
        let end = bytes.indices.dropFirst().first { bytes[$0 - 1] == 0 && bytes[$0] == 0 }
        definition = end.map { Array(bytes[..<($0 - 1)]) } ?? bytes
        var choices = end.map { bytes[($0 + 1)...] } ?? []
        policy = Policy(
            model: choices.choice(of: [
                .fitting, .model(.i6300esb), .model(.itco), .model(.ib700), .model(.diag288), .none,
            ]),
            action: choices.choice(of: WatchdogAction.allCases),
            existing: choices.choice(of: Policy.Existing.allCases),
            persist: choices.choice(of: [false, true]), enforce: choices.choice(of: [false, true]),
            exclude: choices.choice(of: [[], [GuestPattern("r-*")]]))
    }
}

extension ArraySlice<UInt8> {
    /// Takes the next byte for one of some values, the first where there is no byte.
    fileprivate mutating func choice<Value>(of values: [Value]) -> Value {
        values[Int(popFirst() ?? 0) % values.count]
    }
}
