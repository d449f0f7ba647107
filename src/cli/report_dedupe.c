#include "report_dedupe.h"

#include <string.h>

#include "json.h"
#include "messages.h"
#include "report_json.h"

/* Bytes that share clusters now, or would. */
static uint64_t shared_now(const struct dedupe_result *result, bool dry_run)
{
    uint64_t more = dry_run ? result->equal : result->outcome.bytes_cloned;
    return result->shared_before + more;
}

/* Whether the volume does not report what was given back. */
static bool is_unknown(const struct dedupe_result *result, bool dry_run)
{
    return !result->freed_known &&
           shared_now(result, dry_run) != result->shared_before;
}

void report_dedupe_count(struct totals *totals,
                         const struct dedupe_result *result, bool dry_run)
{
    struct totals_dedupe *dedupe = &totals->dedupe;
    totals_count(totals, &result->outcome);
    dedupe->bytes_shared_before += result->shared_before;
    dedupe->bytes_shared += shared_now(result, dry_run);
    dedupe->bytes_freed += result->freed;
    dedupe->freed_unknown =
        dedupe->freed_unknown || is_unknown(result, dry_run);
}

/* ---- JSON ---------------------------------------------------------------- */

static void add_json(const struct dedupe_result *result, bool dry_run,
                     struct text *text)
{
    const struct reflink_outcome *outcome = &result->outcome;
    struct text sentence = {0};
    bool has_reason = outcome->reason != REFLINK_REASON_NONE;
    if (has_reason)
        message_add_dedupe_reason(&sentence, outcome, result->in_keep);
    json_begin(text, L"dedupe");
    json_string(text, L"keep", outcome->source);
    json_string(text, L"path", outcome->dest);
    json_string(text, L"status", message_status(outcome->status));
    json_boolean(text, L"dry_run", dry_run);
    json_number(text, L"bytes_shared_before", result->shared_before);
    json_number(text, L"bytes_shared", shared_now(result, dry_run));
    if (is_unknown(result, dry_run))
        json_null(text, L"bytes_freed");
    else
        json_number(text, L"bytes_freed", result->freed);
    json_number(text, L"requests", outcome->requests);
    json_number(text, L"ranges_written_back", result->failed_range);
    json_number(text, L"cluster_size", outcome->cluster_size);
    json_string(text, L"reason", message_reason(outcome->reason));
    json_string(text, L"reason_text",
                has_reason ? text_words(&sentence) : NULL);
    json_number(text, L"refusal_code", outcome->refusal);
    json_number(text, L"elapsed_ms", outcome->elapsed_us / 1000);
    report_json_error(message_error_path(outcome), &outcome->error, text);
    json_end(text);
    text_fail_with(text, &sentence);
    text_free(&sentence);
}

/* ---- one file ------------------------------------------------------------ */

static void add_freed(uint64_t freed, bool unknown, struct text *text)
{
    if (unknown)
        text_add(text, message_freed_not_reported);
    else
        text_add_size(text, freed);
    if (!unknown)
        text_add(text, message_freed);
}

/* Adds `shared  b.vhdx with a.vhdx  (4 GiB, 1 GiB of it before, 3 GiB freed)`.
 */
static void add_shared(const struct dedupe_result *result, bool dry_run,
                       struct text *text)
{
    const struct reflink_outcome *outcome = &result->outcome;
    text_add(text, dry_run ? message_would_share : message_shared);
    text_add_name(text, outcome->dest);
    text_add(text, L" with ");
    text_add_name(text, outcome->source);
    text_add(text, L"  (");
    text_add_size(text, shared_now(result, dry_run));
    text_add(text, L", ");
    if (result->shared_before != 0) {
        text_add_size(text, result->shared_before);
        text_add(text, message_of_it_before);
    }
    add_freed(result->freed, is_unknown(result, dry_run), text);
    text_add(text, L")");
    if (outcome->reason != REFLINK_REASON_NONE) {
        text_add(text, L": ");
        message_add_dedupe_reason(text, outcome, result->in_keep);
    }
    text_add(text, L"\n");
}

static void add_skipped(const struct dedupe_result *result, struct text *text)
{
    text_add(text, L"skipped ");
    text_add_name(text, result->outcome.dest);
    text_add(text, L": ");
    message_add_dedupe_reason(text, &result->outcome, result->in_keep);
    text_add(text, L"\n");
}

/* Adds `reflink: PATH: REASON` for what --reflink=always does not accept. */
static void add_refused(const struct dedupe_result *result, struct text *err)
{
    text_add(err, L"reflink: ");
    text_add_name(err, result->outcome.dest);
    text_add(err, L": ");
    message_add_dedupe_reason(err, &result->outcome, result->in_keep);
    text_add(err, L"\n");
}

static void add_notes(const struct dedupe_result *result,
                      const struct report_style *style, struct text *err)
{
    const struct reflink_outcome *outcome = &result->outcome;
    if (result->failed_range) {
        text_add(err, L"reflink: ");
        text_add_name(err, outcome->dest);
        text_add(err, message_written_back);
    }
    if (outcome->retries != 0 && style->verbose) {
        text_add(err, L"reflink: ");
        text_add_name(err, outcome->dest);
        text_add(err, L": ");
        message_add_note(err, MESSAGE_RETRIED, outcome->retries);
        text_add(err, L"\n");
    }
}

