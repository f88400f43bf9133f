#include <unicode/utypes.h>

/*
 * An empty data table under ICU's entry-point name, so that a fully static hook does not carry
 * ICU's 30 MB of data: UTF-8, UTF-16 and Latin-1 need none of it. ICU finds no valid header here
 * and reports every other converter as missing.
 */
const struct {
    uint16_t header_size;
    uint8_t magic[2];
    uint8_t rest[60];
} U_ICUDATA_ENTRY_POINT = {0};
