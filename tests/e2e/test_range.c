/* Ranges on real volumes: in place, within one file, past the end. */
#include <unistd.h>

#include "e2e.h"

TestSuite(range, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

struct bytes {
    uint8_t *data;
    size_t size;
};

static struct bytes load(const char *name)
{
    struct bytes bytes = {.size = (size_t)e2e_size(name)};
    bytes.data = malloc(bytes.size + 1);
    FILE *file = fopen(name, "rb");
    cr_assert(file != NULL && bytes.data != NULL);
    cr_assert_eq(fread(bytes.data, 1, bytes.size, file), bytes.size);
    fclose(file);
    return bytes;
}

/* What DEST is to hold: memmove, with zeros in a gap. */
static struct bytes put(struct bytes source, struct bytes dest, size_t from,
                        size_t to, size_t length)
{
    size_t size = to + length > dest.size ? to + length : dest.size;
    struct bytes wanted = {calloc(1, size + 1), size};
    memcpy(wanted.data, dest.data, dest.size);
    memcpy(wanted.data + to, source.data + from, length);
    return wanted;
}

static bool holds(const char *name, struct bytes wanted)
{
    struct bytes found = load(name);
    bool same = found.size == wanted.size &&
                memcmp(found.data, wanted.data, wanted.size) == 0;
    free(found.data);
    return same;
}

/* In clusters and bytes of the volume at hand. */
struct row {
    size_t from_clusters, from_bytes;
    size_t to_clusters, to_bytes;
    size_t clusters, bytes; /* of the length */
    size_t requests;
    const char *word; /* the result line begins with it */
};

static const struct row rows[] = {
    {0, 0, 0, 0, 8, 0, 1, "cloned "},     {3, 0, 1, 0, 8, 0, 1, "cloned "},
    {0, 0, 16, 0, 16, 0, 1, "cloned "},  /* DEST grows */
    {0, 0, 40, 0, 4, 0, 1, "cloned "},   /* behind a gap */
    {1, 100, 5, 100, 8, 0, 1, "mixed "}, /* head and tail by bytes */
    {1, 100, 5, 101, 8, 0, 0, "copied "}, {0, 0, 0, 0, 0, 100, 0, "copied "},
    {0, 0, 2, 0, 3, 17, 1, "mixed "},     {0, 0, 0, 0, 0, 0, 0, "copied "},
};

static void check_row(const struct row *row, const char *source,
                      const char *dest, bool requests)
{
    size_t cluster = (size_t)e2e_cluster();
    size_t from = row->from_clusters * cluster + row->from_bytes;
    size_t to = row->to_clusters * cluster + row->to_bytes;
    size_t length = row->clusters * cluster + row->bytes;
    struct bytes before = load(source);
    struct bytes wanted = put(before, load(dest), from, to, length);
    if (length == 0)
        wanted = load(dest);
    struct result *result = RUN(source, dest, e2e_text("%zu", from),
                                e2e_text("%zu", to), e2e_text("%zu", length));
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, holds(dest, wanted));
    EXPECT(result, strcmp(source, dest) == 0 || holds(source, before));
    if (requests) {
        EXPECT(result, result->requests == row->requests);
        EXPECT(result, strncmp(result->out, row->word, strlen(row->word)) == 0);
    }
}

ParameterizedTestParameters(range, into_another_file)
{
    return e2e_numbers(CLONING_VOLUMES);
}

ParameterizedTest(int *number, range, into_another_file)
{
    e2e_enter((enum volume) * number);
    for (size_t i = 0; i < ROWS(rows); i++) {
        e2e_make("a", 16 * e2e_cluster());
        e2e_make("b", 16 * e2e_cluster());
        check_row(&rows[i], "a", "b", true);
    }
    cr_expect_str_eq(e2e_files(), "a b");
}

Test(range, into_another_file_plain)
{
    e2e_enter(PLAIN);
    for (size_t i = 0; i < ROWS(rows); i++) {
        e2e_make("a", 16 * e2e_cluster());
        e2e_make("b", 16 * e2e_cluster());
        check_row(&rows[i], "a", "b", false);
    }
}

ParameterizedTestParameters(range, within_one_file)
{
    return e2e_numbers(VOLUME_COUNT - 2);
}

