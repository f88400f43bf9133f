// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The service as a file.
@Suite(
    .enabled(
        if: Repository.runs(where: Repository.service != nil && Command.find("nm") != nil),
        "needs nm and VIRT_WATCHDOG_STAGE, the tree that Tests/run installs"))
struct ServiceBinaryTests {
    private func symbols() throws -> [Substring] {
        let outcome = try Command(
            #require(Command.find("nm")), ["-D", #require(Repository.service)]
        ).run()
        #expect(outcome.status == 0, "\(outcome.errorText)")
        return outcome.text.split(separator: "\n").compactMap { $0.split(separator: " ").last }
    }

    @Test
    func `The service calls libvirt's shared library`() throws {
        #expect(try symbols().contains { $0.hasPrefix("virConnectOpen@") })
    }

    @Test
    func `The service hides its own libxml2 from libvirt's`() throws {
        let shared = try symbols().filter { $0.contains(/^_*(xml|html|xslt)/) }
        #expect(shared.isEmpty, "run time would mix two copies of libxml2")
    }

    @Test
    func `The service hides its empty ICU table from libvirt's ICU`() throws {
        #expect(try symbols().filter { $0.hasPrefix("icudt") }.isEmpty)
    }

    @Test
    func `The service holds no path of its build machine`() throws {
        let contents = try Data(contentsOf: URL(filePath: #require(Repository.service)))
        #expect(contents.firstRange(of: Data("/.build".utf8)) == nil)
    }
}
