// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Fault {
    /// A fault of the guest's name, in the arguments and where XML can say it in the definition.
    private init(name bytes: [UInt8], _ reason: String) {
        self.init(
            name: "a guest's name \(reason)", effect: .none,
            arguments: { [bytes] + $0.words.map { Array($0.utf8) } })
    }

    /// Arguments as libvirt never gives them, or only for a guest with an odd name.
    static let arguments: [Fault] = [
        Fault(
            name: "not even the hook's own name", effect: .none, arguments: { _ in [] },
            hidesOperation: true,
            arrange: { host in
                // No shell can do this, and Python's own functions refuse to.
                host.program = [
                    "/usr/bin/python3", "-c",
                    "import ctypes as c; l = c.CDLL(None, use_errno=True); n = (c.c_char_p * 1)()\n"
                        + "l.execve(b'/etc/libvirt/hooks/qemu', n, n)",
                ]
            }),
        Fault(name: "no arguments", effect: .none, arguments: { _ in [] }, hidesOperation: true),
        Fault(
            name: "two arguments", effect: .none,
            arguments: { [Array($0.guest.name.utf8), Array($0.name.utf8)] }, hidesOperation: true),
        Fault(
            name: "fifty arguments", effect: .none,
            arguments: { call in
                let words = [call.guest.name] + call.words
                return (words + Array(repeating: "more", count: 50 - words.count))
                    .map { Array($0.utf8) }
            }),
        Fault(name: Array("a\nop=prepare guest=\"b\" plan=refuse".utf8), "with a line end"),
        Fault(name: [0xFF, 0xC3, 0x28, 0xED, 0xA0, 0x80], "that is no UTF-8"),
        Fault(name: Array(repeating: UInt8(ascii: "n"), count: 4096), "4 KB long"),
        Fault(name: [], "that is empty"),
        Fault(name: Array("%s%n\u{1B}[2J".utf8), "that would steer a terminal"),
    ]
}
