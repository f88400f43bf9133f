import Host
import System
import SystemPackage

/// The policy of SELinux as it is loaded, with this host's own modules in it.
enum SELinuxPolicy {
    /// What every policy says of the files below `/etc/libvirt/hooks`; install.sh sees to it.
    private static let hookContext = "system_u:object_r:virt_hook_t:s0"
    /// The flag of a decision about a process that may do all, whatever the policy says.
    private static let permissive: UInt32 = 1

    /// Asks whether a process may execute hooks, as `security_compute_av` of libselinux does.
    ///
    /// - Returns: The answer, or nothing where the kernel gives none.
    static func allowsHooks(_ process: String, on host: LocalHost) -> Bool? {
        guard let file = number("/sys/fs/selinux/class/file/index", on: host),
            let execute = number("/sys/fs/selinux/class/file/perms/execute", on: host),
            (1...32).contains(execute)
        else { return nil }
        let wanted = UInt32(1) << (execute - 1)
        let question = "\(process) \(hookContext) \(file) \(String(wanted, radix: 16))"
        guard let answer = try? answer(of: host.path("/sys/fs/selinux/access"), to: question) else {
            return nil
        }
        // allowed decided auditallow auditdeny seqno flags
        let fields = answer.split { $0.isWhitespace || $0 == "\0" }
        guard fields.count == 6, let allowed = UInt32(fields[0], radix: 16),
            let flags = UInt32(fields[5], radix: 16)
        else { return nil }
        return allowed & wanted != 0 || flags & permissive != 0
    }

    /// Writes a question to a file of the kernel and reads the answer from the same opening of it.
    ///
    /// The C functions are `open`, `write` and `read`.
    private static func answer(of path: String, to question: String) throws(Errno) -> String {
        let file = try OpenFile(asking: path)
        try file.descriptor.writeFully(Array(question.utf8))
        return String(decoding: try file.descriptor.readToEnd(limit: 4096), as: UTF8.self)
    }

    private static func number(_ path: String, on host: LocalHost) -> Int? {
        host.text(path).flatMap { Int($0.filter(\.isNumber)) }
    }
}