ParameterizedTest(int *number, range, within_one_file)
{
    static const struct row moves[] = {
        {0, 0, 1, 0, 8, 0, 8, "cloned "},   {1, 0, 0, 0, 8, 0, 8, "cloned "},
        {0, 0, 3, 0, 8, 0, 3, "cloned "},   {3, 0, 0, 0, 8, 0, 3, "cloned "},
        {0, 0, 8, 0, 8, 0, 1, "cloned "},   {8, 0, 0, 0, 8, 0, 1, "cloned "},
        {0, 5, 2, 5, 8, 0, 4, "mixed "},    {2, 5, 0, 5, 8, 0, 4, "mixed "},
        {0, 0, 0, 1, 9, 9, 0, "copied "},   {0, 1, 0, 0, 9, 9, 0, "copied "},
        {0, 0, 12, 0, 16, 0, 2, "cloned "}, /* and the file grows */
    };
    e2e_enter((enum volume) * number);
    for (size_t i = 0; i < ROWS(moves); i++) {
        e2e_make("a", 16 * e2e_cluster());
        check_row(&moves[i], "a", "a", *number < CLONING_VOLUMES);
    }
    cr_expect_str_eq(e2e_files(), "a");
}

/* A MiB of a file that is to be found elsewhere; where to: 0 behind the last.
 */
struct move {
    uint64_t from;
    uint64_t to;
};

static void expect_moves(const struct move *moves)
{
    static const struct range none = {0, 0};
    uint8_t *bytes = malloc(MIB);
    FILE *before = fopen("before", "rb");
    e2e_make_sparse("wanted", 12 * GIB, &none);
    FILE *wanted = fopen("wanted", "r+b");
    cr_assert(bytes && before && wanted);
    for (; moves->to != 0; moves++) {
        cr_assert(fseeko(before, (off_t)moves->from, SEEK_SET) == 0 &&
                  fseeko(wanted, (off_t)moves->to, SEEK_SET) == 0);
        cr_assert(fread(bytes, MIB, 1, before) == 1 &&
                  fwrite(bytes, MIB, 1, wanted) == 1);
    }
    fclose(before);
    fclose(wanted);
    free(bytes);
    cr_expect(e2e_same_bytes("a", "wanted"));
}

/* Farther than a request can be long, and overlapping. */
ParameterizedTestParameters(range, within_one_file_by_five_gibibytes)
{
    return e2e_numbers(CLONING_VOLUMES * 2);
}

ParameterizedTest(int *number, range, within_one_file_by_five_gibibytes)
{
    static const struct range data[] = {{MIB, MIB},
                                        {4 * GIB - MIB, 2 * MIB},
                                        {6 * GIB, MIB},
                                        {11 * GIB, MIB},
                                        {0, 0}};
    static const struct move up[] = {{MIB, MIB},
                                     {4 * GIB - MIB, 4 * GIB - MIB},
                                     {4 * GIB, 4 * GIB},
                                     {MIB, 5 * GIB + MIB},
                                     {4 * GIB - MIB, 9 * GIB - MIB},
                                     {4 * GIB, 9 * GIB},
                                     {6 * GIB, 11 * GIB},
                                     {0, 0}};
    static const struct move down[] = {
        {6 * GIB, GIB}, {11 * GIB, 6 * GIB}, {11 * GIB, 11 * GIB}, {0, 0}};
    bool is_up = *number % 2 == 0;
    e2e_enter((enum volume)(*number / 2));
    e2e_make_sparse("a", 12 * GIB, data);
    RUN("a", "before");
    struct result *result =
        is_up ? RUN("a", "a", "0", "5G", "7G") : RUN("a", "a", "5G", "0", "7G");
    EXPECT(result, result->exit_code == 0 && result->requests == 2);
    EXPECT(result, e2e_like(result->out, "cloned *7 GiB*\n"));
    expect_moves(is_up ? up : down);
}

/* A missing DEST is made; its gap takes no room. */
ParameterizedTestParameters(range, into_a_new_file)
{
    return e2e_numbers(CLONING_VOLUMES);
}

ParameterizedTest(int *number, range, into_a_new_file)
{
    e2e_enter((enum volume) * number);
    e2e_make("a", 16 * e2e_cluster() + 77);
    struct result *result =
        RUN("--source-offset=0", "--dest-offset=1G", "a", "b");
    EXPECT(result, result->exit_code == 0 && result->requests == 1);
    EXPECT(result, e2e_like(result->out, "cloned  a -> b  (*1 request*\n"));
    EXPECT(result, e2e_size("b") == GIB + 16 * e2e_cluster() + 77);
    EXPECT(result, e2e_allocated("b") <= 18 * e2e_cluster());
    result = RUN("--source-offset=1G", "b", "c");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_bytes("a", "c"));
    cr_expect_str_eq(e2e_files(), "a b c");
}

