/*
 * --dedupe with the shipped program, on volumes that share for real. What is
 * shared is judged from outside: by the extents that Linux reports, by bytes,
 * and by the free space of the volume.
 */
#include "e2e.h"

#include <sys/stat.h>
#include <unistd.h>

TestSuite(dedupe, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

/* Copies the bytes to a file of its own. */
static void copy(const char *from, const char *to)
{
    char block[65536];
    size_t got = 0;
    FILE *source = fopen(from, "rb");
    FILE *dest = fopen(to, "wb");
    cr_assert(source != NULL && dest != NULL);
    while ((got = fread(block, 1, sizeof block, source)) != 0)
        cr_assert_eq(fwrite(block, 1, got, dest), got);
    fclose(source);
    cr_assert_eq(fflush(dest), 0);
    cr_assert_eq(fsync(fileno(dest)), 0);
    fclose(dest);
}

static void change(const char *name, long offset, const char *text)
{
    FILE *file = fopen(name, "r+b");
    cr_assert(file != NULL);
    cr_assert_eq(fseek(file, offset, SEEK_SET), 0);
    fputs(text, file);
    cr_assert_eq(fflush(file), 0);
    cr_assert_eq(fsync(fileno(file)), 0);
    fclose(file);
}

static struct timespec written(const char *name)
{
    struct stat status;
    cr_assert_eq(stat(name, &status), 0);
    return status.st_mtim;
}

static bool is_written_at(const char *name, struct timespec time)
{
    struct timespec now = written(name);
    /* Windows counts in steps of 100 ns */
    return now.tv_sec == time.tv_sec && now.tv_nsec / 100 == time.tv_nsec / 100;
}

ParameterizedTestParameters(dedupe, copies_share)
{
    return e2e_numbers(CLONING_VOLUMES);
}

ParameterizedTest(int *number, dedupe, copies_share)
{
    e2e_enter((enum volume) * number);
    e2e_make("a", 5 * MIB + 12345);
    copy("a", "b");
    copy("a", "c");
    uint64_t hash = e2e_hash("b");
    struct timespec time = written("b");
    struct result *result = RUN("--dedupe", "a", "b", "c");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "shared  b with a  (5 MiB, *\n"
                                         "shared  c with a  (5 MiB, *\n"
                                         "3 files, 1 group: *, 0 failed\n"));
    EXPECT(result, e2e_is(result->err, ""));
    EXPECT(result, e2e_same_extents("a", "b") && e2e_same_extents("a", "c"));
    EXPECT(result, e2e_hash("b") == hash && e2e_hash("c") == hash);
    EXPECT(result, is_written_at("b", time));
    EXPECT(result, e2e_is(e2e_files(), "a b c"));
    /* and again: nothing is left to do */
    result = RUN("--dedupe", "a", "b", "c");
    EXPECT(result, result->exit_code == 0 && result->requests == 0);
    EXPECT(result, e2e_has(result->out, " of it before, 0 bytes freed)"));
}

/* Returns how much more space is free after two files were made to share. */
static uint64_t give_back(void)
{
    uint64_t freed = 0;
    (void)unlink("a");
    (void)unlink("b");
    e2e_make("a", 20 * MIB);
    copy("a", "b");
    sync();
    uint64_t before = e2e_free_bytes();
    struct result *result = RUN("--dedupe", "--json", "a", "b");
    e2e_expect_json(result);
    EXPECT(result, e2e_has(result->out, "\"bytes_shared\":20971520"));
    EXPECT(result, e2e_has(result->out, "\"bytes_freed\":20971520"));
    /* Btrfs gives space back when it commits */
    for (int i = 0; i < 20 && freed < 19 * MIB; i++) {
        sync();
        usleep(200000);
        freed = e2e_free_bytes() > before ? e2e_free_bytes() - before : 0;
    }
    return freed;
}

/* The free space of the volume is the second opinion. Other tests use the same
   volume meanwhile, so it may take more than one attempt to see it. */
ParameterizedTestParameters(dedupe, space_is_given_back)
{
    return e2e_numbers(CLONING_VOLUMES);
}

