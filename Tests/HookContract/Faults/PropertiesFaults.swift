// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension Fault {
    /// A fault of the properties file alone.
    ///
    /// - Parameter make: Puts something else at the file's path.
    private init(
        file name: String, _ effect: Effect,
        _ make: @escaping @Sendable (_ path: String) throws -> Void
    ) {
        self.init(
            name: "agent.properties: \(name)", effect: effect,
            arrange: { host in
                guard let path = host.chosenProperties else { return }
                try FileManager.default.removeItem(atPath: path)
                try make(path)
            })
    }

    /// A properties file with other contents, which settled a minute ago.
    private init(file name: String, _ effect: Effect, holding contents: Data) {
        self.init(file: name, effect) { path in
            try contents.write(to: URL(filePath: path))
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -60)], ofItemAtPath: path)
        }
    }

    private init(file name: String, _ effect: Effect, holding text: String) {
        self.init(file: name, effect, holding: Data(text.utf8))
    }

    /// A properties file on a file system with no room left.
    ///
    /// - Parameter commands: Shell commands that write it and fill the file system, `full`.
    private init(fullDisk name: String, _ effect: Effect, _ commands: String) {
        self.init(
            name: "agent.properties: \(name)", effect: effect,
            arrange: { host in
                host.prelude = """
                    mkdir full
                    mount -t tmpfs -o size=16k tmpfs full
                    \(commands)
                    touch -d '1 minute ago' full/agent.properties
                    """
                host.chosenProperties = host.folder.url.path + "/full/agent.properties"
            })
    }

    private static let fill = "cat /dev/zero >full/rest 2>/dev/null || :"
    private static let writePolicy = "printf '%s\\n' '\(HookCall.policy)' >full/agent.properties"

    /// Properties files that give no policy, or another one than they were to give.
    static let properties: [Fault] = [
        Fault(file: "missing", .leftAlone("No such file")) { _ in },
        Fault(file: "a folder", .leftAlone("not a regular file")) {
            try FileManager.default.createDirectory(atPath: $0, withIntermediateDirectories: true)
        },
        Fault(
            name: "agent.properties: not to be read", effect: .leftAlone("Permission denied"),
            arrange: { host in
                if let path = host.chosenProperties { chmod(path, 0o600) }
                host.wrapper = Host.asNobody
            }),
        Fault(file: "a FIFO without a writer", .leftAlone("not a regular file")) {
            mkfifo($0, 0o644)
        },
        Fault(file: "a device", .leftAlone("not a regular file")) { symlink("/dev/zero", $0) },
        Fault(file: "a socket", .leftAlone("cannot read the file")) { symlink("/dev/log", $0) },
        Fault(file: "a link to itself", .leftAlone("symbolic links")) { symlink($0, $0) },
        Fault(file: "100 MB, most of it nothing", .leftAlone("longer than 1 MiB")) {
            try Data("\(HookCall.policy)\n".utf8).write(to: URL(filePath: $0))
            truncate($0, 100 << 20)
        },
        Fault(file: "empty", .builtIn("the file is empty"), holding: ""),
        Fault(file: "blank", .builtIn("the file is empty"), holding: " \n\t\r\n"),
        Fault(file: "binary", .leftAlone("NUL byte"), holding: Data((0...255).map { UInt8($0) })),
        Fault(file: "NUL bytes", .leftAlone("NUL byte"), holding: Data(count: 4096)),
        Fault(
            file: "UTF-16", .leftAlone("UTF-16"),
            holding: Data(
                "\u{FEFF}\(HookCall.policy)\n".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
        ),
        Fault(
            file: "a byte order mark", .leftAlone("byte order mark"),
            holding: "\u{FEFF}vm.watchdog.model=none\n"),
        Fault(
            file: "another owner's odd line", .builtIn(""),
            holding: "keystore.passphrase=\(Canary.inProperties)\\u12"),
        Fault(
            file: "two lines glued together", .leftAlone(":1:21:"),
            holding: "vm.watchdog.enforce=truekeystore.passphrase=\(Canary.inProperties)"),
        Fault(file: "an unknown key", .builtIn(""), holding: "vm.watchdog.modell=none"),
        Fault(
            file: "keys without values", .builtIn(""),
            holding: "vm.watchdog.model=\nvm.watchdog.action"
        ),
        Fault(
            file: "a bad value", .leftAlone(":1:20:"),
            holding: "vm.watchdog.action=rest\n\(HookCall.policy)"),
        Fault(
            file: "a bad value behind comments", .leftAlone(":4:23:"),
            holding: "# a\r\n\r\n! b\r\n  vm.watchdog.enforce=yes\r\n"),
        Fault(
            file: "an escape that Java refuses", .leftAlone(":1:19:"),
            holding: #"vm.watchdog.model=i6300es\u00"#),
        Fault(
            file: "half-written, and never finished", .leftAlone(":2:21:"),
            holding: "vm.watchdog.existing=align\nvm.watchdog.enforce=tr"),
        Fault(
            name: "agent.properties: never still", effect: .none,
            arrange: { try $0.unsettleProperties() }),
        Fault(
            name: "agent.properties: on a file system that does not answer",
            effect: .noPlan("signal 14"),
            arrange: { host in
                // As a network file system whose server is gone: of FUSE, without a server.
                host.prelude = """
                    mkdir stuck
                    mknod layers/dev/fuse c 10 229
                    exec 8<>/dev/fuse
                    mount -t fuse -o fd=8,rootmode=40000,user_id=0,group_id=0 stuck stuck
                    sleep 60 <&8 >/dev/null 2>&1 8>&- &
                    echo $! >helper
                    exec 8>&-
                    """
                host.chosenProperties = host.folder.url.path + "/stuck/agent.properties"
            }),
        Fault(fullDisk: "on a full disk", .none, "\(writePolicy)\n\(fill)"),
        Fault(
            fullDisk: "emptied on a full disk", .builtIn("the file is empty"),
            "\(fill)\n\(writePolicy) 2>/dev/null || :"),
    ]
}

extension Host {
    /// Changes the properties file again and again until it is removed, for half a minute at most.
    func unsettleProperties() throws {
        let path = try #require(chosenProperties)
        try #require(utimes(path, nil) == 0)
        Thread.detachNewThread {
            let end = ContinuousClock.now + .seconds(30)
            while utimes(path, nil) == 0, ContinuousClock.now < end { usleep(5000) }
        }
    }
}
