// SPDX-License-Identifier: Apache-2.0

import Testing
import WatchdogPolicy

/// The policy that a properties file gives, with all its settings and problems.
struct PolicyReportTests {
    private func report(_ text: String) -> PolicyReport {
        PolicyReport(reading: Array(text.utf8), from: "f")
    }

    @Test(
        arguments: [
            ("vm.watchdog.model=i6300ESB", Policy(model: .model(.i6300esb))),
            ("vm.watchdog.model=ib700", Policy(model: .model(.ib700))),
            ("vm.watchdog.model=DIAG288", Policy(model: .model(.diag288))),
            ("vm.watchdog.model=itco", Policy(model: .model(.itco))),
            ("vm.watchdog.model=None", Policy(model: .none)),
            ("vm.watchdog.action=RESET", Policy(action: .reset)),
            ("vm.watchdog.action=shutdown", Policy(action: .shutdown)),
            ("vm.watchdog.action=poweroff", Policy(action: .poweroff)),
            ("vm.watchdog.action=Pause", Policy(action: .pause)),
            ("vm.watchdog.action=\\u00\\\n70ause", Policy(action: .pause)),
            ("vm.watchdog.action=none", Policy(action: .none)),
            ("vm.watchdog.action=dump", Policy(action: .dump)),
            ("vm.watchdog.action=inject-nmi", Policy(action: .injectNMI)),
            ("vm.watchdog.action=INJECT_NMI", Policy(action: .injectNMI)),
            ("vm.watchdog.existing=keep", Policy(existing: .keep)),
            ("vm.watchdog.existing=Align", Policy(existing: .align)),
            ("vm.watchdog.running=new", Policy(running: .new)),
            ("vm.watchdog.running=NEW", Policy(running: .new)),
            ("vm.watchdog.running=all", Policy(running: .all)),
            ("vm.watchdog.running : All", Policy(running: .all)),
            ("vm.watchdog.running ALL", Policy(running: .all)),
            ("vm.watchdog.running=\\u0061ll", Policy(running: .all)),
            ("vm.watchdog.persist=TRUE", Policy(persist: true)),
            ("vm.watchdog.persist=false", Policy(persist: false)),
            ("vm.watchdog.enforce=true", Policy(enforce: true)),
            ("vm.watchdog.monitor=no", Policy(usesMonitor: false)),
            ("vm.watchdog.monitor=NO", Policy(usesMonitor: false)),
            ("vm.watchdog.monitor=false", Policy(usesMonitor: false)),
            ("vm.watchdog.monitor=Yes", Policy.builtIn),
            ("vm.watchdog.monitor=true", Policy.builtIn),
            (
                "vm.watchdog.include=i-*-VM, x ,,",
                Policy(include: [GuestPattern("i-*-VM"), GuestPattern("x")])
            ),
            (
                "vm.watchdog.include=a,\\\n  b",
                Policy(include: [GuestPattern("a"), GuestPattern("b")])
            ),
            ("vm.watchdog.exclude=r-*", Policy(exclude: [GuestPattern("r-*")])),
            ("", Policy.builtIn),
            ("other.key=1\n", Policy.builtIn),
        ] as [(String, Policy)])
    func `Each key takes each of its values, in upper and lower case`(text: String, policy: Policy)
    {
        let report = report(text)
        #expect(report.policy == policy)
        #expect(!report.hasErrors)
    }

