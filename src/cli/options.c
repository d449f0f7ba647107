#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "core/os.h"
#include "messages.h"
#include "size.h"

struct parser {
    int argc;
    wchar_t **argv;
    int next;
    struct options *options;
    struct text *error;
    uint64_t offset;                /* --offset, which sets both offsets ... */
    const struct option *bare;      /* the previous argument, without a value */
    const struct option *no_dedupe; /* the first that --dedupe does not take */
    bool has_source_offset;         /* ... unless they are given separately */
    bool has_dest_offset;
};

enum value_rule {
    VALUE_NONE,     /* --name */
    VALUE_OPTIONAL, /* --name or --name=VALUE */
    VALUE_NEEDED    /* --name=VALUE or --name VALUE */
};

enum option_id {
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_FORCE,
    OPTION_NO_CLOBBER,
    OPTION_UPDATE,
    OPTION_SECURITY,
    OPTION_WRITABLE,
    OPTION_RECURSIVE,
    OPTION_NO_TARGET_DIRECTORY,
    OPTION_KEEP_DIRECTORY_SYMLINK,
    OPTION_RETARGET_LINKS,
    OPTION_HARD_LINKS,
    OPTION_JOBS,
    OPTION_TARGET,
    OPTION_JSON,
    OPTION_PROGRESS,
    OPTION_DRY_RUN,
    OPTION_INFO,
    OPTION_EXTENTS,
    OPTION_SHARED,
    OPTION_DEDUPE,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_REFLINK,
    OPTION_VERIFY,
    OPTION_OFFSET,
    OPTION_SOURCE_OFFSET,
    OPTION_DEST_OFFSET,
    OPTION_LENGTH,
    OPTION_RETRIES,
    OPTION_FLUSH
};

struct option {
    const wchar_t *name; /* without dashes */
    wchar_t letter;      /* or 0 */
    enum value_rule rule;
    enum option_id id;
    /* `value` is NULL if there is none, which `rule` then allows. */
    bool (*apply)(struct parser *parser, const struct option *option,
                  const wchar_t *value);
};

static bool bad_value(struct parser *parser, const struct option *option,
                      const wchar_t *value, enum message_value wanted)
{
    text_format(parser->error, message_usage(MESSAGE_BAD_VALUE), option->name,
                value, message_value(wanted));
    return false;
}

/* What to do instead of cloning. */
static bool apply_action(struct parser *parser, const struct option *option,
                         const wchar_t *value)
{
    struct options *options = parser->options;
    (void)value;
    switch (option->id) {
    case OPTION_HELP:
        options->action = OPTIONS_HELP;
        break;
    case OPTION_VERSION:
        options->action = OPTIONS_VERSION;
        break;
    case OPTION_INFO:
        options->action = OPTIONS_INFO;
        break;
    case OPTION_EXTENTS:
        options->action = OPTIONS_EXTENTS;
        break;
    case OPTION_SHARED:
        options->action = OPTIONS_SHARED;
        break;
    default: /* OPTION_DEDUPE */
        options->action = OPTIONS_DEDUPE;
        break;
    }
    return true;
}

static bool apply_flag(struct parser *parser, const struct option *option,
                       const wchar_t *value)
{
    struct options *options = parser->options;
    (void)value;
    switch (option->id) {
    case OPTION_FORCE:
        options->policy.existing = REFLINK_EXISTING_REPLACE;
        break;
    case OPTION_NO_CLOBBER:
        options->policy.existing = REFLINK_EXISTING_KEEP;
        break;
    case OPTION_UPDATE:
        options->policy.existing = REFLINK_EXISTING_UPDATE;
        break;
    case OPTION_SECURITY:
        options->policy.security = true;
        break;
    case OPTION_WRITABLE:
        options->policy.writable = true;
        break;
    case OPTION_RECURSIVE:
        options->recursive = true;
        break;
    case OPTION_NO_TARGET_DIRECTORY:
        options->exact_dest = true;
        break;
    case OPTION_KEEP_DIRECTORY_SYMLINK:
        options->follow_dest_links = true;
        break;
    case OPTION_RETARGET_LINKS:
        options->retarget_links = true;
        break;
    case OPTION_HARD_LINKS:
        options->hard_links = true;
        break;
    case OPTION_DRY_RUN:
        options->dry_run = true;
        break;
    case OPTION_JSON:
        options->json = true;
        break;
    default: /* OPTION_QUIET, OPTION_VERBOSE: the last one counts */
        options->quiet = option->id == OPTION_QUIET;
        options->verbose = option->id == OPTION_VERBOSE;
        break;
    }
    return true;
}

