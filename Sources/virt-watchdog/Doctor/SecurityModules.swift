// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage

/// The check `security-module`: neither AppArmor nor SELinux stops the hook or its protector.
enum SecurityModules {
    /// The folders from which AppArmor's profile lets libvirt's daemon start programs.
    static let folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]

    /// Checks each module that is active.
    static func findings(_ daemons: LibvirtDaemons, on host: LocalHost) -> [Finding] {
        var findings: [Finding] = []
        if host.text("/sys/module/apparmor/parameters/enabled")?.hasPrefix("Y") == true {
            findings.append(appArmor(daemons, on: host))
        }
        if let finding = selinuxFinding(daemons, on: host) { findings.append(finding) }
        return findings.isEmpty
            ? [.ok(.securityModule, "neither AppArmor nor SELinux is active")] : findings
    }

    // MARK: AppArmor

    private static func appArmor(_ daemons: LibvirtDaemons, on host: LocalHost) -> Finding {
        guard let profiles = profiles(of: daemons, on: host) else {
            return .warn(
                .securityModule,
                "AppArmor is active; this user cannot read the profile of libvirt's daemon",
                remedy: LocalHost.readAsRoot)
        }
        guard let enforced = profiles.first(where: { $0.hasSuffix("(enforce)") }) else {
            let modes = profiles.isEmpty ? "" : " (\(profiles.joined(separator: ", ")))"
            return .ok(
                .securityModule, "AppArmor is active, but confines no daemon of libvirt\(modes)")
        }
        let protector = host.path(Paths.service)
        let real = (try? File.realPath(of: protector)) ?? protector
        let root = host.root.isEmpty ? "" : (try? File.realPath(of: host.root)) ?? host.root
        let parent = FilePath(real).removingLastComponent().string
        let isAllowed = folders.contains { parent == root + $0 }
        guard isAllowed || isAllowedHere(Paths.service, on: host) else {
            return .fail(
                .securityModule,
                "AppArmor confines libvirt's daemon (\(enforced)) and lets it start programs in"
                    + " /usr/bin and /usr/sbin only: the hook cannot start \(real.shellWord)",
                remedy: "install it with the prefix /usr: \(LocalHost.installAgain)")
        }
        return .ok(
            .securityModule,
            "AppArmor confines libvirt's daemon (\(enforced)), and lets it run the hook and virt-watchdogd"
        )
    }

    /// The profiles of the daemons with their modes, `NAME (MODE)`, or nothing where they cannot be
    /// told.
    private static func profiles(of daemons: LibvirtDaemons, on host: LocalHost) -> [String]? {
        if !daemons.running.isEmpty {
            let labels = daemons.running.compactMap { daemon in
                host.text("/proc/\(daemon.id)/attr/apparmor/current")
                    ?? host.text("/proc/\(daemon.id)/attr/current")
            }
            return labels.isEmpty ? nil : labels.map(firstLine).filter { $0 != "unconfined" }
        }
        return host.text("/sys/kernel/security/apparmor/profiles")?.split(separator: "\n")
            .map(String.init).filter { line in
                LibvirtDaemon.names.contains { name in
                    line.hasPrefix("\(name) (") || line.hasPrefix("/usr/sbin/\(name) (")
                }
            }
    }

    /// Whether a rule of this host's own, which profiles include, speaks of a program.
    private static func isAllowedHere(_ program: String, on host: LocalHost) -> Bool {
        ["usr.sbin.libvirtd", "usr.sbin.virtqemud", "libvirtd", "virtqemud"].contains { name in
            let rules = host.text("/etc/apparmor.d/local/\(name)") ?? ""
            return rules.split(separator: "\n").contains { line in
                let rule = line.drop { $0.isWhitespace }
                return !rule.hasPrefix("#") && rule.contains(program)
            }
        }
    }

    // MARK: SELinux

    /// Checks SELinux; returns `nil` where it is not active.
    static func selinuxFinding(_ daemons: LibvirtDaemons, on host: LocalHost) -> Finding? {
        guard let enforces = host.text("/sys/fs/selinux/enforce") else { return nil }
        guard enforces.hasPrefix("1") else {
            return .ok(.securityModule, "SELinux is permissive: it stops nothing")
        }
        let contexts = daemons.running.compactMap { host.text("/proc/\($0.id)/attr/current") }
            .map(firstLine)
        if daemons.running.count > contexts.count {
            return .warn(
                .securityModule,
                "SELinux is enforcing; this user cannot read the context of libvirt's daemon",
                remedy: LocalHost.readAsRoot)
        }
        let isConfined: (String) -> Bool = { $0.split(separator: ":").contains { $0 == confined } }
        let willBeConfined = contexts.isEmpty && host.has("/usr/sbin/virtqemud")
        guard let context = contexts.first(where: isConfined) ?? (willBeConfined ? confined : nil)
        else {
            return .ok(
                .securityModule, "SELinux is enforcing, but does not confine libvirt's daemon")
        }
        // The host may have a module for it, as the remedy says.
        if SELinuxPolicy.allowsHooks(context, on: host) == true {
            return .ok(
                .securityModule, "SELinux is enforcing, and its policy lets virtqemud run the hook")
        }
        return .fail(
            .securityModule,
            "SELinux is enforcing, and its policy lets virtqemud (\(context)) run no hook: every"
                + " guest's start would fail",
            remedy: "give virtqemud_t the right to run virt_hook_t in a local policy module, or"
                + " make it permissive: sudo semanage permissive -a virtqemud_t")
    }

    /// The type of the processes that SELinux lets run no hook.
    private static let confined = "virtqemud_t"

    private static func firstLine(_ text: String) -> String {
        String(text.prefix { $0 != "\n" && $0 != "\0" })
    }
}
