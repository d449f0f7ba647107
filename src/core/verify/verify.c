#include "verify.h"

#include "core/base/allocation.h"
#include "extents.h"
#include "core/base/zeros.h"

enum { SAMPLE_SIZE = 4096 };

/* Blocks compared per request if the volume reports no extents. */
enum { SAMPLES_ALONE = 8 };

/* Blocks compared in addition if all of these are zeros: 32 in total. */
enum { SAMPLES_MORE = 24 };

/*
 * A hole up to RUN_COMPARED bytes is compared in full, a longer one by
 * RUN_SAMPLES blocks.
 */
enum { RUN_COMPARED = 256 << 20, RUN_SAMPLES = 64 };

/*
 * Finds the first hole of DEST in a range. Returns where it begins, and its
 * length in `*hole`.
 */
static uint64_t first_hole(const struct compare_pair *pair, uint64_t at,
                           uint64_t length, uint64_t *hole)
{
    struct os_range range;
    size_t count = 0;
    bool more = false;
    uint64_t end = at + length;
    *hole = 0;
    while (at < end) {
        uint64_t from = pair->dest_offset + at;
        if (allocation_ranges(pair->dest, from, end - at, &range, 1, &count,
                              &more) != 0)
            return end;
        if (count == 0 || range.offset != from || range.length == 0) {
            *hole = count == 0 ? end - at : range.offset - from;
            return at;
        }
        at += range.length;
    }
    return end;
}

/*
 * Spreads `samples` positions evenly over the pair, with one at its first and
 * one at its last block.
 */
static uint64_t position_of(const struct compare_pair *pair, uint32_t number,
                            uint32_t samples)
{
    uint64_t last = pair->length - SAMPLE_SIZE;
    if (number == samples - 1)
        return last;
    return last / (samples - 1) * number;
}

/*
 * A verification in progress; it reads the extents of both files once for all
 * requests.
 */
struct verifier {
    struct reflink_session *session;
    struct verification *verification;
    const struct compare_pair *pairs;
    size_t pair_count;
    bool has_data;          /* at least one request put data into DEST */
    bool has_equal_extents; /* the clusters of at least one request are equal */
    bool doubted;           /* at least one request showed only zeros */
    struct extent_lists lists;
    enum { HOLES_UNASKED, HOLES_SHOWN, HOLES_HIDDEN } holes; /* DEST's */
};

/* Whether any request put data into DEST. */
static bool has_data(struct verifier *verifier)
{
    struct os_range data;
    size_t count = 0;
    bool more = false;
    for (size_t i = 0; !verifier->has_data && i < verifier->pair_count; i++) {
        const struct compare_pair *pair = &verifier->pairs[i];
        verifier->has_data =
            pair->blank &&
            allocation_ranges(pair->dest, pair->dest_offset, pair->length,
                              &data, 1, &count, &more) == 0 &&
            count != 0;
    }
    return verifier->has_data;
}

/*
 * Whether a hole in DEST reads as zeros in SOURCE, where a server does not
 * report the holes of a SOURCE that is not marked sparse. Such a hole can be
 * many gigabytes, and each byte must be read over the network. So once a
 * request is known to have an effect, blocks of a long hole are enough.
 */
static bool may_be_hole(struct verifier *verifier,
                        const struct compare_pair *pair, uint64_t at,
                        uint64_t length)
{
    struct compare_pair run = *pair;
    bool equal = length > RUN_COMPARED && has_data(verifier);
    if (!equal)
        return compare_is_unwritten(verifier->session, pair, at, length);
    run.source_offset += at;
    run.dest_offset += at;
    run.length = length;
    for (uint32_t i = 0; i < RUN_SAMPLES && equal; i++) {
        enum compare_side side = COMPARE_SOURCE;
        if (compare_block(verifier->session, &run,
                          position_of(&run, i, RUN_SAMPLES), SAMPLE_SIZE,
                          &equal, &side) != 0)
            return false;
    }
    return equal;
}

