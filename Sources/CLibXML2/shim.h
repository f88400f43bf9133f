// SPDX-License-Identifier: Apache-2.0

#ifndef VIRT_WATCHDOG_CLIBXML2_SHIM_H
#define VIRT_WATCHDOG_CLIBXML2_SHIM_H

#include <libxml/xmlversion.h>
/* libxml2 with ICU shows ICU's headers, too, which Swift's compiler refuses beside Foundation's copy of
   them. Only the end of a structure that is not used here depends on it. */
#undef LIBXML_ICU_ENABLED

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlsave.h>

/* Has the text of a node written as it is, for it is markup. libxml2 tells by this array, whose length
   Swift would have to know. */
static inline void virt_watchdog_set_markup(xmlNodePtr text) {
    text->name = xmlStringTextNoenc;
}

/* Whether a node is such a text. */
static inline int virt_watchdog_is_markup(const xmlNode *node) {
    return node->type == XML_TEXT_NODE && node->name == xmlStringTextNoenc;
}

#endif
