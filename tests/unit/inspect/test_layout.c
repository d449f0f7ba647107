/*
 * Where clusters lie, and which two files share: against the simulated
 * volume, against lists that no sane volume would give, and against a model
 * that looks at each cluster.
 */

#include "core/errors.h"
#include "core/clone/plan.h"
#include "core/inspect/shared.h"
#include "world.h"

TestSuite(layout, .timeout = 120);
TestSuite(shared, .timeout = 120);

enum { K = 4096 };
#define HOLE LAYOUT_HOLE

/* ---- a volume's words, as the test wants them ------------------------ */

enum { MOST = 4000 };

/* The clusters of R:\a and R:\b, and how their lists are cut. */
struct map {
    int64_t lcn[MOST];
    uint32_t references[MOST];
    size_t count;
};
static struct map maps[2];
static size_t batch;    /* extents told at once, at most */
static unsigned splits; /* one in so many borders is needless; 0: none */
static uint64_t chance;

static uint64_t draw(uint64_t below)
{
    chance = chance * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (chance >> 33) % below;
}

static struct map *map_of(const wchar_t *path)
{
    return &maps[path[wcslen(path) - 1] == L'b'];
}

static bool is_border(const struct map *map, size_t i)
{
    if (splits != 0 && draw(splits) == 0)
        return true;
    if (map->references[i] != map->references[i - 1])
        return true;
    if (map->lcn[i] < 0 || map->lcn[i - 1] < 0)
        return map->lcn[i] != map->lcn[i - 1];
    return map->lcn[i] != map->lcn[i - 1] + 1;
}

static void tell(const wchar_t *path, uint64_t vcn, struct os_extent *extents,
                 size_t capacity, size_t *count, bool *more)
{
    const struct map *map = map_of(path);
    size_t i = (size_t)vcn;
    capacity = capacity < batch ? capacity : batch;
    while (i < map->count && *count < capacity) {
        size_t end = i + 1;
        while (end < map->count && !is_border(map, end))
            end++;
        extents[(*count)++] =
            (struct os_extent){i, end, map->lcn[i], map->references[i]};
        i = end;
    }
    *more = i < map->count;
}

/* A world whose R:\a and R:\b have the clusters of `maps`. */
static struct world told_world(void)
{
    struct world w = world_make("refs-4k");
    w.volume->teller = tell;
    sim_set_size(L"R:\\a", maps[0].count * K);
    sim_set_size(L"R:\\b", maps[1].count * K);
    return w;
}

/* Runs, holes and places that come again, in both files. */
static void draw_map(struct map *map, size_t count, size_t volume)
{
    map->count = count;
    for (size_t i = 0; i < count;) {
        size_t end = i + 1 + draw(12);
        bool hole = draw(4) == 0;
        int64_t lcn = (int64_t)draw(volume);
        uint32_t references = 1 + (uint32_t)draw(2);
        for (; i < end && i < count; i++) {
            map->lcn[i] = hole ? OS_HOLE : lcn++;
            map->references[i] = hole ? 0 : references;
        }
    }
}

/* ---- reading --------------------------------------------------------- */

static struct layout must_read(const wchar_t *path)
{
    struct layout layout;
    struct reflink_error error = {0};
    bool read =
        layout_open(path, &layout, &error) && layout_read(&layout, &error);
    cr_assert(read, "%ls: code %u", path, error.code);
    return layout;
}

static struct reflink_error must_fail(const wchar_t *path)
{
    struct layout layout;
    struct reflink_error error = {0};
    cr_expect_not(layout_open(path, &layout, &error) &&
                  layout_read(&layout, &error));
    cr_expect_neq(error.code, 0);
    layout_close(&layout);
    return error;
}

static void expect_runs(const struct layout *layout,
                        const struct layout_run *runs, size_t count)
{
    cr_assert_eq(layout->count, count, "%zu runs", layout->count);
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(layout->runs[i].offset, runs[i].offset, "run %zu", i);
        cr_expect_eq(layout->runs[i].length, runs[i].length, "run %zu", i);
        cr_expect_eq(layout->runs[i].volume_offset, runs[i].volume_offset,
                     "run %zu", i);
        cr_expect_eq(layout->runs[i].references, runs[i].references, "run %zu",
                     i);
    }
}

