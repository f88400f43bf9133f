/* For clone, which is Linux's own. */
#define _GNU_SOURCE

#include "system-calls.h"

#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>

struct program {
    char *const *arguments;
    char *const *environment;
};

/* Runs in its parent's memory, in which nothing but the stack is its own: it does no more than to call
   the kernel. */
static int execute(void *context) {
    const struct program *program = context;
    static const int signals[] = {SIGPIPE, SIGCHLD, SIGCONT, SIGURG, SIGWINCH};
    for (size_t index = 0; index < sizeof signals / sizeof *signals; index++)
        signal(signals[index], SIG_DFL);
    if (virt_watchdog_close_from(0) == 0 && open("/dev/null", O_RDWR) == 0 && dup2(0, 1) == 1 &&
        dup2(0, 2) == 2 && setsid() != -1 && chdir("/") == 0)
        execve(program->arguments[0], program->arguments, program->environment);
    _exit(0);
}

int virt_watchdog_start_aside(char *const *arguments, char *const *environment) {
    static char stack[16 << 10] __attribute__((aligned(16)));
    static struct program program;
    program = (struct program){arguments, environment};
    return clone(execute, stack + sizeof stack, CLONE_VM | SIGCHLD, &program);
}

int virt_watchdog_open_signals(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int index = 0; index < count; index++)
        sigaddset(&set, signals[index]);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int virt_watchdog_read_signal(int descriptor) {
    struct signalfd_siginfo information;
    ssize_t count;
    do
        count = read(descriptor, &information, sizeof information);
    while (count < 0 && errno == EINTR);
    return count == sizeof information ? (int)information.ssi_signo : 0;
}
