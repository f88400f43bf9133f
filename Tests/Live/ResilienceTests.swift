// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests {
    /// The hook and the daemon in trouble: no guest may be the worse for it.
    struct Resilience {
        init() throws {
            try Lab.setPolicy("")
        }

        @Test(arguments: ["SEGV", "ILL", "ABRT", "BUS", "FPE", "TERM"])
        func `A hook that dies while it reads lets the guest start`(name: String) throws {
            // The real hook, behind a script that holds its input back until the signal is sent.
            let hook = try LabStandIn(for: LabHookAway.hook) { real in
                """
                #!/bin/sh
                sleep 1 2>/dev/null | \(real) "$@" &
                sleep 0.2
                kill -\(name) $!
                wait $!
                status=$?
                echo "$2 $status" >>\(Lab.folder.path)/killed-\(name)
                exit $status
                """
            }
            defer { withExtendedLifetime(hook) {} }

            let guest = try LabGuest("signal-\(name)")
            #expect(try guest.state() == "running")
            let ends = try String(
                contentsOf: Lab.folder.appending(path: "killed-\(name)"), encoding: .utf8)
            #expect(ends == "prepare 0\nstart 0\nstarted 0\n")
            try guest.waits(forLog: "op=started", "hook ended by signal")
        }
    }
}
