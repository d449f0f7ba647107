#include "groups.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/identity.h"
#include "core/base/outcome.h"
#include "core/base/session.h"
#include "core/errors.h"
#include "dedupe.h"
#include "fingerprint.h"

/* Files that are handled at a time, unless more have one size. With their paths
   they take some 30 MiB. */
enum { FILES_AT_A_TIME = 1 << 17 };

/* How far a file is distinguished from others. */
enum stage {
    STAGE_OUT,     /* passed over, or failed */
    STAGE_LAYOUT,  /* its clusters are known, if the volume reports them */
    STAGE_ENDS,    /* so is the digest of its first and last bytes */
    STAGE_CONTENT, /* or of all bytes */
};

struct entry {
    uint64_t size;
    size_t index; /* in the order of the listing */
    size_t path;  /* in the characters of all paths */
    enum stage stage;
    bool has_layout;
    bool counted;
    bool sparse;
    bool wanted; /* the next stage has to read it */
    enum reflink_reason reason;
    struct reflink_error error;
    uint64_t shared;
    struct os_identity identity;
    uint8_t layout[OS_DIGEST_SIZE];
    uint8_t digest[OS_DIGEST_SIZE];
    size_t same_layout; /* the first entry with the same clusters; itself */
};

struct groups {
    unsigned jobs;
    uint64_t *sizes; /* of all files; later those that occur more than once */
    size_t size_count;
    size_t size_room;
    bool is_sorted;
    size_t next; /* sizes[0] to sizes[next - 1] are left */
    uint64_t least;
    uint64_t most;
    struct entry *entries;
    size_t count;
    size_t room;
    wchar_t *paths;
    size_t path_length;
    size_t path_room;
    const struct groups_visitor *visitor;
    struct os_monitor
        *monitor; /* protects what follows, while files are read */
    void (*examine)(struct groups *groups, struct entry *entry,
                    uint8_t *buffer);
    size_t taken; /* entries that a thread has taken */
    os_error error;
    uint64_t done;
    uint64_t total;
};

/* --- sizes ---------------------------------------------------------------- */

struct groups *groups_open(unsigned jobs)
{
    struct groups *groups = calloc(1, sizeof *groups);
    if (groups == NULL)
        return NULL;
    groups->jobs = jobs;
    groups->monitor = os_monitor_make();
    if (groups->monitor != NULL)
        return groups;
    free(groups);
    return NULL;
}

void groups_free(struct groups *groups)
{
    if (groups == NULL)
        return;
    os_monitor_free(groups->monitor);
    free(groups->sizes);
    free(groups->entries);
    free(groups->paths);
    free(groups);
}

/* Makes room for `count` more elements of `*array`. */
static bool grow(void **array, size_t *room, size_t used, size_t count,
                 size_t size)
{
    if (count <= *room - used)
        return true;
    size_t wanted = *room * 2 > used + count ? *room * 2 : used + count + 64;
    void *grown =
        wanted <= SIZE_MAX / size ? realloc(*array, wanted * size) : NULL;
    if (grown == NULL)
        return false;
    *array = grown;
    *room = wanted;
    return true;
}

bool groups_add_size(struct groups *groups, uint64_t size)
{
    void *sizes = groups->sizes;
    bool grown = grow(&sizes, &groups->size_room, groups->size_count, 1,
                      sizeof *groups->sizes);
    groups->sizes = sizes;
    if (grown)
        groups->sizes[groups->size_count++] = size;
    return grown;
}

static int compare_sizes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Keeps only the sizes that occur more than once, as often as they do. */
static void keep_repeated(struct groups *groups)
{
    size_t kept = 0;
    if (groups->size_count != 0)
        qsort(groups->sizes, groups->size_count, sizeof *groups->sizes,
              compare_sizes);
    for (size_t i = 0; i < groups->size_count;) {
        size_t end = i + 1;
        while (end < groups->size_count &&
               groups->sizes[end] == groups->sizes[i])
            end++;
        for (size_t k = i; end - i > 1 && k < end; k++)
            groups->sizes[kept++] = groups->sizes[k];
        i = end;
    }
    groups->size_count = kept;
    groups->next = kept;
    groups->is_sorted = true;
}

