internal import FoundationEssentials
internal import Host
package import System

/// The state file of the service, for the commands.
package struct ServiceState: Codable, Sendable, Hashable {
    /// The file's name, in the directory of the service's lock.
    static let name = "state"
    /// The limit for the file's size, in bytes.
    static let maximumLength = 16 << 20

    package var version: String
    package var process: Int32
    /// The core's state.
    package var report: Report

    package init(_ report: Report) {
        version = Paths.version
        process = CurrentProcess.id
        self.report = report
    }

    /// Reads the file's JSON, which holds the report's values beside the others.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        version = try container.decode(String.self, forKey: .version)
        process = try container.decode(Int32.self, forKey: .process)
        report = try Report(from: decoder)
    }

    /// Writes the file's JSON.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(process, forKey: .process)
        try report.encode(to: encoder)
    }

    private enum CodingKeys: String, CodingKey {
        case version, process
    }

    /// The state in a sentence.
    package var summary: String {
        var parts = [
            report.isConnected ? "connected" : "waits for libvirt", "\(report.running) guests run",
            "\(report.treated) treated",
        ]
        if !report.waiting.isEmpty { parts.append("\(report.waiting.count) wait") }
        if !report.notAnswering.isEmpty {
            parts.append("\(report.notAnswering.count) do not answer")
        }
        if !report.failed.isEmpty { parts.append("\(report.failed.count) failed") }
        return parts.joined(separator: ", ")
    }

    /// Replaces the file atomically.
    package func write(in directory: String = ServiceFile.directory) throws(Errno) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(self) else { return }
        try File.replace("\(directory)/\(Self.name)", with: Array(data))
    }

}

/// The service's presence and state.
package enum ServicePresence: Sendable, Hashable {
    /// No service holds its lock.
    case absent
    /// The service runs.
    case present(ServiceState)
    /// The service holds its lock, but its state is unusable for this reason.
    case unreadable(String)

    /// Checks the service's lock, and reads its state.
    ///
    /// - Parameter directory: The directory of the lock.
    package init(in directory: String = ServiceFile.directory) {
        let lock = "\(directory)/\(ServiceFile.name)"
        guard ServiceFile.holder(at: lock) else {
            self = .absent
            return
        }
        let path = "\(directory)/\(ServiceState.name)"
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try readFile(path, limit: ServiceState.maximumLength)
        } catch {
            self = .unreadable("cannot read \(path): \(error)")
            return
        }
        guard let state = try? JSONDecoder().decode(ServiceState.self, from: Data(bytes)) else {
            self = .unreadable("cannot read \(path): it is not a state of this version")
            return
        }
        let holder = ServiceFile.contents(at: lock)?.split(separator: "\n")
            .first { $0.hasPrefix("pid=") }.flatMap { Int32($0.dropFirst("pid=".count)) }
        if let holder, holder != state.process {
            self = .unreadable(
                "\(path) is stale: process \(state.process) wrote it, and process \(holder) is the"
                    + " service")
            return
        }
        if ProcessStatus(of: state.process)?.state == "T" {
            self = .unreadable(
                "a signal has stopped its process; run kill -CONT \(state.process)")
            return
        }
        self = .present(state)
    }

    /// The service's state, or `nil` if it is absent or unreadable.
    package var state: ServiceState? {
        if case .present(let state) = self { state } else { nil }
    }
}
