// SPDX-License-Identifier: Apache-2.0

import DomainXML
import Testing

struct HostCapabilitiesTests {
    @Test func `The emulators of the host's own architecture are found, each once`() throws {
        let capabilities = try HostCapabilities(
            parsing: """
                <capabilities>
                  <host><uuid>1</uuid><cpu><arch>x86_64</arch></cpu></host>
                  <guest><os_type>hvm</os_type><arch name='aarch64'>
                    <emulator>/usr/bin/qemu-system-aarch64</emulator></arch></guest>
                  <guest><os_type>hvm</os_type><arch name='x86_64'><wordsize>64</wordsize>
                    <emulator>/usr/bin/qemu-system-x86_64</emulator>
                    <domain type='qemu'/>
                    <domain type='kvm'><emulator>/usr/bin/kvm &amp; more</emulator></domain>
                    <domain type='x'><emulator>/usr/bin/qemu-system-x86_64</emulator></domain>
                  </arch></guest>
                </capabilities>
                """)
        #expect(capabilities.arch == "x86_64")
        #expect(capabilities.emulators == ["/usr/bin/qemu-system-x86_64", "/usr/bin/kvm & more"])
    }

    @Test func `A host without emulators has none`() throws {
        let capabilities = try HostCapabilities(parsing: "<capabilities/>")
        #expect(capabilities == HostCapabilities(arch: nil, emulators: []))
    }

    @Test(arguments: ["<domain/>", "", "<cap"])
    func `A definition is not taken for capabilities`(text: String) {
        #expect(throws: DocumentError.self) { try HostCapabilities(parsing: text) }
    }
}
