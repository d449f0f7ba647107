/*
 * The usage page: one screen, complete, and the same options as those that
 * are understood (options.c), those that PowerShell completes
 * (completion.ps1), those of the README and those of the manual. And the words
 * for programs, which manual and schema list.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/help.h"
#include "cli/options.h"
#include "cli/report.h"
#include "cli/messages.h"
#include "sources.h"

TestSuite(help, .timeout = 120);

enum {
    SCREEN = 60,
    WIDTH = 80,
    MOST_WORDS = 128,
    WORD = 40,
};

/* Words, each once, in the order of their first appearance. */
struct words {
    char at[MOST_WORDS][WORD];
    size_t count;
};

static bool has(const struct words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++) {
        if (strcmp(words->at[i], word) == 0)
            return true;
    }
    return false;
}

static void add(struct words *words, const char *word, size_t length)
{
    char copy[WORD];
    cr_assert(length < WORD && words->count < MOST_WORDS);
    memcpy(copy, word, length);
    copy[length] = '\0';
    if (!has(words, copy))
        memcpy(words->at[words->count++], copy, length + 1);
}

static void expect_all_in(const struct words *some, const struct words *all,
                          const char *where)
{
    for (size_t i = 0; i < some->count; i++)
        cr_expect(has(all, some->at[i]), "'%s' is not in %s", some->at[i],
                  where);
}

static char *page(void)
{
    struct text text = {0};
    help_add_usage(&text);
    char *bytes = calloc(text.length + 1, 1);
    cr_assert(bytes != NULL);
    for (size_t i = 0; i < text.length; i++) {
        cr_assert(text.data[i] == L'\n' ||
                  (text.data[i] >= L' ' && text.data[i] <= L'~'));
        bytes[i] = (char)text.data[i];
    }
    text_free(&text);
    return bytes;
}

static size_t name_length(const char *option)
{
    return strspn(option, "-abcdefghijklmnopqrstuvwxyzHT");
}

/* --name and -x of the page's left column. */
static struct words of_page(void)
{
    struct words words = {.count = 0};
    char *text = page();
    for (char *line = strtok(text, "\n"); line != NULL;
         line = strtok(NULL, "\n")) {
        bool row = strncmp(line, "  -", 3) == 0;
        for (char *at = line + 2; row && *at == '-';) {
            size_t length = at[1] == '?' ? 2 : name_length(at);
            if (length > 2 || at[1] != '-')
                add(&words, at, length);
            at += length;
            at += strncmp(at, ", /?, ", 6) == 0 ? 6
                  : strncmp(at, ", ", 2) == 0   ? 2
                                                : 0;
        }
    }
    free(text);
    return words;
}

/* The same of the rows `@('--name=value', 'what it is')`; all = with =value */
static struct words of_completion(bool all)
{
    struct words words = {.count = 0};
    char *text = sources_read("src/cli/completion.ps1");
    for (char *at = strstr(text, "@('-"); at != NULL;
         at = strstr(at + 1, "@('-")) {
        const char *word = at + 3;
        size_t length = strcspn(word, "'");
        if (!all && word[1] == '-')
            length = name_length(word);
        add(&words, word, length);
    }
    free(text);
    return words;
}

/* And of the rows `{L"name", L'x', ...}`. */
static struct words of_table(void)
{
    struct words words = {.count = 0};
    char *text = sources_read("src/cli/options.c");
    char *table = strstr(text, "static const struct option table[]");
    cr_assert(table != NULL);
    *strstr(table, "};") = '\0';
    for (char *at = strstr(table, "{L\""); at != NULL;
         at = strstr(at + 1, "{L\"")) {
        char word[WORD];
        int length = (int)name_length(at + 3);
        snprintf(word, sizeof word, "--%.*s", length, at + 3);
        add(&words, word, strlen(word));
        if (strncmp(at + 3 + length, "\", L'", 5) == 0) {
            snprintf(word, sizeof word, "-%c", at[3 + length + 5]);
            add(&words, word, 2);
        }
    }
    free(text);
    return words;
}

Test(help, is_one_screen)
{
    char *text = page();
    int lines = 0;
    for (char *at = text; *at != '\0'; at++) {
        cr_expect(strcspn(at, "\n") < WIDTH, "%.*s", (int)strcspn(at, "\n"),
                  at);
        at += strcspn(at, "\n");
        lines++;
    }
    cr_expect(lines <= SCREEN, "%d lines", lines);
    free(text);
}

Test(help, has_all_options_and_no_others)
{
    struct words in_page = of_page();
    struct words in_table = of_table();
    cr_assert(in_table.count > 20);
    expect_all_in(&in_table, &in_page, "the usage page");
    expect_all_in(&in_page, &in_table, "options.c");
}

Test(help, completion_has_all_options_and_no_others)
{
    struct words in_page = of_page();
    struct words completed = of_completion(false);
    cr_assert(in_page.count > 20);
    expect_all_in(&in_page, &completed, "completion.ps1");
    expect_all_in(&completed, &in_page, "the usage page");
}

/* What stands in backquotes in the first column of a table in Markdown. */
static void add_rows(struct words *words, char *table, bool options)
{
    for (char *row = strstr(table, "\n| `"); row != NULL;
         row = strstr(row + 1, "\n| `")) {
        const char *end = strchr(row + 3, '|');
        for (const char *at = row + 3; *at == '`';) {
            size_t length = name_length(at + 1);
            if (at[1] == '-' && at[2] == '?')
                length = 2;
            bool word = !options || *(at + 1) == '-';
            if (word && length != 0 && strncmp(at + 1, "--`", 3) != 0)
                add(words, at + 1, length);
            at = strchr(at + 1, '`') + 1;
            at += strspn(at, ", ");
            cr_assert(at <= end, "%s", row);
        }
    }
}