Test(layout, runs_holes_and_references)
{
    struct world w = world_make("refs-4k");
    sim_set_sparse(L"R:\\a", true);
    sim_fill_pattern(L"R:\\a", 0, 4 * K, 1);
    sim_fill_pattern(L"R:\\a", 8 * K, K + 1, 2);
    sim_set_size(L"R:\\a", 20 * K - 5);
    struct reflink_range range = {0, 0, 2 * K, false};
    reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\b", &range, &w.outcome);
    struct layout layout = must_read(L"R:\\a");
    uint64_t first = layout.runs[0].volume_offset;
    uint64_t last = layout.runs[3].volume_offset;
    struct layout_run runs[] = {{0, 2 * K, first, 2},
                                {2 * K, 2 * K, first + 2 * K, 1},
                                {4 * K, 4 * K, HOLE, 0},
                                {8 * K, 2 * K, last, 1},
                                {10 * K, 10 * K, HOLE, 0}};
    expect_runs(&layout, runs, 5);
    cr_expect(layout.counted);
    cr_expect_eq(layout.cluster_size, K);
    cr_expect_eq(layout.info.size, 20 * K - 5);
    cr_expect_eq(layout.allocated, 6 * K);
    cr_expect_eq(layout.shared, 2 * K);
    cr_expect_eq(layout.exclusive, 4 * K);
    cr_expect_eq(layout.holes, 14 * K);
    layout_close(&layout);
    world_end(&w);
}

Test(layout, an_end_that_is_not_told_is_a_hole)
{
    struct world w = world_make("refs-4k");
    w.volume->trailing_holes = false;
    sim_set_sparse(L"R:\\a", true);
    sim_fill_pattern(L"R:\\a", 0, K, 1);
    sim_set_size(L"R:\\a", 3 * K);
    struct layout layout = must_read(L"R:\\a");
    cr_expect_eq(layout.count, 2);
    cr_expect_eq(layout.holes, 2 * K);
    layout_close(&layout);
    world_end(&w);
}

static void tell_with_gaps(const wchar_t *path, uint64_t vcn,
                           struct os_extent *extents, size_t capacity,
                           size_t *count, bool *more)
{
    static const struct os_extent rows[] = {{2, 4, 500, 1}, {6, 8, 502, 1}};
    (void)path;
    *more = false;
    for (size_t i = 0; i < 2 && *count < capacity; i++)
        if (rows[i].next_vcn > vcn)
            extents[(*count)++] = rows[i];
}

/* Before, between and after the extents, even if they adjoin on the volume. */
Test(layout, gaps_in_a_list_are_holes)
{
    static const struct layout_run runs[] = {
        {0, 2 * K, HOLE, 0},
        {2 * K, 2 * K, UINT64_C(500) * K, 1},
        {4 * K, 2 * K, HOLE, 0},
        {6 * K, 2 * K, UINT64_C(502) * K, 1},
        {8 * K, 2 * K, HOLE, 0}};
    struct world w = world_make("refs-4k");
    w.volume->teller = tell_with_gaps;
    sim_set_size(L"R:\\a", 10 * K);
    struct layout layout = must_read(L"R:\\a");
    expect_runs(&layout, runs, 5);
    layout_close(&layout);
    world_end(&w);
}

Test(layout, files_without_a_cluster)
{
    struct world w = world_make("refs-4k");
    sim_write_file(L"R:\\empty", "", 0);
    sim_set_sparse(L"R:\\hole", true);
    sim_set_size(L"R:\\hole", 100);
    struct layout layout = must_read(L"R:\\empty");
    cr_expect_eq(layout.count, 0);
    layout_close(&layout);
    layout = must_read(L"R:\\hole");
    struct layout_run run = {0, K, HOLE, 0};
    expect_runs(&layout, &run, 1);
    cr_expect_eq(layout.allocated, 0);
    layout_close(&layout);
    world_end(&w);
}

