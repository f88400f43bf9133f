// SPDX-License-Identifier: Apache-2.0

package import Libvirt
package import WatchdogPolicy

/// The reason why a plan was not carried out.
package enum TreatmentError: Error, Sendable, Hashable {
    /// libvirt refused or failed.
    case libvirt(LibvirtError)
    /// The guest's domain XML is unreadable.
    case definition(String)
    /// libvirt accepted the change, but the live domain XML does not show it.
    case notThere(Plan)
    /// The guest's migration into this host exceeds the time limit.
    case stillArriving
    /// The guest does not answer, with the reason.
    case silent(String)
    /// The guest was not asked, because too many other calls never return.
    case notAsked(stuckCalls: Int)
    /// The guest has not released our device yet.
    case removalPending
    /// The time limit is over. Carries the last error.
    case outOfTime(LibvirtError)

    /// Whether the guest is gone or shut off.
    package var isGuestGone: Bool {
        guard case .libvirt(let error) = self else { return false }
        return error.code == .noDomain || error.code == .operationInvalid
    }
}

extension TreatmentError {
    /// The error in a few words.
    package var phrase: String {
        switch self {
        case .libvirt: "libvirt error"
        case .definition: "cannot read its XML"
        case .notThere: "device did not appear"
        case .stillArriving: "migrating in"
        case .silent: "does not answer"
        case .notAsked: "skipped: others hang"
        case .removalPending: "removal not finished"
        case .outOfTime: "timed out"
        }
    }
}

extension TreatmentError: CustomStringConvertible {
    /// The fact, its cause and, if there is one, a fix.
    package var description: String { description(retryingWith: "virt-watchdog apply GUEST") }

    /// Returns the fact, its cause and, if there is one, a fix.
    ///
    /// - Parameter command: The command for a retry.
    package func description(retryingWith command: String) -> String {
        switch self {
        case .libvirt(let error): "libvirt says: \(error)"
        case .definition(let message): "cannot read the guest's domain XML: \(message)"
        case .notThere(let plan):
            "libvirt accepted the change, but the live domain XML does not show it: \(plan.reason)"
        case .stillArriving:
            "the guest is still migrating in; the service or a one-shot treats it once it runs here"
        case .silent(let reason):
            "the guest does not answer: \(reason); end or resume its QEMU process, then run"
                + " \(command)"
        case .notAsked(let count):
            "the guest was not asked: \(count) calls about other guests never return; end or resume"
                + " their QEMU processes, or run \(command) with this guest's name alone"
        case .removalPending:
            "an earlier removal is pending: the guest has not released the watchdog; wait or"
                + " reset the guest, then run \(command)"
        case .outOfTime(let error) where error.isOfOrphan:
            "QEMU has a watchdog that libvirt lost when it was killed: the guest does not release"
                + " it; reset the guest, then run"
                + " \(command)"
        case .outOfTime(let error):
            "timed out; last libvirt error: \(error); retry: \(command)"
        }
    }
}
