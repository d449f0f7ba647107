#include "report.h"

#include "core/os.h"
#include "report_json.h"
#include "messages.h"

static void add_pair(const wchar_t *what, const struct reflink_outcome *outcome,
                     struct text *text)
{
    text_add(text, what);
    text_add_name(text, outcome->source);
    text_add(text, L" -> ");
    text_add_name(text, outcome->dest);
}

/* Adds what follows `SOURCE -> DEST`, in parentheses. */
static void add_amounts(const struct reflink_outcome *outcome,
                        struct text *text)
{
    text_add(text, L"  (");
    if (outcome->method == REFLINK_METHOD_MIXED) {
        text_add_size(text, outcome->bytes_cloned);
        text_add(text, L" cloned, ");
        text_add_size(text, outcome->bytes_copied);
        text_add(text, L" copied)");
        return;
    }
    text_add_size(text, outcome->bytes);
    if (outcome->method == REFLINK_METHOD_CLONE)
        text_format(text, L", %" TEXT_U64 L" %ls", outcome->requests,
                    outcome->requests == 1 ? L"request" : L"requests");
    text_add(text, L", ");
    text_add_time(text, outcome->elapsed_us);
    text_add(text, L")");
}

static void add_result(const struct reflink_outcome *outcome,
                       const struct report_style *style, struct text *text)
{
    static const wchar_t *const methods[] = {
        [REFLINK_METHOD_NONE] = L"done    ",
        [REFLINK_METHOD_CLONE] = L"cloned  ",
        [REFLINK_METHOD_COPY] = L"copied  ",
        [REFLINK_METHOD_MIXED] = L"mixed   ",
    };
    add_pair(methods[outcome->method], outcome, text);
    add_amounts(outcome, text);
    if (outcome->reason != REFLINK_REASON_NONE) {
        text_add(text, L": ");
        message_add_reason(text, outcome, style->range);
    }
    text_add(text, L"\n");
}

/* Adds the system's message and the code. */
static void add_message(uint32_t code, struct text *text)
{
    wchar_t message[512];
    os_message(code, message, sizeof message / sizeof message[0]);
    text_format(text, L": %ls (%u)", message, (unsigned)code);
}

void report_error(const wchar_t *path, const struct reflink_error *error,
                  struct text *err)
{
    text_add(err, L"reflink: ");
    text_add_name(err, path);
    if (!message_hint_replaces_message(error)) {
        text_format(err, L": %ls", message_step(error->step));
        add_message(error->code, err);
    }
    if (error->hint != REFLINK_HINT_NONE)
        text_format(err, L": %ls", message_hint(error->hint));
    text_add(err, L"\n");
}

static void add_refusal(const struct reflink_outcome *outcome,
                        const struct report_style *style, struct text *text)
{
    text_add(text, L"reflink: ");
    text_add_name(text, outcome->dest);
    text_format(text, L": %ls", message_step(REFLINK_STEP_CLONE));
    if (outcome->refusal != 0)
        add_message(outcome->refusal, text);
    text_add(text, L": ");
    message_add_reason(text, outcome, style->range);
    text_add(text, L"\n");
}

/* Adds one line that lists what DEST's volume did not keep. */
static void add_losses(const struct reflink_outcome *outcome, struct text *text)
{
    const wchar_t *separator = L"";
    text_add(text, L"reflink: ");
    text_add_name(text, outcome->dest);
    text_add(text, L": warning: ");
    text_add(text, message_not_kept);
    for (unsigned i = 0; i < REFLINK_LOST_COUNT; i++) {
        if ((outcome->lost >> i & 1) == 0)
            continue;
        text_add(text, separator);
        text_add(text, message_lost(i));
        separator = L", ";
    }
    text_add(text, L"\n");
}

/* Adds `reflink: DEST: NOTE`, and the system's message unless `code` is 0. */
static void add_note(const struct reflink_outcome *outcome,
                     enum message_note note, unsigned times, uint32_t code,
                     struct text *text)
{
    text_add(text, L"reflink: ");
    text_add_name(text, outcome->dest);
    text_add(text, L": ");
    message_add_note(text, note, times);
    if (code != 0)
        add_message(code, text);
    text_add(text, L"\n");
}

