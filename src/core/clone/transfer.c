#include "transfer.h"

#include "core/base/classify.h"
#include "core/errors.h"
#include "core/verify/compare.h"
#include "core/copy/copy.h"
#include "plan.h"
#include "core/verify/verify.h"

/* What a transfer is doing now, beside what it was asked. */
struct state {
    struct transfer *t;
    uint64_t limit;       /* longest request for now; less near full clusters */
    unsigned saturated;   /* pieces in a row that were saturated */
    bool by_bytes;        /* no more requests */
    struct volume before; /* what was known when this began */
    bool has_cloned;      /* at least one whole cluster */
    bool has_verified;    /* and that was believed */
    bool has_worked;      /* and put data into DEST, as was seen */
    bool alone;           /* by one request */
    struct compare_pair pending[VERIFY_MOST]; /* cloned, and not verified yet */
    size_t pending_count;
};

/* What became of a piece. */
enum piece_end {
    PIECE_DONE,
    PIECE_AGAIN, /* nothing done; something learned: plan anew */
    PIECE_FAILED,
    PIECE_REFUSED,
    PIECE_UNVERIFIED
};

/* Alignments that volumes were seen to ask for without saying so
   [truenas/middleware #16635; openzfsonwindows/openzfs]. */
static const uint32_t ladder[] = {4096, 65536, 131072, 1048576};

/* What fits all that is known, where neither cluster size nor allocation
   unit is reported: ReFS has clusters of 4 or 64 KiB. */
enum { UNIT_GUESS = 65536 };

/*
 * A file that shares its clusters with as many others as there may be is
 * saturated all over, and to ask for each cluster of it takes longer than to
 * copy it. After so many saturated pieces in a row, each is twice as long as
 * the one before, up to MOST_UNASKED; only its first cluster is asked for.
 */
enum { SATURATED_ALONE = 16, MOST_UNASKED = 64 << 20 };

/* Below this, a request that takes too much is not halved any more. */
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
    /* a tail is rounded to the real cluster only [libuv/libuv #2577] */
    in.cluster = t->cluster_size != 0 ? t->cluster_size : in.unit;
    in.limit = s->limit < in.unit ? in.unit : s->limit;
    return in;
}

/* The next step of the ladder, if a request of that size is left at all. */
static bool learn_alignment(struct transfer *t)
{
    uint32_t unit = transfer_unit(t);
    for (size_t i = 0; i < sizeof ladder / sizeof ladder[0]; i++) {
        if (ladder[i] > unit && ladder[i] <= t->length) {
            t->volume->alignment = ladder[i];
            return true;
        }
    }
    return false;
}

/* REFLINK_ALWAYS allows bytes only for what is less than a cluster. */
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
    struct copy_job job = {
        .source = t->source,
        .dest = t->dest,
        .source_offset = piece->source_offset,
        .dest_offset = piece->dest_offset,
        .length = piece->length,
        .holes = t->holes,
        .blank = t->blank,
        .backward = t->same_file && piece->dest_offset > piece->source_offset,
        .check = t->policy->verify == REFLINK_VERIFY_FULL,
    };
    return copy_range(t->session, &job, t->outcome) ? PIECE_DONE : PIECE_FAILED;
}

/* Cloning ends here for this transfer; what is left goes by bytes. */
static enum piece_end give_up(struct state *s, enum reflink_reason reason)
{
    s->by_bytes = true;
    outcome_reason(s->t->outcome, reason);
    return is_refusal(s->t, reason) ? PIECE_REFUSED : PIECE_AGAIN;
}

/* For a tail first the exact length, then bytes; then the ladder of alignments.
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
    /* smbd tells of units of 1 KiB whatever the volume's clusters are: a file
       that is smaller than any of these is smaller than one */
    if (code == CODE_INVALID_PARAMETER && t->source_size < ladder[0])
        return give_up(s, REFLINK_REASON_BELOW_CLUSTER);
    t->facts.has_cloned = s->has_cloned;
    if (code == CODE_INVALID_FUNCTION && !s->has_cloned)
        t->volume->no_cloning = true;
    return give_up(s, reason_of_refusal(&t->facts, code));
}

/* Plans anew with requests of half the length, and of `least` bytes at
   least. */
static enum piece_end halve(struct state *s, const struct plan_piece *piece,
                            uint32_t least)
{
    uint64_t half = piece->length / 2;
    half -= half % transfer_unit(s->t);
    s->limit = half < least ? least : half;
    return PIECE_AGAIN;
}

/* Makes a piece that is to be copied `length` bytes long, if there are as many
   left. What comes next lies in front of it where it is the range's last. */
static void lengthen(const struct transfer *t, struct plan_piece *piece,
                     uint64_t length)
{
    uint64_t more = (length < t->length ? length : t->length) - piece->length;
    if (piece->source_offset != t->source_offset) {
        piece->source_offset -= more;
        piece->dest_offset -= more;
    }
    piece->length += more;
}

static enum piece_end copy_saturated(struct state *s, struct plan_piece *piece)
{
    uint64_t length = piece->length;
    s->saturated++;
    for (unsigned i = SATURATED_ALONE;
         i < s->saturated && length < MOST_UNASKED; i++)
        length *= 2;
    lengthen(s->t, piece, length);
    return copy_piece(s, piece);
}

/* Halves the request until only what is full is left, and copies that. */
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

/* Asks for less, down to what any volume should have the resources for. If it
   has not, the next file may find it in a better state: nothing is learned. */
static enum piece_end on_no_resources(struct state *s,
                                      const struct plan_piece *piece,
                                      os_error code)
{
    uint32_t unit = transfer_unit(s->t);
    uint32_t least = unit > LEAST_REQUEST ? unit : LEAST_REQUEST;
    if (piece->length > least)
        return halve(s, piece, least);
    return give_up(s, reason_of_refusal(&s->t->facts, code));
}

