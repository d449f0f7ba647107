#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "messages.h"
#include "size.h"

/* What the parser knows while it goes along. */
struct parser {
    int argc;
    wchar_t **argv;
    int next;
    struct options *options;
    struct text *error;
    bool has_source_offset; /* --offset speaks where these are silent */
    bool has_dest_offset;
    uint64_t offset;
};

enum value_rule {
    VALUE_NONE,     /* --name */
    VALUE_OPTIONAL, /* --name or --name=VALUE */
    VALUE_NEEDED    /* --name=VALUE or --name VALUE */
};

struct option {
    const wchar_t *name; /* without dashes */
    wchar_t letter;      /* or 0 */
    enum value_rule rule;
    /* `value` is NULL where it may be and was left out. */
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

static bool apply_help(struct parser *parser, const struct option *option,
                       const wchar_t *value)
{
    (void)option;
    (void)value;
    parser->options->action = OPTIONS_HELP;
    return true;
}

static bool apply_version(struct parser *parser, const struct option *option,
                          const wchar_t *value)
{
    (void)option;
    (void)value;
    parser->options->action = OPTIONS_VERSION;
    return true;
}

static bool apply_force(struct parser *parser, const struct option *option,
                        const wchar_t *value)
{
    (void)option;
    (void)value;
    parser->options->policy.existing = REFLINK_EXISTING_REPLACE;
    return true;
}

static bool apply_keep(struct parser *parser, const struct option *option,
                       const wchar_t *value)
{
    (void)option;
    (void)value;
    parser->options->policy.existing = REFLINK_EXISTING_KEEP;
    return true;
}

static bool apply_security(struct parser *parser, const struct option *option,
                           const wchar_t *value)
{
    (void)option;
    (void)value;
    parser->options->policy.security = true;
    return true;
}

static bool apply_recursive(struct parser *parser, const struct option *option,
                            const wchar_t *value)
{
    (void)option;
    (void)value;
    parser->options->recursive = true;
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

static bool apply_json(struct parser *parser, const struct option *option,
                       const wchar_t *value)
{
    (void)option;
    (void)value;
    parser->options->json = true;
    return true;
}

static bool apply_dry_run(struct parser *parser, const struct option *option,
                          const wchar_t *value)
{
    (void)option;
    (void)value;
    parser->options->dry_run = true;
    return true;
}

/* The forms that look and change nothing; one at a time. */
static bool apply_action(struct parser *parser, const struct option *option,
                         const wchar_t *value)
{
    static const struct {
        const wchar_t *name;
        enum options_action action;
    } actions[] = {{L"info", OPTIONS_INFO},
                   {L"extents", OPTIONS_EXTENTS},
                   {L"shared", OPTIONS_SHARED}};
    (void)value;
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (wcscmp(actions[i].name, option->name) == 0)
            parser->options->action = actions[i].action;
    }
    return true;
}

static bool apply_quiet(struct parser *parser, const struct option *option,
                        const wchar_t *value)
{
    (void)option;
    (void)value;
    parser->options->quiet = true;
    parser->options->verbose = false;
    return true;
}

static bool apply_verbose(struct parser *parser, const struct option *option,
                          const wchar_t *value)
{
    (void)option;
    (void)value;
    parser->options->verbose = true;
    parser->options->quiet = false;
    return true;
}

struct word {
    const wchar_t *text;
    int value;
};

/* The value of the word, or -1. */
static int find_word(const struct word *words, size_t count,
                     const wchar_t *text)
{
    for (size_t i = 0; i < count; i++) {
        if (wcscmp(words[i].text, text) == 0)
            return words[i].value;
    }
    return -1;
}

static bool apply_reflink(struct parser *parser, const struct option *option,
                          const wchar_t *value)
{
    static const struct word words[] = {{L"auto", REFLINK_AUTO},
                                        {L"always", REFLINK_ALWAYS},
                                        {L"never", REFLINK_NEVER}};
    int mode = REFLINK_ALWAYS;
    if (value != NULL)
        mode = find_word(words, sizeof words / sizeof words[0], value);
    if (mode < 0)
        return bad_value(parser, option, value, MESSAGE_VALUE_WHEN);
    parser->options->policy.mode = (enum reflink_mode)mode;
    return true;
}

static bool apply_verify(struct parser *parser, const struct option *option,
                         const wchar_t *value)
{
    static const struct word words[] = {{L"none", REFLINK_VERIFY_NONE},
                                        {L"sample", REFLINK_VERIFY_SAMPLE},
                                        {L"full", REFLINK_VERIFY_FULL}};
    int verify = REFLINK_VERIFY_FULL;
    if (value != NULL)
        verify = find_word(words, sizeof words / sizeof words[0], value);
    if (verify < 0)
        return bad_value(parser, option, value, MESSAGE_VALUE_VERIFY);
    parser->options->policy.verify = (enum reflink_verify)verify;
    return true;
}

static bool apply_flush(struct parser *parser, const struct option *option,
                        const wchar_t *value)
{
    static const struct word words[] = {{L"auto", REFLINK_FLUSH_AUTO},
                                        {L"always", REFLINK_FLUSH_ALWAYS},
                                        {L"never", REFLINK_FLUSH_NEVER}};
    int flush = find_word(words, sizeof words / sizeof words[0], value);
    if (flush < 0)
        return bad_value(parser, option, value, MESSAGE_VALUE_WHEN);
    parser->options->policy.flush = (enum reflink_flush)flush;
    return true;
}

static bool apply_progress(struct parser *parser, const struct option *option,
                           const wchar_t *value)
{
    static const struct word words[] = {{L"auto", PROGRESS_AUTO},
                                        {L"always", PROGRESS_ALWAYS},
                                        {L"never", PROGRESS_NEVER}};
    int progress = find_word(words, sizeof words / sizeof words[0], value);
    if (progress < 0)
        return bad_value(parser, option, value, MESSAGE_VALUE_WHEN);
    parser->options->progress = (enum options_progress)progress;
    return true;
}

static bool parse_size(struct parser *parser, const struct option *option,
                       const wchar_t *value, uint64_t *size)
{
    parser->options->has_range = true;
    return size_parse(value, size) ||
           bad_value(parser, option, value, MESSAGE_VALUE_SIZE);
}

static bool apply_offset(struct parser *parser, const struct option *option,
                         const wchar_t *value)
{
    return parse_size(parser, option, value, &parser->offset);
}

static bool apply_source_offset(struct parser *parser,
                                const struct option *option,
                                const wchar_t *value)
{
    parser->has_source_offset = true;
    return parse_size(parser, option, value,
                      &parser->options->range.source_offset);
}

static bool apply_dest_offset(struct parser *parser,
                              const struct option *option, const wchar_t *value)
{
    parser->has_dest_offset = true;
    return parse_size(parser, option, value,
                      &parser->options->range.dest_offset);
}

static bool apply_length(struct parser *parser, const struct option *option,
                         const wchar_t *value)
{
    parser->options->range.to_end = false;
    return parse_size(parser, option, value, &parser->options->range.length);
}

enum { MOST_RETRIES = 1000 };

enum { MOST_JOBS = 64 };

static bool apply_jobs(struct parser *parser, const struct option *option,
                       const wchar_t *value)
{
    wchar_t *end = NULL;
    unsigned long number = wcstoul(value, &end, 10);
    if (value[0] < L'0' || value[0] > L'9' || *end != L'\0' || number < 1 ||
        number > MOST_JOBS)
        return bad_value(parser, option, value, MESSAGE_VALUE_JOBS);
    parser->options->jobs = (unsigned)number;
    return true;
}

static bool apply_retries(struct parser *parser, const struct option *option,
                          const wchar_t *value)
{
    wchar_t *end = NULL;
    unsigned long number = wcstoul(value, &end, 10);
    if (value[0] < L'0' || value[0] > L'9' || *end != L'\0' ||
        number > MOST_RETRIES)
        return bad_value(parser, option, value, MESSAGE_VALUE_RETRIES);
    parser->options->policy.retries = (unsigned)number;
    return true;
}

static const struct option table[] = {
    {L"help", L'?', VALUE_NONE, apply_help},
    {L"help", L'h', VALUE_NONE, apply_help},
    {L"version", 0, VALUE_NONE, apply_version},
    {L"force", L'f', VALUE_NONE, apply_force},
    {L"no-clobber", L'n', VALUE_NONE, apply_keep},
    {L"security", 0, VALUE_NONE, apply_security},
    {L"recursive", L'r', VALUE_NONE, apply_recursive},
    {L"jobs", L'j', VALUE_NEEDED, apply_jobs},
    {L"target-directory", L't', VALUE_NEEDED, apply_target},
    {L"json", 0, VALUE_NONE, apply_json},
    {L"progress", 0, VALUE_NEEDED, apply_progress},
    {L"dry-run", 0, VALUE_NONE, apply_dry_run},
    {L"info", 0, VALUE_NONE, apply_action},
    {L"extents", 0, VALUE_NONE, apply_action},
    {L"shared", 0, VALUE_NONE, apply_action},
    {L"quiet", L'q', VALUE_NONE, apply_quiet},
    {L"verbose", L'v', VALUE_NONE, apply_verbose},
    {L"reflink", 0, VALUE_OPTIONAL, apply_reflink},
    {L"verify", 0, VALUE_OPTIONAL, apply_verify},
    {L"offset", 0, VALUE_NEEDED, apply_offset},
    {L"source-offset", 0, VALUE_NEEDED, apply_source_offset},
    {L"dest-offset", 0, VALUE_NEEDED, apply_dest_offset},
    {L"length", 0, VALUE_NEEDED, apply_length},
    {L"retries", 0, VALUE_NEEDED, apply_retries},
    {L"flush", 0, VALUE_NEEDED, apply_flush},
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

/* The next argument, as the value of an option; NULL if there is none. */
static const wchar_t *take_value(struct parser *parser)
{
    if (parser->next >= parser->argc)
        return NULL;
    return parser->argv[parser->next++];
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
    if (option->rule == VALUE_NEEDED && value == NULL)
        value = take_value(parser);
    if (option->rule == VALUE_NEEDED && value == NULL) {
        text_format(parser->error, message_usage(MESSAGE_VALUE_NEEDED),
                    option->name);
        return false;
    }
    return option->apply(parser, option, value);
}

/* `-fq`, `-j4`, `-j 4`: the rest of the argument is the value, if any. */
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
        if (!option->apply(parser, option, value))
            return false;
        if (option->rule == VALUE_NEEDED)
            break;
    }
    return true;
}

