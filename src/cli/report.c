#include "report.h"

#include <inttypes.h>

#include "../core/os.h"

/* Behind a result line; %ls is DEST's volume. */
static const wchar_t *const reasons[REFLINK_REASON_COUNT] = {
    [REFLINK_REASON_NOT_ASKED] = L"cloning was not asked for",
    [REFLINK_REASON_EMPTY] = L"there is no byte in it",
    [REFLINK_REASON_BELOW_CLUSTER] = L"smaller than one cluster",
    [REFLINK_REASON_PARTIAL_CLUSTER] =
        L"the last cluster is not whole, and was copied",
    [REFLINK_REASON_NO_CLONING] = L"%ls cannot clone blocks",
    [REFLINK_REASON_OTHER_VOLUME] = L"%ls is another volume than SOURCE's",
    [REFLINK_REASON_UNALIGNED] = L"the range does not lie on cluster borders",
    [REFLINK_REASON_CLOSE_OVERLAP] =
        L"the range is moved by less than one cluster",
    [REFLINK_REASON_INTEGRITY] =
        L"the integrity settings of SOURCE and DEST differ",
    [REFLINK_REASON_SPARSE] = L"SOURCE is sparse, and DEST cannot be",
    [REFLINK_REASON_LIMIT] =
        L"some clusters are referenced as often as the volume allows",
    [REFLINK_REASON_ENCRYPTED] = L"SOURCE is encrypted",
    [REFLINK_REASON_REFUSED] = L"the volume refused to share the clusters",
    [REFLINK_REASON_UNPROVED] =
        L"the volume said that it had cloned, and had not",
};

static const wchar_t *const steps[REFLINK_STEP_COUNT] = {
    [REFLINK_STEP_NONE] = L"working",
    [REFLINK_STEP_PATH] = L"reading the path",
    [REFLINK_STEP_RANGE] = L"finding the range",
    [REFLINK_STEP_OPEN_SOURCE] = L"opening it to read",
    [REFLINK_STEP_OPEN_DEST] = L"opening it to write",
    [REFLINK_STEP_QUERY] = L"asking for its size and attributes",
    [REFLINK_STEP_QUERY_VOLUME] = L"asking its volume",
    [REFLINK_STEP_CREATE] = L"creating it",
    [REFLINK_STEP_MARK] = L"marking it",
    [REFLINK_STEP_SPARSE] = L"making it sparse",
    [REFLINK_STEP_INTEGRITY] = L"setting its integrity stream",
    [REFLINK_STEP_SET_SIZE] = L"setting its size",
    [REFLINK_STEP_CLONE] = L"cloning into it",
    [REFLINK_STEP_READ] = L"reading",
    [REFLINK_STEP_WRITE] = L"writing",
    [REFLINK_STEP_ZERO] = L"writing zeros",
    [REFLINK_STEP_COMPARE] = L"comparing",
    [REFLINK_STEP_FLUSH] = L"flushing",
    [REFLINK_STEP_ATTRIBUTES] = L"setting its attributes and times",
    [REFLINK_STEP_STREAMS] = L"copying its named streams",
    [REFLINK_STEP_EA] = L"copying its extended attributes",
    [REFLINK_STEP_SECURITY] = L"copying its owner and permissions",
    [REFLINK_STEP_RENAME] = L"putting the new file in its place",
    [REFLINK_STEP_MEMORY] = L"making room in memory",
};

static const wchar_t *const hints[REFLINK_HINT_COUNT] = {
    [REFLINK_HINT_EXISTS] = L"-f replaces it, -n leaves it alone",
    [REFLINK_HINT_SAME_FILE] = L"SOURCE and DEST are the same file",
    [REFLINK_HINT_STREAM] = L"it names a stream; streams are never cloned",
    [REFLINK_HINT_DIRECTORY] = L"it is a directory",
    [REFLINK_HINT_NOT_DIRECTORY] = L"it is not a directory",
    [REFLINK_HINT_NO_DIRECTORY] = L"the directory it goes into is missing",
    [REFLINK_HINT_NOT_A_FILE] = L"it is not a file on a disk",
    [REFLINK_HINT_SOURCE_CHANGED] = L"it was changed meanwhile",
    [REFLINK_HINT_PAST_END] = L"the range ends behind its end",
    [REFLINK_HINT_TOO_FAR] = L"no file can be that long",
    [REFLINK_HINT_IN_USE] = L"another program has it open",
    [REFLINK_HINT_ENCRYPTED] =
        L"SOURCE is encrypted and this would not be; copy it to a volume that "
        L"encrypts, or decrypt it first",
    [REFLINK_HINT_INTERRUPTED] = L"interrupted; nothing half-written is left",
    [REFLINK_HINT_DIFFERENT] = L"it does not read back as it was written",
};

