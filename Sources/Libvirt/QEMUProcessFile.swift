// SPDX-License-Identifier: Apache-2.0

/// The pid file that libvirt writes for a guest's QEMU.
package enum QEMUProcessFile {
    /// Returns the path of the file, or `nil` if the URI does not reveal it.
    ///
    /// - Parameters:
    ///   - uri: The URI of the daemon on this host.
    ///   - runtimeDirectory: The user's `XDG_RUNTIME_DIR`. Without it, libvirt chooses another
    ///     directory.
    package static func path(
        ofGuest name: String, uri: String, runtimeDirectory: String?
    ) -> String? {
        // ``Daemon/uri`` names the system's daemon by its socket.
        let isOwnSocket = ["libvirt-sock", "virtqemud-sock"].contains {
            uri == "qemu+unix:///system?socket=/run/libvirt/\($0)"
        }
        if isOwnSocket || uri.hasSuffix("/system") { return "/run/libvirt/qemu/\(name).pid" }
        guard uri.hasSuffix("/session"), let runtimeDirectory else { return nil }
        return "\(runtimeDirectory)/libvirt/qemu/run/\(name).pid"
    }
}
