/* What a run counts, and the exit code that follows from it. */
#include <criterion/criterion.h>

#include "cli/totals.h"

TestSuite(totals, .timeout = 120);

/* What can happen in a run. Each outweighs those before it. */
enum event {
    DONE,
    REFUSED,
    DIFFERENT,
    FAILED,
    USAGE,
    NO_MEMORY,
    INTERRUPTED,
    EVENT_COUNT
};

static const int codes[EVENT_COUNT] = {
    EXIT_CODE_DONE,  EXIT_CODE_REFUSED, EXIT_CODE_DIFFERENT,  EXIT_CODE_FAILED,
    EXIT_CODE_USAGE, EXIT_CODE_FAILED,  EXIT_CODE_INTERRUPTED};

static void happen(struct totals *totals, enum event event)
{
    static const enum reflink_status statuses[EVENT_COUNT] = {
        [REFUSED] = REFLINK_REFUSED,
        [DIFFERENT] = REFLINK_DIFFERENT,
        [FAILED] = REFLINK_FAILED,
        [INTERRUPTED] = REFLINK_INTERRUPTED,
    };
    const struct reflink_outcome outcome = {.status = statuses[event]};
    if (event == USAGE)
        totals->usage_error = true;
    else if (event == NO_MEMORY)
        totals->out_of_memory = true;
    else
        totals_count(totals, &outcome);
}

Test(totals, the_exit_code_of_every_pair)
{
    for (int first = 0; first < EVENT_COUNT; first++) {
        for (int second = 0; second < EVENT_COUNT; second++) {
            struct totals totals = {0};
            int graver = first > second ? first : second;
            happen(&totals, (enum event)first);
            happen(&totals, (enum event)second);
            cr_expect_eq((int)totals_exit_code(&totals), codes[graver],
                         "%d and %d", first, second);
        }
    }
}

static struct totals count(enum reflink_status status,
                           enum reflink_method method,
                           enum reflink_reason reason)
{
    const struct reflink_outcome outcome = {
        .status = status, .method = method, .reason = reason};
    struct totals totals = {0};
    totals_count(&totals, &outcome);
    return totals;
}

Test(totals, reasons_are_those_of_files_that_were_not_cloned)
{
    const enum reflink_reason reason = REFLINK_REASON_LIMIT;
    struct totals totals = count(REFLINK_OK, REFLINK_METHOD_COPY, reason);
    cr_expect_eq(totals.reasons[reason], 1);
    cr_expect_eq(totals.copied_reasons[reason], 1);
    totals = count(REFLINK_OK, REFLINK_METHOD_MIXED, reason);
    cr_expect_eq(totals.reasons[reason], 1);
    cr_expect_eq(totals.copied_reasons[reason], 0);
    totals = count(REFLINK_REFUSED, REFLINK_METHOD_NONE, reason);
    cr_expect_eq(totals.reasons[reason], 1);
    cr_expect_eq(totals.copied_reasons[reason], 0);
    totals = count(REFLINK_FAILED, REFLINK_METHOD_NONE, reason);
    cr_expect_eq(totals.reasons[reason], 0);
    totals = count(REFLINK_OK, REFLINK_METHOD_CLONE, REFLINK_REASON_NONE);
    for (int i = 0; i < REFLINK_REASON_COUNT; i++)
        cr_expect_eq(totals.reasons[i], 0);
}

Test(totals, warnings_are_those_of_files_that_were_created)
{
    static const enum reflink_status statuses[] = {
        REFLINK_OK, REFLINK_DIFFERENT, REFLINK_FAILED};
    struct totals totals = {0};
    for (size_t i = 0; i < 3; i++) {
        const struct reflink_outcome outcome = {
            .status = statuses[i], .warnings = REFLINK_WARNING_OWNER_NOT_KEPT};
        totals_count(&totals, &outcome);
    }
    cr_expect_eq(totals.warnings[0], 0);
    cr_expect_eq(totals.warnings[1], 2);
}

Test(totals, bytes_are_those_of_files_that_were_made)
{
    struct totals totals = {0};
    struct reflink_outcome outcome = {.bytes_copied = 5,
                                      .bytes_copied_by_server = 4};
    totals_count(&totals, &outcome);
    totals_count(&totals, &outcome);
    outcome.status = REFLINK_FAILED;
    totals_count(&totals, &outcome);
    cr_expect_eq(totals.bytes_copied, 10);
    cr_expect_eq(totals.bytes_copied_by_server, 8);
}
