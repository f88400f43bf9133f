/* Stands in for the protector where only the hook is measured: tells the log that it was started. */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int count, char **arguments) {
    struct sockaddr_un log = {AF_UNIX, "/dev/log"};
    const char *line = count > 1 && strcmp(arguments[1], "protect") == 0 ? "stand-in: protect" : "stand-in";
    sendto(socket(AF_UNIX, SOCK_DGRAM, 0), line, strlen(line), 0, (struct sockaddr *)&log, sizeof log);
    return 0;
}
