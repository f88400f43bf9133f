// SPDX-License-Identifier: Apache-2.0

package import Glibc

extension sockaddr_un {
    /// Creates the address of a socket in the file system; returns `nil` if the path is too long.
    package init?(_ path: String) {
        self.init()
        sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: sun_path) else { return nil }
        withUnsafeMutableBytes(of: &sun_path) { $0.copyBytes(from: bytes) }
    }

    /// Calls a closure with the address in the form that C functions take.
    ///
    /// - Parameter length: The length of the address, which counts for an abstract one.
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
