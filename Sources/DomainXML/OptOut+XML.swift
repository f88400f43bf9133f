// SPDX-License-Identifier: Apache-2.0

package import WatchdogPolicy

extension OptOut {
    /// The element for `virDomainSetMetadata`, which adds the namespace.
    package var xml: String { "<\(Self.elementName) run='\((run?.text ?? "").asAttribute)'/>" }
}
