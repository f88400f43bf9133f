/* For clone, which is Linux's own. */
#define _GNU_SOURCE

#include "system-calls.h"

#include <sched.h>
#include <signal.h>

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
