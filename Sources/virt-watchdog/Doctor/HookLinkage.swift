import Host
import System

/// The check `hook-static`: the hook needs no libraries, which an upgrade may remove.
enum HookLinkage {
    /// Checks one of our hooks.
    static func finding(_ hook: HookFile, on host: LocalHost) -> Finding {
        let path = hook.path.shellWord
        let file: ELFFile
        do {
            let limit = HookFile.Maker.maximumLength
            file = try ELFFile(readRegularFile(hook.path, limit: limit) ?? [])
        } catch let error as Errno {
            return .warn(
                .hookStatic, "cannot read \(path): \(error)", remedy: LocalHost.readAsRoot)
        } catch {
            return .fail(
                .hookStatic,
                "\(path) is damaged: every guest's start fails",
                remedy: LocalHost.installAgain)
        }
        guard let interpreter = file.interpreter else {
            return .ok(.hookStatic, "the hook is static: it needs no library")
        }
        guard host.has(interpreter) else {
            return .fail(
                .hookStatic,
                "the hook's loader \(interpreter.shellWord) is missing: every guest's start fails",
                remedy: LocalHost.installAgain)
        }
        return .warn(
            .hookStatic,
            "the hook is linked dynamically: if an upgrade removes a library, every guest's start"
                + " fails",
            remedy: "run \(LocalHost.installAgain), install the archives that it names, and run it"
                + " again")
    }
}
