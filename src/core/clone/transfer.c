#include "transfer.h"

#include "core/base/classify.h"
#include "core/errors.h"
#include "core/verify/compare.h"
#include "core/copy/copy.h"
#include "plan.h"
#include "core/verify/verify.h"

/* The progress of a transfer. */
struct state {
    struct transfer *t;
    uint64_t limit;       /* longest request now; shorter near full clusters */
    unsigned saturated;   /* consecutive pieces whose clusters were full */
    bool by_bytes;        /* copy the rest */
    struct volume before; /* what was known of the volume at the start */
    bool has_cloned;      /* at least one whole cluster was cloned */
    bool has_verified;    /* at least one clone was verified */
    bool has_worked;      /* verification has seen that a clone wrote data */
    struct compare_pair pending[VERIFY_MOST]; /* cloned but not verified */
    size_t pending_count;
};

/* The result of a piece. */
enum piece_end {
    PIECE_DONE,
    PIECE_AGAIN, /* nothing done; plan again with what is now known */
    PIECE_FAILED,
    PIECE_REFUSED,
    PIECE_UNVERIFIED
};

/*
 * Alignments that some volumes require without reporting it [truenas/middleware
 * #16635; openzfsonwindows/openzfs].
 */
static const uint32_t known_alignments[] = {4096, 65536, 131072, 1048576};

/*
 * Used if the volume reports neither cluster size nor allocation unit: ReFS has
 * clusters of 4 or 64 KiB, and this is a multiple of both.
 */
enum { UNIT_GUESS = 65536 };

/*
 * All clusters of a file can have reached the volume's limit of references. To
 * request each of them would then take longer than to copy the file. After
 * SATURATED_ALONE such pieces in a row, each piece is twice as long as the one
 * before, up to MOST_UNASKED; only its first cluster is requested before it is
 * copied.
 */
enum { SATURATED_ALONE = 16, MOST_UNASKED = 64 << 20 };

/* A request that exhausts the volume's resources is not halved below this. */
enum { LEAST_REQUEST = 1 << 20 };

uint32_t transfer_unit(const struct transfer *transfer)
{
    uint32_t unit =
        transfer->cluster_size != 0 ? transfer->cluster_size : UNIT_GUESS;
    return transfer->volume->alignment > unit ? transfer->volume->alignment
                                              : unit;
}

static struct plan_input input_of(const struct state *s)
{
    const struct transfer *t = s->t;
    struct plan_input in = {
        .source_offset = t->source_offset,
        .dest_offset = t->dest_offset,
        .length = t->length,
        .source_size = t->source_size,
        .dest_size = t->dest_size,
        .unit = transfer_unit(t),
        .tail = t->volume->tail,
        .same_file = t->same_file,
        .tail_alone = s->has_cloned,
        .sparing = t->policy->mode != REFLINK_ALWAYS,
    };
    /* a tail is rounded up to the real cluster only [libuv/libuv #2577] */
    in.cluster = t->cluster_size != 0 ? t->cluster_size : in.unit;
    in.limit = s->limit < in.unit ? in.unit : s->limit;
    return in;
}

/* Takes the next known alignment, unless the rest of the range is shorter. */
static bool learn_alignment(struct transfer *t)
{
    uint32_t unit = transfer_unit(t);
    for (size_t i = 0; i < sizeof known_alignments / sizeof known_alignments[0];
         i++) {
        if (known_alignments[i] > unit && known_alignments[i] <= t->length) {
            t->volume->alignment = known_alignments[i];
            return true;
        }
    }
    return false;
}

/* REFLINK_ALWAYS allows copying only for what is less than a cluster. */
static bool is_refusal(const struct transfer *t, enum reflink_reason reason)
{
    return t->policy->mode == REFLINK_ALWAYS &&
           reason != REFLINK_REASON_BELOW_CLUSTER &&
           reason != REFLINK_REASON_PARTIAL_CLUSTER &&
           reason != REFLINK_REASON_EMPTY;
}

static enum piece_end copy_piece(const struct state *s,
                                 const struct plan_piece *piece)
{
    const struct transfer *t = s->t;
    bool full = t->policy->verify == REFLINK_VERIFY_FULL;
    struct copy_job job = {
        .source = t->source,
        .dest = t->dest,
        .source_offset = piece->source_offset,
        .dest_offset = piece->dest_offset,
        .length = piece->length,
        .holes = t->holes,
        .blank = t->blank,
        .backward = t->same_file && piece->dest_offset > piece->source_offset,
        .check = full,
        .by_server = t->policy->mode != REFLINK_NEVER && t->blank &&
                     !t->same_file && !t->shared && !full,
        .verify = t->policy->verify != REFLINK_VERIFY_NONE,
        .source_volume = t->source_volume,
        .dest_volume = t->volume,
    };
    return copy_range(t->session, &job, t->outcome) ? PIECE_DONE : PIECE_FAILED;
}

