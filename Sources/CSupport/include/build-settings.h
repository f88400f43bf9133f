// SPDX-License-Identifier: Apache-2.0

#ifndef VIRT_WATCHDOG_BUILD_SETTINGS_H
#define VIRT_WATCHDOG_BUILD_SETTINGS_H

/* install.sh --prefix writes this file, since a definition with quotes gets lost on its way through
   the build's command lines. */
#if __has_include(<virt-watchdog-prefix.h>)
#include <virt-watchdog-prefix.h>
#endif

/* The directory of the service. */
#ifndef VIRT_WATCHDOG_SBINDIR
#define VIRT_WATCHDOG_SBINDIR "/usr/sbin"
#endif

/* The version that every executable reports. */
#define VIRT_WATCHDOG_VERSION "0.1.0"

#endif
