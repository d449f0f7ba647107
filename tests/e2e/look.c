/* A process that looks at a name, as any other program may at any moment. */
#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "e2e_internal.h"

struct shared {
    uintmax_t looks;
    uintmax_t missing; /* nothing had the name */
    uintmax_t partial; /* a file of another size than those allowed */
    atomic_bool end;
};

static struct shared *shared;
static pid_t looker;

static void look(const char *name, uint64_t size, uint64_t other_size)
{
    struct stat status;
    while (!atomic_load(&shared->end)) {
        bool there = stat(name, &status) == 0;
        shared->looks++;
        shared->missing += !there && errno == ENOENT;
        shared->partial += there && (uint64_t)status.st_size != size &&
                           (uint64_t)status.st_size != other_size;
    }
}

void e2e_look(const char *name, uint64_t size, uint64_t other_size)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        e2e_broken("mmap");
    looker = fork();
    if (looker < 0)
        e2e_broken("fork");
    if (looker != 0)
        return;
    look(name, size, other_size);
    _exit(0);
}

void e2e_looked(void)
{
    atomic_store(&shared->end, true);
    waitpid(looker, NULL, 0);
    cr_expect(shared->looks > 1000, "only %ju looks", shared->looks);
    cr_expect(shared->missing == 0 && shared->partial == 0,
              "%ju of %ju looks found no DEST, %ju a partial one",
              shared->missing, shared->looks, shared->partial);
}
