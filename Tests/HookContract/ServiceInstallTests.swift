// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The service's part of install.sh and `virt-watchdog setup`, with a stand-in for the compiler.
@Suite(
    .enabled(
        if: Repository.runs(
            where: Repository.isRoot && Command.find("unshare") != nil && Repository.tool != nil),
        "needs root, unshare(1), and VIRT_WATCHDOG_STAGE, the tree that Tests/run installs"))
struct ServiceInstallTests {
    private let folder: TemporaryFolder

    /// Copies install.sh and its files, and adds stand-ins for Swift and systemctl.
    init() throws {
        folder = try TemporaryFolder()
        for name in ["install.sh", "hooks"] {
            let copy = folder.url.appending(path: "repository/\(name)")
            try FileManager.default.createDirectory(
                at: copy.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.copyItem(at: Repository.root.appending(path: name), to: copy)
        }
        let tool = try #require(Repository.tool)
        try writeProgram(
            "swift",
            """
            while [ $# -gt 0 ]; do
                case $1 in
                --product) product=$2 ;;
                --scratch-path) scratch=$2 ;;
                esac
                shift
            done
            [ -n "${product:-}" ] || exit 0
            mkdir -p "$scratch/release"
            printf '#!/bin/sh\\n' >"$scratch/release/$product"
            chmod +x "$scratch/release/$product"
            [ "$product" != virt-watchdog ] || cp '\(tool)' "$scratch/release/$product"
            """)
        try writeProgram("clang", "echo \"${1#*=}\"")
        try writeProgram(
            "systemctl",
            """
            state=absent
            [ ! -e /usr/sbin/virt-watchdogd ] || state=present
            echo "$* ($state)" >>\(path("calls"))
            case $1 in
            is-active) exit 3 ;;
            is-enabled) cat \(path("enabled")) ;;
            restart) exec cat \(path("restarts")) ;;
            disable) exec cat \(path("disables")) ;;
            esac
            """)
        try folder.write("enabled", "disabled\n")
        try folder.write("restarts", "")
        try folder.write("disables", "")
        try folder.write("calls", "")
    }

    private func path(_ name: String) -> String { folder.url.path + "/" + name }

    private func writeProgram(_ name: String, _ text: String) throws {
        let file = try folder.write("bin/\(name)", "#!/bin/sh\n\(text)\n")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: file.path)
    }

    /// Runs shell commands on a host of their own, where `install` is install.sh.
    ///
    /// The host's `/usr`, `/etc` and `/run` are private to the commands.
    private func run(systemd: Bool = true, _ commands: String) throws -> Command.Outcome {
        let script = """
            set -eu
            mount --make-rprivate /
            mkdir '\(path("layers"))'
            mount -t tmpfs layers '\(path("layers"))'
            for name in usr etc; do
                mkdir '\(path("layers"))'/$name '\(path("layers"))'/$name-work
                mount -t overlay -o "lowerdir=/$name,upperdir=\(path("layers"))/$name,\
            workdir=\(path("layers"))/$name-work" overlay /$name
            done
            rm -rf /etc/libvirt/hooks /usr/sbin/virt-watchdogd
            mount -t tmpfs run /run
            \(systemd ? "mkdir -p /run/systemd/system" : "")
            PATH='\(path("bin"))':$PATH
            install() { '\(path("repository/install.sh"))' --no-deps --no-verify "$@"; }
            \(commands)
            """
        let unshare = try #require(Command.find("unshare"))
        return try Command(unshare, ["--mount", "/bin/sh", "-c", script]).run()
    }

    /// The calls of systemctl so far about the service, with the state of its file.
    private func calls() throws -> [String] {
        try String(contentsOfFile: path("calls"), encoding: .utf8).split(separator: "\n")
            .map(String.init).filter { !$0.hasPrefix("is-active") }
    }

    private static let started = [
        "daemon-reload (present)", "is-enabled virt-watchdogd.service (present)",
        "enable --quiet virt-watchdogd.service (present)",
        "restart virt-watchdogd.service (present)",
    ]

    @Test
    func
        `The service is enabled and started once its files are there, and restarted by an upgrade`()
        throws
    {
        let outcome = try run(
            """
            install
            test -x /usr/sbin/virt-watchdogd
            grep -x ExecStart=/usr/sbin/virt-watchdogd \
                /usr/lib/systemd/system/virt-watchdogd.service
            test -e /usr/share/man/man8/virt-watchdogd.8
            install
            """)
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
        #expect(try calls() == Self.started + Self.started)
    }

