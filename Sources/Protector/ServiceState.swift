internal import FoundationEssentials
internal import Host
internal import System
package import SystemPackage

/// What the service tells the commands about itself, in a file.
package struct ServiceState: Codable, Sendable, Hashable {
    /// The file's name, in the directory of the service's lock.
    static let name = "state"
    /// The longest file that is read, in bytes.
    static let maximumLength = 16 << 20

    /// The service's version.
    package var version: String
    /// The service's process ID.
    package var process: Int32
    /// What its core knows.
    package var report: Report

    /// Takes what the core of this process reports.
    package init(_ report: Report) {
        version = Paths.version
        process = CurrentProcess.id
        self.report = report
    }

    /// Reads the state from the file's JSON, where the report's values stand beside the others.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        version = try container.decode(String.self, forKey: .version)
        process = try container.decode(Int32.self, forKey: .process)
        report = try Report(from: decoder)
    }

    /// Writes the state as the file's JSON.
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

    /// Replaces the file, which readers see whole.
    package func write(in directory: String = ServiceFile.directory) throws(Errno) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(self) else { return }
        try File.replace("\(directory)/\(Self.name)", with: Array(data))
    }

}

/// Whether the service runs, and what it tells.
package enum ServicePresence: Sendable, Hashable {
    /// No service holds its lock.
    case absent
    /// The service runs.
    case present(ServiceState)
    /// The service holds its lock, and its state is of no use for the reason that is given.
    case unreadable(String)

    /// Asks for the service's lock, and reads its state.
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
            bytes = try File.read(path, limit: ServiceState.maximumLength)
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

    /// What the service tells, or nothing where it tells nothing.
    package var state: ServiceState? {
        if case .present(let state) = self { state } else { nil }
    }
}
