internal import FoundationEssentials
internal import Libvirt
internal import WatchdogPolicy

/// A watchdog that the guest's kernel shows.
struct AgentWatchdog: Sendable, Hashable {
    /// The model that the driver is for.
    var model: WatchdogModel
    /// The state of its timer.
    var timer: Result<TimerState, AgentError>
    /// Whether the driver found that its timer has reset the guest.
    var showsFire: Bool
}

/// Reads the watchdogs that a guest's kernel shows in `/sys/class/watchdog`, by its guest agent.
///
/// It opens, reads and closes files there, and runs nothing in the guest.
struct GuestAgent<Asked: GuestWithAgent> {
    let guest: Asked
    /// The time that has passed since some moment.
    let now: @Sendable () -> Duration

    /// How many of the kernel's numbers it tries: an agent lists no directory.
    private var numbers: Range<Int> { 0..<8 }
    /// How long the agent may take for one command, in seconds.
    private var commandLimit: Int32 { 2 }
    /// After how long it asks no further question.
    private var limit: Duration { .seconds(3) }
    /// The longest text that is read of a file; each holds a word.
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
            let folder = "/sys/class/watchdog/watchdog\(number)"
            guard let identity = try text(of: folder + "/identity", before: end) else {
                // Each device has this file, also where the kernel shows nothing else of it.
                if try text(of: folder + "/uevent", before: end) != nil { isWithoutState = true }
                continue
            }
            guard let model = WatchdogModel(identity: identity),
                let index = missing.firstIndex(of: model)
            else { continue }
            missing.remove(at: index)
            let bootStatus = try text(of: folder + "/bootstatus", before: end)
            found.append(
                AgentWatchdog(
                    model: model,
                    timer: try timer(text(of: folder + "/state", before: end)),
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

    /// Reads a file in the guest, without the end of its line.
    ///
    /// - Returns: Nothing where the guest has no such file.
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
        // What the read told counts; to close a file fails only where the agent has gone.
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

/// Asks libvirt for something on the way to the agent's answer.
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
    /// Reads libvirt's error, which has the agent's own text in it.
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
    /// Whether the agent found no file of the name.
    fileprivate var isOfMissingFile: Bool { message.contains("No such file or directory") }
}

extension WatchdogModel {
    /// Finds the model of a Linux driver by the driver's identity.
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
