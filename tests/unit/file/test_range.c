/* Ranges in place: into another file, into the file itself, past its end. */
#include <stdlib.h>
#include <string.h>

#include "core/errors.h"
#include "world.h"

TestSuite(range, .timeout = 120);

static const uint64_t KI = 1024;
static const uint64_t MI = 1024 * 1024;

enum { SIZE = 1 << 20 };

/* R:\a and R:\b, of SIZE bytes each, and what b is to be in the end. */
struct bytes {
    uint8_t a[SIZE];
    uint8_t b[2 * SIZE];
    uint64_t size;
};

static struct bytes *make_files(void)
{
    struct bytes *bytes = calloc(1, sizeof *bytes);
    cr_assert_not_null(bytes);
    for (size_t i = 0; i < SIZE; i++) {
        bytes->a[i] = (uint8_t)(i * 7 + i / 251 + 1);
        bytes->b[i] = (uint8_t)(i * 11 + i / 253 + 2);
    }
    bytes->size = SIZE;
    sim_write_file(L"R:\\a", bytes->a, SIZE);
    sim_write_file(L"R:\\b", bytes->b, SIZE);
    sim_settle(L"R:\\a");
    return bytes;
}

static void run(struct world *w, const wchar_t *source, const wchar_t *dest,
                struct reflink_range range)
{
    reflink_range(w->session, &w->policy, source, dest, &range, &w->outcome);
}

static void expect_account(const struct world *w, uint64_t cloned,
                           uint64_t copied, enum reflink_reason reason)
{
    cr_expect_eq(w->outcome.status, REFLINK_OK);
    cr_expect_eq(w->outcome.bytes_cloned, cloned, "cloned %llu",
                 (unsigned long long)w->outcome.bytes_cloned);
    cr_expect_eq(w->outcome.bytes_copied, copied, "copied %llu",
                 (unsigned long long)w->outcome.bytes_copied);
    cr_expect_eq(w->outcome.reason, reason, "reason %d", w->outcome.reason);
}

struct row {
    struct reflink_range range;
    uint64_t cloned;
    uint64_t copied;
    uint64_t requests;
    enum reflink_reason reason;
};

static void put(struct bytes *bytes, const struct reflink_range *range)
{
    uint64_t length =
        range->to_end ? SIZE - range->source_offset : range->length;
    memcpy(bytes->b + range->dest_offset, bytes->a + range->source_offset,
           length);
    if (range->dest_offset + length > bytes->size && length != 0)
        bytes->size = range->dest_offset + length;
}

static void expect_row(const struct row *row, const char *profile)
{
    struct world w = world_make(profile);
    struct bytes *bytes = make_files();
    run(&w, L"R:\\a", L"R:\\b", row->range);
    put(bytes, &row->range);
    expect_account(&w, row->cloned, row->copied, row->reason);
    cr_expect_eq(w.outcome.requests, row->requests);
    cr_expect(sim_holds(L"R:\\b", bytes->b, bytes->size));
    cr_expect(sim_holds(L"R:\\a", bytes->a, SIZE));
    free(bytes);
    world_end(&w);
}

Test(range, into_another_file)
{
    static const struct row rows[] = {
        /* whole clusters, at equal and other offsets */
        {{0, 0, 65536, false}, 65536, 0, 1, REFLINK_REASON_NONE},
        {{8192, 4096, 65536, false}, 65536, 0, 1, REFLINK_REASON_NONE},
        /* head and tail by bytes, the body by cloning */
        {{100, 100, 65536, false}, 61440, 4096, 1, REFLINK_REASON_UNALIGNED},
        {{100, 4196, 65536, false}, 61440, 4096, 1, REFLINK_REASON_UNALIGNED},
        {{0, 0, 65537, false}, 65536, 1, 1, REFLINK_REASON_UNALIGNED},
        /* not congruent */
        {{1, 0, 65536, false}, 0, 65536, 0, REFLINK_REASON_UNALIGNED},
        /* not one whole cluster */
        {{0, 0, 100, false}, 0, 100, 0, REFLINK_REASON_UNALIGNED},
        {{4000, 4000, 200, false}, 0, 200, 0, REFLINK_REASON_UNALIGNED},
        /* to the end of SOURCE, past that of DEST, over its end */
        {{8192, 0, 0, true}, SIZE - 8192, 0, 1, REFLINK_REASON_NONE},
        {{0, SIZE, 0, true}, SIZE, 0, 1, REFLINK_REASON_NONE},
        {{0, SIZE / 2, 0, true}, SIZE, 0, 1, REFLINK_REASON_NONE},
        /* no bytes are no bytes */
        {{0, 0, 0, false}, 0, 0, 0, REFLINK_REASON_EMPTY},
        {{SIZE, 0, 0, true}, 0, 0, 0, REFLINK_REASON_EMPTY},
        {{0, 3 * SIZE, 0, false}, 0, 0, 0, REFLINK_REASON_EMPTY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_row(&rows[i], "refs-4k");
}

Test(range, a_gap_reads_as_zeros)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    run(&w, L"R:\\a", L"R:\\b",
        (struct reflink_range){0, SIZE + 100 * KI, 64 * KI, false});
    memcpy(bytes->b + SIZE + 100 * KI, bytes->a, 64 * KI);
    expect_account(&w, 64 * KI, 0, REFLINK_REASON_NONE);
    cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE + 164 * KI));
    free(bytes);
    world_end(&w);
}

