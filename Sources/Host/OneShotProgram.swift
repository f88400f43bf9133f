// SPDX-License-Identifier: Apache-2.0

package import System

/// The one-shot, which is ``Paths/service`` for a single guest.
package struct OneShotProgram: Sendable {
    package let program: Program

    /// Describes the one-shot for a guest.
    ///
    /// - Parameters:
    ///   - uuid: The guest's UUID.
    ///   - daemon: The process ID of the daemon that called the hook.
    package init(uuid: String, daemon: Int32) {
        program = Self.program(["--guest", uuid, "--daemon", "\(daemon)"])
    }

    private static func program(_ arguments: [String]) -> Program {
        var program = Program(Paths.service, arguments)
        for name in ["HOME", "USER", "LOGNAME", Paths.propertiesVariable] {
            if let value = Environment[name] { program.environment.append("\(name)=\(value)") }
        }
        return program
    }

    /// Runs the program's own check, for one second at most.
    ///
    /// - Returns: The reason why no one-shot can run, with a fix, or `nil` if one can.
    package static func check() -> String? {
        let ending = Result { () throws(ProgramError) in
            try program(["--check"]).run(within: .seconds(1))
        }
        if case .success(let outcome) = ending, outcome.status == 0 { return nil }
        return failure(of: ending) ?? "\(Paths.service) --check failed; run it to see why"
    }

    /// Returns why a one-shot failed, with a fix.
    ///
    /// - Returns: `nil` for exit status 0, and for 1, which the one-shot explains in the log
    ///   itself.
    package static func failure(of ending: Result<Program.Outcome, ProgramError>) -> String? {
        switch ending {
        case .failure(.cannotStart(let error)):
            let fix =
                error.isOfLimit
                ? "raise the limit of processes and open files" : "run install.sh again"
            return "cannot start \(Paths.service): \(error); \(fix)"
        case .failure(.outOfTime(let limit)):
            return "\(Paths.service) does not answer within \(limit.components.seconds) s; run"
                + " \(Paths.service) --check"
        case .success(let outcome) where outcome.status < 0:
            return "signal \(-outcome.status) ended \(Paths.service); see the kernel's log"
        case .success(let outcome) where outcome.status > 1:
            let lines = String(decoding: outcome.error.prefix(1024), as: UTF8.self)
                .split(separator: "\n")
            // The loader names a missing library.
            let message = lines.first.map { ": \($0)" } ?? ""
            return "\(Paths.service) failed with exit status \(outcome.status)\(message); run"
                + " \(Paths.service) --check"
        case .success: return nil
        }
    }
}
