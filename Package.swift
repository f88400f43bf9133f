// swift-tools-version: 6.3
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// What every target of ours is compiled with.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// What the pure target is compiled with: it has no business with unsafe pointers.
let pure: [SwiftSetting] = strict + [.strictMemorySafety()]

/// The system calls that the library wraps.
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "virt-watchdog",
    products: [
        .executable(name: "virt-watchdog", targets: ["virt-watchdog"]),
        .executable(name: "virt-watchdog-hook", targets: ["virt-watchdog-hook"]),
        .executable(name: "virt-watchdogd", targets: ["virt-watchdogd"]),
        // For Tests/Fuzz alone, which is a package of its own.
        .library(name: "CLibXML2", targets: ["CLibXML2"]),
        .library(name: "DomainXML", targets: ["DomainXML"]),
        .library(name: "WatchdogPolicy", targets: ["WatchdogPolicy"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        // C
        .systemLibrary(
            name: "CLibXML2", pkgConfig: "libxml-2.0",
            providers: [.apt(["libxml2-dev"]), .yum(["libxml2-devel"])]),
        .systemLibrary(
            name: "CLibvirt", pkgConfig: "libvirt",
            providers: [.apt(["libvirt-dev"]), .yum(["libvirt-devel"])]),
        .target(name: "CICUData"),
        .target(name: "CSupport"),

        // Core
        .target(name: "WatchdogPolicy", swiftSettings: pure),
        .target(
            name: "DomainXML", dependencies: ["CLibXML2", "WatchdogPolicy"],
            swiftSettings: strict),

        // Shell
        .target(name: "System", dependencies: ["CSupport", systemPackage], swiftSettings: strict),
        .target(
            name: "Host", dependencies: ["CSupport", "System", "WatchdogPolicy", systemPackage],
            swiftSettings: strict),
        .target(
            name: "Libvirt", dependencies: ["CLibvirt", "Host", "System", systemPackage],
            swiftSettings: strict),
        .target(
            name: "TimerProbe", dependencies: ["Libvirt", "System", "WatchdogPolicy"],
            swiftSettings: strict),
        .target(
            name: "Protector",
            dependencies: [
                "DomainXML", "Host", "Libvirt", "System", "TimerProbe", "WatchdogPolicy",
                systemPackage, .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        .target(
            name: "VerifyGuest", dependencies: ["System"], exclude: ["guest.s"],
            swiftSettings: strict),

        // Executables
        .executableTarget(
            name: "virt-watchdog-hook",
            dependencies: [
                "CICUData", "DomainXML", "Host", "System", "WatchdogPolicy", systemPackage,
            ],
            exclude: ["link-order"], swiftSettings: strict),
        .executableTarget(
            name: "virt-watchdogd",
            dependencies: [
                "CICUData", "CSupport", "DomainXML", "Host", "Libvirt", "Protector", "System",
                "WatchdogPolicy", systemPackage,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "virt-watchdog",
            dependencies: [
                "CSupport", "DomainXML", "Host", "Libvirt", "Protector", "System", "TimerProbe",
                "VerifyGuest", "WatchdogPolicy", systemPackage,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // Tests
        .target(
            name: "Simulation",
            dependencies: [
                "Libvirt", "Protector", "TestSupport", "WatchdogPolicy",
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            path: "Tests/Simulation", swiftSettings: strict),
        .executableTarget(
            name: "simulate", dependencies: ["Simulation"], path: "Tests/Simulate",
            swiftSettings: strict),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(
            name: "WatchdogPolicyTests", dependencies: ["TestSupport", "WatchdogPolicy"],
            exclude: ["LoadProperties.java"],
            swiftSettings: strict),
        .testTarget(
            name: "DomainXMLTests", dependencies: ["DomainXML", "TestSupport", "WatchdogPolicy"],
            exclude: ["Golden"], swiftSettings: strict),
        .testTarget(
            name: "SystemTests", dependencies: ["System", "TestSupport", systemPackage],
            swiftSettings: strict),
        .testTarget(
            name: "HostTests",
            dependencies: ["Host", "System", "TestSupport", "WatchdogPolicy", systemPackage],
            swiftSettings: strict),
        .testTarget(
            name: "LibvirtTests", dependencies: ["Libvirt", "System", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "TimerProbeTests",
            dependencies: [
                "DomainXML", "Libvirt", "System", "TestSupport", "TimerProbe", "WatchdogPolicy",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ProtectorTests",
            dependencies: [
                "DomainXML", "Host", "Libvirt", "Protector", "Simulation", "System", "TestSupport",
                "TimerProbe", "WatchdogPolicy",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "VerifyGuestTests", dependencies: ["TestSupport", "VerifyGuest"],
            swiftSettings: strict),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "DomainXML", "Host", "Libvirt", "Protector", "System", "TestSupport", "TimerProbe",
                "VerifyGuest", "WatchdogPolicy", "virt-watchdog", systemPackage,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HookContract", dependencies: ["TestSupport", "WatchdogPolicy"],
            path: "Tests/HookContract", exclude: ["README.md"], swiftSettings: strict),
        .testTarget(
            name: "Live", dependencies: ["TestSupport"],
            path: "Tests/Live",
            exclude: ["README.md", "lab", "matrix-table"], swiftSettings: strict),
    ]
)
