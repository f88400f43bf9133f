// SPDX-License-Identifier: Apache-2.0

internal import CLibvirt

extension Guest {
    /// Destroys the guest, over a new connection if its own is lost.
    ///
    /// Succeeds if the guest no longer exists.
    package func destroyIfPresent() throws(LibvirtError) {
        do throws(LibvirtError) {
            let guest = connection.isAlive ? self : try reconnected()
            try guest.destroy()
        } catch {
            guard error.code == .noDomain || error.code == .operationInvalid else { throw error }
        }
    }

    /// Looks the guest up over a new connection to the same daemon.
    private func reconnected() throws(LibvirtError) -> Guest {
        try connection.reopened().guest(uuid: uuid)
    }

    /// Destroys the guest without a shutdown. The C function is `virDomainDestroy`.
    package func destroy() throws(LibvirtError) {
        try check(virDomainDestroy(pointer))
    }
}
