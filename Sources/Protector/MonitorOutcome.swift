// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// The outcome of a QMP command without a result.
struct MonitorOutcome {
    /// QEMU's error, or `nil`.
    let problem: String?
    /// Whether this QEMU lacks the command.
    let isUnknownCommand: Bool
    /// Whether the named device does not exist.
    let isWithoutDevice: Bool

    init(_ answer: String) {
        let reply = try? JSONDecoder().decode(Reply.self, from: Data(answer.utf8))
        problem = reply == nil ? "its answer is no JSON" : reply?.error?.desc
        isUnknownCommand = reply?.error?.class == "CommandNotFound"
        isWithoutDevice = reply?.error?.class == "DeviceNotFound"
    }

    private struct Reply: Decodable {
        struct Failure: Decodable {
            var `class`: String
            var desc: String
        }

        var error: Failure?
    }
}