/* Adds how the file was done, for -v. A refused file has no note about refused
   requests, because its result says the same. */
static void add_notes(const struct reflink_outcome *outcome, struct text *text)
{
    if (outcome->retries != 0)
        add_note(outcome, MESSAGE_RETRIED, outcome->retries,
                 outcome->retry_code, text);
    if (outcome->unverified != 0)
        add_note(outcome, MESSAGE_UNVERIFIED, outcome->unverified, 0, text);
    if (outcome->refusal != 0 && outcome->status == REFLINK_OK)
        add_note(outcome, MESSAGE_REQUEST_REFUSED, 1, outcome->refusal, text);
}

void report_link(const struct reflink_outcome *outcome,
                 const struct report_style *style, struct text *out)
{
    if (!style->verbose || style->json)
        return;
    add_pair(L"linked  ", outcome, out);
    text_add(out, L"\n");
}

/* Whether a file that was done or skipped gets a line on stdout. */
static bool is_reported(const struct reflink_outcome *outcome,
                        const struct report_style *style)
{
    if (style->quiet || style->json)
        return false;
    if (outcome->status == REFLINK_SKIPPED)
        return style->verbose;
    return style->verbose || !style->several_files ||
           outcome->method != REFLINK_METHOD_CLONE;
}

void report_warnings(const struct reflink_outcome *outcome,
                     const struct report_style *style, struct text *err)
{
    unsigned warnings = totals_warnings(outcome);
    if (style->quiet)
        return;
    for (unsigned i = 0; i < REFLINK_WARNING_COUNT; i++) {
        if ((warnings >> i & 1) == 0)
            continue;
        text_add(err, L"reflink: ");
        text_add_name(err, outcome->source);
        text_format(err, L": warning: %ls\n", message_warning(i));
    }
    if (outcome->status == REFLINK_OK && outcome->lost != 0)
        add_losses(outcome, err);
}

void report_file(const struct reflink_outcome *outcome,
                 const struct report_style *style, struct text *out,
                 struct text *err)
{
    if (style->json)
        report_json_file(outcome, style->range, out);
    if (style->verbose)
        add_notes(outcome, err);
    switch (outcome->status) {
    case REFLINK_OK:
        if (is_reported(outcome, style))
            add_result(outcome, style, out);
        report_warnings(outcome, style, err);
        break;
    case REFLINK_SKIPPED:
        if (is_reported(outcome, style)) {
            add_pair(L"skipped ", outcome, out);
            text_format(out, L": %ls\n", message_skipped);
        }
        break;
    case REFLINK_REFUSED:
        add_refusal(outcome, style, err);
        break;
    default:
        report_warnings(outcome, style, err);
        report_error(message_error_path(outcome), &outcome->error, err);
        break;
    }
}

/* `3 files: 2 cloned (44 GiB), 1 copied (4.2 GiB), 0 failed` */
void report_summary(const struct totals *totals,
                    const struct report_style *style, struct text *out)
{
    if (style->json) {
        report_json_summary(totals, totals_exit_code(totals), out);
        return;
    }
    if (!style->several_files || style->quiet)
        return;
    text_format(out, L"%" TEXT_U64 L" %ls: %" TEXT_U64 L" cloned (",
                totals->files, totals->files == 1 ? L"file" : L"files",
                totals->cloned);
    text_add_size(out, totals->bytes_cloned);
    text_format(out, L"), %" TEXT_U64 L" copied (", totals->copied);
    text_add_size(out, totals->bytes_copied);
    text_add(out, L")");
    if (totals->mixed != 0)
        text_format(out, L", %" TEXT_U64 L" mixed", totals->mixed);
    if (totals->skipped != 0)
        text_format(out, L", %" TEXT_U64 L" skipped", totals->skipped);
    if (totals->refused != 0)
        text_format(out, L", %" TEXT_U64 L" refused", totals->refused);
    text_format(out, L", %" TEXT_U64 L" failed\n", totals->failed);
}

void report_usage(const wchar_t *message, struct text *err)
{
    text_add(err, L"reflink: ");
    text_add_name(err, message);
    text_add(err, L"\n");
    text_add(err, message_try_help);
}
