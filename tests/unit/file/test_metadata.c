/* What rides on a file comes along, or is named as lost. */
#include "core/errors.h"
#include "world.h"

#include <string.h>

TestSuite(metadata, .timeout = 120);

static const uint64_t MI = 1024 * 1024;

static struct world make_rich(const char *profile)
{
    struct world w = world_make("refs-4k");
    sim_reset();
    w.volume = sim_mount(L"R:\\", profile);
    w.other = sim_mount(L"S:\\", "refs-4k");
    sim_fill_pattern(L"S:\\a", 0, MI, 9);
    sim_set_stream(L"S:\\a", L"Zone.Identifier", "[ZoneTransfer]", 14);
    sim_set_stream(L"S:\\a", L"empty", "", 0);
    sim_set_ea(L"S:\\a", "ea", 2);
    sim_set_security(L"S:\\a", 7);
    return w;
}

Test(metadata, all_of_it_is_kept)
{
    static const wchar_t *const dests[] = {L"S:\\b", L"R:\\b"};
    for (size_t i = 0; i < 2; i++) { /* cloned; copied to another volume */
        struct world w = make_rich("refs-4k");
        w.policy.security = true;
        world_run_paths(&w, L"S:\\a", dests[i]);
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_eq(w.outcome.lost, 0);
        cr_expect(sim_stream_holds(dests[i], L"Zone.Identifier",
                                   "[ZoneTransfer]", 14));
        cr_expect(sim_stream_holds(dests[i], L"empty", "", 0));
        cr_expect_eq(sim_stream_count(dests[i]), 2);
        cr_expect(sim_ea_holds(dests[i], "ea", 2));
        cr_expect_eq(sim_security(dests[i]), 7);
        cr_expect_not(sim_cloned_stream);
        world_end(&w);
    }
}

/* As with SOURCE's own bytes. */
Test(metadata, a_stream_that_somebody_writes_to_is_copied)
{
    struct world w = make_rich("refs-4k");
    struct os_file *writer = sim_open_as(L"S:\\a:Zone.Identifier", SIM_WRITE,
                                         SIM_READ | SIM_WRITE | SIM_DELETE);
    cr_assert(writer);
    world_run_paths(&w, L"S:\\a", L"S:\\b");
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect(
        sim_stream_holds(L"S:\\b", L"Zone.Identifier", "[ZoneTransfer]", 14));
    os_close(writer);
    world_end(&w);
}

Test(metadata, security_only_if_asked_for)
{
    struct world w = make_rich("refs-4k");
    world_run_paths(&w, L"S:\\a", L"S:\\b");
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(sim_security(L"S:\\b"), 0);
    world_end(&w);
}

Test(metadata, another_owner_needs_a_right)
{
    struct world w = make_rich("refs-4k");
    w.policy.security = true;
    sim_fault(SIM_OP_COPY_SECURITY, 1, CODE_INVALID_OWNER);
    world_run_paths(&w, L"S:\\a", L"S:\\b");
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.code, CODE_INVALID_OWNER);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_OWNER_RIGHT);
    cr_expect_not(sim_exists(L"S:\\b"));
    world_end(&w);
}

Test(metadata, what_cannot_be_held_is_named)
{
    struct world w = make_rich("exfat");
    w.policy.security = true;
    sim_set_sparse(L"S:\\a", true);
    sim_set_integrity(L"S:\\a", 1, 0);
    world_run_paths(&w, L"S:\\a", L"R:\\b");
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.lost,
                 REFLINK_LOST_STREAMS | REFLINK_LOST_EA | REFLINK_LOST_SPARSE |
                     REFLINK_LOST_INTEGRITY | REFLINK_LOST_SECURITY);
    cr_expect(sim_same_bytes(L"S:\\a", L"R:\\b"));
    world_end(&w);
}

