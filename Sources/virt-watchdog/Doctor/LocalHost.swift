import Host
import System
import SystemPackage

/// The host that is looked at.
struct LocalHost {
    /// The folder that is taken for the root of the host; the host's own is the empty string.
    var root = ""
    /// Where the policy is.
    var paths = Paths.ofEnvironment()
    /// Who looks, by number.
    var user = CurrentProcess.effectiveUser
    /// Who owns what libvirt runs, by number.
    var administrator: UInt32 = 0
    /// The path of the tool that runs.
    var tool = try? File.realPath(of: "/proc/self/exe")
    /// When the host started, since 1970.
    var bootTime = Clock.bootTime

    /// Where something is on the host.
    func path(_ path: String) -> String { root + path }

    /// Whether a file is there, whatever it is.
    func has(_ path: String) -> Bool {
        (try? Stat(self.path(path), followTargetSymlink: false)) != nil
    }

    /// The text of a small file of the system, or nothing where it cannot be read.
    func text(_ path: String) -> String? {
        guard let bytes = try? File.readRegular(self.path(path), limit: 1 << 20) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether systemd runs the services.
    var hasSystemd: Bool { has("/run/systemd/system") }

    /// Finds a program that every host has in the same place, if it has it.
    func program(_ name: String, _ arguments: [String]) -> Program? {
        for folder in ["/usr/bin/", "/bin/"] where has(folder + name) {
            return Program(path(folder + name), arguments)
        }
        return nil
    }

    /// What to do about something that this user may not read.
    static let readAsRoot = "run it as root: sudo virt-watchdog doctor"

    /// What to do about an installation that is not whole.
    static let installAgain = "sudo ./install.sh"
}
