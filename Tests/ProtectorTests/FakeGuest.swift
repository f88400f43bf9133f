// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import TestSupport

/// A guest without a hypervisor: its persistent definition takes devices, or refuses one.
final class FakeGuest: PersistentGuest {
    private let machine: String
    let isLocal = false
    /// The attempt to attach that libvirt refuses, counted from 1, if any.
    var failsAt: Int?
    private(set) var attached: [String] = []
    /// The content of `metadata`.
    var persistentMetadata: String?
    /// The definitions that replaced the persistent one.
    private(set) var definitions: [String] = []
    /// The content of `devices`, or nothing for a transient guest.
    var persistentDevices: [String]?
    private(set) var detached: [String] = []

    init(machine: String = "pc-i440fx-7.2") {
        self.machine = machine
    }

    func secretPersistentDefinition() throws(LibvirtError) -> String {
        try persistentDefinition()
    }

    func define(_ xml: String) throws(LibvirtError) {
        definitions.append(xml)
        func content(of name: String) -> String? {
            guard let start = xml.firstRange(of: "<\(name)>"),
                let end = xml.firstRange(of: "</\(name)>")
            else { return nil }
            return String(xml[start.upperBound..<end.lowerBound])
        }
        persistentDevices = [content(of: "devices") ?? ""]
        persistentMetadata = content(of: "metadata")
    }

    func isPersistent() throws(LibvirtError) -> Bool { persistentDevices != nil }

    func persistentDefinition() throws(LibvirtError) -> String {
        var definition = MachineDefinition(name: "fake", machine: machine)
        definition.type = "kvm"
        definition.uuid = "c7a5fdbd-edaf-9455-926a-d65c16db1809"
        definition.metadata = persistentMetadata ?? ""
        definition.features = ""
        definition.devices = (persistentDevices ?? []).joined()
        return definition.text
    }

    func detach(alias: String, from target: DeviceTarget) throws(LibvirtError) {
        detached.append("\(target) \(alias)")
        persistentDevices = persistentDevices?.filter {
            !$0.contains("<alias name='\(alias)'/>")
        }
    }

    func attach(device xml: String, to target: DeviceTarget) throws(LibvirtError) {
        if attached.count + 1 == failsAt { throw .noSuchDevice }
        attached.append(xml)
        persistentDevices?.append(xml)
    }

    static let pciRoot = "<controller type='pci' index='0' model='pci-root'/>"

    /// A PCIe machine with empty ports of these numbers.
    static func pcie(ports: ClosedRange<Int>) -> String {
        "<controller type='pci' index='0' model='pcie-root'/>"
            + ports.map { "<controller type='pci' index='\($0)' model='pcie-root-port'/>" }.joined()
    }
}

extension LibvirtError {
    static let noSuchDevice = LibvirtError(
        code: .unsupported, message: "'i6300esb' is not a valid device model name")
    static let lost = LibvirtError(code: .rpc, message: "client socket is closed")
    static let busy = LibvirtError(
        code: .operationTimeout, message: "cannot acquire state change lock")
    static let gone = LibvirtError(code: .noDomain, message: "Domain not found")
}
