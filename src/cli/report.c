#include "report.h"

#include <string.h>

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
    if (outcome->hard_link == REFLINK_HARD_LINK_KEPT) {
        add_pair(L"hard link  ", outcome, text);
        text_add(text, L"\n");
        return;
    }
    add_pair(methods[outcome->method], outcome, text);
    add_amounts(outcome, text);
    if (outcome->reason != REFLINK_REASON_NONE) {
        text_add(text, L": ");
        message_add_reason(text, outcome, style->range);
    }
    text_add(text, L"\n");
}

/* The number of the bit. */
enum { WARNING_OWNER_NOT_KEPT = 1 };

/* Adds what follows the path of a file that --reflink=always does not copy. */
static void add_refusal(const struct reflink_outcome *outcome,
                        const struct report_style *style, struct text *text)
{
    text_add(text, message_step(REFLINK_STEP_CLONE));
    if (outcome->refusal != 0)
        message_add_system(text, outcome->refusal);
    text_add(text, L": ");
    message_add_reason(text, outcome, style->range);
}

/* Adds `reflink: PATH: CAUSE`. */
static void add_error_line(const wchar_t *path, const struct text *cause,
                           struct text *err)
{
    text_add(err, L"reflink: ");
    text_add_name(err, path);
    text_format(err, L": %ls\n", text_words(cause));
    text_fail_with(err, cause);
}

void report_error(const wchar_t *path, const struct reflink_error *error,
                  struct text *err)
{
    struct text cause = {0};
    message_add_error(&cause, error);
    add_error_line(path, &cause, err);
    text_free(&cause);
}

/* Adds the error of a file, unless enough others like it were printed. */
static void add_error(const struct reflink_outcome *outcome,
                      const struct report_style *style,
                      struct report_once *once, struct text *err)
{
    struct text cause = {0};
    struct text line = {0};
    const wchar_t *path = message_error_path(outcome);
    if (outcome->status == REFLINK_REFUSED)
        add_refusal(outcome, style, &cause);
    else
        message_add_error(&cause, &outcome->error);
    add_error_line(path, &cause, &line);
    if (once == NULL || cause.failed || line.failed)
        text_add(err, text_words(&line));
    else
        report_once_error(once, path, text_words(&cause), &line, err);
    text_fail_with(err, &line);
    text_free(&line);
    text_free(&cause);
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
        message_add_system(text, code);
    text_add(text, L"\n");
}

/* Adds how the file was done, for -v. A refused file has no note about refused
   requests, because its result says the same. */
static void add_notes(const struct reflink_outcome *outcome, struct text *text)
{
    if (outcome->retries != 0)
        add_note(outcome, MESSAGE_RETRIED, outcome->retries,
                 outcome->retry_code, text);
    if (outcome->server_refusal != 0)
        add_note(outcome, MESSAGE_SERVER_REFUSED, 1, outcome->server_refusal,
                 text);
    if (outcome->unverified != 0)
        add_note(outcome, MESSAGE_UNVERIFIED, outcome->unverified, 0, text);
    if (outcome->kept_sparse)
        add_note(outcome, MESSAGE_KEPT_SPARSE, 1, 0, text);
    if (outcome->refusal != 0 && outcome->status == REFLINK_OK)
        add_note(outcome, MESSAGE_REQUEST_REFUSED, 1, outcome->refusal, text);
}

void report_link(const struct reflink_outcome *outcome,
                 const struct report_style *style, struct text *out)
{
    if (style->quiet || style->json)
        return;
    add_pair(L"linked  ", outcome, out);
    if (outcome->replaced_file)
        text_add(out, L", in place of a file");
    text_add(out, L"\n");
}

/* Adds the line of a file that was done. In a tree or list, an ordinary file
   has none, and what holds for a whole volume has one for the volume. */
static void add_done(const struct reflink_outcome *outcome,
                     const struct report_style *style, struct report_once *once,
                     struct text *out)
{
    enum reflink_reason reason = outcome->reason;
    bool copied = outcome->method == REFLINK_METHOD_COPY;
    bool ordinary = outcome->method == REFLINK_METHOD_CLONE ||
                    outcome->hard_link == REFLINK_HARD_LINK_KEPT ||
                    (copied && (reason == REFLINK_REASON_EMPTY ||
                                reason == REFLINK_REASON_BELOW_CLUSTER ||
                                reason == REFLINK_REASON_NOT_ASKED));
    if (style->quiet || style->json || (once != NULL && ordinary))
        return;
    if (once == NULL || !copied || !message_reason_is_of_volume(reason)) {
        add_result(outcome, style, out);
    } else if (report_once_volume(once, outcome)) {
        message_add_volume_reason(out, outcome);
        text_add(out, L"\n");
    }
}

static void add_skipped(const struct reflink_outcome *outcome,
                        const struct report_style *style, struct text *out)
{
    if (style->quiet || style->json || !style->verbose)
        return;
    add_pair(L"skipped ", outcome, out);
    text_format(out, L": %ls\n", message_skipped);
}

/* Whether a warning has one line at the end of a tree or list, which counts the
   files, and none for each file. */
static bool is_counted(unsigned warning, const struct report_style *style)
{
    return warning == WARNING_OWNER_NOT_KEPT && style->several_files &&
           !style->verbose;
}

