// SPDX-License-Identifier: Apache-2.0

import Libvirt
import SystemPackage
import Testing

@testable import virt_watchdog

/// The causes of failed connections. The codes are those that libvirt 9.0 gives.
struct ConnectionProblemTests {
    private static func failure(
        _ code: LibvirtError.Code, _ error: Errno? = nil
    ) -> LibvirtError {
        LibvirtError(code: code, systemError: error, message: "text")
    }

    @Test(
        arguments: [
            (nil, .noSuchFileOrDirectory, .noDaemon),
            ("qemu:///system", .connectionRefused, .noDaemon),
            ("qemu+unix:///system?socket=/x", .noSuchFileOrDirectory, .noDaemon),
            ("qemu:///system", .permissionDenied, .denied),
            ("qemu+ssh://root@host/system", .connectionReset, .ssh(host: "root@host")),
            ("qemu+libssh2://host:22/system", .connectionRefused, .ssh(host: "host")),
            ("qemu://host/system", .noSuchFileOrDirectory, .certificates(host: "host")),
            ("qemu+tls://host/system", .connectionRefused, .network(host: "host")),
            ("qemu+tcp://host/system", .connectionRefused, .network(host: "host")),
            ("foo:///system", .noSuchFileOrDirectory, .unknownURI),
            ("qemu:///system", .ioError, .other),
        ] as [(String?, Errno, ConnectionProblem)])
    func `A failed system call has a cause`(
        _ uri: String?, _ error: Errno, _ cause: ConnectionProblem
    ) {
        #expect(ConnectionProblem(Self.failure(.systemError, error), uri: uri) == cause)
    }

    @Test(
        arguments: [
            (.operationTimeout, "qemu:///system", .silent),
            (.authFailed, "qemu:///system", .denied),
            (.authUnavailable, "qemu:///system", .denied), (.accessDenied, nil, .denied),
            (.operationDenied, nil, .denied), (.noConnect, "qemu", .malformedURI),
            (.noConnect, "foo:///system", .unknownURI),
            (.invalidArgument, "qemu+foo:///system", .unknownURI),
            (.internalError, "qemu:///system", .other),
            (.internalError, "qemu:///systm", .unknownURI), (.internalError, "a b", .malformedURI),
        ] as [(LibvirtError.Code, String?, ConnectionProblem)])
    func `Another error has a cause`(
        _ code: LibvirtError.Code, _ uri: String?, _ cause: ConnectionProblem
    ) {
        #expect(ConnectionProblem(Self.failure(code), uri: uri) == cause)
    }

    @Test(arguments: [
        "qemu+unix:///system?socket=/nonexistent/x", "qemu+foo:///system", "://", "a b", "qemu",
        "qemu+tcp://127.0.0.1:1/system",
    ])
    func `libvirt's own errors have a cause`(_ uri: String) {
        do throws(LibvirtError) {
            _ = try Connection(to: uri, readOnly: true)
            Issue.record("\(uri) connects")
        } catch {
            #expect(ConnectionProblem(error, uri: uri) != .other, "\(error)")
        }
    }

    @Test(
        arguments: [
            (.ssh(host: "h;x"), "ssh 'h;x' virsh version"), (.denied, "sudo"),
            (.noDaemon, "systemctl start libvirtd.socket"), (.unknownURI, "qemu:///system"),
            (.network(host: "h"), "qemu+ssh://h/system"),
        ] as [(ConnectionProblem, String)])
    func `Each cause has its remedy, on one line`(_ problem: ConnectionProblem, _ text: String) {
        #expect(problem.remedy.contains(text))
        #expect(!problem.remedy.contains("\n"))
    }

    @Test(
        arguments: [
            ("qemu:///system", "qemu", .unix, ""),
            ("qemu+ssh://u@h:22/system", "qemu", .ssh, "u@h"),
            ("qemu://[::1]:5/system", "qemu", .tls, "[::1]"),
            ("test:///default", "test", .unix, ""),
            ("qemu+x://h/", "qemu", .other, "h"), ("qemu:/system", "qemu", .unix, ""),
            ("qemu+tcp://h?x=/", "qemu", .tcp, "h"),
        ] as [(String, String, LibvirtURI.Transport, String)])
    func `A URI has its parts`(
        _ uri: String, _ driver: String, _ transport: LibvirtURI.Transport, _ host: String
    ) throws {
        let parts = try #require(LibvirtURI(uri))
        #expect(parts.driver == driver)
        #expect(parts.transport == transport)
        #expect(parts.host == host)
    }

    @Test(arguments: [
        ("qemu:///session", false, true), ("qemu:///session", true, false),
        ("qemu:///system", false, false), (nil, false, false),
    ])
    func `A user's own daemon is taken for the system's, unless it was asked for`(
        _ uri: String?, _ isChosen: Bool, _ isTold: Bool
    ) {
        let text = Connection.otherDaemon(than: uri, isChosen: isChosen)
        #expect((text == "for the system's: -c qemu:///system") == isTold)
    }
}
