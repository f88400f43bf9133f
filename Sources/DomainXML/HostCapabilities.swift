/// What libvirt says of its host: [`virsh capabilities`](https://libvirt.org/formatcaps.html).
package struct HostCapabilities: Sendable, Hashable {
    /// The architecture of the host's processors.
    package var arch: String?
    /// The programs that run guests of the host's own architecture.
    package var emulators: [String]

    /// Describes a host.
    package init(arch: String?, emulators: [String]) {
        self.arch = arch
        self.emulators = emulators
    }

    /// Reads libvirt's own text.
    package init(parsing text: String) throws(DocumentError) {
        let bytes = Array(text.utf8)
        let document = try Document(parsing: bytes.span.bytes, rootName: "capabilities")
        let arch = document.root.child(named: "host")?.child(named: "cpu")?
            .child(named: "arch")?.text
        var emulators: [String] = []
        for guest in document.root.children(named: "guest") {
            for guestArch in guest.children(named: "arch") where guestArch["name"] == arch {
                // A kind of domain may have an emulator of its own.
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
