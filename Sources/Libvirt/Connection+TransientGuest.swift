internal import CLibvirt
internal import Glibc

extension Connection {
    /// Starts a guest that libvirt removes at its shutdown, or when this connection closes.
    ///
    /// The C function is `virDomainCreateXML` with `VIR_DOMAIN_START_AUTODESTROY`.
    package func startTransientGuest(_ definition: String) throws(LibvirtError) -> Guest {
        let flags = VIR_DOMAIN_START_AUTODESTROY.rawValue
        guard let pointer = virDomainCreateXML(pointer, definition, flags) else { throw .last() }
        return Guest(pointer, on: self)
    }

    /// Returns the architecture of the daemon's host, such as `x86_64`. The C function is
    /// `virNodeGetInfo`.
    package func architecture() throws(LibvirtError) -> String {
        var information = virNodeInfo()
        if virNodeGetInfo(pointer, &information) < 0 { throw .last() }
        return withUnsafeBytes(of: information.model) { model in
            String(decoding: model.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Returns whether the host runs x86 guests of a domain type, such as `kvm`, and machine.
    ///
    /// The C function is `virConnectGetDomainCapabilities`.
    package func supports(type: String, machine: String) -> Bool {
        let text = virConnectGetDomainCapabilities(pointer, nil, "x86_64", machine, type, 0)
        free(text)
        return text != nil
    }
}

extension Connection {
    /// Whether the connection is open. The C function is `virConnectIsAlive`.
    package var isAlive: Bool { virConnectIsAlive(pointer) == 1 }
}

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
