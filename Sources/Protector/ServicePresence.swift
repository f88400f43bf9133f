// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Host
internal import System
internal import SystemPackage

/// The service's presence and state.
package enum ServicePresence: Sendable, Hashable {
    /// No service holds its lock.
    case absent
    /// The service runs.
    case present(ServiceState)
    /// The service holds its lock, but its state is unusable for this reason.
    case unreadable(String)

    /// Checks the service's lock, and reads its state.
    ///
    /// - Parameter directory: The directory of the lock.
    package init(in directory: String = ServiceFile.directory) {
        let lock = "\(directory)/\(ServiceFile.name)"
        guard ServiceFile.holder(at: lock) else {
            self = .absent
            return
        }
        let path = "\(directory)/\(ServiceState.name)"
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try File.read(path, limit: ServiceState.maximumLength)
        } catch {
            self = .unreadable("cannot read \(path): \(error)")
            return
        }
        guard let state = try? JSONDecoder().decode(ServiceState.self, from: Data(bytes)) else {
            self = .unreadable("cannot read \(path): it is not a state of this version")
            return
        }
        let holder = ServiceFile.contents(at: lock)?.split(separator: "\n")
            .first { $0.hasPrefix("pid=") }.flatMap { Int32($0.dropFirst("pid=".count)) }
        if let holder, holder != state.process {
            self = .unreadable(
                "\(path) is stale: process \(state.process) wrote it, and process \(holder) is the"
                    + " service")
            return
        }
        if ProcessStatus(of: state.process)?.state == "T" {
            self = .unreadable(
                "a signal has stopped its process; run kill -CONT \(state.process)")
            return
        }
        self = .present(state)
    }

    /// The service's state, or `nil` if it is absent or unreadable.
    package var state: ServiceState? {
        if case .present(let state) = self { state } else { nil }
    }
}