/* FAT refuses some years, other volumes move them: the bytes are kept. */
Test(metadata, a_time_that_cannot_be_stored)
{
    static const int64_t day = INT64_C(864000000000);
    static const int64_t y2020 = INT64_C(132223104000000000);
    static const struct {
        const char *profile;
        os_error no_time;
        int64_t written;
        bool lost;
    } rows[] = {
        {"fat32", 0, y2020, false},
        {"fat32", CODE_INVALID_PARAMETER, y2020 + 12345678, false},
        {"fat32", CODE_INVALID_PARAMETER, INT64_C(119600064000000000) - day,
         true},
        {"exfat", CODE_INVALID_PARAMETER, INT64_C(159992927980000000) + day,
         true},
        {"exfat", CODE_INVALID_PARAMETER, 0, true},
        {"fat32", 0, INT64_C(159992927980000000) + day, true},
        {"refs-4k", 0, 0, false},
        {"refs-4k", 0, 1, false},
        {"refs-4k", 0, INT64_MAX, false},
        {"refs-4k", 0, INT64_MIN, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = world_make(rows[i].profile);
        w.volume->no_time = rows[i].no_time;
        sim_fill_pattern(L"S:\\a", 0, 5000, 1);
        sim_set_written(L"S:\\a", rows[i].written);
        sim_set_attributes(L"S:\\a", OS_ATTRIBUTE_HIDDEN);
        world_run_paths(&w, L"S:\\a", L"R:\\b");
        cr_expect_eq(w.outcome.status, REFLINK_OK, "row %zu: %u", i,
                     w.outcome.error.code);
        cr_expect_eq(w.outcome.lost, rows[i].lost ? REFLINK_LOST_TIME : 0,
                     "row %zu: %x", i, w.outcome.lost);
        cr_expect(sim_attributes(L"R:\\b") & OS_ATTRIBUTE_HIDDEN);
        /* what the volume keeps of attributes is known then, but not of times
         */
        world_run_paths(&w, L"S:\\a", L"R:\\c");
        cr_expect_eq(w.outcome.lost, rows[i].lost ? REFLINK_LOST_TIME : 0,
                     "row %zu: %x", i, w.outcome.lost);
        /* where it is lost, the two may be too far apart to subtract */
        int64_t apart =
            rows[i].lost ? 0 : sim_written(L"R:\\b") - rows[i].written;
        cr_expect(apart <= 1 && apart > -20000000, "row %zu", i);
        world_end(&w);
    }
}

/* Of ReFS, at 128 KiB; of a disk that is full. */
static const os_error too_much[] = {CODE_FILE_SYSTEM_LIMITATION,
                                    CODE_DISK_FULL};

/* It is named, and not left half; what fits comes along. */
Test(metadata, a_stream_that_does_not_fit_is_lost)
{
    static char big[3 * 1024 * 1024];
    static const size_t sizes[] = {128 * 1024 + 1, sizeof big};
    for (size_t i = 0; i < 4; i++) {
        struct world w = make_rich("ntfs");
        w.policy.existing = REFLINK_EXISTING_REPLACE;
        w.other->stream_full = too_much[i / 2];
        /* so that the second block is the one that does not fit */
        w.other->stream_limit = i % 2 != 0 ? 2 * MI : 128 * 1024;
        sim_fill_pattern(L"R:\\n", 0, MI, 9);
        sim_set_stream(L"R:\\n", L"first", "1", 1);
        sim_set_stream(L"R:\\n", L"big", big, sizes[i % 2]);
        sim_set_stream(L"R:\\n", L"last", "3", 1);
        sim_write_file(L"S:\\b", "old", 3);
        world_run_paths(&w, L"R:\\n", L"S:\\b");
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_eq(w.outcome.lost, REFLINK_LOST_STREAMS);
        cr_expect(sim_same_bytes(L"R:\\n", L"S:\\b"));
        cr_expect(sim_stream_holds(L"S:\\b", L"first", "1", 1));
        cr_expect(sim_stream_holds(L"S:\\b", L"big", "", 0));
        cr_expect(sim_stream_holds(L"S:\\b", L"last", "3", 1));
        world_end(&w);
    }
}

static void run_with_fault(enum sim_op op, uint64_t nth, os_error code,
                           struct world *w)
{
    *w = make_rich("refs-4k");
    sim_fault(op, nth, code);
    world_run_paths(w, L"S:\\a", L"S:\\b");
}

/* The same where it is made. What says something else is a failure. */
Test(metadata, a_stream_that_cannot_be_made_is_lost)
{
    struct world w;
    for (size_t i = 0; i < 2; i++) {
        int lost = 0;
        bool met = true;
        for (uint64_t nth = 1; met; nth++) {
            run_with_fault(SIM_OP_OPEN, nth, too_much[i], &w);
            met = sim_faults_met() != 0;
            bool is_lost = w.outcome.lost == REFLINK_LOST_STREAMS;
            lost += is_lost;
            cr_expect_eq(w.outcome.status,
                         is_lost || !met ? REFLINK_OK : REFLINK_FAILED);
            if (is_lost)
                cr_expect_eq(sim_stream_count(L"S:\\b"), 1);
            world_end(&w);
        }
        cr_expect_eq(lost, 2);
        run_with_fault(SIM_OP_WRITE, 1, too_much[i], &w);
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_eq(w.outcome.lost, REFLINK_LOST_STREAMS);
        world_end(&w);
    }
    run_with_fault(SIM_OP_WRITE, 1, CODE_IO_DEVICE, &w);
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.step, REFLINK_STEP_STREAMS);
    cr_expect_not(sim_exists(L"S:\\b"));
    world_end(&w);
}

