// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// A daemon that starts when a client connects, and ends when no client needs it.
    struct Activation {
        init() throws {
            try Lab.setPolicy("")
        }

        @Test
        func `A guest starts an idle daemon once, and its one-shot leaves the daemon idle again`()
            throws
        {
            try LabOneShot.waitUntilNoneIsLeft()
            try Lab.script(["restart-daemon", "--on-demand", "--timeout", "2"])
            defer { _ = try? Lab.script(["restart-daemon"]) }
            let before = try LabActivation.all().count
            do {
                let guest = try LabGuest("idle")
                try guest.waits(forLog: "op=protect", "result=attached")
                try LabOneShot.waitUntilNoneIsLeft()
            }
            try Lab.wait(for: "the end of the idle daemon") { (try? Lab.daemon()) == nil }
            sleep(2)
            let added = try LabActivation.all().dropFirst(before)
            #expect(added.map(\.client) == ["virsh"])
        }
    }
}

/// A start of the daemon by a client, from the lab's file of activations.
struct LabActivation {
    /// The name of the client's program, or `-` if the client has gone.
    var client: String

    /// The starts of the daemon on demand in this run of the lab, in order.
    static func all() throws -> [LabActivation] {
        let file = Lab.folder.appending(path: "activations")
        guard let data = try? Data(contentsOf: file) else { return [] }
        return try String(decoding: data, as: UTF8.self).split(separator: "\n").map { line in
            LabActivation(
                client: String(try #require(line.firstMatch(of: #/ name=(.*) socket=/#)).1))
        }
    }
}