/* Bytes of DEST behind SOURCE's last, partial cluster survive. */
ParameterizedTestParameters(range, tail_in_the_middle_of_dest)
{
    return e2e_numbers(CLONING_VOLUMES);
}

ParameterizedTest(int *number, range, tail_in_the_middle_of_dest)
{
    e2e_enter((enum volume) * number);
    e2e_make("a", 5 * e2e_cluster() + 10);
    e2e_make("b", 16 * e2e_cluster());
    struct bytes wanted =
        put(load("a"), load("b"), 0, 0, 5 * e2e_cluster() + 10);
    struct result *result = RUN("--offset=0", "--reflink=always", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, holds("b", wanted));
    EXPECT(result,
           e2e_like(result->out, "mixed   a -> b  (*10 bytes copied)"
                                 ": the last, partial cluster was copied\n"));
}

/* What must change nothing, with its exit code and a word of its message. */
Test(range, bad_ranges)
{
    static const struct {
        const char *arguments[6];
        int exit_code;
        const char *message;
    } bad[] = {
        {{"--offset=0", "--length=65537", "a", "b"},
         1,
         "a: the range ends past the end"},
        {{"--source-offset=65537", "a", "b"},
         1,
         "a: the range ends past the end"},
        {{"--offset=16E", "a", "b"}, 2, "--offset*16E"},
        {{"--offset=-1", "a", "b"}, 2, "--offset*-1"},
        {{"--offset=", "a", "b"}, 2, "--offset*''"},
        {{"--length=5x", "a", "b"}, 2, "--length*5x"},
        {{"--length=99999999999999999999", "a", "b"}, 2, "--length*9999"},
        {{"--dest-offset=0x8000000000000000", "a", "b"},
         1,
         "b: *largest possible file size"},
        {{"--dest-offset=0xffffffffffffffff", "a", "b"},
         1,
         "b: *largest possible file size"},
        {{"--source-offset=0xffffffffffffffff", "a", "b"},
         1,
         "a: the range ends past the end"},
        {{"--reflink=always", "--offset=100", "a", "b"}, 3, "b: *not aligned"},
        {{"--reflink=always", "--length=100", "a", "b"}, 3, "b: *not aligned"},
        {{"--offset=0", "a", "b", "c"}, 2, "operand"},
        {{"--length=4K", "a"}, 2, "missing DEST"},
        {{"--length", "4K", "a"}, 2, "missing DEST"},
        {{"a", "b", "--length"}, 2, "--length needs a value"},
    };
    e2e_enter(XFS4K);
    e2e_make("a", 65536);
    e2e_make("b", 65536);
    const char *before = e2e_snapshot();
    for (size_t i = 0; i < ROWS(bad); i++) {
        struct result *result = e2e_run(bad[i].arguments);
        e2e_expect_nothing_done(result, bad[i].exit_code, before);
        EXPECT(result, e2e_like(result->err,
                                e2e_text("reflink: *%s*", bad[i].message)));
        EXPECT(result, result->requests == 0);
    }
}

/* A whole part of a big file, sizes with suffixes, both forms. */
Test(range, splices_a_gibibyte)
{
    static const struct range data[] = {
        {0, MIB}, {GIB, 4 * MIB}, {5 * GIB - MIB, MIB}, {0, 0}};
    e2e_enter(XFS4K);
    e2e_make_sparse("a", 6 * GIB, data);
    e2e_make_sparse("b", 6 * GIB, data + 2);
    struct result *result = RUN("--offset=1GiB", "--length=512M", "a", "b");
    EXPECT(result, result->exit_code == 0 && result->requests == 1);
    EXPECT(result, e2e_shared_bytes("a", "b") == 4 * MIB);
    result = RUN("a", "b", "0", "0", "-");
    EXPECT(result, result->exit_code == 0 && result->requests == 2);
    EXPECT(result, e2e_same_bytes("a", "b"));
    EXPECT(result, e2e_shared_bytes("a", "b") == 6 * MIB);
}

