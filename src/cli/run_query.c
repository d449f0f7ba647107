#include "run_query.h"

#include "report_layout.h"
#include "core/errors.h"
#include "core/os.h"
#include "core/tree/wildcard.h"
#include "console.h"

enum { PRINT_AT = 1 << 15 }; /* characters */

/* One form at work. */
struct query {
    const struct options *options;
    struct report_style style;
    struct text out;
    struct text err;
    bool answered;      /* at least one operand has its text */
    bool unprinted;     /* stdout could not be written */
    bool out_of_memory; /* there was no memory for something that was to be said
                         */
    bool failed;
};

static struct query begin(const struct options *options)
{
    return (struct query){.options = options,
                          .style = {.quiet = options->quiet,
                                    .verbose = options->verbose,
                                    .json = options->json}};
}

/* Prints and empties both texts. */
static void print(struct query *show)
{
    show->out_of_memory =
        show->out_of_memory || show->out.failed || show->err.failed;
    if (!os_print(OS_STDOUT, text_words(&show->out)))
        show->unprinted = true;
    os_print(OS_STDERR, text_words(&show->err));
    text_clear(&show->out);
    text_clear(&show->err);
}

/* Whether it is any use to go on with the next operand. */
static bool goes_on(const struct query *show)
{
    return !show->unprinted && !os_cancelled();
}

/*
 * Prints what has gathered, but for its last character: json.c tells by it
 * whether a comma is due. False if it is no use to go on.
 */
static bool print_piece(struct query *show)
{
    struct text *out = &show->out;
    if (out->length < PRINT_AT)
        return true;
    wchar_t last[2] = {out->data[out->length - 1], L'\0'};
    out->data[out->length - 1] = L'\0';
    print(show);
    text_add(out, last);
    return goes_on(show);
}

/* A blank line parts the texts of two operands. */
static void part(struct query *show)
{
    if (show->answered && !show->style.json && !show->style.quiet)
        text_add(&show->out, L"\n");
    show->answered = true;
}

static int end(struct query *show)
{
    print(show);
    text_free(&show->out);
    text_free(&show->err);
    int code = show->failed ? EXIT_CODE_FAILED : EXIT_CODE_DONE;
    if (os_cancelled())
        code = EXIT_CODE_INTERRUPTED;
    if (show->out_of_memory)
        code = console_out_of_memory(code);
    return show->unprinted ? console_unprinted(code) : code;
}

static struct reflink_error interrupted(void)
{
    return (struct reflink_error){CODE_CANCELLED, REFLINK_STEP_EXTENTS,
                                  REFLINK_HINT_INTERRUPTED, true};
}

/* ---- one operand after the other ------------------------------------- */

/* What is done with a path, and with one that cannot be had. */
struct form {
    void (*one)(struct query *show, const wchar_t *path);
    void (*failed)(struct query *show, const wchar_t *path,
                   const struct reflink_error *error);
    bool directories; /* they are matches of a wildcard, too */
};

struct each {
    struct query *show;
    const struct form *form;
};

static bool show_match(void *context, const wchar_t *path,
                       const struct os_entry *entry)
{
    struct each *each = context;
    (void)entry;
    each->form->one(each->show, path);
    print(each->show);
    return goes_on(each->show);
}

static bool show_no_name(void *context, const wchar_t *shown)
{
    const struct each *each = context;
    const struct reflink_error error = {CODE_INVALID_NAME, REFLINK_STEP_LIST,
                                        REFLINK_HINT_NO_NAME, true};
    each->form->failed(each->show, shown, &error);
    print(each->show);
    return goes_on(each->show);
}

/* cmd.exe expands no wildcards here either. */
static void show_operand(struct each *each, const wchar_t *words)
{
    if (!wildcard_is(words)) {
        show_match(each, words, NULL);
        return;
    }
    const struct wildcard_visitor visitor = {show_match, show_no_name, each};
    os_error code = wildcard_each(words, each->form->directories, &visitor);
    const struct reflink_error error = {code, REFLINK_STEP_LIST,
                                        code == CODE_DIRECTORY_NOT_SUPPORTED
                                            ? REFLINK_HINT_DIRECTORY
                                            : REFLINK_HINT_NONE,
                                        true};
    if (code != 0)
        each->form->failed(each->show, words, &error);
    print(each->show);
}

