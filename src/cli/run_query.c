#include "run_query.h"

#include "report_layout.h"
#include "core/errors.h"
#include "core/os.h"
#include "core/file/retry.h"
#include "core/tree/wildcard.h"
#include "console.h"

enum { PRINT_AT = 1 << 15 }; /* characters */

/* One form at work. */
struct show {
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

static struct show begin(const struct options *options)
{
    return (struct show){.options = options,
                         .style = {.quiet = options->quiet,
                                   .verbose = options->verbose,
                                   .json = options->json}};
}

/* Prints and empties both texts. */
static void print(struct show *show)
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
static bool goes_on(const struct show *show)
{
    return !show->unprinted && !os_cancelled();
}

/*
 * Prints what has gathered, but for its last character: json.c tells by it
 * whether a comma is due. False if it is no use to go on.
 */
static bool print_piece(struct show *show)
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
static void part(struct show *show)
{
    if (show->answered && !show->style.json && !show->style.quiet)
        text_add(&show->out, L"\n");
    show->answered = true;
}

static int end(struct show *show)
{
    print(show);
    text_free(&show->out);
    text_free(&show->err);
    int code = show->failed ? REPORT_FAILED : REPORT_DONE;
    if (os_cancelled())
        code = REPORT_INTERRUPTED;
    if (show->out_of_memory)
        code = teller_out_of_memory(code);
    return show->unprinted ? teller_unprinted(code) : code;
}

static struct reflink_error interrupted(void)
{
    return (struct reflink_error){CODE_CANCELLED, REFLINK_STEP_EXTENTS,
                                  REFLINK_HINT_INTERRUPTED, true};
}

/* ---- one operand after the other ------------------------------------- */

/* What is done with a path, and with one that cannot be had. */
struct form {
    void (*one)(struct show *show, const wchar_t *path);
    void (*failed)(struct show *show, const wchar_t *path,
                   const struct reflink_error *error);
    bool directories; /* they are matches of a wildcard, too */
};

struct each {
    struct show *show;
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

static int show_each(const struct options *options, const struct form *form)
{
    struct show show = begin(options);
    struct each each = {&show, form};
    for (int i = 0; i < options->operand_count && goes_on(&show); i++)
        show_operand(&each, options->operands[i]);
    return end(&show);
}

/* ---- --info ---------------------------------------------------------- */

static void volume_failed(struct show *show, const wchar_t *path,
                          const struct reflink_error *error)
{
    report_info_failed(path, error, &show->style, &show->out, &show->err);
    show->failed = true;
}

static void show_volume(struct show *show, const wchar_t *path)
{
    struct restart restart = {.policy = &show->options->policy};
    struct reflink_error error = {0};
    struct info info;
    bool told;
    do
        told = info_read(path, &info, &error);
    while (!told && restart_after(&restart, error.code));
    if (told) {
        part(show);
        report_info(path, &info, &show->style, &show->out);
    } else {
        volume_failed(show, path, &error);
    }
}

int show_info(const struct options *options)
{
    static const struct form form = {show_volume, volume_failed, true};
    return show_each(options, &form);
}

/* ---- --extents ------------------------------------------------------- */

static bool read_layout(struct show *show, const wchar_t *path,
                        struct layout *layout, struct reflink_error *error)
{
    struct restart restart = {.policy = &show->options->policy};
    for (;;) {
        if (layout_open(path, layout, error) && layout_read(layout, error))
            return true;
        if (!restart_after(&restart, error->code))
            return false;
        layout_close(layout);
    }
}

static void list_runs(struct show *show, struct report_list *list)
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

static void file_failed(struct show *show, const wchar_t *path,
                        const struct reflink_error *error)
{
    struct report_list list = {.style = &show->style, .path = path};
    report_extents_failed(&list, error, &show->out, &show->err);
    show->failed = true;
}

static void show_file(struct show *show, const wchar_t *path)
{
    struct reflink_error error = {0};
    struct layout layout;
    struct report_list list = {
        .style = &show->style, .path = path, .layout = &layout};
    if (read_layout(show, path, &layout, &error)) {
        part(show);
        list_runs(show, &list);
    } else {
        file_failed(show, path, &error);
    }
    layout_close(&layout);
}

int show_extents(const struct options *options)
{
    static const struct form form = {show_file, file_failed, false};
    return show_each(options, &form);
}

/* ---- --shared -------------------------------------------------------- */

/* Two files, and which of them an error is about. */
struct pair {
    struct layout first;
    struct layout second;
    struct reflink_error error;
    bool in_second;
};

static bool open_pair(const wchar_t *const *paths, struct pair *pair)
{
    pair->in_second = false;
    if (!layout_open(paths[0], &pair->first, &pair->error))
        return false;
    pair->in_second = true;
    return layout_open(paths[1], &pair->second, &pair->error);
}

/* What lies on two volumes need not be read. */
static bool read_pair(struct pair *pair)
{
    if (!shared_same_volume(&pair->first, &pair->second))
        return true;
    pair->in_second = false;
    if (!layout_read(&pair->first, &pair->error))
        return false;
    pair->in_second = true;
    return layout_read(&pair->second, &pair->error);
}

static void close_pair(struct pair *pair)
{
    layout_close(&pair->first);
    layout_close(&pair->second);
}

static bool take_pair(struct show *show, struct pair *pair)
{
    struct restart restart = {.policy = &show->options->policy};
    for (;;) {
        if (open_pair(show->options->operands, pair) && read_pair(pair))
            return true;
        if (!restart_after(&restart, pair->error.code))
            return false;
        close_pair(pair);
    }
}

struct visit {
    struct show *show;
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
static bool list_ranges(struct show *show, struct report_list *list,
                        struct pair *pair)
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

int show_shared(const struct options *options)
{
    struct show show = begin(options);
    struct pair pair = {0};
    struct report_list list = {.style = &show.style,
                               .path = options->operands[0],
                               .other = options->operands[1],
                               .layout = &pair.first,
                               .layout_other = &pair.second};
    show.failed = !take_pair(&show, &pair) || !list_ranges(&show, &list, &pair);
    if (show.failed && !show.unprinted)
        report_shared_failed(&list, options->operands[pair.in_second],
                             &pair.error, &show.out, &show.err);
    close_pair(&pair);
    return end(&show);
}