/* Ends cloning for this transfer; the rest is copied. */
static enum piece_end give_up(struct state *s, enum reflink_reason reason)
{
    s->by_bytes = true;
    outcome_reason(s->t->outcome, reason);
    return is_refusal(s->t, reason) ? PIECE_REFUSED : PIECE_AGAIN;
}

/*
 * Tries a tail first with its exact length and then copies it; after that,
 * tries the known alignments from small to large.
 */
static enum piece_end on_cannot(struct state *s, const struct plan_piece *piece,
                                os_error code)
{
    struct transfer *t = s->t;
    bool may_be_shape =
        code == CODE_INVALID_PARAMETER || code == CODE_NOT_SUPPORTED;
    if (may_be_shape && piece->request != piece->length) {
        t->volume->tail = VOLUME_TAIL_EXACT;
        return PIECE_AGAIN;
    }
    if (may_be_shape && piece->length % transfer_unit(t) != 0) {
        t->volume->tail = VOLUME_TAIL_COPIED;
        return PIECE_AGAIN;
    }
    if (code == CODE_INVALID_PARAMETER && learn_alignment(t))
        return PIECE_AGAIN;
    /* smbd reports units of 1 KiB whatever the volume's clusters are. A file
       smaller than the smallest known alignment is smaller than a cluster. */
    if (code == CODE_INVALID_PARAMETER && t->source_size < known_alignments[0])
        return give_up(s, REFLINK_REASON_BELOW_CLUSTER);
    t->facts.has_cloned = s->has_cloned;
    if (code == CODE_INVALID_FUNCTION && !s->has_cloned)
        t->volume->no_cloning = true;
    return give_up(s, reason_of_refusal(&t->facts, code));
}

/* Plans again with requests of half the length, but at least `least` bytes. */
static enum piece_end halve(struct state *s, const struct plan_piece *piece,
                            uint32_t least)
{
    uint64_t half = piece->length / 2;
    half -= half % transfer_unit(s->t);
    s->limit = half < least ? least : half;
    return PIECE_AGAIN;
}

/*
 * Copies a full cluster; after many of them, also what follows it. The piece
 * grows backwards if it is the last of the range.
 */
static enum piece_end copy_saturated(struct state *s, struct plan_piece *piece)
{
    const struct transfer *t = s->t;
    uint64_t length = piece->length;
    s->saturated++;
    for (unsigned i = SATURATED_ALONE;
         i < s->saturated && length < MOST_UNASKED; i++)
        length *= 2;
    uint64_t more = (length < t->length ? length : t->length) - piece->length;
    if (piece->source_offset != t->source_offset) {
        piece->source_offset -= more;
        piece->dest_offset -= more;
    }
    piece->length += more;
    return copy_piece(s, piece);
}

/* Halves the request until it is one full cluster, and copies that. */
static enum piece_end on_saturated(struct state *s, struct plan_piece *piece)
{
    struct transfer *t = s->t;
    uint32_t unit = transfer_unit(t);
    if (is_refusal(t, REFLINK_REASON_LIMIT) || piece->length <= unit)
        outcome_reason(t->outcome, REFLINK_REASON_LIMIT);
    if (is_refusal(t, REFLINK_REASON_LIMIT))
        return PIECE_REFUSED;
    if (piece->length <= unit)
        return copy_saturated(s, piece);
    return halve(s, piece, unit);
}

/*
 * Decides what follows a refused request. May lengthen a piece that is to be
 * copied.
 */
static enum piece_end on_refusal(struct state *s, struct plan_piece *piece,
                                 os_error code)
{
    struct transfer *t = s->t;
    uint32_t unit = transfer_unit(t);
    uint32_t least = unit > LEAST_REQUEST ? unit : LEAST_REQUEST;
    enum error_class class = classify_clone(code);
    t->outcome->refusal = code;
    t->outcome->no_resources = class == ERROR_CLASS_NO_RESOURCES;
    switch (class) {
    case ERROR_CLASS_CANNOT_CLONE:
        return on_cannot(s, piece, code);
    case ERROR_CLASS_TOO_MANY_REFERENCES:
        return on_saturated(s, piece);
    case ERROR_CLASS_NO_RESOURCES:
        /* any volume should have resources for `least` bytes; if not, nothing
           is remembered about it: the next file may succeed */
        return piece->length > least
                   ? halve(s, piece, least)
                   : give_up(s, reason_of_refusal(&t->facts, code));
    default:
        outcome_fail(t->outcome, code, REFLINK_STEP_CLONE, OUTCOME_DEST);
        return PIECE_FAILED;
    }
}