/* Whether the runs are those of the map, each as long as can be. */
static void expect_map(const struct layout *layout, const struct map *map)
{
    uint64_t at = 0;
    for (size_t i = 0; i < layout->count; i++) {
        const struct layout_run *run = &layout->runs[i];
        cr_assert_eq(run->offset, at);
        for (uint64_t n = 0; n < run->length / K; n++) {
            size_t vcn = (size_t)(at / K + n);
            uint64_t lcn = (uint64_t)map->lcn[vcn];
            uint64_t place = map->lcn[vcn] < 0 ? HOLE : lcn * K;
            cr_assert_eq(
                run->volume_offset == HOLE ? HOLE : run->volume_offset + n * K,
                place);
            cr_assert_eq(run->references, map->references[vcn]);
        }
        at += run->length;
        cr_assert(i == 0 || is_border(map, (size_t)(run->offset / K)));
    }
    cr_assert_eq(at, map->count * K);
}

Test(layout, lists_cut_anyhow_come_together)
{
    chance = 1;
    for (int round = 0; round < 300; round++) {
        draw_map(&maps[0], 1 + draw(300), 1 + draw(1000));
        maps[1].count = 1;
        batch = 1 + draw(9);
        splits = 1 + (unsigned)draw(5);
        struct world w = told_world();
        struct layout layout = must_read(L"R:\\a");
        splits = 0;
        expect_map(&layout, &maps[0]);
        layout_close(&layout);
        world_end(&w);
    }
}

Test(layout, what_is_asked_in_bulk)
{
    maps[0].count = MOST;
    maps[1].count = 0;
    for (size_t i = 0; i < MOST; i++) {
        maps[0].lcn[i] = (int64_t)(2 * i);
        maps[0].references[i] = 1;
    }
    batch = MOST;
    splits = 0;
    struct world w = told_world();
    struct layout layout = must_read(L"R:\\a");
    cr_expect_eq(layout.count, MOST);
    cr_expect_eq(sim_calls(SIM_OP_EXTENTS_COUNTED), 4); /* 1,024 at a time */
    cr_expect_eq(sim_calls(SIM_OP_EXTENTS), 0);
    layout_close(&layout);
    world_end(&w);
}

/* ---- where the volume does not tell ---------------------------------- */

Test(layout, counts_are_left_out_where_they_are_not_offered)
{
    static const os_error codes[] = {1, 50, 87};
    for (size_t i = 0; i < 3; i++) {
        struct world w = world_make("refs-4k");
        w.volume->extents_counted = codes[i];
        sim_fill_pattern(L"R:\\a", 0, 2 * K, 1);
        struct layout layout = must_read(L"R:\\a");
        cr_expect_not(layout.counted);
        cr_expect_eq(layout.count, 1);
        cr_expect_eq(layout.runs[0].references, 0);
        cr_expect_eq(layout.allocated, 2 * K);
        layout_close(&layout);
        world_end(&w);
    }
}

Test(layout, a_real_error_is_not_taken_for_a_refusal)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, 2 * K, 1);
    sim_fault(SIM_OP_EXTENTS_COUNTED, 1, CODE_IO_DEVICE);
    struct reflink_error error = must_fail(L"R:\\a");
    cr_expect_eq(error.code, CODE_IO_DEVICE);
    cr_expect_eq(error.step, REFLINK_STEP_EXTENTS);
    cr_expect_eq(error.hint, REFLINK_HINT_NONE);
    cr_expect_eq(sim_calls(SIM_OP_EXTENTS), 0);
    world_end(&w);
}

/* The list would have counts in one part and none in the other. */
Test(layout, counts_cannot_be_left_out_midway)
{
    maps[0].count = 2000;
    maps[1].count = 0;
    for (size_t i = 0; i < 2000; i++) {
        maps[0].lcn[i] = (int64_t)(2 * i);
        maps[0].references[i] = 1;
    }
    batch = MOST;
    splits = 0;
    struct world w = told_world();
    sim_fault(SIM_OP_EXTENTS_COUNTED, 2, CODE_NOT_SUPPORTED);
    cr_expect_eq(must_fail(L"R:\\a").code, CODE_NOT_SUPPORTED);
    world_end(&w);
}

