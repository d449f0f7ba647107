#include "stage.h"

#include <stdlib.h>
#include <string.h>

/* Reference counts are checked after so many operations. */
enum { CHECK_EACH = 8 };

/* ---- the bytes ------------------------------------------------------- */

bool judge_holds(const struct stage *stage, unsigned file)
{
    const struct model_file *wanted = stage->model.files[file];
    uint64_t at = 0;
    if (wanted == NULL)
        return !sim_exists(stage_paths[file]) ||
               stage_wrong(stage, "file %u exists, and should not", file);
    if (!sim_exists(stage_paths[file]))
        return stage_wrong(stage, "file %u is missing", file);
    if (sim_holds(stage_paths[file], wanted->bytes, (size_t)wanted->size))
        return true;
    uint64_t size = sim_size(stage_paths[file]);
    if (size != wanted->size)
        return stage_wrong(stage, "file %u has %llu bytes, not %llu", file,
                           (unsigned long long)size,
                           (unsigned long long)wanted->size);
    for (uint8_t byte = 0; at < size; at++) {
        sim_read_at(stage_paths[file], at, &byte, 1);
        if (byte != wanted->bytes[at])
            break;
    }
    return stage_wrong(stage, "file %u is wrong from byte %llu on", file,
                       (unsigned long long)at);
}

/*
 * A bounded sample cannot see everything where the volume tells nothing, and
 * where half of DEST is a hole, it does not find data that lie between zeros.
 */
static bool is_unproved(const struct trial *t)
{
    const struct operation *o = t->operation;
    const struct model_file *source = t->stage->model.files[o->source];
    const struct sim_volume *v = stage_volume(t->stage, t->operation->dest);
    enum reflink_verify verify = t->operation->policy.verify;
    bool map = v->extents == 0 && facts_tell_cluster(v) && t->met == 0;
    if (!facts_may_be_untrue(t) || verify == REFLINK_VERIFY_FULL)
        return false;
    if (verify == REFLINK_VERIFY_NONE)
        return true;
    /* but that nothing at all was done it always sees */
    if (t->stage->setting->lie == SIM_LIE_NOTHING && !v->needs_flush &&
        t->met == 0)
        return false;
    bool half =
        t->stage->setting->lie == SIM_LIE_HALF &&
        facts_has_zeros(source,
                        o->kind == OPERATION_FILE ? 0 : o->range.source_offset,
                        t->expected.length);
    return (!map || half) && t->expected.length > 3 * 4096;
}

/* What is sampled has its first and last blocks sampled; holes are not. */
static bool holds_samples(const struct trial *t)
{
    enum { SAMPLE = 4096 };
    const struct operation *o = t->operation;
    const struct model_file *source = t->stage->model.files[o->source];
    uint64_t from = o->kind == OPERATION_FILE ? 0 : o->range.source_offset;
    uint64_t to = o->kind == OPERATION_FILE ? 0 : o->range.dest_offset;
    uint64_t length = t->expected.length;
    uint32_t part = length < SAMPLE ? (uint32_t)length : SAMPLE;
    uint8_t bytes[SAMPLE];
    if (o->policy.verify != REFLINK_VERIFY_SAMPLE || t->facts.same_file ||
        sim_is_sparse(stage_paths[o->source]))
        return true;
    sim_read_at(stage_paths[o->dest], to, bytes, part);
    if (memcmp(bytes, source->bytes + from, part) != 0)
        return stage_wrong(t->stage, "the first sample is wrong");
    sim_read_at(stage_paths[o->dest], to + length - part, bytes, part);
    return memcmp(bytes, source->bytes + from + length - part, part) == 0 ||
           stage_wrong(t->stage, "the last sample is wrong");
}

static bool judge_fuzzy(struct trial *t, bool loose)
{
    struct stage *stage = t->stage;
    unsigned dest = t->operation->dest;
    char why[120];
    if (!sim_exists(stage_paths[dest]))
        return !t->existed || stage_wrong(stage, "DEST is gone");
    if (!t->existed && t->outcome.status != REFLINK_OK)
        return stage_wrong(stage, "a DEST made in vain is there");
    uint64_t size = sim_size(stage_paths[dest]);
    uint8_t *bytes = malloc((size_t)size + 1);
    if (bytes == NULL)
        abort();
    sim_read_file(stage_paths[dest], bytes, (size_t)size);
    bool right = model_allows(&stage->model, t->operation, &t->expected, loose,
                              bytes, size, why, sizeof why);
    if (right)
        model_set(&stage->model, dest, bytes, size);
    else
        stage_wrong(stage, "%s", why);
    free(bytes);
    return right;
}

