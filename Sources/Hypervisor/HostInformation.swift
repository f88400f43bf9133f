internal import CLibvirt
package import DomainXML
internal import Glibc

extension Connection {
    /// The URI that libvirt chose or was given; the C function is `virConnectGetURI`.
    package var uri: String? {
        guard let text = virConnectGetURI(pointer) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    /// Whether the URI names a host, as `qemu+ssh://HOST/system` does: most likely another one.
    package var isElsewhere: Bool {
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

    /// What libvirt says of its host; the C function is `virConnectGetCapabilities`.
    package func capabilities() throws(LibvirtError) -> HostCapabilities {
        guard let text = virConnectGetCapabilities(pointer) else { throw .last() }
        defer { free(text) }
        do throws(DocumentError) {
            return try HostCapabilities(parsing: String(cString: text))
        } catch {
            throw LibvirtError(
                code: .xmlError, message: "the capabilities of the host cannot be read: \(error)")
        }
    }
}

/// A version as libvirt counts: a million for each major, a thousand for each minor release.
package struct Version: Sendable, Hashable {
    /// libvirt's number.
    package var number: UInt

    /// Wraps libvirt's number.
    package init(number: UInt) {
        self.number = number
    }

    /// Composes a version.
    package init(_ major: UInt, _ minor: UInt, _ release: UInt = 0) {
        number = major * 1_000_000 + minor * 1000 + release
    }
}

extension Version: Comparable {
    /// Whether the left one is older.
    package static func < (left: Version, right: Version) -> Bool { left.number < right.number }
}

extension Version: CustomStringConvertible {
    /// The version with dots.
    package var description: String {
        "\(number / 1_000_000).\(number / 1000 % 1000).\(number % 1000)"
    }
}
