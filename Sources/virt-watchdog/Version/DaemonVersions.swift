// SPDX-License-Identifier: Apache-2.0

import Libvirt

/// The versions that a libvirt daemon reports.
struct DaemonVersions: Hashable {
    /// The daemon's URI.
    var uri: String?
    var libvirt: String?
    var emulator: String?
    /// Why the daemon's versions are unknown.
    var problem: String?

    /// The time limit for each answer, in seconds. libvirt may have to look at all emulators.
    private static let timeout = 10

    /// Asks a daemon.
    ///
    /// - Parameter uri: The daemon's URI, or `nil` for libvirt's default.
    init(at uri: String?) {
        self.init(uri: uri)
        do throws(LibvirtError) {
            let connection = try Connection.open(to: uri, readOnly: true, timeout: Self.timeout)
            self = try Connection.answer(within: Self.timeout) { () throws(LibvirtError) in
                Self(uri: connection.uri, libvirt: try connection.libvirtVersion().description)
            }
            // A slow answer must not cost the others.
            let emulator = try? Connection.answer(within: Self.timeout) {
                () throws(LibvirtError) in
                connection.isQEMU ? try connection.emulatorVersion() : nil
            }
            self.emulator = emulator?.description
        } catch {
            problem = "cannot connect: \(error)"
        }
    }

    init(
        uri: String? = nil, libvirt: String? = nil, emulator: String? = nil, problem: String? = nil
    ) {
        (self.uri, self.libvirt, self.emulator, self.problem) = (uri, libvirt, emulator, problem)
    }
}