/* The file itself has to fit. */
Test(metadata, a_file_that_does_not_fit_is_a_failure)
{
    for (size_t i = 0; i < 2; i++) {
        struct world w = make_rich("ntfs");
        sim_fault(SIM_OP_WRITE, 1, too_much[i]);
        world_run_paths(&w, L"S:\\a", L"R:\\b");
        cr_expect_eq(w.outcome.status, REFLINK_FAILED);
        cr_expect_eq(w.outcome.error.code, too_much[i]);
        cr_expect_not(sim_exists(L"R:\\b"));
        world_end(&w);
    }
}

/* --- names that a hostile volume may list ----------------------------------
 */

static const wchar_t *const no_names[] = {
    L":\\..\\..\\evil.txt:$DATA",
    L":/../../evil.txt:$DATA",
    L"\\..\\..\\evil.txt:$DATA",
    L"/../../evil.txt",
    L"",
    L":",
    L"::",
    L":::$DATA",
    L":x",
    L":x:",
    L":x:$DATA:",
    L":x:y:$DATA",
    L":x:$INDEX_ALLOCATION",
    L":x:$DATA\\..\\..\\evil.txt",
    L"x:$DATA",
    L"::$DATA:y",
};

/* No path that was opened is anything but a file, a directory, or `name:stream`
   with a stream that there really is. */
static void expect_no_odd_path(size_t row)
{
    const struct sim_trace_entry *entries;
    size_t count;
    sim_trace_entries(&entries, &count);
    for (size_t i = 0; i < count; i++) {
        const wchar_t *path = entries[i].path; /* may be empty */
        const wchar_t *stream =
            *path != L'\0' ? wcschr(path + wcslen(L"S:"), L':') : NULL;
        cr_expect_null(wcsstr(entries[i].path, L".."), "row %zu: %ls", row,
                       entries[i].path);
        cr_expect(stream == NULL ||
                      wcsncmp(stream, L":Zone.Identifier", 16) == 0 ||
                      wcsncmp(stream, L":empty", 6) == 0,
                  "row %zu: %ls", row, entries[i].path);
    }
}

static struct world make_hostile(const wchar_t *name)
{
    struct world w = make_rich("refs-4k");
    sim_mkdir(L"S:\\x");
    sim_mkdir(L"R:\\x");
    sim_write_file(L"S:\\evil.txt", "evil", 4);
    sim_write_file(L"R:\\evil.txt", "mine", 4);
    sim_fill_pattern(L"S:\\x\\a", 0, MI, 9);
    sim_set_stream(L"S:\\x\\a", L"Zone.Identifier", "[ZoneTransfer]", 14);
    sim_list_stream(L"S:\\x\\a", name);
    sim_trace(true);
    return w;
}