static const struct {
    enum option_id id;
    const wchar_t *name;
    int value;
} choices[] = {
    {OPTION_REFLINK, L"auto", REFLINK_AUTO},
    {OPTION_REFLINK, L"always", REFLINK_ALWAYS},
    {OPTION_REFLINK, L"never", REFLINK_NEVER},
    {OPTION_VERIFY, L"none", REFLINK_VERIFY_NONE},
    {OPTION_VERIFY, L"sample", REFLINK_VERIFY_SAMPLE},
    {OPTION_VERIFY, L"full", REFLINK_VERIFY_FULL},
    {OPTION_FLUSH, L"auto", REFLINK_FLUSH_AUTO},
    {OPTION_FLUSH, L"always", REFLINK_FLUSH_ALWAYS},
    {OPTION_FLUSH, L"never", REFLINK_FLUSH_NEVER},
    {OPTION_PROGRESS, L"auto", PROGRESS_AUTO},
    {OPTION_PROGRESS, L"always", PROGRESS_ALWAYS},
    {OPTION_PROGRESS, L"never", PROGRESS_NEVER},
};

static bool apply_choice(struct parser *parser, const struct option *option,
                         const wchar_t *value)
{
    struct options *options = parser->options;
    bool is_verify = option->id == OPTION_VERIFY;
    int choice = -1;
    if (value == NULL)
        choice = is_verify ? REFLINK_VERIFY_FULL : REFLINK_ALWAYS;
    for (size_t i = 0; value != NULL && i < sizeof choices / sizeof choices[0];
         i++) {
        if (choices[i].id == option->id && wcscmp(choices[i].name, value) == 0)
            choice = choices[i].value;
    }
    if (choice < 0)
        return bad_value(parser, option, value,
                         is_verify ? MESSAGE_VALUE_VERIFY : MESSAGE_VALUE_WHEN);
    switch (option->id) {
    case OPTION_REFLINK:
        options->policy.mode = (enum reflink_mode)choice;
        break;
    case OPTION_VERIFY:
        options->policy.verify = (enum reflink_verify)choice;
        break;
    case OPTION_FLUSH:
        options->policy.flush = (enum reflink_flush)choice;
        break;
    default:
        options->progress = (enum options_progress)choice;
        break;
    }
    return true;
}

static bool apply_range(struct parser *parser, const struct option *option,
                        const wchar_t *value)
{
    struct reflink_range *range = &parser->options->range;
    uint64_t *size = &parser->offset;
    parser->options->has_range = true;
    switch (option->id) {
    case OPTION_SOURCE_OFFSET:
        parser->has_source_offset = true;
        size = &range->source_offset;
        break;
    case OPTION_DEST_OFFSET:
        parser->has_dest_offset = true;
        size = &range->dest_offset;
        break;
    case OPTION_LENGTH:
        range->to_end = false;
        size = &range->length;
        break;
    default: /* OPTION_OFFSET */
        break;
    }
    return size_parse(value, size) ||
           bad_value(parser, option, value, MESSAGE_VALUE_SIZE);
}

enum { MAX_RETRIES = 1000, MAX_JOBS = 64 };

static bool apply_number(struct parser *parser, const struct option *option,
                         const wchar_t *value)
{
    bool is_jobs = option->id == OPTION_JOBS;
    unsigned long least = is_jobs ? 1 : 0;
    unsigned long most = is_jobs ? MAX_JOBS : MAX_RETRIES;
    wchar_t *end = NULL;
    unsigned long number = wcstoul(value, &end, 10);
    /* wcstoul also accepts blanks and a sign before the digits */
    bool valid = value[0] >= L'0' && value[0] <= L'9' && *end == L'\0';
    if (!valid || number < least || number > most)
        return bad_value(parser, option, value,
                         is_jobs ? MESSAGE_VALUE_JOBS : MESSAGE_VALUE_RETRIES);
    if (is_jobs)
        parser->options->jobs = (unsigned)number;
    else
        parser->options->policy.retries = (unsigned)number;
    return true;
}

