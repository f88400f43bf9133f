#define _GNU_SOURCE
#include "system-calls.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

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

int virt_watchdog_has_bytes(const void *bytes, size_t count, const void *wanted, size_t wanted_count) {
    return memmem(bytes, count, wanted, wanted_count) != NULL;
}
