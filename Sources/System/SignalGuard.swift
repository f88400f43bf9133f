internal import Glibc

/// Makes a process leave quietly on whatever would end it otherwise.
///
/// A hook that fails at `started` or `reconnect` costs a guest that runs. So each signal that can
/// be caught, the traps of Swift among them, and an alarm end in a handler that writes one line to
/// the log and leaves with 0. No core file is left behind, since a definition that migrates or is
/// restored carries passwords.
package enum SignalGuard {
    /// What the handler sends; prepared beforehand, since a handler cannot take memory.
    nonisolated(unsafe) private static var message: UnsafeMutablePointer<SystemLog.Message>?
    nonisolated(unsafe) private static var isInstalled = false
    /// What the handler leaves with, once that is decided and logged.
    nonisolated(unsafe) private static var decided: Int32?
    nonisolated(unsafe) private static var budget = TimeBudget(seconds: 0)

    /// Stands for the signal's number, two digits long, in the line that ``setMessage(_:)`` is given.
    package static let placeholder = "##"

    /// What the handler sends as long as there is nothing better.
    private static var firstLine: StaticString {
        """
        <11>virt-watchdog: op=hook guest="" uuid=- result=failed reason="hook ended as it \
        started: memory ran out or /proc is missing; the guest continues without it"
        """
    }

    /// Installs the handlers, and forbids core files; done once, it is done.
    ///
    /// It uses nothing of Swift's runtime and takes no memory that it cannot do without. The C
    /// functions are `mmap`, `sigaltstack`, `sigaction`, `sigprocmask` and `setitimer`.
    ///
    /// - Parameter seconds: After how many seconds to leave in any case. Time in which a signal has
    ///   stopped the process does not count.
    package static func install(leavingAfter seconds: UInt32) {
        guard !isInstalled else { return }
        isInstalled = true
        CurrentProcess.forbidCoreFile()

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
        action.__sigaction_handler.sa_sigaction = { number, information, _ in
            // Another process may send this signal, too.
            let isTick = number == SIGALRM && information?.pointee.si_code == fromKernel
            if isTick, !SignalGuard.budget.isSpent() { return }
            SignalGuard.leave(by: number)
        }
        action.sa_flags = SA_ONSTACK | SA_SIGINFO
        sigfillset(&action.sa_mask)
        // The C library refuses the two that it keeps for itself.
        var number: Int32 = 1
        while number <= lastSignal {
            if !isUnguarded(number) { sigaction(number, &action, nil) }
            number += 1
        }
        signal(SIGPIPE, SIG_IGN)
        // Else the kernel would keep no exit status of a child.
        signal(SIGCHLD, SIG_DFL)
        // An alarm that whoever runs us has blocked would never ring.
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
        budget = TimeBudget(seconds: seconds)
        let interval = timeval(tv_sec: 0, tv_usec: TimeBudget.interval / 1000)
        var timer = itimerval(it_interval: interval, it_value: interval)
        setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
    }

    /// Has all signals that can be caught wait until ``install(leavingAfter:)``.
    ///
    /// It uses nothing of Swift's runtime. The C function is `sigprocmask`.
    package static func blockSignals() {
        var all = sigset_t()
        sigfillset(&all)
        sigprocmask(SIG_SETMASK, &all, nil)
    }

    /// Says what the handler writes to the log from now on.
    ///
    /// - Parameter line: The line; the signal's number takes the place of ``placeholder``.
    package static func setMessage(_ line: String) {
        let message = UnsafeMutablePointer<SystemLog.Message>.allocate(capacity: 1)
        message.initialize(to: SystemLog.Message(line, severity: .error, placeholder: placeholder))
        Self.message = message
    }

    /// Sees to it that the process leaves also where the kernel keeps it waiting for a file, as on a
    /// network file system that does not answer: no handler runs then.
    ///
    /// Another thread leaves a moment later than the handler would. The C functions are `pthread_create`
    /// and `nanosleep`.
    package static func startHardDeadline() {
        var budget = budget
        budget.rest += TimeBudget.interval
        Thread.detach { [budget] in
            var budget = budget
            while !budget.isSpent() {
                var time = timespec(tv_sec: 0, tv_nsec: TimeBudget.interval)
                nanosleep(&time, nil)
            }
            leave(by: SIGALRM)
        }
    }

    /// Says what the handler leaves with from now on, without another line: what was decided holds.
    package static func setExitStatus(_ status: Int32) {
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

/// `SI_KERNEL`, which a signal of a timer has and one of another process has not.
private let fromKernel: CInt = 0x80

/// A time that runs while the process does, and stands still while a signal has stopped it.
private struct TimeBudget {
    /// How many nanoseconds lie between two looks.
    package static let interval = 100_000_000
    /// The most nanoseconds that count for one look: a busy host delays it for less than that.
    private static let longestInterval = 500_000_000

    /// How many nanoseconds are left.
    package var rest: Int
    private var last: Int

    package init(seconds: UInt32) {
        rest = Int(seconds) * 1_000_000_000
        last = Self.now
    }

    /// Takes the time since the last look, and returns whether none is left.
    package mutating func isSpent() -> Bool {
        let now = Self.now
        rest -= min(now - last, Self.longestInterval)
        last = now
        // The next look would be too late.
        return rest < Self.interval / 2
    }

    private static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