Test(layout, every_profile)
{
    static const struct {
        const char *profile;
        bool told;
        bool counted;
    } rows[] = {
        {"refs-4k", true, true},     {"refs-64k", true, true},
        {"refs-ws2016", true, true}, {"refs-unflushed", true, true},
        {"dev-drive", true, true},   {"csvfs", true, true},
        {"smb-refs", true, true},    {"smb-tfo", true, true},
        {"smb-sofs", true, true},    {"samba", false, false},
        {"winbtrfs", true, false},   {"openzfs", false, false},
        {"nfs41", false, false},     {"truenas", false, false},
        {"ntfs", true, false},       {"exfat", true, false},
        {"fat32", true, false},
    };
    size_t count = sizeof rows / sizeof rows[0];
    cr_expect_null(sim_profile(count));
    for (size_t i = 0; i < count; i++) {
        struct world w = world_make(rows[i].profile);
        uint64_t cluster = w.volume->cluster;
        sim_fill_pattern(L"R:\\a", 0, 5 * cluster - 1, 1);
        if (rows[i].told) {
            struct layout layout = must_read(L"R:\\a");
            cr_expect_eq(layout.counted, rows[i].counted, "%s",
                         rows[i].profile);
            cr_expect_eq(layout.allocated, 5 * cluster, "%s", rows[i].profile);
            cr_expect_eq(layout.cluster_size, cluster, "%s", rows[i].profile);
            layout_close(&layout);
        } else {
            struct reflink_error error = must_fail(L"R:\\a");
            cr_expect_eq(error.hint, REFLINK_HINT_NOT_REPORTED);
        }
        world_end(&w);
    }
}

Test(layout, without_a_cluster_size_nothing_can_be_said)
{
    static const uint32_t insane[] = {0, 1, 256, 12345, 32 << 20};
    for (size_t i = 0; i < sizeof insane / sizeof insane[0]; i++) {
        struct world w = world_make("refs-4k");
        w.volume->integrity_cluster = insane[i];
        w.volume->allocation_unit = insane[i];
        sim_fill_pattern(L"R:\\a", 0, K, 1);
        struct reflink_error error = must_fail(L"R:\\a");
        cr_expect_eq(error.step, REFLINK_STEP_QUERY_VOLUME);
        cr_expect_eq(error.hint, REFLINK_HINT_NOT_REPORTED);
        w.volume->allocation_unit = K;
        struct layout layout = must_read(L"R:\\a");
        cr_expect_eq(layout.cluster_size, K);
        layout_close(&layout);
        world_end(&w);
    }
}

Test(layout, what_cannot_be_looked_at)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\d");
    struct reflink_error error = must_fail(L"R:\\d");
    cr_expect_eq(error.code, CODE_DIRECTORY_NOT_SUPPORTED);
    cr_expect_eq(error.hint, REFLINK_HINT_DIRECTORY);
    cr_expect_eq(must_fail(L"R:\\none").code, CODE_FILE_NOT_FOUND);
    cr_expect_eq(must_fail(L"R:\\no\\ne").code, CODE_PATH_NOT_FOUND);
    sim_write_file(L"R:\\a", "x", 1);
    sim_fault(SIM_OP_QUERY, 1, CODE_IO_DEVICE);
    cr_expect_eq(must_fail(L"R:\\a").step, REFLINK_STEP_QUERY);
    /* what helps with a code is said here, too */
    sim_fault(SIM_OP_OPEN, 1, CODE_VIRUS_INFECTED);
    cr_expect_eq(must_fail(L"R:\\a").hint, REFLINK_HINT_VIRUS);
    world_end(&w);
}

/* Somebody who shares nothing does not keep his clusters to himself. */
Test(layout, a_file_in_use_and_a_named_stream)
{
    struct world w = world_make("refs-4k");
    sim_write_file(L"R:\\a", "x", 1);
    sim_set_stream(L"R:\\a", L"s", "data", 4);
    struct os_file *other = sim_open_as(L"R:\\a", SIM_READ | SIM_WRITE, 0);
    struct layout layout = must_read(L"R:\\a");
    cr_expect_eq(layout.allocated, K);
    layout_close(&layout);
    layout = must_read(L"R:\\a:s");
    cr_expect_eq(layout.info.size, 4);
    cr_expect_eq(layout.allocated, K);
    layout_close(&layout);
    os_close(other);
    world_end(&w);
}

Test(layout, an_interruption_ends_it)
{
    struct world w = world_make("refs-4k");
    sim_write_file(L"R:\\a", "x", 1);
    sim_cancel();
    struct reflink_error error = must_fail(L"R:\\a");
    cr_expect_eq(error.code, CODE_CANCELLED);
    cr_expect_eq(error.hint, REFLINK_HINT_INTERRUPTED);
    world_end(&w);
}