static bool apply_target(struct parser *parser, const struct option *option,
                         const wchar_t *value)
{
    if (value[0] == L'\0')
        return bad_value(parser, option, value, MESSAGE_VALUE_DIRECTORY);
    parser->options->target = value;
    return true;
}

static const struct option table[] = {
    {L"help", L'?', VALUE_NONE, OPTION_HELP, apply_action},
    {L"help", L'h', VALUE_NONE, OPTION_HELP, apply_action},
    {L"version", 0, VALUE_NONE, OPTION_VERSION, apply_action},
    {L"force", L'f', VALUE_NONE, OPTION_FORCE, apply_flag},
    {L"no-clobber", L'n', VALUE_NONE, OPTION_NO_CLOBBER, apply_flag},
    {L"update", L'u', VALUE_NONE, OPTION_UPDATE, apply_flag},
    {L"security", 0, VALUE_NONE, OPTION_SECURITY, apply_flag},
    {L"writable", 0, VALUE_NONE, OPTION_WRITABLE, apply_flag},
    {L"recursive", L'r', VALUE_NONE, OPTION_RECURSIVE, apply_flag},
    {L"no-target-directory", L'T', VALUE_NONE, OPTION_NO_TARGET_DIRECTORY,
     apply_flag},
    {L"keep-directory-symlink", 0, VALUE_NONE, OPTION_KEEP_DIRECTORY_SYMLINK,
     apply_flag},
    {L"retarget-links", 0, VALUE_NONE, OPTION_RETARGET_LINKS, apply_flag},
    {L"hard-links", L'H', VALUE_NONE, OPTION_HARD_LINKS, apply_flag},
    {L"jobs", L'j', VALUE_NEEDED, OPTION_JOBS, apply_number},
    {L"target-directory", L't', VALUE_NEEDED, OPTION_TARGET, apply_target},
    {L"json", 0, VALUE_NONE, OPTION_JSON, apply_flag},
    {L"progress", 0, VALUE_NEEDED, OPTION_PROGRESS, apply_choice},
    {L"dry-run", 0, VALUE_NONE, OPTION_DRY_RUN, apply_flag},
    {L"info", 0, VALUE_NONE, OPTION_INFO, apply_action},
    {L"extents", 0, VALUE_NONE, OPTION_EXTENTS, apply_action},
    {L"shared", 0, VALUE_NONE, OPTION_SHARED, apply_action},
    {L"dedupe", 0, VALUE_NONE, OPTION_DEDUPE, apply_action},
    {L"quiet", L'q', VALUE_NONE, OPTION_QUIET, apply_flag},
    {L"verbose", L'v', VALUE_NONE, OPTION_VERBOSE, apply_flag},
    {L"reflink", 0, VALUE_OPTIONAL, OPTION_REFLINK, apply_choice},
    {L"verify", 0, VALUE_OPTIONAL, OPTION_VERIFY, apply_choice},
    {L"offset", 0, VALUE_NEEDED, OPTION_OFFSET, apply_range},
    {L"source-offset", 0, VALUE_NEEDED, OPTION_SOURCE_OFFSET, apply_range},
    {L"dest-offset", 0, VALUE_NEEDED, OPTION_DEST_OFFSET, apply_range},
    {L"length", 0, VALUE_NEEDED, OPTION_LENGTH, apply_range},
    {L"retries", 0, VALUE_NEEDED, OPTION_RETRIES, apply_number},
    {L"flush", 0, VALUE_NEEDED, OPTION_FLUSH, apply_choice},
};

enum { TABLE_ROWS = sizeof table / sizeof table[0] };

static const struct option *find_long(const wchar_t *name, size_t length)
{
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        if (wcslen(table[i].name) == length &&
            wmemcmp(table[i].name, name, length) == 0)
            return &table[i];
    }
    return NULL;
}

static const struct option *find_letter(wchar_t letter)
{
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        if (table[i].letter == letter)
            return &table[i];
    }
    return NULL;
}

/* Takes the next argument as the value of an option. NULL: there is none. */
static const wchar_t *take_value(struct parser *parser)
{
    if (parser->next >= parser->argc)
        return NULL;
    return parser->argv[parser->next++];
}

