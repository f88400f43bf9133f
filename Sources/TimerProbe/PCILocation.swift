// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// The PCI location that a guest's firmware gave a device.
///
/// The bus is the guest's number, which differs from the one in libvirt's domain XML.
struct PCILocation: Sendable, Hashable {
    var bus: UInt32
    var slot: UInt32
    var function: UInt32

    /// The LPC bridge of a q35 machine, which contains the iTCO.
    static let lpcBridge = PCILocation(bus: 0, slot: 31, function: 0)

    /// The offset of the device in the configuration space window.
    var windowOffset: UInt64 {
        UInt64(bus) << 20 | UInt64(slot) << 15 | UInt64(function) << 12
    }
}

/// A PCI device in QEMU's monitor.
struct PCIDevice: Sendable, Hashable {
    /// The location in the guest.
    var location: PCILocation
    /// The guest address of the first memory region, or `nil` if it is not mapped.
    var memory: UInt64?

    /// Finds a device by its libvirt alias, vendor and model.
    ///
    /// - Parameter answer: The answer to QMP's `query-pci`.
    /// - Returns: `nil` if the guest's firmware has not numbered the device's bus.
    init?(of alias: String, _ identity: PCIIdentity, in answer: String) {
        guard
            let buses = try? JSONDecoder().decode(Answer.self, from: Data(answer.utf8)).`return`
        else { return nil }
        let devices = buses.flatMap(\.devices).flatMap(\.all)
        guard
            let device = devices.first(where: {
                $0.alias == alias && $0.id.vendor == identity.vendor
                    && $0.id.device == identity.device
            })
        else { return nil }
        location = PCILocation(bus: device.bus, slot: device.slot, function: device.function)
        memory = device.regions?.first { $0.bar == 0 && $0.type == "memory" }?.start
    }

    /// The required part of the answer to `query-pci`.
    private struct Answer: Decodable {
        struct Bus: Decodable {
            var devices: [Device]
        }

        struct Device: Decodable {
            struct Identity: Decodable {
                var vendor: UInt32
                var device: UInt32
            }

            struct Region: Decodable {
                var bar: Int
                var type: String
                var address: Int64

                /// The address. QEMU reports -1 for a region that is not mapped.
                var start: UInt64? { address > 0 ? UInt64(address) : nil }
            }

            struct Bridge: Decodable {
                var devices: [Device]?
            }

            var bus: UInt32
            var slot: UInt32
            var function: UInt32
            var id: Identity
            var alias: String
            var regions: [Region]?
            var bridge: Bridge?

            private enum CodingKeys: String, CodingKey {
                case bus, slot, function, id, regions
                case alias = "qdev_id"
                case bridge = "pci_bridge"
            }

            /// The device and all devices behind it.
            var all: [Device] {
                [self] + (bridge?.devices ?? []).flatMap(\.all)
            }
        }

        var `return`: [Bus]
    }
}

/// The vendor and the model of a PCI device.
struct PCIIdentity: Sendable, Hashable {
    var vendor: UInt32
    var device: UInt32

    /// The Intel 6300ESB's timer.
    static let i6300esb = PCIIdentity(vendor: 0x8086, device: 0x25ab)
}
