#include "stage.h"

#include <string.h>

/* ---- what stands in the way ------------------------------------------ */

/* What stands against cloning is nothing but alignment and integrity. */
static bool clones_honestly(const struct stage *stage,
                            const struct sim_volume *v)
{
    const struct setting *setting = stage->setting;
    if (v == stage->other)
        return true;
    return setting->quirks == 0 && setting->limit == 0 &&
           setting->lie == SIM_LIE_NONE && setting->room == 0 &&
           v->clone == 0 && !v->needs_flush;
}

/* All of ReFS's rules, so that one request does what there is to do. */
bool facts_is_refs(const struct sim_volume *v)
{
    return !v->exact_tail && !v->unbounded_source && v->get_integrity == 0 &&
           v->extents == 0;
}

static uint32_t told(uint32_t value, uint32_t cluster)
{
    return value == SIM_OWN ? cluster : value;
}

/* What the volume says, wherever one asks, is its cluster size. */
bool facts_tell_cluster(const struct sim_volume *v)
{
    uint32_t unit = told(v->allocation_unit, v->cluster);
    uint32_t integrity = told(v->integrity_cluster, v->cluster);
    return unit == v->cluster &&
           (v->get_integrity != 0 || integrity == v->cluster) &&
           told(v->alignment, v->cluster) == v->cluster;
}

/* A new or empty DEST can be given SOURCE's setting, where that is told. */
static bool integrity_agrees(const struct stage *stage,
                             const struct operation *o)
{
    const struct sim_volume *v = stage_volume(stage, o->dest);
    const struct model_file *dest = stage->model.files[o->dest];
    bool set =
        v->get_integrity == 0 && v->set_integrity == 0 && !v->fake_integrity;
    bool fresh = o->kind == OPERATION_FILE || dest == NULL;
    if (set && (fresh || dest->size == 0))
        return true;
    if (fresh)
        return sim_integrity(stage_paths[o->source]) == 0;
    return sim_integrity(stage_paths[o->source]) ==
           sim_integrity(stage_paths[o->dest]);
}

/* What is learned where requests must be aligned to more than a cluster: the
   alignments that were seen somewhere. */
static uint32_t learned_unit(const struct sim_volume *v)
{
    static const uint32_t seen[] = {4096, 65536, 131072, 1048576};
    uint32_t alignment = told(v->alignment, v->cluster);
    for (size_t i = 0; alignment != v->cluster && i < 4; i++) {
        if (seen[i] >= alignment)
            return seen[i];
    }
    return alignment == v->cluster ? v->cluster : 0;
}

/* Bytes of zeros that are compared as a whole. */
enum { SHORT_ZEROS = 32 * 4096 };

bool facts_has_zeros(const struct model_file *file, uint64_t from,
                     uint64_t length)
{
    static const uint8_t zeros[4096];
    for (uint64_t at = from; at + 4096 <= from + length; at += 512) {
        if (memcmp(file->bytes + at, zeros, sizeof zeros) == 0)
            return true;
    }
    return false;
}

/* Whether any block of DEST has the bytes it is to have. */
static bool has_equal_block(const struct model_file *source, uint64_t from,
                            const struct model_file *dest, uint64_t to,
                            uint64_t length)
{
    for (uint64_t at = 0; at + 4096 <= length && to + at + 4096 <= dest->size;
         at += 512) {
        if (memcmp(source->bytes + from + at, dest->bytes + to + at, 4096) == 0)
            return true;
    }
    return false;
}

/*
 * Where extents are not told, or in clusters of a doubtful size, a clone of
 * which the samples show nothing but zeros, or what was there before, is not
 * believed. The first and the last block are always among them, but for holes,
 * which move them, and for requests that are parts.
 */
static bool may_be_in_doubt(const struct stage *stage,
                            const struct operation *o, bool same_file)
{
    const struct sim_volume *v = stage_volume(stage, o->dest);
    const struct model_file *source = stage->model.files[o->source];
    bool whole = o->kind == OPERATION_FILE;
    uint64_t from = whole ? 0 : o->range.source_offset;
    bool told_extents =
        v->extents == 0 && told(v->alignment, v->cluster) == v->cluster;
    if (source == NULL || told_extents || from > source->size ||
        o->policy.verify != REFLINK_VERIFY_SAMPLE)
        return false;
    uint64_t length = source->size - from;
    if (!whole && !o->range.to_end && o->range.length < length)
        length = o->range.length;
    if (length <= SHORT_ZEROS)
        return false;
    const struct model_file *dest = stage->model.files[o->dest];
    if (!whole && dest != NULL &&
        has_equal_block(source, from, dest, o->range.dest_offset, length))
        return true;
    if (same_file || sim_is_sparse(stage_paths[o->source]))
        return facts_has_zeros(source, from, length);
    /* a head or a tail may be copied */
    uint64_t part = v->cluster + UINT64_C(4096);
    part = part < length ? part : length;
    return facts_has_zeros(source, from, part) &&
           facts_has_zeros(source, from + length - part, part);
}

