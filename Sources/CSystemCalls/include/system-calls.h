#ifndef VIRT_WATCHDOG_SYSTEM_CALLS_H
#define VIRT_WATCHDOG_SYSTEM_CALLS_H

#include <sys/prctl.h>

/* Swift imports no function that takes a variable number of arguments. */
static inline int virt_watchdog_set_dumpable(int is_dumpable) {
    return prctl(PR_SET_DUMPABLE, (long)is_dumpable, 0L, 0L, 0L);
}

#endif
