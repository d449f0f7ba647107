/*
 * Volumes that clone, each in its own way. For each profile a file of many
 * units and a tail, and one below a cluster: what a user must get.
 */
#include <sys/stat.h>
#include <sys/xattr.h>

#include "e2e.h"

TestSuite(profiles, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

enum outcome {
    CLONED, /* all of it */
    MIXED,  /* whole units at least; the tail may be by bytes */
    COPIED  /* the volume says that it cannot */
};

struct profile_row {
    const char *name;
    enum outcome by_auto;
    enum outcome by_always;
    const char *file_system; /* as a reason names it */
};

static const struct profile_row rows[] = {
    {"refs", CLONED, CLONED, "ReFS"},
    {"refs-4k", CLONED, CLONED, "ReFS"},
    {"refs-64k", CLONED, CLONED, "ReFS"},
    {"refs-ws2016", CLONED, CLONED, "ReFS"},
    {"refs-unflushed", CLONED, CLONED, "ReFS"},
    {"dev-drive", CLONED, CLONED, "ReFS"},
    {"csvfs", CLONED, CLONED, "CSVFS"},
    {"smb-refs", CLONED, CLONED, "ReFS"},
    {"samba", CLONED, CLONED, "NTFS"},
    {"winbtrfs", CLONED, CLONED, "Btrfs"},
    {"nfs41", CLONED, CLONED, "NFS"},
    {"openzfs", MIXED, MIXED, "ZFS"},
    {"truenas", MIXED, MIXED, "NTFS"},
    {"no-flag", COPIED, CLONED, "ReFS"},
    {"ntfs", COPIED, COPIED, "NTFS"},
};

enum { COUNT = CLONING_VOLUMES * ROWS(rows), BODY = 2 * MIB };

/* WinBtrfs has clusters of 4 KiB only. */
static bool exists(int number)
{
    return (size_t)number / ROWS(rows) != XFS64K ||
           !e2e_is(rows[(size_t)number % ROWS(rows)].name, "winbtrfs");
}

static const struct profile_row *set_up(int number)
{
    const struct profile_row *row = &rows[(size_t)number % ROWS(rows)];
    e2e_enter((enum volume)((size_t)number / ROWS(rows)));
    e2e_set("REFLINK_BRIDGE_PROFILE", row->name);
    e2e_make("a", BODY + 100);
    return row;
}

static void expect(struct result *result, enum outcome outcome,
                   const struct profile_row *row)
{
    if (outcome == CLONED) {
        e2e_expect_cloned(result, "a", "b", "a b");
    } else if (outcome == COPIED) {
        e2e_expect_copied(result, "a", "b", "a b");
        EXPECT(result, e2e_has(result->out, e2e_text("(%s) cannot clone",
                                                     row->file_system)));
    } else {
        EXPECT(result, result->exit_code == 0);
        EXPECT(result, e2e_same_bytes("a", "b"));
        EXPECT(result, e2e_shared_bytes("a", "b") >= BODY);
        EXPECT(result, e2e_is(e2e_files(), "a b"));
    }
}

ParameterizedTestParameters(profiles, auto_mode)
{
    return e2e_numbers_where(COUNT, exists);
}

ParameterizedTest(int *number, profiles, auto_mode)
{
    const struct profile_row *row = set_up(*number);
    expect(RUN("a", "b"), row->by_auto, row);
}

ParameterizedTestParameters(profiles, always_mode)
{
    return e2e_numbers_where(COUNT, exists);
}

ParameterizedTest(int *number, profiles, always_mode)
{
    const struct profile_row *row = set_up(*number);
    const char *before = e2e_snapshot();
    struct result *result = RUN("--reflink=always", "a", "b");
    if (row->by_always == COPIED)
        e2e_expect_nothing_done(result, 3, before);
    else
        expect(result, row->by_always, row);
}

/* Small files are right everywhere; WinBtrfs would crash on a request. */
ParameterizedTestParameters(profiles, below_a_cluster)
{
    return e2e_numbers_where(COUNT, exists);
}

ParameterizedTest(int *number, profiles, below_a_cluster)
{
    const struct profile_row *row = set_up(*number);
    e2e_make("small", 700);
    struct result *result = RUN("small", "b");
    EXPECT(result, result->exit_code == 0);
    /* OpenZFS calls 512 bytes a cluster. */
    EXPECT(result, e2e_like(result->out, "copied  small -> b  (700 bytes*") ||
                       e2e_is(row->name, "openzfs"));
    EXPECT(result, e2e_same_bytes("small", "b"));
    EXPECT(result, !e2e_has(result->log, "CRASH"));
    EXPECT(result, e2e_is(e2e_files(), "a b small"));
}

/* The whole file on unit borders: one request is enough where the unit is
   known beforehand. */
Test(profiles, samba_whole_clusters)
{
    e2e_enter(BTRFS);
    e2e_set("REFLINK_BRIDGE_PROFILE", "samba");
    e2e_make("a", BODY);
    struct result *result = RUN("a", "b");
    e2e_expect_cloned(result, "a", "b", "a b");
    EXPECT(result, result->requests == 1);
}

/* A source written moments ago: proved wrong, flushed, cloned anew. */
Test(profiles, unflushed_is_flushed)
{
    e2e_enter(XFS4K);
    e2e_set("REFLINK_BRIDGE_PROFILE", "refs-unflushed");
    e2e_make("a", BODY);
    struct result *result = RUN("a", "b");
    e2e_expect_cloned(result, "a", "b", "a b");
    EXPECT(result, result->requests == 2);
    EXPECT(result, e2e_like(result->log, "*DUP *FLUSH *DUP *"));
}

/* ... and where it must not be flushed, copied. */
Test(profiles, unflushed_read_only)
{
    e2e_enter(XFS4K);
    e2e_set("REFLINK_BRIDGE_PROFILE", "refs-unflushed");
    e2e_make("a", BODY);
    cr_assert(chmod("a", 0444) == 0);
    e2e_expect_copied(RUN("a", "b"), "a", "b", "a b");
    const char *before = e2e_snapshot();
    e2e_expect_nothing_done(RUN("--reflink=always", "a", "c"), 3, before);
}

/* DEST gets SOURCE's integrity setting before it is cloned into. */
ParameterizedTestParameters(profiles, integrity)
{
    return e2e_numbers(2);
}

ParameterizedTest(int *number, profiles, integrity)
{
    static const char *const settings[] = {"1 0", "1 1"};
    char text[16] = "";
    e2e_enter(XFS4K);
    e2e_make("a", BODY + 1);
    cr_assert(
        setxattr("a", "user.reflink.integrity", settings[*number], 3, 0) == 0);
    struct result *result = RUN("a", "b");
    e2e_expect_cloned(result, "a", "b", "a b");
    cr_expect(getxattr("b", "user.reflink.integrity", text, sizeof text - 1) >
              0);
    EXPECT(result, e2e_is(text, settings[*number]));
}