Test(range, a_missing_dest_is_created)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    run(&w, L"R:\\a", L"R:\\new",
        (struct reflink_range){4096, 8192, 64 * KI, false});
    expect_account(&w, 64 * KI, 0, REFLINK_REASON_NONE);
    uint8_t *wanted = calloc(1, 72 * KI);
    memcpy(wanted + 8192, bytes->a + 4096, 64 * KI);
    cr_expect(sim_holds(L"R:\\new", wanted, 72 * KI));
    cr_expect(sim_is_hole(L"R:\\new", 0));
    free(wanted);
    free(bytes);
    world_end(&w);
}

Test(range, a_dest_made_in_vain_goes)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    sim_fault(SIM_OP_CLONE, 1, CODE_IO_DEVICE);
    run(&w, L"R:\\a", L"R:\\new", (struct reflink_range){0, 0, 0, true});
    cr_expect_eq(w.outcome.error.code, CODE_IO_DEVICE);
    cr_expect_eq(sim_file_count(L"R:\\"), 2);
    free(bytes);
    world_end(&w);
}

Test(range, a_read_only_dest_is_named)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    sim_set_attributes(L"R:\\b", OS_ATTRIBUTE_READONLY);
    run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, 0, 0, true});
    cr_expect_eq(w.outcome.error.code, CODE_ACCESS_DENIED);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_READ_ONLY);
    free(bytes);
    world_end(&w);
}

static void create_new(void *arg)
{
    sim_write_file(L"R:\\new", arg, 3);
}

/* A file that gets DEST's name while the range is transferred stays. */
Test(range, a_dest_that_appears_is_not_replaced)
{
    static const struct {
        enum reflink_existing existing;
        enum reflink_status status;
    } rows[] = {{REFLINK_EXISTING_FAIL, REFLINK_FAILED},
                {REFLINK_EXISTING_REPLACE, REFLINK_FAILED},
                {REFLINK_EXISTING_KEEP, REFLINK_SKIPPED}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = world_make("refs-4k");
        struct bytes *bytes = make_files();
        size_t before = sim_file_count(L"R:\\");
        w.policy.existing = rows[i].existing;
        sim_at_call(SIM_OP_CLONE, 1, create_new, "old");
        run(&w, L"R:\\a", L"R:\\new", (struct reflink_range){0, 0, 0, true});
        cr_expect_eq(w.outcome.status, rows[i].status, "row %zu", i);
        cr_expect(sim_holds(L"R:\\new", "old", 3));
        cr_expect_eq(sim_file_count(L"R:\\"), before + 1);
        free(bytes);
        world_end(&w);
    }
}

/* With -n too: only a name that is taken is no error. */
Test(range, a_new_dest_that_cannot_be_named)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    w.policy.existing = REFLINK_EXISTING_KEEP;
    sim_fault(SIM_OP_RENAME, 1, CODE_ACCESS_DENIED);
    run(&w, L"R:\\a", L"R:\\new", (struct reflink_range){0, 0, 0, true});
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.code, CODE_ACCESS_DENIED);
    cr_expect_eq(sim_file_count(L"R:\\"), 2);
    free(bytes);
    world_end(&w);
}

