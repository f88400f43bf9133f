/// What the hook does about a plan.
public struct HookOutcome: Sendable, Hashable {
    /// Whether the definition is printed as the plan changes it.
    public var printsDefinition: Bool
    /// What a protector is called for.
    public var protector: HookOperation.ProtectorTask
    /// Why the guest's start is refused, or nothing where it is not.
    public var refusal: String?

    /// Decides what an operation does about a plan.
    ///
    /// - Parameter hasRecord: Whether the guest bears the record of an action that we gave it.
    public init(
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
        let hasTask =
            switch operation.protector {
            case .none: false
            // The rest can wait until a protector has started.
            case .standBy: plan.changesLiveGuest
            case .protect: plan.changesLiveGuest || isWorthWriting || hasRecord
            }
        protector = hasTask ? operation.protector : .none
        refusal =
            operation.mayRefuse && policy.enforce && plan.leavesUnprotected ? plan.reason : nil
        if refusal != nil {
            printsDefinition = false
            protector = .none
        }
    }
}