/* Whether --dedupe takes the option, with this value. */
static bool is_for_dedupe(enum option_id id, const wchar_t *value)
{
    switch (id) {
    case OPTION_HELP:
    case OPTION_VERSION:
    case OPTION_RECURSIVE:
    case OPTION_JOBS:
    case OPTION_JSON:
    case OPTION_PROGRESS:
    case OPTION_DRY_RUN:
    case OPTION_DEDUPE:
    case OPTION_QUIET:
    case OPTION_VERBOSE:
        return true;
    case OPTION_REFLINK:
        return value == NULL || wcscmp(value, L"always") == 0;
    default:
        return false;
    }
}

static bool apply(struct parser *parser, const struct option *option,
                  const wchar_t *value)
{
    if (parser->no_dedupe == NULL && !is_for_dedupe(option->id, value))
        parser->no_dedupe = option;
    return option->apply(parser, option, value);
}

static bool parse_long(struct parser *parser, const wchar_t *argument)
{
    const wchar_t *name = argument + 2;
    const wchar_t *equals = wcschr(name, L'=');
    size_t length = equals != NULL ? (size_t)(equals - name) : wcslen(name);
    const struct option *option = find_long(name, length);
    const wchar_t *value = equals != NULL ? equals + 1 : NULL;
    if (option == NULL) {
        text_format(parser->error, message_usage(MESSAGE_UNKNOWN_OPTION),
                    argument);
        return false;
    }
    if (option->rule == VALUE_NONE && value != NULL) {
        text_format(parser->error, message_usage(MESSAGE_NO_VALUE),
                    option->name, value);
        return false;
    }
    if (option->rule == VALUE_OPTIONAL && value == NULL)
        parser->bare = option;
    if (option->rule == VALUE_NEEDED && value == NULL)
        value = take_value(parser);
    if (option->rule == VALUE_NEEDED && value == NULL) {
        text_format(parser->error, message_usage(MESSAGE_VALUE_NEEDED),
                    option->name);
        return false;
    }
    return apply(parser, option, value);
}

/* `-fq`, `-j4` or `-j 4`: a value is the rest of the argument or the next
   argument. */
static bool parse_short(struct parser *parser, const wchar_t *argument)
{
    for (const wchar_t *at = argument + 1; *at != L'\0'; at++) {
        const struct option *option = find_letter(*at);
        const wchar_t *value = NULL;
        if (option == NULL) {
            text_format(parser->error, message_usage(MESSAGE_UNKNOWN_LETTER),
                        (wint_t)*at, argument);
            return false;
        }
        if (option->rule == VALUE_NEEDED)
            value = at[1] != L'\0' ? at + 1 : take_value(parser);
        if (option->rule == VALUE_NEEDED && value == NULL) {
            text_format(parser->error,
                        message_usage(MESSAGE_LETTER_VALUE_NEEDED),
                        (wint_t)*at);
            return false;
        }
        if (!apply(parser, option, value))
            return false;
        if (option->rule == VALUE_NEEDED)
            break;
    }
    return true;
}

static void add_operand(struct parser *parser, const struct option *before,
                        const wchar_t *operand)
{
    struct options *options = parser->options;
    options->operands[options->operand_count++] = operand;
    for (size_t i = 0; before != NULL && options->stray_value == NULL &&
                       i < sizeof choices / sizeof choices[0];
         i++) {
        if (choices[i].id == before->id &&
            wcscmp(choices[i].name, operand) == 0) {
            options->stray_value = operand;
            options->stray_option = before->name;
        }
    }
}

/* What users of other programs type to get help. */
static bool asks_for_help(const wchar_t *argument)
{
    return wcscmp(argument, L"help") == 0 || wcscmp(argument, L"-help") == 0 ||
           wcscmp(argument, L"/help") == 0 || wcscmp(argument, L"/h") == 0 ||
           wcscmp(argument, L"/H") == 0;
}

/* Whether the last three of five operands are meant as sizes. With -t and -r,
   they are files that have such names. */
static bool has_range_operands(const struct options *options)
{
    const wchar_t *const *sizes = options->operands + 2;
    return options->action == OPTIONS_RUN && options->operand_count == 5 &&
           !options->has_range && !options->recursive &&
           options->target == NULL && size_has_syntax(sizes[0]) &&
           size_has_syntax(sizes[1]) &&
           (size_has_syntax(sizes[2]) || wcscmp(sizes[2], L"-") == 0);
}

