#include "run_files.h"

#include "core/tree/operands.h"
#include "core/tree/cloner.h"
#include "core/tree/wildcard.h"
#include "messages.h"
#include "run_tree.h"
#include "size.h"
#include "console.h"

/* A run on one file, or on a range of one. */
struct single {
    struct console console;
    struct cloner run;
    const struct reflink_outcome *so_far;
    uint64_t total;
};

static void fill_view(void *context, struct progress_view *view)
{
    const struct single *single = context;
    view->name = single->so_far->dest;
    view->done = single->so_far->bytes_cloned + single->so_far->bytes_copied;
    view->total = single->total;
}

static bool on_progress(void *context, const struct reflink_outcome *so_far,
                        uint64_t total)
{
    struct single *single = context;
    single->so_far = so_far;
    single->total = total;
    console_progress(&single->console, fill_view, single);
    return true;
}

static void run_file(struct single *single, const struct options *options)
{
    const wchar_t *source = options->operands[0];
    const wchar_t *dest = options->operands[1];
    const struct reflink_range *range =
        options->has_range ? &options->range : NULL;
    struct reflink_outcome outcome;
    struct report_dry dry = {.style = &single->console.style};
    if (options->dry_run) {
        cloner_dry_run(&single->run, &options->policy, source, dest, range,
                       report_dry_step, &dry, &outcome);
        console_planned(&single->console, &dry, &outcome);
    } else {
        reflink_session_watch(single->run.session, on_progress, single);
        cloner_run(&single->run, &options->policy, source, dest, range,
                   &outcome);
        console_done(&single->console, &outcome);
    }
}

static int run_single(const struct options *options)
{
    struct single single = {0};
    bool ready = cloner_begin(&single.run, options->exact_dest);
    if (console_begin(&single.console, options, false)) {
        if (ready)
            run_file(&single, options);
        else
            console_no_memory(&single.console);
    }
    cloner_end(&single.run);
    return console_end(&single.console);
}

static bool exists(const wchar_t *path)
{
    struct os_file *file = NULL;
    bool found = os_open(path, OS_OPEN_LOOK, &file) == 0;
    os_close(file);
    return found;
}

/* Whether four operands look like a range without its LENGTH. */
static bool lacks_length(const struct options *options)
{
    if (options->action != OPTIONS_RUN || options->has_range ||
        options->recursive || options->target != NULL ||
        options->operand_count != 4 || !size_has_syntax(options->operands[2]) ||
        !size_has_syntax(options->operands[3]))
        return false;
    return !exists(options->operands[3]);
}

/*
 * Whether an operand looks like an option of copy, xcopy or robocopy: `/Y`,
 * `/MIR`, `/R:3`.
 */
static bool looks_like_switch(const wchar_t *operand)
{
    enum { LONGEST = 4 };
    size_t letters = operand[0] == L'/' ? wcscspn(operand + 1, L":") : 0;
    if (letters == 0 || letters > LONGEST)
        return false;
    for (size_t i = 1; i <= letters; i++) {
        wchar_t c = operand[i] | 0x20; /* in lower case, if it is a letter */
        if (c < L'a' || c > L'z')
            return false;
    }
    return true;
}

/*
 * Finds an operand that was meant as an option of another program. It can also
 * be the name of a file in the root of the drive, so it only counts where the
 * run would fail anyway: if it does not exist, and is a SOURCE, one operand too
 * many, or the DEST of a SOURCE that does not exist either.
 */
static bool has_switch(const struct options *options, struct text *error)
{
    static const struct {
        const wchar_t *name;
        const wchar_t *option;
    } meant[] = {{L"/Y", L"-f"}, {L"/S", L"-r"}, {L"/E", L"-r"},
                 {L"/D", L"-u"}, {L"/Q", L"-q"}, {L"/MT", L"-j"}};
    bool has_target = options->target != NULL;
    for (int i = 0; i < options->operand_count; i++) {
        const wchar_t *operand = options->operands[i];
        bool is_dest = !has_target && i == 1 && options->operand_count == 2;
        if (!looks_like_switch(operand) || exists(operand) ||
            (is_dest && exists(options->operands[0])))
            continue;
        for (size_t m = 0; m < sizeof meant / sizeof meant[0]; m++) {
            size_t length = wcslen(meant[m].name);
            bool equal = wcscspn(operand, L":") == length;
            for (size_t c = 0; equal && c < length; c++)
                equal = os_fold(operand[c]) == os_fold(meant[m].name[c]);
            if (equal) {
                text_format(error, message_usage(MESSAGE_SWITCH_MEANT), operand,
                            meant[m].option);
                return true;
            }
        }
        text_format(error, message_usage(MESSAGE_SWITCH), operand);
        return true;
    }
    return false;
}

bool run_files_check(const struct options *options, struct text *error)
{
    bool has_target = options->target != NULL;
    bool dedupe = options->action == OPTIONS_DEDUPE;
    int count = options->operand_count - (has_target || dedupe ? 0 : 1);
    const wchar_t *dest =
        has_target || dedupe ? options->target : options->operands[count];
    bool shared = options->action == OPTIONS_SHARED;
    bool one_file = options->has_range || options->exact_dest || shared;
    enum message_usage_error problem = MESSAGE_WILDCARD_PLACE;
    const wchar_t *culprit = NULL;
    if (options->stray_value != NULL && !exists(options->stray_value)) {
        text_format(error, message_usage(MESSAGE_STRAY_VALUE),
                    options->stray_option, options->stray_option,
                    options->stray_value);
        return false;
    }
    if (has_switch(options, error))
        return false;
    for (int i = 0; i < count && culprit == NULL; i++) {
        if (wildcard_is_misplaced(options->operands[i]))
            culprit = options->operands[i];
    }
    if (culprit == NULL && one_file &&
        wildcard_is_pattern(options->operands[0])) {
        problem = MESSAGE_WILDCARD;
        culprit = options->operands[0];
    }
    if (culprit == NULL && dest != NULL &&
        (wildcard_is_pattern(dest) || wildcard_is_misplaced(dest))) {
        problem = shared ? MESSAGE_WILDCARD : MESSAGE_WILDCARD_DEST;
        culprit = dest;
    }
    if (culprit == NULL && lacks_length(options)) {
        problem = MESSAGE_RANGE_LENGTH;
        culprit = options->operands[3];
    }
    if (culprit != NULL)
        text_format(error, message_usage(problem), culprit);
    return culprit == NULL;
}

int run_files(const struct options *options)
{
    /* with -t, all operands are sources; otherwise the last one is DEST */
    bool has_target = options->target != NULL;
    int count = options->operand_count - (has_target ? 0 : 1);
    struct operands operands = {
        .sources = options->operands,
        .count = count,
        .dest = has_target ? options->target : options->operands[count],
        .into = has_target,
        .exact = options->exact_dest,
        .recursive = options->recursive,
    };
    if (!options->has_range &&
        operands_needed(operands.sources, operands.count, operands.into,
                        operands.recursive))
        return run_tree(options, &operands);
    return run_single(options);
}
