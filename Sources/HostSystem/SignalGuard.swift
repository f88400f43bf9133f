internal import Glibc

/// Makes a process leave with 0 on whatever would end it otherwise.
///
/// A hook that fails at `started` or `reconnect` costs a guest that runs. So each signal that can
/// be caught, the traps of Swift among them, and an alarm end in a handler that writes one line to
/// the log and leaves with `_exit(0)`.
public enum SignalGuard {
    /// What the handler sends; prepared beforehand, since a handler cannot take memory.
    nonisolated(unsafe) private static var message: UnsafeMutablePointer<SystemLog.Message>?

    /// Installs the handlers.
    ///
    /// The C functions are `sigaction`, `sigaltstack`, `sigprocmask` and `alarm`.
    ///
    /// - Parameters:
    ///   - seconds: After how many seconds to leave in any case.
    ///   - line: What to write to the log then.
    public static func install(leavingAfter seconds: UInt32, logging line: String) {
        let message = UnsafeMutablePointer<SystemLog.Message>.allocate(capacity: 1)
        message.initialize(to: SystemLog.Message(line, severity: .error))
        Self.message = message

        // A handler for a stack that ran over needs another stack.
        let size = 64 << 10
        var stack = stack_t()
        stack.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        stack.ss_size = size
        sigaltstack(&stack, nil)

        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in
            SignalGuard.message?.pointee.send()
            _exit(0)
        }
        action.sa_flags = SA_ONSTACK
        sigfillset(&action.sa_mask)
        // The C library refuses the two that it keeps for itself.
        for signal in 1...lastSignal where !isUnguarded(signal) {
            sigaction(signal, &action, nil)
        }
        signal(SIGPIPE, SIG_IGN)
        // An alarm that whoever runs us has blocked would never ring.
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
        alarm(seconds)
    }

    /// The last signal, one of those for real time, which end a process, too.
    private static let lastSignal: Int32 = 64

    /// Whether a signal cannot be caught, or does no harm by itself.
    private static func isUnguarded(_ signal: Int32) -> Bool {
        switch signal {
        case SIGKILL, SIGSTOP, SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGPIPE: true
        default: false
        }
    }
}