    @Test
    func `An uninstallation stops the service first, then removes its files`() throws {
        let outcome = try run(
            """
            install
            : >'\(path("calls"))'
            mkdir -p /run/libvirt/virt-watchdog
            install --uninstall
            test ! -e /usr/sbin/virt-watchdogd
            test ! -e /usr/lib/systemd/system/virt-watchdogd.service
            test ! -e /run/libvirt/virt-watchdog
            test -d /run/libvirt
            """)
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
        #expect(
            try calls() == [
                "disable --now --quiet virt-watchdogd.service (present)", "daemon-reload (absent)",
            ])
    }

    @Test
    func `A masked service stays off`() throws {
        try folder.write("enabled", "masked\n")
        let outcome = try run("install")
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
        #expect(outcome.text.contains("systemctl unmask virt-watchdogd"))
        #expect(try calls() == Array(Self.started.prefix(2)))
    }

    @Test
    func `A service that does not start is an error`() throws {
        try FileManager.default.removeItem(atPath: path("restarts"))
        let outcome = try run("install")
        #expect(outcome.status == 1)
        #expect(outcome.errorText.contains("journalctl -u virt-watchdogd"))
        #expect(try calls() == Self.started)
    }

    @Test
    func `A unit that systemd does not disable is an error, and the files are removed`() throws {
        try FileManager.default.removeItem(atPath: path("disables"))
        let outcome = try run(
            """
            install
            status=0
            install --uninstall || status=$?
            echo "uninstall: $status"
            ls /usr/sbin/virt-watchdogd /etc/libvirt/hooks/qemu 2>&1 || :
            """)
        #expect(outcome.text.contains("uninstall: 1\n"))
        #expect(outcome.errorText.contains("systemd did not disable virt-watchdogd.service"))
        #expect(!outcome.text.contains("\n/usr/sbin/virt-watchdogd\n"))
    }

    @Test
    func `Without systemd the installer says how to start the service`() throws {
        let outcome = try run(systemd: false, "install; install --uninstall")
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
        #expect(outcome.text.contains("    /usr/sbin/virt-watchdogd &\n"))
        #expect(!outcome.text.contains("old file"))
        #expect(try calls().isEmpty)
    }

    @Test
    func `The file is replaced while it runs, and an uninstallation ends the process`() throws {
        let outcome = try run(
            systemd: false,
            """
            cp "$(command -v sleep)" /usr/sbin/virt-watchdogd
            /usr/sbin/virt-watchdogd 60 &
            install
            kill -0 $!
            echo "runs on: $!"
            head -n 1 /usr/sbin/virt-watchdogd
            install --uninstall
            ! kill -0 $! 2>/dev/null || grep -q '^State:.Z' /proc/$!/status
            """)
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
        let process = try #require(outcome.text.firstMatch(of: /runs on: (\d+)\n(.*)\n/))
        #expect(process.2 == "#!/bin/sh")
        #expect(outcome.text.contains("process \(process.1) still runs the old file"))
        #expect(outcome.text.contains("Stopping virt-watchdogd, process \(process.1)"))
    }

    @Test
    func `A tree gets the files, and no systemd is asked`() throws {
        let tree = path("tree")
        let outcome = try run(
            """
            install --destdir '\(tree)'
            find '\(tree)' -name 'virt-watchdogd*' -printf '%m %P\\n' | sort
            install --destdir '\(tree)' --uninstall
            find '\(tree)' -name 'virt-watchdogd*'
            """)
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
        #expect(
            outcome.text.contains(
                """
                644 usr/lib/systemd/system/virt-watchdogd.service
                644 usr/share/man/man8/virt-watchdogd.8
                755 usr/sbin/virt-watchdogd

                """))
        #expect(outcome.text.hasSuffix("until they are shut off.\n"))
        #expect(try String(contentsOfFile: path("calls"), encoding: .utf8).isEmpty)
    }

    @Test(arguments: [
        ("/usr/local", "virt-watchdogd.service"),
        ("/opt/watchdog", "/opt/watchdog/lib/systemd/system/virt-watchdogd.service"),
    ])
    func `With a prefix the unit names it, and systemd finds the unit`(
        _ prefix: String, _ unit: String
    ) throws {
        // Only /usr is private. The first run builds the tool that the second one calls.
        let outcome = try run(
            """
            install --destdir '\(path("tree"))' --prefix \(prefix)
            install --dry-run --prefix \(prefix)
            cat '\(path("tree"))\(prefix)/lib/systemd/system/virt-watchdogd.service'
            """)
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
        #expect(outcome.text.contains("would run: systemctl enable --quiet \(unit)\n"))
        #expect(outcome.text.contains("\nExecStart=\(prefix)/sbin/virt-watchdogd\n"))
        #expect(outcome.text.contains("\nExecPaths=\(prefix)/sbin/virt-watchdogd\n"))
        #expect(outcome.text.contains("\nBindReadOnlyPaths=\(prefix)/sbin/virt-watchdogd\n"))
        #expect(!outcome.text.contains("/usr/sbin/virt-watchdogd"))
    }
}
