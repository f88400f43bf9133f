// SPDX-License-Identifier: Apache-2.0

#include <unicode/utypes.h>

/*
 * An empty data table under ICU's entry-point name. It keeps ICU's 30 MB of data out of the static
 * executables: UTF-8, UTF-16 and Latin-1 need none of it. ICU finds no valid header here and reports
 * every other converter as missing. It is hidden, since libvirt's own ICU must find its own table.
 */
__attribute__((visibility("hidden"))) const struct {
    uint16_t header_size;
    uint8_t magic[2];
    uint8_t rest[60];
} U_ICUDATA_ENTRY_POINT = {0};