static bool take_size(struct parser *parser, int operand, const wchar_t *name,
                      uint64_t *size)
{
    const wchar_t *value = parser->options->operands[operand];
    if (size_parse(value, size))
        return true;
    text_format(parser->error, message_usage(MESSAGE_BAD_SIZE), name, value);
    return false;
}

/* Sets the range, either from operands in the order that xfs_io's `reflink`
   command has, or from options. */
static bool take_range(struct parser *parser)
{
    struct options *options = parser->options;
    struct reflink_range *range = &options->range;
    if (!has_range_operands(options)) {
        if (!parser->has_source_offset)
            range->source_offset = parser->offset;
        if (!parser->has_dest_offset)
            range->dest_offset = parser->offset;
        return true;
    }
    range->to_end = wcscmp(options->operands[4], L"-") == 0;
    options->operand_count = 2;
    options->has_range = true;
    return take_size(parser, 2, L"SOURCE_OFFSET", &range->source_offset) &&
           take_size(parser, 3, L"DEST_OFFSET", &range->dest_offset) &&
           (range->to_end || take_size(parser, 4, L"LENGTH", &range->length));
}

/* Requires exactly two: SOURCE and DEST, or the two files of --shared. */
static bool check_two(struct parser *parser, enum message_usage_error none,
                      enum message_usage_error one)
{
    const struct options *options = parser->options;
    if (options->operand_count == 0)
        text_add(parser->error, message_usage(none));
    else if (options->operand_count == 1 && asks_for_help(options->operands[0]))
        text_add(parser->error, message_usage(MESSAGE_HELP));
    else if (options->operand_count == 1)
        text_format(parser->error, message_usage(one), options->operands[0]);
    else if (options->operand_count > 2)
        text_format(parser->error, message_usage(MESSAGE_EXTRA_OPERAND),
                    options->operands[2]);
    return options->operand_count == 2;
}

/* Returns an option that was given and needs -r; NULL: there is none. */
static const wchar_t *option_for_trees(const struct options *options)
{
    if (options->hard_links)
        return L"-H";
    if (options->retarget_links)
        return L"--retarget-links";
    return options->follow_dest_links ? L"--keep-directory-symlink" : NULL;
}

/* Requires SOURCE and DEST, several SOURCEs and a directory, or with -t one
   SOURCE at least. */
static bool check_run(struct parser *parser)
{
    const struct options *options = parser->options;
    bool has_target = options->target != NULL;
    bool updates = options->policy.existing == REFLINK_EXISTING_UPDATE;
    if (options->exact_dest && has_target) {
        text_add(parser->error, message_usage(MESSAGE_TWO_TARGETS));
        return false;
    }
    if (options->has_range && (options->exact_dest || updates)) {
        text_format(parser->error, message_usage(MESSAGE_NOT_WITH_RANGE),
                    updates ? L"-u" : L"-T");
        return false;
    }
    const wchar_t *needs_tree = option_for_trees(options);
    if (!options->recursive && needs_tree != NULL) {
        text_format(parser->error, message_usage(MESSAGE_ONLY_RECURSIVE),
                    needs_tree);
        return false;
    }
    if (options->has_range && (options->recursive || has_target)) {
        text_add(parser->error, message_usage(MESSAGE_RANGE_OPERANDS));
        return false;
    }
    if (has_target && options->operand_count == 0) {
        text_add(parser->error, message_usage(MESSAGE_NO_SOURCE));
        return false;
    }
    if (has_target || (!options->has_range && !options->exact_dest &&
                       options->operand_count > 2))
        return true;
    return check_two(parser, MESSAGE_NO_OPERANDS, MESSAGE_NO_DEST);
}

/*
 * Requires two FILEs, one wildcard that can stand for several, or with -r one
 * path; and no option that has no meaning here.
 */
