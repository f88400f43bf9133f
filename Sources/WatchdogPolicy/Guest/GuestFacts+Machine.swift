extension GuestFacts {
    /// The kind of the guest's machine.
    var machineType: MachineType {
        MachineType(arch: arch, machine: machine, controllers: controllers)
    }
}

extension GuestFacts {
    /// Whether a definition that libvirt has completed shows no PCI bus at all.
    var lacksPCI: Bool {
        controllers.isEmpty && (isLive || isComplete && !machineType.hasPCI)
    }

    /// Whether the machine shows configuration space in memory.
    package var hasConfigurationWindow: Bool {
        controllers.contains { $0.model == "pcie-root" }
    }
}