/* Bytes of DEST behind the range share its last cluster: they survive. */
Test(range, tail_in_the_middle_of_dest)
{
    static const char *const profiles[] = {"refs-4k", "samba", "nfs41"};
    for (size_t i = 0; i < 3; i++) {
        struct world w = world_make(profiles[i]);
        struct bytes *bytes = make_files();
        sim_set_size(L"R:\\a", 100 * KI + 10);
        sim_settle(L"R:\\a");
        run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, 0, 0, true});
        memcpy(bytes->b, bytes->a, 100 * KI + 10);
        expect_account(&w, 100 * KI, 10, REFLINK_REASON_PARTIAL_CLUSTER);
        cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE));
        free(bytes);
        world_end(&w);
    }
}

Test(range, past_sources_end_changes_nothing)
{
    static const struct reflink_range ranges[] = {
        {0, 0, SIZE + 1, false},
        {SIZE, 0, 1, false},
        {SIZE + 1, 0, 0, true},
        {SIZE + 1, 0, 0, false},
        {UINT64_MAX, 0, 1, false},
        {UINT64_MAX, 0, UINT64_MAX, false},
        {1, 0, UINT64_MAX, false},
        {UINT64_C(1) << 63, 0, UINT64_C(1) << 63, false},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        struct world w = world_make("refs-4k");
        struct bytes *bytes = make_files();
        run(&w, L"R:\\a", L"R:\\b", ranges[i]);
        cr_expect_eq(w.outcome.status, REFLINK_FAILED);
        cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_PAST_END);
        cr_expect(w.outcome.error.in_source);
        run(&w, L"R:\\a", L"R:\\new", ranges[i]);
        cr_expect_not(sim_exists(L"R:\\new"));
        cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE));
        free(bytes);
        world_end(&w);
    }
}

Test(range, past_every_file_s_end_changes_nothing)
{
    static const struct reflink_range ranges[] = {
        {0, UINT64_C(1) << 63, 1, false},
        {0, UINT64_MAX, 1, false},
        {0, UINT64_MAX - 4095, 4096, false},
        {0, (UINT64_C(1) << 63) - 4096, 4096, false},
        {0, INT64_MAX, 4096, false},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        struct world w = world_make("refs-4k");
        struct bytes *bytes = make_files();
        run(&w, L"R:\\a", L"R:\\b", ranges[i]);
        cr_expect_eq(w.outcome.status, REFLINK_FAILED, "row %zu", i);
        cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_TOO_FAR);
        cr_expect_eq(world_requests(), 0);
        cr_expect_eq(sim_calls(SIM_OP_SET_SIZE), 0);
        cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE));
        free(bytes);
        world_end(&w);
    }
}

/* --- one file onto itself ----------------------------------------------- */

Test(range, within_one_file_as_memmove)
{
    static const struct {
        uint64_t from;
        uint64_t to;
        uint64_t length;
        uint64_t requests;
    } rows[] = {
        {0, 512 * 1024, 256 * 1024, 1}, /* apart */
        {512 * 1024, 0, 512 * 1024, 1}, /* side by side */
        {0, 4096, 64 * 1024, 16},       /* up, by one cluster */
        {4096, 0, 64 * 1024, 16},       /* down, by one */
        {0, 3 * 4096, 65536, 6},        /* up, by three: 5.33 of them */
        {3 * 4096, 0, 65536, 6},        /* down, by three */
        {100, 100 + 8192, 65536, 8},    /* head and tail by bytes */
        {100 + 8192, 100, 65536, 8},    /* likewise, down */
        {0, 1, 100000, 0},              /* by bytes, up */
        {1, 0, 100000, 0},              /* by bytes, down */
        {0, 5000, 1048576 - 5000, 0},   /* more than a buffer */
        {0, 8192, 1048576, 128},        /* and the file grows */
        {777, 777, 65536, 0},           /* onto itself */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = world_make("refs-4k");
        struct bytes *bytes = make_files();
        run(&w, L"R:\\b", L"r:/B",
            (struct reflink_range){rows[i].from, rows[i].to, rows[i].length,
                                   false});
        memmove(bytes->b + rows[i].to, bytes->b + rows[i].from, rows[i].length);
        uint64_t end = rows[i].to + rows[i].length;
        cr_expect_eq(w.outcome.status, REFLINK_OK, "row %zu", i);
        cr_expect_eq(w.outcome.bytes, rows[i].length);
        cr_expect_eq(w.outcome.requests, rows[i].requests, "row %zu: %llu", i,
                     (unsigned long long)w.outcome.requests);
        cr_expect(sim_holds(L"R:\\b", bytes->b, end > SIZE ? end : SIZE),
                  "row %zu", i);
        free(bytes);
        world_end(&w);
    }
}

