// SPDX-License-Identifier: Apache-2.0

import Glibc
import Host
import Protector
import System
import SystemPackage
import WatchdogPolicy

/// A watcher and reader of the policy's file, on its own thread because the file system may hang.
final class PolicyReader: Sendable {
    private let watch: DirectoryWatch
    private let wakeup: Wakeup

    /// Creates an idle reader.
    init() throws(Errno) {
        watch = try DirectoryWatch()
        wakeup = try Wakeup()
    }

    /// Makes the thread read the policy, even without a change.
    func readSoon() { wakeup.post() }

    /// Starts the thread, which reads the policy now and after each change.
    ///
    /// - Parameter give: Takes the core's inputs.
    /// - Returns: Whether the thread started.
    func start(_ give: @escaping @Sendable (Input) -> Void) -> Bool {
        Thread.detach { [self] in
            var lastFault: String?
            while true {
                give(.policyIsChanging)
                // Watching first misses no later change.
                let names = watchAll()
                let policy = PolicyLoader.load(.ofEnvironment()).policy
                if let fault = policy.fault, fault != lastFault { Self.log(fault) }
                lastFault = policy.fault
                give(.policy(policy))
                waitForChange(of: names)
            }
        }
    }

    private static func log(_ fault: String) {
        let line = LogLine(
            operation: "policy", guest: "",
            failure: "\(fault); until you fix it, no guest is changed")
        SystemLog.send(line.text, severity: .error)
    }

    private func waitForChange(of names: [Int32: Set<String>]) {
        while true {
            let ready = Poll.readable(among: [watch.descriptor, wakeup.descriptor], timeout: nil)
            let isAsked = ready.contains(wakeup.descriptor)
            if isAsked { wakeup.drain() }
            // Read once for several changes.
            let hasChanged = watch.read().contains {
                $0.isOverflow || names[$0.watch]?.contains($0.name) == true
            }
            if isAsked || hasChanged { return }
        }
    }

    /// Watches each directory on the way to the policy's files, because any part may come or go.
    ///
    /// - Returns: The relevant names, by the watch of their directory.
    private func watchAll() -> [Int32: Set<String>] {
        let events = UInt32(
            IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB)
        var names: [Int32: Set<String>] = [:]
        let paths = Paths.ofEnvironment()
        for file in paths.chosenProperties.map({ [$0] }) ?? paths.properties {
            var places = [file]
            if let real = try? File.realPath(of: file), real != file { places.append(real) }
            for place in places {
                var parts = place.split(separator: "/")
                while let name = parts.popLast() {
                    let parent = "/" + parts.joined(separator: "/")
                    if let number = watch.add(parent, events) {
                        names[number, default: []].insert(String(name))
                    }
                }
            }
        }
        return names
    }
}
