// SPDX-License-Identifier: Apache-2.0

/// A key of the properties file that virt-watchdog reads.
package enum PolicyKey: String, Sendable, Hashable, CaseIterable {
    case model = "vm.watchdog.model"
    case action = "vm.watchdog.action"
    case existing = "vm.watchdog.existing"
    case running = "vm.watchdog.running"
    case persist = "vm.watchdog.persist"
    case enforce = "vm.watchdog.enforce"
    case reservePorts = "vm.watchdog.reserve-ports"
    case monitor = "vm.watchdog.monitor"
    case include = "vm.watchdog.include"
    case exclude = "vm.watchdog.exclude"

    /// The prefix of our keys.
    package static let prefix = "vm.watchdog."

    /// Sets a value in a policy.
    ///
    /// - Parameters:
    ///   - value: The value without surrounding blanks, not empty.
    ///   - parts: The parts of a list of patterns, if the file's bytes are known.
    /// - Returns: The error, or `nil` for a valid value.
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

    /// Returns a policy's value of this key, as the properties file spells it.
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

    /// Returns a policy's value of this key with its bytes read as UTF-8, or `nil` if that is the
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

    var takesPatterns: Bool { self == .include || self == .exclude }

    /// Makes patterns from the parts of a list.
    ///
    /// - Returns: `nil` if a part has a character that may end a key. Such a part is most likely
    ///   two lines joined by mistake.
    private func patterns(_ parts: [EncodedText]) -> [GuestPattern]? {
        let patterns = parts.map { $0.trimmingBlanks() }.filter { !$0.isEmpty }
        guard
            patterns.allSatisfy({ !$0.asWritten.unicodeScalars.contains(where: \.mayEndKey) })
        else { return nil }
        return patterns.map { GuestPattern($0.asJava, utf8Text: $0.asUTF8) }
    }
}
