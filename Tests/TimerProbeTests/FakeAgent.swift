// SPDX-License-Identifier: Apache-2.0

import Foundation
import Libvirt

/// A guest agent without a guest: it opens, reads and closes files, and remembers its commands.
final class FakeAgent {
    /// The files of the guest, by path.
    var files: [String: String] = [:]
    /// The commands that fail, and how.
    var failures: [String: LibvirtError] = [:]
    /// The answers in the place of its own, by command.
    var answers: [String: String] = [:]
    /// Something done at each command, before the answer.
    var pause: (String) -> Void = { _ in }
    /// The names of the commands that came.
    private(set) var commands: [String] = []
    /// The paths that were opened.
    private(set) var paths: [String] = []
    /// The handles that are open, by path.
    private(set) var open: [Int: String] = [:]
    private var lastHandle = 1000

    private struct Command: Decodable {
        struct Arguments: Decodable {
            var path: String?
            var mode: String?
            var handle: Int?
            var count: Int?
        }

        var execute: String
        var arguments: Arguments
    }

    /// Shows a watchdog as Linux does.
    func show(
        _ number: Int, _ identity: String, _ state: String, bootStatus: String = "0"
    ) {
        let folder = "/sys/class/watchdog/watchdog\(number)"
        files[folder + "/uevent"] = "DEVNAME=watchdog\(number)\n"
        files[folder + "/identity"] = identity + "\n"
        files[folder + "/state"] = state + "\n"
        files[folder + "/bootstatus"] = bootStatus + "\n"
    }

    func answer(_ text: String) throws(LibvirtError) -> String {
        guard let command = try? JSONDecoder().decode(Command.self, from: Data(text.utf8)) else {
            throw LibvirtError(code: .internalError, message: "no JSON: \(text)")
        }
        commands.append(command.execute)
        pause(command.execute)
        if let error = failures[command.execute] { throw error }
        let arguments = command.arguments
        let own: String
        switch command.execute {
        case "guest-file-open":
            let path = arguments.path ?? ""
            paths.append(path)
            guard arguments.mode == "r", files[path] != nil else {
                throw Self.failure(
                    "guest-file-open",
                    "failed to open file '\(path)' (mode: 'r'): No such file or directory")
            }
            lastHandle += 1
            open[lastHandle] = path
            own = "\(lastHandle)"
        case "guest-file-read":
            let content = open[arguments.handle ?? 0].flatMap { files[$0] } ?? ""
            let data = Data(content.utf8.prefix(arguments.count ?? 0))
            own = #"{"count":\#(data.count),"buf-b64":"\#(data.base64EncodedString())","eof":true}"#
        case "guest-file-close":
            open[arguments.handle ?? 0] = nil
            own = "{}"
        default: throw Self.failure(command.execute, "The command has not been found")
        }
        return answers[command.execute] ?? #"{"return":\#(own)}"#
    }

    /// libvirt's error for one of the agent.
    static func failure(_ command: String, _ text: String) -> LibvirtError {
        LibvirtError(
            code: .internalError,
            message: "internal error: unable to execute QEMU agent command '\(command)': \(text)")
    }
}