/*
 * Checks that a hole in DEST reads as zeros in SOURCE where SOURCE has
 * allocated ranges: a SOURCE that is not sparse may have holes that the volume
 * does not report. On volumes without extents, this finds a request that did
 * nothing to a sparse DEST.
 */
static bool holes_agree(struct verifier *verifier,
                        const struct compare_pair *pair)
{
    struct os_range data;
    size_t count = 0;
    bool more = false;
    uint64_t at = 0;
    for (int i = 0; i < SAMPLES_ALONE && at < pair->length; i++) {
        uint64_t hole = 0;
        if (allocation_ranges(pair->source, pair->source_offset + at,
                              pair->length - at, &data, 1, &count,
                              &more) != 0 ||
            count == 0)
            return true;
        uint64_t from = data.offset - pair->source_offset;
        uint64_t where = first_hole(pair, from, data.length, &hole);
        if (hole != 0 && !may_be_hole(verifier, pair, where, hole))
            return false;
        at = where + hole;
    }
    return true;
}

/*
 * Whether DEST's blocks were holes before the request, so that a block that is
 * no hole now shows that the request had an effect. holes_agree has run before
 * this.
 */
static bool shows_holes(struct verifier *verifier,
                        const struct compare_pair *pair)
{
    struct os_info info;
    struct os_range range;
    size_t count = 0;
    bool more = false;
    if (verifier->holes == HOLES_UNASKED)
        verifier->holes =
            os_query_state(pair->dest, &info) == 0 &&
                    (info.attributes & OS_ATTRIBUTE_SPARSE) != 0 &&
                    allocation_ranges(pair->dest, pair->dest_offset,
                                      pair->length, &range, 1, &count,
                                      &more) == 0
                ? HOLES_SHOWN
                : HOLES_HIDDEN;
    return verifier->holes == HOLES_SHOWN;
}

/*
 * Whether DEST's block could have been equal to SOURCE's without the request.
 */
static bool could_be_unchanged(struct verifier *verifier,
                               const struct compare_pair *pair, uint32_t number,
                               uint32_t length)
{
    if (!pair->blank)
        return (pair->same_before >> number & 1) != 0;
    return zeros_only(verifier->session->second, length) &&
           !shows_holes(verifier, pair);
}

/* The ranges of a pair that may have data; offsets are relative to the pair. */
struct data_ranges {
    struct os_range ranges[EXTENTS_RANGES];
    size_t count;
};

static bool list_data(struct data_ranges *data, struct os_file *file,
                      uint64_t offset, uint64_t length)
{
    bool more = false; /* the first ranges are enough */
    if (allocation_ranges(file, offset, length, data->ranges, EXTENTS_RANGES,
                          &data->count, &more) != 0)
        return false;
    for (size_t i = 0; i < data->count; i++)
        data->ranges[i].offset -= offset;
    return true;
}

/*
 * Finds the ranges that may have data: SOURCE's allocated ranges if it is
 * sparse or has none, or else those that DEST got. If the volume does not
 * report them, takes the whole pair.
 */
static void find_data(struct data_ranges *data, const struct compare_pair *pair)
{
    bool known =
        list_data(data, pair->source, pair->source_offset, pair->length);
    if (known && data->count != 0 && !pair->holes)
        known = list_data(data, pair->dest, pair->dest_offset, pair->length);
    if (!known)
        *data =
            (struct data_ranges){.ranges[0].length = pair->length, .count = 1};
}

/*
 * Returns the position of block `number` of SAMPLES_MORE, spread evenly over
 * all ranges. Blocks may overlap.
 */
static uint64_t data_position(const struct data_ranges *data, uint32_t number)
{
    uint64_t total = 0;
    size_t i = 0;
    for (size_t at = 0; at < data->count; at++)
        total += data->ranges[at].length;
    uint64_t last = total > SAMPLE_SIZE ? total - SAMPLE_SIZE : 0;
    uint64_t at =
        number == SAMPLES_MORE - 1 ? last : last / (SAMPLES_MORE - 1) * number;
    while (i + 1 < data->count && at >= data->ranges[i].length)
        at -= data->ranges[i++].length;
    return data->ranges[i].offset + at;
}

