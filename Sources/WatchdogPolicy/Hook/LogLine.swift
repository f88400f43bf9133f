/// A line of the log: one a decision.
package struct LogLine: Sendable, Hashable {
    /// The line as it goes to the log, `key=value` pairs with the reason last.
    package let text: String

    /// Makes the line for a plan.
    ///
    /// - Parameters:
    ///   - operation: The hook's operation, or `protect`.
    ///   - result: What came of it, where something was done.
    ///   - reason: What to say instead of the plan's own reason.
    package init(
        operation: String, guest: String, uuid: String?, plan: Plan, result: String? = nil,
        reason: String? = nil
    ) {
        text = Self.join(
            operation, guest: guest, uuid: uuid,
            more: [("plan", plan.name)] + (result.map { [("result", $0)] } ?? []),
            reason: clauses([reason ?? plan.reason] + plan.warnings))
    }

    /// Makes the line for something that was done besides a plan.
    package init(operation: String, guest: String, uuid: String?, result: String, reason: String) {
        text = Self.join(
            operation, guest: guest, uuid: uuid, more: [("result", result)], reason: reason)
    }

    /// Makes the line for something that kept a plan from being made.
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

/// Makes one sentence of clauses.
///
/// The library's `joined` looks for types at run time, which takes longer than all the rest of a line.
package func clauses(_ parts: [String]) -> String {
    var sentence = ""
    for part in parts {
        if !sentence.isEmpty { sentence += "; " }
        sentence += part
    }
    return sentence
}

/// Writes a UUID as it is, and anything else that a definition has in its place in quotes, so that it
/// cannot pass for another field.
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

/// Keeps a sentence whole on one line and inside its quotes; foreign text in it is quoted already.
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
