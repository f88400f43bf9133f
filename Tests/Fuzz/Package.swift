// swift-tools-version: 6.3
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// A package of its own, since its executables have no main: libFuzzer brings theirs, and
// instruments all that is built along with them. Tests/fuzz builds and runs them.

/// What every target is compiled with, as in the package that they test.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let policy = Target.Dependency.product(name: "WatchdogPolicy", package: "virt-watchdog")
let domain = Target.Dependency.product(name: "DomainXML", package: "virt-watchdog")
let libxml2 = Target.Dependency.product(name: "CLibXML2", package: "virt-watchdog")

let package = Package(
    name: "virt-watchdog-fuzz",
    products: [
        .executable(name: "fuzz-properties", targets: ["fuzz-properties"]),
        .executable(name: "fuzz-xml", targets: ["fuzz-xml"]),
        .executable(name: "fuzz-argv", targets: ["fuzz-argv"]),
    ],
    dependencies: [.package(name: "virt-watchdog", path: "../..")],
    targets: [
        .target(name: "FuzzSupport", dependencies: [policy], swiftSettings: strict),
        .executableTarget(
            name: "fuzz-properties", dependencies: ["FuzzSupport", policy], swiftSettings: strict),
        .executableTarget(
            name: "fuzz-xml", dependencies: ["FuzzSupport", domain, libxml2, policy],
            swiftSettings: strict),
        .executableTarget(
            name: "fuzz-argv", dependencies: ["FuzzSupport", policy], swiftSettings: strict),
    ]
)
