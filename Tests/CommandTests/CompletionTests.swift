// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import virt_watchdog

/// What the shells offer: the scripts as they are recorded and installed, in the shells themselves.
///
/// `RECORD_GOLDEN=1` writes the scripts anew; look at each change then.
@Suite(.enabled(if: Tool.isAvailable, Tool.needs))
struct CompletionTests {
    /// A shell that completes our command lines.
    enum Shell: String, CaseIterable {
        case bash, zsh, fish

        /// The recorded script.
        var recorded: URL {
            let name =
                switch self {
                case .bash: "virt-watchdog.bash"
                case .zsh: "_virt-watchdog"
                case .fish: "virt-watchdog.fish"
                }
            return Repository.root.appending(path: "hooks/completions/\(name)")
        }

        /// Where the shell looks for the script.
        var installed: String {
            let path =
                switch self {
                case .bash: "/usr/share/bash-completion/completions/virt-watchdog"
                case .zsh: "/usr/share/zsh/site-functions/_virt-watchdog"
                case .fish: "/usr/share/fish/vendor_completions.d/virt-watchdog.fish"
                }
            return (Repository.stage ?? "") + path
        }

        /// The arguments that start it without a user's settings.
        fileprivate var command: String {
            switch self {
            case .bash: "bash --norc --noprofile -i"
            case .zsh: "zsh -f -i"
            case .fish: "fish --no-config -i"
            }
        }

        /// What to type into it to have the script.
        fileprivate var setup: String {
            switch self {
            case .bash: "PS1=; . '\(installed)'"
            case .zsh:
                "PS1=; fpath=('\((installed as NSString).deletingLastPathComponent)' $fpath);"
                    + " autoload -Uz compinit; compinit -u -D"
            case .fish: "function fish_prompt; end; source '\(installed)'"
            }
        }
    }

    /// A daemon that is nowhere.
    private static let nowhere = "qemu+unix:///system?socket=/nonexistent/libvirt-sock"

