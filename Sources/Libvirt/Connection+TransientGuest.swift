// SPDX-License-Identifier: Apache-2.0

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

    /// Whether the connection is open. The C function is `virConnectIsAlive`.
    package var isAlive: Bool { virConnectIsAlive(pointer) == 1 }
}