bool groups_next(struct groups *groups)
{
    if (!groups->is_sorted)
        keep_repeated(groups);
    groups->count = 0;
    groups->path_length = 0;
    if (groups->next == 0)
        return false;
    size_t from = groups->next;
    groups->most = groups->sizes[from - 1];
    /* all files of one size, and more sizes as long as they fit */
    while (from != 0) {
        uint64_t size = groups->sizes[from - 1];
        size_t begin = from;
        while (begin != 0 && groups->sizes[begin - 1] == size)
            begin--;
        if (from != groups->next && groups->next - begin > FILES_AT_A_TIME)
            break;
        groups->least = size;
        from = begin;
    }
    groups->next = from;
    return true;
}

static bool is_handled(const struct groups *groups, uint64_t size)
{
    return size >= groups->least && size <= groups->most &&
           bsearch(&size, groups->sizes, groups->size_count,
                   sizeof *groups->sizes, compare_sizes) != NULL;
}

bool groups_add_file(struct groups *groups, const wchar_t *path, uint64_t size)
{
    size_t length = wcslen(path) + 1;
    void *entries = groups->entries;
    void *paths = groups->paths;
    if (!is_handled(groups, size))
        return true;
    bool grown = grow(&entries, &groups->room, groups->count, 1,
                      sizeof *groups->entries) &&
                 grow(&paths, &groups->path_room, groups->path_length, length,
                      sizeof *groups->paths);
    groups->entries = entries;
    groups->paths = paths;
    if (!grown)
        return false;
    groups->entries[groups->count] = (struct entry){
        .size = size, .index = groups->count, .path = groups->path_length};
    groups->count++;
    wmemcpy(groups->paths + groups->path_length, path, length);
    groups->path_length += length;
    return true;
}

/* --- reading one file ----------------------------------------------------- */

static const wchar_t *path_of(const struct groups *groups,
                              const struct entry *entry)
{
    return groups->paths + entry->path;
}

static void set_error(struct groups *groups, struct entry *entry, os_error code,
                      enum reflink_step step)
{
    /* these are not about the file */
    if (code == CODE_CANCELLED || code == CODE_NOT_ENOUGH_MEMORY) {
        os_monitor_lock(groups->monitor);
        if (groups->error == 0)
            groups->error = code;
        os_monitor_unlock(groups->monitor);
    } else {
        entry->error = (struct reflink_error){.code = code, .step = step};
    }
    entry->stage = STAGE_OUT;
}

/* The first stage: what the file is, and where its clusters are. */
static void examine_layout(struct groups *groups, struct entry *entry,
                           uint8_t *buffer)
{
    struct os_file *file = NULL;
    struct os_info info;
    struct fingerprint_layout layout;
    enum reflink_step step = REFLINK_STEP_OPEN_SOURCE;
    (void)buffer;
    os_error error = os_open(path_of(groups, entry), OS_OPEN_LOOK, &file);
    if (error == 0) {
        step = REFLINK_STEP_QUERY;
        error = os_query(file, &info);
    }
    entry->stage = STAGE_LAYOUT;
    if (error == 0) {
        entry->identity = info.identity;
        entry->sparse = (info.attributes & OS_ATTRIBUTE_SPARSE) != 0;
        entry->reason = dedupe_judge(&info);
        if (entry->reason != REFLINK_REASON_NONE || info.size != entry->size) {
            entry->stage = STAGE_OUT;
        } else {
            step = REFLINK_STEP_EXTENTS;
            error = fingerprint_layout(file, &info, &layout);
        }
    }
    if (error != 0) {
        set_error(groups, entry, error, step);
    } else if (entry->stage == STAGE_LAYOUT) {
        entry->has_layout = layout.known;
        entry->counted = layout.counted;
        entry->shared = layout.shared;
        memcpy(entry->layout, layout.digest, sizeof layout.digest);
    }
    os_close(file);
}

struct watch {
    struct groups *groups;
    const struct entry *entry;
};

static void on_read(void *context, uint64_t bytes)
{
    const struct watch *watch = context;
    struct groups *groups = watch->groups;
    const struct groups_visitor *visitor = groups->visitor;
    os_monitor_lock(groups->monitor);
    groups->done += bytes;
    uint64_t done = groups->done;
    os_monitor_unlock(groups->monitor);
    if (visitor->progress != NULL)
        visitor->progress(visitor->context, path_of(groups, watch->entry), done,
                          groups->total);
}

/* Computes a digest of the bytes, for the stage that follows that of the file.
 */
