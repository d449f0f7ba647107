/*
 * FSCTL_DUPLICATE_EXTENTS_TO_FILE: the rules of MS-FSA 2.1.5.10.4 in their
 * order [MS-FSA 2.1.5.10.4], with the source bound of MS-FSCC 2.3.8, then
 * those that only other documents and observation know of.
 *
 * Choices where nothing is documented: 4 GiB and more, and
 * differing integrity, are 87. A request that would take any cluster over its
 * ceiling is refused as a whole with 347 and changes nothing; references that
 * DEST would drop by the same request are not set off against it. "Allocation
 * size" is the end of file rounded up to clusters, for a sparse file too.
 */
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

#define HOLE UINT64_MAX
#define COPY_BUFFER 0x10000u

bool sim_crashed;
bool sim_cloned_stream;

struct request {
    struct os_file *source_file;
    struct sim_node *source; /* NULL where the handle is lost */
    struct sim_node *dest;
    struct sim_volume *volume; /* of DEST */
    uint64_t source_offset;
    uint64_t dest_offset;
    uint64_t length;
    bool by_bytes; /* misaligned, on a volume that copies then */
    bool done;     /* the answer is found */
};

static os_error finish(struct request *r, os_error code)
{
    r->done = true;
    return code;
}

static uint64_t round_up(uint64_t bytes, uint64_t unit)
{
    return (bytes / unit + (bytes % unit != 0)) * unit;
}

static uint64_t alignment(const struct sim_volume *volume)
{
    uint64_t unit =
        volume->alignment == SIM_OWN ? volume->cluster : volume->alignment;
    if (unit == 0 || unit % volume->cluster)
        sim_die("an alignment that is no multiple of the cluster",
                volume->root);
    return unit;
}

/* ---- the request by itself: steps 1 to 8 ----------------------------- */

/* An odd length may end where both files do: FICLONERANGE's rule. */
static bool exact_tail(const struct request *r)
{
    return r->volume->exact_tail && r->source &&
           r->source_offset + r->length == r->source->size &&
           r->dest_offset + r->length >= r->dest->size;
}

static bool aligned(const struct request *r)
{
    uint64_t unit = alignment(r->volume);
    return r->source_offset % unit == 0 && r->dest_offset % unit == 0 &&
           (r->length % unit == 0 || exact_tail(r));
}

/* smbd looks at SOURCE's size first; on which borders a request has to lie is
   its kernel's affair, and so comes last (seen on Samba 4.17). */
static bool past_exact_end(const struct request *r)
{
    return r->volume->exact_tail && r->source &&
           r->volume->past_end == SIM_PAST_END_IGNORED &&
           r->source_offset + r->length > r->source->size;
}

/* ms-nfs41 looks at DEST's size before it looks at anything. */
static void clamp(struct request *r)
{
    uint64_t size = r->dest->size;
    if (r->volume->past_end != SIM_PAST_END_CLAMPED)
        return;
    if (r->dest_offset >= size)
        r->length = 0;
    else
        r->length = sim_min(r->length, size - r->dest_offset);
}

static os_error check_request(struct request *r)
{
    if (r->volume->clone)
        return finish(r, r->volume->clone);
    if (r->volume->refuser) {
        os_error code = r->volume->refuser(r->source_offset, r->length);
        if (code)
            return finish(r, code);
    }
    if (r->volume->read_only)
        return finish(r, CODE_WRITE_PROTECT);
    clamp(r);
    if (r->length > INT64_MAX || r->source_offset > INT64_MAX - r->length ||
        r->dest_offset > INT64_MAX - r->length)
        return finish(r, CODE_INVALID_PARAMETER);
    if (past_exact_end(r))
        return finish(r, CODE_NOT_SUPPORTED);
    if (!aligned(r)) {
        if (!r->volume->copies_misaligned)
            return finish(r, CODE_INVALID_PARAMETER);
        r->by_bytes = true;
    }
    if (r->length > r->volume->max_request)
        return finish(r, CODE_INVALID_PARAMETER);
    if (r->length == 0)
        return finish(r, 0);
    if (r->dest->kind != SIM_FILE)
        return finish(r, CODE_NOT_SUPPORTED);
    return 0;
}

/* ---- the two files: steps 9 to 15 ------------------------------------ */

