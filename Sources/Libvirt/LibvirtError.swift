// SPDX-License-Identifier: Apache-2.0

internal import CLibvirt
package import SystemPackage

/// An error of a libvirt call.
///
/// The C type is [`virError`](https://libvirt.org/html/libvirt-virterror.html#virError).
package struct LibvirtError: Error, Sendable, Hashable {
    /// An error number, including numbers that later versions add.
    package struct Code: RawRepresentable, Sendable, Hashable {
        /// libvirt's `virErrorNumber`.
        package var rawValue: Int32

        package init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        private init(_ number: virErrorNumber) {
            self.init(rawValue: Int32(bitPattern: number.rawValue))
        }

        /// The guest does not exist.
        package static let noDomain = Code(VIR_ERR_NO_DOMAIN)
        /// The connection lacks the right, as a read-only connection does for the monitor.
        package static let operationDenied = Code(VIR_ERR_OPERATION_DENIED)
        /// The operation does not suit the guest's state, such as a guest that is shut off.
        package static let operationInvalid = Code(VIR_ERR_OPERATION_INVALID)
        /// The operation does not support this guest.
        package static let operationUnsupported = Code(VIR_ERR_OPERATION_UNSUPPORTED)
        /// The operation failed. libvirt also uses it for a full queue of waiting calls.
        package static let operationFailed = Code(VIR_ERR_OPERATION_FAILED)
        /// Another operation held the guest for too long.
        package static let operationTimeout = Code(VIR_ERR_OPERATION_TIMEOUT)
        /// The connection is gone.
        package static let systemError = Code(VIR_ERR_SYSTEM_ERROR)
        /// The remote end sent an unexpected answer, or none.
        package static let rpc = Code(VIR_ERR_RPC)
        /// Among other errors, the daemon is shutting down.
        package static let internalError = Code(VIR_ERR_INTERNAL_ERROR)
        /// libvirt cannot connect.
        package static let noConnect = Code(VIR_ERR_NO_CONNECT)
        /// The arguments do not suit each other.
        package static let unsupported = Code(VIR_ERR_CONFIG_UNSUPPORTED)
        /// The guest agent does not answer.
        package static let agentUnresponsive = Code(VIR_ERR_AGENT_UNRESPONSIVE)
        /// The guest agent answers an earlier request.
        package static let agentUnsynced = Code(VIR_ERR_AGENT_UNSYNCED)
        /// The guest agent timed out. libvirt 9 has no name for the number.
        package static let agentTimeout = Code(rawValue: 112)
        /// The domain XML is invalid.
        package static let xmlError = Code(VIR_ERR_XML_ERROR)
        /// An argument is invalid, such as a URI's transport.
        package static let invalidArgument = Code(VIR_ERR_INVALID_ARG)
        /// The daemon refused the login.
        package static let authFailed = Code(VIR_ERR_AUTH_FAILED)
        /// The user ended the login.
        package static let authCancelled = Code(VIR_ERR_AUTH_CANCELLED)
        /// The daemon has no way to ask this user for a login, such as a polkit agent.
        package static let authUnavailable = Code(VIR_ERR_AUTH_UNAVAILABLE)
        /// The daemon's access control denies the operation.
        package static let accessDenied = Code(VIR_ERR_ACCESS_DENIED)
    }

    package var code: Code
    /// The libvirt component that raised the error, as a `virErrorDomain`.
    package var domain: Int32
    /// The error of the failed system call, or `nil` if libvirt knows none.
    package var systemError: Errno?
    /// libvirt's own text.
    package var message: String

    package init(
        code: Code, domain: Int32 = 0, systemError: Errno? = nil, message: String
    ) {
        self.code = code
        self.domain = domain
        self.systemError = systemError
        self.message = message
    }

    /// Returns the error of this thread's last call. The C function is `virGetLastError`.
    static func last() -> LibvirtError {
        guard let error = virGetLastError() else {
            return LibvirtError(code: .internalError, message: "libvirt gave no reason")
        }
        let code = Code(rawValue: error.pointee.code)
        return LibvirtError(
            code: code, domain: error.pointee.domain,
            systemError: code == .systemError && error.pointee.int1 > 0
                ? Errno(rawValue: error.pointee.int1) : nil,
            message: error.pointee.message.map { String(cString: $0) } ?? "")
    }

    /// Whether a new connection may help.
    package var isConnectionLost: Bool {
        [.noConnect, .rpc, .systemError].contains(code)
            || domain == Int32(VIR_FROM_RPC.rawValue)
    }

    /// Whether the connection or this user lacks the right.
    package var isRefusal: Bool { [.operationDenied, .accessDenied].contains(code) }

    /// Whether the caller's URI is malformed.
    package var isOfURI: Bool { domain == Int32(VIR_FROM_URI.rawValue) }
}

extension LibvirtError: CustomStringConvertible {
    package var description: String { message }
}
