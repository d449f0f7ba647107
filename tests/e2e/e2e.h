/*
 * What the end-to-end tests are written with.
 *
 * A test enters a fresh folder on one of the volumes that volumes.sh mounted,
 * makes files there, starts the shipped reflink.exe under Wine, and judges
 * from outside, by Linux' own means: bytes, extents, names, the bridge's log.
 * The current folder of the test and of the program is that fresh one, so
 * that tests and messages have short names in them.
 *
 * The script that runs the tests says by environment variables where things
 * are:
 *
 *   E2E_REFLINK, E2E_LAUNCH, E2E_HOLD, E2E_ODD, E2E_CHECK, E2E_NOTHING
 *                                       programs for Windows, Linux paths
 *   E2E_WINE, E2E_WINE_VERSION          the loader, without which tests skip,
 *                                       and what it says of itself: wine-10.0
 *   E2E_XFS4K, E2E_XFS64K, E2E_BTRFS, E2E_PLAIN, E2E_OTHER, E2E_TINY,
 *   E2E_EXFAT                           folders, each a volume's root
 *   E2E_DESK                            folder for outputs and logs
 *   E2E_FAILURES                        folder for messages of failed tests
 *                                       that are too long to print
 *   E2E_WHY_NOT                         why a volume or Wine is missing
 */
#ifndef E2E_H
#define E2E_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

enum volume {
    XFS4K,  /* 4 KiB clusters; clones */
    XFS64K, /* 64 KiB clusters; clones */
    BTRFS,  /* clones */
    PLAIN,  /* ext4, where the bridge answers nothing */
    OTHER,  /* a second XFS */
    TINY,   /* a few MiB of ext4, to be filled */
    EXFAT,  /* no hard links */
    VOLUME_COUNT
};

enum { CLONING_VOLUMES = 3 }; /* the first ones */

/* After which Criterion ends a test; what it started goes with it. */
enum { E2E_TEST_SECONDS = 600 };

/* One run of a program, with all that it left behind. Lives until the test's
   end. */
struct result {
    const char *command; /* as one would type it, environment first */
    int exit_code;       /* -1: a signal, or not over in time */
    char *out;           /* whole standard output */
    char *err;
    char *log;         /* what the bridge was asked, a line each */
    unsigned requests; /* clone requests in it */
    unsigned granted;  /* those of them answered with success */
    bool told;         /* its story */
};

/*
 * Makes a fresh folder on the volume and goes there. Skips the test, with the
 * reason, when there is no such volume or no Wine. Programs are started
 * through the bridge where the volume clones.
 */
void e2e_enter(enum volume volume);

/* Makes the fresh folder's twin on another volume, and returns its name as
   Windows sees it. Skips the test if there is no such volume. */
const char *e2e_twin(enum volume volume);

/* Where the twin is for Linux. */
const char *e2e_twin_folder(enum volume volume);

/* Ends what the test started, by process ID, and removes the folder and its
   twins; the fini of every suite. */
void e2e_leave(void);

/* Whether the next programs are started through the bridge. */
void e2e_bridge(bool on);

/* Sets an environment variable for the next programs. */
void e2e_set(const char *name, const char *value);

uint64_t e2e_cluster(void);
enum volume e2e_volume(void);
const char *e2e_volume_name(enum volume volume);

/* The absolute Windows path of a name in the fresh folder, by the volume's
   own drive letter, or by another letter that leads there too. */
const char *e2e_windows(const char *name);
const char *e2e_windows_alias(const char *name);

/* The same as a UNC path. */
const char *e2e_unc(const char *name);

