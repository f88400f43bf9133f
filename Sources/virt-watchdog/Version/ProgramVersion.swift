// SPDX-License-Identifier: Apache-2.0

import Host
import System
import WatchdogPolicy

/// The version of an installed program, as the program reports it.
struct ProgramVersion: Hashable {
    /// The program's path, or `nil` if it is not installed.
    var path: String?
    var version: String?
    /// Why the version is unknown.
    var problem: String?

    /// The time limit for a program.
    private static let timeout = Duration.seconds(5)

    /// The hook of a host. libvirt runs it.
    static func hook(on host: LocalHost) -> ProgramVersion {
        let hooks = Hooks(of: host)
        guard let hook = hooks.ours.first(where: \.isRun) ?? hooks.ours.first else {
            return ProgramVersion(
                problem: hooks.mayIncludeOurs ? "not readable by this user" : "not installed")
        }
        return ProgramVersion(at: hook.path, on: host) { LinkageReport(parsing: $0)?.version }
    }

    /// The program of the service.
    static func service(on host: LocalHost) -> ProgramVersion {
        guard host.has(Paths.service) else { return ProgramVersion(problem: "not installed") }
        return ProgramVersion(at: host.path(Paths.service), on: host) { text in
            let words = text.split(whereSeparator: \.isWhitespace)
            return words.count == 1 ? String(words[0]) : nil
        }
    }

    init(path: String? = nil, version: String? = nil, problem: String? = nil) {
        (self.path, self.version, self.problem) = (path, version, problem)
    }

    /// Runs a program with `--version`, if none but the administrator can change or replace it.
    private init(at path: String, on host: LocalHost, _ parse: (String) -> String?) {
        self.path = path
        do throws(PathError) {
            let real = try TrustedPath.resolve(path, trusting: [0, host.administrator])
            let output = Self.output(of: real)
            version = output.flatMap(parse).map(printable)
            problem = version == nil ? "does not report a version" : nil
        } catch {
            problem =
                switch error {
                case .system(let error): "cannot read it: \(error)"
                case .exposed: "not run, because users other than root can change it"
                case .dangling: "a link to nowhere"
                }
        }
    }

    private static func output(of program: String) -> String? {
        guard
            let outcome = try? Program(program, ["--version"]).run(within: timeout),
            outcome.status == 0
        else { return nil }
        return String(decoding: outcome.output, as: UTF8.self)
    }
}