ParameterizedTest(int *number, dedupe, space_is_given_back)
{
    uint64_t freed = 0;
    e2e_enter((enum volume) * number);
    for (int i = 0; i < 5 && freed < 19 * MIB; i++)
        freed = give_back();
    cr_expect_geq(freed, 19 * MIB);
}

ParameterizedTestParameters(dedupe, only_equal_clusters_share)
{
    return e2e_numbers(CLONING_VOLUMES);
}

ParameterizedTest(int *number, dedupe, only_equal_clusters_share)
{
    e2e_enter((enum volume) * number);
    e2e_make("a", 4 * MIB);
    copy("a", "b");
    change("b", MIB + 7, "different");
    change("b", 3 * MIB, "different");
    uint64_t hash = e2e_hash("b");
    struct result *result = RUN("--dedupe", "a", "b");
    EXPECT(result, result->exit_code == 0 && e2e_hash("b") == hash);
    EXPECT(result, e2e_shared_bytes("a", "b") == 4 * MIB - 2 * e2e_cluster());
}

Test(dedupe, holes_stay_holes)
{
    static const struct range data[] = {{0, MIB}, {8 * MIB, MIB}, {0, 0}};
    e2e_enter(XFS4K);
    e2e_make_sparse("a", 16 * MIB, data);
    e2e_run((const char *const[]){"--reflink=never", "a", "b", NULL});
    uint64_t allocated = e2e_allocated("b");
    struct result *result = RUN("--dedupe", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_shared_bytes("a", "b") == 2 * MIB);
    EXPECT(result, e2e_same_bytes("a", "b"));
    EXPECT(result, e2e_allocated("b") == allocated);
}

/* --- trees ---------------------------------------------------------------- */

ParameterizedTestParameters(dedupe, a_tree)
{
    return e2e_numbers(CLONING_VOLUMES);
}

ParameterizedTest(int *number, dedupe, a_tree)
{
    e2e_enter((enum volume) * number);
    e2e_make_folder("t");
    e2e_make_folder("t/x");
    e2e_make_folder("t/y");
    e2e_make("t/x/1", 2 * MIB + 5);
    copy("t/x/1", "t/y/1");
    copy("t/x/1", "t/y/2");
    e2e_make("t/other", 2 * MIB + 5);
    e2e_make("t/x/p", 300000);
    copy("t/x/p", "t/p");
    e2e_write("t/small", "small");
    e2e_write("t/small2", "small");
    cr_assert_eq(link("t/x/1", "t/name"), 0);
    struct result *result = RUN("--dedupe", "-r", "--json", "t");
    e2e_expect_json(result);
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_has(result->out, "\"groups\":2"));
    EXPECT(result, e2e_has(result->out, "\"hard-link\":1"));
    EXPECT(result, e2e_same_extents("t/x/1", "t/y/1"));
    EXPECT(result, e2e_same_extents("t/x/1", "t/y/2"));
    EXPECT(result, e2e_same_extents("t/x/p", "t/p"));
    EXPECT(result, e2e_shared_bytes("t/x/1", "t/other") == 0);
    result = RUN("--dedupe", "-r", "-v", "t");
    EXPECT(result, result->exit_code == 0 && result->requests == 0);
    EXPECT(result, e2e_has(result->out, "9 files, 2 groups: 4.2 MiB shared "
                                        "before, 4.2 MiB now, 0 bytes freed"));
}

/* --- volumes that lie ----------------------------------------------------- */

static const char *const lies[] = {"nothing", "half", "zeros", "prefix"};
static const char *const pointers[] = {"on", "off"};

enum { COMBINATIONS = CLONING_VOLUMES * ROWS(lies) * ROWS(pointers) };

ParameterizedTestParameters(dedupe, lies_are_found_out_first)
{
    return e2e_numbers(COMBINATIONS);
}

