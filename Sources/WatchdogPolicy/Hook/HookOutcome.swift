/// What the hook does about a plan.
public struct HookOutcome: Sendable, Hashable {
    /// Whether the definition is printed as the plan changes it.
    public var printsDefinition: Bool
    /// Whether a protector is started.
    public var startsProtector: Bool
    /// Why the guest's start is refused, or nothing where it is not.
    public var refusal: String?

    /// Decides what an operation does about a plan.
    public init(of operation: HookOperation, for plan: Plan, under policy: Policy) {
        printsDefinition =
            switch (operation.output, plan.decision) {
            case (.nothing, _): false
            case (.patchedDefinition, _): plan.changesDefinition
            case (.changedAction, .changeAction): policy.existing == .align
            case (.changedAction, _): false
            }
        // A device that only a cold start can bring is written down for that, at least.
        startsProtector =
            operation.startsProtector
            && (plan.changesLiveGuest || policy.persist && plan.needsColdStart)
        refusal =
            operation.mayRefuse && policy.enforce && plan.leavesUnprotected ? plan.reason : nil
        if refusal != nil { printsDefinition = false }
    }
}