/*
 * Blocks that are zeros in both files do not show whether the request left
 * zeros in place of data. So this looks for a block with data, in the ranges
 * that may have some. If it finds none, the request is doubted, unless it is so
 * short that every byte was compared.
 */
static os_error seek_data(struct verifier *verifier,
                          const struct compare_pair *pair, bool *equal,
                          enum compare_side *side)
{
    struct data_ranges data = {.ranges[0].length = pair->length, .count = 1};
    bool is_short = pair->length <= SAMPLES_MORE * SAMPLE_SIZE;
    if (!is_short)
        find_data(&data, pair);
    for (uint32_t i = 0; i < SAMPLES_MORE && data.count != 0; i++) {
        uint64_t at = data_position(&data, i);
        uint32_t length = (uint32_t)compare_cut(pair, at, SAMPLE_SIZE);
        os_error error =
            compare_block(verifier->session, pair, at, length, equal, side);
        if (error != 0 || !*equal)
            return error;
        if (!zeros_only(verifier->session->second, length)) {
            verifier->verification->worked = true;
            return 0;
        }
    }
    if (!is_short && data.count != 0)
        verifier->doubted = true;
    return 0;
}

/*
 * Compares a limited number of blocks. Each pair of neighbours stands for the
 * bytes between them. If a block could have been equal without the request, the
 * bytes around it are compared in full.
 */
static os_error compare_parts(struct verifier *verifier,
                              const struct compare_pair *pair, bool *equal,
                              enum compare_side *side)
{
    os_error error = 0;
    /* start of the last block that shows something, or end of what was
       compared in full */
    uint64_t seen = 0;
    bool zeros = false; /* a block that shows something is zeros */
    bool data = false;  /* a block that shows something is not zeros */
    if (pair->length <= SAMPLES_ALONE * SAMPLE_SIZE)
        return compare_block(verifier->session, pair, 0, (uint32_t)pair->length,
                             equal, side);
    *equal = true;
    for (uint32_t i = 0; i < SAMPLES_ALONE && *equal && error == 0; i++) {
        uint64_t at = position_of(pair, i, SAMPLES_ALONE);
        /* a block in a hole of both files shows nothing */
        uint64_t block = at + compare_common_hole(pair, at);
        if (block >= pair->length)
            block = at;
        uint32_t length = (uint32_t)compare_cut(pair, block, SAMPLE_SIZE);
        error =
            compare_block(verifier->session, pair, block, length, equal, side);
        if (error != 0 || !*equal)
            break;
        if (could_be_unchanged(verifier, pair, i, length)) {
            at = i + 1 < SAMPLES_ALONE ? position_of(pair, i + 1, SAMPLES_ALONE)
                                       : pair->length;
            struct compare_pair part = *pair;
            part.source_offset += seen;
            part.dest_offset += seen;
            part.length = at - seen;
            error = compare_all(verifier->session, &part, equal, side);
        } else if (zeros_only(verifier->session->second, length)) {
            zeros = true;
        } else {
            data = true;
        }
        seen = at;
    }
    verifier->verification->worked =
        verifier->verification->worked || (data && *equal && error == 0);
    if (zeros && !data && *equal && error == 0)
        error = seek_data(verifier, pair, equal, side);
    return error;
}

uint8_t verify_sample_before(struct reflink_session *session,
                             const struct verification *verification,
                             const struct compare_pair *pair)
{
    uint8_t same_before = 0;
    if (pair->blank || verification->verify != REFLINK_VERIFY_SAMPLE ||
        pair->length <= SAMPLES_ALONE * SAMPLE_SIZE)
        return 0;
    /* if the comparison of extents fails later, nothing is known */
    if (extents_are_reported(pair->source, pair->source_offset,
                             verification->cluster_size))
        return UINT8_MAX;
    for (uint32_t i = 0; i < SAMPLES_ALONE; i++) {
        enum compare_side side = COMPARE_SOURCE;
        bool equal = true;
        uint64_t at = position_of(pair, i, SAMPLES_ALONE);
        if (compare_block(session, pair, at, SAMPLE_SIZE, &equal, &side) != 0 ||
            equal)
            same_before |= (uint8_t)(1u << i);
    }
    return same_before;
}

