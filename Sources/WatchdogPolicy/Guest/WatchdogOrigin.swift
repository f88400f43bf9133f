// SPDX-License-Identifier: Apache-2.0

/// The origin of a guest's watchdog.
package enum WatchdogOrigin: String, Sendable, Hashable {
    /// virt-watchdog added it, as its alias shows.
    case owned
    /// The domain XML's author added it.
    case defined
    /// libvirt 9.1 or later added it, as on every q35 machine.
    case implicit
    /// `qemu:commandline` adds it, and libvirt does not know it.
    case commandLine = "command-line"
}
