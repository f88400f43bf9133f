// SPDX-License-Identifier: Apache-2.0

import Host
import Testing

/// The output of `virt-watchdog-hook --version`.
struct LinkageReportTests {
    @Test
    func `A dynamic program names the libraries that it has loaded`() throws {
        let own = LinkageReport.own
        let libraries = try #require(own.libraries)
        #expect(libraries.contains { $0.hasSuffix("/libc.so.6") })
        #expect(libraries.allSatisfy { $0.hasPrefix("/") })
        #expect(LinkageReport(parsing: own.text) == own)
    }

    @Test
    func `The report of a static program has no library`() throws {
        let text = "virt-watchdog-hook 1.2.3\nlinkage: static\n"
        let report = try #require(LinkageReport(parsing: text))
        #expect(report.version == "1.2.3")
        #expect(report.libraries == nil)
        #expect(report.text == text)
    }

    @Test(arguments: ["", "\n", "virt-watchdog-hook 1\n", "virt-watchdog 1\nlinkage: static\n"])
    func `Another output is no report`(_ text: String) {
        #expect(LinkageReport(parsing: text) == nil)
    }
}
