// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Exits with status 0 on each signal that would end the process.
///
/// If a hook fails at `started` or `reconnect`, libvirt kills the running guest. Each signal that can be
/// caught, Swift's traps among them, and a timer therefore end in a handler. It logs one line and exits
/// with 0. The process leaves no core file: the domain XML of a migrating or restored guest has its
/// passwords.
package enum SignalGuard {
    /// The line that the handler sends; composed beforehand, since a handler cannot allocate memory.
    nonisolated(unsafe) private static var message: UnsafeMutablePointer<SystemLog.Message>?
    nonisolated(unsafe) private static var isInstalled = false
    /// The exit status, once it is decided and logged.
    nonisolated(unsafe) private static var decided: Int32?
    nonisolated(unsafe) private static var budget = TimeBudget(seconds: 0)

    /// The place of the signal's two-digit number in the line for ``setMessage(_:)``.
    package static let placeholder = "##"

    /// The line that the handler sends before ``setMessage(_:)``.
    private static var firstLine: StaticString {
        """
        <11>virt-watchdog: op=hook guest="" uuid=- result=failed reason="hook ended as it \
        started: memory ran out or /proc is missing; the guest continues without it"
        """
    }

    /// Installs the handlers, and forbids core files; a second call does nothing.
    ///
    /// It does not use Swift's runtime, and survives a failed allocation. The C
    /// functions are `mmap`, `sigaltstack`, `sigaction`, `sigprocmask` and `setitimer`.
    ///
    /// - Parameter seconds: The timeout after which the process exits. Time in which a signal has stopped
    ///   the process does not count.
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
            // Another process may also send this signal.
            let isTick = number == SIGALRM && information?.pointee.si_code == fromKernel
            if isTick, !SignalGuard.budget.isSpent() { return }
            SignalGuard.leave(by: number)
        }
        action.sa_flags = SA_ONSTACK | SA_SIGINFO
        sigfillset(&action.sa_mask)
        // The C library refuses its own two signals.
        var number: Int32 = 1
        while number <= lastSignal {
            if !isUnguarded(number) { sigaction(number, &action, nil) }
            number += 1
        }
        signal(SIGPIPE, SIG_IGN)
        // Otherwise the kernel keeps no exit status of a child.
        signal(SIGCHLD, SIG_DFL)
        // A parent may have blocked the alarm.
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
        budget = TimeBudget(seconds: seconds)
        let interval = timeval(tv_sec: 0, tv_usec: TimeBudget.interval / 1000)
        var timer = itimerval(it_interval: interval, it_value: interval)
        setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
    }

    /// Blocks all signals until ``install(leavingAfter:)``.
    ///
    /// It does not use Swift's runtime. The C function is `sigprocmask`.
    package static func blockSignals() {
        var all = sigset_t()
        sigfillset(&all)
        sigprocmask(SIG_SETMASK, &all, nil)
    }

    /// Sets the line that the handler logs.
    ///
    /// - Parameter line: The line; the signal's number replaces ``placeholder``.
    package static func setMessage(_ line: String) {
        let message = UnsafeMutablePointer<SystemLog.Message>.allocate(capacity: 1)
        message.initialize(to: SystemLog.Message(line, severity: .error, placeholder: placeholder))
        Self.message = message
    }

    /// Starts a thread that ends the process if no handler can run.
    ///
    /// No handler runs while the kernel blocks the process, as on a network file system that does not
    /// answer. The thread exits a moment later than the handler would. The C functions are `pthread_create`
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

    /// Sets the exit status of the handler, which then logs no line.
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

    /// The last of the real-time signals, which also end a process.
    private static var lastSignal: Int32 { 64 }

    /// Whether a signal cannot be caught, or does not end a process.
    private static func isUnguarded(_ signal: Int32) -> Bool {
        switch signal {
        case SIGKILL, SIGSTOP, SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGPIPE: true
        default: false
        }
    }
}

/// `SI_KERNEL`, the code of a timer's signal, which no other process can send.
private let fromKernel: CInt = 0x80

/// A timeout that does not count time in which a signal has stopped the process.
private struct TimeBudget {
    /// The nanoseconds between two checks.
    package static let interval = 100_000_000
    /// The most nanoseconds that count for one check: a busy host delays it for less than that.
    private static let longestInterval = 500_000_000

    /// The nanoseconds that are left.
    package var rest: Int
    private var last: Int

    package init(seconds: UInt32) {
        rest = Int(seconds) * 1_000_000_000
        last = Self.now
    }

    /// Subtracts the time since the last check, and returns whether none is left.
    package mutating func isSpent() -> Bool {
        let now = Self.now
        rest -= min(now - last, Self.longestInterval)
        last = now
        // The next check would be too late.
        return rest < Self.interval / 2
    }

    private static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