/* Step 11; a volume that checks nothing takes what there is. */
static os_error check_source_end(struct request *r)
{
    uint64_t end = r->volume->exact_tail || r->by_bytes
                       ? r->source->size
                       : round_up(r->source->size, r->source->volume->cluster);

    if (r->source_offset + r->length <= end)
        return 0;
    if (!r->volume->unbounded_source)
        return finish(r, CODE_NOT_SUPPORTED);
    if (r->source_offset >= end)
        return finish(r, 0);
    r->length = end - r->source_offset;
    return 0;
}

static bool locked(const struct sim_node *node, uint64_t offset,
                   uint64_t length)
{
    return sim_map_meets(&node->locks, offset, offset + length);
}

static os_error check_files(struct request *r)
{
    os_error error;

    if (!r->source)
        return finish(r, r->source_file->dead);
    if (!(r->source_file->rights & SIM_READ) || r->source->kind != SIM_FILE)
        return finish(r, CODE_INVALID_PARAMETER);
    error = check_source_end(r);
    if (r->done)
        return error;
    if (r->source->volume != r->volume)
        return finish(r, r->volume->cross_volume);
    if (r->volume->sparse_rule && r->source->sparse && !r->dest->sparse)
        return finish(r, CODE_NOT_SUPPORTED);
    if (r->volume->honours_locks &&
        (locked(r->dest, r->dest_offset, r->length) ||
         locked(r->source, r->source_offset, r->length)))
        return finish(r, CODE_LOCK_VIOLATION);
    return 0;
}

/* ---- what the pseudocode leaves out ---------------------------------- */

static os_error check_dest_end(struct request *r)
{
    uint64_t exact = r->dest->size;
    uint64_t end = round_up(exact, r->volume->cluster);

    if (r->volume->past_end == SIM_PAST_END_IGNORED) {
        /* smbd: such a request is answered, and forgotten
         * [torture/smb2/ioctl.c] */
        return r->dest_offset + r->length > exact ? finish(r, 0) : 0;
    }
    if (r->dest_offset + r->length <= end)
        return 0;
    if (r->volume->past_end == SIM_PAST_END_REFUSED)
        return finish(r, CODE_NOT_SUPPORTED);
    if (r->dest_offset >= end)
        return finish(r, 0);
    r->length = end - r->dest_offset;
    return 0;
}

static bool overlaps(const struct request *r)
{
    uint64_t distance = r->source_offset > r->dest_offset
                            ? r->source_offset - r->dest_offset
                            : r->dest_offset - r->source_offset;
    return r->source == r->dest && distance < r->length;
}

static os_error check_rest(struct request *r)
{
    os_error error;

    if (r->volume->crashes_sub_cluster &&
        (r->source->size < r->volume->cluster ||
         r->dest->size < r->volume->cluster)) {
        sim_crashed = true;
        return finish(r, CODE_IO_DEVICE);
    }
    if (r->source->algorithm != r->dest->algorithm)
        return finish(r, CODE_INVALID_PARAMETER);
    if (r->volume->overlap && overlaps(r))
        return finish(r, r->volume->overlap);
    error = check_dest_end(r);
    return r->done ? error : 0;
}

/* ---- sharing: step 16 ------------------------------------------------ */

/* A part of DEST that gets other clusters than it has, or a hole. */
struct piece {
    uint64_t vcn;
    uint64_t count;
    uint64_t lcn; /* or HOLE */
};

struct pieces {
    struct piece *list;
    size_t count;
    size_t room;
};

static void add_piece(struct pieces *pieces, struct piece piece)
{
    if (pieces->count == pieces->room) {
        pieces->room = pieces->room * 2 + 16;
        pieces->list =
            sim_grow(pieces->list, pieces->room * sizeof *pieces->list);
    }
    pieces->list[pieces->count++] = piece;
}

/* Adds what differs of a part of DEST that is to become a run of SOURCE. */
static void compare_run(struct pieces *pieces, const struct sim_map *dest,
                        struct piece wanted)
{
    while (wanted.count > 0) {
        bool mapped;
        struct sim_run has =
            sim_map_piece(dest, wanted.vcn, wanted.vcn + wanted.count, &mapped);
        struct piece part = wanted;

        part.count = has.end - has.start;
        if ((mapped ? has.value : HOLE) != wanted.lcn)
            add_piece(pieces, part);
        wanted.vcn += part.count;
        wanted.count -= part.count;
        if (wanted.lcn != HOLE)
            wanted.lcn += part.count;
    }
}

