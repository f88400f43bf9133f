// SPDX-License-Identifier: Apache-2.0

import Host
import System
import SystemPackage

/// The check `hook-build`: the hook and this tool belong to one installation.
enum HookBuild {
    /// Compares one of our hooks and this tool with the manifest.
    static func finding(_ hook: HookFile, on host: LocalHost) -> Finding {
        guard let tool = host.tool, let manifest = Manifest(besideTool: tool) else {
            let place = host.tool.map { " at \(Manifest.path(besideTool: $0).shellWord)" } ?? ""
            return .warn(
                .hookBuild,
                "cannot check that hook and tool match: manifest missing\(place)",
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
                    .hookBuild, "cannot read \(path.shellWord): \(error)",
                    remedy: LocalHost.readAsRoot)
            }
            if bytes.map({ Checksum($0).description }) != wanted.checksum {
                return .fail(
                    .hookBuild,
                    "\(path.shellWord) differs from the manifest: hook and tool may not match",
                    remedy: LocalHost.installAgain)
            }
        }
        return .ok(.hookBuild, "hook and tool match (\(Paths.version))")
    }
}