static void add_operand(struct parser *parser, const wchar_t *operand)
{
    parser->options->operands[parser->options->operand_count++] = operand;
}

static bool parse_argument(struct parser *parser, const wchar_t *argument)
{
    if (wcscmp(argument, L"/?") == 0) {
        parser->options->action = OPTIONS_HELP;
        return true;
    }
    if (argument[0] != L'-' || argument[1] == L'\0') {
        add_operand(parser, argument);
        return true;
    }
    return argument[1] == L'-' ? parse_long(parser, argument)
                               : parse_short(parser, argument);
}

/* Whether the last three of five operands are sizes, as far as one can see;
   with -t and -r there may be files of such names. */
static bool has_range_operands(const struct options *options)
{
    const wchar_t *const *sizes = options->operands + 2;
    return options->action == OPTIONS_RUN && options->operand_count == 5 &&
           !options->has_range && !options->recursive &&
           options->target == NULL && size_has_form(sizes[0]) &&
           size_has_form(sizes[1]) &&
           (size_has_form(sizes[2]) || wcscmp(sizes[2], L"-") == 0);
}

static bool take_size(struct parser *parser, int operand, const wchar_t *name,
                      uint64_t *size)
{
    const wchar_t *words = parser->options->operands[operand];
    if (size_parse(words, size))
        return true;
    text_format(parser->error, message_usage(MESSAGE_BAD_SIZE), name, words);
    return false;
}

