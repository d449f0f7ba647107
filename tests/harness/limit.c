/*
 * limit SECONDS COMMAND [ARGUMENT]...
 *
 * Runs COMMAND, and leaves no process behind that it started, however it
 * ends. When SECONDS have passed, or `limit` gets SIGINT, SIGTERM or SIGHUP,
 * or its own parent ends, COMMAND gets SIGTERM and some time to clean up;
 * then everything that is left is killed.
 *
 * The exit code is COMMAND's, 124 if it ran out of time, 128 + N if it was
 * ended by signal N, and 127 if it could not be started.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "family.h"

enum { GRACE_SECONDS = 30, EXIT_TIMED_OUT = 124, EXIT_NOT_STARTED = 127 };

static sigset_t awaited(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

/* Ends with its parent, even if that is killed. */
static void follow_parent(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    if (getppid() != parent)
        raise(SIGTERM);
}

static pid_t start(char *const *words, const sigset_t *set)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    sigprocmask(SIG_UNBLOCK, set, NULL);
    /* What runs in the background of a script would ignore SIGINT. */
    signal(SIGINT, SIG_DFL);
    execvp(words[0], words);
    fprintf(stderr, "limit: %s: %s\n", words[0], strerror(errno));
    _exit(EXIT_NOT_STARTED);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Reaps what has ended; true if `child` was among it, with its status. */
static bool reap(pid_t child, int *status)
{
    int one = 0;
    pid_t ended = 0;
    bool found = false;
    while ((ended = waitpid(-1, &one, WNOHANG)) > 0) {
        if (ended != child)
            continue;
        *status = one;
        found = true;
    }
    return found;
}

/* Waits until `child` has ended, a signal asks for the end, or `seconds` have
   passed: 0, the signal's number, or -1. */
static int await(pid_t child, double seconds, const sigset_t *set, int *status)
{
    double end = now() + seconds;
    for (;;) {
        double left = end - now();
        if (reap(child, status))
            return 0;
        if (left <= 0)
            return -1;
        /* A second at most, so that no lost signal can matter. */
        struct timespec time = {left >= 1, left >= 1 ? 0 : (long)(left * 1e9)};
        int number = sigtimedwait(set, NULL, &time);
        if (number > 0 && number != SIGCHLD)
            return number;
    }
}

static int exit_code(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int count, char **words)
{
    int status = 0;
    char *end = NULL;
    pid_t parent = getppid();
    sigset_t set = awaited();
    double seconds = count > 2 ? strtod(words[1], &end) : 0;
    if (end == NULL || *end != '\0' || seconds <= 0) {
        fprintf(stderr, "usage: limit SECONDS COMMAND [ARGUMENT]...\n");
        return EXIT_NOT_STARTED;
    }
    sigprocmask(SIG_BLOCK, &set, NULL);
    follow_parent(parent);
    family_adopt();
    pid_t child = start(&words[2], &set);
    if (child < 0) {
        perror("limit: fork");
        return EXIT_NOT_STARTED;
    }
    int why = await(child, seconds, &set, &status);
    int code = exit_code(status);
    if (why != 0) {
        code = why < 0 ? EXIT_TIMED_OUT : 128 + why;
        if (why < 0)
            fprintf(stderr, "limit: %s: not over after %s s; ended\n", words[2],
                    words[1]);
        kill(child, SIGTERM);
        await(child, GRACE_SECONDS, &set, &status);
    }
    size_t killed = family_end(0);
    if (killed != 0)
        fprintf(stderr, "limit: %s left %zu processes, killed now\n", words[2],
                killed);
    return code;
}
