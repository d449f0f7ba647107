#include "run_query.h"

#include "report_layout.h"
#include "core/errors.h"
#include "core/os.h"
#include "core/tree/wildcard.h"
#include "console.h"

/* Characters, so that a long list takes little memory. */
enum { PRINT_AT = 1 << 15 };

struct query {
    const struct options *options;
    struct report_style style;
    struct text out;
    struct text err;
    bool answered;      /* an operand before this one has its answer */
    bool stdout_failed; /* stdout could not be written */
    bool out_of_memory; /* some output is missing */
    bool failed;        /* an operand has no answer */
};

static struct query begin(const struct options *options)
{
    return (struct query){.options = options,
                          .style = {.quiet = options->quiet,
                                    .verbose = options->verbose,
                                    .json = options->json}};
}

/* Prints both texts and empties them. */
static void print(struct query *query)
{
    query->out_of_memory =
        query->out_of_memory || query->out.failed || query->err.failed;
    if (!os_print(OS_STDOUT, text_words(&query->out)))
        query->stdout_failed = true;
    os_print(OS_STDERR, text_words(&query->err));
    text_clear(&query->out);
    text_clear(&query->err);
}

/* Whether the next operand, or the rest of a list, is still wanted. */
static bool can_continue(const struct query *query)
{
    return !query->stdout_failed && !os_cancelled();
}

/*
 * Prints the list so far if it is long, except its last character, by which
 * json.c decides whether a comma is due. Returns false if the rest of the list
 * is not wanted.
 */
static bool print_part(struct query *query)
{
    struct text *out = &query->out;
    if (out->length < PRINT_AT)
        return true;
    wchar_t last[2] = {out->data[out->length - 1], L'\0'};
    out->data[out->length - 1] = L'\0';
    print(query);
    text_add(out, last);
    return can_continue(query);
}

/* Separates the answers for two operands by a blank line. */
static void separate(struct query *query)
{
    if (query->answered && !query->style.json && !query->style.quiet)
        text_add(&query->out, L"\n");
    query->answered = true;
}

static int end(struct query *query)
{
    print(query);
    text_free(&query->out);
    text_free(&query->err);
    int code = query->failed ? EXIT_CODE_FAILED : EXIT_CODE_DONE;
    if (os_cancelled())
        code = EXIT_CODE_INTERRUPTED;
    if (query->out_of_memory)
        code = console_out_of_memory(code);
    return query->stdout_failed ? console_stdout_failed(code) : code;
}

static const struct reflink_error interrupted = {
    CODE_CANCELLED, REFLINK_STEP_EXTENTS, REFLINK_HINT_INTERRUPTED, true};

/* ---- one operand after the other ------------------------------------- */

struct command {
    /* Answers for one path. */
    void (*answer)(struct query *query, const wchar_t *path);
    /* Reports an error about one path. */
    void (*failed)(struct query *query, const wchar_t *path,
                   const struct reflink_error *error);
    bool directories; /* wildcards match directories, too */
};

struct match {
    struct query *query;
    const struct command *command;
};

static bool on_match(void *context, const wchar_t *path,
                     const struct os_entry *entry)
{
    const struct match *match = context;
    (void)entry;
    match->command->answer(match->query, path);
    print(match->query);
    return can_continue(match->query);
}

static bool on_no_name(void *context, const wchar_t *shown)
{
    const struct match *match = context;
    const struct reflink_error error = {CODE_INVALID_NAME, REFLINK_STEP_LIST,
                                        REFLINK_HINT_NO_NAME, true};
    match->command->failed(match->query, shown, &error);
    print(match->query);
    return can_continue(match->query);
}

/* Answers for one operand; cmd.exe leaves wildcards to the program. */
static void query_operand(struct query *query, const struct command *command,
                          const wchar_t *operand)
{
    struct match match = {query, command};
    const struct wildcard_visitor visitor = {on_match, on_no_name, &match};
    if (!wildcard_is_pattern(operand)) {
        on_match(&match, operand, NULL);
        return;
    }
    os_error code = wildcard_visit(operand, command->directories, &visitor);
    const struct reflink_error error = {code, REFLINK_STEP_LIST,
                                        code == CODE_DIRECTORY_NOT_SUPPORTED
                                            ? REFLINK_HINT_DIRECTORY
                                            : REFLINK_HINT_NONE,
                                        true};
    if (code != 0)
        command->failed(query, operand, &error);
    print(query);
}