/* Formats a string that lives until the test's end. */
const char *e2e_text(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Starts reflink.exe with these arguments, NULL behind the last, and waits.
   RUN("a", "b") is the short form. */
struct result *e2e_run(const char *const *arguments);
#define RUN(...) e2e_run((const char *const[]){__VA_ARGS__, NULL})

/*
 * The same in two steps, for what happens meanwhile: e2e_begin starts it,
 * e2e_kill ends it with SIGKILL after so many microseconds, unless it is over
 * by then, and waits until nothing of it is left; it returns the exit code,
 * -1 if it was killed. e2e_finish waits for its own end. On a volume without
 * the bridge e2e_signal reaches the program itself: SIGINT is its Ctrl-C.
 */
void e2e_begin(const char *const *arguments);
int e2e_kill(unsigned microseconds);
void e2e_signal(int number);
struct result *e2e_finish(void);

/* The most memory, in KiB, that what e2e_begin started had until its end, with
   all of Wine's in it. On a volume without the bridge only. */
long e2e_peak_kib(void);

/* Has another process look at a name again and again until e2e_looked, which
   fails the test unless there was always a file, of one of these two sizes. */
void e2e_look(const char *name, uint64_t size, uint64_t other_size);
void e2e_looked(void);

/* Waits until a temporary beside DEST holds bytes, and returns its name. */
const char *e2e_await_copying(void);

/* Where the next runs' stdout goes; NULL: to where it can be read. */
void e2e_stdout(const char *path);

/* Has the next runs started by odd.exe, which has more to say: odd.c. */
void e2e_through_odd(void);

/* Checks stdout, all of one run, against output.schema.json with a validator
   that others wrote. Skips the test where there is none. */
void e2e_expect_json(struct result *result);

/* Has the validator reject each line of the text. */
void e2e_expect_rejected(const char *lines);

/*
 * Has a Windows program hold `name` open until e2e_release: `access` is of
 * r, w, d (read, write, delete), `share` says what others may do meanwhile.
 */
void e2e_hold(const char *name, const char *access, const char *share);
void e2e_release(void);

/* Makes a file of bytes that follow no pattern but from `name` and `size`. */
void e2e_make(const char *name, uint64_t size);

struct range {
    uint64_t offset;
    uint64_t length;
};

/* Makes a sparse file with data in these ranges only; the last has length 0. */
void e2e_make_sparse(const char *name, uint64_t size, const struct range *data);

/* Makes a file longer by room that is never written to. */
void e2e_preallocate(const char *name, uint64_t size);

void e2e_make_folder(const char *name);
void e2e_write(const char *name, const char *text);
const char *e2e_read(const char *name); /* empty if there is none */
uint64_t e2e_size(const char *name);
uint64_t e2e_hash(const char *name);      /* of its contents */
uint64_t e2e_allocated(const char *name); /* bytes it takes on the volume */
uint64_t e2e_free_bytes(void);            /* on the volume */

/* Whether the bridge takes the file for a sparse one. */
bool e2e_is_sparse(const char *name);

/* Same size, same bytes; holes are skipped where both files have them. */
bool e2e_same_bytes(const char *a, const char *b);

/* How many bytes of both files lie, at the same offset, in the same clusters
   of the volume, marked as shared. */
uint64_t e2e_shared_bytes(const char *a, const char *b);

/* Both have the same extents, at least one, and all are marked as shared. */
bool e2e_same_extents(const char *a, const char *b);

/* The names in the fresh folder, sorted, a blank between two. */
const char *e2e_files(void);

/* Names, sizes, times, modes and contents of all in the fresh folder. */
const char *e2e_snapshot(void);

/* Whether a text matches a pattern whose `*` stands for anything. */
bool e2e_like(const char *text, const char *pattern);

bool e2e_is(const char *a, const char *b);
bool e2e_has(const char *text, const char *part);

/* All about a run, for the message of a failed test; the second time for one
   run, only `what` failed. */
const char *e2e_story(struct result *result, const char *what);

/* Fails the test with the whole story, and goes on. */
#define EXPECT(result, condition)                                              \
    cr_expect((condition), "%s", e2e_story((result), #condition))

/*
 * The three outcomes most tests end in. Each judges exit code, output, bytes,
 * extents and the names in the folder, which are to be `files`.
 */
void e2e_expect_cloned(struct result *result, const char *source,
                       const char *dest, const char *files);
/* The same with a warning that another program has SOURCE open for writing. */
void e2e_expect_cloned_in_use(struct result *result, const char *source,
                              const char *dest, const char *files);
void e2e_expect_copied(struct result *result, const char *source,
                       const char *dest, const char *files);

/* Exit code, something on stderr, nothing on stdout, and the folder is as in
   `before`. */
void e2e_expect_nothing_done(struct result *result, int exit_code,
                             const char *before);

/* For ParameterizedTestParameters: the numbers from 0 to count - 1. */
struct criterion_test_params e2e_numbers(size_t count);

/* The same without those that `applies` refuses. */
struct criterion_test_params e2e_numbers_where(size_t count,
                                               bool (*applies)(int number));

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#endif
