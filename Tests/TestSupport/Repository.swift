// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// Where the tests find what they test.
public enum Repository {
    /// The folder with Package.swift.
    public static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The tree that `install.sh --destdir` wrote, as Tests/run passes it on.
    public static let stage = ProcessInfo.processInfo.environment["VIRT_WATCHDOG_STAGE"]

    /// The installed hook, or nothing where Tests/run did not build one.
    public static let hook = stage.map { $0 + "/etc/libvirt/hooks/qemu" }

    /// The installed tool, or nothing where Tests/run did not build one.
    public static let tool = stage.map { $0 + "/usr/bin/virt-watchdog" }

    /// The installed service, or nothing where Tests/run did not build one.
    public static let service = stage.map { $0 + "/usr/sbin/virt-watchdogd" }

    /// Whether this is CI, where no test may skip.
    public static let isCI = ProcessInfo.processInfo.environment["CI"] == "true"

    /// Whether the tests run as root.
    public static let isRoot = geteuid() == 0

    /// Returns whether a test runs: if its needs are met, and always in CI, where a missing need is
    /// a failure.
    public static func runs(where isPossible: Bool) -> Bool {
        isPossible || isCI
    }
}
