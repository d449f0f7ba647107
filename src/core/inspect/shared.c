#include "shared.h"

#include <stdlib.h>

#include "core/errors.h"
#include "core/file/retry.h"
#include "core/base/identity.h"

/* B's clusters by their place: each place once. */
struct cover {
    struct layout_run *runs;
    size_t count;
};

/* Of runs that begin at one place, the longest first: it makes the fewest
   ranges. */
static int by_place(const void *left, const void *right)
{
    const struct layout_run *a = left;
    const struct layout_run *b = right;
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    if (a->length != b->length)
        return a->length > b->length ? -1 : 1;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return 0;
}

/* Cuts off each run, sorted as above, what one in front of it has already. */
static void make_disjoint(struct cover *cover)
{
    size_t kept = 0;
    uint64_t end = 0;
    for (size_t i = 0; i < cover->count; i++) {
        struct layout_run run = cover->runs[i];
        uint64_t cloner_end = run.place + run.length;
        if (cloner_end <= end)
            continue;
        uint64_t known = run.place < end ? end - run.place : 0;
        run.place += known;
        run.offset += known;
        run.length -= known;
        cover->runs[kept++] = run;
        end = cloner_end;
    }
    cover->count = kept;
}

static os_error make_cover(struct cover *cover, const struct layout *b)
{
    cover->count = 0;
    cover->runs = malloc((b->count + 1) * sizeof *cover->runs);
    if (cover->runs == NULL)
        return CODE_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < b->count; i++) {
        if (b->runs[i].place != LAYOUT_HOLE)
            cover->runs[cover->count++] = b->runs[i];
    }
    qsort(cover->runs, cover->count, sizeof *cover->runs, by_place);
    make_disjoint(cover);
    return 0;
}

/* The first run that ends behind `place`; `count` if there is none. */
static size_t find_place(const struct cover *cover, uint64_t place)
{
    size_t low = 0;
    size_t high = cover->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct layout_run *run = &cover->runs[middle];
        if (run->place + run->length > place)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

struct search {
    const struct layout *b;
    struct cover cover;
    size_t near; /* B's run at the offset of A that is looked at */
    shared_visit *visit;
    void *context;
    struct shared_range range; /* found, and may yet grow; or of length 0 */
    uint64_t bytes;
    bool stopped;
};

static void give(struct search *search)
{
    if (search->range.length == 0 || search->stopped)
        return;
    search->bytes += search->range.length;
    search->stopped = !search->visit(search->context, &search->range);
    search->range.length = 0;
}

static void found(struct search *search, uint64_t a_offset, uint64_t b_offset,
                  uint64_t length)
{
    struct shared_range *range = &search->range;
    if (range->length == 0 || range->a_offset + range->length != a_offset ||
        range->b_offset + range->length != b_offset) {
        give(search);
        *range = (struct shared_range){a_offset, b_offset, 0};
    }
    range->length += length;
}

/* Looks for clusters of A anywhere in B. */
static void find_anywhere(struct search *search, uint64_t offset,
                          uint64_t place, uint64_t length)
{
    const struct cover *cover = &search->cover;
    uint64_t end = place + length;
    for (size_t i = find_place(cover, place);
         i < cover->count && cover->runs[i].place < end && !search->stopped;
         i++) {
        const struct layout_run *run = &cover->runs[i];
        uint64_t cloner_end = run->place + run->length;
        uint64_t from = run->place > place ? run->place : place;
        uint64_t to = cloner_end < end ? cloner_end : end;
        found(search, offset + (from - place),
              run->offset + (from - run->place), to - from);
    }
}

/* B's run that holds `offset`; NULL behind the last. */
static const struct layout_run *run_near(struct search *search, uint64_t offset)
{
    const struct layout *b = search->b;
    while (search->near < b->count &&
           b->runs[search->near].offset + b->runs[search->near].length <=
               offset)
        search->near++;
    return search->near < b->count ? &b->runs[search->near] : NULL;
}

/* One run of A, cut where B's runs have their borders. */
static void find_run(struct search *search, const struct layout_run *run)
{
    uint64_t end = run->offset + run->length;
    uint64_t at = run->offset;
    while (at < end && !search->stopped) {
        const struct layout_run *near = run_near(search, at);
        uint64_t to = end;
        if (near != NULL && near->offset + near->length < end)
            to = near->offset + near->length;
        uint64_t place = run->place + (at - run->offset);
        if (near != NULL && near->place != LAYOUT_HOLE &&
            near->place + (at - near->offset) == place)
            found(search, at, at, to - at);
        else
            find_anywhere(search, at, place, to - at);
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
    os_error error = make_cover(&search.cover, b);
    if (error != 0)
        return error;
    for (size_t i = 0; i < a->count && !search.stopped; i++) {
        if (a->runs[i].place != LAYOUT_HOLE)
            find_run(&search, &a->runs[i]);
    }
    give(&search);
    free(search.cover.runs);
    *bytes = search.bytes;
    return 0;
}

static bool open_pair(const wchar_t *const *paths, struct shared_pair *pair)
{
    pair->in_second = false;
    if (!layout_open(paths[0], &pair->first, &pair->error))
        return false;
    pair->in_second = true;
    return layout_open(paths[1], &pair->second, &pair->error);
}

/* What lies on two volumes need not be read. */
static bool read_pair(struct shared_pair *pair)
{
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
        if (open_pair(paths, pair) && read_pair(pair))
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
