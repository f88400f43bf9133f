// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import System

/// The running hooks of a libvirt daemon, as `/proc` shows them.
package enum RunningHook {
    /// The time without any hook of the guest: libvirt runs one hook after the other.
    private static let quietTime = Duration.seconds(1)
    /// The time between two looks, in microseconds.
    private static let interval: UInt32 = 100_000

    /// Waits until a daemon runs no hook for a guest, without a call to libvirt.
    ///
    /// - Parameters:
    ///   - uuid: The guest's UUID, which is on the command line of its QEMU.
    ///   - daemon: The process ID of the daemon.
    package static func waitForNone(ofGuest uuid: String, under daemon: Int32) {
        var start = Clock.now
        while Clock.now - start < quietTime {
            usleep(interval)
            if isRunning(forGuest: uuid, under: daemon) { start = Clock.now }
        }
    }

    /// Returns whether a daemon runs a hook for a guest.
    ///
    /// - Returns: `true` also without a visible QEMU of the guest.
    static func isRunning(forGuest uuid: String, under daemon: Int32) -> Bool {
        let processes = (try? DirectoryEntry.all(in: "/proc")) ?? []
        let commands = processes.compactMap { Int32($0.name) }.map {
            (id: $0, words: words(of: $0))
        }
        guard let name = commands.lazy.compactMap({ name(in: $0.words, of: uuid) }).first else {
            return true
        }
        // The four arguments of a hook come after the interpreter and the path of a script.
        return commands.contains { command in
            command.words.count > 4 && command.words[command.words.count - 4] == name
                && ProcessStatus(of: command.id)?.parent == daemon
        }
    }

    /// Returns the guest's name from the command line of its QEMU, or `nil` for other commands.
    static func name(in words: [String], of uuid: String) -> String? {
        guard let position = words.firstIndex(of: "-uuid"), words.count > position + 1,
            words[position + 1] == uuid, let option = words.firstIndex(of: "-name"),
            words.count > option + 1, words[option + 1].hasPrefix("guest=")
        else { return nil }
        var name = ""
        var rest = words[option + 1].dropFirst("guest=".count)
        // libvirt doubles a comma in a value.
        while let next = rest.popFirst() {
            if next == "," {
                guard rest.first == "," else { break }
                rest.removeFirst()
            }
            name.append(next)
        }
        return name
    }

    private static func words(of process: Int32) -> [String] {
        guard let bytes = try? File.read("/proc/\(process)/cmdline", limit: 1 << 20) else {
            return []
        }
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