    @Test(arguments: Shell.allCases)
    func `The recorded script is what the tool prints`(_ shell: Shell) throws {
        let outcome = try Tool.run("--generate-completion-script", shell.rawValue)
        #expect(outcome.status == 0)
        if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
            try outcome.output.write(to: shell.recorded)
        }
        #expect(
            try Data(contentsOf: shell.recorded) == outcome.output,
            "RECORD_GOLDEN=1 ./Tests/run contract records it anew")
    }

    @Test(arguments: Shell.allCases)
    func `The recorded script is installed where the shell looks for it`(_ shell: Shell) {
        #expect(
            FileManager.default.contentsEqual(
                atPath: shell.recorded.path, andPath: shell.installed))
    }

    @Test(
        .enabled(
            if: Repository.runs(
                where: Shell.allCases.allSatisfy { Command.find($0.rawValue) != nil }),
            "needs bash, zsh and fish"),
        arguments: Shell.allCases)
    func `The tab key finishes commands, options, files and guests`(_ shell: Shell) throws {
        try expect(
            in: shell, uri: "test:///default",
            [
                ("virt-watchdog stat", "virt-watchdog status"),
                ("virt-watchdog status t", "status test"),
                ("virt-watchdog plan t", "plan test"),
                ("virt-watchdog apply --json t", "--json test"),
                ("virt-watchdog remove t", "remove test"),
                ("virt-watchdog status --ina", "status --inactive"),
                ("virt-watchdog verify --machine q", "--machine q35"),
                ("virt-watchdog patch --diff defi", "--diff definition.xml"),
                ("virt-watchdog config --properties mine", "--properties mine.properties"),
            ])
        try expect(
            in: shell, uri: Self.nowhere,
            [
                ("virt-watchdog status -c test:///default t", "test:///default test"),
                ("virt-watchdog plan --connect=test:///default t", "test:///default test"),
            ])
    }

    @Test
    func `Without a daemon no guest is offered, and nothing is said`() throws {
        let outcome = try Tool.run(
            "---completion", "status", "--", "positional@0", "2", "0", "virt-watchdog", "status",
            "", environment: ["LIBVIRT_DEFAULT_URI": Self.nowhere, "SAP_SHELL": "bash"])
        #expect(outcome.text.trimmingCharacters(in: .whitespacesAndNewlines) == "")
        #expect(outcome.error.isEmpty)
        #expect(outcome.status == 0)
    }

    @Test(arguments: [
        ("status", nil, "none is named"),
        ("status -c test:///default", "test:///default", "in one word"),
        ("status --connect test:///default web", "test:///default", "by its long name"),
        ("status --connect=test:///default", "test:///default", "with an equals sign"),
        ("status -c test : ///default web", "test:///default", "as bash splits it"),
        ("status --connect = test : ///default web", "test:///default", "likewise"),
        (
            "plan -c qemu+unix : ///system?socket = /run/x web",
            "qemu+unix:///system?socket=/run/x",
            "split twice"
        ),
        ("status -c 'test:///default'", "test:///default", "in quotes"),
        ("status -c", nil, "not named yet"),
        ("-c test:///default status", "test:///default", "before the command"),
        ("-ctest:///default status", "test:///default", "joined with the option"),
        ("-ctest : ///default status web", "test:///default", "joined and split"),
        (
            "status -c qemu+ssh://host/system", "qemu+ssh://host/system?no_tty=1",
            "ssh asks for no password"
        ),
        (
            "status -c qemu+ssh://host/system?x=1", "qemu+ssh://host/system?x=1&no_tty=1",
            "nor with more behind it"
        ),
    ])
    func `The command line names the daemon`(
        _ line: String, _ uri: String?, _ reason: String
    ) {
        let words = ["virt-watchdog"] + line.split(separator: " ").map(String.init)
        #expect(GuestCompletion(words: words) { _ in nil }.uri == uri)
        let fallback = GuestCompletion(words: words) { $0 == "LIBVIRT_DEFAULT_URI" ? "x" : nil }
        #expect(fallback.uri == uri ?? "x")
    }

    @Test(arguments: [
        ("web", true), ("i-2-7-VM", true), ("v1.2_a+b@c", true), ("gäst", true), ("客", true),
        ("$(reboot)", false), ("`reboot`", false), ("a b", false), ("a'b", false), ("a\\b", false),
        ("a:b", false), ("a\nb", false), ("*", false), ("~root", false), ("--all", false),
        ("a;b", false), ("a\u{202E}b", false), ("", false),
    ])
    func `A name that a shell would make something of is not offered`(
        _ name: String, _ isPlain: Bool
    ) {
        #expect(GuestCompletion.isPlain(name) == isPlain)
    }

    /// Types into a shell on a terminal, and expects its completions.
    private func expect(
        in shell: Shell, uri: String, _ lines: [(typed: String, shown: String)]
    ) throws {
        let zsh = try #require(Command.find("zsh"))
        let folder = try TemporaryFolder()
        try folder.write("definition.xml", "")
        try folder.write("mine.properties", "")
        let stage = try #require(Repository.stage)
        let arguments =
            [
                "-f", "-c", Self.driver, "driver", shell.command,
                "cd '\(folder.url.path)'; \(shell.setup)",
            ]
            + lines.flatMap { [$0.typed, $0.shown] }
        let outcome = try Command(
            zsh, arguments,
            environment: [
                "LC_ALL": "C.UTF-8", "PATH": "\(stage)/usr/bin:/usr/bin:/bin", "TERM": "vt100",
                "HOME": folder.url.path, "LIBVIRT_DEFAULT_URI": uri,
            ]
        ).run()
        #expect(outcome.text + outcome.errorText == "")
        #expect(outcome.status == 0)
    }

    /// Drives a shell on a terminal of its own, which is what zsh has a module for.
    ///
    /// Its arguments are the shell, a first line, and pairs of the text before the tab key and the
    /// text to expect after it. It prints the differences.
    private static let driver = #"""
        zmodload zsh/zpty zsh/datetime
        setopt extendedglob
        wait_for() {
            local -F end=$((EPOCHREALTIME + 60))
            local seen chunk
            while ((EPOCHREALTIME < end)); do
                if zpty -r -t shell chunk; then
                    seen+=$chunk
                    shown=${seen//$'\e'\[[0-9;?]#[a-zA-Z]/}
                    [[ $shown = *$1* ]] && return
                else
                    sleep 0.02
                fi
            done
            print -r -- "'$1' is not in: ${(V)shown}"
            return 1
        }
        zpty -b -e shell $1
        zpty -w shell "$2; echo rea''dy"
        wait_for ready || exit 1
        result=0
        for typed expected in "${@:3}"; do
            zpty -w -n shell "$typed"$'\t'
            wait_for "$expected" || result=1
            zpty -w -n shell $'\x05\x15'
            zpty -w shell "echo do''ne"
            wait_for done || exit 1
        done
        zpty -d shell
        exit $result
        """#
}
