// SPDX-License-Identifier: Apache-2.0

extension GuestFacts {
    var machineType: MachineType {
        MachineType(arch: arch, machine: machine, controllers: controllers)
    }

    /// Whether a domain XML that libvirt has completed shows no PCI bus.
    var lacksPCI: Bool {
        controllers.isEmpty && (isLive || isComplete && !machineType.hasPCI)
    }

    /// Whether the machine maps its PCI configuration space into memory.
    package var hasConfigurationWindow: Bool {
        controllers.contains { $0.model == "pcie-root" }
    }
}
