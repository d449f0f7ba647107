#include "plan.h"

static uint64_t round_down(uint64_t value, uint64_t unit)
{
    return value - value % unit;
}

static uint64_t divide_up(uint64_t value, uint64_t unit)
{
    return value / unit + (value % unit != 0);
}

static uint64_t distance(const struct plan_input *in)
{
    return in->dest_offset > in->source_offset
               ? in->dest_offset - in->source_offset
               : in->source_offset - in->dest_offset;
}

static bool overlaps(const struct plan_input *in)
{
    return in->same_file && distance(in) < in->length;
}

bool plan_aligned(const struct plan_input *in)
{
    uint64_t end = in->source_offset + in->length;
    return in->source_offset % in->unit == 0 &&
           in->dest_offset % in->unit == 0 &&
           (end % in->unit == 0 || end == in->source_size);
}

static enum reflink_reason reason_for_bytes(const struct plan *plan)
{
    if (plan->head != 0)
        return REFLINK_REASON_UNALIGNED;
    if (plan->tail == 0 || plan->tail_request != VOLUME_TAIL_COPIED)
        return REFLINK_REASON_NONE;
    return plan_aligned(&plan->in) ? REFLINK_REASON_PARTIAL_CLUSTER
                                   : REFLINK_REASON_UNALIGNED;
}

/* Copies everything: the head is the whole range. */
static void plan_bytes(struct plan *plan, enum reflink_reason reason)
{
    plan->head = plan->in.length;
    plan->body = 0;
    plan->tail = 0;
    plan->requests = 0;
    plan->reason = reason;
}

static enum reflink_reason reason_without_body(const struct plan_input *in)
{
    if (in->length == 0)
        return REFLINK_REASON_EMPTY;
    if (in->length < in->unit && plan_aligned(in))
        return REFLINK_REASON_BELOW_CLUSTER;
    return REFLINK_REASON_UNALIGNED;
}

/*
 * Clone requests within one file must not overlap [MS-FSCC 2.3.8], so no
 * request is longer than the distance between the two ranges. The distance is a
 * multiple of the unit here.
 */
static void plan_requests(struct plan *plan)
{
    const struct plan_input *in = &plan->in;
    uint64_t span = plan->body;
    plan->chunk = round_down(in->limit, in->unit);
    if (overlaps(in) && distance(in) < plan->chunk)
        plan->chunk = distance(in);
    if (plan->tail_request == VOLUME_TAIL_ROUNDED)
        span += plan->tail;
    plan->requests = divide_up(span, plan->chunk);
    if (plan->tail != 0 && plan->tail_request == VOLUME_TAIL_EXACT)
        plan->requests++;
}

static void cut(struct plan *plan)
{
    const struct plan_input *in = &plan->in;
    uint64_t into = in->source_offset % in->unit;
    plan->head = into == 0 ? 0 : in->unit - into;
    if (plan->head > in->length)
        plan->head = in->length;
    plan->body = round_down(in->length - plan->head, in->unit);
    plan->tail = in->length - plan->head - plan->body;
    /* whether the tail is the last, partial cluster of both files */
    bool ends_both = !in->same_file &&
                     in->source_offset + in->length == in->source_size &&
                     in->dest_offset + in->length == in->dest_size;
    plan->tail_request = ends_both ? in->tail : VOLUME_TAIL_COPIED;
    /* no file can be long enough for the rounded request */
    if (plan->tail_request == VOLUME_TAIL_ROUNDED &&
        in->dest_offset + in->length > OS_MAX_FILE_SIZE - in->cluster)
        plan->tail_request = VOLUME_TAIL_COPIED;
}

void plan_make(const struct plan_input *in, struct plan *plan)
{
    *plan = (struct plan){.in = *in};
    plan->backward = overlaps(in) && in->dest_offset > in->source_offset;
    plan->nothing = in->same_file && in->dest_offset == in->source_offset;
    if (overlaps(in) && distance(in) < in->unit) {
        plan_bytes(plan, REFLINK_REASON_CLOSE_OVERLAP);
        return;
    }
    if (distance(in) % in->unit != 0) {
        plan_bytes(plan, REFLINK_REASON_UNALIGNED);
        return;
    }
    cut(plan);
    if (plan->body == 0 &&
        !(in->tail_alone && plan->head == 0 && plan->tail != 0 &&
          plan->tail_request != VOLUME_TAIL_COPIED)) {
        plan_bytes(plan, in->tail_alone && plan_aligned(in)
                             ? REFLINK_REASON_PARTIAL_CLUSTER
                             : reason_without_body(in));
        return;
    }
    bool takes_many_requests = overlaps(in) &&
                               distance(in) < PLAN_SHORT_DISTANCE &&
                               plan->body / distance(in) > PLAN_MANY_REQUESTS;
    if (in->sparing && takes_many_requests) {
        plan_bytes(plan, REFLINK_REASON_CLOSE_OVERLAP);
        return;
    }
    plan_requests(plan);
    plan->reason = reason_for_bytes(plan);
}

static bool has_copied_tail(const struct plan *plan)
{
    return plan->tail != 0 && plan->tail_request == VOLUME_TAIL_COPIED;
}

uint64_t plan_count(const struct plan *plan)
{
    if (plan->in.length == 0 || plan->nothing)
        return 0;
    return (plan->head != 0) + plan->requests + has_copied_tail(plan);
}

static struct plan_piece piece_at(const struct plan *plan, bool clone,
                                  uint64_t from, uint64_t length)
{
    struct plan_piece piece = {
        .clone = clone,
        .source_offset = plan->in.source_offset + from,
        .dest_offset = plan->in.dest_offset + from,
        .length = length,
    };
    return piece;
}

static struct plan_piece request_piece(const struct plan *plan, uint64_t number)
{
    uint64_t cluster = plan->in.cluster;
    uint64_t span = plan->body;
    if (plan->tail_request == VOLUME_TAIL_ROUNDED)
        span += plan->tail;
    uint64_t from = number * plan->chunk;
    bool exact_tail = from >= span || (span == 0 && number == 0);
    if (exact_tail)
        from = span;
    uint64_t length = exact_tail                  ? plan->tail
                      : span - from < plan->chunk ? span - from
                                                  : plan->chunk;
    struct plan_piece piece = piece_at(plan, true, plan->head + from, length);
    piece.request = exact_tail ? length : divide_up(length, cluster) * cluster;
    return piece;
}

struct plan_piece plan_piece(const struct plan *plan, uint64_t index)
{
    uint64_t count = plan_count(plan);
    if (plan->backward)
        index = count - 1 - index;
    if (plan->head != 0 && index == 0)
        return piece_at(plan, false, 0, plan->head);
    if (has_copied_tail(plan) && index == count - 1)
        return piece_at(plan, false, plan->head + plan->body, plan->tail);
    return request_piece(plan, index - (plan->head != 0));
}