/* WinBtrfs checks locks and overlap with other codes: never met. */
Test(range, within_one_file_on_every_volume_that_clones)
{
    static const char *const profiles[] = {
        "refs-4k", "refs-64k", "dev-drive", "refs-ws2016", "refs-unflushed",
        "csvfs",   "smb-refs", "samba",     "winbtrfs",    "openzfs",
        "nfs41",   "truenas",  "ntfs",      "exfat",       "fat32"};
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        for (int up = 0; up < 2; up++) {
            struct world w = world_make(profiles[i]);
            struct bytes *bytes = make_files();
            uint64_t from = up ? 0 : 128 * KI;
            uint64_t to = up ? 128 * KI : 0;
            run(&w, L"R:\\b", L"R:\\b",
                (struct reflink_range){from, to, 700 * KI, false});
            memmove(bytes->b + to, bytes->b + from, 700 * KI);
            cr_expect_eq(w.outcome.status, REFLINK_OK, "%s", profiles[i]);
            cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE), "%s", profiles[i]);
            free(bytes);
            world_end(&w);
        }
    }
}

Test(range, a_lie_within_one_file_is_mended)
{
    for (int lie = SIM_LIE_NOTHING; lie <= SIM_LIE_ZEROS; lie++) {
        for (int up = 0; up < 2; up++) {
            struct world w = world_make("refs-4k");
            struct bytes *bytes = make_files();
            w.volume->lie = (enum sim_lie)lie;
            w.volume->lie_skip = 2;
            uint64_t from = up ? 0 : 32 * KI;
            uint64_t to = up ? 32 * KI : 0;
            run(&w, L"R:\\b", L"R:\\b",
                (struct reflink_range){from, to, 512 * KI, false});
            memmove(bytes->b + to, bytes->b + from, 512 * KI);
            expect_account(&w, 64 * KI, 448 * KI, REFLINK_REASON_UNVERIFIED);
            cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE));
            free(bytes);
            world_end(&w);
        }
    }
}

Test(range, moved_bytes_are_not_moved_again_after_a_drop)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    w.volume->drop = (struct sim_drop){3, CODE_NETNAME_DELETED, false};
    run(&w, L"R:\\b", L"R:\\b",
        (struct reflink_range){0, 32 * KI, 512 * KI, false});
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.code, CODE_NETNAME_DELETED);
    cr_expect_eq(sim_sleeps(), 0);
    free(bytes);
    world_end(&w);
    w = world_make("refs-4k");
    bytes = make_files();
    w.volume->drop = (struct sim_drop){1, CODE_NETNAME_DELETED, true};
    run(&w, L"R:\\b", L"R:\\b",
        (struct reflink_range){0, 32 * KI, 512 * KI, false});
    memmove(bytes->b + 32 * KI, bytes->b, 512 * KI);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(sim_sleeps(), 1);
    cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE));
    free(bytes);
    world_end(&w);
}

/* Half of the first block may be written already when its write fails: what a
   new start would read then is not what was there. */
Test(range, bytes_that_may_have_moved_are_not_moved_again)
{
    struct world w = world_make("ntfs");
    struct bytes *bytes = make_files();
    sim_fault_partial(1, CODE_NETNAME_DELETED);
    run(&w, L"R:\\b", L"R:\\b",
        (struct reflink_range){0, 100, SIZE - 100, false});
    cr_expect_eq(sim_faults_met(), 1);
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.code, CODE_NETNAME_DELETED);
    cr_expect_eq(sim_sleeps(), 0);
    free(bytes);
    world_end(&w);
}

/* More than a buffer, by less than one: from the end to the beginning. In the
   second round with holes between, so that few blocks are one thing only. */
