// SPDX-License-Identifier: Apache-2.0

/* A hook in C with libxml2, shared or static. At prepare it adds the watchdog as the last child of the last
   devices, and prints the definition; at migrate and restore it gives all watchdogs the action, and
   prints the definition if that changed one. */
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const xmlChar *const model = BAD_CAST "i6300esb", *const action = BAD_CAST "reset";

static xmlDocPtr readDefinition(void) {
    size_t capacity = 1 << 16, length = 0;
    char *text = malloc(capacity);
    ssize_t count;
    while (text && (count = read(STDIN_FILENO, text + length, capacity - length)) > 0) {
        length += count;
        if (length == capacity) { text = realloc(text, capacity *= 2); }
    }
    if (!text || count < 0) { return NULL; }
    xmlDocPtr document = xmlReadMemory(text, length, NULL, NULL, XML_PARSE_NONET | XML_PARSE_COMPACT);
    free(text);
    return document;
}

static int addWatchdog(xmlNodePtr domain) {
    xmlNodePtr devices = NULL;
    for (xmlNodePtr node = domain->children; node; node = node->next) {
        if (xmlStrEqual(node->name, BAD_CAST "devices")) { devices = node; }
    }
    xmlNodePtr watchdog = devices ? xmlNewChild(devices, NULL, BAD_CAST "watchdog", NULL) : NULL;
    return watchdog && xmlNewProp(watchdog, BAD_CAST "model", model)
           && xmlNewProp(watchdog, BAD_CAST "action", action);
}

static int setAction(xmlNodePtr domain) {
    int changes = 0;
    for (xmlNodePtr devices = domain->children; devices; devices = devices->next) {
        if (!xmlStrEqual(devices->name, BAD_CAST "devices")) { continue; }
        for (xmlNodePtr node = devices->children; node; node = node->next) {
            if (!xmlStrEqual(node->name, BAD_CAST "watchdog")) { continue; }
            xmlChar *former = xmlGetProp(node, BAD_CAST "action");
            if (former && !xmlStrEqual(former, action)) {
                xmlSetProp(node, BAD_CAST "action", action);
                changes++;
            }
            xmlFree(former);
        }
    }
    return changes;
}

static int writeAll(const xmlChar *text, int length) {
    for (ssize_t count; length > 0; text += count, length -= count) {
        count = write(STDOUT_FILENO, text, length);
        if (count < 0) { return 1; }
    }
    return 0;
}

int main(int count, char **arguments) {
    const char *operation = count > 2 ? arguments[2] : "";
    int prepares = strcmp(operation, "prepare") == 0;
    if (!prepares && strcmp(operation, "migrate") != 0 && strcmp(operation, "restore") != 0) { return 0; }
    xmlDocPtr document = readDefinition();
    xmlNodePtr domain = document ? xmlDocGetRootElement(document) : NULL;
    if (!domain || !xmlStrEqual(domain->name, BAD_CAST "domain")) { return 1; }
    if (!(prepares ? addWatchdog(domain) : setAction(domain))) { return 0; }
    xmlChar *output = NULL;
    int length;
    xmlDocDumpMemory(document, &output, &length);
    return output ? writeAll(output, length) : 1;
}
