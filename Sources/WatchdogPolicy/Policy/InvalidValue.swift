// SPDX-License-Identifier: Apache-2.0

/// A value outside a closed set of valid ones.
struct InvalidValue {
    var value: String
    var valid: [String]
    /// The valid value that the author probably meant, or `nil` if none is close.
    private var nearest: String?
    /// Further help, as the end of a clause.
    private var hint = ""

    init(_ value: String, valid: [String]) {
        self.value = value
        self.valid = valid
        nearest = likelySpelling(of: value, among: valid)
    }

    /// Describes a list of name patterns with an invalid one.
    static func notPatterns(_ value: String) -> InvalidValue {
        var invalid = InvalidValue(value, valid: ["patterns with * and ?, separated by commas"])
        invalid.nearest = nil
        invalid.hint = "; write ? for a blank, '=' or ':' in a name"
        return invalid
    }

    /// Describes a value that is not a number in a range.
    static func notACount(_ value: String, in range: ClosedRange<Int>) -> InvalidValue {
        var invalid = InvalidValue(
            value, valid: ["a number from \(range.lowerBound) to \(range.upperBound)"])
        invalid.nearest = nil
        return invalid
    }

    /// Describes a value that is neither `true` nor `false`.
    static func notAFlag(_ value: String) -> InvalidValue {
        var invalid = InvalidValue(value, valid: ["false", "true"])
        switch value.lowercased() {
        case "yes", "y", "on", "1", "enabled": invalid.nearest = "true"
        case "no", "n", "off", "0", "disabled": invalid.nearest = "false"
        default: break
        }
        return invalid
    }

    /// Describes a value that is neither `yes` nor `no`.
    static func notYesOrNo(_ value: String) -> InvalidValue {
        var invalid = InvalidValue(value, valid: ["no", "yes"])
        switch notAFlag(value).nearest {
        case "true": invalid.nearest = "yes"
        case "false": invalid.nearest = "no"
        default: break
        }
        return invalid
    }

    /// The message, with the value and a fix.
    var message: String { message(quoting: value) }

    /// Returns the message with only a part of the value.
    func message(quoting shown: String) -> String {
        let fix = nearest.map { "; did you mean '\($0)'?" } ?? ""
        return
            "unknown value \(quoted(shown))\(fix)\(hint) (valid: \(valid.joined(separator: ", ")))"
    }
}