Test(metadata, a_name_that_no_stream_can_have_is_no_path)
{
    for (size_t i = 0; i < sizeof no_names / sizeof no_names[0]; i++) {
        static const wchar_t *const dests[] = {L"S:\\x\\b", L"R:\\x\\b"};
        for (size_t j = 0; j < 2; j++) { /* cloned; copied */
            struct world w = make_hostile(no_names[i]);
            world_run_paths(&w, L"S:\\x\\a", dests[j]);
            cr_expect_eq(w.outcome.status, REFLINK_OK, "row %zu", i);
            cr_expect_eq(w.outcome.lost, REFLINK_LOST_STREAMS, "row %zu", i);
            cr_expect_eq(sim_stream_count(dests[j]), 1);
            cr_expect(sim_stream_holds(dests[j], L"Zone.Identifier",
                                       "[ZoneTransfer]", 14));
            expect_no_odd_path(i);
            cr_expect(sim_holds(L"S:\\evil.txt", "evil", 4));
            cr_expect(sim_holds(L"R:\\evil.txt", "mine", 4));
            world_end(&w);
        }
    }
}

/* Up to 255 characters; and such that Win32 would take from a path's end. */
Test(metadata, any_name_that_a_stream_can_have_is_kept)
{
    wchar_t longest[256] = {0};
    const wchar_t *const names[] = {L"a",      L".",     L"..",  L"dots..",
                                    L"space ", L"$DATA", longest};
    wmemset(longest, L'n', 255);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct world w = make_rich("refs-4k");
        sim_set_stream(L"S:\\a", names[i], "held", 4);
        world_run_paths(&w, L"S:\\a", L"S:\\b");
        cr_expect_eq(w.outcome.status, REFLINK_OK, "row %zu", i);
        cr_expect_eq(w.outcome.lost, 0, "row %zu", i);
        cr_expect(sim_stream_holds(L"S:\\b", names[i], "held", 4), "row %zu",
                  i);
        world_end(&w);
    }
}

Test(metadata, a_name_longer_than_any_is_lost)
{
    wchar_t name[280];
    wcscpy(name, L":");
    for (size_t i = 0; i < 256; i++)
        wcscat(name, L"n");
    wcscat(name, L":$DATA");
    struct world w = make_hostile(name);
    world_run_paths(&w, L"S:\\x\\a", L"S:\\x\\b");
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.lost, REFLINK_LOST_STREAMS);
    world_end(&w);
}

static void count_streams(void *context, const struct reflink_dry_step *step)
{
    size_t *streams = context;
    if (step->kind == REFLINK_DRY_STREAMS)
        *streams = (size_t)step->length;
}

Test(metadata, a_dry_run_counts_the_streams_that_would_be_copied)
{
    struct world w = make_hostile(no_names[0]);
    size_t streams = 0;
    reflink_dry_run(w.session, &w.policy, L"S:\\x\\a", L"S:\\x\\b", NULL,
                    count_streams, &streams, &w.outcome);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(streams, 1);
    cr_expect_eq(w.outcome.lost, REFLINK_LOST_STREAMS);
    expect_no_odd_path(0);
    world_end(&w);
}

/* --- extended attributes -------------------------------------------------- */

/* Adds an entry as the system lists it; returns the new size. */
static size_t add_ea(uint8_t *list, size_t size, const char *name,
                     const char *value)
{
    static size_t last;
    size_t at = (size + 3) / 4 * 4;
    uint32_t next = (uint32_t)(at - last);
    uint16_t length = (uint16_t)strlen(value);
    if (at != 0)
        memcpy(list + last, &next, sizeof next);
    memset(list + at, 0, 8);
    list[at + 5] = (uint8_t)strlen(name);
    memcpy(list + at + 6, &length, sizeof length);
    strcpy((char *)list + at + 8, name);
    memcpy(list + at + 8 + strlen(name) + 1, value, length);
    last = at;
    return at + 8 + strlen(name) + 1 + length;
}

