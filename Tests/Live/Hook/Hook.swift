// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// The hook where libvirt calls it, with the service and without it.
    struct Hook {}
}

extension LiveTests.Hook {
    /// What treats the guests that start.
    enum Protector: String, CaseIterable, CustomTestStringConvertible {
        /// A one-shot for each guest.
        case oneShot
        /// The service.
        case service

        var testDescription: String { rawValue }

        /// Starts the service where that is the one.
        func start() throws -> LabService? {
            self == .service ? try LabService() : nil
        }
    }

    /// Defines a guest that boots nothing.
    static func guest(_ name: String, _ number: Int = 0) throws -> LabGuest {
        try LiveTests.Faults.guest("h-\(name)", number)
    }

    /// Returns the log's lines that say that the guest got its device.
    static func attachments(to guest: LabGuest) throws -> [String] {
        try Lab.log(of: guest.name).filter { $0.contains("result=attached") }
    }
}
