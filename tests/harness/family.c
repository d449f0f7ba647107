/* Finding and ending descendants; family.h has the contracts. */
#include "family.h"

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_PROCESSES = 32768, MOST_LOOKS = 1000, PAUSE_MS = 5 };

struct process {
    pid_t id;
    pid_t parent;
    bool is_zombie;
    bool is_descendant;
};

void family_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* Reads /proc/ID/stat: `ID (NAME) STATE PARENT ...`. NAME may contain
   anything, a `)` too. False if the process is gone. */
static bool read_process(const char *id, struct process *process)
{
    char path[64];
    char text[512];
    char state = 0;
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%.20s/stat", id);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *after_name = strrchr(text, ')');
    if (after_name == NULL ||
        sscanf(after_name + 1, " %c %d", &state, &parent) != 2)
        return false;
    *process = (struct process){
        .id = atoi(id), .parent = parent, .is_zombie = state == 'Z'};
    return true;
}

static size_t read_processes(struct process *all)
{
    size_t count = 0;
    struct dirent *entry;
    DIR *directory = opendir("/proc");
    if (directory == NULL)
        return 0;
    while ((entry = readdir(directory)) != NULL && count < MOST_PROCESSES) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            count += read_process(entry->d_name, &all[count]);
    }
    closedir(directory);
    return count;
}

/* Marks whose parent is this process or is marked, until nothing changes. */
static void mark_descendants(struct process *all, size_t count)
{
    pid_t self = getpid();
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < count; i++) {
            bool marked = all[i].parent == self;
            for (size_t j = 0; j < count && !marked; j++)
                marked = all[j].is_descendant && all[j].id == all[i].parent;
            changed |= marked && !all[i].is_descendant;
            all[i].is_descendant |= marked;
        }
    }
}

size_t family_list(pid_t *ids, size_t capacity)
{
    size_t stored = 0;
    struct process *all = malloc(MOST_PROCESSES * sizeof *all);
    if (all == NULL)
        return 0;
    size_t count = read_processes(all);
    mark_descendants(all, count);
    for (size_t i = 0; i < count && stored < capacity; i++) {
        if (all[i].is_descendant && !all[i].is_zombie)
            ids[stored++] = all[i].id;
    }
    free(all);
    return stored;
}

/* `spared` is left for its own waitpid(). */
static void reap(pid_t spared)
{
    siginfo_t ended = {0};
    while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           ended.si_pid != 0 && ended.si_pid != spared) {
        waitpid(ended.si_pid, NULL, 0);
        ended.si_pid = 0;
    }
}

static size_t kill_all(const pid_t *ids, size_t count, pid_t spared)
{
    size_t killed = 0;
    for (size_t i = 0; i < count; i++) {
        if (ids[i] != spared && kill(ids[i], SIGKILL) == 0)
            killed++;
    }
    return killed;
}

/* A process may start another one between two looks, so it takes several. */
size_t family_end(pid_t spared)
{
    static pid_t ids[MOST_PROCESSES];
    const struct timespec pause = {0, PAUSE_MS * 1000000L};
    size_t killed = 0;
    for (int looks = 0; looks < MOST_LOOKS; looks++) {
        size_t count = kill_all(ids, family_list(ids, MOST_PROCESSES), spared);
        if (looks == 0)
            killed = count;
        reap(spared);
        if (count == 0)
            break;
        nanosleep(&pause, NULL);
    }
    return killed;
}
