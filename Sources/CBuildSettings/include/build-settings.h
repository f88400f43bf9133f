#ifndef VIRT_WATCHDOG_BUILD_SETTINGS_H
#define VIRT_WATCHDOG_BUILD_SETTINGS_H

/* The folder the protector is started from; install.sh --prefix passes another one with -Xcc -D. */
#ifndef VIRT_WATCHDOG_BINDIR
#define VIRT_WATCHDOG_BINDIR "/usr/bin"
#endif

/* The version that every executable reports. */
#define VIRT_WATCHDOG_VERSION "0.1.0"

#endif
