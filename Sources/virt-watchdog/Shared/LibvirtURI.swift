// SPDX-License-Identifier: Apache-2.0

/// The parts of a libvirt URI, `driver[+transport]://[user@][host][:port]/path`.
struct LibvirtURI: Hashable {
    /// The way to the daemon.
    enum Transport: Hashable {
        case unix, ssh, tls, tcp
        /// A way that libvirt may not know.
        case other
    }

    /// The URI of the system's QEMU.
    static let system = "qemu:///system"

    /// libvirt's drivers for guests. `test` is its test driver.
    private static let drivers: Set = [
        "bhyve", "ch", "esx", "gsx", "hyperv", "lxc", "openvz", "parallels", "qemu", "test",
        "vbox", "vmwarefusion", "vmwareplayer", "vmwarews", "vpx", "vz", "xen",
    ]

    var driver: String
    var transport: Transport
    /// The host with the user, as ssh takes it. It is empty for this host.
    var host: String
    private var path: String

    /// Splits a URI. Returns `nil` without a scheme.
    init?(_ uri: String) {
        guard let colon = uri.firstIndex(of: ":") else { return nil }
        let scheme = uri[..<colon].split(separator: "+", omittingEmptySubsequences: false)
        guard let driver = scheme.first, !driver.isEmpty else { return nil }
        self.driver = String(driver)
        let rest = uri[uri.index(after: colon)...]
        let authority =
            rest.hasPrefix("//") ? rest.dropFirst(2).prefix { $0 != "/" && $0 != "?" } : ""
        host = String(Self.withoutPort(authority))
        let local = rest.hasPrefix("//") ? rest.dropFirst(2 + authority.count) : rest
        path = String(local.prefix { $0 != "?" })
        transport =
            switch scheme.count > 1 ? scheme[1] : "" {
            case "": host.isEmpty ? .unix : .tls
            case "unix": .unix
            case "ssh", "libssh", "libssh2": .ssh
            case "tls": .tls
            case "tcp": .tcp
            default: .other
            }
    }

    /// Whether libvirt has this driver in any build.
    var hasKnownDriver: Bool { Self.drivers.contains(driver) }

    /// Whether libvirt's QEMU driver may have this path. Other drivers have paths of their own.
    var hasKnownPath: Bool {
        driver != "qemu" || ["/system", "/session", "/embed"].contains(path)
    }

    private static func withoutPort(_ authority: Substring) -> Substring {
        guard let colon = authority.lastIndex(of: ":") else { return authority }
        let port = authority[authority.index(after: colon)...]
        return port.allSatisfy { "0"..."9" ~= $0 } ? authority[..<colon] : authority
    }
}