static bool check_dedupe(struct parser *parser)
{
    const struct options *options = parser->options;
    int count = options->operand_count;
    const wchar_t *first = options->operands[0];
    if (parser->no_dedupe != NULL) {
        text_format(parser->error, message_usage(MESSAGE_NOT_WITH_DEDUPE),
                    parser->no_dedupe->name);
        return false;
    }
    if (count == 0)
        text_add(parser->error,
                 message_usage(options->recursive ? MESSAGE_NO_PATH
                                                  : MESSAGE_NO_DEDUPE_FILES));
    else if (count == 1 && !options->recursive && wcspbrk(first, L"*?") == NULL)
        text_format(parser->error, message_usage(MESSAGE_NO_SECOND_FILE),
                    first);
    else
        return true;
    return false;
}

/*
 * Rejects what no path can be. Windows gives the program `C:\dir" -f` for
 * `"C:\dir\" -f`, because the backslash escapes the quotation mark.
 */
static bool is_path(struct parser *parser, const wchar_t *path)
{
    if (wcschr(path, L'"') == NULL)
        return true;
    text_format(parser->error, message_usage(MESSAGE_QUOTED_OPERAND), path);
    return false;
}

static bool check_operands(struct parser *parser)
{
    const struct options *options = parser->options;
    if (options->target != NULL && !is_path(parser, options->target))
        return false;
    for (int i = 0; i < options->operand_count; i++) {
        if (options->operands[i][0] == L'\0') {
            text_format(parser->error, message_usage(MESSAGE_EMPTY_OPERAND),
                        i + 1);
            return false;
        }
        if (!is_path(parser, options->operands[i]))
            return false;
    }
    switch (options->action) {
    case OPTIONS_INFO:
    case OPTIONS_EXTENTS:
        if (options->operand_count == 0)
            text_add(parser->error, message_usage(MESSAGE_NO_PATH));
        return options->operand_count != 0;
    case OPTIONS_SHARED:
        return check_two(parser, MESSAGE_NO_FILES, MESSAGE_NO_SECOND_FILE);
    case OPTIONS_DEDUPE:
        return check_dedupe(parser);
    default:
        return check_run(parser);
    }
}

bool options_parse(int argc, wchar_t **argv, struct options *options,
                   struct text *error)
{
    struct parser parser = {.argc = argc,
                            .argv = argv,
                            .next = 1,
                            .options = options,
                            .error = error};
    memset(options, 0, sizeof *options);
    options->policy.size = sizeof options->policy;
    options->policy.retries = 5;
    options->range.to_end = true;
    options->operands = calloc((size_t)argc + 1, sizeof *options->operands);
    if (options->operands == NULL) {
        text_fail(error);
        return false;
    }
    bool ended = false;
    while (parser.next < argc) {
        const wchar_t *argument = argv[parser.next++];
        const struct option *before = parser.bare;
        parser.bare = NULL;
        if (!ended && wcscmp(argument, L"-help") == 0) {
            text_add(error, message_usage(MESSAGE_HELP));
            return false;
        }
        if (!ended && wcscmp(argument, L"/?") == 0)
            options->action = OPTIONS_HELP;
        else if (ended || argument[0] != L'-' || argument[1] == L'\0')
            add_operand(&parser, before, argument);
        else if (wcscmp(argument, L"--") == 0)
            ended = true;
        else if (argument[1] == L'-' ? !parse_long(&parser, argument)
                                     : !parse_short(&parser, argument))
            return false;
        if (options->action == OPTIONS_HELP ||
            options->action == OPTIONS_VERSION)
            return true;
    }
    return take_range(&parser) && check_operands(&parser);
}

void options_free(struct options *options)
{
    free(options->operands);
    options->operands = NULL;
}

/*
 * One file in parallel for each processor. What takes long with small files is
 * to close them, because virus scanners read them then: 1 to 10 ms each, as
 * Mercurial measured, which gained a factor of 3 to 4 with 4 threads. More
 * threads than processors made it slower [rust-lang/rustup #1850]. The clients
 * of a server wait for it, whatever processors they have, so there are at least
 * 4 jobs; and at most 16, because the files of a directory are created one by
 * one.
 */
enum { LEAST_JOBS = 4, MOST_JOBS = 16 };

unsigned options_jobs(const struct options *options)
{
    unsigned jobs = os_processors();
    if (options->jobs != 0)
        return options->jobs;
    if (jobs < LEAST_JOBS)
        return LEAST_JOBS;
    return jobs < MOST_JOBS ? jobs : MOST_JOBS;
}
