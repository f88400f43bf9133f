package import Glibc

extension sockaddr_un {
    /// The address of a socket in the file system, or nothing where the path is too long for one.
    package init?(_ path: String) {
        self.init()
        sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: sun_path) else { return nil }
        withUnsafeMutableBytes(of: &sun_path) { $0.copyBytes(from: bytes) }
    }

    /// Hands the address to a C function that takes the address of any socket.
    ///
    /// - Parameter length: The length of the address, which is part of an abstract one.
    package mutating func asGeneric(
        length: Int = MemoryLayout<sockaddr_un>.size,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        withUnsafePointer(to: &self) { address in
            let generic = UnsafeRawPointer(address).assumingMemoryBound(to: sockaddr.self)
            return body(generic, socklen_t(length))
        }
    }
}
