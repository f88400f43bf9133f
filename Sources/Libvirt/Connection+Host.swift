// SPDX-License-Identifier: Apache-2.0

internal import CLibvirt
internal import Glibc

extension Connection {
    /// The effective URI. The C function is `virConnectGetURI`.
    package var uri: String? {
        guard let text = virConnectGetURI(pointer) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    /// Whether the URI names a host, as `qemu+ssh://HOST/system` does.
    package var isRemote: Bool {
        guard let uri, let start = uri.firstRange(of: "://")?.upperBound else { return false }
        let authority = uri[start...].prefix { $0 != "/" && $0 != "?" }
        return !authority.isEmpty && authority != "localhost"
    }

    /// Whether the daemon runs QEMU guests. The C function is `virConnectGetType`.
    package var isQEMU: Bool {
        virConnectGetType(pointer).map { String(cString: $0) } == "QEMU"
    }

    /// Returns the daemon's version. The C function is `virConnectGetLibVersion`.
    package func libvirtVersion() throws(LibvirtError) -> Version {
        var number: UInt = 0
        if virConnectGetLibVersion(pointer, &number) < 0 { throw .last() }
        return Version(number: number)
    }

    /// Returns QEMU's version, or `nil` if the daemon finds no QEMU. The C function is
    /// `virConnectGetVersion`.
    package func emulatorVersion() throws(LibvirtError) -> Version? {
        var number: UInt = 0
        if virConnectGetVersion(pointer, &number) < 0 { throw .last() }
        return number == 0 ? nil : Version(number: number)
    }

    /// The version of the loaded libvirt library. The C function is `virGetVersion`.
    package static var libraryVersion: Version {
        var number: UInt = 0
        virGetVersion(&number, nil, nil)
        return Version(number: number)
    }

    /// Returns the name of the daemon's host. The C function is `virConnectGetHostname`.
    package func hostName() throws(LibvirtError) -> String {
        guard let text = virConnectGetHostname(pointer) else { throw .last() }
        defer { free(text) }
        return String(cString: text)
    }

    /// Returns the host's capabilities as XML. The C function is `virConnectGetCapabilities`.
    package func capabilities() throws(LibvirtError) -> String {
        guard let text = virConnectGetCapabilities(pointer) else { throw .last() }
        defer { free(text) }
        return String(cString: text)
    }
}