/* ---- hostile lists --------------------------------------------------- */

static const struct os_extent *hostile;
static size_t hostile_count;
static bool hostile_more;

/* The same list whatever is asked for. */
static void tell_hostile(const wchar_t *path, uint64_t vcn,
                         struct os_extent *extents, size_t capacity,
                         size_t *count, bool *more)
{
    (void)path;
    (void)vcn;
    *count = hostile_count < capacity ? hostile_count : capacity;
    for (size_t i = 0; i < *count; i++)
        extents[i] = hostile[i];
    *more = hostile_more;
}

/* Reads a file of ten clusters of which the volume tells this. */
static os_error read_hostile(const struct os_extent *extents, size_t count,
                             bool more, struct layout *layout)
{
    struct world w = world_make("refs-4k");
    struct reflink_error error = {0};
    sim_set_size(L"R:\\a", 10 * K);
    w.volume->teller = tell_hostile;
    hostile = extents;
    hostile_count = count;
    hostile_more = more;
    if (layout_open(L"R:\\a", layout, &error))
        layout_read(layout, &error);
    cr_expect_leq(sim_calls(SIM_OP_EXTENTS_COUNTED), 3);
    os_close(layout->file);
    layout->file = NULL;
    world_end(&w);
    return error.code;
}

static const uint64_t end_of_all = OS_MAX_FILE_SIZE / K;

static void expect_nonsense(struct os_extent first, struct os_extent second,
                            bool more)
{
    struct layout layout;
    struct os_extent list[] = {first, second};
    os_error code = read_hostile(list, 2, more, &layout);
    cr_expect_eq(code, CODE_INVALID_DATA, "%lld: code %u",
                 (long long)first.next_vcn, code);
    layout_close(&layout);
}

Test(layout, lists_that_do_not_get_on)
{
    struct os_extent first = {0, 5, 5, 1};
    expect_nonsense((struct os_extent){0, 0, 5, 1},
                    (struct os_extent){0, 0, 5, 1}, true);
    expect_nonsense(first, (struct os_extent){5, 5, 9, 1}, true);
    expect_nonsense(first, (struct os_extent){5, 3, 9, 1}, true);
    expect_nonsense(first, (struct os_extent){9, 7, 9, 1}, false);
    expect_nonsense(first, (struct os_extent){5, 5, 9, 1}, false);
    expect_nonsense((struct os_extent){1, 0, 0, 0}, first, false); /* Wine */
}

Test(layout, lists_that_no_volume_has_room_for)
{
    struct os_extent first = {0, 5, 5, 1};
    int64_t far = (int64_t)end_of_all;
    expect_nonsense(first, (struct os_extent){5, end_of_all + 1, 5, 1}, false);
    expect_nonsense(first, (struct os_extent){5, UINT64_MAX, -1, 0}, false);
    expect_nonsense(first, (struct os_extent){5, 7, far - 1, 1}, false);
    expect_nonsense(first, (struct os_extent){5, 7, INT64_MAX, 1}, false);
    expect_nonsense(first, (struct os_extent){2, 7, INT64_MAX, 1}, false);
    expect_nonsense(
        first, (struct os_extent){UINT64_MAX - 5, UINT64_MAX - 1, 0, 1}, false);
}

Test(layout, the_last_cluster_that_there_can_be)
{
    struct layout layout;
    int64_t far = (int64_t)end_of_all;
    struct os_extent list[] = {{0, 10, far - 10, 1}};
    cr_expect_eq(read_hostile(list, 1, false, &layout), 0);
    cr_expect_eq(layout.runs[0].volume_offset + layout.runs[0].length,
                 OS_MAX_FILE_SIZE);
    layout_close(&layout);
}

Test(layout, a_list_without_an_end_that_is_empty)
{
    struct layout layout;
    cr_expect_eq(read_hostile(NULL, 0, true, &layout), CODE_INVALID_DATA);
    cr_expect_eq(layout.count, 0); /* and no hole to the end */
    layout_close(&layout);
}