static void move_many_buffers(bool holes)
{
    enum { LONG = 3 * 1024 * 1024 + 5, APART = 100, PART = 300 * 1024 };
    struct world w = world_make("refs-4k");
    uint8_t *wanted = malloc(LONG + APART);
    struct os_file *file = NULL;
    uint32_t done = 0;
    cr_assert_not_null(wanted);
    if (holes) {
        sim_set_size(L"R:\\a", 0);
        sim_set_sparse(L"R:\\a", true);
        for (uint64_t at = 0; at < LONG; at += 2 * PART)
            sim_fill_pattern(L"R:\\a", at, PART, 3);
        sim_set_size(L"R:\\a", LONG);
    } else {
        sim_fill_pattern(L"R:\\a", 0, LONG, 3);
    }
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &file), 0);
    cr_assert_eq(os_read(file, 0, wanted, LONG, &done), 0);
    os_close(file);
    memmove(wanted + APART, wanted, LONG);
    run(&w, L"R:\\a", L"R:\\a", (struct reflink_range){0, APART, 0, true});
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect(sim_holds(L"R:\\a", wanted, LONG + APART));
    free(wanted);
    world_end(&w);
}

Test(range, within_one_file_by_many_buffers)
{
    move_many_buffers(false);
    move_many_buffers(true);
}

/* Zeros that a sparse SOURCE has written are zeros in DEST, whatever was
   there. */
Test(range, zeros_go_over_what_was_there)
{
    struct world w = world_make("ntfs");
    struct bytes *bytes = make_files();
    memset(bytes->a, 0, 64 * KI);
    sim_set_sparse(L"R:\\a", true);
    sim_write_at(L"R:\\a", 0, bytes->a, 64 * KI);
    run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, 0, 64 * KI, false});
    memset(bytes->b, 0, 64 * KI);
    cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE));
    free(bytes);
    world_end(&w);
}

/* --- always ------------------------------------------------------------- */

Test(range, always_refuses_what_is_unaligned_before_anything_changes)
{
    static const struct {
        struct reflink_range range;
        enum reflink_status status;
    } rows[] = {
        {{0, 0, 65536, false}, REFLINK_OK},
        {{4096, SIZE + 4096, 65536, false}, REFLINK_OK},
        {{8192, 0, 0, true}, REFLINK_OK},
        {{100, 100, 65536, false}, REFLINK_REFUSED},
        {{0, 100, 65536, false}, REFLINK_REFUSED},
        {{0, 0, 65537, false}, REFLINK_REFUSED},
        {{0, 0, 100, false}, REFLINK_REFUSED},
        {{0, SIZE + 1, 65536, false}, REFLINK_REFUSED},
        {{0, 0, 0, false}, REFLINK_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = world_make("refs-4k");
        struct bytes *bytes = make_files();
        w.policy.mode = REFLINK_ALWAYS;
        run(&w, L"R:\\a", L"R:\\b", rows[i].range);
        cr_expect_eq(w.outcome.status, rows[i].status, "row %zu", i);
        if (rows[i].status == REFLINK_REFUSED) {
            cr_expect_eq(w.outcome.reason, REFLINK_REASON_UNALIGNED);
            cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE));
            cr_expect_eq(sim_calls(SIM_OP_SET_SIZE), 0);
            cr_expect_eq(world_requests(), 0);
        }
        free(bytes);
        world_end(&w);
    }
}

/* A DEST that is missing never gets its name, and no staging file stays. */
Test(range, always_refuses_before_dest_has_its_name)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    size_t before = sim_file_count(L"R:\\");
    w.policy.mode = REFLINK_ALWAYS;
    run(&w, L"R:\\a", L"R:\\new", (struct reflink_range){1, 1, 0, true});
    cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_UNALIGNED);
    cr_expect_eq(sim_calls(SIM_OP_RENAME), 0);
    cr_expect_eq(world_requests(), 0);
    cr_expect_eq(sim_file_count(L"R:\\"), before);
    free(bytes);
    world_end(&w);
}

/* SOURCE's last cluster is partial: that is no unaligned range. */
Test(range, always_takes_sources_partial_tail)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    w.policy.mode = REFLINK_ALWAYS;
    sim_set_size(L"R:\\a", 100 * KI + 10);
    run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, 0, 0, true});
    memcpy(bytes->b, bytes->a, 100 * KI + 10);
    expect_account(&w, 100 * KI, 10, REFLINK_REASON_PARTIAL_CLUSTER);
    cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE));
    free(bytes);
    world_end(&w);
}

