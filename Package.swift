// swift-tools-version: 6.3
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
    ],
    targets: [
        // C
        .systemLibrary(
            name: "CLibXML2", pkgConfig: "libxml-2.0",
            providers: [.apt(["libxml2-dev"]), .yum(["libxml2-devel"])]),
        .systemLibrary(
            name: "CLibvirt", pkgConfig: "libvirt",
            providers: [.apt(["libvirt-dev"]), .yum(["libvirt-devel"])]),
        .target(name: "CBuildSettings"),
        .target(name: "CICUData"),
        .target(name: "CSystemCalls"),

        // Core
        .target(name: "WatchdogPolicy", swiftSettings: pure),
        .target(
            name: "DomainXML", dependencies: ["CLibXML2", "WatchdogPolicy"],
            swiftSettings: strict),

        // Shell
        .target(
            name: "HostSystem", dependencies: ["CBuildSettings", "CSystemCalls", "WatchdogPolicy"],
            swiftSettings: strict),
        .target(
            name: "Hypervisor",
            dependencies: ["CLibvirt", "DomainXML", "HostSystem", "WatchdogPolicy"],
            swiftSettings: strict),
        .target(
            name: "Protector",
            dependencies: [
                "DomainXML", "HostSystem", "Hypervisor", "WatchdogPolicy",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: strict),

        // Executables
        .executableTarget(
            name: "virt-watchdog-hook",
            dependencies: ["CICUData", "DomainXML", "HostSystem", "WatchdogPolicy"],
            exclude: ["link-order"], swiftSettings: strict),
        .executableTarget(
            name: "virt-watchdogd",
            dependencies: [
                "CBuildSettings", "CICUData", "DomainXML", "HostSystem", "Hypervisor", "Protector",
                "WatchdogPolicy",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "virt-watchdog",
            dependencies: [
                "CBuildSettings", "DomainXML", "HostSystem", "Hypervisor", "Protector",
                "WatchdogPolicy",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Verify/guest.s"], swiftSettings: strict),

        // Tests
        .target(
            name: "Simulation",
            dependencies: [
                "Hypervisor", "Protector", "TestSupport", "WatchdogPolicy",
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
            name: "HostSystemTests", dependencies: ["HostSystem", "TestSupport", "WatchdogPolicy"],
            swiftSettings: strict),
        .testTarget(
            name: "HypervisorTests",
            dependencies: ["DomainXML", "Hypervisor", "TestSupport", "WatchdogPolicy"],
            swiftSettings: strict),
        .testTarget(
            name: "ProtectorTests",
            dependencies: [
                "HostSystem", "Hypervisor", "Protector", "Simulation", "TestSupport",
                "WatchdogPolicy",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "DomainXML", "HostSystem", "Hypervisor", "Protector", "TestSupport",
                "WatchdogPolicy", "virt-watchdog",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HookContract", dependencies: ["TestSupport", "WatchdogPolicy"],
            path: "Tests/HookContract", exclude: ["README.md"], swiftSettings: strict),
        .testTarget(
            name: "Live", dependencies: ["TestSupport"],
            path: "Tests/Live",
            exclude: ["lab", "matrix-table"], swiftSettings: strict),
    ]
)
