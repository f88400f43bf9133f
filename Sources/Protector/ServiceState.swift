// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Host
internal import System
package import SystemPackage

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