Test(range, always_gives_back_what_it_grew)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    w.policy.mode = REFLINK_ALWAYS;
    sim_fault_always(SIM_OP_CLONE, CODE_NOT_SUPPORTED);
    run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, SIZE, 0, true});
    cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
    cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE));
    free(bytes);
    world_end(&w);
}

/* The size is the new one or the old one, where the disk is full half way. */
Test(range, a_half_write_leaves_the_new_size)
{
    struct world w = world_make("ntfs");
    struct bytes *bytes = make_files();
    sim_set_size(L"R:\\b", 0);
    sim_fault_partial(1, CODE_DISK_FULL);
    run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, 0, 64 * KI, false});
    cr_expect_eq(w.outcome.error.code, CODE_DISK_FULL);
    cr_expect_eq(sim_size(L"R:\\b"), 64 * KI);
    memset(bytes->a + 32 * KI, 0, 32 * KI);
    cr_expect(sim_holds(L"R:\\b", bytes->a, 64 * KI));
    free(bytes);
    world_end(&w);
}

/* --- settings of DEST ----------------------------------------------------- */

Test(range, sparse_source_makes_dest_sparse)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    sim_set_sparse(L"R:\\a", true);
    run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, 0, 64 * KI, false});
    expect_account(&w, 64 * KI, 0, REFLINK_REASON_NONE);
    cr_expect(sim_is_sparse(L"R:\\b"));
    free(bytes);
    world_end(&w);
}

Test(range, sparse_source_where_dest_cannot_be)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    sim_set_sparse(L"R:\\a", true);
    w.volume->set_sparse = CODE_NOT_SUPPORTED;
    run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, 0, 64 * KI, false});
    memcpy(bytes->b, bytes->a, 64 * KI);
    expect_account(&w, 0, 64 * KI, REFLINK_REASON_SPARSE);
    cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE));
    free(bytes);
    world_end(&w);
}

Test(range, integrity_of_dest_stays_and_is_the_reason)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    sim_set_integrity(L"R:\\a", 1, 0);
    run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, 0, 64 * KI, false});
    memcpy(bytes->b, bytes->a, 64 * KI);
    expect_account(&w, 0, 64 * KI, REFLINK_REASON_INTEGRITY);
    cr_expect_eq(sim_integrity(L"R:\\b"), 0);
    cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE));
    free(bytes);
    world_end(&w);
}

/* Holes of SOURCE overwrite DEST's bytes with zeros, by copy too. */
Test(range, holes_overwrite)
{
    for (int mode = REFLINK_AUTO; mode <= REFLINK_NEVER; mode++) {
        struct world w = world_make("refs-4k");
        struct bytes *bytes = make_files();
        w.policy.mode = (enum reflink_mode)mode;
        w.policy.verify = REFLINK_VERIFY_FULL;
        sim_write_file(L"R:\\h", "", 0);
        sim_set_sparse(L"R:\\h", true);
        sim_write_at(L"R:\\h", 256 * KI, bytes->a, 64 * KI);
        sim_set_size(L"R:\\h", SIZE / 2);
        run(&w, L"R:\\h", L"R:\\b", (struct reflink_range){0, 8192, 0, true});
        memset(bytes->b + 8192, 0, SIZE / 2);
        memcpy(bytes->b + 8192 + 256 * KI, bytes->a, 64 * KI);
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE));
        cr_expect(mode == REFLINK_NEVER || sim_is_hole(L"R:\\b", 8192));
        free(bytes);
        world_end(&w);
    }
}

/* Never in the clear: a new DEST is encrypted, or there is none; one that is
   there and is not stays as it is. */
Test(range, an_encrypted_source)
{
    for (int encrypts = 0; encrypts < 2; encrypts++) {
        struct world w = world_make(encrypts ? "ntfs" : "refs-4k");
        struct bytes *bytes = make_files();
        sim_write_file(L"S:\\a", bytes->a, SIZE);
        sim_set_attributes(L"S:\\a", OS_ATTRIBUTE_ENCRYPTED);
        run(&w, L"S:\\a", L"R:\\new", (struct reflink_range){0, 0, 0, true});
        cr_expect_eq(w.outcome.status, encrypts ? REFLINK_OK : REFLINK_FAILED);
        cr_expect_eq(sim_exists(L"R:\\new"), encrypts);
        if (encrypts)
            cr_expect(sim_attributes(L"R:\\new") & OS_ATTRIBUTE_ENCRYPTED);
        run(&w, L"S:\\a", L"R:\\b", (struct reflink_range){0, 0, 0, true});
        cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_ENCRYPTED);
        cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE));
        free(bytes);
        world_end(&w);
    }
}