static void add_reason(const struct reflink_outcome *outcome, struct text *text)
{
    struct text volume = {0};
    const wchar_t *root = outcome->volume_root;
    const wchar_t *file_system = outcome->file_system;
    if (root[0] != L'\0' && file_system[0] != L'\0')
        text_format(&volume, L"%ls (%ls)", root, file_system);
    else if (root[0] != L'\0' || file_system[0] != L'\0')
        text_add(&volume, root[0] != L'\0' ? root : file_system);
    else
        text_add(&volume, L"DEST's volume");
    text_format(text, reasons[outcome->reason], text_words(&volume));
    text_free(&volume);
}

static void add_requests(uint64_t requests, struct text *text)
{
    text_format(text, L", %" PRIu64 L" %ls, ", requests,
                requests == 1 ? L"request" : L"requests");
}

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
        add_requests(outcome->requests, text);
    else
        text_add(text, L", ");
    text_add_time(text, outcome->elapsed_us);
    text_add(text, L")");
}

static void add_result(const struct reflink_outcome *outcome, struct text *text)
{
    static const wchar_t *const words[] = {
        [REFLINK_METHOD_NONE] = L"done   ",
        [REFLINK_METHOD_CLONE] = L"cloned ",
        [REFLINK_METHOD_COPY] = L"copied ",
        [REFLINK_METHOD_MIXED] = L"mixed  ",
    };
    text_format(text, L"%ls ", words[outcome->method]);
    text_add(text, outcome->source);
    text_add(text, L" -> ");
    text_add(text, outcome->dest);
    add_amounts(outcome, text);
    if (outcome->reason != REFLINK_REASON_NONE) {
        text_add(text, L": ");
        add_reason(outcome, text);
    }
    text_add(text, L"\n");
}

static void add_message(uint32_t code, struct text *text)
{
    wchar_t message[512];
    os_message(code, message, sizeof message / sizeof message[0]);
    text_format(text, L": %ls (%" PRIu32 L")", message, code);
}

static void add_error(const struct reflink_outcome *outcome, struct text *text)
{
    const struct reflink_error *error = &outcome->error;
    text_add(text, L"reflink: ");
    text_add(text, error->in_source ? outcome->source : outcome->dest);
    text_format(text, L": %ls", steps[error->step]);
    add_message(error->code, text);
    if (error->hint != REFLINK_HINT_NONE)
        text_format(text, L": %ls", hints[error->hint]);
    text_add(text, L"\n");
}

static void add_refusal(const struct reflink_outcome *outcome,
                        struct text *text)
{
    text_add(text, L"reflink: ");
    text_add(text, outcome->dest);
    text_format(text, L": %ls", steps[REFLINK_STEP_CLONE]);
    if (outcome->refusal != 0)
        add_message(outcome->refusal, text);
    text_add(text, L": ");
    add_reason(outcome, text);
    text_add(text, L"\n");
}

static const wchar_t *const losses[REFLINK_LOST_COUNT] = {
    L"named streams",        L"extended attributes",   L"the sparse flag",
    L"the integrity stream", L"owner and permissions", L"some attributes",
};

/* What DEST's volume could not hold is named, one line for all of it. */
static void add_losses(const struct reflink_outcome *outcome, struct text *text)
{
    const wchar_t *between = L"";
    text_add(text, L"reflink: ");
    text_add(text, outcome->dest);
    text_add(text, L": warning: its volume cannot hold ");
    for (unsigned i = 0; i < REFLINK_LOST_COUNT; i++) {
        if ((outcome->lost >> i & 1) == 0)
            continue;
        text_add(text, between);
        text_add(text, losses[i]);
        between = L", ";
    }
    text_add(text, L"\n");
}

void report_file(const struct reflink_outcome *outcome,
                 const struct report_style *style, struct text *out,
                 struct text *err)
{
    switch (outcome->status) {
    case REFLINK_OK:
        if (!style->quiet)
            add_result(outcome, out);
        if (!style->quiet && outcome->lost != 0)
            add_losses(outcome, err);
        break;
    case REFLINK_SKIPPED:
        if (style->verbose) {
            text_add(out, L"skipped ");
            text_add(out, outcome->source);
            text_add(out, L" -> ");
            text_add(out, outcome->dest);
            text_add(out, L": it exists already\n");
        }
        break;
    case REFLINK_REFUSED:
        add_refusal(outcome, err);
        break;
    default:
        add_error(outcome, err);
        break;
    }
}

void report_usage(const wchar_t *words, struct text *err)
{
    text_add(err, L"reflink: ");
    text_add(err, words);
    text_add(err, L"\nTry 'reflink --help'.\n");
}

enum report_exit report_exit_code(const struct reflink_outcome *outcome)
{
    switch (outcome->status) {
    case REFLINK_OK:
    case REFLINK_SKIPPED:
        return REPORT_DONE;
    case REFLINK_REFUSED:
        return REPORT_REFUSED;
    case REFLINK_DIFFERENT:
        return REPORT_DIFFERENT;
    case REFLINK_INTERRUPTED:
        return REPORT_INTERRUPTED;
    default:
        return REPORT_FAILED;
    }
}