struct model_facts facts_find(const struct stage *stage,
                              const struct operation *o)
{
    struct model_facts facts = {0};
    const struct sim_volume *from = stage_volume(stage, o->source);
    const struct sim_volume *to = stage_volume(stage, o->dest);
    const struct model_file *source = stage->model.files[o->source];
    facts.same_file = source != NULL && source == stage->model.files[o->dest];
    facts.dest_read_only =
        stage->model.files[o->dest] != NULL &&
        (sim_attributes(stage_paths[o->dest]) & OS_ATTRIBUTE_READONLY) != 0;
    facts.cannot_share = from != to || to->clone != 0;
    if (!stage->disturbed && from->cluster == to->cluster &&
        facts_tell_cluster(to) && facts_tell_cluster(from))
        facts.cluster = to->cluster;
    facts.unit = facts.cluster;
    if (stage->setting->theme == THEME_ALIGNMENT)
        facts.unit = learned_unit(to);
    facts.shares_tails = facts.cluster != 0;
    facts.can_share = !stage->disturbed && !facts.cannot_share &&
                      source != NULL && facts.unit != 0 &&
                      clones_honestly(stage, to) && integrity_agrees(stage, o);
    facts.in_doubt = may_be_in_doubt(stage, o, facts.same_file);
    facts.can_share = facts.can_share && !facts.in_doubt;
    return facts;
}

/* So many saturated clusters in a row are copied one by one. */
enum { SATURATED_ALONE = 16 };

/*
 * Where clusters may be saturated: the whole ones of SOURCE that nobody else
 * has, so that no request for them can be refused. After many that may be, as
 * many again may be copied with them.
 */
uint64_t facts_unsaturated(const struct trial *t)
{
    const struct reflink_range *range = &t->operation->range;
    const struct sim_volume *v = stage_volume(t->stage, t->operation->dest);
    const wchar_t *source = stage_paths[t->operation->source];
    bool whole = t->operation->kind == OPERATION_FILE;
    uint64_t from = whole ? 0 : range->source_offset;
    uint64_t to = from + t->expected.length;
    uint64_t bytes = 0;
    uint64_t copied = 0; /* in a row, at worst */
    uint64_t reach = 0;  /* and up to there */
    if (!whole && (from - range->dest_offset) % v->cluster != 0)
        return 0;
    from = (from + v->cluster - 1) / v->cluster * v->cluster;
    for (; from + v->cluster <= to; from += v->cluster) {
        bool alone = sim_refs(source, from) == 1;
        copied = alone && from >= reach ? 0 : copied + 1;
        if (!alone && copied > SATURATED_ALONE)
            reach = from + copied * v->cluster;
        if (copied == 0)
            bytes += v->cluster;
    }
    return bytes;
}

/* Whether cloning meets nothing but saturated clusters. */
bool facts_limited_only(const struct trial *t)
{
    const struct setting *setting = t->stage->setting;
    const struct sim_volume *v = stage_volume(t->stage, t->operation->dest);
    return setting->theme == THEME_LIMIT && setting->limit > 1 &&
           v == t->stage->volume && !t->facts.same_file && !v->needs_flush &&
           !t->facts.cannot_share && t->facts.cluster != 0 &&
           t->expected.runs && integrity_agrees(t->stage, t->operation) &&
           t->operation->policy.mode == REFLINK_AUTO;
}

/* The volume may have lied, so that proof is needed or never came. */
bool facts_may_be_untrue(const struct trial *t)
{
    const struct sim_volume *v = stage_volume(t->stage, t->operation->dest);
    return (t->stage->setting->lie != SIM_LIE_NONE && v == t->stage->volume) ||
           v->needs_flush;
}

/* ---- faults ---------------------------------------------------------- */

