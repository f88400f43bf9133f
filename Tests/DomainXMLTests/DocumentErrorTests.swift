// SPDX-License-Identifier: Apache-2.0

import DomainXML
import Foundation
import TestSupport
import Testing
import WatchdogPolicy

/// Texts that are no definition, and their errors.
struct DocumentErrorTests {
    private func failure(_ bytes: [UInt8]) -> DocumentError? {
        do throws(DocumentError) {
            _ = try Document(parsing: bytes.span.bytes).facts
            return nil
        } catch {
            return error
        }
    }

    private func failure(_ text: String) -> DocumentError? { failure(Array(text.utf8)) }

    @Test(
        arguments: [
            ("", 1, "is empty"),
            ("  \n ", 2, "not well-formed"),
            ("no XML", 1, "not well-formed"),
            ("<domain>\n  <a>\n</domain>", 3, "not well-formed"),
            ("<domain>\n\n<a", 3, "not well-formed"),
            ("<domain/>\n<domain/>", 2, "not well-formed"),
            ("<domain a='1'\n a='2'/>", 2, "not well-formed"),
            ("<domain>&nowhere;</domain>", 1, "not well-formed"),
            ("\n<domainsnapshot/>", 2, "'domainsnapshot', not 'domain'"),
            ("<!DOCTYPE d [\n<!ENTITY e SYSTEM 'file:///etc/passwd'>]><domain/>", 2, "external"),
            ("<!DOCTYPE d [\n<!ENTITY e PUBLIC 'x' 'http://[::1]/'>]><domain/>", 2, "external"),
            ("<!DOCTYPE domain SYSTEM 'http://[::1]/d.dtd'><domain/>", 1, "external DTD"),
            ("<!DOCTYPE domain PUBLIC 'p' '/d.dtd'><domain/>", 1, "external DTD"),
            ("<!DOCTYPE d [\n<!ENTITY % e 'x'>\n%e;]><domain/>", 2, "parameter entity"),
            ("<!DOCTYPE d [\n<!ENTITY a 'x'><!ENTITY b '&a;&a;'>]><domain/>", 2, "other entities"),
            ("<!DOCTYPE d [<!ATTLIST a b (c|d) 'c'>]><domain/>", 1, "default value"),
            ("<!DOCTYPE d [<!ATTLIST a b CDATA #FIXED '&lt;'>]><domain/>", 1, "default value"),
            ("<!DOCTYPE d [<!ENTITY a '<b/>'>]><domain>&a;</domain>", 1, "markup"),
        ] as [(String, Int, String)])
    func `An error names its line and the cause`(text: String, line: Int, part: String) throws {
        let error = try #require(failure(text))
        #expect(error.message(in: "f").hasPrefix("f:\(line):"), "\(error.message(in: "f"))")
        #expect(error.description.contains(part), "\(error)")
    }

    @Test func `The log text of an error holds nothing of the document`() throws {
        for text in ["<domain p='&secret;'/>", "<secret/>", "<domain><secret></domain>"] {
            let error = try #require(failure(text))
            #expect(!error.descriptionWithoutContent.contains("secret"))
        }
    }

    @Test func `No file that an entity names is read`() throws {
        let folder = try TemporaryFolder()
        let secret = try folder.write("secret", "<name>found</name>")
        let fifo = folder.url.appending(path: "fifo").path
        // A reader would wait for the writer of the FIFO.
        try #require(mkfifo(fifo, 0o600) == 0)
        for path in [secret.path, fifo] {
            let text =
                "<!DOCTYPE d [<!ENTITY e SYSTEM '\(path)'>]><domain><name>&e;</name></domain>"
            #expect(failure(text) != nil)
        }
    }

    @Test func `A document cut off anywhere is an error, never a crash`() {
        let text = Array(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE domain [<!ENTITY e "x">]>
            <domain type='kvm'><name>é&e;</name><!-- c --><devices><a b="c&amp;"/><![CDATA[d]]></devices></domain>
            """.utf8)
        for length in text.indices {
            #expect(failure(Array(text[..<length])) != nil, "cut at \(length)")
        }
        #expect(failure(text) == nil)
    }

    @Test func `A million levels are refused`() throws {
        let error = try #require(failure(String(repeating: "<domain>", count: 1_000_000)))
        #expect(error.description.contains("depth"))
    }

    @Test func `An entity bomb is refused, nested or flat`() {
        let nested =
            "<!ENTITY l0 'ha'>"
            + (1..<20).map { n in
                "<!ENTITY l\(n) '" + String(repeating: "&l\(n - 1);", count: 10) + "'>"
            }.joined()
        #expect(failure("<!DOCTYPE d [\(nested)]><domain><name>&l19;</name></domain>") != nil)
        let long = "<!ENTITY l '\(String(repeating: "ha", count: 50_000))'>"
        let references = String(repeating: "&l;", count: 50_000)
        #expect(failure("<!DOCTYPE d [\(long)]><domain><name>\(references)</name></domain>") != nil)
        let short = "<!ENTITY l '\(String(repeating: "ha", count: 2000))'>"
        let attribute =
            "<!DOCTYPE d [\(short)]><domain a='\(references)'><name>\(references)</name></domain>"
        // Whatever becomes of it, it becomes nothing large.
        _ = failure(attribute)
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #expect(usage.ru_maxrss < 1 << 20, "less than a gigabyte, in all of these tests")
    }

    @Test func `A document over 16 MiB is refused unread, and a shorter one is not`() {
        let padding = { (count: Int) in [UInt8](repeating: UInt8(ascii: " "), count: count) }
        #expect(failure(Array("<domain>".utf8) + padding(16 << 20)) == .tooLong)
        let fits = Array("<domain>".utf8) + padding((16 << 20) - 17) + Array("</domain>".utf8)
        #expect(failure(fits) == nil)
    }

    @Test(
        arguments: [
            [0], [0xFF], [0xFF, 0xFE], [0x3C, 0x00, 0x3E], Array("<domain>\0</domain>".utf8),
            Array("<domain>\u{1}</domain>".utf8), Array("<domain>".utf8) + [0xC3],
            Array("<?xml version='1.0' encoding='no-such'?><domain/>".utf8),
        ] as [[UInt8]])
    func `Bytes that are not text are an error`(bytes: [UInt8]) {
        #expect(failure(bytes) != nil)
    }

    @Test func `UTF-16 is read`() throws {
        let text = "<domain><name>é</name></domain>"
        let bytes =
            [UInt8]([0xFF, 0xFE]) + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(try Document(parsing: bytes.span.bytes).facts.name == "é")
    }
}
