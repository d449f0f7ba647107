/*
 * The clusters of a volume: which are taken and how often, and their bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

/* LCNs start high, so that one taken for a VCN does not pass unnoticed. */
#define FIRST_LCN 0x10000u

/* A cluster that has bytes of its own, in place of zeros or a pattern. */
struct block {
    uint64_t lcn;
    uint8_t *bytes;
};

struct sim_store {
    struct sim_map refs;     /* LCN to count, free ones left out */
    struct sim_map patterns; /* LCN to file cluster; the tag is the seed */
    struct block *blocks;    /* sorted; go before patterns */
    size_t count;
    size_t room;
    uint64_t used;
    uint64_t next; /* where the search for space goes on */
};

struct sim_store *sim_store_new(void)
{
    struct sim_store *store = calloc(1, sizeof *store);
    if (!store)
        abort();
    store->patterns.step = 1;
    store->next = FIRST_LCN;
    return store;
}

void sim_store_free(struct sim_store *store)
{
    for (size_t i = 0; i < store->count; i++)
        free(store->blocks[i].bytes);
    free(store->blocks);
    sim_map_free(&store->refs);
    sim_map_free(&store->patterns);
    free(store);
}

const struct sim_map *sim_ref_map(const struct sim_volume *volume)
{
    return &volume->inner->refs;
}

uint64_t sim_free_count(const struct sim_volume *volume)
{
    uint64_t used = volume->inner->used;
    return volume->capacity > used ? volume->capacity - used : 0;
}

/* ---- space ----------------------------------------------------------- */

/* The first free run in [lcn, end): where it begins, and its length or 0. */
static uint64_t find_free(const struct sim_map *refs, uint64_t *lcn,
                          uint64_t end)
{
    bool mapped;
    while (*lcn < end) {
        struct sim_run piece = sim_map_piece(refs, *lcn, end, &mapped);
        if (!mapped)
            return piece.end - piece.start;
        *lcn = piece.end;
    }
    return 0;
}

uint64_t sim_take(struct sim_volume *volume, uint64_t want, uint64_t *lcn)
{
    struct sim_store *store = volume->inner;
    uint64_t end = FIRST_LCN + volume->capacity;
    uint64_t length;

    *lcn = store->next;
    length = find_free(&store->refs, lcn, end);
    if (length == 0) {
        *lcn = FIRST_LCN;
        length = find_free(&store->refs, lcn, end);
    }
    length = sim_min(length, want);
    sim_map_set(&store->refs, *lcn, *lcn + length, 1, 0);
    store->used += length;
    store->next = *lcn + length;
    return length;
}

void sim_ref(struct sim_volume *volume, uint64_t lcn, uint64_t count)
{
    struct sim_map *refs = &volume->inner->refs;
    uint64_t end = lcn + count;
    bool mapped;

    while (lcn < end) {
        struct sim_run piece = sim_map_piece(refs, lcn, end, &mapped);
        if (!mapped)
            sim_die("a free cluster was referenced", volume->root);
        sim_map_set(refs, piece.start, piece.end, piece.value + 1, 0);
        lcn = piece.end;
    }
}

static void release(struct sim_volume *volume, uint64_t lcn, uint64_t count)
{
    sim_map_clear(&volume->inner->refs, lcn, lcn + count);
    sim_content_zero(volume, lcn, count);
    volume->inner->used -= count;
}

void sim_unref(struct sim_volume *volume, uint64_t lcn, uint64_t count)
{
    struct sim_map *refs = &volume->inner->refs;
    uint64_t end = lcn + count;
    bool mapped;

    while (lcn < end) {
        struct sim_run piece = sim_map_piece(refs, lcn, end, &mapped);
        if (!mapped)
            sim_die("a free cluster was released", volume->root);
        if (piece.value == 1)
            release(volume, piece.start, piece.end - piece.start);
        else
            sim_map_set(refs, piece.start, piece.end, piece.value - 1, 0);
        lcn = piece.end;
    }
}

/* ---- contents -------------------------------------------------------- */

