internal import FoundationEssentials
public import HostSystem

/// What the service tells the commands about itself, in a file.
public struct ServiceState: Codable, Sendable, Hashable {
    /// The file's name, in the directory of the service's lock.
    private static let name = "state"
    /// The longest file that is read, in bytes.
    private static let maximumLength = 16 << 20

    /// A guest that is not as the policy wants it.
    public struct Guest: Codable, Sendable, Hashable {
        /// The guest's UUID.
        public var uuid: String
        /// The guest's name.
        public var name: String
        /// Why, in a clause.
        public var reason: String?
    }

    /// The service's version.
    public var version: String
    /// The service's process ID.
    public var process: Int32
    /// Whether libvirt's events reach it.
    public var isConnected: Bool
    /// How many guests run, as far as it knows.
    public var running: Int
    /// How many guests it gave what the policy wants, since it started.
    public var treated: Int
    /// The guests that wait for `apply`, or for their turn; in order.
    public var waiting: [Guest]
    /// The guests that do not answer.
    public var notAnswering: [Guest]
    /// The guests whose treatment failed.
    public var failed: [Guest]

    /// Takes what a core reports.
    public init(_ report: Report) {
        version = Layout.version
        process = processID
        isConnected = report.isConnected
        running = report.running
        treated = report.treated
        func guests(_ entries: [Report.Entry]) -> [Guest] {
            entries.map {
                Guest(uuid: $0.uuid, name: $0.name, reason: $0.reason.isEmpty ? nil : $0.reason)
            }
        }
        waiting = guests(report.waiting)
        notAnswering = guests(report.notAnswering)
        failed = guests(report.failed)
    }

    /// The state in a sentence.
    public var summary: String {
        var parts = [isConnected ? "connected" : "waits for libvirt", "\(running) guests run"]
        parts.append("\(treated) treated")
        if !waiting.isEmpty { parts.append("\(waiting.count) wait") }
        if !notAnswering.isEmpty { parts.append("\(notAnswering.count) do not answer") }
        if !failed.isEmpty { parts.append("\(failed.count) failed") }
        return parts.joined(separator: ", ")
    }

    /// Replaces the file, which readers see whole.
    public func write(in directory: String = ServiceFile.directory) throws(Errno) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(self) else { return }
        try replaceFile("\(directory)/\(Self.name)", with: Array(data))
    }

    /// Reads the state of the service that runs; nothing where none does.
    public static func ofRunning(in directory: String = ServiceFile.directory) -> ServiceState? {
        guard ServiceFile.holder(at: "\(directory)/\(ServiceFile.name)"),
            let bytes = try? readFile("\(directory)/\(name)", limit: maximumLength)
        else { return nil }
        return try? JSONDecoder().decode(ServiceState.self, from: Data(bytes))
    }
}
