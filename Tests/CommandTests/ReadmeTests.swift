// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import WatchdogPolicy

/// The README and the other documents against the policy, the tool and the repository.
struct ReadmeTests {
    private let readme = try? MarkdownPage("README.md")

    @Test
    func `The README has at most 180 lines`() throws {
        #expect(try #require(readme).lines.count <= 180)
    }

    @Test
    func `The commands that install and test stand at the top of the README`() throws {
        let top = try #require(readme).lines.prefix(30)
        for command in ["sudo ./install.sh", "sudo ./Tests/run"] {
            #expect(top.contains { $0 == command || $0.hasPrefix(command + "  ") }, "\(command)")
        }
    }

    @Test
    func `The README's table has every key of the policy with its values and its default`() throws {
        let rows = try #require(readme).rows(below: "Policy")
        #expect(rows.map(\.first) == PolicyKey.allCases.map { "`\($0.rawValue)`" })
        for (row, key) in zip(rows, PolicyKey.allCases) {
            try #require(row.count == 3, "\(row)")
            var other = Policy.builtIn
            let valid = try #require(key.set("=", in: &other)?.valid, "'=' is no valid value")
            if valid.count > 1 {
                for value in valid {
                    let isThere = row[1].contains("`\(value)`")
                    #expect(isThere, "\(key.rawValue): \(value)")
                }
            }
            let value = key.value(in: .builtIn)
            let isDefault = row[2].hasPrefix(value.isEmpty ? "empty" : "`\(value)`")
            #expect(isDefault, "\(key.rawValue): \(row[2]) instead of \(value)")
        }
    }

    @Test(.enabled(if: Tool.isAvailable, Tool.needs))
    func `The README's table has every command, and the README names no other`() throws {
        let page = try #require(readme)
        let commands = try CommandTree.commands().map(\.path).filter { !$0.isEmpty }
            .map { $0.joined(separator: " ") }
        let listed = page.rows(below: "Commands").compactMap { row in
            row.first?.firstMatch(of: /^`virt-watchdog ([a-z-]+)/).map { String($0.output.1) }
        }
        #expect(listed.sorted() == commands.sorted())
        let text = page.lines.joined(separator: "\n")
        let named = text.matches(of: /(?:`|sudo |\$ |# )virt-watchdog ([a-z][a-z-]*)/)
            .map { String($0.output.1) }
        #expect(named.count > commands.count)
        #expect(Set(named).subtracting(commands) == [])
    }

    @Test(arguments: MarkdownPage.paths)
    func `Every relative link leads to a file`(_ path: String) throws {
        for target in try MarkdownPage(path).linkedPaths {
            #expect(MarkdownPage.exists(target), "\(target)")
        }
    }

    @Test(arguments: MarkdownPage.paths)
    func `Every file of the repository that a document names exists`(_ path: String) throws {
        let spans = try MarkdownPage(path).codeSpans.filter {
            $0.wholeMatch(of: #/(\.github|Sources|Tests|hooks)/[^\s<>]*/#) != nil
                && !$0.contains("NAME")
        }
        for span in spans {
            #expect(MarkdownPage.exists(span), "\(span)")
        }
    }

    @Test
    func `The README has the section to which install.sh sends the operator`() throws {
        let script = try String(
            contentsOf: Repository.root.appending(path: "install.sh"), encoding: .utf8)
        let titles = script.matches(of: /"([^"]+)" in README\.md/).map { String($0.output.1) }
        let lines = try #require(readme).lines
        for title in titles {
            #expect(lines.contains("## \(title)"), "\(title)")
        }
    }
}