/* The range lies too far for the model: looked at, and undone. */
static bool judge_far(struct trial *t)
{
    struct stage *stage = t->stage;
    unsigned dest = t->operation->dest;
    const struct model_file *source = stage->model.files[t->operation->source];
    const struct model_file *old = stage->model.files[dest];
    const struct reflink_range *range = &t->operation->range;
    bool right = true;
    if (!sim_exists(stage_paths[dest]))
        return (old == NULL && t->outcome.status != REFLINK_OK) ||
               stage_wrong(stage, "DEST is missing");
    uint64_t size = sim_size(stage_paths[dest]);
    if (t->outcome.status == REFLINK_OK && size != t->expected.new_size)
        return stage_wrong(stage, "size %llu, not %llu",
                           (unsigned long long)size,
                           (unsigned long long)t->expected.new_size);
    if (t->outcome.status == REFLINK_OK && !is_unproved(t)) {
        uint8_t *bytes = malloc((size_t)t->expected.length + 1);
        if (bytes == NULL)
            abort();
        sim_read_at(stage_paths[dest], range->dest_offset, bytes,
                    (size_t)t->expected.length);
        right = memcmp(bytes, source->bytes + range->source_offset,
                       (size_t)t->expected.length) == 0;
        free(bytes);
    }
    if (old != NULL)
        (void)sim_set_size(stage_paths[dest], old->size);
    else
        (void)os_remove(NULL, stage_paths[dest]);
    return right ? judge_holds(stage, dest)
                 : stage_wrong(stage, "far bytes are wrong");
}

static bool judge_bytes(struct trial *t)
{
    struct stage *stage = t->stage;
    const struct operation *o = t->operation;
    bool range = o->kind == OPERATION_RANGE;
    if (t->expected.runs && t->expected.far)
        return judge_far(t);
    if (t->outcome.status == REFLINK_OK && !is_unproved(t)) {
        model_apply(&stage->model, o, &t->expected);
        return judge_holds(stage, o->dest);
    }
    if (t->outcome.status == REFLINK_OK) {
        if (!holds_samples(t))
            return false;
        if (range)
            return judge_fuzzy(t, true);
        model_apply(&stage->model, o, &t->expected);
        if (sim_size(stage_paths[o->dest]) != t->expected.new_size)
            return stage_wrong(stage, "an unverified DEST has another size");
        stage_adopt(stage, o->dest);
        return true;
    }
    if (!range || !t->expected.runs)
        return judge_holds(stage, o->dest);
    bool begun = t->met != 0 || facts_may_be_untrue(t) ||
                 stage_is_tight(stage) || t->outcome.bytes != 0 ||
                 t->outcome.reason == REFLINK_REASON_UNVERIFIED;
    if (t->outcome.status == REFLINK_REFUSED && !begun)
        return judge_holds(stage, o->dest);
    /* what is refused is old or new, unless nothing was to be proved */
    bool loose = t->outcome.status != REFLINK_REFUSED ||
                 o->policy.verify == REFLINK_VERIFY_NONE;
    return judge_fuzzy(t, loose && facts_may_be_untrue(t));
}

/* ---- what else a file has -------------------------------------------- */

/* What fails when DEST has its name already leaves it the archive attribute
   that the name gave it, and that is told. */
static bool keeps_attributes(const struct trial *t, const wchar_t *source,
                             const wchar_t *dest)
{
    uint32_t differ = (sim_attributes(source) ^ sim_attributes(dest)) &
                      ~(uint32_t)OS_ATTRIBUTE_NORMAL;
    bool told = (t->outcome.lost & REFLINK_LOST_ATTRIBUTES) != 0;
    return differ == 0 ||
           (differ == OS_ATTRIBUTE_ARCHIVE && t->met != 0 && told);
}

