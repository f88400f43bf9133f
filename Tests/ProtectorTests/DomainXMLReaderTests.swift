// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import Testing
import WatchdogPolicy

/// The domain XML that libvirt gives.
struct DomainXMLReaderTests {
    @Test
    func `The domain XML of a running guest gives its facts`() throws {
        let guest = try Connection(to: "test:///default").guest(named: "test")
        let facts = try DomainXMLReader.facts(in: guest.definition())
        #expect(facts.name == "test")
        #expect(facts.uuid == guest.uuid)
        #expect(facts.isLive)
    }
}