/* No bytes make a file, and change none. */
Test(range, no_bytes)
{
    e2e_enter(XFS4K);
    e2e_make("a", 65536);
    struct result *result = RUN("a", "new", "65536", "3", "0");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_is(e2e_files(), "a new") && e2e_size("new") == 0);
    const char *before = e2e_snapshot();
    result = RUN("--reflink=always", "a", "new", "65536", "1G", "0");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_is(e2e_snapshot(), before));
    result = RUN("a", "other", "65537", "0", "0");
    e2e_expect_nothing_done(result, 1, before);
    result = RUN("--reflink=always", "a", "other", "1", "0", "65535");
    e2e_expect_nothing_done(result, 3, before);
}

/* DEST's last cluster held other bytes once: the gap reads as zeros. */
ParameterizedTestParameters(range, a_gap_behind_a_partial_cluster)
{
    return e2e_numbers(CLONING_VOLUMES);
}

ParameterizedTest(int *number, range, a_gap_behind_a_partial_cluster)
{
    e2e_enter((enum volume) * number);
    size_t cluster = e2e_cluster();
    e2e_make("a", 4 * cluster);
    e2e_make("b", 4 * cluster);
    cr_assert(truncate("b", (off_t)(2 * cluster + 5)) == 0);
    struct bytes wanted =
        put(load("a"), load("b"), 0, 3 * cluster, 4 * cluster);
    struct result *result =
        RUN("a", "b", "0", e2e_text("%zu", 3 * cluster), "-");
    EXPECT(result, result->exit_code == 0 && result->requests == 1);
    EXPECT(result, holds("b", wanted));
}

/* DEST is an older SOURCE, on a server that tells no extents and lies. */
Test(range, lies_over_an_older_version)
{
    static const char *const lies[] = {"nothing", "half", "zeros", "prefix"};
    for (size_t i = 0; i < ROWS(lies); i++) {
        e2e_enter(XFS4K);
        e2e_make("a", 2 * MIB);
        cr_assert(RUN("--reflink=never", "a", "b")->exit_code == 0);
        FILE *file = fopen("a", "r+b");
        cr_assert(file && fseeko(file, 700000, SEEK_SET) == 0 &&
                  fputs("new", file) >= 0 && fclose(file) == 0);
        e2e_set("REFLINK_BRIDGE_LIE", lies[i]);
        e2e_set("REFLINK_BRIDGE_POINTERS", "off");
        struct result *result = RUN("a", "b", "0", "0", "-");
        EXPECT(result, result->exit_code == 0);
        EXPECT(result, e2e_same_bytes("a", "b"));
        e2e_leave();
    }
}

Test(range, keep_leaves_dest_alone)
{
    e2e_enter(XFS4K);
    e2e_make("a", 65536);
    e2e_make("b", 100);
    const char *before = e2e_snapshot();
    struct result *result = RUN("-n", "--offset=0", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_is(e2e_snapshot(), before));
}

Test(range, saturated_clusters_only_are_copied)
{
    e2e_enter(XFS4K);
    e2e_make("a", 64 * KIB);
    e2e_set("REFLINK_BRIDGE_SATURATED", "20480+8192");
    struct result *result = RUN("--offset=0", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_bytes("a", "b"));
    EXPECT(result, e2e_like(result->out, "mixed *(56 KiB cloned, 8 KiB "
                                         "copied)*limit of references\n"));
    EXPECT(result, e2e_shared_bytes("a", "b") == 56 * KIB);
}

/* Every lie, in place: DEST ends up right and the copy says why. */
Test(range, lies_in_place)
{
    static const char *const lies[] = {"nothing", "half", "zeros", "prefix"};
    for (size_t i = 0; i < ROWS(lies); i++) {
        e2e_enter(XFS4K);
        e2e_make("a", 64 * KIB);
        e2e_make("b", 128 * KIB);
        struct bytes wanted = put(load("a"), load("b"), 0, 32768, 65536);
        e2e_set("REFLINK_BRIDGE_LIE", lies[i]);
        struct result *result = RUN("a", "b", "0", "32K", "64K");
        EXPECT(result, result->exit_code == 0);
        EXPECT(result, holds("b", wanted));
        EXPECT(result, e2e_like(result->out,
                                "copied *but the clone failed verification\n"));
        wanted = put(load("b"), load("b"), 0, 4096, 65536);
        memmove(wanted.data + 4096, load("b").data, 65536);
        result = RUN("b", "b", "0", "4K", "64K");
        EXPECT(result, result->exit_code == 0);
        EXPECT(result, holds("b", wanted));
        e2e_leave();
    }
}