static bool judge_whole_file(const struct trial *t)
{
    const struct stage *stage = t->stage;
    const wchar_t *source = stage_paths[t->operation->source];
    const wchar_t *dest = stage_paths[t->operation->dest];
    const struct sim_volume *from = stage_volume(stage, t->operation->source);
    const struct sim_volume *to = stage_volume(stage, t->operation->dest);
    int64_t written = sim_written(source);
    if (sim_written(dest) != written - written % to->time_grain)
        return stage_wrong(stage, "the last-write time is not kept");
    if (!keeps_attributes(t, source, dest))
        return stage_wrong(stage, "the attributes are not kept");
    if (t->met != 0 || stage_is_tight(stage) || to->set_sparse != 0 ||
        to->fake_sparse)
        return true;
    /* a clone of a file that has holes without the flag is told to have it */
    bool may_stay = t->outcome.kept_sparse && t->outcome.bytes_cloned != 0 &&
                    sim_allocated(source) < sim_size(source);
    if (sim_is_sparse(dest) != sim_is_sparse(source) &&
        !(sim_is_sparse(dest) && may_stay))
        return stage_wrong(stage, "the sparse flag is not kept");
    if (from->get_integrity == 0 && to->get_integrity == 0 &&
        to->set_integrity == 0 && !from->fake_integrity &&
        !to->fake_integrity &&
        (sim_integrity(dest) != 0) != (sim_integrity(source) != 0))
        return stage_wrong(stage, "the integrity setting is not kept");
    if (sim_is_sparse(source) && from == to && from->allocated == 0 &&
        !facts_may_be_untrue(t) && !to->copies_misaligned &&
        sim_allocated(dest) > sim_allocated(source))
        return stage_wrong(stage,
                           "holes are not kept: %llu allocated, not %llu",
                           (unsigned long long)sim_allocated(dest),
                           (unsigned long long)sim_allocated(source));
    return true;
}

static bool judge_flags(const struct trial *t)
{
    const struct stage *stage = t->stage;
    unsigned dest = t->operation->dest;
    bool done = t->outcome.status == REFLINK_OK;
    if (t->operation->kind == OPERATION_FILE && done)
        return judge_whole_file(t);
    if (!t->existed || t->operation->kind == OPERATION_FILE ||
        t->expected.far || stage->model.files[dest] == NULL)
        return true;
    bool sparse = sim_is_sparse(stage_paths[dest]);
    if (t->expected.at_once && t->outcome.status == REFLINK_REFUSED &&
        t->met == 0 &&
        (t->clones != 0 || sim_written(stage_paths[dest]) != t->written))
        return stage_wrong(stage, "refused, but not before DEST was changed");
    if (t->was_sparse && !sparse && t->met == 0)
        return stage_wrong(stage, "DEST is no longer sparse");
    if (t->outcome.status == REFLINK_REFUSED && t->met == 0 &&
        sparse != t->was_sparse && t->outcome.bytes == 0)
        return stage_wrong(stage, "refused, but the sparse flag has changed");
    return true;
}

/* Names that nobody knows: a removal that failed too leaves one. */
static bool judge_names(const struct trial *t)
{
    size_t known = 0;
    for (unsigned i = 0; i < MODEL_OTHER; i++)
        known += t->stage->model.files[i] != NULL;
    size_t there = sim_file_count(L"R:\\");
    if (there == known)
        return true;
    if (t->removes == 0 || t->met == 0)
        return stage_wrong(t->stage, "a temporary is left");
    for (size_t i = sim_file_count(L"R:\\"); i-- != 0;) {
        wchar_t path[64];
        const wchar_t *name = sim_file_name(L"R:\\", i);
        swprintf(path, sizeof path / sizeof path[0], L"R:\\%ls", name);
        if (wcslen(name) > 1)
            (void)os_remove(NULL, path);
    }
    return true;
}

static bool judge_system(const struct trial *t, size_t number)
{
    if (sim_open_handles() != 0)
        return stage_wrong(t->stage, "%zu files are open", sim_open_handles());
    if (sim_crashed)
        return stage_wrong(t->stage, "the system has crashed");
    if ((t->met != 0 || number % CHECK_EACH == 0) && !sim_check())
        return stage_wrong(t->stage, "reference counts do not add up");
    return judge_names(t);
}

/* A DEST made in vain stays if its removal fails, too. */
static void sweep(const struct trial *t)
{
    const wchar_t *dest = stage_paths[t->operation->dest];
    if (t->met > 1 && t->removes != 0 && !t->existed &&
        t->outcome.status != REFLINK_OK && sim_exists(dest))
        (void)os_remove(NULL, dest);
}

bool judge_trial(struct trial *t, size_t number)
{
    struct stage *stage = t->stage;
    sweep(t);
    unsigned status = 1u << t->outcome.status;
    facts_soften(t);
    if (!(t->expected.statuses & status))
        return stage_wrong(
            stage, "status %d, allowed %#x; error %u step %d reason %d",
            (int)t->outcome.status, t->expected.statuses, t->outcome.error.code,
            (int)t->outcome.error.step, (int)t->outcome.reason);
    return judge_bytes(t) && judge_holds(stage, t->operation->source) &&
           account_check(t) && judge_flags(t) && judge_system(t, number);
}