Test(layout, what_is_told_twice_counts_once)
{
    struct layout layout;
    static const struct os_extent list[] = {
        {0, 4, 100, 1}, {2, 6, 202, 1}, {3, 5, 900, 1}, {6, 10, -7, 1}};
    struct layout_run runs[] = {{0, 4 * K, 100 * K, 1},
                                {4 * K, 2 * K, 204 * K, 1},
                                {6 * K, 4 * K, HOLE, 0}};
    cr_expect_eq(read_hostile(list, 4, false, &layout), 0);
    expect_runs(&layout, runs, 3);
    cr_expect_eq(layout.holes, 4 * K);
    layout_close(&layout);
}

/* Clusters behind it are there; a hole behind it is nothing. */
Test(layout, what_lies_behind_the_end_of_file)
{
    struct layout layout;
    static const struct os_extent list[] = {
        {0, 5, 100, 1}, {5, 8, OS_HOLE, 0}, {8, 14, 200, 1}, {14, 30, -1, 0}};
    struct layout_run runs[] = {{0, 5 * K, 100 * K, 1},
                                {5 * K, 3 * K, HOLE, 0},
                                {8 * K, 6 * K, 200 * K, 1}};
    cr_expect_eq(read_hostile(list, 4, false, &layout), 0);
    expect_runs(&layout, runs, 3);
    layout_close(&layout);
    struct layout_run short_runs[] = {{0, 5 * K, 100 * K, 1},
                                      {5 * K, 5 * K, HOLE, 0}};
    static const struct os_extent holes[] = {{0, 5, 100, 1}, {5, 99, -1, 0}};
    cr_expect_eq(read_hostile(holes, 2, false, &layout), 0);
    expect_runs(&layout, short_runs, 2);
    layout_close(&layout);
}

/* ---- what two files share -------------------------------------------- */

struct found {
    struct shared_range ranges[MOST];
    size_t count;
    size_t stop_at; /* the visit that says no; 0: none */
};

static bool visit(void *context, const struct shared_range *range)
{
    struct found *found = context;
    cr_assert_lt(found->count, MOST);
    found->ranges[found->count++] = *range;
    return found->count != found->stop_at;
}

static uint64_t find(const wchar_t *a_path, const wchar_t *b_path,
                     struct found *found)
{
    struct layout a = must_read(a_path);
    struct layout b = must_read(b_path);
    uint64_t bytes = 0;
    cr_assert_eq(shared_find(&a, &b, visit, found, &bytes), 0);
    layout_close(&a);
    layout_close(&b);
    return bytes;
}

static void expect_range(const struct found *found, size_t index,
                         uint64_t a_offset, uint64_t b_offset, uint64_t length)
{
    cr_assert_lt(index, found->count);
    cr_expect_eq(found->ranges[index].a_offset, a_offset);
    cr_expect_eq(found->ranges[index].b_offset, b_offset);
    cr_expect_eq(found->ranges[index].length, length);
}

/* Longer than one request, with holes and a partial last cluster: one file,
   whatever cut it. */
Test(shared, a_clone_shares_all_of_it)
{
    struct world w = world_make("refs-4k");
    struct found found = {0};
    uint64_t size = PLAN_LIMIT * 2 + 3 * K + 7;
    sim_set_sparse(L"R:\\a", true);
    sim_fill_pattern(L"R:\\a", 0, K, 1);
    sim_fill_pattern(L"R:\\a", 4 * K, size - 4 * K, 2);
    world_run(&w);
    cr_expect_gt(w.outcome.requests, 1);
    cr_expect_eq(find(L"R:\\a", L"R:\\b", &found), PLAN_LIMIT * 2 + K);
    cr_expect_eq(found.count, 2);
    expect_range(&found, 0, 0, 0, K);
    expect_range(&found, 1, 4 * K, 4 * K, PLAN_LIMIT * 2);
    world_end(&w);
}

Test(shared, a_range_that_was_moved)
{
    struct world w = world_make("refs-4k");
    struct found found = {0};
    sim_fill_pattern(L"R:\\a", 0, 10 * K, 1);
    sim_fill_pattern(L"R:\\b", 0, 30 * K, 2);
    struct reflink_range range = {2 * K, 20 * K, 5 * K, false};
    reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\b", &range, &w.outcome);
    cr_expect_eq(find(L"R:\\a", L"R:\\b", &found), 5 * K);
    cr_expect_eq(found.count, 1);
    expect_range(&found, 0, 2 * K, 20 * K, 5 * K);
    found.count = 0;
    cr_expect_eq(find(L"R:\\b", L"R:\\a", &found), 5 * K);
    expect_range(&found, 0, 20 * K, 2 * K, 5 * K);
    world_end(&w);
}

