// SPDX-License-Identifier: Apache-2.0

import WatchdogPolicy

/// The result of a check.
struct Finding: Encodable, Hashable {
    /// The severity of a finding.
    enum Level: String, Encodable, CaseIterable {
        /// The host is correct here.
        case ok
        /// Guests are still protected, or the check is inconclusive.
        case warn
        /// Guests are not protected, or do not even start.
        case fail
    }

    /// The check.
    var check: Check
    /// The severity.
    var level: Level
    /// The fact, in one line that is safe for a terminal.
    var message: String
    /// The fix; missing only for the level `ok`.
    @Nullable var remedy: String?

    private init(_ check: Check, _ level: Level, _ message: String, remedy: String?) {
        self.check = check
        self.level = level
        self.message = printable(message)
        self.remedy = remedy.map { printable($0) }
    }

    static func ok(_ check: Check, _ message: String) -> Finding {
        Finding(check, .ok, message, remedy: nil)
    }

    static func warn(_ check: Check, _ message: String, remedy: String) -> Finding {
        Finding(check, .warn, message, remedy: remedy)
    }

    static func fail(_ check: Check, _ message: String, remedy: String) -> Finding {
        Finding(check, .fail, message, remedy: remedy)
    }
}

/// What can be checked, by the names that stay the same from version to version.
enum Check: String, CaseIterable, Encodable {
    /// Our hook stands where libvirt looks, once.
    case hookInstalled = "hook-installed"
    /// The hook is a real file that only root can change.
    case hookFile = "hook-file"
    /// The libvirt daemons of all users can run the hook.
    case hookExecutable = "hook-executable"
    /// The daemon knows that a hook exists.
    case hookSeen = "hook-seen"
    /// Hook and tool belong to one installation.
    case hookBuild = "hook-build"
    /// The hook needs no library.
    case hookStatic = "hook-static"
    /// The other hooks that libvirt runs, and their order.
    case otherHooks = "other-hooks"
    /// libvirt is new enough for the hook's directory.
    case libvirtVersion = "libvirt-version"
    /// AppArmor and SELinux allow the hook and its protector.
    case securityModule = "security-module"
    /// The program that the hook starts exists.
    case protector
    /// The policy is readable and valid.
    case propertiesFile = "properties-file"
    /// Only root can change the policy.
    case propertiesMode = "properties-mode"
    /// QEMU has the policy's device.
    case emulator
    /// libvirt answers.
    case daemonReachable = "daemon-reachable"
    /// libvirt lets this user change guests.
    case daemonWritable = "daemon-writable"
    /// The service runs, and its guests match the policy.
    case service
    /// The log records the hook's decisions.
    case log
    /// The last guests without protection.
    case refusals
}
