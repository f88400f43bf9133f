// SPDX-License-Identifier: Apache-2.0

package import WatchdogPolicy

/// The records of an earlier service of the same boot.
package struct Memory: Sendable, Hashable {
    /// The boot ID of the host.
    package var boot: String
    /// The service's first start in this boot, in the kernel's ticks since boot.
    package var firstTicks: UInt64
    /// The treated runs, by UUID.
    package var treated: [String: RunID]
    /// The last fires, by UUID.
    package var fires: [String: RunFire] = [:]

    package init(boot: String, firstTicks: UInt64, treated: [String: RunID] = [:]) {
        self.boot = boot
        self.firstTicks = firstTicks
        self.treated = treated
    }
}
