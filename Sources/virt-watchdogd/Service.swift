internal import DomainXML
internal import HostSystem
internal import Hypervisor

/// The service, as far as packaging needs it: it uses both C libraries.
@main
struct Service {
    static func main() throws {
        if CommandLine.arguments.dropFirst().first == "--version" { return print(Layout.version) }
        for guest in try Connection(to: "qemu:///system").guests(.running) {
            print(guest.name, try Document(parsing: guest.definition()).facts)
        }
    }
}
