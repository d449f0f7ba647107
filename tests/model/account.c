#include "stage.h"

static bool check_error(const struct trial *t)
{
    const struct reflink_outcome *o = &t->outcome;
    bool ours = stage_is_tight(t->stage) && o->error.code == 112;
    if (o->status != REFLINK_FAILED)
        return o->error.code == 0 ||
               stage_wrong(t->stage, "status %d has an error: %u in step %d",
                           (int)o->status, o->error.code, (int)o->error.step);
    if (o->error.code == 0 || o->error.step == REFLINK_STEP_NONE)
        return stage_wrong(t->stage, "a failure without its error");
    for (size_t i = 0; i < OPERATION_FAULTS && t->met != 0; i++)
        ours = ours || o->error.code == t->operation->faults[i].code;
    if (t->met != 0 && t->expected.runs && !ours && !t->expected.far &&
        !t->facts.dest_read_only &&
        o->error.code != t->stage->volume->drop.code)
        return stage_wrong(t->stage, "error %u in step %d is nobody's",
                           o->error.code, (int)o->error.step);
    return true;
}

static bool check_method(const struct trial *t)
{
    const struct reflink_outcome *o = &t->outcome;
    enum reflink_method method = REFLINK_METHOD_MIXED;
    if (o->bytes_cloned == 0)
        method = REFLINK_METHOD_COPY;
    else if (o->bytes_copied == 0)
        method = REFLINK_METHOD_CLONE;
    if (o->status != REFLINK_OK)
        method = REFLINK_METHOD_NONE;
    if (o->method != method)
        return stage_wrong(t->stage, "method %d for %llu cloned, %llu copied",
                           (int)o->method, (unsigned long long)o->bytes_cloned,
                           (unsigned long long)o->bytes_copied);
    if (o->status != REFLINK_OK)
        return o->status != REFLINK_REFUSED ||
               o->reason != REFLINK_REASON_NONE ||
               stage_wrong(t->stage, "refused without a reason");
    if (o->bytes_copied != 0 && o->reason == REFLINK_REASON_NONE)
        return stage_wrong(t->stage, "copied without a reason");
    if (o->bytes_copied == 0 && o->bytes != 0 &&
        o->reason != REFLINK_REASON_NONE)
        return stage_wrong(t->stage, "all is cloned, but for reason %d",
                           (int)o->reason);
    return true;
}

static bool check_account(const struct trial *t)
{
    const struct reflink_outcome *o = &t->outcome;
    if (o->bytes != o->bytes_cloned + o->bytes_copied)
        return stage_wrong(t->stage, "the sum of bytes is wrong");
    if (o->bytes_copied_by_server > o->bytes_copied)
        return stage_wrong(t->stage, "a server copied more than was copied");
    if (o->requests != t->clones)
        return stage_wrong(t->stage, "%llu requests told, %llu seen",
                           (unsigned long long)o->requests,
                           (unsigned long long)t->clones);
    if (t->operation->policy.mode == REFLINK_NEVER && t->clones != 0)
        return stage_wrong(t->stage, "cloned, and never should have");
    if (!check_method(t) || !check_error(t))
        return false;
    if (o->status != REFLINK_OK)
        return true;
    if (o->bytes != t->expected.length)
        return stage_wrong(t->stage, "%llu bytes accounted for, not %llu",
                           (unsigned long long)o->bytes,
                           (unsigned long long)t->expected.length);
    if (o->bytes_cloned > t->expected.most_clone)
        return stage_wrong(t->stage, "%llu bytes cloned, not %llu at most",
                           (unsigned long long)o->bytes_cloned,
                           (unsigned long long)t->expected.most_clone);
    if (t->met == 0 && o->bytes_cloned < t->expected.least_clone)
        return stage_wrong(t->stage, "%llu bytes cloned, not %llu at least",
                           (unsigned long long)o->bytes_cloned,
                           (unsigned long long)t->expected.least_clone);
    return true;
}

/*
 * A clone that is what it should be must not fail its proof. Extents are in
 * clusters, so nothing is expected where their size is told wrong.
 */
static bool check_proof(const struct trial *t)
{
    const struct sim_volume *v = stage_volume(t->stage, t->operation->dest);
    if (t->outcome.reason != REFLINK_REASON_UNVERIFIED ||
        facts_may_be_untrue(t) || t->facts.in_doubt || v->copies_misaligned ||
        !facts_tell_cluster(v) || t->met != 0)
        return true;
    return stage_wrong(t->stage, "a true clone is not believed");
}

/* Integrity settings that are told, and differ, are a reason not to ask. */
static bool check_asked(const struct trial *t)
{
    const struct stage *stage = t->stage;
    const struct sim_volume *v = stage_volume(stage, t->operation->dest);
    if (!t->expected.runs || t->expected.far || t->met != 0 ||
        stage->disturbed || t->facts.same_file || v->get_integrity != 0 ||
        v->fake_integrity || t->clones == 0 || !t->differs)
        return true;
    return stage_wrong(stage, "a request that must be refused was made");
}

/* Without an overlap, one request does what there is here to clone. */
static bool check_requests(const struct trial *t)
{
    if (!t->facts.can_share || t->met != 0 || !facts_is_repeatable(t) ||
        t->stage->disturbed || t->clones <= 1 || t->facts.cluster == 0 ||
        !facts_is_refs(stage_volume(t->stage, t->operation->dest)))
        return true;
    return stage_wrong(t->stage, "%llu requests, where one does it",
                       (unsigned long long)t->clones);
}

bool account_check(const struct trial *t)
{
    return check_account(t) && check_proof(t) && check_asked(t) &&
           check_requests(t);
}
