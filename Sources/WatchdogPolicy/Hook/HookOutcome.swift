/// What the hook does about a plan.
package struct HookOutcome: Sendable, Hashable {
    /// Whether the definition is printed as the plan changes it.
    package var printsDefinition: Bool
    /// Whether a one-shot is started where no service takes care of the guest.
    package var startsOneShot: Bool
    /// Whether the guest's start is refused where neither a service nor a one-shot can run.
    package var needsProtector: Bool
    /// Why the guest's start is refused, or nothing where it is not.
    package var refusal: String?

    /// Decides what an operation does about a plan.
    ///
    /// - Parameter hasRecord: Whether the guest bears the record of an action that we gave it.
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
        // What only a cold start can bring is written down for that, at least; and a record that
        // does not hold any more goes.
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
    /// Refuses the guest's start.
    ///
    /// - Parameter reason: Why, in a clause.
    package mutating func refuse(_ reason: String) {
        refusal = reason
        printsDefinition = false
        startsOneShot = false
    }
}
