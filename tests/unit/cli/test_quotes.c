/*
 * What README and manual quote of the output is what is printed: each line
 * below a quoted command stands in a test that holds the output to the letter.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "sources.h"

TestSuite(quotes, .timeout = 120);

static const char *const tests[] = {
    "tests/unit/cli/test_report.c", "tests/unit/cli/test_report_layout.c",
    "tests/unit/cli/test_report_dedupe.c", "tests/e2e/test_output.c"};

/* The texts of a C source, in place: adjacent literals become one text, and
   other code becomes zero bytes between them. */
static void keep_literals(char *source)
{
    char *to = source;
    for (char *at = strchr(source, '"'); at != NULL && *at != '\0';) {
        for (at++; *at != '"' && *at != '\0'; at++) {
            if (*at == '\\')
                at++;
            *to++ = at[-1] == '\\' && *at == 'n' ? '\n' : *at;
        }
        at += *at == '"';
        char *next = at + strspn(at, " \nL");
        if (*next != '"') {
            *to++ = '\n';
            next = strchr(next, '"');
        }
        at = next;
    }
    *to = '\0';
}

static bool is_tested(char *const *texts, const char *line)
{
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        if (strstr(texts[i], line) != NULL)
            return true;
    }
    return false;
}

/* Returns how many lines of output the page quotes. */
static unsigned check_page(const char *name, char *const *texts)
{
    char *page = sources_read(name);
    unsigned quoted = 0;
    bool in_output = false;
    for (char *line = strtok(page, "\n"); line != NULL;
         line = strtok(NULL, "\n")) {
        bool indented = strncmp(line, "    ", 4) == 0;
        bool is_command = strncmp(line, "    > reflink ", 14) == 0;
        if (in_output && indented && !is_command) {
            quoted++;
            cr_expect(is_tested(texts, line + 4), "%s: %s", name, line);
        }
        in_output = is_command || (in_output && indented);
    }
    free(page);
    return quoted;
}

Test(quotes, are_what_is_printed)
{
    char *texts[sizeof tests / sizeof tests[0]];
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        texts[i] = sources_read(tests[i]);
        keep_literals(texts[i]);
    }
    cr_expect_eq(check_page("README.md", texts), 3);
    cr_expect_gt(check_page("src/cli/README.md", texts), 30);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        free(texts[i]);
}
