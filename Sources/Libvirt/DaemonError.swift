// SPDX-License-Identifier: Apache-2.0

/// The reason why the daemon that called a hook is out of reach.
package enum DaemonError: Error, Sendable, Hashable {
    /// The process has ended.
    case ended(Int32)
    /// The process serves no clients, such as a program with libvirt's embedded driver.
    case noDaemon(Int32, name: String)
    /// Another daemon owns the guests of the runtime directory.
    case notOwner(Int32, String, Daemon)
    /// The daemon's socket is not where its environment says.
    case withoutSocket(Int32, String, String)
    /// The daemon's environment cannot be read.
    case unreadable(Int32, String)
}

extension DaemonError: CustomStringConvertible {
    /// The fact, its cause and, if there is one, a fix.
    package var description: String {
        switch self {
        case .ended(let process):
            "cannot reach the daemon that called the hook: process \(process) has ended"
        case .noDaemon(let process, let name):
            "cannot reach the program that called the hook: process \(process) (\(name)) is neither"
                + " libvirtd nor virtqemud, and serves no clients; add a <watchdog> to the guest's domain XML"
        case .notOwner(let process, let name, let owner):
            "cannot reach \(name) (process \(process)), which called the hook: \(owner.name)"
                + " (process \(owner.process)) owns \(owner.socket); stop one of them"
        case .withoutSocket(let process, let name, let directory):
            "cannot reach \(name) (process \(process)), which called the hook: no socket of it below"
                + " \(directory)/libvirt; restart it"
        case .unreadable(let process, let name):
            "cannot reach \(name) (process \(process)), which called the hook: cannot read"
                + " /proc/\(process)/environ; run virt-watchdog apply as its user"
        }
    }
}
