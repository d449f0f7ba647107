#include "prove.h"

#include "samples.h"

/* Blocks read from each file for a request where only bytes can speak. */
enum { SAMPLES_ALONE = 8 };
enum map_result { MAP_EQUAL, MAP_DIFFERENT, MAP_UNTOLD };

/* What the extents of both files tell of a request. */
struct map {
    enum map_result result;
    bool has_data;
    uint64_t first; /* byte of the request that lies in a cluster, */
    uint64_t end;   /* and the end of the last such run */
};

enum { MAP_EXTENTS = 256 };

/* A file's extents, read from the volume as they are needed, forward only. */
struct map_reader {
    struct os_file *file;
    uint64_t vcn; /* next cluster wanted */
    struct os_extent extents[MAP_EXTENTS];
    size_t count;
    size_t index;
    bool more;
};

/* Makes extents[index] the one that holds `vcn`, or a hole to the end. */
static os_error map_fill(struct map_reader *reader)
{
    while (reader->index < reader->count &&
           reader->extents[reader->index].next_vcn <= reader->vcn)
        reader->index++;
    if (reader->index < reader->count || (reader->count != 0 && !reader->more))
        return 0;
    reader->index = 0;
    os_error error = os_extents(reader->file, reader->vcn, reader->extents,
                                MAP_EXTENTS, &reader->count, &reader->more);
    if (error == 0 && reader->count != 0 &&
        reader->extents[reader->count - 1].next_vcn <= reader->vcn)
        reader->more = false; /* a volume that does not get on */
    return error;
}

/* Where the wanted cluster lies, and how many behind it follow suit. */
static os_error map_next(struct map_reader *reader, int64_t *lcn, uint64_t *run)
{
    os_error error = map_fill(reader);
    if (error != 0)
        return error;
    *lcn = OS_HOLE;
    *run = UINT64_MAX;
    if (reader->index >= reader->count)
        return 0;
    const struct os_extent *extent = &reader->extents[reader->index];
    if (extent->vcn > reader->vcn) {
        *run = extent->vcn - reader->vcn;
        return 0;
    }
    *run = extent->next_vcn - reader->vcn;
    if (extent->lcn != OS_HOLE)
        *lcn = extent->lcn + (int64_t)(reader->vcn - extent->vcn);
    return 0;
}

/* The next byte at or behind `at` that is not a hole in both files, if the
   volume tells; a sample of a common hole proves nothing. */
static uint64_t next_data(const struct compare_pair *pair, uint64_t at)
{
    uint64_t next = at + compare_common_hole(pair, at);
    return next < pair->length ? next : at;
}

