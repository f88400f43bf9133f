import Host
import System
import SystemPackage

/// What install.sh says that it put where: `file CHECKSUM-LENGTH PATH` lines, besides others.
struct Manifest {
    /// The checksums of the files, by their paths on the host that they are for.
    private(set) var files: [(path: String, checksum: String)] = []

    /// Reads the list that stands beside a tool; nothing where there is none.
    init?(besideTool tool: String) {
        guard let bytes = try? File.readRegular(Self.path(besideTool: tool), limit: 1 << 20) else {
            return nil
        }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 2)
            if words.count == 3, words[0] == "file" {
                files.append((String(words[2]), String(words[1])))
            }
        }
    }

    /// Where the list of the installation of a tool in `PREFIX/bin` is.
    static func path(besideTool tool: String) -> String {
        FilePath(tool).removingLastComponent().removingLastComponent()
            .appending("share/virt-watchdog/installed").string
    }
}
