/// A key of the properties file that virt-watchdog reads.
package enum PolicyKey: String, Sendable, Hashable, CaseIterable {
    /// The watchdog's model.
    case model = "vm.watchdog.model"
    /// What the hypervisor does when the watchdog fires.
    case action = "vm.watchdog.action"
    /// What becomes of a watchdog that is there already.
    case existing = "vm.watchdog.existing"
    /// Which guests the service treats by itself.
    case running = "vm.watchdog.running"
    /// Whether the persistent definition gets the watchdog, too.
    case persist = "vm.watchdog.persist"
    /// Whether a guest that cannot be protected is refused its start.
    case enforce = "vm.watchdog.enforce"
    /// How many empty PCI Express ports of a guest stay empty for other devices.
    case reservePorts = "vm.watchdog.reserve-ports"
    /// Whether timers are read by QEMU's monitor.
    case monitor = "vm.watchdog.monitor"
    /// Name patterns of the guests that the policy is for.
    case include = "vm.watchdog.include"
    /// Name patterns of the guests that it is not for.
    case exclude = "vm.watchdog.exclude"

    /// What every key of ours starts with.
    package static let prefix = "vm.watchdog."

    /// Brings a value into the policy.
    ///
    /// - Parameters:
    ///   - value: The value without surrounding blanks, not empty.
    ///   - parts: The parts of a list of patterns, where the file's bytes are known.
    /// - Returns: The valid values if this is none of them.
    func set(
        _ value: String, parts: [EncodedText]? = nil, in policy: inout Policy
    ) -> InvalidValue? {
        switch self {
        case .model:
            guard let model = ModelChoice(value) else {
                return InvalidValue(value, valid: ModelChoice.names)
            }
            policy.model = model
        case .action:
            guard let action = WatchdogAction(value) else {
                return InvalidValue(value, valid: WatchdogAction.allCases.map(\.rawValue))
            }
            policy.action = action
        case .existing:
            guard let existing = Policy.Existing(rawValue: value.lowercased()) else {
                return InvalidValue(value, valid: Policy.Existing.allCases.map(\.rawValue))
            }
            policy.existing = existing
        case .running:
            guard let running = Policy.Running(rawValue: value.lowercased()) else {
                return InvalidValue(value, valid: Policy.Running.allCases.map(\.rawValue))
            }
            policy.running = running
        case .persist:
            guard let flag = Bool(value.lowercased()) else { return .notAFlag(value) }
            policy.persist = flag
        case .enforce:
            guard let flag = Bool(value.lowercased()) else { return .notAFlag(value) }
            policy.enforce = flag
        case .reservePorts:
            guard let count = Int(value), Policy.reservablePorts.contains(count) else {
                return .notACount(value, in: Policy.reservablePorts)
            }
            policy.reservePorts = count
        case .monitor:
            switch value.lowercased() {
            case "yes", "true": policy.usesMonitor = true
            case "no", "false": policy.usesMonitor = false
            default: return .notYesOrNo(value)
            }
        case .include:
            guard let patterns = patterns(parts ?? EncodedText.parts(of: value)) else {
                return .notPatterns(value)
            }
            policy.include = patterns
        case .exclude:
            guard let patterns = patterns(parts ?? EncodedText.parts(of: value)) else {
                return .notPatterns(value)
            }
            policy.exclude = patterns
        }
        return nil
    }

    /// The value that a policy has under this key, as the properties file spells it.
    func value(in policy: Policy) -> String {
        switch self {
        case .model: policy.model.description
        case .action: policy.action.rawValue
        case .existing: policy.existing.rawValue
        case .running: policy.running.rawValue
        case .persist: String(policy.persist)
        case .enforce: String(policy.enforce)
        case .reservePorts: String(policy.reservePorts)
        case .monitor: policy.usesMonitor ? "yes" : "no"
        case .include:
            policy.include.isEmpty ? "*" : policy.include.map(\.text).joined(separator: ",")
        case .exclude: policy.exclude.map(\.text).joined(separator: ",")
        }
    }

    /// The same where the bytes that Java reads one by one are UTF-8, or nothing where that is the
    /// same.
    func utf8Value(in policy: Policy) -> String? {
        let patterns: [GuestPattern]
        switch self {
        case .include: patterns = policy.include
        case .exclude: patterns = policy.exclude
        default: return nil
        }
        guard patterns.contains(where: { $0.utf8Text != nil }) else { return nil }
        return patterns.map { $0.utf8Text ?? $0.text }.joined(separator: ",")
    }

    /// Whether the value is a list of patterns.
    var takesPatterns: Bool { self == .include || self == .exclude }

    /// Makes patterns of a list's parts; one with a character in it that may end a key is none, but
    /// most likely a line glued to it.
    private func patterns(_ parts: [EncodedText]) -> [GuestPattern]? {
        let patterns = parts.map { $0.trimmingBlanks() }.filter { !$0.isEmpty }
        guard
            patterns.allSatisfy({ !$0.asWritten.unicodeScalars.contains(where: \.mayEndKey) })
        else { return nil }
        return patterns.map { GuestPattern($0.asJava, utf8Text: $0.asUTF8) }
    }
}

/// A value that is none of a closed set.
struct InvalidValue {
    var value: String
    var valid: [String]
    /// The valid value that was probably meant, or nothing where any other text would be valid.
    private var nearest: String?
    /// What else helps, as the end of a clause.
    private var hint = ""

    init(_ value: String, valid: [String]) {
        self.value = value
        self.valid = valid
        nearest = nearestSpelling(to: value.lowercased(), among: valid)
    }

    /// A list of name patterns with something else in it.
    static func notPatterns(_ value: String) -> InvalidValue {
        var invalid = InvalidValue(value, valid: ["patterns with * and ?, separated by commas"])
        invalid.nearest = nil
        invalid.hint = "; write ? for a blank, '=' or ':' in a name"
        return invalid
    }

    /// A value that is not a number of that range.
    static func notACount(_ value: String, in range: ClosedRange<Int>) -> InvalidValue {
        var invalid = InvalidValue(
            value, valid: ["a number from \(range.lowerBound) to \(range.upperBound)"])
        invalid.nearest = nil
        return invalid
    }

    /// A value that is neither `true` nor `false`, but may mean one.
    static func notAFlag(_ value: String) -> InvalidValue {
        var invalid = InvalidValue(value, valid: ["false", "true"])
        switch value.lowercased() {
        case "yes", "y", "on", "1", "enabled": invalid.nearest = "true"
        case "no", "n", "off", "0", "disabled": invalid.nearest = "false"
        default: break
        }
        return invalid
    }

    /// A value that is neither `yes` nor `no`, but may mean one.
    static func notYesOrNo(_ value: String) -> InvalidValue {
        var invalid = InvalidValue(value, valid: ["no", "yes"])
        switch notAFlag(value).nearest {
        case "true": invalid.nearest = "yes"
        case "false": invalid.nearest = "no"
        default: break
        }
        return invalid
    }

    /// A clause that quotes the value and names the remedy.
    var message: String { message(quoting: value) }

    /// The clause with less of the value than there is.
    func message(quoting shown: String) -> String {
        let remedy = nearest.map { "; did you mean '\($0)'?" } ?? ""
        return
            "unknown value \(quoted(shown))\(remedy)\(hint) (valid: \(valid.joined(separator: ", ")))"
    }
}
