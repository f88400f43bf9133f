import Hypervisor
import Testing
import WatchdogPolicy

/// A guest without a hypervisor: it takes devices into its definition, or fails as it was told.
final class FakeGuest: ProtectableGuest {
    /// What is inside `devices` besides the watchdogs.
    private let controllers: String
    private let machine: String
    /// The watchdogs as they were attached, or put there by somebody else.
    var watchdogs: [String]
    /// What the next calls of attach do instead of attaching.
    var failures: [Failure] = []
    /// The attempt of attach that libvirt refuses, counted from 1, if any.
    var failsAt: Int?
    /// How often the guest is found still on its way in from another host.
    var arrivals = 0
    /// Whether QEMU has our watchdog, of which libvirt does not know.
    var hasForgottenWatchdog = false
    /// How often it was asked to let go of that.
    private(set) var requestsToLetGo = 0
    /// How often it is asked before it has, if it does.
    var requestsBeforeLettingGo = 3
    /// How often it had been asked at each attempt to attach another one meanwhile.
    private(set) var attemptsBesideForgotten: [Int] = []
    /// Whether devices that are attached show in the definition.
    var showsDevices = true
    private(set) var attached: [String] = []
    /// The boot ID of its host, or nothing where it is another host than ours.
    var bootID: String? = "first"
    /// libvirt's number of its run, and QEMU's process ID.
    var id = "1"
    var run: RunID? {
        guard let bootID, let process = Int32(id) else { return nil }
        return RunID(boot: bootID, process: process, startTicks: 70)
    }
    /// What is inside `metadata` of the live and of the persistent definition.
    var metadata: String?
    var persistentMetadata: String?
    /// The error with which the monitor answers, if it does.
    var monitorError: LibvirtError?
    /// The errors of the next calls that write metadata.
    var metadataErrors: [LibvirtError] = []
    /// What the next change to the running guest is followed by: another run, with that number, and
    /// with the watchdogs of its definition.
    var nextRun: (id: String, watchdogs: [String])?
    /// The actions that the monitor was told, in order.
    private(set) var actions: [String] = []
    /// The definitions that were put in the place of the persistent one.
    private(set) var definitions: [String] = []
    /// Whether the guest runs.
    var isActive = true
    /// What is inside `devices` of the persistent definition, or nothing for a transient guest.
    var persistentDevices: [String]?
    /// Whether the running guest lets go of a device that it is asked for.
    var letsGo = true
    /// Which devices were asked for or taken out.
    private(set) var detached: [String] = []

    enum Failure {
        /// libvirt's error.
        case error(LibvirtError)
        /// Somebody else attaches this first, and libvirt refuses ours.
        case overtaken(by: String, LibvirtError)
    }

    init(machine: String = "pc-i440fx-7.2", controllers: String, watchdogs: [String] = []) {
        self.machine = machine
        self.controllers = controllers
        self.watchdogs = watchdogs
    }

    /// Whether it was restored from a file.
    var isRestored = false

    func hasArrived() throws(LibvirtError) -> Bool { isRestored }

    func isMigratingIn() throws(LibvirtError) -> Bool {
        guard arrivals > 0 else { return false }
        arrivals -= 1
        return true
    }

    func setWatchdogAction(_ action: WatchdogAction) throws(LibvirtError) {
        if let error = monitorError { throw error }
        actions.append(action.rawValue)
        runAgain()
    }

    /// Ends the run and begins the next, if there is to be one.
    private func runAgain() {
        guard let nextRun else { return }
        (id, watchdogs, metadata) = (nextRun.id, nextRun.watchdogs, nil)
        self.nextRun = nil
    }

