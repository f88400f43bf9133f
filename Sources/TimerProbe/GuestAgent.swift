// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Libvirt
internal import WatchdogPolicy

/// A watchdog of the guest's kernel.
struct AgentWatchdog: Sendable, Hashable {
    /// The driver's model.
    var model: WatchdogModel
    /// The state of its timer.
    var timer: Result<TimerState, AgentError>
    /// Whether the driver found that its timer had reset the guest.
    var showsFire: Bool
}

/// A reader of the guest's `/sys/class/watchdog` through the guest agent.
///
/// It opens, reads and closes files, and runs nothing in the guest.
struct GuestAgent<Asked: GuestWithAgent> {
    let guest: Asked
    /// The time since a fixed moment.
    let now: @Sendable () -> Duration

    /// The kernel's device numbers to try, because the agent cannot list directories.
    private var numbers: Range<Int> { 0..<8 }
    /// The agent's time for one command, in seconds.
    private var commandLimit: Int32 { 2 }
    /// The time after which no further command is sent.
    private var limit: Duration { .seconds(3) }
    /// The limit for a file's text. Each file holds a word.
    private var textLimit: Int { 256 }

    /// Reads the watchdogs of some models, in the order of the kernel's numbers.
    ///
    /// - Parameter models: The models to find, one entry for each device.
    func watchdogs(of models: [WatchdogModel]) throws(AgentError) -> [AgentWatchdog] {
        let end = now() + limit
        var missing = models
        var found: [AgentWatchdog] = []
        var isWithoutState = false
        for number in numbers where !missing.isEmpty {
            let directory = "/sys/class/watchdog/watchdog\(number)"
            guard let identity = try text(of: directory + "/identity", before: end) else {
                // Every device has this file, even if the kernel shows nothing else.
                if try text(of: directory + "/uevent", before: end) != nil { isWithoutState = true }
                continue
            }
            guard let model = WatchdogModel(identity: identity),
                let index = missing.firstIndex(of: model)
            else { continue }
            missing.remove(at: index)
            let bootStatus = try text(of: directory + "/bootstatus", before: end)
            found.append(
                AgentWatchdog(
                    model: model,
                    timer: try timer(text(of: directory + "/state", before: end)),
                    showsFire: bootStatus.flatMap { UInt32($0) }.map { $0 & cardReset != 0 }
                        ?? false))
        }
        if isWithoutState, found.isEmpty { throw .noState }
        return found
    }

    /// The bit of `bootstatus` for a reset by this timer, `WDIOF_CARDRESET`.
    private var cardReset: UInt32 { 0x20 }

    private func timer(_ state: String?) -> Result<TimerState, AgentError> {
        switch state {
        case "active": .success(.armed)
        case "inactive": .success(.notArmed)
        case nil: .failure(.noState)
        default: .failure(.garbage)
        }
    }

    /// Reads a file in the guest, without its line end.
    ///
    /// - Returns: `nil` if the guest has no such file.
    private func text(of path: String, before end: Duration) throws(AgentError) -> String? {
        guard now() < end else { throw .silent }
        let handle: Int64
        do throws(AgentError) {
            handle = try ask("guest-file-open", #"{"path":"\#(path)","mode":"r"}"#)
        } catch {
            if case .libvirt(let error) = error, error.isOfMissingFile { return nil }
            throw error
        }
        let content: Result<Content, AgentError>
        do throws(AgentError) {
            content = .success(
                try ask("guest-file-read", #"{"handle":\#(handle),"count":\#(textLimit)}"#))
        } catch {
            content = .failure(error)
        }
        // The text counts. Closing a file fails only if the agent has gone.
        _ = try? guest.ask(
            agent: #"{"execute":"guest-file-close","arguments":{"handle":\#(handle)}}"#,
            timeout: commandLimit)
        guard let data = Data(base64Encoded: try content.get().base64),
            let text = String(bytes: data, encoding: .utf8)
        else { throw .garbage }
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    private func ask<Answer: Decodable>(
        _ name: String, _ arguments: String
    ) throws(AgentError) -> Answer {
        let text = try mappingAgentErrors { () throws(LibvirtError) in
            try guest.ask(
                agent: #"{"execute":"\#(name)","arguments":\#(arguments)}"#, timeout: commandLimit)
        }
        guard let reply = try? JSONDecoder().decode(Reply<Answer>.self, from: Data(text.utf8))
        else { throw .garbage }
        return reply.`return`
    }

    private struct Reply<Answer: Decodable>: Decodable {
        var `return`: Answer
    }

    private struct Content: Decodable {
        var base64: String

        private enum CodingKeys: String, CodingKey {
            case base64 = "buf-b64"
        }
    }
}

/// Runs a libvirt call to the agent and converts its error.
func mappingAgentErrors<Answer>(
    _ question: () throws(LibvirtError) -> Answer
) throws(AgentError) -> Answer {
    do throws(LibvirtError) {
        return try question()
    } catch {
        throw AgentError(error)
    }
}

extension AgentError {
    /// Classifies libvirt's error, which contains the agent's own text.
    fileprivate init(_ error: LibvirtError) {
        let text = error.message.lowercased()
        self =
            if [.agentUnresponsive, .agentUnsynced, .agentTimeout].contains(error.code) {
                .silent
            } else if text.contains("frozen") {
                .frozen
            } else if text.contains("has been disabled") || text.contains("has not been found") {
                .blocked
            } else {
                .libvirt(error)
            }
    }
}

extension LibvirtError {
    /// Whether the agent found no such file.
    fileprivate var isOfMissingFile: Bool { message.contains("No such file or directory") }
}

extension WatchdogModel {
    /// Maps the identity of a Linux driver to its model.
    fileprivate init?(identity: String) {
        guard let model = Self.allCases.first(where: { $0.identity == identity }) else {
            return nil
        }
        self = model
    }

    /// The identity of the model's Linux driver.
    private var identity: String {
        switch self {
        case .i6300esb: "i6300ESB timer"
        case .itco: "iTCO_wdt"
        case .ib700: "IB700 WDT"
        case .diag288: "z Watchdog"
        }
    }
}
