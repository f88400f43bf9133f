// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Fault {
    /// The signals that end or stop a process and can be caught, by number.
    private static let fatal: [(name: String, number: Int32)] = [
        ("HUP", SIGHUP), ("INT", SIGINT), ("QUIT", SIGQUIT), ("ILL", SIGILL), ("TRAP", SIGTRAP),
        ("ABRT", SIGABRT), ("BUS", SIGBUS), ("FPE", SIGFPE), ("USR1", SIGUSR1),
        ("SEGV", SIGSEGV), ("USR2", SIGUSR2), ("ALRM", SIGALRM), ("TERM", SIGTERM),
        ("STKFLT", 16), ("TSTP", SIGTSTP), ("TTIN", SIGTTIN), ("TTOU", SIGTTOU),
        ("XCPU", SIGXCPU), ("XFSZ", SIGXFSZ), ("VTALRM", SIGVTALRM), ("PROF", SIGPROF),
        ("IO", SIGIO), ("PWR", SIGPWR), ("SYS", SIGSYS), ("RTMIN", 34), ("RTMAX", 64),
    ]

    /// Signals at every moment at which the hook waits for something. A call that reads no
    /// definition waits for nothing, and is over before a signal can be sent.
    static let signals: [Fault] = fatal.flatMap { signal in
        Moment.allCases.map { moment in
            Fault(
                name: "SIG\(signal.name) \(moment)",
                effect: .noPlan("signal \(signal.number < 10 ? "0" : "")\(signal.number)"),
                event: .signal(signal.number, moment),
                concerns: { call in
                    switch moment {
                    case .amidOutput: call.prints
                    case .amidPolicy, .beforeInput, .amidInput, .afterInput: call.reads
                    }
                },
                arrange: { host in
                    if moment == .amidPolicy { try host.unsettleProperties() }
                    guard moment == .amidOutput else { return }
                    host.prelude = stuckPipe
                    host.redirections = ">stuck"
                })
        }
    }
}
