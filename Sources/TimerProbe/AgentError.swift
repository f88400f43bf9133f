// SPDX-License-Identifier: Apache-2.0

internal import Libvirt
internal import WatchdogPolicy

/// The reason why the guest agent does not show the state of a timer.
enum AgentError: Error, Hashable {
    /// The guest has no channel for an agent.
    case noChannel
    /// No agent listens on the channel.
    case notConnected
    /// The guest's processors are stopped, so its agent cannot answer.
    case guestIsStopped
    /// The agent did not answer in time.
    case silent
    /// The guest's configuration forbids the agent to read files.
    case blocked
    /// The agent refuses the command while filesystems are frozen.
    case frozen
    /// Another error of libvirt or the agent.
    case libvirt(LibvirtError)
    /// The answer is not of the agent's protocol, or the file's text is not the kernel's.
    case garbage
    /// The guest's kernel shows its watchdogs without their states.
    case noState
    /// The guest's kernel shows no watchdog of the model.
    case noWatchdog(model: String)
}

extension AgentError: CustomStringConvertible {
    var description: String {
        switch self {
        case .noChannel:
            "the guest has no guest agent; install qemu-guest-agent in it and add the channel"
                + " \(GuestFacts.AgentChannel.target) to its domain XML, or use --accept-unknown"
        case .notConnected:
            "no guest agent is connected; install and start qemu-guest-agent in the guest, or use"
                + " --accept-unknown"
        case .guestIsStopped: "the guest agent does not run while the guest is stopped"
        case .silent:
            "the guest agent does not answer; unless the guest hangs, restart qemu-guest-agent in it"
        case .blocked:
            "the guest agent may not read files; in the guest's /etc/sysconfig/qemu-ga, add"
                + " guest-file-open,guest-file-read,guest-file-close to --allow-rpcs in"
                + " FILTER_RPC_ARGS, or remove them from BLOCK_RPCS or BLACKLIST_RPC (elsewhere:"
                + " block-rpcs in /etc/qemu/qemu-ga.conf), and restart qemu-guest-agent"
        case .frozen:
            "the guest's filesystems are frozen; unless a backup is under way, run virsh domfsthaw"
        case .libvirt(let error): "libvirt says: \(error)"
        case .garbage:
            "the guest agent's answer is invalid; update qemu-guest-agent in the guest"
        case .noState:
            "the guest's kernel does not show the state of its watchdogs; use one with"
                + " CONFIG_WATCHDOG_SYSFS"
        case .noWatchdog(WatchdogModel.ib700.rawValue):
            "Linux does not show the state of an ib700; use an i6300esb, or --accept-unknown"
        case .noWatchdog(let model):
            "the guest's kernel shows no \(quoted(model)) in /sys/class/watchdog; load its driver"
                + " in the guest"
        }
    }
}
