// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// A program with its arguments, its input and its environment, as a test runs it.
public struct Command {
    /// The program's path.
    public var path: String
    /// The arguments.
    public var arguments: [String]
    /// Its standard input.
    public var input: Data
    /// The whole environment.
    public var environment: [String: String]

    /// Makes a command.
    public init(
        _ path: String, _ arguments: [String] = [], input: Data = Data(),
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.path = path
        self.arguments = arguments
        self.input = input
        self.environment = environment
    }

    /// What a command did.
    public struct Outcome {
        /// The exit status, or the number of the signal that ended it, negated.
        public var status: Int32
        /// Its standard output.
        public var output: Data
        /// Its standard error.
        public var error: Data

        /// Standard output as text.
        public var text: String { String(decoding: output, as: UTF8.self) }
        /// Standard error as text.
        public var errorText: String { String(decoding: error, as: UTF8.self) }
    }

    /// Runs the command to its end.
    public func run() throws -> Outcome {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = environment
        // Files, not pipes: neither side waits for the other, and large texts fit.
        let folder = try TemporaryFolder()
        let inputFile = try folder.write("input", input)
        let outputFile = try folder.write("output", Data())
        let errorFile = try folder.write("error", Data())
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
        process.waitUntilExit()
        let status =
            process.terminationReason == .uncaughtSignal
            ? -process.terminationStatus : process.terminationStatus
        return Outcome(
            status: status, output: try Data(contentsOf: outputFile),
            error: try Data(contentsOf: errorFile))
    }

    /// Finds a program in the usual folders, or returns nothing.
    public static func find(_ name: String) -> String? {
        ["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/", "/usr/local/bin/"]
            .map { $0 + name }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
