#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- files ----------------------------------------------------------- */

static uint8_t *allocate(uint64_t size)
{
    uint8_t *bytes = malloc((size_t)size + 1);
    if (bytes == NULL)
        abort();
    return bytes;
}

static struct model_file *need(struct model *model, unsigned file)
{
    struct model_file *made;
    if (model->files[file] != NULL)
        return model->files[file];
    made = calloc(1, sizeof *made);
    if (made == NULL)
        abort();
    made->bytes = allocate(0);
    made->names = 1;
    model->files[file] = made;
    return made;
}

void model_remove(struct model *model, unsigned file)
{
    struct model_file *old = model->files[file];
    model->files[file] = NULL;
    if (old == NULL || --old->names != 0)
        return;
    free(old->bytes);
    free(old);
}

void model_clear(struct model *model)
{
    for (unsigned i = 0; i < MODEL_FILES; i++)
        model_remove(model, i);
}

void model_link(struct model *model, unsigned existing, unsigned file)
{
    model->files[file] = model->files[existing];
    model->files[file]->names++;
}

static void resize(struct model_file *file, uint64_t size)
{
    uint8_t *bytes = realloc(file->bytes, (size_t)size + 1);
    if (bytes == NULL)
        abort();
    if (size > file->size)
        memset(bytes + file->size, 0, (size_t)(size - file->size));
    file->bytes = bytes;
    file->size = size;
}

void model_resize(struct model *model, unsigned file, uint64_t size)
{
    resize(need(model, file), size);
}

void model_write(struct model *model, unsigned file, uint64_t offset,
                 const uint8_t *bytes, uint64_t length)
{
    struct model_file *to = need(model, file);
    if (offset + length > to->size)
        resize(to, offset + length);
    memcpy(to->bytes + offset, bytes, (size_t)length);
}

void model_set(struct model *model, unsigned file, const uint8_t *bytes,
               uint64_t size)
{
    struct model_file *to = need(model, file);
    resize(to, size);
    memcpy(to->bytes, bytes, (size_t)size);
}

/* ---- what may come --------------------------------------------------- */

static const uint64_t last_offset = UINT64_MAX >> 1;

static struct reflink_range range_of(const struct operation *operation)
{
    struct reflink_range whole = {.to_end = true};
    return operation->kind == OPERATION_RANGE ? operation->range : whole;
}

static uint64_t size_of(const struct model *model, unsigned file)
{
    return model->files[file] != NULL ? model->files[file]->size : 0;
}

/* False: it ends past SOURCE's end, or past all ends. */
static bool measure(const struct model *model,
                    const struct operation *operation,
                    struct model_expected *expected)
{
    struct reflink_range range = range_of(operation);
    uint64_t size = size_of(model, operation->source);
    uint64_t old = size_of(model, operation->dest);
    if (range.source_offset > size)
        return false;
    expected->length = range.to_end ? size - range.source_offset : range.length;
    if (expected->length > size - range.source_offset)
        return false;
    if (range.dest_offset > last_offset ||
        expected->length > last_offset - range.dest_offset)
        return false;
    uint64_t end = range.dest_offset + expected->length;
    bool grows = expected->length != 0 && end > old;
    expected->new_size = grows ? end : old;
    if (operation->kind == OPERATION_FILE)
        expected->new_size = size;
    expected->far = expected->new_size > MODEL_MOST;
    return true;
}

/* Status set where names settle it, or 0. */
static unsigned settle_file(const struct model *model,
                            const struct operation *operation,
                            const struct model_facts *facts)
{
    if (model->files[operation->dest] == NULL)
        return 0;
    if (operation->policy.existing == REFLINK_EXISTING_KEEP)
        return MODEL_SKIPPED;
    if (facts->same_file)
        return MODEL_FAILED;
    if (operation->policy.existing == REFLINK_EXISTING_FAIL)
        return MODEL_FAILED;
    return 0;
}