void report_warnings(const struct reflink_outcome *outcome,
                     const struct report_style *style, struct text *err)
{
    unsigned warnings = totals_warnings(outcome);
    if (style->quiet)
        return;
    for (unsigned i = 0; i < REFLINK_WARNING_COUNT; i++) {
        if ((warnings >> i & 1) == 0 || is_counted(i, style))
            continue;
        text_add(err, L"reflink: ");
        text_add_name(err, i == WARNING_OWNER_NOT_KEPT ? outcome->dest
                                                       : outcome->source);
        text_format(err, L": warning: %ls\n", message_warning(i));
    }
    if (outcome->status == REFLINK_OK && outcome->lost != 0)
        add_losses(outcome, err);
}

void report_file(const struct reflink_outcome *outcome,
                 const struct report_style *style, struct report_once *once,
                 struct text *out, struct text *err)
{
    if (style->json)
        report_json_file(outcome, style->range, out);
    if (style->verbose)
        add_notes(outcome, err);
    switch (outcome->status) {
    case REFLINK_OK:
        add_done(outcome, style, once, out);
        report_warnings(outcome, style, err);
        break;
    case REFLINK_SKIPPED:
        add_skipped(outcome, style, out);
        break;
    default:
        report_warnings(outcome, style, err);
        add_error(outcome, style, once, err);
        break;
    }
}

void report_passed_over(const wchar_t *path, enum totals_passed kind,
                        const struct report_style *style, struct text *out)
{
    if (!style->verbose || style->json)
        return;
    text_add(out, L"passed over ");
    text_add_name(out, path);
    text_format(out, L": %ls\n", message_passed_reason(kind));
}

void report_ending(const struct totals *totals,
                   const struct report_style *style,
                   const struct report_once *once, struct text *err)
{
    uint64_t owners = totals->warnings[WARNING_OWNER_NOT_KEPT];
    report_once_rest(once, err);
    if (owners != 0 && !style->quiet &&
        is_counted(WARNING_OWNER_NOT_KEPT, style)) {
        text_add(err, L"reflink: warning: ");
        message_add_count(err, MESSAGE_OWNERS_NOT_KEPT, owners);
        text_add(err, L"\n");
    }
    if (totals->usage_error)
        text_add(err, message_nothing_copied);
}

/* Adds `: 670 smaller than a cluster, 49 empty`, the most frequent reason
   first. */
static void add_reasons(const struct totals *totals, struct text *out)
{
    uint64_t left[REFLINK_REASON_COUNT];
    const wchar_t *separator = L": ";
    memcpy(left, totals->copied_reasons, sizeof left);
    for (;;) {
        int most = 0;
        for (int i = 1; i < REFLINK_REASON_COUNT; i++) {
            if (left[i] > left[most])
                most = i;
        }
        if (left[most] == 0)
            return;
        text_format(out, L"%ls%" TEXT_U64 L" %ls", separator, left[most],
                    message_reason_count((enum reflink_reason)most));
        left[most] = 0;
        separator = L", ";
    }
}

/* Adds a line for each thing that happened at least once. */
static void add_counts(const struct totals *totals,
                       const struct report_style *style, struct text *out)
{
    const struct {
        enum message_count what;
        uint64_t count;
    } lines[] = {
        {style->hard_links ? MESSAGE_HARD_LINKS_NOT_MADE : MESSAGE_HARD_LINKS,
         totals->hard_links},
        {MESSAGE_LINKS_INTO_SOURCE, totals->links_into_source},
        {MESSAGE_STAGING_FILES, totals->passed_over[TOTALS_STAGING_FILE]},
        {MESSAGE_SYSTEM_DIRECTORIES,
         totals->passed_over[TOTALS_SYSTEM_DIRECTORY]},
        {MESSAGE_SAME_SOURCES, totals->passed_over[TOTALS_SAME_SOURCE]},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (lines[i].count == 0)
            continue;
        message_add_count(out, lines[i].what, lines[i].count);
        text_add(out, L"\n");
    }
}

/* `3 files: 2 cloned (44 GiB), 1 copied (4.2 GiB: 1 encrypted), 0 failed` */
void report_summary(const struct totals *totals,
                    const struct report_style *style, struct text *out)
{
    if (style->json) {
        report_json_summary(totals, style->hard_links, out);
        return;
    }
    if (!style->several_files || style->quiet || totals->usage_error)
        return;
    text_format(out, L"%" TEXT_U64 L" %ls: %" TEXT_U64 L" cloned (",
                totals->files, totals->files == 1 ? L"file" : L"files",
                totals->cloned);
    text_add_size(out, totals->bytes_cloned);
    text_format(out, L"), %" TEXT_U64 L" copied (", totals->copied);
    text_add_size(out, totals->bytes_copied);
    add_reasons(totals, out);
    text_add(out, L")");
    if (totals->mixed != 0)
        text_format(out, L", %" TEXT_U64 L" mixed", totals->mixed);
    if (totals->linked != 0)
        text_format(out, L", %" TEXT_U64 L" %ls", totals->linked,
                    totals->linked == 1 ? L"hard link" : L"hard links");
    if (totals->skipped != 0)
        text_format(out, L", %" TEXT_U64 L" skipped", totals->skipped);
    if (totals->refused != 0)
        text_format(out, L", %" TEXT_U64 L" refused", totals->refused);
    text_format(out, L", %" TEXT_U64 L" failed\n", totals->failed);
    add_counts(totals, style, out);
}

void report_usage(const wchar_t *message, struct text *err)
{
    text_add(err, L"reflink: ");
    text_add_name(err, message);
    text_add(err, L"\n");
    text_add(err, message_try_help);
}