/* Of all tables of a page that have this heading. */
static struct words of_tables(const char *name, const char *heading,
                              bool options)
{
    struct words words = {.count = 0};
    char *text = sources_read(name);
    char *table = strstr(text, heading);
    cr_assert(table != NULL, "%s: %s", name, heading);
    while (table != NULL) {
        char *end = strstr(table, "\n\n");
        cr_assert(end != NULL, "%s", table);
        *end = '\0';
        add_rows(&words, table, options);
        table = strstr(end + 1, heading);
    }
    free(text);
    return words;
}

static void expect_all_options(const char *name)
{
    struct words in_page = of_page();
    struct words in_tables = of_tables(name, "| option | meaning |\n", true);
    cr_assert(in_page.count > 20);
    expect_all_in(&in_page, &in_tables, name);
    expect_all_in(&in_tables, &in_page, "the usage page");
}

Test(help, readme_has_all_options_and_no_others)
{
    expect_all_options("README.md");
}

Test(help, manual_has_all_options_and_no_others)
{
    expect_all_options("src/cli/README.md");
}

/* A reason is a stable word for programs. */
Test(help, manual_and_schema_have_all_reasons)
{
    struct words listed =
        of_tables("src/cli/README.md", "| `reason` | why", false);
    struct words reasons = {.count = 0};
    char *schema = sources_read("include/reflink/output.schema.json");
    for (int i = REFLINK_REASON_NONE + 1; i < REFLINK_REASON_COUNT; i++) {
        char word[WORD];
        snprintf(word, sizeof word, "\"%ls\"",
                 message_reason((enum reflink_reason)i));
        cr_expect(strstr(schema, word) != NULL, "%s", word);
        add(&reasons, word + 1, strlen(word) - 2);
    }
    expect_all_in(&reasons, &listed, "the manual");
    expect_all_in(&listed, &reasons, "messages.c");
    free(schema);
}

Test(help, manual_and_schema_have_all_warnings)
{
    char *schema = sources_read("include/reflink/output.schema.json");
    char *manual = sources_read("src/cli/README.md");
    for (unsigned i = 0; i < REFLINK_WARNING_COUNT; i++) {
        char word[WORD];
        snprintf(word, sizeof word, "\"%ls\"", message_warning_reason(i));
        cr_expect(strstr(schema, word) != NULL, "%s", word);
        snprintf(word, sizeof word, "`%ls`", message_warning_reason(i));
        cr_expect(strstr(manual, word) != NULL, "%s", word);
    }
    free(manual);
    free(schema);
}

static bool is_understood(const char *word)
{
    wchar_t wide[WORD + 2];
    wchar_t a[] = L"a";
    wchar_t b[] = L"b";
    wchar_t program[] = L"reflink";
    wchar_t *argv[] = {program, wide, a, b, NULL};
    struct options options;
    struct text error = {0};
    bool to_be_typed = word[strlen(word) - 1] == '=' || strcmp(word, "-j") == 0;
    size_t length = 0;
    for (; word[length] != '\0'; length++)
        wide[length] = (wchar_t)word[length];
    if (to_be_typed)
        wide[length++] = L'1';
    wide[length] = L'\0';
    /* An operand may be missing where an option takes one, and some options
       need another one. */
    bool understood = options_parse(4, argv, &options, &error) ||
                      wcsstr(text_words(&error), L"missing") != NULL ||
                      wcsstr(text_words(&error), L"needs -r") != NULL;
    options_free(&options);
    text_free(&error);
    return understood;
}

/* What is completed is understood, its value too. */
Test(help, completion_is_understood)
{
    struct words completed = of_completion(true);
    for (size_t i = 0; i < completed.count; i++)
        cr_expect(is_understood(completed.at[i]), "%s", completed.at[i]);
    cr_expect(has(&completed, "--reflink=auto"));
    cr_expect(has(&completed, "--verify=full"));
    cr_expect(has(&completed, "--progress=always"));
}

/* Every exit code that main can answer with. */
Test(help, tells_exit_codes)
{
    static const char *const codes[] = {" 0 ", " 1 ", " 2 ",
                                        " 3 ", " 4 ", " 130 "};
    char *text = page();
    char *exits = strstr(text, "Exit code:");
    cr_assert(exits != NULL);
    for (char *at = exits; *at != '\0'; at++) {
        if (*at == '\n')
            *at = ' ';
    }
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        cr_expect(strstr(exits, codes[i]) != NULL, "%s", codes[i]);
    free(text);
}

/* Alone, the program says what is missing and where to read on. */
Test(help, alone)
{
    wchar_t program[] = L"reflink";
    wchar_t *argv[] = {program, NULL};
    struct options options;
    struct text error = {0};
    struct text err = {0};
    cr_expect(!options_parse(1, argv, &options, &error));
    report_usage(text_words(&error), &err);
    cr_expect(wcscmp(text_words(&err), L"reflink: missing SOURCE and DEST\n"
                                       L"Try 'reflink --help'.\n") == 0,
              "%ls", text_words(&err));
    options_free(&options);
    text_free(&error);
    text_free(&err);
}
