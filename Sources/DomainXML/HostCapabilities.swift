// SPDX-License-Identifier: Apache-2.0

/// The host as [`virsh capabilities`](https://libvirt.org/formatcaps.html) describes it.
package struct HostCapabilities: Sendable, Hashable {
    package var arch: String?
    /// The paths of the emulators for the host's own architecture.
    package var emulators: [String]

    package init(arch: String?, emulators: [String]) {
        self.arch = arch
        self.emulators = emulators
    }

    /// Parses the XML of `virConnectGetCapabilities`.
    package init(parsing text: String) throws(DocumentError) {
        let bytes = Array(text.utf8)
        let document = try Document(parsing: bytes.span.bytes, rootName: "capabilities")
        let arch = document.root.child(named: "host")?.child(named: "cpu")?
            .child(named: "arch")?.text
        var emulators: [String] = []
        for guest in document.root.children(named: "guest") {
            for guestArch in guest.children(named: "arch") where guestArch["name"] == arch {
                // A domain type may have its own emulator.
                for parent in [guestArch] + guestArch.children(named: "domain") {
                    for emulator in parent.children(named: "emulator").map(\.text)
                    where !emulators.contains(emulator) {
                        emulators.append(emulator)
                    }
                }
            }
        }
        self.init(arch: arch, emulators: emulators)
    }
}
