// SPDX-License-Identifier: Apache-2.0

package import System
package import WatchdogPolicy

extension SystemLog.Severity {
    /// Chooses the severity of a log line about a plan.
    package init(of plan: Plan) {
        self =
            switch plan.decision {
            case .leave(.faultyPolicy), .leave(.faultyGuestPolicy): .error
            case _ where plan.leavesWithoutEffect: .warning
            case .attach, .changeAction: .notice
            case .leave, .coldPlug, .refuse: plan.warnings.isEmpty ? .info : .warning
            }
    }
}
