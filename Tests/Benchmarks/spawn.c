// SPDX-License-Identifier: Apache-2.0

/* Runs programs one at a time and prints the cost of each. Small and static: a process's peak
   memory starts at its parent's, and a large parent's would hide it.

   A line on standard input: the file for the program's standard input, the one for its standard
   output, the program and its arguments, with a tab between them. A line on standard output: the exit
   status, wall-clock nanoseconds, CPU microseconds of the program and its children, peak KiB. A run
   ends when the program has exited and every copy of its standard error is closed, as with libvirt.

   Where it may, it runs them before all others (SCHED_FIFO), so that a machine with other work
   to do measures much the same as one without. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void run(char **words) {
    int source = open(words[0], O_RDONLY | O_CLOEXEC);
    int target = open(words[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (source < 0 || target < 0) { perror(source < 0 ? words[0] : words[1]); exit(1); }
    int error[2];
    if (pipe2(error, O_CLOEXEC) != 0) { perror("pipe2"); exit(1); }
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    pid_t child = fork();
    if (child == 0) {
        dup2(source, STDIN_FILENO);
        dup2(target, STDOUT_FILENO);
        dup2(error[1], STDERR_FILENO);
        execv(words[2], words + 2);
        perror(words[2]);
        _exit(127);
    }
    close(error[1]);
    char text[4096];
    ssize_t count;
    while ((count = read(error[0], text, sizeof text)) > 0) fwrite(text, 1, count, stderr);
    close(error[0]);
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child) { perror("spawn"); exit(1); }
    clock_gettime(CLOCK_MONOTONIC, &end);
    close(source);
    close(target);
    printf("%d %lld %lld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
           (end.tv_sec - begin.tv_sec) * 1000000000LL + end.tv_nsec - begin.tv_nsec,
           (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL + usage.ru_utime.tv_usec
               + usage.ru_stime.tv_usec,
           usage.ru_maxrss);
    fflush(stdout);
}

int main(void) {
    static char line[1 << 16];
    struct sched_param first = {1};
    sched_setscheduler(0, SCHED_FIFO, &first);
    while (fgets(line, sizeof line, stdin)) {
        char *words[64];
        int count = 0;
        line[strcspn(line, "\n")] = 0;
        for (char *word = strtok(line, "\t"); word && count < 63; word = strtok(NULL, "\t")) {
            words[count++] = word;
        }
        words[count] = NULL;
        if (count < 3) { fputs("spawn: a line has three words at least\n", stderr); return 1; }
        run(words);
    }
    return 0;
}
