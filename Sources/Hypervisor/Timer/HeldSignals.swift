internal import Glibc

/// The signals by which a user ends or stops a program, held back from the thread that runs.
public struct HeldSignals {
    private var before = sigset_t()

    /// Holds them; the C function is `pthread_sigmask`.
    public init() {
        var held = sigset_t()
        sigemptyset(&held)
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU] {
            sigaddset(&held, signal)
        }
        pthread_sigmask(SIG_BLOCK, &held, &before)
    }

    /// Lets those through that were let through before.
    public func release() {
        var before = before
        pthread_sigmask(SIG_SETMASK, &before, nil)
    }
}