static const enum sim_op fault_operations[FAULT_CALLS] = {
    [FAULT_ANY] = SIM_OP_ANY,
    [FAULT_OPEN] = SIM_OP_OPEN,
    [FAULT_QUERY] = SIM_OP_QUERY,
    [FAULT_QUERY_VOLUME] = SIM_OP_QUERY_VOLUME,
    [FAULT_ALLOCATION_UNIT] = SIM_OP_ALLOCATION_UNIT,
    [FAULT_GET_INTEGRITY] = SIM_OP_GET_INTEGRITY,
    [FAULT_SET_INTEGRITY] = SIM_OP_SET_INTEGRITY,
    [FAULT_SET_SPARSE] = SIM_OP_SET_SPARSE,
    [FAULT_SET_SIZE] = SIM_OP_SET_SIZE,
    [FAULT_READ] = SIM_OP_READ,
    [FAULT_WRITE] = SIM_OP_WRITE,
    [FAULT_ZERO] = SIM_OP_ZERO,
    [FAULT_ALLOCATED] = SIM_OP_ALLOCATED,
    [FAULT_EXTENTS] = SIM_OP_EXTENTS,
    [FAULT_CLONE] = SIM_OP_CLONE,
    [FAULT_SET_METADATA] = SIM_OP_SET_METADATA,
    [FAULT_MARK_DELETED] = SIM_OP_MARK_DELETED,
    [FAULT_RENAME] = SIM_OP_RENAME,
    [FAULT_REMOVE] = SIM_OP_REMOVE,
    [FAULT_FLUSH] = SIM_OP_FLUSH,
    [FAULT_FLUSH_PATH] = SIM_OP_FLUSH_PATH,
    [FAULT_RANDOM] = SIM_OP_RANDOM,
};

bool facts_is_drop(const struct operation_fault *fault)
{
    return fault->call == FAULT_DROP || fault->call == FAULT_DROP_FILES;
}

void facts_plant_faults(struct stage *stage, const struct operation *o)
{
    for (size_t i = 0; i < OPERATION_FAULTS; i++) {
        const struct operation_fault *fault = &o->faults[i];
        struct sim_drop drop = {fault->nth, fault->code,
                                fault->call == FAULT_DROP_FILES};
        if (facts_is_drop(fault))
            stage_volume(stage, o->dest)->drop = drop;
        else if (fault->call == FAULT_PARTIAL_WRITE)
            sim_fault_partial(fault->nth, fault->code);
        else if (fault->call != FAULT_NONE)
            sim_fault(fault_operations[fault->call], fault->nth, fault->code);
    }
}

static bool is_transient(uint32_t code)
{
    static const uint32_t codes[] = {53,   54,   55,   59,   64,   121, 240,
                                     1231, 1236, 1237, 5004, 5006, 5015};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i] == code)
            return true;
    }
    return false;
}

/* Whether "cannot here" or "too often" is what a clone request answers. */
static bool is_fallback(uint32_t code)
{
    return code == 1 || code == 6 || code == 17 || code == 50 || code == 87 ||
           code == 347 || code == 134 || code == 8 || code == 1450;
}

/* What is asked for only to do better cannot make the request fail. */
static bool is_harmless(const struct operation_fault *fault)
{
    switch (fault->call) {
    case FAULT_NONE:
    case FAULT_QUERY_VOLUME:
    case FAULT_ALLOCATION_UNIT:
    case FAULT_ALLOCATED:
    case FAULT_EXTENTS:
        return true;
    case FAULT_GET_INTEGRITY:
    case FAULT_SET_SPARSE:
    case FAULT_SET_INTEGRITY:
        return !is_transient(fault->code);
    case FAULT_CLONE:
        return is_fallback(fault->code);
    default:
        return false;
    }
}

/* Whether a new start is safe, whatever was written before the failure. */
bool facts_is_repeatable(const struct trial *t)
{
    const struct reflink_range *range = &t->operation->range;
    uint64_t from = range->source_offset;
    uint64_t to = range->dest_offset;
    uint64_t apart = from > to ? from - to : to - from;
    return t->operation->kind == OPERATION_FILE || !t->facts.same_file ||
           apart >= t->expected.length;
}

/* Faults that were met may be the end of it, if they are of that kind. */
void facts_soften(struct trial *t)
{
    bool survived = true;
    unsigned retries = t->operation->policy.retries;
    unsigned *statuses = &t->expected.statuses;
    if (stage_is_tight(t->stage) || t->expected.far)
        *statuses |= MODEL_FAILED;
    if (t->met != 0) {
        t->stage->disturbed = true;
        for (size_t i = 0; i < OPERATION_FAULTS; i++) {
            const struct operation_fault *fault = &t->operation->faults[i];
            bool again = is_transient(fault->code) && t->met <= retries &&
                         facts_is_repeatable(t);
            survived = survived && (is_harmless(fault) || again);
        }
        if (t->dropped)
            survived = survived && t->met <= retries && facts_is_repeatable(t);
    }
    if (!survived)
        *statuses |= MODEL_FAILED;
    if ((t->met != 0 || t->expected.far) &&
        t->operation->policy.mode == REFLINK_ALWAYS && t->expected.runs)
        *statuses |= MODEL_REFUSED | MODEL_OK;
}