static int query_operands(const struct options *options,
                          const struct command *command)
{
    struct query query = begin(options);
    for (int i = 0; i < options->operand_count && can_continue(&query); i++)
        query_operand(&query, command, options->operands[i]);
    return end(&query);
}

/* ---- --info ---------------------------------------------------------- */

static void volume_failed(struct query *query, const wchar_t *path,
                          const struct reflink_error *error)
{
    report_info_failed(path, error, &query->style, &query->out, &query->err);
    query->failed = true;
}

static void query_volume(struct query *query, const wchar_t *path)
{
    struct reflink_error error = {0};
    struct reflink_volume info = {0};
    if (info_read(NULL, path, &query->options->policy, &info, &error)) {
        separate(query);
        report_info(path, &info, &query->style, &query->out);
    } else {
        volume_failed(query, path, &error);
    }
}

int run_info(const struct options *options)
{
    static const struct command command = {query_volume, volume_failed, true};
    return query_operands(options, &command);
}

/* ---- --extents ------------------------------------------------------- */

static void file_failed(struct query *query, const wchar_t *path,
                        const struct reflink_error *error)
{
    struct report_list list = {.style = &query->style, .path = path};
    report_extents_failed(&list, error, &query->out, &query->err);
    query->failed = true;
}

static void query_file(struct query *query, const wchar_t *path)
{
    struct reflink_error error = {0};
    struct layout layout;
    struct report_list list = {
        .style = &query->style, .path = path, .layout = &layout};
    if (layout_query(path, &query->options->policy, &layout, &error)) {
        bool complete = true;
        separate(query);
        report_extents_begin(&list, &query->out);
        for (size_t i = 0; i < layout.count && complete; i++) {
            report_extents_run(&list, &layout.runs[i], &query->out);
            complete = print_part(query);
        }
        if (complete)
            report_extents_end(&list, &query->out);
        else if (!query->stdout_failed)
            report_extents_failed(&list, &interrupted, &query->out,
                                  &query->err);
    } else {
        file_failed(query, path, &error);
    }
    layout_close(&layout);
}

int run_extents(const struct options *options)
{
    static const struct command command = {query_file, file_failed, false};
    return query_operands(options, &command);
}

/* ---- --shared -------------------------------------------------------- */

struct visit {
    struct query *query;
    struct report_list *list;
    bool stopped;
};

static bool on_range(void *context, const struct shared_range *range)
{
    struct visit *visit = context;
    report_shared_range(visit->list, range, &visit->query->out);
    visit->stopped = !print_part(visit->query);
    return !visit->stopped;
}

/* Returns false if the list is incomplete; `pair->error` has the reason. */
static bool list_ranges(struct query *query, struct report_list *list,
                        struct shared_pair *pair)
{
    struct visit visit = {query, list, false};
    uint64_t bytes = 0;
    report_shared_begin(list, &query->out);
    os_error code =
        shared_find(&pair->first, &pair->second, on_range, &visit, &bytes);
    if (code == 0 && !visit.stopped) {
        report_shared_end(list, bytes, &query->out);
        return true;
    }
    pair->error = interrupted;
    if (code != 0)
        pair->error = (struct reflink_error){code, REFLINK_STEP_MEMORY,
                                             REFLINK_HINT_NONE, true};
    return false;
}

int run_shared(const struct options *options)
{
    struct query query = begin(options);
    struct shared_pair pair = {0};
    struct report_list list = {.style = &query.style,
                               .path = options->operands[0],
                               .other = options->operands[1],
                               .layout = &pair.first,
                               .layout_other = &pair.second};
    query.failed =
        !shared_open(query.options->operands, &query.options->policy, &pair) ||
        !list_ranges(&query, &list, &pair);
    if (query.failed && !query.stdout_failed)
        report_shared_failed(&list, options->operands[pair.in_second],
                             &pair.error, &query.out, &query.err);
    shared_close(&pair);
    return end(&query);
}
