#include "report_json.h"

#include "core/os.h"
#include "json.h"
#include "messages.h"

/* Grows only if a key or word changes or goes away. */
enum { SCHEMA_VERSION = 1 };

static void add_reason(const struct reflink_outcome *outcome, bool range,
                       struct text *text)
{
    struct text sentence = {0};
    bool known = outcome->reason != REFLINK_REASON_NONE;
    if (known)
        message_add_reason(&sentence, outcome, range);
    json_string(text, L"reason", message_reason(outcome->reason));
    json_string(text, L"reason_text", known ? text_words(&sentence) : NULL);
    text_fail_with(text, &sentence);
    text_free(&sentence);
}

void report_json_error(const wchar_t *path, const struct reflink_error *error,
                       struct text *text)
{
    wchar_t message[512];
    if (error->code == 0) {
        json_null(text, L"error");
        return;
    }
    os_message(error->code, message, sizeof message / sizeof message[0]);
    json_open(text, L"error");
    json_number(text, L"code", error->code);
    json_string(text, L"message", message);
    json_string(text, L"path", path);
    json_string(text, L"step", message_step(error->step));
    json_string(text, L"hint", message_hint(error->hint));
    json_close(text);
}

static void add_warnings(const struct reflink_outcome *outcome,
                         struct text *text)
{
    unsigned warnings = totals_warnings(outcome);
    json_array(text, L"warnings");
    for (unsigned i = 0; i < REFLINK_WARNING_COUNT; i++) {
        if ((warnings >> i & 1) == 0)
            continue;
        json_item(text);
        json_string(text, L"reason", message_warning_reason(i));
        json_string(text, L"text", message_warning(i));
        json_close(text);
    }
    json_array_end(text);
}

void report_json_members(const struct reflink_outcome *outcome, bool range,
                         struct text *text)
{
    json_string(text, L"source", outcome->source);
    json_string(text, L"dest", outcome->dest);
    json_string(text, L"status", message_status(outcome->status));
    json_string(text, L"method", message_method(outcome->method));
    json_number(text, L"bytes", outcome->bytes);
    json_number(text, L"bytes_cloned", outcome->bytes_cloned);
    json_number(text, L"bytes_copied", outcome->bytes_copied);
    json_number(text, L"bytes_copied_by_server",
                outcome->bytes_copied_by_server);
    json_number(text, L"requests", outcome->requests);
    json_number(text, L"cluster_size", outcome->cluster_size);
    add_reason(outcome, range, text);
    json_number(text, L"refusal_code", outcome->refusal);
    json_number(text, L"elapsed_ms", outcome->elapsed_us / 1000);
    json_array(text, L"not_kept");
    for (unsigned i = 0; i < REFLINK_LOST_COUNT; i++) {
        if (outcome->lost >> i & 1)
            json_element(text, message_lost(i));
    }
    json_array_end(text);
    add_warnings(outcome, text);
    report_json_error(message_error_path(outcome), &outcome->error, text);
}

void report_json_file(const struct reflink_outcome *outcome, bool range,
                      struct text *text)
{
    json_begin(text, L"file");
    report_json_members(outcome, range, text);
    json_end(text);
}

/* Adds the reasons that occurred, with the number of files. */
static void add_reasons(const struct totals *totals, struct text *text)
{
    json_open(text, L"reasons");
    for (int i = REFLINK_REASON_NONE + 1; i < REFLINK_REASON_COUNT; i++) {
        if (totals->reasons[i] != 0)
            json_number(text, message_reason((enum reflink_reason)i),
                        totals->reasons[i]);
    }
    json_close(text);
}

static void add_passed_over(const struct totals *totals, struct text *text)
{
    json_open(text, L"passed_over");
    for (int i = 0; i < TOTALS_PASSED_COUNT; i++) {
        if (totals->passed_over[i] != 0)
            json_number(text, message_passed((enum totals_passed)i),
                        totals->passed_over[i]);
    }
    for (int i = 1; i < REFLINK_REASON_COUNT; i++) {
        enum reflink_reason reason = (enum reflink_reason)i;
        if (totals->dedupe.passed_over[i] != 0)
            json_number(text,
                        reason == REFLINK_REASON_SAME_FILE
                            ? L"hard-link"
                            : message_reason(reason),
                        totals->dedupe.passed_over[i]);
    }
    json_close(text);
}

/* Adds the warnings that occurred, with the number of files. */
static void add_all_warnings(const struct totals *totals, struct text *text)
{
    json_array(text, L"warnings");
    for (unsigned i = 0; i < REFLINK_WARNING_COUNT; i++) {
        if (totals->warnings[i] == 0)
            continue;
        json_item(text);
        json_string(text, L"reason", message_warning_reason(i));
        json_string(text, L"text", message_warning(i));
        json_number(text, L"files", totals->warnings[i]);
        json_close(text);
    }
    json_array_end(text);
}

static void add_dedupe(const struct totals_dedupe *dedupe, struct text *text)
{
    json_number(text, L"groups", dedupe->groups);
    json_number(text, L"bytes_shared_before", dedupe->bytes_shared_before);
    json_number(text, L"bytes_shared", dedupe->bytes_shared);
    if (dedupe->freed_unknown)
        json_null(text, L"bytes_freed");
    else
        json_number(text, L"bytes_freed", dedupe->bytes_freed);
}

void report_json_summary(const struct totals *totals, bool keeps_hard_links,
                         struct text *text)
{
    json_begin(text, L"summary");
    json_number(text, L"files", totals->files);
    json_number(text, L"cloned", totals->cloned);
    json_number(text, L"copied", totals->copied);
    json_number(text, L"mixed", totals->mixed);
    json_number(text, L"skipped", totals->skipped);
    json_number(text, L"failed", totals->failed);
    json_number(text, L"refused", totals->refused);
    json_number(text, L"bytes_cloned", totals->bytes_cloned);
    json_number(text, L"bytes_copied", totals->bytes_copied);
    json_number(text, L"bytes_copied_by_server",
                totals->bytes_copied_by_server);
    json_number(text, L"elapsed_ms", totals->elapsed_us / 1000);
    json_number(text, L"schema_version", SCHEMA_VERSION);
    add_reasons(totals, text);
    json_number(text, L"hard_links",
                keeps_hard_links ? totals->linked : totals->hard_links);
    json_number(text, L"links_into_source", totals->links_into_source);
    add_passed_over(totals, text);
    add_all_warnings(totals, text);
    if (totals->dedupe.used)
        add_dedupe(&totals->dedupe, text);
    json_number(text, L"exit_code", (uint64_t)totals_exit_code(totals));
    json_end(text);
}
