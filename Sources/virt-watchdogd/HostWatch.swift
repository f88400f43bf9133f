import Glibc
import HostSystem

/// Watches the policy's file, the hook's question, and the directory where libvirt notes its guests.
final class HostWatch {
    /// The kinds of changes since the last read.
    struct Changes {
        var policyMayHaveChanged = false
        var guestMayStart = false
    }

    /// Where libvirt notes the process of each guest's QEMU.
    private static let guests = "/run/libvirt/qemu"

    private let watch: DirectoryWatch
    private let service: String
    /// The files of the policy, and what they lead to.
    private var policyNames: [Int32: Set<String>] = [:]
    private var serviceWatch: Int32?
    private var guestsWatch: Int32?
    private var parentWatch: Int32?

    /// Starts to watch.
    ///
    /// - Parameter service: The file that the hook opens.
    init(service: String) throws(Errno) {
        watch = try DirectoryWatch()
        self.service = service
        watchAll()
    }

    /// The descriptor that is readable when something has changed.
    var descriptor: CInt { watch.descriptor }

    /// Takes the changes since the last read.
    func read() -> Changes {
        var changes = Changes()
        for event in watch.read() {
            if event.isOverflow {
                changes = Changes(policyMayHaveChanged: true, guestMayStart: true)
            } else if event.watch == serviceWatch {
                changes.guestMayStart = true
            } else if event.watch == guestsWatch, event.name.hasSuffix(".pid") {
                changes.guestMayStart = true
            } else if policyNames[event.watch]?.contains(event.name) == true {
                changes.policyMayHaveChanged = true
            }
        }
        // A directory may have come, and a link may lead elsewhere.
        watchAll()
        return changes
    }

    private func watchAll() {
        serviceWatch = watch.add(service, UInt32(IN_OPEN))
        guestsWatch = watch.add(Self.guests, UInt32(IN_CREATE | IN_MOVED_TO))
        parentWatch = watch.add(folder(of: Self.guests), UInt32(IN_CREATE))
        let events = UInt32(
            IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB)
        var names: [Int32: Set<String>] = [:]
        let layout = Layout.ofEnvironment()
        for file in layout.chosenProperties.map({ [$0] }) ?? layout.properties {
            var places = [file]
            if let real = try? realPath(of: file), real != file { places.append(real) }
            for place in places {
                // Each part of the way may appear, vanish or be replaced.
                var parts = place.split(separator: "/")
                while let name = parts.popLast() {
                    let parent = "/" + parts.joined(separator: "/")
                    if let number = watch.add(parent, events) {
                        names[number, default: []].insert(String(name))
                    }
                }
            }
        }
        for number in policyNames.keys where names[number] == nil { watch.remove(number) }
        policyNames = names
    }
}
