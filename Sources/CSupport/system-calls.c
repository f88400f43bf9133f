// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "system-calls.h"

#include <link.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
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

int virt_watchdog_is_static(void) {
    return getauxval(AT_BASE) == 0;
}

struct visitor {
    void (*visit)(const char *path, void *context);
    void *context;
};

static int visit_object(struct dl_phdr_info *object, size_t size, void *visitor) {
    (void)size;
    struct visitor *own = visitor;
    own->visit(object->dlpi_name, own->context);
    return 0;
}

void virt_watchdog_visit_libraries(void (*visit)(const char *path, void *context), void *context) {
    struct visitor visitor = {visit, context};
    dl_iterate_phdr(visit_object, &visitor);
}