static int query_each(const struct options *options, const struct form *form)
{
    struct query show = begin(options);
    struct each each = {&show, form};
    for (int i = 0; i < options->operand_count && goes_on(&show); i++)
        show_operand(&each, options->operands[i]);
    return end(&show);
}

/* ---- --info ---------------------------------------------------------- */

static void volume_failed(struct query *show, const wchar_t *path,
                          const struct reflink_error *error)
{
    report_info_failed(path, error, &show->style, &show->out, &show->err);
    show->failed = true;
}

static void query_volume(struct query *show, const wchar_t *path)
{
    struct reflink_error error = {0};
    struct info info;
    if (info_read(path, &show->options->policy, &info, &error)) {
        part(show);
        report_info(path, &info, &show->style, &show->out);
    } else {
        volume_failed(show, path, &error);
    }
}

int run_info(const struct options *options)
{
    static const struct form form = {query_volume, volume_failed, true};
    return query_each(options, &form);
}

/* ---- --extents ------------------------------------------------------- */

static void list_runs(struct query *show, struct report_list *list)
{
    const struct layout *layout = list->layout;
    bool going = true;
    report_extents_begin(list, &show->out);
    for (size_t i = 0; i < layout->count && going; i++) {
        report_extents_run(list, &layout->runs[i], &show->out);
        going = print_piece(show);
    }
    struct reflink_error error = interrupted();
    if (going)
        report_extents_end(list, &show->out);
    else if (!show->unprinted)
        report_extents_failed(list, &error, &show->out, &show->err);
}

static void file_failed(struct query *show, const wchar_t *path,
                        const struct reflink_error *error)
{
    struct report_list list = {.style = &show->style, .path = path};
    report_extents_failed(&list, error, &show->out, &show->err);
    show->failed = true;
}

static void query_file(struct query *show, const wchar_t *path)
{
    struct reflink_error error = {0};
    struct layout layout;
    struct report_list list = {
        .style = &show->style, .path = path, .layout = &layout};
    if (layout_take(path, &show->options->policy, &layout, &error)) {
        part(show);
        list_runs(show, &list);
    } else {
        file_failed(show, path, &error);
    }
    layout_close(&layout);
}

int run_extents(const struct options *options)
{
    static const struct form form = {query_file, file_failed, false};
    return query_each(options, &form);
}

/* ---- --shared -------------------------------------------------------- */

struct visit {
    struct query *show;
    struct report_list *list;
    bool stopped;
};

static bool show_range(void *context, const struct shared_range *range)
{
    struct visit *visit = context;
    report_shared_range(visit->list, range, &visit->show->out);
    visit->stopped = !print_piece(visit->show);
    return !visit->stopped;
}

/* False: `pair->error` says why there is no end to it. */
static bool list_ranges(struct query *show, struct report_list *list,
                        struct shared_pair *pair)
{
    struct visit visit = {show, list, false};
    uint64_t bytes = 0;
    report_shared_begin(list, &show->out);
    os_error code =
        shared_find(&pair->first, &pair->second, show_range, &visit, &bytes);
    if (code == 0 && !visit.stopped) {
        report_shared_end(list, bytes, &show->out);
        return true;
    }
    pair->error = interrupted();
    if (code != 0)
        pair->error = (struct reflink_error){code, REFLINK_STEP_MEMORY,
                                             REFLINK_HINT_NONE, true};
    return false;
}

int run_shared(const struct options *options)
{
    struct query show = begin(options);
    struct shared_pair pair = {0};
    struct report_list list = {.style = &show.style,
                               .path = options->operands[0],
                               .other = options->operands[1],
                               .layout = &pair.first,
                               .layout_other = &pair.second};
    show.failed =
        !shared_open(show.options->operands, &show.options->policy, &pair) ||
        !list_ranges(&show, &list, &pair);
    if (show.failed && !show.unprinted)
        report_shared_failed(&list, options->operands[pair.in_second],
                             &pair.error, &show.out, &show.err);
    shared_close(&pair);
    return end(&show);
}