/* Whether a file of a group has a line: if it needs attention, and is the first
   of the volume if the reason is about that. */
static bool has_line(const struct dedupe_result *result,
                     struct report_once *once)
{
    enum reflink_reason reason = result->outcome.reason;
    if (reason == REFLINK_REASON_NONE)
        return false;
    bool of_volume = reason == REFLINK_REASON_NO_CLONING ||
                     reason == REFLINK_REASON_UNVERIFIED;
    return !of_volume || report_once_volume(once, &result->outcome);
}

void report_dedupe_file(const struct dedupe_result *result, bool in_group,
                        bool dry_run, const struct report_style *style,
                        struct report_once *once, struct text *out,
                        struct text *err)
{
    const struct reflink_outcome *outcome = &result->outcome;
    bool silent =
        style->quiet || style->json || (in_group && !has_line(result, once));
    if (style->json)
        add_json(result, dry_run, out);
    if (!style->quiet)
        add_notes(result, style, err);
    switch (outcome->status) {
    case REFLINK_OK:
        if (!silent)
            add_shared(result, dry_run, out);
        break;
    case REFLINK_SKIPPED:
        if (!silent)
            add_skipped(result, out);
        break;
    case REFLINK_REFUSED:
        add_refused(result, err);
        break;
    default:
        report_error(message_error_path(outcome), &outcome->error, err);
        break;
    }
}

/* ---- groups and the summary ---------------------------------------------- */

void report_dedupe_group(const struct report_group *group, bool dry_run,
                         const struct report_style *style, struct text *out)
{
    if (!style->verbose || style->json)
        return;
    text_add(out, dry_run ? message_would_share : message_shared);
    text_add_name(out, group->keep);
    text_format(out, L"  (%" TEXT_U64 L" files of ", group->files);
    text_add_size(out, group->size);
    text_add(out, L": ");
    text_add_size(out, group->shared);
    text_add(out, L", ");
    if (group->shared_before != 0) {
        text_add_size(out, group->shared_before);
        text_add(out, message_of_it_before);
    }
    add_freed(group->freed, group->freed_unknown, out);
    text_add(out, L")\n");
}

void report_dedupe_passed_over(const wchar_t *path, enum reflink_reason reason,
                               const struct report_style *style,
                               struct text *out)
{
    struct reflink_outcome outcome = {.reason = reason};
    if (!style->verbose || style->json)
        return;
    text_add(out, L"passed over ");
    text_add_name(out, path);
    text_add(out, L": ");
    message_add_dedupe_reason(out, &outcome, false);
    text_add(out, L"\n");
}

/* Adds `7 passed over: 5 smaller than a cluster, 2 read-only`. */
static void add_passed_over(const struct totals *totals, struct text *out)
{
    const uint64_t *counts = totals->dedupe.passed_over;
    const wchar_t *separator = L": ";
    uint64_t all = totals->passed_over[TOTALS_LINK];
    for (int i = 0; i < REFLINK_REASON_COUNT; i++)
        all += counts[i];
    if (all == 0)
        return;
    text_format(out, L"%" TEXT_U64 L" passed over", all);
    for (int i = 1; i < REFLINK_REASON_COUNT; i++) {
        if (counts[i] == 0)
            continue;
        text_format(out, L"%ls%" TEXT_U64 L" %ls", separator, counts[i],
                    message_reason_count((enum reflink_reason)i));
        separator = L", ";
    }
    uint64_t links = totals->passed_over[TOTALS_LINK];
    if (links != 0)
        text_format(out, L"%ls%" TEXT_U64 L" %ls", separator, links,
                    links == 1 ? L"link" : L"links");
    text_add(out, L"\n");
}

/* `12 files, 3 groups: 4 GiB shared before, 9 GiB now, 5 GiB freed, 0 failed`
 */
void report_dedupe_summary(const struct totals *totals, bool dry_run,
                           const struct report_style *style, struct text *out)
{
    const struct totals_dedupe *dedupe = &totals->dedupe;
    if (style->quiet || totals->usage_error)
        return;
    text_format(out, L"%" TEXT_U64 L" %ls, %" TEXT_U64 L" %ls: ", totals->files,
                totals->files == 1 ? L"file" : L"files", dedupe->groups,
                dedupe->groups == 1 ? L"group" : L"groups");
    text_add_size(out, dedupe->bytes_shared_before);
    text_add(out, message_shared_before);
    text_add_size(out, dedupe->bytes_shared);
    text_add(out, dry_run ? message_after_the_run : message_now);
    add_freed(dedupe->bytes_freed, dedupe->freed_unknown, out);
    if (totals->skipped != 0)
        text_format(out, L", %" TEXT_U64 L" skipped", totals->skipped);
    if (totals->refused != 0)
        text_format(out, L", %" TEXT_U64 L" refused", totals->refused);
    text_format(out, L", %" TEXT_U64 L" failed\n", totals->failed);
    add_passed_over(totals, out);
}