/* `SOURCE DEST SOURCE_OFFSET DEST_OFFSET LENGTH`, as xfs_io has it. */
static bool take_range_operands(struct parser *parser)
{
    struct options *options = parser->options;
    struct reflink_range *range = &options->range;
    range->to_end = wcscmp(options->operands[4], L"-") == 0;
    options->operand_count = 2;
    options->has_range = true;
    return take_size(parser, 2, L"SOURCE_OFFSET", &range->source_offset) &&
           take_size(parser, 3, L"DEST_OFFSET", &range->dest_offset) &&
           (range->to_end || take_size(parser, 4, L"LENGTH", &range->length));
}

static bool take_range(struct parser *parser)
{
    struct options *options = parser->options;
    if (has_range_operands(options))
        return take_range_operands(parser);
    if (!parser->has_source_offset)
        options->range.source_offset = parser->offset;
    if (!parser->has_dest_offset)
        options->range.dest_offset = parser->offset;
    return true;
}

static bool has_empty_operand(struct parser *parser)
{
    const struct options *options = parser->options;
    for (int i = 0; i < options->operand_count; i++) {
        if (options->operands[i][0] == L'\0') {
            text_format(parser->error, message_usage(MESSAGE_EMPTY_OPERAND),
                        i + 1);
            return true;
        }
    }
    return false;
}

