// SPDX-License-Identifier: Apache-2.0

import Glibc
import System
import SystemPackage

/// A watch for signs of a starting guest.
///
/// It watches the service's file, which a hook opens, and libvirt's directory of QEMU pid files.
final class HostWatch {
    private static let guests = "/run/libvirt/qemu"

    private let watch: DirectoryWatch
    private let service: String
    private var serviceWatch: Int32?
    private var guestsWatch: Int32?

    /// Starts the watch.
    ///
    /// - Parameter service: The path of the service's file.
    init(service: String) throws(Errno) {
        watch = try DirectoryWatch()
        self.service = service
        watchAll()
    }

    /// A descriptor that becomes readable after a change.
    var descriptor: CInt { watch.descriptor }

    /// Reads the changes, and returns whether a guest may be starting.
    func read() -> Bool {
        var mayStart = false
        for event in watch.read() {
            let isGuest = event.watch == guestsWatch && event.name.hasSuffix(".pid")
            if event.isOverflow || event.watch == serviceWatch || isGuest { mayStart = true }
        }
        // libvirt may have created its directory.
        watchAll()
        return mayStart
    }

    private func watchAll() {
        serviceWatch = watch.add(service, UInt32(IN_OPEN))
        guestsWatch = watch.add(Self.guests, UInt32(IN_CREATE | IN_MOVED_TO))
        _ = watch.add(
            FilePath(Self.guests).removingLastComponent().string, UInt32(IN_CREATE))
    }
}
