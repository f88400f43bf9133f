// SPDX-License-Identifier: Apache-2.0

/// The policy in a guest's own metadata, which wins over the host's policy.
///
///     <metadata>
///       <watchdog:policy xmlns:watchdog='urn:virt-watchdog:policy:1' enabled='no'/>
///     </metadata>
///
/// The attributes are `enabled` (`yes`, `no`), `model` and `action` (as in the properties file).
package struct GuestPolicy: Sendable, Hashable {
    /// The XML namespace of the element.
    package static let namespace = "urn:virt-watchdog:policy:1"
    /// The local name of the element, a child of `metadata`.
    package static let elementName = "policy"
    /// The namespace prefix of the elements that virt-watchdog writes.
    package static let prefix = "watchdog"

    /// Whether the guest wants a watchdog.
    package private(set) var isEnabled: Bool?
    package private(set) var model: ModelChoice?
    package private(set) var action: WatchdogAction?
    /// The first error. virt-watchdog does not change a guest with one.
    package private(set) var fault: String?

    /// Reads the attributes of the element.
    package init(attributes: [(name: String, value: String)]) {
        for (name, value) in attributes {
            let word = String(value.trimmingBlanks())
            switch name {
            case "enabled":
                switch word.lowercased() {
                case "yes", "true": isEnabled = true
                case "no", "false": isEnabled = false
                default: fail(name, InvalidValue(word, valid: ["yes", "no"]).message)
                }
            case "model":
                model = ModelChoice(word)
                if model == nil {
                    fail(name, InvalidValue(word, valid: ModelChoice.names).message)
                }
            case "action":
                action = WatchdogAction(word)
                if action == nil {
                    let valid = WatchdogAction.allCases.map(\.rawValue)
                    fail(name, InvalidValue(word, valid: valid).message)
                }
            default:
                let nearest = nearestSpelling(
                    to: name.lowercased(), among: ["enabled", "model", "action"])
                fault = fault ?? "unknown attribute \(quoted(name)); did you mean '\(nearest)'?"
            }
        }
    }

    private mutating func fail(_ name: String, _ message: String) {
        fault = fault ?? "\(name): \(message)"
    }
}
