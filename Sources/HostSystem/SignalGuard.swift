internal import Glibc

/// Makes a process leave quietly on whatever would end it otherwise.
///
/// A hook that fails at `started` or `reconnect` costs a guest that runs. So each signal that can
/// be caught, the traps of Swift among them, and an alarm end in a handler that writes one line to
/// the log and leaves with 0. No core file is left behind, since a definition that migrates or is
/// restored carries passwords.
public enum SignalGuard {
    /// What the handler sends; prepared beforehand, since a handler cannot take memory.
    nonisolated(unsafe) private static var message: UnsafeMutablePointer<SystemLog.Message>?
    nonisolated(unsafe) private static var isInstalled = false
    /// What the handler leaves with, once that is decided and logged.
    nonisolated(unsafe) private static var decided: Int32?

    /// Stands for the signal's number, two digits long, in the line that ``explain(with:)`` is given.
    public static let placeholder = "##"

    /// What the handler sends as long as there is nothing better.
    private static var firstLine: StaticString {
        """
        <11>virt-watchdog: op=hook guest="" uuid=- result=failed reason="the hook was cut short while it \
        started, as it is where memory runs out or /proc is missing; the guest goes on without it"
        """
    }

    /// Installs the handlers, and forbids core files; done once, it is done.
    ///
    /// It uses nothing of Swift's runtime and takes no memory that it cannot do without. The C
    /// functions are `mmap`, `sigaltstack`, `sigaction`, `sigprocmask` and `alarm`.
    ///
    /// - Parameter seconds: After how many seconds to leave in any case.
    public static func install(leavingAfter seconds: UInt32) {
        guard !isInstalled else { return }
        isInstalled = true
        forbidCoreFile()

        // A handler for a stack that ran over needs another stack.
        let size = 64 << 10
        let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        if let memory, memory != MAP_FAILED {
            var stack = stack_t()
            stack.ss_sp = memory
            stack.ss_size = size
            sigaltstack(&stack, nil)
        }

        var action = sigaction()
        action.__sigaction_handler.sa_handler = { SignalGuard.leave(by: $0) }
        action.sa_flags = SA_ONSTACK
        sigfillset(&action.sa_mask)
        // The C library refuses the two that it keeps for itself.
        var number: Int32 = 1
        while number <= lastSignal {
            if !isUnguarded(number) { sigaction(number, &action, nil) }
            number += 1
        }
        signal(SIGPIPE, SIG_IGN)
        // An alarm that whoever runs us has blocked would never ring.
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
        alarm(seconds)
    }

    /// Says what the handler writes to the log from now on.
    ///
    /// - Parameter line: The line; the signal's number takes the place of ``placeholder``.
    public static func explain(with line: String) {
        let message = UnsafeMutablePointer<SystemLog.Message>.allocate(capacity: 1)
        message.initialize(to: SystemLog.Message(line, severity: .error, placeholder: placeholder))
        Self.message = message
    }

    /// Sees to it that the process leaves also where the kernel keeps it waiting for a file, as on a
    /// network file system that does not answer: no handler runs then.
    ///
    /// Another thread leaves a moment after the alarm was to ring. The C functions are `getitimer`,
    /// `pthread_create` and `nanosleep`.
    public static func leaveWhileStuck() {
        var timer = itimerval()
        getitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer)
        var time = timespec(
            tv_sec: timer.it_value.tv_sec, tv_nsec: timer.it_value.tv_usec * 1000)
        time.tv_nsec += 100_000_000
        time.tv_sec += time.tv_nsec / 1_000_000_000
        time.tv_nsec %= 1_000_000_000
        Crew.start { [time] in
            withUnsafePointer(to: time) { _ = nanosleep($0, nil) }
            leave(by: SIGALRM)
        }
    }

    /// Says what the handler leaves with from now on, without another line: what was decided holds.
    public static func leaveQuietly(with status: Int32) {
        decided = status
    }

    private static func leave(by signal: Int32) {
        if let decided { _exit(decided) }
        if let message {
            message.pointee.fillIn(signal)
            message.pointee.send()
        } else {
            SystemLog.send(whole: firstLine)
        }
        _exit(0)
    }

    /// The last signal, one of those for real time, which end a process, too.
    private static var lastSignal: Int32 { 64 }

    /// Whether a signal cannot be caught, or does no harm by itself.
    private static func isUnguarded(_ signal: Int32) -> Bool {
        switch signal {
        case SIGKILL, SIGSTOP, SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGPIPE: true
        default: false
        }
    }
}
