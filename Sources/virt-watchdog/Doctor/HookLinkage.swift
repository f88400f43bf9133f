// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage

/// The check `hook-static`: the hook needs no libraries, which an upgrade may remove.
enum HookLinkage {
    /// The time that the hook has to report its version.
    private static let timeout = Duration.seconds(5)
    /// The exit status of a program whose dynamic loader does not find a library.
    private static let loaderFailure: Int32 = 127

    /// Checks one of our hooks: runs it with `--version`.
    ///
    /// It runs only a file that none but the administrator can change or replace.
    ///
    /// - Parameter run: Runs the hook.
    static func finding(
        _ hook: HookFile, on host: LocalHost,
        run: (Program) throws(ProgramError) -> Program.Outcome = {
            (program) throws(ProgramError) in try program.run(within: timeout)
        }
    ) -> Finding {
        let path = hook.path.shellWord
        let real: String
        do throws(PathError) {
            real = try TrustedPath.resolve(hook.path, trusting: [0, host.administrator])
        } catch {
            return .warn(
                .hookStatic,
                "cannot check the linkage of \(path): doctor runs no file that users other than root"
                    + " can change",
                remedy: "fix the permissions that the check hook-file names")
        }
        let outcome: Program.Outcome
        do throws(ProgramError) {
            outcome = try run(Program(real, ["--version"]))
        } catch .cannotStart(.permissionDenied) {
            return .warn(
                .hookStatic, "cannot run \(path): \(Errno.permissionDenied)",
                remedy: LocalHost.readAsRoot)
        } catch {
            return .fail(
                .hookStatic, "cannot run \(path): \(error). \(ExecutionFault.Reach.all.effect)",
                remedy: LocalHost.installAgain)
        }
        guard outcome.status == 0 else {
            let said = String(decoding: outcome.error, as: UTF8.self)
                .split(separator: "\n").last.map(String.init)
            let reason =
                outcome.status == loaderFailure ? said : nil
            return .fail(
                .hookStatic,
                "\(path) cannot start: \(reason ?? "exit status \(outcome.status)")."
                    + " \(ExecutionFault.Reach.all.effect)",
                remedy: LocalHost.installAgain)
        }
        guard let report = LinkageReport(parsing: String(decoding: outcome.output, as: UTF8.self))
        else {
            return .warn(
                .hookStatic,
                "cannot check the linkage of \(path): a hook of another version does not report it",
                remedy: LocalHost.installAgain)
        }
        guard let libraries = report.libraries else {
            return .ok(.hookStatic, "the hook is static: it needs no library")
        }
        return .warn(
            .hookStatic,
            "the hook is linked dynamically: no guest starts after an upgrade that removes one of"
                + " its libraries (\(libraries.joined(separator: ", ")))",
            remedy: "run \(LocalHost.installAgain), install the archives that it names, and run it"
                + " again")
    }
}