/* A range past an end comes before or after a DEST to be kept. */
static unsigned settle_range(const struct model *model,
                             const struct operation *operation,
                             const struct model_facts *facts, bool fits)
{
    bool keep = operation->policy.existing == REFLINK_EXISTING_KEEP &&
                model->files[operation->dest] != NULL;
    if (!fits)
        return keep ? MODEL_FAILED | MODEL_SKIPPED : MODEL_FAILED;
    if (keep)
        return MODEL_SKIPPED;
    return facts->dest_read_only ? MODEL_FAILED : 0;
}

static uint64_t apart(const struct reflink_range *range)
{
    return range->source_offset > range->dest_offset
               ? range->source_offset - range->dest_offset
               : range->dest_offset - range->source_offset;
}

/* Bytes in whole clusters that lie same_before in both files. */
static uint64_t whole_clusters(const struct reflink_range *range,
                               uint64_t length, uint64_t cluster)
{
    uint64_t from = range->source_offset;
    uint64_t to = from + length;
    if (apart(range) % cluster != 0)
        return 0;
    from += (cluster - from % cluster) % cluster;
    to -= to % cluster;
    return to > from ? to - from : 0;
}

static bool is_aligned(const struct reflink_range *range, uint64_t length,
                       uint64_t source_size, uint64_t cluster)
{
    uint64_t end = range->source_offset + length;
    return range->source_offset % cluster == 0 &&
           range->dest_offset % cluster == 0 &&
           (end % cluster == 0 || end == source_size);
}

/*
 * REFLINK_ALWAYS. Where the contract leaves it open, both are allowed: what
 * "unaligned" means for a SOURCE below one cluster, and for a range without
 * a whole cluster, or onto itself, between files that cannot share any.
 */
static unsigned expect_always(const struct model *model,
                              const struct operation *operation,
                              const struct model_facts *facts,
                              struct model_expected *expected)
{
    struct reflink_range range = range_of(operation);
    uint64_t size = size_of(model, operation->source);
    bool onto_itself = facts->same_file && apart(&range) == 0;
    if (expected->length == 0)
        return MODEL_OK;
    if (facts->cluster == 0)
        return MODEL_OK | MODEL_REFUSED;
    bool aligned = is_aligned(&range, expected->length, size, facts->cluster);
    if (size < facts->cluster)
        return aligned ? MODEL_OK : MODEL_OK | MODEL_REFUSED;
    if (onto_itself)
        return MODEL_OK | MODEL_REFUSED;
    expected->at_once = !aligned;
    if (!aligned)
        return MODEL_REFUSED;
    if (facts->can_share)
        return MODEL_OK;
    if (facts->cannot_share && expected->length >= facts->cluster)
        return MODEL_REFUSED;
    return MODEL_OK | MODEL_REFUSED;
}

/* The last, partial cluster, where it ends both files and can be shared. */
static uint64_t shared_tail(const struct model *model,
                            const struct operation *operation,
                            const struct model_facts *facts,
                            const struct model_expected *expected)
{
    struct reflink_range range = range_of(operation);
    uint64_t end = range.source_offset + expected->length;
    if (!facts->shares_tails || facts->same_file || expected->far ||
        expected->least_clone == 0 ||
        end != size_of(model, operation->source) ||
        range.dest_offset + expected->length != expected->new_size)
        return 0;
    return end % facts->unit;
}

static void expect_clones(const struct model *model,
                          const struct operation *operation,
                          const struct model_facts *facts,
                          struct model_expected *expected)
{
    struct reflink_range range = range_of(operation);
    bool tail = range.source_offset + expected->length ==
                size_of(model, operation->source);
    expected->most_clone = expected->length;
    if (operation->policy.mode == REFLINK_NEVER)
        expected->most_clone = 0;
    if (facts->same_file && apart(&range) == 0)
        return; /* these clusters are the same already, or can be written */
    if (facts->cannot_share)
        expected->most_clone = 0;
    if (operation->policy.mode == REFLINK_NEVER)
        return;
    if (facts->can_share && facts->unit != 0)
        expected->least_clone =
            whole_clusters(&range, expected->length, facts->unit);
    expected->least_clone += shared_tail(model, operation, facts, expected);
    if (expected->most_clone != 0 && !tail && facts->cluster != 0)
        expected->most_clone =
            whole_clusters(&range, expected->length, facts->cluster);
}

