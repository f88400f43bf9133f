import Host
import System
import SystemPackage

/// The check `hook-static`: the hook needs no libraries, which somebody may take away.
enum HookLinkage {
    /// Checks one of our hooks.
    static func finding(_ hook: HookFile, on host: LocalHost) -> Finding {
        let path = hook.path.shellWord
        let file: ELFFile
        do {
            let limit = HookFile.Maker.maximumLength
            file = try ELFFile(File.readRegular(hook.path, limit: limit) ?? [])
        } catch let error as Errno {
            return .warn(
                .hookStatic, "\(path) cannot be read: \(error)", remedy: LocalHost.readAsRoot)
        } catch {
            return .fail(
                .hookStatic,
                "\(path) is damaged, so that it cannot be executed: every guest's start fails",
                remedy: LocalHost.installAgain)
        }
        guard let interpreter = file.interpreter else {
            return .ok(.hookStatic, "the hook is static: it needs no library")
        }
        guard host.has(interpreter) else {
            return .fail(
                .hookStatic,
                "the hook needs the loader \(interpreter.shellWord), which is not there:"
                    + " every guest's start fails",
                remedy: LocalHost.installAgain)
        }
        return .warn(
            .hookStatic,
            "the hook is linked dynamically: a library that an upgrade takes away stops every"
                + " guest's start",
            remedy: "install the archives that install.sh then names, and run it again:"
                + " \(LocalHost.installAgain)")
    }
}