static struct verification verification_of(const struct state *s)
{
    const struct transfer *t = s->t;
    /* Extents are counted in clusters. A volume that required another alignment
       may have reported the wrong cluster size. */
    bool reported = t->volume->alignment == 0 && !t->volume->no_extents;
    return (struct verification){.verify = t->policy->verify,
                                 .cluster_size = reported ? t->cluster_size : 0,
                                 .worked = s->has_worked,
                                 .source_size = t->same_file ? t->dest_size
                                                             : t->source_size};
}

/* Verifies the requests in `pending`. */
static enum piece_end verify_pending(struct state *s)
{
    const struct transfer *t = s->t;
    struct verification verification = verification_of(s);
    bool verified = true;
    enum compare_side side = COMPARE_SOURCE;
    os_error error = 0;
    if (s->pending_count != 0)
        error = verify_clones(t->session, &verification, s->pending,
                              s->pending_count, &verified, &side);
    s->has_worked = verification.worked;
    t->volume->no_extents = t->volume->no_extents || verification.no_extents;
    s->has_verified =
        s->has_verified || (s->pending_count != 0 && verified && error == 0);
    s->pending_count = 0;
    if (error != 0) {
        outcome_fail(t->outcome, error, REFLINK_STEP_COMPARE,
                     side == COMPARE_SOURCE ? OUTCOME_SOURCE : OUTCOME_DEST);
        return PIECE_FAILED;
    }
    return verified ? PIECE_DONE : PIECE_UNVERIFIED;
}

static struct compare_pair pair_of(const struct state *s,
                                   const struct plan_piece *piece)
{
    const struct transfer *t = s->t;
    return (struct compare_pair){
        .source = t->source,
        .dest = t->dest,
        .source_offset = piece->source_offset,
        .dest_offset = piece->dest_offset,
        .length = piece->length,
        .holes = t->holes,
        .blank = t->blank,
    };
}

/*
 * Verifies a request: now, or together with later ones if nobody uses DEST
 * before all are verified.
 */
static enum piece_end verify_piece(struct state *s,
                                   const struct plan_piece *piece,
                                   uint32_t same_before)
{
    const struct transfer *t = s->t;
    struct compare_pair *pair = &s->pending[s->pending_count++];
    *pair = pair_of(s, piece);
    pair->same_before = same_before;
    if (t->verify_later && s->pending_count < VERIFY_MOST)
        return PIECE_DONE;
    return verify_pending(s);
}

static os_error request(const struct transfer *t,
                        const struct plan_piece *piece)
{
    t->outcome->requests++;
    return os_clone(t->source, piece->source_offset, t->dest,
                    piece->dest_offset, piece->request);
}

/*
 * Within one file, a failed verification cannot wait for a retry of the whole
 * transfer: a later piece may read what this one wrote. So the retry and then
 * the copy happen here, while SOURCE still has the data of this piece.
 */
static enum piece_end verify_again(struct state *s,
                                   const struct plan_piece *piece,
                                   uint32_t same_before)
{
    struct transfer *t = s->t;
    enum piece_end end = PIECE_UNVERIFIED;
    if (os_flush(t->dest) == 0 && request(t, piece) == 0)
        end = verify_piece(s, piece, same_before);
    if (end != PIECE_UNVERIFIED)
        return end;
    t->blank = false;
    end = give_up(s, REFLINK_REASON_UNVERIFIED);
    /* the request may have left neither the old nor the new data */
    if (end == PIECE_REFUSED && copy_piece(s, piece) != PIECE_DONE)
        end = PIECE_FAILED;
    return end;
}

static enum piece_end clone_piece(struct state *s, struct plan_piece *piece)
{
    struct transfer *t = s->t;
    struct verification verification = verification_of(s);
    struct compare_pair pair = pair_of(s, piece);
    uint32_t same_before =
        verify_sample_before(t->session, &verification, &pair);
    os_error code = request(t, piece);
    if (code != 0)
        return on_refusal(s, piece, code);
    enum piece_end end = verify_piece(s, piece, same_before);
    if (end == PIECE_UNVERIFIED && t->same_file)
        end = verify_again(s, piece, same_before);
    if (end == PIECE_UNVERIFIED)
        t->length = piece->length;
    if (end != PIECE_DONE)
        return end;
    t->outcome->bytes_cloned += piece->length;
    session_report(t->session, t->outcome);
    s->has_cloned = true;
    s->saturated = 0;
    if (s->limit < PLAN_LIMIT)
        s->limit = s->limit < PLAN_LIMIT / 2 ? s->limit * 2 : PLAN_LIMIT;
    return PIECE_DONE;
}

