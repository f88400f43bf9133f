internal import CLibvirt
internal import Glibc

extension Connection {
    /// The URI that libvirt chose or was given; the C function is `virConnectGetURI`.
    public var uri: String? {
        guard let text = virConnectGetURI(pointer) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }
}