/* Nothing in the folder changes, and no user's file gets a request. */
ParameterizedTest(int *number, dedupe, lies_are_found_out_first)
{
    size_t n = (size_t)*number;
    e2e_enter((enum volume)(n / ROWS(lies) / ROWS(pointers)));
    e2e_set("REFLINK_BRIDGE_LIE", lies[n % ROWS(lies)]);
    e2e_set("REFLINK_BRIDGE_POINTERS",
            pointers[n / ROWS(lies) % ROWS(pointers)]);
    e2e_make("a", 2 * MIB + 100);
    copy("a", "b");
    const char *before = e2e_snapshot();
    struct result *result = RUN("--dedupe", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_has(result->out, "skipped b: the volume reported "
                                        "success, but did not share"));
    EXPECT(result, result->granted == 1);
    EXPECT(result, e2e_is(e2e_snapshot(), before));
    result = RUN("--dedupe", "--reflink=always", "a", "b");
    EXPECT(result, result->exit_code == 3);
    EXPECT(result, e2e_is(e2e_snapshot(), before));
}

/* --- what is left alone --------------------------------------------------- */

Test(dedupe, without_cloning)
{
    e2e_enter(PLAIN);
    e2e_make("a", MIB);
    copy("a", "b");
    const char *before = e2e_snapshot();
    struct result *result = RUN("--dedupe", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_has(result->out, "skipped b: "));
    EXPECT(result, e2e_is(e2e_snapshot(), before));
}

Test(dedupe, in_use_and_read_only)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    copy("a", "b");
    copy("a", "c");
    cr_assert_eq(chmod("c", 0444), 0);
    e2e_hold("b", "rw", "rwd");
    struct result *result = RUN("--dedupe", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result,
           e2e_is(result->out, "skipped b: another program has it open\n"
                               "2 files, 1 group: 0 bytes shared before, 0 "
                               "bytes now, 0 bytes freed, 1 skipped, 0 "
                               "failed\n"));
    result = RUN("--dedupe", "a", "c");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_has(result->out, "skipped c: it is read-only\n"));
    e2e_release();
}

/* Every way in which a file can end is in the schema. */
Test(dedupe, json_of_every_end)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    copy("a", "b");
    e2e_make("c", MIB + 1);
    e2e_write("d", "short");
    struct result *result = RUN("--dedupe", "--json", "--dry-run", "a", "b");
    e2e_expect_json(result);
    EXPECT(result, e2e_has(result->out, "\"dry_run\":true"));
    EXPECT(result, e2e_has(result->out, "\"bytes_freed\":1048576"));
    EXPECT(result, e2e_shared_bytes("a", "b") == 0);
    result = RUN("--dedupe", "--json", "a", "b", "c", "d", "none", "a");
    e2e_expect_json(result);
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_has(result->out, "\"reason\":\"different-data\""));
    EXPECT(result, e2e_has(result->out, "\"reason\":\"below-cluster\""));
    EXPECT(result, e2e_has(result->out, "\"reason\":\"same-file\""));
    EXPECT(result, e2e_has(result->out, "\"status\":\"failed\""));
    result = RUN("--dedupe", "--json", "--reflink=always", "a", "c");
    e2e_expect_json(result);
    EXPECT(result, result->exit_code == 3);
    EXPECT(result, e2e_has(result->out, "\"status\":\"refused\""));
}

/* --- killed --------------------------------------------------------------- */

enum { KILLS = 40 };

/* At random moments, on a volume that tells the truth. */
Test(dedupe, killed)
{
    int killed = 0;
    e2e_enter(XFS4K);
    e2e_make("a", 40 * MIB);
    uint64_t hash = e2e_hash("a");
    for (unsigned i = 0; i < KILLS; i++) {
        copy("a", "b");
        struct timespec time = written("b");
        e2e_begin((const char *const[]){"--dedupe", "a", "b", NULL});
        killed += e2e_kill(20000 + i * 7000) == -1;
        cr_assert(e2e_hash("a") == hash && e2e_hash("b") == hash, "kill %u", i);
        cr_assert_eq(e2e_size("b"), 40 * MIB);
        (void)time;
    }
    cr_expect_gt(killed, 0);
    cr_expect_null(strstr(e2e_files(), "~reflink"), "%s", e2e_files());
}
