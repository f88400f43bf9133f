// SPDX-License-Identifier: Apache-2.0

#ifndef VIRT_WATCHDOG_SYSTEM_CALLS_H
#define VIRT_WATCHDOG_SYSTEM_CALLS_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/eventfd.h>
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
/* Returns whether the program runs without a dynamic loader. */
int virt_watchdog_is_static(void);

/* Calls a function with the path of each object that is loaded; that of the program is empty. */
void virt_watchdog_visit_libraries(void (*visit)(const char *path, void *context), void *context);

#endif
}

/* Opens a place, and nothing that is there, unless the way to it leads into another file system; the C
   library has no function for this one, which came with Linux 5.6. */
static inline int virt_watchdog_open_place(const char *path) {
#ifdef SYS_openat2
    /* What <linux/openat2.h> calls open_how, with O_PATH and RESOLVE_NO_XDEV. */
    const struct {
        uint64_t flags, mode, resolve;
    } how = {.flags = 010000000 | O_CLOEXEC, .mode = 0, .resolve = 0x01};
    return (int)syscall(SYS_openat2, (long)AT_FDCWD, path, &how, sizeof how);
#else
    errno = ENOSYS;
    return -1;
/* Returns whether the program runs without a dynamic loader. */
int virt_watchdog_is_static(void);

/* Calls a function with the path of each object that is loaded; that of the program is empty. */
void virt_watchdog_visit_libraries(void (*visit)(const char *path, void *context), void *context);

#endif
}

/* Opens a descriptor that is readable once a process has ended; the C library of Debian 11 does not have
   this one, which came with Linux 5.3. */
static inline int virt_watchdog_open_process(int process) {
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, (long)process, 0L);
#else
    errno = ENOSYS;
    return -1;
/* Returns whether the program runs without a dynamic loader. */
int virt_watchdog_is_static(void);

/* Calls a function with the path of each object that is loaded; that of the program is empty. */
void virt_watchdog_visit_libraries(void (*visit)(const char *path, void *context), void *context);

#endif
}

/* Sends a signal to the process of such a descriptor; this one came with Linux 5.1. */
static inline int virt_watchdog_signal_process(int descriptor, int signal) {
#ifdef SYS_pidfd_send_signal
    return (int)syscall(SYS_pidfd_send_signal, (long)descriptor, (long)signal, NULL, 0L);
#else
    errno = ENOSYS;
    return -1;
#endif
}

/* Blocks signals in this thread, and opens a descriptor to read them from, which never waits. Returns the
   descriptor, or -1 with errno. <sys/signalfd.h> would make Swift see types of <signal.h> as this
   module's. */
int virt_watchdog_open_signals(const int *signals, int count);

/* Takes the number of a signal from such a descriptor; 0 if none has come. */
int virt_watchdog_read_signal(int descriptor);

/* Whether bytes stand in other bytes; the C library does not show memmem without _GNU_SOURCE. */
int virt_watchdog_has_bytes(const void *bytes, size_t count, const void *wanted, size_t wanted_count);

/* Returns whether the program runs without a dynamic loader. */
int virt_watchdog_is_static(void);

/* Calls a function with the path of each object that is loaded; that of the program is empty. */
void virt_watchdog_visit_libraries(void (*visit)(const char *path, void *context), void *context);

#endif
