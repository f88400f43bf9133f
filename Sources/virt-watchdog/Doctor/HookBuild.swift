import Host
import System
import SystemPackage

/// The check `hook-build`: the hook and the tool that runs are of one installation.
enum HookBuild {
    /// Compares one of our hooks, and the tool, with what was installed.
    static func finding(_ hook: HookFile, on host: LocalHost) -> Finding {
        guard let tool = host.tool, let manifest = Manifest(besideTool: tool) else {
            let place = host.tool.map { " at \(Manifest.path(besideTool: $0).shellWord)" } ?? ""
            return .warn(
                .hookBuild,
                "it cannot be told whether hook and tool are of one build: there is no list of what"
                    + " was installed\(place)",
                remedy: "\(LocalHost.installAgain), and run the tool that it installs")
        }
        let hooks = manifest.files.filter { $0.path.hasPrefix(Paths.hooks + "/") }
        let tools = manifest.files.filter { tool.hasSuffix($0.path) }
        guard
            let wantedHook = hooks.first(where: { $0.path == hook.nominalPath }) ?? hooks.first,
            let wantedTool = tools.first
        else {
            return .warn(
                .hookBuild,
                "\(Manifest.path(besideTool: tool).shellWord) names no hook or no tool",
                remedy: LocalHost.installAgain)
        }
        for (path, wanted) in [(hook.path, wantedHook), (tool, wantedTool)] {
            let bytes: [UInt8]?
            do throws(Errno) {
                bytes = try File.readRegular(path, limit: HookFile.Maker.maximumLength)
            } catch {
                return .warn(
                    .hookBuild, "\(path.shellWord) cannot be read: \(error)",
                    remedy: LocalHost.readAsRoot)
            }
            if bytes.map({ Checksum($0).description }) != wanted.checksum {
                return .fail(
                    .hookBuild,
                    "\(path.shellWord) is not what install.sh put there, so that hook and tool may"
                        + " not be of one build",
                    remedy: LocalHost.installAgain)
            }
        }
        return .ok(.hookBuild, "hook and tool are of one build (\(Paths.version))")
    }
}
