// SPDX-License-Identifier: Apache-2.0

import Libvirt
import System

extension Connection {
    /// Connects to a daemon with a time limit, because libvirt has none.
    ///
    /// - Parameter timeout: The time limit in seconds.
    static func open(
        to uri: String?, readOnly: Bool, timeout: Int
    ) throws(LibvirtError) -> Connection {
        try answer(within: timeout) { () throws(LibvirtError) in
            try Connection(to: uri, readOnly: readOnly)
        }
    }

    /// Runs a libvirt call with a time limit.
    ///
    /// - Parameter timeout: The time limit in seconds.
    static func answer<Answer: Sendable>(
        within timeout: Int, _ question: @escaping @Sendable () throws(LibvirtError) -> Answer
    ) throws(LibvirtError) -> Answer {
        let answer = Progress.during("waiting for libvirt") {
            TimedCall.run(timeout: timeout) {
                Result { () throws(LibvirtError) in try question() }
            }
        }
        guard let answer else {
            throw LibvirtError(
                code: .operationTimeout, message: "no answer within \(timeout) seconds")
        }
        return try answer.get()
    }
}
