// SPDX-License-Identifier: Apache-2.0

/// The effects of the hook for a plan.
package struct HookOutcome: Sendable, Hashable {
    /// Whether the hook prints the changed domain XML.
    package var printsDefinition: Bool
    /// Whether the hook starts a one-shot if no service treats the guest.
    package var startsOneShot: Bool
    /// Whether the hook refuses the guest's start if neither a service nor a one-shot can run.
    package var needsProtector: Bool
    /// The reason why the hook refuses the guest's start.
    package var refusal: String?

    /// Decides on the effects of an operation.
    ///
    /// - Parameter hasRecord: Whether the guest's metadata has an ``ActionOverride``.
    package init(
        of operation: HookOperation, for plan: Plan, under policy: Policy, hasRecord: Bool = false
    ) {
        printsDefinition =
            switch (operation.output, plan.decision) {
            case (.nothing, _): false
            case (.patchedDefinition, _): plan.changesDefinition
            case (.changedAction, .changeAction): true
            case (.changedAction, _): false
            }
        // The one-shot also writes a change for the next cold start, and removes a stale record.
        let isWorthWriting = policy.persist && plan.changesDefinition && !plan.changesLiveGuest
        startsOneShot =
            operation.needsTreatment
            && (plan.changesLiveGuest || isWorthWriting || hasRecord)
        refusal =
            operation.mayRefuse && policy.enforce && plan.leavesUnprotected ? plan.reason : nil
        needsProtector =
            operation.mayRefuse && policy.enforce && refusal == nil && plan.changesLiveGuest
        if let refusal { refuse(refusal) }
    }

    /// Refuses the guest's start for a reason.
    package mutating func refuse(_ reason: String) {
        refusal = reason
        printsDefinition = false
        startsOneShot = false
    }
}
