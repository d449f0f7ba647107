/* Where a test happens: volumes, fresh folders, names for Windows. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "e2e_internal.h"
#include "family.h"

struct volume_row {
    const char *name;
    const char *variable;
    char letter; /* and the share's name is `name` */
    bool clones;
};

static const struct volume_row volumes[VOLUME_COUNT] = {
    [XFS4K] = {"xfs4k", "E2E_XFS4K", 'P', true},
    [XFS64K] = {"xfs64k", "E2E_XFS64K", 'Q', true},
    [BTRFS] = {"btrfs", "E2E_BTRFS", 'R', true},
    [PLAIN] = {"plain", "E2E_PLAIN", 'S', false},
    [OTHER] = {"other", "E2E_OTHER", 'T', true},
    [TINY] = {"tiny", "E2E_TINY", 'U', false},
    [EXFAT] = {"exfat", "E2E_EXFAT", 'V', false},
};

/* A second letter for XFS4K. */
static const char alias_letter = 'X';

static struct {
    enum volume volume;
    char base[32]; /* the fresh folder's name below the volume's root */
    bool has_twin[VOLUME_COUNT];
    char *desk;
    bool bridged;
} place;

void e2e_broken(const char *what)
{
    cr_assert(false, "the test itself is broken: %s: %s", what,
              strerror(errno));
    abort();
}

const char *e2e_text(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        e2e_broken("vasprintf");
    va_end(arguments);
    return text;
}

static const char *root_of(enum volume volume)
{
    const char *root = getenv(volumes[volume].variable);
    return root != NULL && root[0] != '\0' ? root : NULL;
}

static void skip(const char *what)
{
    const char *why = getenv("E2E_WHY_NOT");
    cr_skip_test("%s: %s", what, why != NULL && *why ? why : "not set up");
}

static void need(enum volume volume)
{
    if (root_of(volume) == NULL)
        skip(e2e_text("no volume %s", volumes[volume].name));
    if (getenv("E2E_WINE") == NULL)
        skip("no Wine");
}

const char *e2e_desk(void)
{
    if (place.desk == NULL) {
        const char *folder = getenv("E2E_DESK");
        place.desk = strdup(
            e2e_text("%s/desk.XXXXXX", folder != NULL ? folder : "/tmp"));
        if (place.desk == NULL || mkdtemp(place.desk) == NULL)
            e2e_broken("mkdtemp");
    }
    return place.desk;
}

/* One test at a time fills a volume: the lock goes with the process. */
static void have_alone(enum volume volume)
{
    int folder = open(root_of(volume), O_RDONLY | O_DIRECTORY);
    if (folder < 0 || flock(folder, LOCK_EX) != 0)
        e2e_broken("flock");
}

void e2e_enter(enum volume volume)
{
    need(volume);
    family_adopt();
    if (volume == TINY)
        have_alone(volume);
    place.volume = volume;
    place.bridged = volumes[volume].clones;
    char *folder = strdup(e2e_text("%s/t.XXXXXX", root_of(volume)));
    if (folder == NULL || mkdtemp(folder) == NULL || chdir(folder) != 0)
        e2e_broken("no fresh folder");
    snprintf(place.base, sizeof place.base, "%s", strrchr(folder, '/') + 1);
    place.has_twin[volume] = true;
    free(folder);
}

const char *e2e_twin_folder(enum volume volume)
{
    return e2e_text("%s/%s", root_of(volume), place.base);
}

const char *e2e_twin(enum volume volume)
{
    need(volume);
    if (!place.has_twin[volume] && mkdir(e2e_twin_folder(volume), 0755) != 0)
        e2e_broken("no twin folder");
    place.has_twin[volume] = true;
    return e2e_text("%c:\\%s", volumes[volume].letter, place.base);
}

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

/* Tests make folders that cannot be written to. */
static int open_one(const char *path, const struct stat *status, int kind,
                    struct FTW *walk)
{
    (void)status;
    (void)walk;
    return kind == FTW_D ? chmod(path, 0755) : 0;
}

static void remove_tree(const char *path)
{
    nftw(path, open_one, 16, FTW_PHYS);
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void e2e_leave(void)
{
    e2e_release();
    family_end(0);
    if (chdir("/") != 0)
        e2e_broken("chdir /");
    for (int volume = 0; volume < VOLUME_COUNT; volume++) {
        if (place.has_twin[volume])
            remove_tree(e2e_twin_folder((enum volume)volume));
    }
    if (place.desk != NULL)
        remove_tree(place.desk);
    memset(&place, 0, sizeof place);
}

void e2e_bridge(bool on)
{
    place.bridged = on;
}

bool e2e_bridged(void)
{
    return place.bridged;
}

void e2e_set(const char *name, const char *value)
{
    if (setenv(name, value, 1) != 0)
        e2e_broken("setenv");
}

uint64_t e2e_cluster(void)
{
    struct statfs status;
    if (statfs(".", &status) != 0)
        e2e_broken("statfs");
    return (uint64_t)status.f_bsize;
}

enum volume e2e_volume(void)
{
    return place.volume;
}

const char *e2e_volume_name(enum volume volume)
{
    return volumes[volume].name;
}

static const char *with_backslashes(const char *path)
{
    char *copy = strdup(path);
    if (copy == NULL)
        e2e_broken("strdup");
    for (char *at = copy; *at != '\0'; at++) {
        if (*at == '/')
            *at = '\\';
    }
    return copy;
}

static const char *on_letter(char letter, const char *name)
{
    return with_backslashes(e2e_text("%c:/%s/%s", letter, place.base, name));
}

const char *e2e_windows(const char *name)
{
    return on_letter(volumes[place.volume].letter, name);
}

const char *e2e_windows_alias(const char *name)
{
    return on_letter(alias_letter, name);
}

const char *e2e_unc(const char *name)
{
    return with_backslashes(e2e_text(
        "//e2e/%s/%s/%s", volumes[place.volume].name, place.base, name));
}