/* A piece that is copied instead may become longer. */
static enum piece_end on_refusal(struct state *s, struct plan_piece *piece,
                                 os_error code)
{
    s->t->outcome->refusal = code;
    s->t->outcome->no_resources = classify_clone(code) == FATE_NO_RESOURCES;
    switch (classify_clone(code)) {
    case FATE_CANNOT:
        return on_cannot(s, piece, code);
    case FATE_SATURATED:
        return on_saturated(s, piece);
    case FATE_NO_RESOURCES:
        return on_no_resources(s, piece, code);
    default:
        outcome_fail(s->t->outcome, code, REFLINK_STEP_CLONE, OUTCOME_DEST);
        return PIECE_FAILED;
    }
}

static struct verification verification_of(const struct state *s)
{
    const struct transfer *t = s->t;
    /* extents are counted in clusters: a volume that asked for another
       alignment may have told the wrong size for them */
    bool told_right = t->volume->alignment == 0;
    return (struct verification){
        .verify = t->policy->verify,
        .cluster_size = told_right ? t->cluster_size : 0,
        .alone = s->alone,
        .worked = s->has_worked,
        .source_size = t->same_file ? t->dest_size : t->source_size};
}

/* Proves the requests that wait for it. */
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

/* Proves a request: now, or with those that follow, where nobody sees DEST
   before all are verified. */
static enum piece_end verify_piece(struct state *s,
                                   const struct plan_piece *piece,
                                   uint8_t alike)
{
    const struct transfer *t = s->t;
    struct compare_pair *pair = &s->pending[s->pending_count++];
    *pair = pair_of(s, piece);
    pair->alike = alike;
    s->alone = piece->length >= t->length - t->length % transfer_unit(t) &&
               !s->has_cloned;
    if (t->unseen && s->pending_count < VERIFY_MOST)
        return PIECE_DONE;
    return verify_pending(s);
}

static uint8_t look_before(const struct state *s,
                           const struct plan_piece *piece)
{
    struct verification verification = verification_of(s);
    struct compare_pair pair = pair_of(s, piece);
    return verify_look_before(s->t->session, &verification, &pair);
}

static os_error request(const struct transfer *t,
                        const struct plan_piece *piece)
{
    t->outcome->requests++;
    return os_clone(t->source, piece->source_offset, t->dest,
                    piece->dest_offset, piece->request);
}

/*
 * In one file the verification cannot wait for a new start: the bytes that a
 * later piece reads may be those that this one wrote. So the one more try and
 * the copy happen here; SOURCE still has what this piece wants.
 */
static enum piece_end verify_again(struct state *s,
                                   const struct plan_piece *piece,
                                   uint8_t alike)
{
    struct transfer *t = s->t;
    enum piece_end end = PIECE_UNVERIFIED;
    if (os_flush(t->dest) == 0 && request(t, piece) == 0)
        end = verify_piece(s, piece, alike);
    if (end != PIECE_UNVERIFIED)
        return end;
    t->blank = false;
    end = give_up(s, REFLINK_REASON_UNVERIFIED);
    /* what the request left may be neither old nor new: it is made new */
    if (end == PIECE_REFUSED && copy_piece(s, piece) != PIECE_DONE)
        end = PIECE_FAILED;
    return end;
}

static enum piece_end clone_piece(struct state *s, struct plan_piece *piece)
{
    struct transfer *t = s->t;
    uint8_t alike = look_before(s, piece);
    os_error code = request(t, piece);
    if (code != 0)
        return on_refusal(s, piece, code);
    enum piece_end end = verify_piece(s, piece, alike);
    if (end == PIECE_UNVERIFIED && t->same_file)
        end = verify_again(s, piece, alike);
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
    if (refused) /* for what comes later, too: DEST is untouched so far */
        return PIECE_REFUSED;
    return piece->clone ? clone_piece(s, piece) : copy_piece(s, piece);
}

/* Cuts `done` bytes off the range, at the end that `plan` begins with. */
static void cut_off(struct transfer *t, const struct plan *plan, uint64_t done)
{
    t->length -= done;
    if (!plan->backward) {
        t->source_offset += done;
        t->dest_offset += done;
    }
}

static enum piece_end run_bytes(const struct state *s)
{
    struct transfer *t = s->t;
    struct plan_piece rest = {
        .source_offset = t->source_offset,
        .dest_offset = t->dest_offset,
        .length = t->length,
    };
    t->length = 0;
    return copy_piece(s, &rest);
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

static enum piece_end run_step(struct state *s)
{
    if (outcome_stop(s->t->outcome))
        return PIECE_FAILED;
    if (s->by_bytes)
        return run_bytes(s);
    struct plan_input in = input_of(s);
    struct plan plan;
    plan_make(&in, &plan);
    if (plan.nothing) { /* these clusters are the same already */
        s->t->outcome->bytes_cloned += s->t->length;
        s->t->length = 0;
        return PIECE_DONE;
    }
    struct plan_piece piece = plan_piece(&plan, 0);
    enum piece_end end = run_piece(s, &plan, &piece);
    if (end == PIECE_DONE)
        cut_off(s->t, &plan, piece.length);
    return end;
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
 * A SOURCE that became shorter since it was opened is not asked for: Btrfs for
 * Windows 1.9 crashes the system on a request that is rounded up for a file of
 * less than a cluster [maharmstone/btrfs #789]. What is cut off later is seen
 * at the end.
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
    if (!s.has_verified) { /* what was tried in vain taught nothing */
        transfer->volume->alignment = s.before.alignment;
        transfer->volume->tail = s.before.tail;
    }
    return end_of(end);
}