static void examine_bytes(struct groups *groups, struct entry *entry,
                          uint8_t *buffer)
{
    struct watch watch = {groups, entry};
    struct os_file *file = NULL;
    enum reflink_step step = REFLINK_STEP_OPEN_SOURCE;
    bool ends = entry->stage == STAGE_LAYOUT;
    os_error error = os_open(path_of(groups, entry), OS_OPEN_SOURCE, &file);
    if (error == CODE_SHARING_VIOLATION) {
        entry->reason = REFLINK_REASON_IN_USE;
        entry->stage = STAGE_OUT;
        return;
    }
    if (error == 0) {
        step = REFLINK_STEP_READ;
        error = ends ? fingerprint_ends(file, entry->size, buffer,
                                        SESSION_BUFFER, entry->digest)
                     : fingerprint_content(file, entry->size, buffer,
                                           SESSION_BUFFER, on_read, &watch,
                                           entry->digest);
    }
    os_close(file);
    entry->stage =
        ends && entry->size > 2 * FINGERPRINT_END ? STAGE_ENDS : STAGE_CONTENT;
    /* it is a different one now */
    if (error == CODE_FILE_INVALID)
        entry->stage = STAGE_OUT;
    else if (error != 0)
        set_error(groups, entry, error, step);
}

/* --- reading several files at once ---------------------------------------- */

static struct entry *take(struct groups *groups)
{
    struct entry *entry = NULL;
    os_monitor_lock(groups->monitor);
    while (groups->taken < groups->count && groups->error == 0 &&
           entry == NULL) {
        entry = &groups->entries[groups->taken++];
        if (!entry->wanted)
            entry = NULL;
        else if (os_cancelled())
            groups->error = CODE_CANCELLED;
    }
    if (groups->error != 0)
        entry = NULL;
    os_monitor_unlock(groups->monitor);
    return entry;
}

static void work(void *context)
{
    struct groups *groups = context;
    struct entry *entry = NULL;
    uint8_t *buffer = malloc(SESSION_BUFFER);
    if (buffer == NULL) {
        os_monitor_lock(groups->monitor);
        groups->error = CODE_NOT_ENOUGH_MEMORY;
        os_monitor_unlock(groups->monitor);
    }
    while ((entry = take(groups)) != NULL)
        groups->examine(groups, entry, buffer);
    free(buffer);
}

/* Examines the entries that are wanted. Each thread takes the next one. */
static os_error examine_wanted(struct groups *groups,
                               void (*examine)(struct groups *groups,
                                               struct entry *entry,
                                               uint8_t *buffer))
{
    enum { MOST_THREADS = 64 };
    struct os_thread *threads[MOST_THREADS] = {NULL};
    size_t wanted = 0;
    for (size_t i = 0; i < groups->count; i++)
        wanted += groups->entries[i].wanted;
    groups->examine = examine;
    groups->taken = 0;
    for (size_t i = 0;
         i + 1 < groups->jobs && i + 1 < wanted && i < MOST_THREADS; i++) {
        if (os_thread_start(work, groups, &threads[i]) != 0) {
            threads[i] = NULL;
            break;
        }
    }
    work(groups);
    for (size_t i = 0; i < MOST_THREADS; i++)
        os_thread_end(threads[i]);
    return groups->error;
}

/* Reports those that the last stage has put out, in order. */
static void report_out(struct groups *groups)
{
    const struct groups_visitor *visitor = groups->visitor;
    for (size_t i = 0; i < groups->count; i++) {
        struct entry *entry = &groups->entries[i];
        const wchar_t *path = path_of(groups, entry);
        if (entry->error.code != 0) {
            struct reflink_outcome outcome;
            uint64_t start = outcome_begin(&outcome, path, path);
            outcome_fail(&outcome, entry->error.code, entry->error.step,
                         OUTCOME_SOURCE);
            outcome_end(&outcome, start);
            visitor->failed(visitor->context, &outcome);
        } else if (entry->reason != REFLINK_REASON_NONE) {
            visitor->passed_over(visitor->context, path, entry->reason);
        }
        entry->error.code = 0;
        entry->reason = REFLINK_REASON_NONE;
    }
}

/* --- sorting -------------------------------------------------------------- */

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* Larger files come first, then those of one volume are together. */
static int compare_volumes(const struct entry *a, const struct entry *b)
{
    int order = compare_numbers(b->size, a->size);
    if (order == 0)
        order = compare_numbers(a->identity.volume, b->identity.volume);
    if (order == 0)
        order = compare_numbers(a->identity.device, b->identity.device);
    return order;
}