/* `$KERNEL.` cannot be set by a program, and is not tried. */
Test(metadata, extended_attributes_of_the_kernel_are_left_out)
{
    static const char *const names[] = {"$KERNEL.PURGE.ESBCACHE", "MINE",
                                        "$Kernel.x", "$KERNELS", "LAST"};
    for (unsigned set = 1; set < 1 << 5; set++) {
        uint8_t all[256] = {0};
        uint8_t kept[256] = {0};
        size_t size = 0;
        size_t left = 0;
        for (unsigned i = 0; i < 5; i++) {
            if (set & 1u << i)
                size = add_ea(all, size, names[i], "value");
        }
        for (unsigned i = 0; i < 5; i++) {
            if (set & 1u << i && i != 0 && i != 2)
                left = add_ea(kept, left, names[i], "value");
        }
        struct world w = make_rich("refs-4k");
        sim_set_ea(L"S:\\a", all, size);
        world_run_paths(&w, L"S:\\a", L"S:\\b");
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_eq(sim_calls(SIM_OP_SET_EA), left != 0);
        cr_expect(sim_ea_holds(L"S:\\b", kept, left), "set %x", set);
        world_end(&w);
    }
}

/* A list that is cut off, or none at all, goes as it came. */
Test(metadata, extended_attributes_that_are_no_list)
{
    uint8_t list[64] = {0};
    size_t size = add_ea(list, add_ea(list, 0, "$KERNEL.", ""), "B", "C");
    for (size_t length = 1; length < size; length++) {
        struct world w = make_rich("refs-4k");
        sim_set_ea(L"S:\\a", list, length);
        world_run_paths(&w, L"S:\\a", L"S:\\b");
        cr_expect(sim_ea_holds(L"S:\\b", list, length));
        world_end(&w);
    }
}

/* Never written in the clear: by no mode, to no volume that cannot. */
Test(metadata, an_encrypted_source_stays_encrypted_or_fails)
{
    for (int encrypts = 0; encrypts < 2; encrypts++) {
        struct world w = make_rich(encrypts ? "ntfs" : "refs-4k");
        sim_set_attributes(L"S:\\a", OS_ATTRIBUTE_ENCRYPTED);
        world_run_paths(&w, L"S:\\a", L"R:\\b");
        cr_expect_eq(w.outcome.status, encrypts ? REFLINK_OK : REFLINK_FAILED);
        cr_expect_eq(sim_exists(L"R:\\b"), encrypts);
        if (encrypts)
            cr_expect(sim_attributes(L"R:\\b") & OS_ATTRIBUTE_ENCRYPTED);
        else
            cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_ENCRYPTED);
        cr_expect_eq(sim_calls(SIM_OP_WRITE) != 0, encrypts);
        sim_write_file(L"R:\\c", "plain", 5);
        if (!encrypts) {
            struct reflink_range range = {0, 0, 4096, false};
            reflink_range(w.session, &w.policy, L"S:\\a", L"R:\\c", &range,
                          &w.outcome);
            cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_ENCRYPTED);
            cr_expect(sim_holds(L"R:\\c", "plain", 5));
        }
        world_end(&w);
    }
}

/* A volume that does not know a request may call its form invalid: what it does
   not store is a warning, and zeros are written in place of a hole. */
Test(metadata, an_invalid_parameter_may_mean_an_unknown_request)
{
    struct world w = world_make("ntfs");
    sim_fill_pattern(L"R:\\a", 0, 4096, 1);
    sim_set_stream(L"R:\\a", L"one", "1", 1);
    sim_fault(SIM_OP_OPEN, 4, CODE_INVALID_PARAMETER);
    world_run(&w);
    cr_expect_eq(sim_faults_met(), 1);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.lost, REFLINK_LOST_STREAMS);
    world_end(&w);
}

Test(metadata, a_hole_that_cannot_be_made_is_written)
{
    struct world w = world_make("ntfs");
    struct reflink_range all = {.to_end = true};
    sim_set_size(L"R:\\a", 0);
    sim_set_sparse(L"R:\\a", true);
    sim_set_size(L"R:\\a", 1 << 20);
    sim_fill_pattern(L"R:\\b", 0, 1 << 20, 2);
    sim_fault_always(SIM_OP_ZERO, CODE_INVALID_PARAMETER);
    reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\b", &all, &w.outcome);
    cr_expect_geq(sim_faults_met(), 1);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(&w);
}