Test(shared, what_was_written_since_is_not_shared)
{
    struct world w = world_make("refs-4k");
    struct found found = {0};
    sim_fill_pattern(L"R:\\a", 0, 10 * K, 1);
    world_run(&w);
    sim_write_at(L"R:\\b", 3 * K + 5, "x", 1);
    cr_expect_eq(find(L"R:\\a", L"R:\\b", &found), 9 * K);
    cr_expect_eq(found.count, 2);
    expect_range(&found, 0, 0, 0, 3 * K);
    expect_range(&found, 1, 4 * K, 4 * K, 6 * K);
    world_end(&w);
}

Test(shared, a_file_with_itself)
{
    struct world w = world_make("refs-4k");
    struct found found = {0};
    sim_fill_pattern(L"R:\\a", 0, 10 * K, 1);
    struct reflink_range range = {0, 6 * K, 4 * K, false};
    reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\a", &range, &w.outcome);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(find(L"R:\\a", L"R:\\a", &found), 10 * K);
    cr_expect_eq(found.count, 1);
    expect_range(&found, 0, 0, 0, 10 * K);
    world_end(&w);
}

static void set_map(struct map *map, size_t from, size_t count, int64_t lcn)
{
    for (size_t i = from; i < from + count; i++) {
        map->lcn[i] = lcn == OS_HOLE ? lcn : lcn++;
        map->references[i] = lcn == OS_HOLE ? 0 : 1;
    }
    map->count = from + count;
}

/* B has the clusters several times: where they make one range, they do. */
Test(shared, the_longest_run_is_taken)
{
    struct found found = {0};
    batch = MOST;
    splits = 0;
    set_map(&maps[0], 0, 20, OS_HOLE);
    set_map(&maps[0], 20, 50, 100);
    set_map(&maps[1], 0, 10, 100);
    set_map(&maps[1], 10, 50, 100);
    set_map(&maps[1], 60, 20, 110);
    struct world w = told_world();
    cr_expect_eq(find(L"R:\\a", L"R:\\b", &found), 50 * K);
    cr_expect_eq(found.count, 1);
    expect_range(&found, 0, 20 * K, 10 * K, 50 * K);
    world_end(&w);
}

Test(shared, files_that_have_nothing_in_common)
{
    struct world w = world_make("refs-4k");
    struct found found = {0};
    sim_fill_pattern(L"R:\\a", 0, 10 * K, 1);
    sim_fill_pattern(L"R:\\b", 0, 10 * K, 1);
    sim_write_file(L"R:\\empty", "", 0);
    sim_fill_pattern(L"S:\\a", 0, 10 * K, 1);
    cr_expect_eq(find(L"R:\\a", L"R:\\b", &found), 0);
    cr_expect_eq(find(L"R:\\a", L"R:\\empty", &found), 0);
    cr_expect_eq(find(L"R:\\empty", L"R:\\a", &found), 0);
    struct layout a = must_read(L"R:\\a");
    struct layout b = must_read(L"S:\\a");
    cr_expect_eq(a.runs[0].volume_offset,
                 b.runs[0].volume_offset); /* and yet: */
    layout_close(&a);
    layout_close(&b);
    cr_expect_eq(find(L"R:\\a", L"S:\\a", &found), 0);
    cr_expect_eq(found.count, 0);
    world_end(&w);
}

Test(shared, a_visit_can_stop_it)
{
    chance = 7;
    draw_map(&maps[0], 300, 100);
    maps[1] = maps[0];
    batch = MOST;
    splits = 0;
    struct world w = told_world();
    struct found found = {.stop_at = 2};
    uint64_t bytes = find(L"R:\\a", L"R:\\b", &found);
    cr_expect_eq(found.count, 2);
    cr_expect_eq(bytes, found.ranges[0].length + found.ranges[1].length);
    world_end(&w);
}

/* ---- the model ------------------------------------------------------- */

