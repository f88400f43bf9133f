// SPDX-License-Identifier: Apache-2.0

package import WatchdogPolicy

/// A fire of a guest's watchdog in one run.
package struct RunFire: Sendable, Hashable {
    package var run: RunID
    package var fire: Fire

    package init(run: RunID, fire: Fire) {
        self.run = run
        self.fire = fire
    }
}
