#include "shared.h"

#include <stdlib.h>

#include "core/errors.h"
#include "core/file/retry.h"
#include "core/base/identity.h"

/* B's clusters, sorted by their offset on the volume; each occurs once. */
struct sorted_runs {
    struct layout_run *runs;
    size_t count;
};

/*
 * Of runs that begin at the same offset, sorts the longest first, which results
 * in the fewest ranges.
 */
static int by_volume_offset(const void *left, const void *right)
{
    const struct layout_run *a = left;
    const struct layout_run *b = right;
    if (a->volume_offset != b->volume_offset)
        return a->volume_offset < b->volume_offset ? -1 : 1;
    if (a->length != b->length)
        return a->length > b->length ? -1 : 1;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return 0;
}

/* Removes from each run, sorted as above, what an earlier run has already. */
static void make_disjoint(struct sorted_runs *sorted)
{
    size_t kept = 0;
    uint64_t end = 0;
    for (size_t i = 0; i < sorted->count; i++) {
        struct layout_run run = sorted->runs[i];
        uint64_t run_end = run.volume_offset + run.length;
        if (run_end <= end)
            continue;
        uint64_t known = run.volume_offset < end ? end - run.volume_offset : 0;
        run.volume_offset += known;
        run.offset += known;
        run.length -= known;
        sorted->runs[kept++] = run;
        end = run_end;
    }
    sorted->count = kept;
}

static os_error sort_by_volume_offset(struct sorted_runs *sorted,
                                      const struct layout *b)
{
    sorted->count = 0;
    sorted->runs = malloc((b->count + 1) * sizeof *sorted->runs);
    if (sorted->runs == NULL)
        return CODE_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < b->count; i++) {
        if (b->runs[i].volume_offset != LAYOUT_HOLE)
            sorted->runs[sorted->count++] = b->runs[i];
    }
    qsort(sorted->runs, sorted->count, sizeof *sorted->runs, by_volume_offset);
    make_disjoint(sorted);
    return 0;
}

/*
 * Returns the first run that ends after `volume_offset`, or `count` if there is
 * none.
 */
static size_t find_volume_offset(const struct sorted_runs *sorted,
                                 uint64_t volume_offset)
{
    size_t low = 0;
    size_t high = sorted->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct layout_run *run = &sorted->runs[middle];
        if (run->volume_offset + run->length > volume_offset)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

struct search {
    const struct layout *b;
    struct sorted_runs sorted;
    size_t b_index; /* of B's run at the current offset of A */
    shared_visit *visit;
    void *context;
    struct shared_range range; /* found, and may still grow; or of length 0 */
    uint64_t bytes;
    bool stopped;
};

/* Passes the range that was found last to the caller. */
static void visit_range(struct search *search)
{
    if (search->range.length == 0 || search->stopped)
        return;
    search->bytes += search->range.length;
    search->stopped = !search->visit(search->context, &search->range);
    search->range.length = 0;
}

/* Adds shared bytes to the current range, or begins a new range with them. */
static void add_range(struct search *search, uint64_t a_offset,
                      uint64_t b_offset, uint64_t length)
{
    struct shared_range *range = &search->range;
    if (range->length == 0 || range->a_offset + range->length != a_offset ||
        range->b_offset + range->length != b_offset) {
        visit_range(search);
        *range = (struct shared_range){a_offset, b_offset, 0};
    }
    range->length += length;
}

/* Searches all of B for clusters of A. */
static void find_anywhere(struct search *search, uint64_t offset,
                          uint64_t volume_offset, uint64_t length)
{
    const struct sorted_runs *sorted = &search->sorted;
    uint64_t end = volume_offset + length;
    for (size_t i = find_volume_offset(sorted, volume_offset);
         i < sorted->count && sorted->runs[i].volume_offset < end &&
         !search->stopped;
         i++) {
        const struct layout_run *run = &sorted->runs[i];
        uint64_t run_end = run->volume_offset + run->length;
        uint64_t from = run->volume_offset > volume_offset ? run->volume_offset
                                                           : volume_offset;
        uint64_t to = run_end < end ? run_end : end;
        add_range(search, offset + (from - volume_offset),
                  run->offset + (from - run->volume_offset), to - from);
    }
}

/*
 * Searches for one run of A, split where B's runs begin and end. B's clusters
 * at the same offset come first: files that were cloned as a whole share these.
 */
static void find_run(struct search *search, const struct layout_run *run)
{
    const struct layout *b = search->b;
    uint64_t end = run->offset + run->length;
    uint64_t at = run->offset;
    while (at < end && !search->stopped) {
        size_t *i = &search->b_index;
        while (*i < b->count && b->runs[*i].offset + b->runs[*i].length <= at)
            ++*i;
        const struct layout_run *other = *i < b->count ? &b->runs[*i] : NULL;
        uint64_t to = end;
        if (other != NULL && other->offset + other->length < end)
            to = other->offset + other->length;
        uint64_t volume_offset = run->volume_offset + (at - run->offset);
        if (other != NULL && other->volume_offset != LAYOUT_HOLE &&
            other->volume_offset + (at - other->offset) == volume_offset)
            add_range(search, at, at, to - at);
        else
            find_anywhere(search, at, volume_offset, to - at);
        at = to;
    }
}

bool shared_same_volume(const struct layout *a, const struct layout *b)
{
    return identity_same_volume(&a->info.identity, &b->info.identity);
}

os_error shared_find(const struct layout *a, const struct layout *b,
                     shared_visit *visit, void *context, uint64_t *bytes)
{
    struct search search = {.b = b, .visit = visit, .context = context};
    *bytes = 0;
    if (!shared_same_volume(a, b))
        return 0;
    os_error error = sort_by_volume_offset(&search.sorted, b);
    if (error != 0)
        return error;
    for (size_t i = 0; i < a->count && !search.stopped; i++) {
        if (a->runs[i].volume_offset != LAYOUT_HOLE)
            find_run(&search, &a->runs[i]);
    }
    visit_range(&search);
    free(search.sorted.runs);
    *bytes = search.bytes;
    return 0;
}

static bool open_and_read(const wchar_t *const *paths, struct shared_pair *pair)
{
    pair->in_second = false;
    if (!layout_open(paths[0], &pair->first, &pair->error))
        return false;
    pair->in_second = true;
    if (!layout_open(paths[1], &pair->second, &pair->error))
        return false;
    if (!shared_same_volume(&pair->first, &pair->second))
        return true;
    pair->in_second = false;
    if (!layout_read(&pair->first, &pair->error))
        return false;
    pair->in_second = true;
    return layout_read(&pair->second, &pair->error);
}

bool shared_open(const wchar_t *const *paths,
                 const struct reflink_policy *policy, struct shared_pair *pair)
{
    struct retry retry = {.policy = policy};
    for (;;) {
        if (open_and_read(paths, pair))
            return true;
        if (!retry_after(&retry, pair->error.code))
            return false;
        shared_close(pair);
    }
}

void shared_close(struct shared_pair *pair)
{
    layout_close(&pair->first);
    layout_close(&pair->second);
}
