#include "report_dry.h"

#include "json.h"
#include "report_json.h"
#include "messages.h"

/* Whether the step is about a range of bytes. */
static bool is_range(const struct reflink_dry_step *step)
{
    return step->kind == REFLINK_DRY_CLONE || step->kind == REFLINK_DRY_COPY;
}

static void add_json(const struct reflink_dry_step *step, struct text *text)
{
    if (text->length != 0)
        text_add(text, L",");
    text_add(text, L"{");
    json_string(text, L"step", message_dry_name(step->kind));
    if (is_range(step)) {
        json_number(text, L"source_offset", step->source_offset);
        json_number(text, L"dest_offset", step->dest_offset);
    }
    if (is_range(step) || step->length != 0)
        json_number(text, L"length", step->length);
    if (step->kind == REFLINK_DRY_CLONE)
        json_number(text, L"request", step->request);
    json_close(text);
}

static void add_line(const struct reflink_dry_step *step, struct text *text)
{
    text_format(text, L"  %-10ls ", message_dry_name(step->kind));
    if (is_range(step))
        text_format(text,
                    L"%" TEXT_U64 L" bytes from %" TEXT_U64 L" to %" TEXT_U64,
                    step->length, step->source_offset, step->dest_offset);
    else
        text_add(text, message_dry_step(step->kind));
    if (step->request > step->length) {
        text_add(text, L" (");
        text_format(text, message_rounded_up, step->request);
        text_add(text, L")");
    }
    if (!is_range(step) && step->length != 0)
        text_format(text, L": %" TEXT_U64, step->length);
    text_add(text, L"\n");
}

void report_dry_step(void *context, const struct reflink_dry_step *step)
{
    struct report_dry *dry = context;
    if (step->kind == REFLINK_DRY_DIRECTORY || step->kind == REFLINK_DRY_LINK ||
        step->kind == REFLINK_DRY_RELINK)
        dry->no_file = true;
    if (dry->style->json)
        add_json(step, &dry->steps);
    else
        add_line(step, &dry->steps);
}

static void add_head(const struct report_dry *dry,
                     const struct reflink_outcome *outcome, struct text *text)
{
    text_add(text, L"plan    ");
    text_add_name(text, outcome->source);
    text_add(text, L" -> ");
    text_add_name(text, outcome->dest);
    if (!dry->no_file) {
        text_add(text, L"  (");
        text_add_size(text, outcome->bytes_cloned);
        text_format(text, L" cloned in %" TEXT_U64 L" %ls, ", outcome->requests,
                    outcome->requests == 1 ? L"request" : L"requests");
        text_add_size(text, outcome->bytes_copied);
        text_add(text, L" copied)");
    }
    if (outcome->reason != REFLINK_REASON_NONE) {
        text_add(text, L": ");
        message_add_reason(text, outcome, dry->style->range);
    }
    text_add(text, L"\n");
}

void report_dry_end(struct report_dry *dry,
                    const struct reflink_outcome *outcome, struct text *out,
                    struct text *err)
{
    const struct report_style *style = dry->style;
    /* the JSON object has everything that `out` would get from report_file */
    const struct report_style rest = {.quiet = style->quiet || style->json,
                                      .verbose = style->verbose,
                                      .several_files = style->several_files,
                                      .range = style->range};
    if (style->json) {
        json_begin(out, L"plan");
        report_json_members(outcome, style->range, out);
        json_array(out, L"steps");
        text_add(out, text_words(&dry->steps));
        json_array_end(out);
        json_end(out);
    } else if (outcome->status == REFLINK_OK && !style->quiet) {
        add_head(dry, outcome, out);
        text_add(out, text_words(&dry->steps));
    }
    text_fail_with(out, &dry->steps);
    if (outcome->status != REFLINK_OK)
        report_file(outcome, &rest, NULL, out, err);
    else
        report_warnings(outcome, style, err);
    text_free(&dry->steps);
}
