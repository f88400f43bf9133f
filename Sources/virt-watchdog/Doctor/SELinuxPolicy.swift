// SPDX-License-Identifier: Apache-2.0

import System
import SystemPackage

/// The loaded SELinux policy, including local modules.
enum SELinuxPolicy {
    /// The label of the hook: of files below `/etc/libvirt/hooks`, or of the program that a link leads to.
    private static func hookContext(on host: LocalHost) -> String {
        "system_u:object_r:\(host.hasLinkedHook() ? "bin_t" : "virt_hook_t"):s0"
    }
    /// The flag for a permissive process, which may do everything.
    private static let permissive: UInt32 = 1

    /// Returns whether a process may execute hooks, as `security_compute_av` of libselinux does.
    ///
    /// - Returns: `nil` if the kernel does not answer.
    static func allowsHooks(_ process: String, on host: LocalHost) -> Bool? {
        guard let file = number("/sys/fs/selinux/class/file/index", on: host),
            let execute = number("/sys/fs/selinux/class/file/perms/execute", on: host),
            (1...32).contains(execute)
        else { return nil }
        let wanted = UInt32(1) << (execute - 1)
        let question = "\(process) \(hookContext(on: host)) \(file) \(String(wanted, radix: 16))"
        guard let answer = try? answer(of: host.path("/sys/fs/selinux/access"), to: question) else {
            return nil
        }
        // The fields are allowed, decided, auditallow, auditdeny, seqno and flags.
        let fields = answer.split { $0.isWhitespace || $0 == "\0" }
        guard fields.count == 6, let allowed = UInt32(fields[0], radix: 16),
            let flags = UInt32(fields[5], radix: 16)
        else { return nil }
        return allowed & wanted != 0 || flags & permissive != 0
    }

    /// Writes a query to a kernel file and reads the answer through the same descriptor.
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