    func setMetadata(
        _ element: String?, namespace: String, of target: DeviceTarget
    ) throws(LibvirtError) {
        if let error = metadataErrors.popLast() { throw error }
        #expect(namespace == "urn:virt-watchdog:alignment:1")
        // libvirt writes the prefix and the namespace itself.
        let text = element.map {
            "<w:\($0.dropFirst().dropLast(2)) xmlns:w='\(namespace)'/>"
        }
        switch target {
        case .live: metadata = text
        case .persistent: persistentMetadata = text
        }
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

    func letGoOfForgottenWatchdog() throws(LibvirtError) -> Bool {
        requestsToLetGo += 1
        if letsGo, requestsToLetGo == requestsBeforeLettingGo { hasForgottenWatchdog = false }
        return !hasForgottenWatchdog
    }

    func isRunning() throws(LibvirtError) -> Bool { isActive }

    func isPersistent() throws(LibvirtError) -> Bool { persistentDevices != nil }

    func definition() throws(LibvirtError) -> String {
        guard isActive else { return try persistentDefinition() }
        return definition("id='\(id)'", [controllers] + watchdogs, metadata)
    }

    func persistentDefinition() throws(LibvirtError) -> String {
        definition("", persistentDevices ?? [], persistentMetadata)
    }

    private func definition(_ id: String, _ devices: [String], _ metadata: String?) -> String {
        """
        <domain type='kvm' \(id)>
          <name>fake</name>
          <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
          <metadata>\(metadata ?? "")</metadata>
          <os><type arch='x86_64' machine='\(machine)'>hvm</type></os>
          <devices>\(devices.joined())</devices>
        </domain>
        """
    }

    func detach(alias: String, from target: DeviceTarget) throws(LibvirtError) {
        detached.append("\(target) \(alias)")
        let isOther = { (device: String) in !device.contains("<alias name='\(alias)'/>") }
        switch target {
        case .live: if letsGo { watchdogs = watchdogs.filter(isOther) }
        case .persistent: persistentDevices = persistentDevices?.filter(isOther)
        }
    }

    func attach(device xml: String, to target: DeviceTarget) throws(LibvirtError) {
        #expect(arrivals == 0, "libvirt would hold the call, and a thread of its own with it")
        if !failures.isEmpty {
            switch failures.removeFirst() {
            case .error(let error): throw error
            case .overtaken(let other, let error):
                watchdogs.append(other)
                throw error
            }
        }
        if hasForgottenWatchdog {
            attemptsBesideForgotten.append(requestsToLetGo)
            throw .duplicate
        }
        if attached.count + 1 == failsAt { throw .noSuchDevice }
        attached.append(xml)
        switch target {
        case .live:
            if showsDevices { watchdogs.append(xml) }
            runAgain()
        case .persistent: persistentDevices?.append(xml)
        }
    }

    static let pciRoot = "<controller type='pci' index='0' model='pci-root'/>"

    /// A PCIe machine with empty ports of these numbers.
    static func pcie(ports: ClosedRange<Int>) -> String {
        "<controller type='pci' index='0' model='pcie-root'/>"
            + ports.map { "<controller type='pci' index='\($0)' model='pcie-root-port'/>" }.joined()
    }
}

extension LibvirtError {
    static let busy = LibvirtError(
        code: .operationTimeout, message: "cannot acquire state change lock")
    static let lost = LibvirtError(code: .rpc, message: "client socket is closed")
    static let noDaemon = LibvirtError(code: .noConnect, message: "no connection driver")
    static let gone = LibvirtError(code: .noDomain, message: "Domain not found")
    static let notRunning = LibvirtError(
        code: .operationInvalid, message: "domain is not running")
    static let placeTaken = LibvirtError(
        code: .xmlError, message: "Attempted double use of PCI Address 0000:02:00.0")
    static let queueFull = LibvirtError(
        code: .operationFailed, message: "cannot acquire state change lock due to max_queued limit")
    static let noSuchDevice = LibvirtError(
        code: .unsupported, message: "'i6300esb' is not a valid device model name")
    static let duplicate = LibvirtError(
        code: .internalError,
        message: "internal error: unable to execute QEMU command 'device_add':"
            + " Duplicate device ID 'ua-virt-watchdog'")
    static let alreadyThere = LibvirtError(
        code: .operationInvalid, message: "domain already has a watchdog")
}
