// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

extension Errno {
    /// The error that the last C function of this thread left in `errno`.
    package static var current: Errno { Errno(rawValue: errno) }

    /// Whether the system or this process has reached a limit.
    package var isOfLimit: Bool {
        switch self {
        case .resourceTemporarilyUnavailable, .noMemory, .tooManyOpenFiles,
            .tooManyOpenFilesInSystem:
            true
        default: false
        }
    }

    /// Calls a function of swift-system that throws ``Errno`` and does not declare that.
    static func typed<Value>(_ body: () throws -> Value) throws(Errno) -> Value {
        do {
            return try body()
        } catch let error as Errno {
            throw error
        } catch {
            preconditionFailure("not an error of the system: \(error)")
        }
    }

    /// Calls a C function that returns -1 for an error, again if a signal interrupted it.
    package static func retrying<Value: SignedInteger>(_ body: () -> Value) throws(Errno) -> Value {
        while true {
            let value = body()
            if value != -1 { return value }
            if current != .interrupted { throw .current }
        }
    }
}
