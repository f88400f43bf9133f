// SPDX-License-Identifier: Apache-2.0

import Libvirt
import System
import SystemPackage

/// The cause of a failed connection to libvirt.
enum ConnectionProblem: Hashable {
    /// The daemon does not answer.
    case silent
    /// This user may not use the daemon.
    case denied
    /// No daemon listens at the local socket.
    case noDaemon
    /// ssh does not reach the host, or starts no libvirt there.
    case ssh(host: String)
    /// The host of a TLS or TCP URI is out of reach.
    case network(host: String)
    /// The files of TLS are missing on this host.
    case certificates(host: String)
    /// libvirt has no driver or no transport of that name.
    case unknownURI
    /// The URI cannot be parsed.
    case malformedURI
    /// Another cause, which libvirt's message names.
    case other

    /// Finds the cause of an error.
    ///
    /// - Parameter uri: The requested URI, or `nil` for libvirt's default.
    init(_ error: LibvirtError, uri: String?) {
        let uri = LibvirtURI(uri ?? LibvirtURI.system)
        switch error.code {
        case .operationTimeout: self = .silent
        case .authFailed, .authCancelled, .authUnavailable, .accessDenied, .operationDenied:
            self = .denied
        case _ where error.isOfURI || uri == nil: self = .malformedURI
        case .noConnect, .invalidArgument, .unsupported: self = .unknownURI
        case .systemError:
            self = uri.map { Self(error.systemError, $0) } ?? .malformedURI
        case .internalError where uri?.hasKnownPath == false: self = .unknownURI
        default: self = .other
        }
    }

    /// Finds the cause of a failed system call. libvirt tries a socket before it knows the driver.
    private init(_ error: Errno?, _ uri: LibvirtURI) {
        switch (error, uri.transport) {
        case (_, _) where !uri.hasKnownDriver: self = .unknownURI
        case (_, .ssh): self = .ssh(host: uri.host)
        case (.noSuchFileOrDirectory, .tls): self = .certificates(host: uri.host)
        case (_, .tls), (_, .tcp): self = .network(host: uri.host)
        case (.permissionDenied, .unix), (.notPermitted, .unix): self = .denied
        case (.noSuchFileOrDirectory, .unix), (.connectionRefused, .unix): self = .noDaemon
        default: self = .other
        }
    }

    /// The fix, as a clause.
    var remedy: String {
        switch self {
        case .silent:
            "look at its process with ps -o pid,stat,args -C libvirtd,virtqemud: T needs kill -CONT"
        case .denied: "run it with sudo, or as a user in the group libvirt"
        case .noDaemon:
            "start libvirtd or virtqemud (systemctl start libvirtd.socket or virtqemud.socket), or"
                + " name another URI with --connect"
        case .ssh(let host): "check that this works: ssh \(host.shellWord) virsh version"
        case .network(let host):
            "check the host's name and that its libvirt listens, or use ssh: --connect"
                + " qemu+ssh://\(host)/system"
        case .certificates(let host):
            "install TLS certificates, or use ssh: --connect qemu+ssh://\(host)/system"
        case .unknownURI, .malformedURI:
            "the usual URIs are qemu:///system, qemu:///session and qemu+ssh://HOST/system"
        case .other: "name another URI with --connect, or run virt-watchdog doctor"
        }
    }
}
