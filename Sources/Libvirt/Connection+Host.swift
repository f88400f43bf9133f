internal import CLibvirt
internal import Glibc

extension Connection {
    /// The URI that libvirt chose or was given; the C function is `virConnectGetURI`.
    package var uri: String? {
        guard let text = virConnectGetURI(pointer) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    /// Whether the URI names a host, as `qemu+ssh://HOST/system` does: most likely another one.
    package var isRemote: Bool {
        guard let uri, let start = uri.firstRange(of: "://")?.upperBound else { return false }
        let authority = uri[start...].prefix { $0 != "/" && $0 != "?" }
        return !authority.isEmpty && authority != "localhost"
    }

    /// Whether the guests are QEMU's; the C function is `virConnectGetType`.
    package var isQEMU: Bool {
        virConnectGetType(pointer).map { String(cString: $0) } == "QEMU"
    }

    /// The version of the daemon; the C function is `virConnectGetLibVersion`.
    package func libvirtVersion() throws(LibvirtError) -> Version {
        var number: UInt = 0
        if virConnectGetLibVersion(pointer, &number) < 0 { throw .last() }
        return Version(number: number)
    }

    /// The version of QEMU, or nothing where the daemon finds none; the C function is
    /// `virConnectGetVersion`.
    package func emulatorVersion() throws(LibvirtError) -> Version? {
        var number: UInt = 0
        if virConnectGetVersion(pointer, &number) < 0 { throw .last() }
        return number == 0 ? nil : Version(number: number)
    }

    /// The version of the library that this program has loaded; the C function is `virGetVersion`.
    package static var libraryVersion: Version {
        var number: UInt = 0
        virGetVersion(&number, nil, nil)
        return Version(number: number)
    }

    /// The XML of the host's capabilities; the C function is `virConnectGetCapabilities`.
    package func capabilities() throws(LibvirtError) -> String {
        guard let text = virConnectGetCapabilities(pointer) else { throw .last() }
        defer { free(text) }
        return String(cString: text)
    }
}