    @Test(
        arguments: [
            ("vm.watchdog.action=resett", 1, 20, "'reset'"),
            ("\nvm.watchdog.action = pwoeroff", 2, 22, "'poweroff'"),
            ("vm.watchdog.model=i6300", 1, 19, "'i6300esb'"),
            ("vm.watchdog.model=ib7000", 1, 19, "'ib700'"),
            ("vm.watchdog.existing=aligned", 1, 22, "'align'"),
            ("vm.watchdog.running=al", 1, 21, "'all'"),
            ("vm.watchdog.running=everything", 1, 21, "valid: new, all"),
            ("vm.watchdog.running=now", 1, 21, "'new'"),
            ("vm.watchdog.running=true", 1, 21, "unknown value 'true'"),
            ("vm.watchdog.running=all,new", 1, 21, "valid: new, all"),
            ("vm.watchdog.running=all # soon", 1, 21, "a comment cannot follow a value"),
            ("vm.watchdog.persist=yes", 1, 21, "'true'"),
            ("vm.watchdog.enforce=no", 1, 21, "'false'"),
            ("vm.watchdog.enforce=flase", 1, 21, "'false'"),
            ("vm.watchdog.monitor=off", 1, 21, "'no'"),
            ("vm.watchdog.monitor=1", 1, 21, "'yes'"),
            ("vm.watchdog.monitor=yse", 1, 21, "valid: no, yes"),
            ("vm.watchdog.action=res", 1, 20, "'reset'"),
            ("vm.watchdog.action=reset # now", 1, 20, "a comment cannot follow a value"),
            ("vm.watchdog.action=\"reset\"", 1, 20, "quotes are taken literally"),
            ("vm.watchdog.action==reset", 1, 20, "'reset'"),
            ("vm.watchdog.action=\\u00zzreset", 1, 20, "malformed"),
            ("vm.watchdog.exclude=\\u00zz", 1, 21, "malformed"),
            ("vm.watchdog.action=reset\nvm.watchdog.action=x", 2, 20, "unknown value 'x'"),
        ] as [(String, Int, Int, String)])
    func `A bad value is an error with place and nearest valid value, and guests are left alone`(
        text: String, line: Int, column: Int, part: String
    ) {
        let report = report(text)
        let place = SourcePosition(line: line, column: column)
        #expect(
            report.problems.contains {
                $0.severity == .error && $0.position == place && $0.message.contains(part)
            }, "\(report.problems)")
        #expect(report.hasErrors)
        #expect(report.policy.fault?.hasPrefix("f:\(line):\(column): error: ") == true)
    }

    @Test(
        arguments: [
            ("vm.watchdog.action=reset ", "blanks"),
            ("vm.watchdog.action=reset\\u00a0", "blanks"),
            ("vm.watchdog.action=\\ reset", "blanks"),
            ("vm.watchdog.action=", "the default is effective: 'reset'"),
            ("vm.watchdog.model=  \t", "the default is effective: 'i6300esb'"),
            ("vm.watchdog.running=", "the default is effective: 'new'"),
            ("vm.watchdog.running=new\\u0020", "blanks"),
            ("vm.watchdog.runing=all", "did you mean 'vm.watchdog.running'?"),
            ("vm.watchdog.Running=all", "did you mean 'vm.watchdog.running'?"),
            ("vm.watchdog.actoin=reset", "did you mean 'vm.watchdog.action'?"),
            ("vm.watchdog.action.foo=reset", "did you mean 'vm.watchdog.action'?"),
            ("VM.Watchdog.Action=reset", "did you mean 'vm.watchdog.action'?"),
            ("vm.watchdog.action=pause\nvm.watchdog.action=reset", "set again further down"),
            ("", "the file is empty"),
            (" \r\n", "the file is empty"),
        ] as [(String, String)])
    func `A value that is understood all the same gives a warning`(text: String, part: String) {
        let report = report(text)
        #expect(report.problems.count == 1)
        #expect(report.problems.first?.severity == .warning)
        #expect(report.problems.first?.message.contains(part) == true, "\(report.problems)")
        #expect(report.policy == .builtIn)
    }

    @Test func `An empty last duplicate means the default, as in Java`() {
        #expect(report("vm.watchdog.action=pause\nvm.watchdog.action=").policy.action == .reset)
    }

    @Test(
        arguments: [
            ("\u{FEFF}vm.watchdog.model=none", 1), ("\u{FEFF}\u{FEFF}vm.watchdog.model=none", 1),
            ("\u{FEFF}  vm.watchdog.model=none", 1),
            ("\u{FEFF}VM.watchdog.x=1\nvm.watchdog.action=pause\n\u{FEFF}vm.watchdog.model=x", 3),
            ("a=b\r\n\u{FEFF}vm.watchdog.model=none", 2),
            ("\u{FEFF}# a comment \\\nvm.watchdog.model=none", 2),
            ("vm.watchdog.exclude=a,\\\n\u{FEFF}b", 1),
            ("\\ufeffvm.watchdog.model=none", 1),
            ("\u{EF}\u{BB}\u{BF}vm.watchdog.model=none", 1),
        ] as [(String, Int)])
    func `A byte order mark before one of our keys is an error, and guests are left alone`(
        text: String, line: Int
    ) {
        let report = report(text)
        let errors = report.problems.filter { $0.severity == .error }
        #expect(errors.first?.position == SourcePosition(line: line, column: 1))
        #expect(errors.first?.message.contains("save") == true)
        #expect(errors.first?.message.contains("without a byte order mark") == true)
        #expect(report.policy.fault?.hasPrefix("f:\(line):1: error: ") == true)
    }

    @Test(arguments: ["# a comment\n", "other.key=1\n", "\n", "", "! x\r"])
    func `A byte order mark before anything else is a warning`(start: String) {
        let report = report("\u{FEFF}\(start)\nvm.watchdog.action=pause\n")
        #expect(report.problems.map(\.severity) == [.warning])
        #expect(report.problems.first?.position == SourcePosition(line: 1, column: 1))
        #expect(report.policy == Policy(action: .pause))
    }

    @Test(arguments: [
        "vm.watchdog.model\u{A0}=none", "\u{200B}vm.watchdog.model=none",
        "vm.watch\u{AD}dog.model=none", "vm.watchdog.model\\u200b=none",
        "vm.watchdog.model\u{7F}=none",
    ])
    func `A key with an invisible character is an error`(text: String) {
        let report = report(text)
        #expect(report.problems.map(\.severity) == [.error])
        #expect(report.policy.fault?.contains("vm.watchdog.model") == true)
    }

    @Test(arguments: [true, false], [true, false])
    func `UTF-16 and UTF-32 are an error, in both orders, with and without a mark`(
        isBigEndian: Bool, hasMark: Bool
    ) {
        for (width, name) in [(2, "UTF-16"), (4, "UTF-32")] {
            for text in ["vm.watchdog.model=none\n", "# ü\nbüro=1\n"] {
                let scalars = ((hasMark ? "\u{FEFF}" : "") + text).unicodeScalars
                let bytes = scalars.flatMap { scalar in
                    let little = (0..<width).map {
                        UInt8(truncatingIfNeeded: scalar.value >> ($0 * 8))
                    }
                    return isBigEndian ? little.reversed() : little
                }
                let report = PolicyReport(reading: bytes, from: "f")
                #expect(report.problems.map(\.severity) == [.error])
                let start = "f:1:1: error: the file is in \(name)"
                #expect(report.policy.fault?.hasPrefix(start) == true)
                #expect(report.problems.first?.message.contains("save it as UTF-8") == true)
            }
        }
    }

    @Test(
        arguments: [
            ("\0", 1, 1), ("a=b\nc=\0", 2, 3), ("vm.watchdog.action=pause\n# \0\n", 2, 3),
            ("vm.watchdog.model\0=none", 1, 18), ("\0vm.watchdog.model=none", 1, 1),
            ("vm.watchdog.action=pause\n" + String(repeating: "\0", count: 4096), 2, 1),
        ] as [(String, Int, Int)])
    func `A NUL byte is an error, wherever it is`(text: String, line: Int, column: Int) {
        let report = report(text)
        #expect(report.problems.map(\.severity) == [.error])
        #expect(report.policy.fault?.hasPrefix("f:\(line):\(column): error: the file has") == true)
    }

    @Test(
        arguments: [
            ("büro-*", "büro-pc", true, "UTF-8"), ("büro-*", "bÃ¼ro-pc", true, "as Java reads it"),
            ("a, kīмсhī-∨м ,b", "kīмсhī-∨м", true, "bytes that look like control characters"),
            ("v-à", "v-à", true, "a last byte that looks like a blank"),
            ("v-à,b", "v-à", true, "the same before a comma"),
            ("b\\u00fcro", "büro", true, "an escape is a character"),
            ("b\\u00fcro-ü", "büro-ü", true, "an escape beside UTF-8"),
            ("\\u00fcü", "üü", true, "an escape directly before UTF-8"),
            ("\\u043cм", "мм", true, "an escape beyond Latin-1 beside UTF-8"),
            ("\\ud83d\\ude00ü", "😀ü", true, "an escaped pair of surrogates"),
            ("\\u00c3\\u00bc", "ü", false, "escapes are no bytes"),
            ("\\u00c3\\u00bc", "Ã¼", true, "but characters"),
            ("?", "ü", true, "one character in UTF-8"), ("b?ro", "büro", true, "the name's, too"),
            ("e\u{301}", "\u{E9}", false, "to libvirt, names are bytes"),
            ("a?b", "a,b", true, "a comma"),
        ] as [(String, String, Bool, String)])
    func `Patterns match as Java reads them, and as UTF-8 if their bytes are UTF-8`(
        value: String, name: String, matches: Bool, reason: String
    ) {
        for key in ["vm.watchdog.include", "vm.watchdog.exclude"] {
            let report = report("\(key)=\(value)\n")
            #expect(report.problems == [], "\(reason)")
            let patterns = report.policy.include + report.policy.exclude
            #expect(patterns.contains { $0.matches(name) } == matches, "\(reason)")
        }
    }

    @Test func `Each pattern of a list may be in another encoding`() {
        let bytes = Array("vm.watchdog.exclude=b".utf8) + [0xFC] + Array("ro,tür,x".utf8)
        let report = PolicyReport(reading: bytes, from: "f")
        #expect(
            report.policy.exclude == [
                GuestPattern("büro"), GuestPattern("tÃ¼r", utf8Text: "tür"), GuestPattern("x"),
            ])
        let setting = report.settings.first { $0.key == .exclude }
        #expect(setting?.value == "büro,tÃ¼r,x")
        #expect(setting?.utf8Value == "büro,tür,x")
        #expect(report.raw.map(\.value) == ["büro,tÃ¼r,x"])
    }

    @Test func `A byte that is a blank only in Latin-1 starts no glued entry`() {
        let report = report("vm.watchdog.exclude=v-à-ī-с")
        #expect(report.problems == [])
        #expect(
            report.raw.map(\.value)
                == [String(String.UnicodeScalarView("v-à-ī-с".utf8.map { Unicode.Scalar($0) }))])
    }

    @Test func `A malformed escape elsewhere is an error, but the policy is in force`() {
        let report = report("other=\\u00zz\nvm.watchdog.action=pause")
        #expect(report.hasErrors)
        #expect(report.problems.first?.position == SourcePosition(line: 1, column: 7))
        #expect(report.policy == Policy(action: .pause))
    }

    @Test func `Settings name their source`() {
        let report = report("# x\nvm.watchdog.action: \\\n  pause\nvm.watchdog.model=\n")
        let action = report.settings.first { $0.key == .action }
        #expect(action?.value == "pause")
        #expect(action?.position == SourcePosition(line: 3, column: 3))
        #expect(report.settings.first { $0.key == .model }?.position == nil)
        #expect(report.settings.map(\.key) == PolicyKey.allCases)
    }

    @Test func `Raw entries are ours alone, as Java reads them, and the last of duplicates`() {
        let report = report(
            """
            keystore.passphrase=hunter2
            vm.watchdog.action=pause
            vm.watchdog.action = reset\\u0020
            vm.watchdog.foo=bar
            VM.watchdog.model=x
            """)
        #expect(
            report.raw.map { [$0.key, $0.value] } == [
                ["vm.watchdog.action", "reset "], ["vm.watchdog.foo", "bar"],
            ])
    }

    @Test func `No part of a report holds another key or its value`() {
        let report = report(
            "keystore.passphrase=hunter2\\u00zz\nhunter2\nvm.watchdog.model=\\\nhunter=x\n hunter2: 1"
        )
        #expect(!"\(report)".contains("hunter2"))
    }

    @Test(arguments: [
        "vm.watchdog.action=reset\\\nkeystore.passphrase=hunter2",
        "vm.watchdog.action=\\\n  keystore.passphrase=hunter2",
        "vm.watchdog.\\\naction=reset\\\n  keystore.passphrase=hunter2",
    ])
    func `A line that a backslash glues to one of ours is not quoted`(text: String) {
        let report = report(text)
        #expect(report.policy.fault?.contains("joins the next line to it") == true)
        #expect(report.policy.fault?.contains("hunter2") == false)
        #expect(!"\(report.problems)".contains("hunter2"))
    }

    @Test(
        arguments: [
            ("vm.watchdog.action=resetkeystore.passphrase=hunter2", "resetkeystore.passphrase=…"),
            ("vm.watchdog.exclude=akeystore.passphrase=hunter2", "akeystore.passphrase=…"),
            ("vm.watchdog.include=a\\\nkeystore.passphrase=hunter2", "akeystore.passphrase=…"),
            ("vm.watchdog.unknown=keystore.passphrase=hunter2", "keystore.passphrase=…"),
            ("vm.watchdog.unknown==keystore.passphrase=hunter2", "=keystore.passphrase=…"),
            ("vm.watchdog.unknown=keystore.passphrase=\\u0338hunter2", "keystore.passphrase=…"),
            ("vm.watchdog.action=resetkeystore.passphrase:hunter2", "resetkeystore.passphrase:…"),
            ("vm.watchdog.action=resetkeystore.passphrase hunter2", "resetkeystore.passphrase …"),
            ("vm.watchdog.action=reset\\nkeystore.passphrase:hunter2", "reset\n…"),
            ("vm.watchdog.action=reset\u{0}hunter2", "reset\u{0}…"),
            ("vm.watchdog.action=reset\\u0085hunter2", "reset\u{85}…"),
            ("vm.watchdog.include=i-*\\\nkeystore.passphrase hunter2", "i-*keystore.passphrase …"),
            ("vm.watchdog.exclude=i-*keystore.passphrase:hunter2", "i-*keystore.passphrase:…"),
            // One of ours without a value, and another entry behind its key.
            ("vm.watchdog.actionkeystore.passphrase=hunter2", "…"),
            ("vm.watchdog.actionpassphrase=hunter2", "…"),
            ("vm.watchdog.unknown\\\npassphrase=hunter2", "…"),
            ("vm.watchdog.actionkeystore.passphrase\\=hunter2", "…"),
            ("vm.watchdog.actionkeystore.passphrase\\u003dhunter2", "…"),
            ("vm.watchdog.unknown\\u0338keystore.passphrase=hunter2", "…"),
        ] as [(String, String)])
    func `An entry that was glued to one of ours is not shown, not even as a valid value`(
        text: String, raw: String
    ) {
        let report = report(text)
        #expect(!"\(report)".contains("hunter2"))
        #expect(report.raw.map(\.value) == [raw])
        #expect(
            (report.policy.fault != nil)
                == report.raw.contains { PolicyKey(rawValue: $0.key) != nil })
    }

    @Test func `The time to read a large file grows linearly with its length`() {
        func time(lines count: Int) -> Duration {
            let lines = (0..<count).map { "vm.watchdog.key\($0)=\\u00zz\nother\($0)=\\uq\n" }
            let text = lines.joined()
            let start = ContinuousClock.now
            #expect(report(text).problems.count == 3 * count)
            return ContinuousClock.now - start
        }
        let short = min(time(lines: 1000), time(lines: 1000))
        let long = min(time(lines: 8000), time(lines: 8000))
        #expect(long / short < 30, "8 is linear, 64 is quadratic")
    }

    @Test func `A key cannot forge a line`() {
        let report = report("vm.watchdog.\\nx=1\nvm.watchdog.\\nx=2\nvm.watchdog.\0=1")
        #expect(report.problems.count == 3)
        for problem in report.problems {
            #expect(!problem.message.unicodeScalars.contains { $0.value < 0x20 })
        }
    }

    @Test func `Problems come in the order of the file`() {
        let report = report("vm.watchdog.x=1\nother=\\uq\nvm.watchdog.action=y\nvm.watchdog.z=1")
        #expect(report.problems.compactMap(\.position?.line) == [1, 2, 3, 4])
    }

    @Test func `A file that cannot be read leaves guests alone`() {
        let report = PolicyReport(unreadable: "f", because: "it is no file")
        #expect(report.hasErrors)
        #expect(report.policy.fault == "f: it is no file")
    }
}
