#include "totals.h"

/* Counts why a file was not completely cloned. A failure has another cause. */
static void count_reason(struct totals *totals,
                         const struct reflink_outcome *outcome)
{
    if (outcome->reason == REFLINK_REASON_NONE)
        return;
    if (outcome->status == REFLINK_OK || outcome->status == REFLINK_REFUSED)
        totals->reasons[outcome->reason]++;
    if (outcome->status == REFLINK_OK && outcome->method == REFLINK_METHOD_COPY)
        totals->copied_reasons[outcome->reason]++;
}

void totals_count(struct totals *totals, const struct reflink_outcome *outcome)
{
    unsigned warnings = totals_warnings(outcome);
    totals->files++;
    count_reason(totals, outcome);
    for (unsigned i = 0; i < REFLINK_WARNING_COUNT; i++)
        totals->warnings[i] += warnings >> i & 1;
    switch (outcome->status) {
    case REFLINK_OK:
        totals->cloned += outcome->method == REFLINK_METHOD_CLONE;
        totals->copied += outcome->method == REFLINK_METHOD_COPY;
        totals->linked += outcome->hard_link == REFLINK_HARD_LINK_KEPT;
        totals->mixed += outcome->method == REFLINK_METHOD_MIXED;
        totals->bytes_cloned += outcome->bytes_cloned;
        totals->bytes_copied += outcome->bytes_copied;
        totals->bytes_copied_by_server += outcome->bytes_copied_by_server;
        break;
    case REFLINK_SKIPPED:
        totals->skipped++;
        break;
    case REFLINK_REFUSED:
        totals->refused++;
        break;
    default:
        totals->failed++;
        totals->different += outcome->status == REFLINK_DIFFERENT;
        totals->interrupted += outcome->status == REFLINK_INTERRUPTED;
        break;
    }
}

enum exit_code totals_exit_code(const struct totals *totals)
{
    if (totals->interrupted != 0)
        return EXIT_CODE_INTERRUPTED;
    if (totals->out_of_memory)
        return EXIT_CODE_FAILED;
    if (totals->usage_error)
        return EXIT_CODE_USAGE;
    if (totals->failed > totals->different)
        return EXIT_CODE_FAILED;
    if (totals->different != 0)
        return EXIT_CODE_DIFFERENT;
    return totals->refused != 0 ? EXIT_CODE_REFUSED : EXIT_CODE_DONE;
}

/* A file that differs from SOURCE is included, because what the warning says
   may be the cause. */
unsigned totals_warnings(const struct reflink_outcome *outcome)
{
    bool created =
        outcome->status == REFLINK_OK || outcome->status == REFLINK_DIFFERENT;
    return created ? outcome->warnings : 0;
}