static struct pieces find_pieces(const struct request *r)
{
    struct pieces pieces = {NULL, 0, 0};
    uint64_t cluster = r->volume->cluster;
    uint64_t from = r->source_offset / cluster;
    uint64_t end = from + sim_clusters(r->volume, r->length);
    uint64_t dest = r->dest_offset / cluster;

    while (from < end) {
        bool mapped;
        struct sim_run run =
            sim_map_piece(&r->source->extents, from, end, &mapped);
        struct piece wanted = {dest, run.end - run.start,
                               mapped ? run.value : HOLE};
        compare_run(&pieces, &r->dest->extents, wanted);
        dest += wanted.count;
        from = run.end;
    }
    return pieces;
}

static bool over_limit(const struct sim_volume *volume,
                       const struct piece *piece)
{
    const struct sim_map *refs = sim_ref_map(volume);
    uint64_t at = piece->lcn;
    uint64_t end = piece->lcn + piece->count;
    bool mapped;

    while (at < end) {
        struct sim_run run = sim_map_piece(refs, at, end, &mapped);
        if (run.value > volume->limit)
            return true;
        at = run.end;
    }
    return false;
}

/* References all pieces, or none where one would have too many. */
static os_error reference(struct sim_volume *volume,
                          const struct pieces *pieces)
{
    bool fits = true;
    size_t i;

    for (i = 0; fits && i < pieces->count; i++) {
        const struct piece *piece = &pieces->list[i];
        if (piece->lcn == HOLE)
            continue;
        sim_ref(volume, piece->lcn, piece->count);
        fits = !over_limit(volume, piece);
    }
    while (!fits && i-- > 0) {
        const struct piece *piece = &pieces->list[i];
        if (piece->lcn != HOLE)
            sim_unref(volume, piece->lcn, piece->count);
    }
    return fits ? 0 : CODE_BLOCK_TOO_MANY_REFERENCES;
}

static void put_pieces(struct sim_node *dest, const struct pieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = &pieces->list[i];
        uint64_t end = piece->vcn + piece->count;
        sim_data_punch(dest, piece->vcn, end);
        if (piece->lcn != HOLE)
            sim_map_set(&dest->extents, piece->vcn, end, piece->lcn, 0);
    }
}

/* What the file system brings to the disk before it shares clusters. */
static os_error validate(struct request *r)
{
    uint64_t source_end =
        sim_min(r->source_offset + r->length, r->source->size);
    os_error error = sim_data_validate(r->source, source_end);
    if (!error)
        error =
            sim_data_validate(r->dest, sim_min(r->dest_offset, r->dest->size));
    return error;
}

static void dest_changed(const struct request *r)
{
    uint64_t end = sim_min(r->dest_offset + r->length, r->dest->size);
    r->dest->valid = sim_max(r->dest->valid, end);
    sim_touch(r->dest);
}

static os_error share(struct request *r)
{
    struct pieces pieces;
    os_error error = validate(r);
    if (error)
        return error;
    pieces = find_pieces(r);
    error = reference(r->volume, &pieces);
    if (!error) {
        put_pieces(r->dest, &pieces);
        dest_changed(r);
    }
    free(pieces.list);
    return error;
}

/* ---- lies ------------------------------------------------------------ */

static os_error put_zeros(const struct request *r)
{
    uint64_t vcn = r->dest_offset / r->volume->cluster;
    uint64_t end = vcn + sim_clusters(r->volume, r->length);
    os_error error =
        sim_data_validate(r->dest, sim_min(r->dest_offset, r->dest->size));
    if (error)
        return error;
    sim_data_punch(r->dest, vcn, end);
    error = sim_data_fill(r->dest, vcn, end);
    dest_changed(r);
    return error;
}

/* Copies the bytes that both files have. */
static os_error put_bytes(const struct request *r)
{
    uint8_t *buffer = sim_grow(NULL, COPY_BUFFER);
    os_error error = 0;

    for (uint64_t done = 0; !error && done < r->length;) {
        uint64_t to = r->dest_offset + done;
        uint64_t room = r->dest->size > to ? r->dest->size - to : 0;
        uint32_t part =
            (uint32_t)sim_min(sim_min(COPY_BUFFER, room), r->length - done);
        part = sim_data_read(r->source, r->source_offset + done, buffer, part);
        if (part == 0)
            break;
        error = sim_data_write(r->dest, to, buffer, part);
        done += part;
    }
    free(buffer);
    return error;
}

