/*
 * measure OUT NAME PROGRAM [ARGUMENT]...
 *
 * Runs PROGRAM and appends a line to OUT: the microseconds from its start to
 * its end, its exit code, and of the processes called NAME among it and all
 * that comes from it the largest resident set in KiB and the microseconds of
 * processor time (0: there was none). What comes from it counts even where
 * its parents are gone, as a Windows program does that another one started
 * under Wine. Native, for Linux.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long what is left of PROGRAM's family may take to end. */
enum { PATIENCE_US = 5000000, STEP_US = 200 };

struct measured {
    const char *name;
    long peak_kib;
    long long processor_us;
};

static long long now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static long long us_of(struct timeval time)
{
    return (long long)time.tv_sec * 1000000 + time.tv_usec;
}

/* A process that has ended keeps its name until it is waited for. */
static int is_called(pid_t id, const char *name)
{
    char path[64];
    char line[64] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", (int)id);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    if (fgets(line, sizeof line, file) == NULL)
        line[0] = '\0';
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return strcmp(line, name) == 0;
}

static void add(struct measured *measured, const struct rusage *usage)
{
    if (usage->ru_maxrss > measured->peak_kib)
        measured->peak_kib = usage->ru_maxrss;
    measured->processor_us += us_of(usage->ru_utime) + us_of(usage->ru_stime);
}

/* Takes a child that has ended: its id; 0 if `options` do not want to wait
   and none has, -1 if there is none left. */
static pid_t reap(int options, struct measured *measured, int *status)
{
    siginfo_t info = {0};
    struct rusage usage;
    if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | options) != 0)
        return -1;
    if (info.si_pid == 0)
        return 0;
    int called = is_called(info.si_pid, measured->name);
    pid_t id = wait4(info.si_pid, status, 0, &usage);
    if (id > 0 && called)
        add(measured, &usage);
    return id;
}

static pid_t start(char **argv)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    execvp(argv[0], argv);
    fprintf(stderr, "measure: %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

/* The exit code of `child`; others that end before it are taken, too. */
static int wait_for(pid_t child, struct measured *measured)
{
    int status = 0;
    pid_t ended;
    do {
        ended = reap(0, measured, &status);
    } while (ended > 0 && ended != child);
    return ended == child && WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* Under Wine a program's process ends a little after its parent knows. */
static void wait_for_rest(struct measured *measured)
{
    int status = 0;
    for (int waited = 0; waited < PATIENCE_US;) {
        pid_t ended = reap(WNOHANG, measured, &status);
        if (ended < 0)
            return;
        if (ended == 0) {
            usleep(STEP_US);
            waited += STEP_US;
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    struct measured measured = {.name = argv[2]};
    FILE *out = fopen(argv[1], "a");
    if (out == NULL || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return 2;
    long long began = now_us();
    pid_t child = start(argv + 3);
    if (child < 0)
        return 2;
    int code = wait_for(child, &measured);
    long long took = now_us() - began;
    wait_for_rest(&measured);
    fprintf(out, "%lld %d %ld %lld\n", took, code, measured.peak_kib,
            measured.processor_us);
    fclose(out);
    return code;
}