/* A new start finds the file grown by the one before: SOURCE's end is where it
   was at first. */
Test(range, a_grown_file_has_its_old_end)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    uint64_t size = 100 * KI + 10;
    w.policy.mode = REFLINK_ALWAYS;
    sim_set_size(L"R:\\b", size);
    w.volume->drop = (struct sim_drop){1, CODE_NETNAME_DELETED, true};
    run(&w, L"R:\\b", L"R:\\b", (struct reflink_range){0, 200 * KI, 0, true});
    memset(bytes->b + size, 0, 200 * KI - size);
    memcpy(bytes->b + 200 * KI, bytes->b, size);
    expect_account(&w, 100 * KI, 10, REFLINK_REASON_PARTIAL_CLUSTER);
    cr_expect(sim_holds(L"R:\\b", bytes->b, 200 * KI + size));
    free(bytes);
    world_end(&w);
}

/* What lies behind DEST's end reads as zeros as it is. */
Test(range, holes_behind_the_end_take_no_call)
{
    struct world w = world_make("ntfs");
    struct bytes *bytes = make_files();
    sim_set_sparse(L"R:\\a", true);
    sim_set_size(L"R:\\a", 2 * SIZE);
    run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, SIZE, 0, true});
    cr_expect_eq(w.outcome.bytes_copied, 2 * SIZE);
    cr_expect_eq(sim_calls(SIM_OP_ZERO), 0);
    run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, SIZE / 2, 0, true});
    cr_expect_eq(sim_calls(SIM_OP_ZERO), 1);
    free(bytes);
    world_end(&w);
}

/* --- proof -----------------------------------------------------------------
 */

/* Flushed and cloned anew; where that is not allowed, copied, or refused. */
Test(range, an_unflushed_source)
{
    for (int mode = REFLINK_AUTO; mode <= REFLINK_ALWAYS; mode++) {
        for (int locked = 0; locked < 2; locked++) {
            struct world w = world_make("refs-unflushed");
            struct bytes *bytes = make_files();
            bool refused = mode == REFLINK_ALWAYS && locked;
            w.policy.mode = (enum reflink_mode)mode;
            sim_write_at(L"R:\\a", 0, bytes->a, SIZE);
            if (locked)
                sim_set_attributes(L"R:\\a", OS_ATTRIBUTE_READONLY);
            run(&w, L"R:\\a", L"R:\\b",
                (struct reflink_range){0, 8192, 64 * KI, false});
            memcpy(bytes->b + 8192, bytes->a, 64 * KI);
            cr_expect_eq(w.outcome.status,
                         refused ? REFLINK_REFUSED : REFLINK_OK);
            cr_expect_eq(w.outcome.reason, locked ? REFLINK_REASON_UNVERIFIED
                                                  : REFLINK_REASON_NONE);
            cr_expect_eq(w.outcome.requests, locked ? 1 : 2);
            cr_expect_eq(sim_calls(SIM_OP_FLUSH_PATH), 1);
            cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE));
            free(bytes);
            world_end(&w);
        }
    }
}

/* Of a DEST that is refused nothing is kept, but what was there. */
Test(range, a_lie_that_grew_dest_is_taken_back)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    w.policy.mode = REFLINK_ALWAYS;
    w.volume->lie = SIM_LIE_ZEROS;
    run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, SIZE, 0, true});
    cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
    cr_expect_eq(w.outcome.bytes, 0);
    cr_expect(sim_holds(L"R:\\b", bytes->b, SIZE));
    run(&w, L"R:\\a", L"R:\\new", (struct reflink_range){0, 0, 0, true});
    cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
    cr_expect_not(sim_exists(L"R:\\new"));
    cr_expect_eq(sim_calls(SIM_OP_WRITE), 1); /* it would go anyway */
    free(bytes);
    world_end(&w);
}

/* What could not be made whole again is a failure of its own. */
Test(range, a_lie_that_cannot_be_mended)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    w.policy.mode = REFLINK_ALWAYS;
    w.volume->lie = SIM_LIE_ZEROS;
    sim_fault(SIM_OP_WRITE, 1, CODE_IO_DEVICE);
    run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, 0, 0, true});
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.code, CODE_IO_DEVICE);
    free(bytes);
    world_end(&w);
}

