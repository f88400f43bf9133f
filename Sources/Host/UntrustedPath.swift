// SPDX-License-Identifier: Apache-2.0

internal import System
internal import SystemPackage
internal import WatchdogPolicy

/// A part of a path that users outside the trusted set can change.
package struct UntrustedPath: Error, Sendable, Hashable {
    /// The file, one of its parent directories, or a symbolic link.
    package var place: String
    /// The fault of the place, as a clause without its subject.
    package var way: String
    /// Whether the place is the file itself.
    package var isFile: Bool
    /// The fix, as a shell command if possible.
    package var remedy: String

    init(_ place: String, _ status: Stat, _ ways: [String], isFile: Bool) {
        self.place = place
        self.isFile = isFile
        way = ways.joined(separator: " and ")
        let owning = "sudo chown root \(place.shellWord)"
        let command =
            status.isWritableByOthers
            ? "\(owning) && sudo chmod go-w \(place.shellWord)" : owning
        if place == "/" {
            remedy = "fix the permissions of '/' outside of this user namespace"
        } else if place.unicodeScalars.contains(where: \.isDisruptive) {
            // A terminal would not show the real path in a command.
            remedy = "fix its owner and permissions: only root may change it"
        } else {
            remedy = command
        }
    }

    init(link: String, way: String) {
        place = link
        isFile = false
        self.way = way
        remedy = "replace the link by a file, or let only root write to its directory"
    }
}