/* Exactly two: SOURCE and DEST, or the two files of --shared. */
static bool check_two(struct parser *parser, enum message_usage_error none,
                      enum message_usage_error one)
{
    const struct options *options = parser->options;
    if (options->operand_count == 0)
        text_add(parser->error, message_usage(none));
    else if (options->operand_count == 1)
        text_format(parser->error, message_usage(one), options->operands[0]);
    else if (options->operand_count > 2)
        text_format(parser->error, message_usage(MESSAGE_EXTRA_OPERAND),
                    options->operands[2]);
    return options->operand_count == 2;
}

static bool say(struct parser *parser, enum message_usage_error error)
{
    text_add(parser->error, message_usage(error));
    return false;
}

/* SOURCE and DEST, several SOURCEs and a directory, or any with -t. */
static bool check_run(struct parser *parser)
{
    const struct options *options = parser->options;
    bool several = options->recursive || options->target != NULL;
    if (options->has_range && several)
        return say(parser, MESSAGE_RANGE_OPERANDS);
    if (options->target != NULL && options->operand_count == 0)
        return say(parser, MESSAGE_NO_SOURCE);
    if (options->target != NULL ||
        (!options->has_range && options->operand_count > 2))
        return true;
    return check_two(parser, MESSAGE_NO_OPERANDS, MESSAGE_NO_DEST);
}

static bool check_operands(struct parser *parser)
{
    const struct options *options = parser->options;
    if (has_empty_operand(parser))
        return false;
    switch (options->action) {
    case OPTIONS_INFO:
    case OPTIONS_EXTENTS:
        if (options->operand_count == 0)
            text_add(parser->error, message_usage(MESSAGE_NO_PATH));
        return options->operand_count != 0;
    case OPTIONS_SHARED:
        return check_two(parser, MESSAGE_NO_FILES, MESSAGE_NO_SECOND_FILE);
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
        if (ended)
            add_operand(&parser, argument);
        else if (wcscmp(argument, L"--") == 0)
            ended = true;
        else if (!parse_argument(&parser, argument))
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
