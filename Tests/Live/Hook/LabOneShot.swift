// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// A one-shot that runs, as the hook starts it: `virt-watchdogd --guest UUID --daemon PID`.
struct LabOneShot {
    /// The program, which is the service's, too.
    static let program = LabService.program

    /// The process ID.
    let id: pid_t

    /// Returns all one-shots of the lab, those on its other hosts included.
    static func all() -> [LabOneShot] {
        RunningCommand.processes { id in
            arguments(of: id).starts(with: [program, "--guest"])
        }.map(LabOneShot.init)
    }

    /// Returns the processes that hooks left: one-shots, the hooks that wait for them, and zombies.
    ///
    /// - Parameter user: The user ID that they belong to; nothing for any.
    static func left(of user: uid_t? = nil) -> [pid_t] {
        let oneShots = Set(all().map(\.id))
        return RunningCommand.processes { id in
            if let user, owner(of: id) != user { return false }
            let program = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/\(id)/exe")
            return oneShots.contains(id) || program?.hasPrefix("/etc/libvirt/hooks/") == true
                || isZombie(id)
        }
    }

    /// Waits until no process is left that a hook started.
    static func waitUntilNoneIsLeft(
        _ seconds: Double = 60, of user: uid_t? = nil,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        try Lab.wait(seconds, for: "the end of all one-shots and hooks", at: location) {
            left(of: user).isEmpty
        }
    }

    /// Starts a one-shot by hand, for a guest of the lab's own daemon.
    static func start(for uuid: String) throws -> RunningCommand {
        try RunningCommand(Command(program, ["--guest", uuid, "--daemon", "\(Lab.daemon())"]))
    }

    /// Sends a signal, and tells whether the process was still there.
    @discardableResult
    func send(_ signal: Int32) -> Bool {
        kill(id, signal) == 0
    }

    /// Returns the arguments of a process; none of a process that has exited, or of a zombie.
    static func arguments(of id: pid_t) -> [String] {
        let line = (try? Data(contentsOf: URL(filePath: "/proc/\(id)/cmdline"))) ?? Data()
        return line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Returns the user that a process runs as.
    static func owner(of id: pid_t) -> uid_t? {
        var status = stat()
        return stat("/proc/\(id)", &status) == 0 ? status.st_uid : nil
    }

    /// Returns whether a one-shot has ended, and no process has waited for it.
    private static func isZombie(_ id: pid_t) -> Bool {
        let text = (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)) ?? ""
        return text.contains("(virt-watchdog") && text.contains(") Z ")
    }
}

/// A script in the place of a program, until this object is gone.
final class LabStandIn {
    /// The program.
    let path: String
    /// Where the program is meanwhile.
    let real: String

    /// Puts a script in a program's place.
    ///
    /// - Parameter script: The script, given where the program is meanwhile; nothing leaves the place empty.
    init(for path: String, _ script: (_ real: String) -> String?) throws {
        self.path = path
        real = path + "-real"
        let text = script(real)
        try Lab.run("/bin/mv", [path, real])
        guard let text else { return }
        try Data(text.utf8).write(to: URL(filePath: path))
        try Lab.run("/bin/chmod", ["0755", path])
    }

    /// Puts a changed copy of a program in its place.
    init(for path: String, changing change: (inout Data) throws -> Void) throws {
        self.path = path
        real = path + "-real"
        var data = try Data(contentsOf: URL(filePath: path))
        try change(&data)
        try Lab.run("/bin/mv", [path, real])
        try data.write(to: URL(filePath: path))
        try Lab.run("/bin/chmod", ["0755", path])
    }

    deinit {
        _ = try? Command("/bin/mv", ["-f", real, path]).run()
    }
}
