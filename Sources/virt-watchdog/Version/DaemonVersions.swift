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

    /// The time limit for all answers, in seconds.
    private static let timeout = 10

    /// Asks a daemon.
    ///
    /// - Parameter uri: The daemon's URI, or `nil` for libvirt's default.
    init(at uri: String?) {
        do throws(LibvirtError) {
            self = try Connection.answer(within: Self.timeout) { () throws(LibvirtError) in
                Self(of: try Connection(to: uri, readOnly: true))
            }
        } catch {
            self.uri = uri
            problem = "cannot connect: \(error)"
        }
    }

    private init(of connection: Connection) {
        uri = connection.uri
        libvirt = (try? connection.libvirtVersion())?.description
        emulator = connection.isQEMU ? (try? connection.emulatorVersion())?.description : nil
    }

    init(
        uri: String? = nil, libvirt: String? = nil, emulator: String? = nil, problem: String? = nil
    ) {
        (self.uri, self.libvirt, self.emulator, self.problem) = (uri, libvirt, emulator, problem)
    }
}
