// SPDX-License-Identifier: Apache-2.0

package import WatchdogPolicy

extension ActionOverride {
    /// The element for `virDomainSetMetadata`, which adds the namespace.
    package var xml: String {
        "<\(Self.elementName) action='\(action.asAttribute)' over='\(definedAction.asAttribute)'"
            + " id='\(id.asAttribute)' run='\((run?.text ?? "").asAttribute)'"
            + (isPending ? " pending='yes'/>" : "/>")
    }
}
