/* What the hook does at prepare, in C with the shared libxml2: reads a definition, adds the watchdog
   as the last child of the last devices, and prints it. */
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <unistd.h>

int main(void) {
    size_t capacity = 1 << 16, length = 0;
    char *text = malloc(capacity);
    ssize_t count;
    while ((count = read(STDIN_FILENO, text + length, capacity - length)) > 0) {
        length += count;
        if (length == capacity) { text = realloc(text, capacity *= 2); }
    }
    xmlDocPtr document = xmlReadMemory(text, length, NULL, NULL, XML_PARSE_NONET);
    xmlNodePtr devices = NULL;
    for (xmlNodePtr node = xmlDocGetRootElement(document)->children; node; node = node->next) {
        if (xmlStrEqual(node->name, BAD_CAST "devices")) { devices = node; }
    }
    xmlNodePtr watchdog = xmlNewChild(devices, NULL, BAD_CAST "watchdog", NULL);
    xmlNewProp(watchdog, BAD_CAST "model", BAD_CAST "i6300esb");
    xmlNewProp(watchdog, BAD_CAST "action", BAD_CAST "reset");
    xmlChar *output;
    int outputLength;
    xmlDocDumpMemory(document, &output, &outputLength);
    return write(STDOUT_FILENO, output, outputLength) == outputLength ? 0 : 1;
}
