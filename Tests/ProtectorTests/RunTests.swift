// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Libvirt
@testable import Protector
@testable import TimerProbe

/// The place where the run of a guest is read.
struct RunTests {
    @Test(
        arguments: [
            ("qemu:///system", "/run/user/7", "/run/libvirt/qemu/a b.pid"),
            ("qemu+unix:///system", nil, "/run/libvirt/qemu/a b.pid"),
            ("qemu:///session", "/run/user/7", "/run/user/7/libvirt/qemu/run/a b.pid"),
            ("qemu:///session", nil, nil),
            ("qemu:///embed?root=/x", "/run/user/7", nil),
            ("qemu:///system?socket=/x", nil, nil),
            ("test:///default", "/run/user/7", nil),
            ("", "/run/user/7", nil),
            (
                "qemu+unix:///system?socket=/run/libvirt/virtqemud-sock", nil,
                "/run/libvirt/qemu/a b.pid"
            ),
            ("qemu+unix:///system?socket=/run/libvirt/other-sock", nil, nil),
        ] as [(String, String?, String?)])
    func `libvirt's file of QEMU's process depends on the daemon`(
        uri: String, runtimeDirectory: String?, path: String?
    ) {
        #expect(
            QEMUProcessFile.path(ofGuest: "a b", uri: uri, runtimeDirectory: runtimeDirectory)
                == path)
    }
}
