/* Children on POSIX. */
#define _POSIX_C_SOURCE 200809L
#include "child.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *self;

void child_prepare(const char *program)
{
    self = program;
}

bool child_start(struct child *child, const char *test)
{
    pid_t process = fork();
    if (process == 0) {
        execlp(self, self, "--one", test, (char *)NULL);
        _exit(127);
    }
    child->process = process;
    return process > 0;
}

bool child_wait(struct child *child, int *code)
{
    const struct timespec pause = {0, 1000000};
    int status = 0;
    if (waitpid((pid_t)child->process, &status, WNOHANG) == 0) {
        nanosleep(&pause, NULL);
        return false;
    }
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return true;
}

void child_kill(struct child *child)
{
    kill((pid_t)child->process, SIGKILL);
    waitpid((pid_t)child->process, NULL, 0);
}

double child_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