static enum sim_lie next_lie(struct sim_volume *volume)
{
    enum sim_lie lie = volume->lie;
    if (lie == SIM_LIE_NONE)
        return lie;
    if (volume->lie_skip > 0) {
        volume->lie_skip--;
        return SIM_LIE_NONE;
    }
    if (volume->lie_times > 0 && --volume->lie_times == 0)
        volume->lie = SIM_LIE_NONE;
    return lie;
}

static os_error serve(struct request *r)
{
    enum sim_lie lie = next_lie(r->volume);

    if (r->by_bytes)
        lie = SIM_LIE_COPY;
    else if (lie == SIM_LIE_NONE && r->volume->needs_flush && r->source->dirty)
        lie = SIM_LIE_ZEROS;
    switch (lie) {
    case SIM_LIE_NOTHING:
        return 0;
    case SIM_LIE_ZEROS:
        return put_zeros(r);
    case SIM_LIE_COPY:
        return put_bytes(r);
    case SIM_LIE_HALF:
        r->length = r->length / 2 / r->volume->cluster * r->volume->cluster;
        return r->length ? share(r) : 0;
    case SIM_LIE_NONE:
        break;
    }
    return share(r);
}

/* ---- the request as a whole ------------------------------------------ */

/* Whether the connection goes away right before this request. */
static bool drops(struct sim_volume *volume)
{
    struct sim_drop *drop = &volume->drop;
    if (drop->at == 0 || --drop->at > 0)
        return false;
    if (drop->kills_handles)
        sim_handles_lost(volume, drop->code);
    return true;
}

static bool is_stream(const struct os_file *file)
{
    return file->node && file->node->kind == SIM_STREAM;
}

os_error sim_clone(struct os_file *source, uint64_t source_offset,
                   struct os_file *dest, uint64_t dest_offset, uint64_t length)
{
    struct request r = {0};
    os_error error;

    if (is_stream(source) || is_stream(dest))
        return CODE_NOT_SUPPORTED; /* [MS-FSA 2.1.5.10.4] */
    if (!(dest->rights & SIM_WRITE))
        return CODE_ACCESS_DENIED; /* by the code's access bits */
    r.source_file = source;
    r.dest = dest->node;
    r.volume = dest->node->volume;
    r.source_offset = source_offset;
    r.dest_offset = dest_offset;
    r.length = length;
    if (drops(r.volume))
        return r.volume->drop.code;
    r.source = source->node;
    error = check_request(&r);
    if (!r.done)
        error = check_files(&r);
    if (!r.done)
        error = check_rest(&r);
    return r.done ? error : serve(&r);
}

/* ---- the list of requests seen --------------------------------------- */

static struct sim_clone_request *requests;
static size_t request_count;
static size_t request_room;

void sim_clone_record(const struct os_file *source, uint64_t source_offset,
                      const struct os_file *dest, uint64_t dest_offset,
                      uint64_t length, os_error code)
{
    struct sim_clone_request *last;

    if (is_stream(source) || is_stream(dest))
        sim_cloned_stream = true;
    if (request_count == request_room) {
        request_room = request_room * 2 + 16;
        requests = sim_grow(requests, request_room * sizeof *requests);
    }
    last = &requests[request_count++];
    last->source = sim_copy_path(source->path, wcslen(source->path));
    last->dest = sim_copy_path(dest->path, wcslen(dest->path));
    last->source_offset = source_offset;
    last->dest_offset = dest_offset;
    last->length = length;
    last->code = code;
}

void sim_clone_requests(const struct sim_clone_request **list, size_t *count)
{
    *list = requests;
    *count = request_count;
}

void sim_clones_reset(void)
{
    for (size_t i = 0; i < request_count; i++) {
        free((void *)requests[i].source);
        free((void *)requests[i].dest);
    }
    free(requests);
    requests = NULL;
    request_count = 0;
    request_room = 0;
    sim_crashed = false;
    sim_cloned_stream = false;
}