static int compare_indexes(const void *a, const void *b)
{
    return compare_numbers(((const struct entry *)a)->index,
                           ((const struct entry *)b)->index);
}

/* By identity, those that are out last. */
static int by_identity(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    int order = (x->stage == STAGE_OUT) - (y->stage == STAGE_OUT);
    if (order == 0)
        order = compare_volumes(x, y);
    if (order == 0)
        order =
            memcmp(x->identity.file, y->identity.file, sizeof x->identity.file);
    return order != 0 ? order : compare_indexes(a, b);
}

static int by_layout(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    int order = (x->stage == STAGE_OUT) - (y->stage == STAGE_OUT);
    if (order == 0)
        order = y->has_layout - x->has_layout;
    if (order == 0)
        order = compare_volumes(x, y);
    if (order == 0)
        order = memcmp(x->layout, y->layout, sizeof x->layout);
    return order != 0 ? order : compare_indexes(a, b);
}

/* By what is known of their bytes; those that are out last. */
static int by_digest(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    int order = (x->stage == STAGE_OUT) - (y->stage == STAGE_OUT);
    if (order == 0)
        order = compare_volumes(x, y);
    if (order == 0)
        order = (x->stage > y->stage) - (x->stage < y->stage);
    if (order == 0)
        order = memcmp(x->digest, y->digest, sizeof x->digest);
    return order != 0 ? order : compare_indexes(a, b);
}

static void sort(struct groups *groups,
                 int (*compare)(const void *a, const void *b))
{
    if (groups->count != 0)
        qsort(groups->entries, groups->count, sizeof *groups->entries, compare);
}

static bool same_volume(const struct entry *a, const struct entry *b)
{
    return a->size == b->size &&
           identity_same_volume(&a->identity, &b->identity);
}

/* --- the stages ----------------------------------------------------------- */

/* Puts out what is another name of a file that was listed before. */
static void drop_hard_links(struct groups *groups)
{
    sort(groups, by_identity);
    for (size_t i = 1; i < groups->count; i++) {
        struct entry *entry = &groups->entries[i];
        if (entry->stage != STAGE_OUT &&
            identity_same_file(&entry->identity, &entry[-1].identity))
            entry->reason = REFLINK_REASON_SAME_FILE;
    }
    sort(groups, compare_indexes);
    for (size_t i = 0; i < groups->count; i++) {
        if (groups->entries[i].reason == REFLINK_REASON_SAME_FILE)
            groups->entries[i].stage = STAGE_OUT;
    }
}

/* Finds the files that are in the same clusters: only the first is read. */
static void join_layouts(struct groups *groups)
{
    sort(groups, by_layout);
    for (size_t i = 0; i < groups->count; i++) {
        struct entry *entry = &groups->entries[i];
        entry->same_layout = entry->index;
        if (i != 0 && entry->stage != STAGE_OUT && entry->has_layout &&
            entry[-1].has_layout && entry[-1].stage != STAGE_OUT &&
            same_volume(entry, &entry[-1]) &&
            memcmp(entry->layout, entry[-1].layout, sizeof entry->layout) == 0)
            entry->same_layout = entry[-1].same_layout;
    }
    sort(groups, compare_indexes);
    /* without reference counts, this shows that clusters are shared */
    for (size_t i = 0; i < groups->count; i++) {
        struct entry *entry = &groups->entries[i];
        struct entry *first = &groups->entries[entry->same_layout];
        if (first != entry && !entry->counted)
            entry->shared = first->shared = entry->size;
    }
}

static bool is_alike(const struct entry *a, const struct entry *b)
{
    return a->stage == b->stage && same_volume(a, b) &&
           (a->stage == STAGE_LAYOUT ||
            memcmp(a->digest, b->digest, sizeof a->digest) == 0);
}

/*
 * Chooses the files that have to be read next: those that are like another one
 * as far as is known, without those in the same clusters. Leaves the entries
 * sorted by index.
 */
static void choose(struct groups *groups, enum stage stage)
{
    groups->total = groups->done;
    /* those in the same clusters as another are not like any */
    sort(groups, by_digest);
    for (size_t i = 0; i < groups->count;) {
        struct entry *entries = &groups->entries[i];
        size_t end = 1;
        size_t different = entries->same_layout == entries->index;
        while (i + end < groups->count && is_alike(entries, &entries[end])) {
            different += entries[end].same_layout == entries[end].index;
            end++;
        }
        for (size_t k = 0; k < end; k++) {
            entries[k].wanted = different > 1 && entries[k].stage == stage &&
                                entries[k].same_layout == entries[k].index;
            if (entries[k].wanted && stage == STAGE_ENDS)
                groups->total += entries[k].size;
        }
        i += end;
    }
    sort(groups, compare_indexes);
}

