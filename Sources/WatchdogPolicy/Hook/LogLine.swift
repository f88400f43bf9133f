// SPDX-License-Identifier: Apache-2.0

/// A log line about one decision.
package struct LogLine: Sendable, Hashable {
    /// The line: `key=value` pairs with the reason last.
    package let text: String

    /// Makes the line for a plan.
    ///
    /// - Parameters:
    ///   - operation: The hook's operation, or `protect`.
    ///   - result: The result of carrying out the plan.
    ///   - reason: A reason to log instead of the plan's own.
    package init(
        operation: String, guest: String, uuid: String?, plan: Plan, result: String? = nil,
        reason: String? = nil
    ) {
        text = Self.join(
            operation, guest: guest, uuid: uuid,
            more: [("plan", plan.name)] + (result.map { [("result", $0)] } ?? []),
            reason: clauses([reason ?? plan.reason] + plan.warnings))
    }

    /// Makes the line for a result without a plan.
    package init(operation: String, guest: String, uuid: String?, result: String, reason: String) {
        text = Self.join(
            operation, guest: guest, uuid: uuid, more: [("result", result)], reason: reason)
    }

    /// Makes the line for a failure before a plan.
    package init(operation: String, guest: String, uuid: String? = nil, failure: String) {
        self.init(
            operation: operation, guest: guest, uuid: uuid, result: "failed", reason: failure)
    }

    private static func join(
        _ operation: String, guest: String, uuid: String?, more: [(String, String)], reason: String
    ) -> String {
        var line = "op=\(operation) guest=\"\(escaped(guest, quote: "\""))\""
        line += " uuid=\(word(uuid ?? "-"))"
        for (key, value) in more { line += " \(key)=\(value)" }
        return line + " reason=\"\(onOneLine(reason))\""
    }
}

/// Joins clauses with semicolons.
///
/// The standard library's `joined` looks up types at run time, which is slow in the hook.
package func clauses(_ parts: [String]) -> String {
    var sentence = ""
    for part in parts {
        if !sentence.isEmpty { sentence += "; " }
        sentence += part
    }
    return sentence
}

/// Returns a UUID unchanged, and any other text in quotes: it must not look like another field.
private func word(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
    return isPlain && text.utf8.count <= 36 ? text : "\"\(escaped(text, quote: "\""))\""
}

/// Returns a sentence for one quoted line. Foreign text in it is escaped already.
private func onOneLine(_ sentence: String) -> String {
    var result = ""
    for scalar in sentence.unicodeScalars {
        switch scalar {
        case "\"": result += "'"
        case _ where scalar.isDisruptive: result += " "
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
