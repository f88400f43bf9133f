internal import CLibvirt

/// An error of libvirt, taken in the call that failed.
///
/// The C type is [`virError`](https://libvirt.org/html/libvirt-virterror.html#virError).
public struct LibvirtError: Error, Sendable, Hashable {
    /// The kind of an error, open to numbers that later versions add.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// libvirt's `virErrorNumber`.
        public var rawValue: Int32

        /// Wraps a number.
        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        private init(_ number: virErrorNumber) {
            self.init(rawValue: Int32(bitPattern: number.rawValue))
        }

        /// The guest is not there (any more).
        public static let noDomain = Code(VIR_ERR_NO_DOMAIN)
        /// The connection has no right to do that; a read-only connection cannot use the monitor.
        public static let operationDenied = Code(VIR_ERR_OPERATION_DENIED)
        /// The operation does not suit the guest's state: it does not run, say.
        public static let operationInvalid = Code(VIR_ERR_OPERATION_INVALID)
        /// The operation is not one for this guest.
        public static let operationUnsupported = Code(VIR_ERR_OPERATION_UNSUPPORTED)
        /// The operation failed; also a full queue of waiting calls.
        public static let operationFailed = Code(VIR_ERR_OPERATION_FAILED)
        /// Another operation held the guest for too long.
        public static let operationTimeout = Code(VIR_ERR_OPERATION_TIMEOUT)
        /// The connection is gone.
        public static let systemError = Code(VIR_ERR_SYSTEM_ERROR)
        /// The remote end said something unexpected, or nothing.
        public static let rpc = Code(VIR_ERR_RPC)
        /// The daemon is shutting down, or the like.
        public static let internalError = Code(VIR_ERR_INTERNAL_ERROR)
        /// No connection can be had.
        public static let noConnect = Code(VIR_ERR_NO_CONNECT)
        /// The arguments do not suit each other.
        public static let unsupported = Code(VIR_ERR_CONFIG_UNSUPPORTED)
        /// The guest agent does not answer.
        public static let agentUnresponsive = Code(VIR_ERR_AGENT_UNRESPONSIVE)
        /// The guest agent answers an earlier question.
        public static let agentUnsynced = Code(VIR_ERR_AGENT_UNSYNCED)
        /// The guest agent did not answer in time; libvirt 9 does not know the number yet.
        public static let agentTimeout = Code(rawValue: 112)
        /// The definition is not right.
        public static let xmlError = Code(VIR_ERR_XML_ERROR)
    }

    /// The kind of error.
    public var code: Code
    /// The part of libvirt that it comes from; libvirt's `virErrorDomain`.
    public var domain: Int32
    /// libvirt's own text.
    public var message: String

    /// Makes an error.
    public init(code: Code, domain: Int32 = 0, message: String) {
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
    public var isConnectionLost: Bool {
        [.noConnect, .rpc, .systemError].contains(code)
            || domain == Int32(VIR_FROM_RPC.rawValue)
    }
}

extension LibvirtError: CustomStringConvertible {
    /// libvirt's own text.
    public var description: String { message }
}
