// SPDX-License-Identifier: Apache-2.0

internal import WatchdogPolicy

/// The results of `plan` and `status`.
extension Core {
    mutating func inspected(_ uuid: String, _ inspection: Inspection) {
        guests[uuid]?.inspection = inspection
        guests[uuid]?.facts = inspection.facts
        guard case .plan(let config) = settings.goal, config || policy.persist else {
            return finishIfNamed(uuid)
        }
        ask(.persist(policy, dryRun: true), uuid)
    }
}
