import WatchdogPolicy

/// What a check found.
struct Finding: Encodable, Hashable {
    /// How much a finding matters.
    enum Level: String, Encodable, CaseIterable {
        /// As it should be.
        case ok
        /// Guests are protected all the same, or it cannot be told.
        case warn
        /// Guests are not protected, or do not even start.
        case fail
    }

    /// What was checked.
    var check: Check
    /// How much it matters.
    var level: Level
    /// What was found, in one line that is safe for a terminal.
    var message: String
    /// What to do about it; always there but for what is ok.
    @Nullable var remedy: String?

    private init(_ check: Check, _ level: Level, _ message: String, remedy: String?) {
        self.check = check
        self.level = level
        self.message = printable(message)
        self.remedy = remedy.map { printable($0) }
    }

    /// All is well.
    static func ok(_ check: Check, _ message: String) -> Finding {
        Finding(check, .ok, message, remedy: nil)
    }

    /// Somebody should look.
    static func warn(_ check: Check, _ message: String, remedy: String) -> Finding {
        Finding(check, .warn, message, remedy: remedy)
    }

    /// It does not work like this.
    static func fail(_ check: Check, _ message: String, remedy: String) -> Finding {
        Finding(check, .fail, message, remedy: remedy)
    }
}

/// What can be checked, by the names that stay the same from version to version.
enum Check: String, CaseIterable, Encodable {
    /// Our hook stands where libvirt looks, once.
    case hookInstalled = "hook-installed"
    /// It is a real file that only root can change.
    case hookFile = "hook-file"
    /// Everybody's libvirt can run it.
    case hookExecutable = "hook-executable"
    /// The daemon knows that there is a hook.
    case hookSeen = "hook-seen"
    /// Hook and tool are of one installation.
    case hookBuild = "hook-build"
    /// The hook needs no library.
    case hookStatic = "hook-static"
    /// Which other hooks libvirt runs, and in which order.
    case otherHooks = "other-hooks"
    /// libvirt is new enough for where the hook is.
    case libvirtVersion = "libvirt-version"
    /// Neither AppArmor nor SELinux is in the way.
    case securityModule = "security-module"
    /// The program that the hook starts is there.
    case protector
    /// The policy can be read and understood.
    case propertiesFile = "properties-file"
    /// Only root can change the policy.
    case propertiesMode = "properties-mode"
    /// QEMU has the device.
    case emulator
    /// libvirt answers.
    case daemonReachable = "daemon-reachable"
    /// libvirt lets us change guests.
    case daemonWritable = "daemon-writable"
    /// The service runs, and its guests are well.
    case service
    /// What the hook decides is recorded.
    case log
    /// The last guests that were not protected.
    case refusals
}