/* Gives files in the same clusters what is known of the first of them, if that
   could be read. */
static void spread(struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        struct entry *entry = &groups->entries[i];
        const struct entry *first = &groups->entries[entry->same_layout];
        if (first->stage == STAGE_OUT || entry->stage == STAGE_OUT)
            continue;
        entry->stage = first->stage;
        memcpy(entry->digest, first->digest, sizeof entry->digest);
    }
}

/* --- groups --------------------------------------------------------------- */

static bool is_better(const struct entry *entry, const struct entry *other)
{
    return entry->sparse != other->sparse ? other->sparse
                                          : entry->shared > other->shared;
}

/*
 * Returns one that is not sparse, since a sparse file can only be shared with
 * sparse ones; of several the one with most shared clusters, then the first.
 */
static size_t choose_kept(const struct entry *entries, size_t count)
{
    size_t kept = 0;
    for (size_t i = 1; i < count; i++) {
        if (is_better(&entries[i], &entries[kept]))
            kept = i;
    }
    return kept;
}

static os_error report_group(const struct groups *groups,
                             const struct entry *entries, size_t count)
{
    struct groups_member *members = calloc(count, sizeof *members);
    size_t kept = choose_kept(entries, count);
    size_t filled = 0;
    if (members == NULL)
        return CODE_NOT_ENOUGH_MEMORY;
    members[filled++].path = path_of(groups, &entries[kept]);
    for (size_t i = 0; i < count; i++) {
        if (i == kept)
            continue;
        members[filled].path = path_of(groups, &entries[i]);
        members[filled++].is_shared =
            entries[i].same_layout == entries[kept].same_layout;
    }
    groups->visitor->group(groups->visitor->context, entries->size, members,
                           count);
    free(members);
    return 0;
}

/*
 * Whether both are known to be equal: by the digest of all bytes, or because
 * they are in the same clusters. (What was not read is like no other file.)
 */
static bool is_equal(const struct entry *a, const struct entry *b)
{
    if (a->stage == STAGE_OUT || b->stage == STAGE_OUT || !same_volume(a, b))
        return false;
    if (a->same_layout == b->same_layout)
        return true;
    return a->stage == STAGE_CONTENT && is_alike(a, b);
}

/* By digest; where that is not of all bytes, those in the same clusters are
   together. */
static int by_group(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    int order = (x->stage == STAGE_OUT) - (y->stage == STAGE_OUT);
    if (order == 0)
        order = compare_volumes(x, y);
    if (order == 0)
        order = (x->stage > y->stage) - (x->stage < y->stage);
    if (order == 0 && x->stage == STAGE_CONTENT)
        order = memcmp(x->digest, y->digest, sizeof x->digest);
    else if (order == 0)
        order = compare_numbers(x->same_layout, y->same_layout);
    return order != 0 ? order : compare_indexes(a, b);
}

static os_error report_groups(struct groups *groups)
{
    os_error error = 0;
    sort(groups, by_group);
    for (size_t i = 0; i < groups->count && error == 0;) {
        size_t end = i + 1;
        while (end < groups->count &&
               is_equal(&groups->entries[i], &groups->entries[end]))
            end++;
        if (os_cancelled())
            return CODE_CANCELLED;
        if (end - i > 1)
            error = report_group(groups, &groups->entries[i], end - i);
        i = end;
    }
    return error;
}

os_error groups_find(struct groups *groups,
                     const struct groups_visitor *visitor)
{
    static const enum stage stages[] = {STAGE_LAYOUT, STAGE_ENDS};
    groups->visitor = visitor;
    groups->error = 0;
    for (size_t i = 0; i < groups->count; i++)
        groups->entries[i].wanted = true;
    os_error error = examine_wanted(groups, examine_layout);
    if (error == 0)
        drop_hard_links(groups);
    report_out(groups);
    if (error == 0)
        join_layouts(groups);
    for (size_t i = 0; i < 2 && error == 0; i++) {
        choose(groups, stages[i]);
        error = examine_wanted(groups, examine_bytes);
        report_out(groups);
        spread(groups);
    }
    return error == 0 ? report_groups(groups) : error;
}
