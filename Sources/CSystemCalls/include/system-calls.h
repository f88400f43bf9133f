#ifndef VIRT_WATCHDOG_SYSTEM_CALLS_H
#define VIRT_WATCHDOG_SYSTEM_CALLS_H

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Swift imports no function that takes a variable number of arguments. */
static inline int virt_watchdog_set_dumpable(int is_dumpable) {
    return prctl(PR_SET_DUMPABLE, (long)is_dumpable, 0L, 0L, 0L);
}

/* Nor does the C library show this one, which came with Linux 5.9, without _GNU_SOURCE. */
static inline int virt_watchdog_close_from(unsigned first) {
#ifdef SYS_close_range
    return (int)syscall(SYS_close_range, (unsigned long)first, ~0UL & 0xFFFFFFFF, 0UL);
#else
    return -1;
#endif
}

#endif
