// SPDX-License-Identifier: Apache-2.0

internal import System

/// The version of a hook and how it is linked, as `virt-watchdog-hook --version` prints it.
package struct LinkageReport: Sendable, Hashable {
    /// The hook's version.
    package var version: String
    /// The paths of the libraries that the hook has loaded; `nil` for a static hook.
    package var libraries: [String]?

    /// The report of this process.
    package static var own: LinkageReport {
        LinkageReport(version: Paths.version, libraries: CurrentProcess.libraries)
    }

    private init(version: String, libraries: [String]?) {
        self.version = version
        self.libraries = libraries
    }

    /// The first line up to the version.
    private static let head = "virt-watchdog-hook "
    /// The second line of a static and of a dynamic hook.
    private static let (isStatic, isDynamic) = ("linkage: static", "linkage: dynamic")
    /// The start of each line behind these.
    private static let library = "library: "

    /// Reads the output of a hook; returns `nil` if a hook would not print it.
    package init?(parsing text: String) {
        let lines = text.split(separator: "\n")
        guard lines.count > 1, lines[0].hasPrefix(Self.head) else { return nil }
        version = String(lines[0].dropFirst(Self.head.count))
        switch String(lines[1]) {
        case Self.isStatic: libraries = nil
        case Self.isDynamic:
            libraries = lines.dropFirst(2).filter { $0.hasPrefix(Self.library) }
                .map { String($0.dropFirst(Self.library.count)) }
        default: return nil
        }
    }

    /// The report as lines.
    package var text: String {
        let lines =
            [Self.head + version, libraries == nil ? Self.isStatic : Self.isDynamic]
            + (libraries ?? []).map { Self.library + $0 }
        return lines.map { $0 + "\n" }.joined()
    }
}