/* The index of the first block at `lcn` or after it. */
static size_t block_index(const struct sim_store *store, uint64_t lcn)
{
    size_t low = 0;
    size_t high = store->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (store->blocks[middle].lcn >= lcn)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static uint8_t *block_find(const struct sim_store *store, uint64_t lcn)
{
    size_t i = block_index(store, lcn);
    if (i < store->count && store->blocks[i].lcn == lcn)
        return store->blocks[i].bytes;
    return NULL;
}

/* Adds a block of zeros; there must be none. */
static uint8_t *block_add(struct sim_volume *volume, uint64_t lcn)
{
    struct sim_store *store = volume->inner;
    size_t i = block_index(store, lcn);
    uint8_t *bytes = calloc(1, volume->cluster);

    if (!bytes)
        abort();
    if (store->count == store->room) {
        store->room = store->room * 2 + 64;
        store->blocks =
            sim_grow(store->blocks, store->room * sizeof *store->blocks);
    }
    memmove(store->blocks + i + 1, store->blocks + i,
            (store->count - i) * sizeof *store->blocks);
    store->blocks[i].lcn = lcn;
    store->blocks[i].bytes = bytes;
    store->count++;
    return bytes;
}

static void blocks_drop(struct sim_store *store, uint64_t lcn, uint64_t end)
{
    size_t from = block_index(store, lcn);
    size_t to = block_index(store, end);

    for (size_t i = from; i < to; i++)
        free(store->blocks[i].bytes);
    if (from < to)
        memmove(store->blocks + from, store->blocks + to,
                (store->count - to) * sizeof *store->blocks);
    store->count -= to - from;
}

/* Eight bytes of a pattern at once: the finalizer of splitmix64. */
static uint64_t pattern_word(uint64_t seed, uint64_t word)
{
    uint64_t x = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) + word;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint8_t sim_pattern_byte(uint64_t seed, uint64_t offset)
{
    return (uint8_t)(pattern_word(seed, offset / 8) >> (offset % 8 * 8));
}

static void pattern_bytes(uint64_t seed, uint64_t offset, uint8_t *buffer,
                          uint32_t length)
{
    uint64_t word = pattern_word(seed, offset / 8);
    for (uint32_t i = 0; i < length; i++, offset++) {
        if (offset % 8 == 0)
            word = pattern_word(seed, offset / 8);
        buffer[i] = (uint8_t)(word >> (offset % 8 * 8));
    }
}

void sim_content_read(const struct sim_volume *volume, uint64_t lcn,
                      uint32_t offset, uint8_t *buffer, uint32_t length)
{
    const uint8_t *bytes = block_find(volume->inner, lcn);
    bool mapped;
    struct sim_run run;

    if (bytes) {
        memcpy(buffer, bytes + offset, length);
        return;
    }
    run = sim_map_piece(&volume->inner->patterns, lcn, lcn + 1, &mapped);
    if (mapped)
        pattern_bytes(run.tag, run.value * volume->cluster + offset, buffer,
                      length);
    else
        memset(buffer, 0, length);
}

static bool all_zero(const uint8_t *bytes, size_t length)
{
    return length == 0 ||
           (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

void sim_content_write(struct sim_volume *volume, uint64_t lcn, uint32_t offset,
                       const uint8_t *bytes, uint32_t length)
{
    struct sim_store *store = volume->inner;
    uint8_t *block = block_find(store, lcn);

    if (!block) {
        bool pattern = sim_map_meets(&store->patterns, lcn, lcn + 1);
        if (!pattern && all_zero(bytes, length))
            return; /* zeros need no memory */
        block = block_add(volume, lcn);
        if (pattern) {
            bool mapped;
            struct sim_run run =
                sim_map_piece(&store->patterns, lcn, lcn + 1, &mapped);
            pattern_bytes(run.tag, run.value * volume->cluster, block,
                          volume->cluster);
            sim_map_clear(&store->patterns, lcn, lcn + 1);
        }
    }
    memcpy(block + offset, bytes, length);
}

void sim_content_zero(struct sim_volume *volume, uint64_t lcn, uint64_t count)
{
    blocks_drop(volume->inner, lcn, lcn + count);
    sim_map_clear(&volume->inner->patterns, lcn, lcn + count);
}

void sim_content_pattern(struct sim_volume *volume, uint64_t lcn,
                         uint64_t count, uint64_t origin, uint64_t seed)
{
    blocks_drop(volume->inner, lcn, lcn + count);
    sim_map_set(&volume->inner->patterns, lcn, lcn + count,
                origin / volume->cluster, seed);
}

void sim_content_copy(struct sim_volume *volume, uint64_t from, uint64_t to,
                      uint64_t count)
{
    struct sim_store *store = volume->inner;
    bool mapped;

    sim_content_zero(volume, to, count);
    for (uint64_t i = 0; i < count;) {
        struct sim_run run =
            sim_map_piece(&store->patterns, from + i, from + count, &mapped);
        uint64_t length = run.end - run.start;
        if (mapped)
            sim_map_set(&store->patterns, to + i, to + i + length, run.value,
                        run.tag);
        i += length;
    }
    for (size_t i = block_index(store, from);
         i < store->count && store->blocks[i].lcn < from + count; i++) {
        uint64_t target = to + (store->blocks[i].lcn - from);
        uint8_t *bytes = block_add(volume, target);
        if (target <= store->blocks[i].lcn)
            i++; /* it was put in before this one */
        memcpy(bytes, store->blocks[i].bytes, volume->cluster);
    }
}

bool sim_content_is_zero(const struct sim_volume *volume, uint64_t lcn,
                         uint64_t count)
{
    const struct sim_store *store = volume->inner;
    return !sim_map_meets(&store->patterns, lcn, lcn + count) &&
           block_index(store, lcn) == block_index(store, lcn + count);
}

static bool same_cluster(const struct sim_volume *a, uint64_t a_lcn,
                         const struct sim_volume *b, uint64_t b_lcn,
                         uint8_t *buffers)
{
    sim_content_read(a, a_lcn, 0, buffers, a->cluster);
    sim_content_read(b, b_lcn, 0, buffers + a->cluster, a->cluster);
    return memcmp(buffers, buffers + a->cluster, a->cluster) == 0;
}

/* Whether a run without blocks is of one pattern, in `*run`. */
static bool pure_pattern(const struct sim_volume *volume, uint64_t lcn,
                         uint64_t count, struct sim_run *run)
{
    const struct sim_store *store = volume->inner;
    bool mapped;
    *run = sim_map_piece(&store->patterns, lcn, lcn + count, &mapped);
    return mapped && run->end == lcn + count &&
           block_index(store, lcn) == block_index(store, lcn + count);
}

bool sim_content_same(const struct sim_volume *a, uint64_t a_lcn,
                      const struct sim_volume *b, uint64_t b_lcn,
                      uint64_t count)
{
    struct sim_run p;
    struct sim_run q;
    uint8_t *buffers;
    bool same = true;

    if (sim_content_is_zero(a, a_lcn, count) &&
        sim_content_is_zero(b, b_lcn, count))
        return true;
    if (pure_pattern(a, a_lcn, count, &p) &&
        pure_pattern(b, b_lcn, count, &q) && p.value == q.value &&
        p.tag == q.tag)
        return true;
    buffers = sim_grow(NULL, (size_t)a->cluster * 2);
    for (uint64_t i = 0; same && i < count; i++)
        same = same_cluster(a, a_lcn + i, b, b_lcn + i, buffers);
    free(buffers);
    return same;
}

/* ---- consistency ----------------------------------------------------- */

static bool contents_in_use(const struct sim_store *store)
{
    const struct sim_map *patterns = &store->patterns;
    for (size_t i = 0; i < store->count; i++) {
        if (!sim_map_meets(&store->refs, store->blocks[i].lcn,
                           store->blocks[i].lcn + 1))
            return false;
    }
    for (size_t i = 0; i < patterns->count; i++) {
        const struct sim_run *run = &patterns->runs[i];
        if (sim_map_covered(&store->refs, run->start, run->end) !=
            run->end - run->start)
            return false;
    }
    return true;
}

bool sim_store_check(const struct sim_volume *volume,
                     const struct sim_map *counts)
{
    const struct sim_store *store = volume->inner;
    const char *wrong = NULL;

    if (!sim_map_equal(&store->refs, counts))
        wrong = "reference counts differ from the files";
    else if (store->used != sim_map_covered(counts, 0, UINT64_MAX))
        wrong = "used clusters are miscounted";
    else if (!contents_in_use(store))
        wrong = "a free cluster has contents";
    if (wrong)
        fprintf(stderr, "sim_check: %ls: %s\n", volume->root, wrong);
    return !wrong;
}