static bool has(const struct map *map, int64_t lcn)
{
    for (size_t i = 0; i < map->count; i++) {
        if (map->lcn[i] == lcn)
            return true;
    }
    return false;
}

/* What is found is true, in order, and nothing twice. */
static uint64_t expect_true(const struct found *found)
{
    uint64_t bytes = 0;
    uint64_t end = 0;
    for (size_t i = 0; i < found->count; i++) {
        struct shared_range range = found->ranges[i];
        cr_assert_geq(range.a_offset, end);
        cr_assert_neq(range.length, 0);
        end = range.a_offset + range.length;
        bytes += range.length;
        for (uint64_t at = 0; at < range.length; at += K) {
            size_t a = (size_t)((range.a_offset + at) / K);
            size_t b = (size_t)((range.b_offset + at) / K);
            cr_assert_geq(maps[0].lcn[a], 0);
            cr_assert_eq(maps[0].lcn[a], maps[1].lcn[b]);
            bool own = a < maps[1].count && maps[0].lcn[a] == maps[1].lcn[a];
            cr_assert(!own || a == b);
        }
        if (i == 0)
            continue;
        struct shared_range before = found->ranges[i - 1];
        cr_assert(before.a_offset + before.length != range.a_offset ||
                  before.b_offset + before.length != range.b_offset);
    }
    return bytes;
}

Test(shared, against_a_model)
{
    static struct found found;
    chance = 99;
    for (int round = 0; round < 2000; round++) {
        size_t volume = 1 + draw(400);
        draw_map(&maps[0], draw(300), volume);
        if (draw(3) == 0)
            maps[1] = maps[0];
        else
            draw_map(&maps[1], draw(300), volume);
        for (uint64_t n = draw(40); n != 0 && maps[1].count != 0; n--)
            maps[1].lcn[draw(maps[1].count)] = (int64_t)draw(volume);
        batch = 1 + draw(20);
        splits = (unsigned)draw(6);
        uint64_t expected = 0;
        for (size_t i = 0; i < maps[0].count; i++)
            expected +=
                maps[0].lcn[i] >= 0 && has(&maps[1], maps[0].lcn[i]) ? K : 0;
        struct world w = told_world();
        found.count = 0;
        cr_assert_eq(find(L"R:\\a", L"R:\\b", &found), expected, "round %d",
                     round);
        cr_assert_eq(expect_true(&found), expected, "round %d", round);
        world_end(&w);
    }
}

/* ---- many extents ---------------------------------------------------- */

enum { MANY = 100000 };

/* Each cluster apart from its neighbours; b in reverse order. */
static void tell_many(const wchar_t *path, uint64_t vcn,
                      struct os_extent *extents, size_t capacity, size_t *count,
                      bool *more)
{
    bool backward = path[wcslen(path) - 1] == L'b';
    for (; vcn < MANY && *count < capacity; vcn++) {
        int64_t lcn = 2 * (int64_t)(backward ? MANY - 1 - vcn : vcn);
        extents[(*count)++] = (struct os_extent){vcn, vcn + 1, lcn, 2};
    }
    *more = vcn < MANY;
}

static bool count_one(void *context, const struct shared_range *range)
{
    uint64_t *last = context;
    cr_assert_eq(range->length, K);
    *last = range->a_offset;
    return true;
}

Test(shared, a_hundred_thousand_extents)
{
    struct world w = world_make("refs-4k");
    sim_set_size(L"R:\\a", (uint64_t)MANY * K);
    sim_set_size(L"R:\\b", (uint64_t)MANY * K);
    w.volume->teller = tell_many;
    struct layout a = must_read(L"R:\\a");
    struct layout b = must_read(L"R:\\b");
    cr_expect_eq(a.count, MANY);
    cr_expect_eq(a.shared, (uint64_t)MANY * K);
    cr_expect_eq(sim_calls(SIM_OP_EXTENTS_COUNTED), 2 * (MANY / 1024 + 1));
    uint64_t last = 0;
    uint64_t bytes = 0;
    cr_expect_eq(shared_find(&a, &b, count_one, &last, &bytes), 0);
    cr_expect_eq(bytes, (uint64_t)MANY * K);
    cr_expect_eq(last, (uint64_t)(MANY - 1) * K);
    layout_close(&a);
    layout_close(&b);
    world_end(&w);
}