/*
 * Compares bytes where both files have the same clusters. They can differ if
 * SOURCE has not written its newest data to the clusters yet [git-lfs/git-lfs
 * #6312]. So this reads the last block that is in a cluster and, if the file
 * has only one request, the first one, too. A hole in both files needs no
 * verification.
 */
static os_error compare_shared(struct verifier *verifier,
                               const struct compare_pair *pair,
                               const struct extents_finding *map, bool *equal,
                               enum compare_side *side)
{
    uint64_t end = map->end < pair->length ? map->end : pair->length;
    uint64_t last =
        end - map->first > SAMPLE_SIZE ? end - SAMPLE_SIZE : map->first;
    if (!map->has_data)
        return 0;
    os_error error = compare_block(verifier->session, pair, last,
                                   (uint32_t)(end - last), equal, side);
    if (error != 0 || !*equal || !verifier->verification->alone ||
        last == map->first)
        return error;
    uint64_t length = last - map->first;
    return compare_block(verifier->session, pair, map->first,
                         length < SAMPLE_SIZE ? (uint32_t)length : SAMPLE_SIZE,
                         equal, side);
}

/* Verifies a request by holes and a limited number of blocks. */
static os_error verify_by_bytes(struct verifier *verifier,
                                const struct compare_pair *pair, bool *verified,
                                enum compare_side *side)
{
    *verified = holes_agree(verifier, pair);
    return *verified ? compare_parts(verifier, pair, verified, side) : 0;
}

/* Verifies one request. */
static os_error verify_one(struct verifier *verifier,
                           const struct compare_pair *pair, bool *verified,
                           enum compare_side *side)
{
    struct extents_finding map;
    os_error error = 0;
    extents_compare(&verifier->lists, verifier->session, pair, &map);
    *verified = map.result != EXTENTS_DIFFERENT;
    if (!*verified)
        return 0;
    if (verifier->verification->verify == REFLINK_VERIFY_FULL) {
        struct compare_pair all = *pair;
        all.doubts = true;
        return compare_all(verifier->session, &all, verified, side);
    }
    if (map.result == EXTENTS_EQUAL || map.result == EXTENTS_MISSING)
        error = compare_shared(verifier, pair, &map, verified, side);
    if (error != 0 || !*verified)
        return error;
    verifier->has_equal_extents =
        verifier->has_equal_extents || map.result == EXTENTS_EQUAL;
    verifier->verification->worked =
        verifier->verification->worked ||
        (map.result != EXTENTS_NOT_REPORTED && map.has_data);
    if (map.result == EXTENTS_EQUAL)
        return 0;
    return verify_by_bytes(verifier, pair, verified, side);
}

os_error verify_clones(struct reflink_session *session,
                       struct verification *verification,
                       const struct compare_pair *pairs, size_t count,
                       bool *verified, enum compare_side *side)
{
    struct verifier verifier = {
        .session = session,
        .verification = verification,
        .pairs = pairs,
        .pair_count = count,
        .lists = {.source = {.file = pairs[0].source},
                  .dest = {.file = pairs[0].dest},
                  .cluster_size = verification->cluster_size,
                  .source_size = verification->source_size}};
    os_error error = 0;
    *verified = true;
    if (verification->verify == REFLINK_VERIFY_NONE)
        return 0;
    for (size_t i = 0; i < count && *verified && error == 0; i++) {
        if (pairs[i].length != 0)
            error = verify_one(&verifier, &pairs[i], verified, side);
    }
    bool doubted = *verified && error == 0 && verifier.has_equal_extents &&
                   extents_go_on(&verifier.lists);
    for (size_t i = 0; doubted && i < count && *verified && error == 0; i++)
        error = verify_by_bytes(&verifier, &pairs[i], verified, side);
    *verified = *verified && (verification->worked || !verifier.doubted);
    return error;
}
