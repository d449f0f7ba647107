/* The lines of --dedupe, to the letter. */
#include <criterion/criterion.h>

#include "cli/report_dedupe.h"

TestSuite(report_dedupe, .timeout = 120);

static const uint64_t GI = 1024 * 1024 * 1024;

static const struct report_style plain;

static void expect_text(struct text *text, const wchar_t *wanted)
{
    cr_expect_eq(wcscmp(text_words(text), wanted), 0, "%ls", text_words(text));
    text_free(text);
}

Test(report_dedupe, file)
{
    const struct dedupe_result result = {
        .outcome = {.source = L"base.vhdx",
                    .dest = L"job-17.vhdx",
                    .method = REFLINK_METHOD_CLONE,
                    .bytes_cloned = 27 * GI},
        .equal = 27 * GI,
        .shared_before = 12 * GI,
        .freed = 27 * GI,
        .freed_known = true};
    struct text out = {0};
    struct text err = {0};
    report_dedupe_file(&result, false, false, &plain, NULL, &out, &err);
    expect_text(&out, L"shared  job-17.vhdx with base.vhdx  (39 GiB, 12 GiB of "
                      L"it before, 27 GiB freed)\n");
    expect_text(&err, L"");
}

Test(report_dedupe, summary)
{
    struct totals totals = {
        .files = 1204,
        .dedupe = {.used = true,
                   .groups = 88,
                   .bytes_shared_before = 3 * GI,
                   .bytes_shared = 41 * GI,
                   .bytes_freed = 38 * GI,
                   .passed_over = {[REFLINK_REASON_EMPTY] = 9,
                                   [REFLINK_REASON_BELOW_CLUSTER] = 295,
                                   [REFLINK_REASON_READ_ONLY] = 6}}};
    struct text out = {0};
    report_dedupe_summary(&totals, false, &plain, &out);
    expect_text(&out,
                L"1204 files, 88 groups: 3 GiB shared before, 41 GiB now, 38 "
                L"GiB freed, 0 failed\n"
                L"310 passed over: 9 empty, 295 smaller than a cluster, 6 "
                L"read-only\n");
}
