/// The file in which libvirt notes the process ID of a guest's QEMU.
package enum QEMUProcessFile {
    /// Returns the path of the file, or nothing where the URI does not tell it.
    ///
    /// - Parameters:
    ///   - uri: The URI of the daemon on this host.
    ///   - runtimeDirectory: The user's `XDG_RUNTIME_DIR`. Without it, libvirt chooses a place of its
    ///     own.
    package static func path(
        ofGuest name: String, uri: String, runtimeDirectory: String?
    ) -> String? {
        // The system's daemon by its own socket, as ``Daemon/uri`` names it.
        let isOwnSocket = ["libvirt-sock", "virtqemud-sock"].contains {
            uri == "qemu+unix:///system?socket=/run/libvirt/\($0)"
        }
        if isOwnSocket || uri.hasSuffix("/system") { return "/run/libvirt/qemu/\(name).pid" }
        guard uri.hasSuffix("/session"), let runtimeDirectory else { return nil }
        return "\(runtimeDirectory)/libvirt/qemu/run/\(name).pid"
    }
}
