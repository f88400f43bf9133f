// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Fault {
    /// A properties file of the host's own that others than root can change.
    ///
    /// - Parameter commands: Shell commands that make it so, in its folder.
    private init(exposed name: String, _ complaint: String, _ commands: String) {
        self.init(
            name: "agent.properties: \(name)", effect: .leftAlone(complaint),
            arrange: { host in
                let name = "etc/virt-watchdog/agent.properties"
                try host.write(properties: HookCall.policy, to: name)
                host.chosenProperties = nil
                host.prelude = "(cd /etc/virt-watchdog; chmod 0755 . ..; \(commands))"
            })
    }

    /// Properties files that the hook does not trust.
    static let trust: [Fault] = [
        Fault(exposed: "of another user", "belongs to the user 7", "chown 7 agent.properties"),
        Fault(
            exposed: "for all to write", "by everybody (mode 0646)", "chmod 0646 agent.properties"),
        Fault(
            exposed: "for a group to write", "its group 7 (mode 0664)",
            "chgrp 7 agent.properties; chmod 0664 agent.properties"),
        Fault(
            exposed: "in a folder of another user", "'/etc/virt-watchdog' belongs", "chown 7 ."),
        Fault(exposed: "in a folder of everybody's", "'/etc/virt-watchdog' can", "chmod 0777 ."),
        Fault(exposed: "below a folder of everybody's", "'/etc' can be written", "chmod 0777 .."),
        Fault(
            exposed: "a link in a folder of everybody's",
            "'/etc/virt-watchdog/agent.properties' is",
            "mv agent.properties real; ln -s real agent.properties; chmod 1777 ."),
        Fault(
            exposed: "a link of another user", "a symbolic link of the user 7",
            "mv agent.properties real; ln -s real agent.properties; chown -h 7 agent.properties"),
        Fault(
            exposed: "a link to a folder of everybody's", "'/etc/open' can be written",
            "mkdir ../open; mv agent.properties ../open; chmod 0777 ../open;"
                + " ln -s ../open/agent.properties ."),
        Fault(
            exposed: "a link to nothing", "'/etc/virt-watchdog/agent.properties' does not exist",
            "rm agent.properties; ln -s /nowhere/agent.properties ."),
        Fault(
            name: "agent.properties: named in another user's folder, by its name alone",
            effect: .leftAlone("belongs to the user 7"),
            arrange: { host in
                try host.write(properties: HookCall.policy, to: "theirs/agent.properties")
                host.chosenProperties = "agent.properties"
                host.prelude = "chown 7 theirs"
                host.limit = "cd theirs"
            }),
        Fault(
            name: "agent.properties: a link that root made, and a sticky folder", effect: .none,
            arrange: { host in
                try host.write(properties: HookCall.policy, to: "etc/virt-watchdog/real")
                host.chosenProperties = nil
                host.prelude =
                    "(cd /etc/virt-watchdog; chmod 0755 . ..; ln -s ../shared/real agent.properties"
                    + "; mkdir ../shared; chmod 1777 ../shared; mv real ../shared)"
            }),
    ]
}
