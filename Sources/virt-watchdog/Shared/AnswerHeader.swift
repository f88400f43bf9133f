// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Libvirt
import System
import WatchdogPolicy

/// The keys that each JSON answer has.
struct AnswerHeader: Encodable {
    /// The policy of an answer about guests.
    struct Policy: Encodable {
        @Nullable var file: String?
        var problems: [PolicyProblem]
    }

    /// The version of the answer's form. Another one may lack keys or give them another meaning.
    static let schemaVersion = 1
    /// The time limit for the daemon's host name, in seconds.
    private static let timeout = 5

    let schemaVersion = Self.schemaVersion
    /// The guests' host, or `nil` if its daemon does not say its name.
    @Nullable var host: String?
    /// The time of day in ISO 8601, with the zone.
    let time = Clock.localTime
    private var connection: Connection?
    private var policy: Policy?

    private enum CodingKeys: String, CodingKey {
        case schemaVersion, host, time, uri, policy
    }

    init(_ connection: Connection?, _ report: PolicyReport?) {
        self.connection = connection
        if let connection, connection.isRemote {
            host = try? Connection.answer(within: Self.timeout) { () throws(LibvirtError) in
                try connection.hostName()
            }
        } else {
            host = ProcessInfo.processInfo.hostName
        }
        policy = report.map { report in
            Policy(file: report.file, problems: report.problems.map(PolicyProblem.init))
        }
    }

    /// Encodes the keys. An answer without a daemon has no `uri`, and one without guests no
    /// `policy`.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(schemaVersion, forKey: .schemaVersion)
        try container.encode(host, forKey: .host)
        try container.encode(time, forKey: .time)
        if let connection { try container.encode(connection.uri, forKey: .uri) }
        if let policy { try container.encode(policy, forKey: .policy) }
    }
}

/// A JSON answer: a header, and the keys of the command.
struct Answer<Body: Encodable>: Encodable {
    var header: AnswerHeader
    var body: Body

    func encode(to encoder: any Encoder) throws {
        try header.encode(to: encoder)
        try body.encode(to: encoder)
    }
}

/// A problem of the policy in a JSON answer.
struct PolicyProblem: Encodable {
    @Nullable var line: Int?
    @Nullable var column: Int?
    var severity: String
    var message: String

    init(_ problem: PolicyReport.Problem) {
        line = problem.position?.line
        column = problem.position?.column
        severity = problem.severity.rawValue
        message = problem.message
    }
}
