// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// `--dry-run` of install.sh, `setup` and `unsetup`, by a user who may write nothing.
@Suite(.enabled(if: Tool.isAvailable, Tool.needs))
struct DryRunTests {
    private let folder: TemporaryFolder
    private var root: String { folder.url.path }

    /// Copies the stage and the scripts to a place that all users can read.
    init() throws {
        folder = try TemporaryFolder()
        chmod(folder.url.path, 0o755)
        let tool = try #require(Repository.tool, Tool.needs)
        let script = """
            set -eu
            umask 022
            mkdir -p "$0/repository/hooks" "$0/repository/Tests/Live" "$0/host/etc/libvirt/hooks"
            cp -R "${2%/bin/virt-watchdog}" "$0/stage-usr"
            mkdir "$0/stage" && mv "$0/stage-usr" "$0/stage/usr"
            cp "$1/install.sh" "$0/repository"
            cp -R "$1/hooks/packages" "$0/repository/hooks"
            cp -R "$1/Tests/Live/lab" "$0/repository/Tests/Live"
            mkdir -m 0777 "$0/bin" "$0/calls"
            for name in apt-get dnf zypper swift; do
                printf '#!/bin/sh\\n: >"%s/calls/%s"\\n' "$0" "$name" >"$0/bin/$name"
                chmod 0755 "$0/bin/$name"
            done
            """
        let outcome = try Command(
            "/bin/sh", ["-c", script, folder.url.path, Repository.root.path, tool]
        ).run()
        try #require(outcome.status == 0, "\(outcome.errorText)")
    }

    /// Runs a program as this user, and as a user without rights, which only root can become.
    private func run(_ program: String, _ arguments: [String]) throws -> [Command.Outcome] {
        let environment = [
            "LC_ALL": "C", "PATH": "\(root)/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/",
        ]
        let own = try Command(program, arguments, environment: environment).run()
        guard Repository.isRoot else { return [own] }
        let other = try Command(
            try #require(Command.find("setpriv")),
            ["--reuid=65534", "--regid=65534", "--clear-groups", program] + arguments,
            environment: environment
        ).run()
        return [own, other]
    }

    /// Each file with the time of its last change, here and where an installation writes.
    private func snapshot() throws -> String {
        try Command(
            "/bin/sh",
            [
                "-c",
                """
                find "$0" /etc/libvirt /etc/virt-watchdog /run/virt-watchdog /run/libvirt/virt-watchdog \
                    /usr/bin/virt-watchdog* /usr/sbin/virt-watchdogd /usr/share/virt-watchdog \
                    -printf '%p %C@\\n' 2>/dev/null | sort
                """, root,
            ]
        ).run().text
    }

    @Test(arguments: [
        [], ["--no-deps"], ["--uninstall"], ["--demo"], ["--prefix", "/usr/local"],
        ["--destdir", "DIR"], ["--destdir", "DIR", "--uninstall"], ["--destdir", "/nonexistent/x"],
        ["--destdir", "STAGE"],
    ])
    func `install.sh names its steps, needs no root, and writes nothing`(
        _ options: [String]
    ) throws {
        let before = try snapshot()
        let outcomes = try run(
            "\(root)/repository/install.sh",
            ["--dry-run"]
                + options.map { ["DIR": "\(root)/host", "STAGE": "\(root)/stage"][$0] ?? $0 })
        for outcome in outcomes {
            #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
            #expect(outcome.text.contains("would run: "))
        }
        #expect(try snapshot() == before)
    }

    @Test func `setup and unsetup name their steps, need no root, and write nothing`() throws {
        let tool = "\(root)/stage/usr/bin/virt-watchdog"
        let setup = ["setup", "--destdir", "\(root)/host", "--from", "\(root)/stage"]
        let unsetup = ["unsetup", "--destdir", "\(root)/host"]
        for (isInstalled, arguments) in [(false, setup), (true, setup), (true, unsetup)] {
            if isInstalled { #expect(try Command(tool, setup).run().status == 0) }
            let before = try snapshot()
            for outcome in try run(tool, arguments + ["--dry-run"]) {
                #expect(outcome.status == 0, "\(outcome.errorText)")
                #expect(outcome.text.contains("/etc/libvirt/hooks/qemu"))
            }
            #expect(try snapshot() == before)
        }
        let before = try snapshot()
        for outcome in try run(tool, ["setup", "--dry-run", "--from", "\(root)/stage"]) {
            #expect(outcome.status == 0, "\(outcome.errorText)")
        }
        #expect(try snapshot() == before)
    }

    @Test func `The installed tool removes itself, without the sources`() throws {
        let setup = ["setup", "--destdir", "\(root)/host", "--from", "\(root)/stage"]
        let before = try Command("/usr/bin/find", ["\(root)/host"]).run().text
        #expect(try Command("\(root)/stage/usr/bin/virt-watchdog", setup).run().status == 0)
        try FileManager.default.removeItem(atPath: "\(root)/repository")
        try FileManager.default.removeItem(atPath: "\(root)/stage")
        let outcome = try Command(
            "\(root)/host/usr/bin/virt-watchdog", ["unsetup", "--destdir", "\(root)/host"]
        ).run()
        #expect(outcome.status == 0, "\(outcome.errorText)")
        #expect(try Command("/usr/bin/find", ["\(root)/host"]).run().text == before)
    }
}
