// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The paths that Sources/README.md describes.
struct SourceLayoutTests {
    /// A file of the sources.
    private struct SourceFile {
        /// The path below `Sources`.
        var path: String
        var text: String

        var module: String { path.split(separator: "/").first.map(String.init) ?? "" }
        /// The name without the extension and without what follows a plus sign.
        var name: String {
            (path as NSString).lastPathComponent.components(separatedBy: ".swift")[0]
        }

        func captures(_ pattern: String) throws -> [String] {
            let expression = try NSRegularExpression(pattern: pattern, options: .anchorsMatchLines)
            let range = NSRange(text.startIndex..., in: text)
            return expression.matches(in: text, range: range).compactMap { match in
                Range(match.range(at: 1), in: text).map { String(text[$0]) }
            }
        }
    }

    /// The modules in the order of Sources/README.md: each imports only modules before it.
    private static let order = [
        "CLibXML2", "CLibvirt", "CICUData", "CSupport", "WatchdogPolicy", "DomainXML", "System",
        "Host", "Libvirt", "TimerProbe", "Protector", "VerifyGuest", "virt-watchdog-hook",
        "virt-watchdogd", "virt-watchdog",
    ]

    private static let files: [SourceFile] = {
        let root = Repository.root.appending(path: "Sources")
        let paths = FileManager.default.subpaths(atPath: root.path) ?? []
        return paths.filter { $0.hasSuffix(".swift") }.compactMap { path in
            (try? String(contentsOf: root.appending(path: path), encoding: .utf8)).map {
                SourceFile(path: path, text: $0)
            }
        }
    }()

    private static let importPattern = #"^(?:package |internal |public )?import (\w+)"#

    @Test
    func `Every module imports only modules above it`() throws {
        #expect(Self.files.count > 100)
        for file in Self.files {
            let index = try #require(Self.order.firstIndex(of: file.module), "\(file.path)")
            for module in try file.captures(Self.importPattern) where Self.order.contains(module) {
                #expect(Self.order[..<index].contains(module), "\(file.path) imports \(module)")
            }
        }
    }

    @Test(arguments: [
        ("CLibXML2", ["DomainXML"]), ("CLibvirt", ["Libvirt"]),
        (
            "WatchdogPolicy",
            [
                "DomainXML", "Host", "TimerProbe", "Protector", "virt-watchdog-hook",
                "virt-watchdogd", "virt-watchdog",
            ]
        ),
    ])
    func `A module is imported only where it belongs`(module: String, importers: [String]) throws {
        let found = try Self.files.filter { try $0.captures(Self.importPattern).contains(module) }
        #expect(!found.isEmpty)
        for file in found { #expect(importers.contains(file.module), "\(file.path)") }
    }

    @Test(arguments: [("GuestFacts", "WatchdogPolicy/Guest/"), ("Plan", "WatchdogPolicy/Plan/")])
    func `A type of the policy is extended only beside it`(type: String, directory: String) throws {
        for file in Self.files {
            let extended = try file.captures(#"^extension (\w+)\b"#)
            guard extended.contains(type) else { continue }
            #expect(file.path.hasPrefix(directory), "\(file.path)")
        }
    }

    @Test
    func `Every file is named after a type that it declares or extends`() throws {
        for file in Self.files {
            let parts = file.name.split(separator: "+").map(String.init)
            let type = try #require(parts.first?.split(separator: ".").last.map(String.init))
            let declared = try file.captures(
                #"^(?:(?:package|public|private|final|indirect|@\w+)\s+)*"#
                    + #"(?:struct|class|enum|protocol|actor|typealias) (\w+)"#)
            let extended = try file.captures(#"^extension ([\w.]+)"#).flatMap {
                $0.components(separatedBy: ".")
            }
            // Free functions for texts, as the standard library has `print`.
            if file.path.hasPrefix("WatchdogPolicy/Text/") { continue }
            if parts.count > 1 {
                #expect((declared + extended).contains(type), "\(file.path)")
            } else {
                #expect(declared.contains(type), "\(file.path)")
            }
        }
    }
}
