internal import System
internal import SystemPackage
internal import WatchdogPolicy

/// A place on the way to a file at which others than those who may can change what the file holds.
package struct UntrustedPath: Error, Sendable, Hashable {
    /// The file, one of its folders, or a symbolic link.
    package var place: String
    /// How they can change it, as a clause with the place for its subject.
    package var way: String
    /// Whether the place is the file itself.
    package var isFile: Bool
    /// What to do about it, as a command where one can do it.
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
            remedy = "mend the rights of '/', which in a user namespace nobody can"
        } else if place.unicodeScalars.contains(where: \.isDisruptive) {
            // What is printed would be another word.
            remedy = "mend its rights, so that only root can change it"
        } else {
            remedy = command
        }
    }

    init(link: String, way: String) {
        place = link
        isFile = false
        self.way = way
        remedy = "put a file there instead, or let only root write to its folder"
    }
}