static enum piece_end run_piece(struct state *s, const struct plan *plan,
                                struct plan_piece *piece)
{
    bool refused =
        plan->reason != REFLINK_REASON_NONE && is_refusal(s->t, plan->reason);
    if (refused || !piece->clone)
        outcome_reason(s->t->outcome, plan->reason);
    /* this also covers the later pieces: DEST is still unchanged */
    if (refused)
        return PIECE_REFUSED;
    return piece->clone ? clone_piece(s, piece) : copy_piece(s, piece);
}

static enum transfer_end end_of(enum piece_end end)
{
    switch (end) {
    case PIECE_REFUSED:
        return TRANSFER_REFUSED;
    case PIECE_UNVERIFIED:
        return TRANSFER_UNVERIFIED;
    case PIECE_FAILED:
        return TRANSFER_FAILED;
    default:
        return TRANSFER_DONE;
    }
}

/* Transfers the first piece of what is left, or all of it by bytes. */
static enum piece_end run_step(struct state *s)
{
    struct transfer *t = s->t;
    if (session_stop(t->session, t->outcome))
        return PIECE_FAILED;
    if (s->by_bytes) {
        struct plan_piece rest = {
            .source_offset = t->source_offset,
            .dest_offset = t->dest_offset,
            .length = t->length,
        };
        t->length = 0;
        return copy_piece(s, &rest);
    }
    struct plan_input in = input_of(s);
    struct plan plan;
    plan_make(&in, &plan);
    /* the range already has these clusters */
    if (plan.nothing) {
        t->outcome->bytes_cloned += t->length;
        t->length = 0;
        return PIECE_DONE;
    }
    struct plan_piece piece = plan_piece(&plan, 0);
    enum piece_end end = run_piece(s, &plan, &piece);
    if (end != PIECE_DONE)
        return end;
    t->length -= piece.length;
    if (!plan.backward) {
        t->source_offset += piece.length;
        t->dest_offset += piece.length;
    }
    return PIECE_DONE;
}

enum reflink_reason transfer_plan(struct transfer *transfer, struct plan *plan)
{
    struct state s = {.t = transfer, .limit = PLAN_LIMIT};
    enum reflink_reason reason = reason_before(&transfer->facts);
    if (reason != REFLINK_REASON_NONE)
        return reason;
    struct plan_input in = input_of(&s);
    plan_make(&in, plan);
    return REFLINK_REASON_NONE;
}

bool transfer_refuses(struct transfer *transfer)
{
    struct plan plan;
    enum reflink_reason reason = transfer_plan(transfer, &plan);
    if (reason == REFLINK_REASON_NONE && !plan.nothing)
        reason = plan.reason;
    if (reason == REFLINK_REASON_NONE || !is_refusal(transfer, reason))
        return false;
    outcome_reason(transfer->outcome, reason);
    return true;
}

/*
 * Fails if SOURCE became shorter after it was opened: Btrfs for Windows 1.9
 * crashes the system on a rounded-up request for a file of less than one
 * cluster [maharmstone/btrfs #789]. A later truncation is found when the
 * transfer ends.
 */
static bool has_its_size(struct transfer *t)
{
    struct os_info now;
    if (!t->shared)
        return true;
    os_error error = os_query_state(t->source, &now);
    if (error != 0)
        outcome_fail(t->outcome, error, REFLINK_STEP_QUERY, OUTCOME_SOURCE);
    else if (now.size < t->source_size)
        outcome_fail_hint(t->outcome, CODE_FILE_INVALID, REFLINK_STEP_READ,
                          OUTCOME_SOURCE, REFLINK_HINT_SOURCE_CHANGED);
    return t->outcome->error.code == 0;
}

enum transfer_end transfer_run(struct transfer *transfer)
{
    struct state s = {.t = transfer, .limit = PLAN_LIMIT};
    s.before = *transfer->volume;
    transfer->session->total = transfer->length;
    enum reflink_reason reason = reason_before(&transfer->facts);
    if (reason != REFLINK_REASON_NONE && give_up(&s, reason) == PIECE_REFUSED)
        return TRANSFER_REFUSED;
    if (!s.by_bytes && !has_its_size(transfer))
        return TRANSFER_FAILED;
    enum piece_end end = PIECE_DONE;
    while (transfer->length != 0 && (end == PIECE_DONE || end == PIECE_AGAIN))
        end = run_step(&s);
    if (end == PIECE_DONE || end == PIECE_AGAIN)
        end = verify_pending(&s);
    /* requests that were never verified do not show what works */
    if (!s.has_verified) {
        transfer->volume->alignment = s.before.alignment;
        transfer->volume->tail = s.before.tail;
    }
    return end_of(end);
}
