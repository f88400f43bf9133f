// SPDX-License-Identifier: Apache-2.0

/// The verdict of a user who cannot read everything that it depends on.
extension Verdict {
    /// Judges a guest if nothing shows whether libvirt runs the hook.
    ///
    /// The verdict is unknown, unless it is the same with and without the hook.
    ///
    /// - Parameters:
    ///   - doubt: Why the hook's presence is unknown, with a fix.
    ///   - judge: Judges the guest with or without the hook.
    package init(despite doubt: String, _ judge: (_ hookInstalled: Bool) -> Verdict) {
        self = judge(true)
        guard judge(false).kind != kind else { return }
        explanation =
            "whether the hook is installed is unknown: \(doubt); with it: \(explanation)"
        phrase = "cannot read the hook"
        lacksRights = true
        kind = .unknown
    }

    /// Returns the verdict as unknown, because the policy cannot be read.
    ///
    /// - Parameter doubt: Why not, with a fix.
    package func withUnknownPolicy(_ doubt: String) -> Verdict {
        var verdict = self
        verdict.kind = .unknown
        verdict.phrase = "cannot read the policy"
        verdict.lacksRights = true
        verdict.explanation = "the verdict depends on the policy: \(doubt)"
        return verdict
    }
}

extension NextBoot {
    /// Predicts the watchdog if nothing shows whether libvirt runs the hook.
    ///
    /// - Parameter predict: Predicts it with or without the hook.
    package init(withUnknownHook predict: (_ hookInstalled: Bool) -> NextBoot) {
        let prediction = predict(true)
        self = predict(false) == prediction ? prediction : .unknown
    }
}
