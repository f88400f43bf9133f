internal import CLibvirt

/// An error of libvirt, taken in the call that failed.
///
/// The C type is [`virError`](https://libvirt.org/html/libvirt-virterror.html#virError).
package struct LibvirtError: Error, Sendable, Hashable {
    /// The kind of an error, open to numbers that later versions add.
    package struct Code: RawRepresentable, Sendable, Hashable {
        /// libvirt's `virErrorNumber`.
        package var rawValue: Int32

        /// Wraps a number.
        package init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        private init(_ number: virErrorNumber) {
            self.init(rawValue: Int32(bitPattern: number.rawValue))
        }

        /// The guest is not there (any more).
        package static let noDomain = Code(VIR_ERR_NO_DOMAIN)
        /// The connection has no right to do that; a read-only connection cannot use the monitor.
        package static let operationDenied = Code(VIR_ERR_OPERATION_DENIED)
        /// The operation does not suit the guest's state: it does not run, say.
        package static let operationInvalid = Code(VIR_ERR_OPERATION_INVALID)
        /// The operation is not one for this guest.
        package static let operationUnsupported = Code(VIR_ERR_OPERATION_UNSUPPORTED)
        /// The operation failed; also a full queue of waiting calls.
        package static let operationFailed = Code(VIR_ERR_OPERATION_FAILED)
        /// Another operation held the guest for too long.
        package static let operationTimeout = Code(VIR_ERR_OPERATION_TIMEOUT)
        /// The connection is gone.
        package static let systemError = Code(VIR_ERR_SYSTEM_ERROR)
        /// The remote end said something unexpected, or nothing.
        package static let rpc = Code(VIR_ERR_RPC)
        /// The daemon is shutting down, or the like.
        package static let internalError = Code(VIR_ERR_INTERNAL_ERROR)
        /// No connection can be had.
        package static let noConnect = Code(VIR_ERR_NO_CONNECT)
        /// The arguments do not suit each other.
        package static let unsupported = Code(VIR_ERR_CONFIG_UNSUPPORTED)
        /// The guest agent does not answer.
        package static let agentUnresponsive = Code(VIR_ERR_AGENT_UNRESPONSIVE)
        /// The guest agent answers an earlier question.
        package static let agentUnsynced = Code(VIR_ERR_AGENT_UNSYNCED)
        /// The guest agent did not answer in time; libvirt 9 does not know the number yet.
        package static let agentTimeout = Code(rawValue: 112)
        /// The definition is not right.
        package static let xmlError = Code(VIR_ERR_XML_ERROR)
    }

    /// The kind of error.
    package var code: Code
    /// The part of libvirt that it comes from; libvirt's `virErrorDomain`.
    package var domain: Int32
    /// libvirt's own text.
    package var message: String

    /// Makes an error.
    package init(code: Code, domain: Int32 = 0, message: String) {
        self.code = code
        self.domain = domain
        self.message = message
    }

    /// Takes the error that the last call of this thread left; the C function is `virGetLastError`.
    static func last() -> LibvirtError {
        guard let error = virGetLastError() else {
            return LibvirtError(code: .internalError, message: "libvirt gave no reason")
        }
        return LibvirtError(
            code: Code(rawValue: error.pointee.code), domain: error.pointee.domain,
            message: error.pointee.message.map { String(cString: $0) } ?? "")
    }

    /// Whether the connection to the daemon is the trouble, and a new one may help.
    package var isConnectionLost: Bool {
        [.noConnect, .rpc, .systemError].contains(code)
            || domain == Int32(VIR_FROM_RPC.rawValue)
    }
}

extension LibvirtError: CustomStringConvertible {
    /// libvirt's own text.
    package var description: String { message }
}
