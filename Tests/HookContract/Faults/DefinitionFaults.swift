// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Fault {
    /// A fault of the definition alone.
    private init(_ name: String, _ effect: Effect, _ input: @escaping @Sendable (Data) -> Data) {
        self.init(name: name, effect: effect, input: input)
    }

    /// A definition that is none.
    private init(_ name: String, _ complaint: String, _ text: String) {
        self.init(name, .noPlan(complaint)) { _ in Data(text.utf8) }
    }

    private static func documented(_ subset: String, name: String = "a") -> String {
        "<!DOCTYPE domain \(subset)>\n<domain type='kvm'><name>\(name)</name></domain>"
    }

    private static func declared(_ encoding: String) -> Data {
        Data("<?xml version='1.0' encoding='\(encoding)'?>".utf8)
    }

    /// A definition with something behind its first line.
    static func stuffing(_ definition: Data, with stuff: Data) -> Data {
        let end = definition.firstIndex(of: UInt8(ascii: "\n")) ?? definition.endIndex
        return definition[..<end] + stuff + definition[end...]
    }

    /// A definition made longer by this many bytes.
    static func padding(_ definition: Data, by length: Int) -> Data {
        stuffing(
            definition,
            with: Data("<!--".utf8) + Data(repeating: 0x20, count: length)
                + Data("-->".utf8))
    }

    private static let laughs = (1...9).map { n in
        "<!ENTITY l\(n) '\(String(repeating: "&l\(n - 1);", count: 10))'>"
    }

    /// Definitions that are none, or that mean harm.
    static let definitions: [Fault] = [
        Fault("no definition", "empty", ""),
        Fault("blanks", "not well-formed", " \n"),
        Fault("no XML", "not well-formed", Canary.inDefinition),
        Fault(
            "an open tag with a password", "not well-formed",
            "<domain><graphics passwd='\(Canary.inDefinition)'"),
        Fault(
            "an undeclared entity with a password for its name", "not well-formed",
            "<domain>&\(Canary.inDefinition);</domain>"),
        Fault(
            "tags that do not match", "not well-formed", "<domain><\(Canary.inDefinition)></domain>"
        ),
        Fault(
            "another root", "not 'domain'",
            "<\(Canary.inDefinition)>secret</\(Canary.inDefinition)>"),
        Fault("two definitions", .noPlan("not well-formed")) { $0 + $0 },
        Fault("a NUL byte", .noPlan("not well-formed")) { stuffing($0, with: Data([0])) },
        Fault("nothing but NUL bytes", .noPlan("not well-formed")) { _ in Data(count: 8192) },
        Fault("bytes that are no UTF-8", .noPlan("not well-formed")) {
            stuffing($0, with: Data([0xC3, 0x28, 0xFF]))
        },
        Fault("an encoding that is declared wrongly", .noPlan("not well-formed")) {
            declared("UTF-16") + Data([0xFF]) + $0
        },
        Fault("an unknown encoding", .noPlan("not well-formed")) {
            declared("x-unknown") + $0
        },
        Fault("UTF-16", .none) { definition in
            let text =
                String(decoding: declared("UTF-16"), as: UTF8.self)
                + String(decoding: definition, as: UTF8.self)
            return text.data(using: .utf16) ?? Data()
        },
        Fault("UTF-16 cut amid a character", .noPlan("not well-formed")) {
            (String(decoding: $0, as: UTF8.self).data(using: .utf16) ?? Data())
                // The end tag has ten characters, its line's end included.
                .dropLast(21)
        },
        Fault(
            "an external entity", "external",
            documented("[<!ENTITY x SYSTEM 'file:///etc/passwd'>]", name: "&x;")),
        Fault(
            "an external document type", "external",
            documented("SYSTEM 'http://127.0.0.1:1/domain.dtd'")),
        Fault(
            "a parameter entity", "parameter entity",
            documented("[<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]")),
        Fault(
            "a billion laughs", "entity made of",
            documented("[<!ENTITY l0 'ha'> \(laughs.joined(separator: " "))]", name: "&l9;")),
        Fault(
            "a quadratic blow-up", "entity made of",
            documented(
                "[<!ENTITY l '\(String(repeating: "l", count: 100_000))'>]",
                name: String(repeating: "&l;", count: 1000))),
        Fault("a million levels", .noPlan("not well-formed")) {
            stuffing(
                $0,
                with: Data(String(repeating: "<a>", count: 1_000_000).utf8)
                    + Data(String(repeating: "</a>", count: 1_000_000).utf8))
        },
        Fault("a million attributes", .noPlan("")) {
            let attributes = (0..<1_000_000).map { " a\($0)=''" }.joined()
            return stuffing($0, with: Data("<a\(attributes)/>".utf8))
        },
        Fault("17 MB", .noPlan("longer than 16 MiB")) { padding($0, by: 17 << 20) },
        Fault("100 MB", .noPlan("longer than 16 MiB")) { padding($0, by: 100 << 20) },
        Fault("no devices", .unprotectable("no PCI bus")) { definition in
            let text = String(decoding: definition, as: UTF8.self)
            let (start, end) = (text.firstRange(of: "<devices>"), text.firstRange(of: "</devices>"))
            guard let start, let end else { return definition }
            return Data((text[..<start.lowerBound] + text[end.upperBound...]).utf8)
        },
    ]

    /// Definitions cut short, the longest before their last line's end.
    static let truncations: [Fault] = stride(
        from: 97, to: Definition(machine: .microvm).data.count - 12, by: 97
    ).map { length in
        Fault("cut after \(length) bytes", .noPlan("not well-formed")) { $0.prefix(length) }
    }
}