void model_expect(const struct model *model, const struct operation *operation,
                  const struct model_facts *facts,
                  struct model_expected *expected)
{
    memset(expected, 0, sizeof *expected);
    bool fits = measure(model, operation, expected);
    if (model->files[operation->source] == NULL)
        expected->statuses = MODEL_FAILED;
    else if (operation->kind == OPERATION_FILE)
        expected->statuses = settle_file(model, operation, facts);
    else
        expected->statuses = settle_range(model, operation, facts, fits);
    if (expected->statuses != 0)
        return;
    expected->runs = true;
    expected->statuses = MODEL_OK;
    if (operation->policy.mode == REFLINK_ALWAYS)
        expected->statuses = expect_always(model, operation, facts, expected);
    if (facts->dest_read_only) /* replaced, or in vain */
        expected->statuses |= MODEL_FAILED;
    expect_clones(model, operation, facts, expected);
}

/* ---- what comes ------------------------------------------------------ */

uint8_t *model_after(const struct model *model,
                     const struct operation *operation,
                     const struct model_expected *expected)
{
    const struct model_file *source = model->files[operation->source];
    const struct model_file *old = model->files[operation->dest];
    struct reflink_range range = range_of(operation);
    if (!expected->runs || expected->far)
        return NULL;
    uint8_t *bytes = allocate(expected->new_size);
    uint64_t kept = old != NULL ? old->size : 0;
    if (operation->kind == OPERATION_FILE)
        kept = 0;
    if (kept != 0)
        memcpy(bytes, old->bytes, (size_t)kept);
    if (expected->new_size > kept)
        memset(bytes + kept, 0, (size_t)(expected->new_size - kept));
    if (expected->length != 0)
        memcpy(bytes + range.dest_offset, source->bytes + range.source_offset,
               (size_t)expected->length);
    return bytes;
}

void model_apply(struct model *model, const struct operation *operation,
                 const struct model_expected *expected)
{
    uint8_t *bytes = model_after(model, operation, expected);
    if (bytes == NULL)
        return;
    if (operation->kind == OPERATION_FILE)
        model_remove(model, operation->dest);
    struct model_file *file = need(model, operation->dest);
    free(file->bytes);
    file->bytes = bytes;
    file->size = expected->new_size;
}

static uint8_t old_byte(const struct model_file *old, uint64_t at)
{
    return old != NULL && at < old->size ? old->bytes[at] : 0;
}

bool model_allows(const struct model *model, const struct operation *operation,
                  const struct model_expected *expected, bool loose,
                  const uint8_t *bytes, uint64_t size, char *why,
                  size_t why_size)
{
    const struct model_file *old = model->files[operation->dest];
    uint64_t from = operation->range.dest_offset;
    uint64_t to = from + expected->length;
    if (size != size_of(model, operation->dest) && size != expected->new_size) {
        snprintf(why, why_size, "size %llu is neither old nor new",
                 (unsigned long long)size);
        return false;
    }
    uint8_t *fresh = model_after(model, operation, expected);
    uint64_t at = 0;
    for (; at < size; at++) {
        bool inside = at >= from && at < to;
        if (bytes[at] != old_byte(old, at) &&
            !(inside && (loose || bytes[at] == fresh[at])))
            break;
    }
    free(fresh);
    if (at == size)
        return true;
    snprintf(why, why_size, "byte %llu is neither old nor new",
             (unsigned long long)at);
    return false;
}
