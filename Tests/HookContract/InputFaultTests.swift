// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Random and long definitions. The fault matrix has the malformed ones.
@Suite(.enabled(if: Host.isAvailable, Host.needs))
struct InputFaultTests {
    @Test
    func `Bytes at random do no harm`() throws {
        var generator = SplitMix64(seed: 9397)
        let sound = Array(Definition().text.utf8)
        for round in 0..<60 {
            var bytes = sound
            for _ in 0..<(1 + round / 4) {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(
                    truncatingIfNeeded: generator.next())
            }
            let run = try Host().run(["g", "prepare", "begin", "-"], Data(bytes))
            #expect(run.status == 0, "round \(round)")
            #expect(run.error.isEmpty, "round \(round)")
            #expect(run.log.count == 1, "round \(round)")
            if !run.output.isEmpty {
                #expect(XMLTree(run.output)?.watchdogs.count == 1, "round \(round)")
            }
        }
    }

    @Test(arguments: [1, 15])
    func `A definition of many megabytes is printed whole or not at all`(_ size: Int) throws {
        let run = try Host().run(
            ["g", "prepare", "begin", "-"], Fault.padding(Definition().data, by: size << 20))
        #expect(run.status == 0)
        #expect(run.lifetime < .seconds(2.5))
        if !run.output.isEmpty { #expect(XMLTree(run.output)?.watchdogs.count == 1) }
        if size == 1 { #expect(!run.output.isEmpty) }
    }

    @Test
    func `Plain entities stay as they are`() throws {
        let text =
            "<!DOCTYPE domain [<!ENTITY n 'web'>]>\n<domain type='kvm'><name>&n;1</name>"
            + "<devices/></domain>"
        let run = try Host().run(["web1", "prepare", "begin", "-"], Data(text.utf8))
        #expect(run.text.contains("<name>&n;1</name>"))
        #expect(run.log.compactMap { LogLineFields($0)?.guest } == ["web1"])
    }
}