static void spoil(void *unused)
{
    (void)unused;
    sim_write_at(L"R:\\b", 30000, "\xa5\x5a", 2);
}

/* Compared in full, a copy that went wrong is a difference: exit code 4. */
Test(range, verify_full_finds_a_spoilt_copy)
{
    struct world w = world_make("ntfs");
    struct bytes *bytes = make_files();
    w.policy.verify = REFLINK_VERIFY_FULL;
    sim_at_call(SIM_OP_READ, 2, spoil, NULL);
    run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, 0, 64 * KI, false});
    cr_expect_eq(w.outcome.status, REFLINK_DIFFERENT);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_DIFFERENT);
    free(bytes);
    world_end(&w);
}

static void touch(void *unused)
{
    (void)unused;
    sim_advance_us(5000000);
    sim_write_at(L"R:\\a", 5, "x", 1);
}

Test(range, a_source_that_is_written_to_is_a_failure)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    sim_at_call(SIM_OP_CLONE, 1, touch, NULL);
    run(&w, L"R:\\a", L"R:\\b",
        (struct reflink_range){65536, 0, 64 * KI, false});
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_SOURCE_CHANGED);
    free(bytes);
    world_end(&w);
}

/* A new DEST without a gap is as dense as SOURCE; a gap stays a hole. */
Test(range, a_new_dest_is_dense)
{
    for (uint64_t gap = 0; gap < 2; gap++) {
        struct world w = world_make("refs-4k");
        struct bytes *bytes = make_files();
        run(&w, L"R:\\a", L"R:\\new",
            (struct reflink_range){0, gap * MI, 64 * KI, false});
        cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
        cr_expect_eq(sim_is_sparse(L"R:\\new"), gap != 0);
        cr_expect_eq(sim_allocated(L"R:\\new"), 64 * KI);
        free(bytes);
        world_end(&w);
    }
}

/* --- saturation ----------------------------------------------------------- */

Test(range, only_what_is_saturated_is_copied)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    sim_set_limit(L"R:\\a", 3);
    for (uint64_t i = 0; i < 4; i++)
        run(&w, L"R:\\a", L"R:\\c",
            (struct reflink_range){40960, i * 8192, 8192, false});
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_LIMIT);
    w.policy.verify = REFLINK_VERIFY_FULL;
    run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, 0, 0, true});
    expect_account(&w, SIZE - 8192, 8192, REFLINK_REASON_LIMIT);
    cr_expect(sim_holds(L"R:\\b", bytes->a, SIZE));
    free(bytes);
    world_end(&w);
}

Test(range, a_reader_of_dest_gets_in_and_a_writer_keeps_us_out)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    struct os_file *other =
        sim_open_as(L"R:\\b", SIM_READ, SIM_READ | SIM_WRITE | SIM_DELETE);
    run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, 0, 4096, false});
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    os_close(other);
    other = sim_open_as(L"R:\\b", SIM_WRITE, SIM_READ | SIM_WRITE | SIM_DELETE);
    run(&w, L"R:\\a", L"R:\\b", (struct reflink_range){0, 0, 4096, false});
    cr_expect_eq(w.outcome.error.code, CODE_SHARING_VIOLATION);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_IN_USE);
    os_close(other);
    free(bytes);
    world_end(&w);
}

/* Far beyond what a volume holds, and yet in order: nothing is allocated. */
Test(range, at_the_far_end_of_a_sparse_file)
{
    struct world w = world_make("refs-4k");
    struct bytes *bytes = make_files();
    uint64_t far = UINT64_C(16) << 40;
    run(&w, L"R:\\a", L"R:\\new", (struct reflink_range){0, far, 0, true});
    expect_account(&w, SIZE, 0, REFLINK_REASON_NONE);
    cr_expect_eq(sim_size(L"R:\\new"), far + SIZE);
    cr_expect_leq(sim_allocated(L"R:\\new"), SIZE);
    uint8_t *read = malloc(MI);
    cr_expect_eq(sim_read_at(L"R:\\new", far, read, MI), MI);
    cr_expect_eq(memcmp(read, bytes->a, MI), 0);
    free(read);
    free(bytes);
    world_end(&w);
}
