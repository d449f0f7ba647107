/* The decision on a clone request; bridge_rules.h has the contract. */
#include "bridge_rules.h"

#include "bridge_status.h"

#define FOUR_GIB (INT64_C(1) << 32)

int64_t rules_round_up(int64_t value, uint32_t unit)
{
    return (value + (unit - 1)) & ~((int64_t)unit - 1);
}

static bool is_multiple(int64_t value, uint32_t unit)
{
    return value >= 0 && value % unit == 0;
}

static uint32_t alignment_of(const struct bridge_profile *profile,
                             const struct dup_facts *facts)
{
    return profile->alignment ? profile->alignment : facts->cluster;
}

/* An odd length is in order where the volume wants the exact tail. */
static bool is_aligned(const struct bridge_profile *profile,
                       const struct dup_facts *f)
{
    uint32_t unit = alignment_of(profile, f);

    if (!is_multiple(f->source_offset, unit) ||
        !is_multiple(f->target_offset, unit))
        return false;
    if (is_multiple(f->count, unit))
        return true;
    if (f->count < 0 || profile->tail == TAIL_ROUNDED)
        return false;
    return f->source_offset + f->count >= f->source_size;
}

/* Steps 2 to 6 of MS-FSA, and the limit of "Block Cloning". No document
 * names the status for a request of 4 GiB or more; a bad length it is. */
static uint32_t judge_request(const struct bridge_profile *profile,
                              const struct dup_facts *f)
{
    if (f->input_size < f->needed_size)
        return ST_BUFFER_TOO_SMALL;
    if (f->volume_read_only)
        return ST_MEDIA_WRITE_PROTECTED;
    if (profile->misaligned == MISALIGNED_REFUSED && !is_aligned(profile, f))
        return ST_INVALID_PARAMETER;
    if (f->source_offset < 0 || f->target_offset < 0 || f->count < 0)
        return ST_INVALID_PARAMETER;
    if (f->count >= FOUR_GIB)
        return ST_INVALID_PARAMETER;
    return ST_SUCCESS;
}

/* Step 11, read as MS-FSCC reads it: against the allocated end, which is
 * what lets a request cover the last, partial cluster. */
static bool passes_source_end(const struct bridge_profile *profile,
                              const struct dup_facts *f)
{
    int64_t end = f->source_size;

    if (profile->tail == TAIL_CLAMPED)
        return false;
    if (profile->tail == TAIL_ROUNDED)
        end = rules_round_up(end, f->cluster);
    return f->count > end || f->source_offset > end - f->count;
}

static bool overlaps(const struct dup_facts *f)
{
    return f->same_file && f->source_offset < f->target_offset + f->count &&
           f->target_offset < f->source_offset + f->count;
}

/* Steps 8 to 15, with what MS-FSA leaves to the other documents between. */
static uint32_t judge_files(const struct bridge_profile *profile,
                            const struct dup_facts *f)
{
    if (!f->target_is_data)
        return ST_NOT_SUPPORTED;
    if (f->source_status != ST_SUCCESS)
        return f->source_status;
    if (!f->source_is_data || !f->source_readable)
        return ST_INVALID_PARAMETER;
    if (passes_source_end(profile, f))
        return ST_NOT_SUPPORTED;
    if (!f->same_volume)
        return profile->other_volume_status;
    if (!profile->sparse_is_noop && f->source_sparse && !f->target_sparse)
        return ST_NOT_SUPPORTED;
    if (profile->integrity == INTEGRITY_REAL &&
        f->source_integrity != f->target_integrity)
        return ST_INVALID_PARAMETER;
    if (overlaps(f))
        return profile->overlap_status;
    if (profile->honours_locks && f->lock_conflict)
        return ST_FILE_LOCK_CONFLICT;
    return ST_SUCCESS;
}

/* The end up to which the destination may be written without growing. */
static int64_t target_end(const struct bridge_profile *profile,
                          const struct dup_facts *f)
{
    if (profile->tail != TAIL_ROUNDED)
        return f->target_size;
    return rules_round_up(f->target_size, f->cluster);
}

/* Holds the request against the destination's end. */
static struct dup_verdict judge_target_end(const struct bridge_profile *profile,
                                           const struct dup_facts *f)
{
    struct dup_verdict v = {ST_SUCCESS, DUP_CLONE, f->count};
    int64_t room = target_end(profile, f) - f->target_offset;

    if (f->count <= room)
        return v;
    if (profile->tail == TAIL_CLAMPED ||
        profile->past_end == PAST_END_CLIPPED) {
        v.count = room > 0 ? room : 0;
    } else if (profile->past_end == PAST_END_NOTHING) {
        v.count = 0;
    } else {
        v.status = ST_NOT_SUPPORTED;
    }
    if (v.status != ST_SUCCESS || v.count == 0)
        v.action = DUP_NOTHING;
    return v;
}

struct dup_verdict rules_judge(const struct bridge_profile *profile,
                               const struct dup_facts *facts)
{
    struct dup_verdict v = {ST_SUCCESS, DUP_NOTHING, 0};

    if (!profile->clones) {
        v.status = ST_INVALID_DEVICE_REQUEST;
        return v;
    }
    v.status = judge_request(profile, facts);
    if (v.status != ST_SUCCESS || facts->count == 0)
        return v;
    v.status = judge_files(profile, facts);
    if (v.status != ST_SUCCESS)
        return v;
    v = judge_target_end(profile, facts);
    if (v.action != DUP_CLONE)
        return v;
    if (profile->crashes_below_cluster && facts->target_size < facts->cluster)
        v.action = DUP_CRASH;
    else if (profile->zeros_unless_flushed && !facts->source_flushed)
        v.action = DUP_ZERO;
    else if (!is_aligned(profile, facts))
        v.action = DUP_COPY;
    return v;
}
