internal import CLibvirt
internal import Glibc

extension Connection {
    /// Starts a guest that is gone once it is shut off, or once this connection is closed.
    ///
    /// The C function is `virDomainCreateXML` with `VIR_DOMAIN_START_AUTODESTROY`.
    package func startTransientGuest(_ definition: String) throws(LibvirtError) -> Guest {
        let flags = VIR_DOMAIN_START_AUTODESTROY.rawValue
        guard let pointer = virDomainCreateXML(pointer, definition, flags) else { throw .last() }
        return Guest(pointer, on: self)
    }

    /// The architecture of the daemon's host, such as `x86_64`; the C function is `virNodeGetInfo`.
    package func architecture() throws(LibvirtError) -> String {
        var information = virNodeInfo()
        if virNodeGetInfo(pointer, &information) < 0 { throw .last() }
        return withUnsafeBytes(of: information.model) { model in
            String(decoding: model.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Whether the host has guests of a type, such as `kvm`, with a machine of x86; the C function is
    /// `virConnectGetDomainCapabilities`.
    package func supports(type: String, machine: String) -> Bool {
        let text = virConnectGetDomainCapabilities(pointer, nil, "x86_64", machine, type, 0)
        free(text)
        return text != nil
    }
}

extension Connection {
    /// Whether the daemon is still there; the C function is `virConnectIsAlive`.
    package var isAlive: Bool { virConnectIsAlive(pointer) == 1 }
}

extension Guest {
    /// Ends the guest, over a new connection where the one that it was found by is lost; one that is
    /// gone already is as good.
    package func destroyIfPresent() throws(LibvirtError) {
        do throws(LibvirtError) {
            let guest = connection.isAlive ? self : try reconnected()
            try guest.destroy()
        } catch {
            guard error.code == .noDomain || error.code == .operationInvalid else { throw error }
        }
    }

    /// Connects to the same daemon anew and looks the guest up there.
    private func reconnected() throws(LibvirtError) -> Guest {
        try connection.reopened().guest(uuid: uuid)
    }

    /// Ends the guest at once, as pulling its plug would; the C function is `virDomainDestroy`.
    package func destroy() throws(LibvirtError) {
        try check(virDomainDestroy(pointer))
    }
}