/* Where DEST's first hole in a range begins, and how long it is. */
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
        if (os_allocated(pair->dest, from, end - at, &range, 1, &count,
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

/* Positions spread evenly, the first and the last block among them. */
static uint64_t sample_position(const struct compare_pair *pair,
                                uint32_t number, uint32_t samples)
{
    uint64_t last = pair->length - SAMPLE_SIZE;
    uint64_t step = last / (samples - 1);
    return number == samples - 1 ? last : step * number;
}

static os_error compare_samples(struct reflink_session *session,
                                const struct compare_pair *pair,
                                uint32_t samples, bool *equal,
                                enum compare_side *side)
{
    if (pair->length <= (uint64_t)samples * SAMPLE_SIZE)
        return compare_block(session, pair, 0, (uint32_t)pair->length, equal,
                             side);
    *equal = true;
    for (uint32_t i = 0; i < samples && *equal; i++) {
        uint64_t at = next_data(pair, sample_position(pair, i, samples));
        uint64_t left = pair->length - at;
        uint32_t length = left < SAMPLE_SIZE ? (uint32_t)left : SAMPLE_SIZE;
        os_error error = compare_block(session, pair, at, length, equal, side);
        if (error != 0)
            return error;
    }
    return 0;
}

/* Up to here the bytes of a run are all compared, else blocks of it. */
enum { RUN_COMPARED = 256 << 20, RUN_SAMPLES = 64 };

/*
 * Room that SOURCE has and never wrote to reads as zeros, and a volume may
 * give DEST a hole for it: XFS does. So a hole is right where SOURCE reads as
 * zeros, too.
 */
static bool is_unwritten(struct reflink_session *session,
                         const struct compare_pair *pair, uint64_t at,
                         uint64_t length)
{
    struct compare_pair run = *pair;
    enum compare_side side = COMPARE_SOURCE;
    bool equal = false;
    if (at >= pair->length)
        return true;
    run.source_offset += at;
    run.dest_offset += at;
    run.length = length < pair->length - at ? length : pair->length - at;
    run.holes = false;
    os_error error =
        run.length <= RUN_COMPARED
            ? compare_all(session, &run, &equal, &side)
            : compare_samples(session, &run, RUN_SAMPLES, &equal, &side);
    return error == 0 && equal;
}

/* A proof that goes on; the extents of both files are read once for all. */
struct prover {
    struct reflink_session *session;
    const struct proof *proof;
    struct map_reader source;
    struct map_reader dest;
    struct sample samples[PROVE_MOST + 1];
    size_t count;
};

/* One more run of clusters that both files have. */
static void note_data(struct map *map, uint64_t at, uint64_t length)
{
    if (!map->has_data)
        map->first = at;
    map->has_data = true;
    map->end = at + length;
}

/* Compares the clusters of both ranges, run by run. */
static enum map_result compare_maps(struct prover *prover,
                                    const struct compare_pair *pair,
                                    struct map *map)
{
    struct map_reader *source = &prover->source;
    struct map_reader *dest = &prover->dest;
    uint32_t cluster_size = prover->proof->cluster_size;
    source->vcn = pair->source_offset / cluster_size;
    dest->vcn = pair->dest_offset / cluster_size;
    uint64_t total = (pair->length + cluster_size - 1) / cluster_size;
    uint64_t left = total;
    while (left != 0) {
        int64_t source_lcn = OS_HOLE;
        int64_t dest_lcn = OS_HOLE;
        uint64_t source_run = 0;
        uint64_t dest_run = 0;
        if (map_next(source, &source_lcn, &source_run) != 0 ||
            map_next(dest, &dest_lcn, &dest_run) != 0)
            return MAP_UNTOLD;
        uint64_t run = source_run < dest_run ? source_run : dest_run;
        run = run < left ? run : left;
        if (source_lcn != OS_HOLE && source_lcn == dest_lcn)
            note_data(map, (total - left) * cluster_size, run * cluster_size);
        if (source_lcn != dest_lcn &&
            (dest_lcn != OS_HOLE ||
             !is_unwritten(prover->session, pair, (total - left) * cluster_size,
                           run * cluster_size)))
            return MAP_DIFFERENT;
        source->vcn += run;
        dest->vcn += run;
        left -= run;
    }
    /* data that lies in no cluster is resident, or the answer senseless */
    return map->has_data || pair->holes ? MAP_EQUAL : MAP_UNTOLD;
}

/*
 * Where SOURCE has data, a hole in DEST must be zeros in SOURCE: a dense
 * SOURCE may have holes that the volume does not tell of. This is what shows
 * a request that did nothing to a sparse DEST on volumes without extents.
 */
static bool holes_agree(struct reflink_session *session,
                        const struct compare_pair *pair)
{
    struct os_range data;
    size_t count = 0;
    bool more = false;
    uint64_t at = 0;
    for (int i = 0; i < SAMPLES_ALONE && at < pair->length; i++) {
        uint64_t hole = 0;
        if (os_allocated(pair->source, pair->source_offset + at,
                         pair->length - at, &data, 1, &count, &more) != 0 ||
            count == 0)
            return true;
        uint64_t from = data.offset - pair->source_offset;
        uint64_t where = first_hole(pair, from, data.length, &hole);
        if (hole != 0 && !is_unwritten(session, pair, where, hole))
            return false;
        at = where + hole;
    }
    return true;
}

static void add_sample(struct prover *prover, const struct compare_pair *pair,
                       uint64_t at, uint64_t length)
{
    prover->samples[prover->count++] = (struct sample){
        .source_at = pair->source_offset + at,
        .dest_at = pair->dest_offset + at,
        .length = length < SAMPLE_SIZE ? (uint32_t)length : SAMPLE_SIZE,
    };
}

/*
 * Where both files have the same clusters, what may still differ is data that
 * SOURCE has not written to them yet [REFS 1.17], which is its newest: so the
 * last block that lies in a cluster is read, of the file's only request the
 * first one, too. What is a hole in both needs no proof.
 */
static void sample_shared(struct prover *prover,
                          const struct compare_pair *pair,
                          const struct map *map)
{
    uint64_t end = map->end < pair->length ? map->end : pair->length;
    uint64_t last =
        end - map->first > SAMPLE_SIZE ? end - SAMPLE_SIZE : map->first;
    if (!map->has_data)
        return;
    add_sample(prover, pair, last, end - last);
    if (prover->proof->alone && last != map->first)
        add_sample(prover, pair, map->first, last - map->first);
}

/* One request; the samples that it needs may come later. */
static os_error prove_one(struct prover *prover,
                          const struct compare_pair *pair, bool *proved,
                          enum compare_side *side)
{
    struct map map = {.result = MAP_UNTOLD};
    if (prover->proof->cluster_size != 0)
        map.result = compare_maps(prover, pair, &map);
    *proved = map.result != MAP_DIFFERENT;
    if (!*proved)
        return 0;
    if (prover->proof->verify == REFLINK_VERIFY_FULL)
        return compare_all(prover->session, pair, proved, side);
    if (map.result == MAP_EQUAL) {
        sample_shared(prover, pair, &map);
        return 0;
    }
    *proved = holes_agree(prover->session, pair);
    if (!*proved)
        return 0;
    return compare_samples(prover->session, pair, SAMPLES_ALONE, proved, side);
}

static os_error judge_samples(struct prover *prover, bool *proved,
                              enum compare_side *side)
{
    samples_compare(prover->source.file, prover->dest.file, prover->samples,
                    prover->count);
    for (size_t i = 0; i < prover->count && *proved; i++) {
        const struct sample *sample = &prover->samples[i];
        *side = sample->side;
        *proved = sample->equal;
        if (sample->error != 0)
            return sample->error;
    }
    return 0;
}

os_error prove_clones(struct reflink_session *session,
                      const struct proof *proof,
                      const struct compare_pair *pairs, size_t count,
                      bool *proved, enum compare_side *side)
{
    struct prover prover = {.session = session,
                            .proof = proof,
                            .source = {.file = pairs[0].source},
                            .dest = {.file = pairs[0].dest}};
    *proved = true;
    if (proof->verify == REFLINK_VERIFY_NONE)
        return 0;
    for (size_t i = 0; i < count && *proved; i++) {
        os_error error = 0;
        if (pairs[i].length != 0)
            error = prove_one(&prover, &pairs[i], proved, side);
        if (error != 0)
            return error;
    }
    return *proved ? judge_samples(&prover, proved, side) : 0;
}
