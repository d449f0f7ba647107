/*
 * A small test runner. Each test runs in a process of its own, so that a crash
 * or a test that hangs costs the others nothing. criterion/criterion.h has the
 * macros that tests are written with.
 */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "child.h"

static const char usage[] =
    "usage: %s [--jobs N] [--timeout SECONDS] [--filter PATTERN]\n"
    "Runs the tests SUITE/TEST that PATTERN matches, N at once (default 1). "
    "In\n"
    "PATTERN, * is any text, and @(A|B) is A or B. A test has SECONDS, or as\n"
    "long as its suite says.\n";

enum {
    EXIT_USAGE = 2,
    /* How the process of a test ends that was run to its end. No other code
       will do: a test that calls exit(0) halfway has not passed. */
    TEST_PASSED = 40,
    TEST_FAILED = 41,
    MOST_JOBS = 64,
    MOST_TEXT = 256 /* of a pattern, and of a test's name */
};

static struct runner_test *known; /* tests and suites, linked */

void runner_add(struct runner_test *test)
{
    test->next = known;
    known = test;
}

static void name_of(const struct runner_test *test, char *name)
{
    snprintf(name, MOST_TEXT, "%s/%s", test->suite, test->name);
}

/* --- one test, in this process -------------------------------------------- */

static const struct runner_test *current;
static volatile sig_atomic_t has_failed;

void runner_fail(bool is_fatal, const char *file, int line, const char *macro,
                 const char *words, const char *format, ...)
{
    char message[4096] = "";
    va_list values;
    va_start(values, format);
    if (vsnprintf(message, sizeof message, format, values) < 0)
        snprintf(message, sizeof message, "(a message that cannot be printed)");
    va_end(values);
    fprintf(stderr, "%s:%d: %s/%s: %s(%s)%s%s\n", file, line, current->suite,
            current->name, macro, words, message[0] == '\0' ? "" : ": ",
            message);
    has_failed = 1;
    if (is_fatal) {
        fflush(NULL);
        _Exit(TEST_FAILED); /* in any thread, with others still running */
    }
}

static void on_signal(int number)
{
    (void)number;
    _Exit(has_failed ? TEST_FAILED : TEST_PASSED);
}

static int run_one(const struct runner_test *test)
{
    current = test;
    if (test->options.signal != 0)
        signal(test->options.signal, on_signal);
    if (test->options.init != NULL)
        test->options.init();
    test->run();
    if (test->options.signal != 0)
        runner_fail(false, test->file, test->line, "Test", test->name,
                    "not ended by signal %d", test->options.signal);
    return has_failed ? TEST_FAILED : TEST_PASSED;
}

static int run_named(const char *wanted)
{
    for (const struct runner_test *test = known; test; test = test->next) {
        char name[MOST_TEXT];
        name_of(test, name);
        if (test->run != NULL && strcmp(name, wanted) == 0)
            return run_one(test);
    }
    fprintf(stderr, "there is no test %s\n", wanted);
    return EXIT_USAGE;
}

/* --- which tests ---------------------------------------------------------- */

static bool matches(const char *pattern, const char *text);

/* `pattern` continues with `A|B)` and what follows. */
static bool matches_one_of(const char *pattern, const char *text)
{
    const char *end = strchr(pattern, ')');
    size_t length = 0;
    for (const char *at = pattern; end && at <= end; at += length + 1) {
        char one[MOST_TEXT];
        length = strcspn(at, "|)");
        snprintf(one, sizeof one, "%.*s%s", (int)length, at, end + 1);
        if (matches(one, text))
            return true;
    }
    return false;
}

static bool matches(const char *pattern, const char *text)
{
    if (strncmp(pattern, "@(", 2) == 0)
        return matches_one_of(pattern + 2, text);
    if (*pattern == '*')
        return matches(pattern + 1, text) ||
               (*text != '\0' && matches(pattern, text + 1));
    if (*pattern != *text)
        return false;
    return *pattern == '\0' || matches(pattern + 1, text + 1);
}

static int compare(const void *a, const void *b)
{
    const struct runner_test *left = *(struct runner_test *const *)a;
    const struct runner_test *right = *(struct runner_test *const *)b;
    int suites = strcmp(left->suite, right->suite);
    return suites != 0 ? suites : strcmp(left->name, right->name);
}

/* Sorted, since nothing says in which order they became known. */
static const struct runner_test **choose(const char *pattern, size_t *count)
{
    size_t most = 0;
    for (const struct runner_test *test = known; test; test = test->next)
        most++;
    const struct runner_test **chosen = calloc(most + 1, sizeof *chosen);
    if (chosen == NULL)
        abort();
    *count = 0;
    for (const struct runner_test *test = known; test; test = test->next) {
        char name[MOST_TEXT];
        name_of(test, name);
        if (test->run != NULL && matches(pattern, name))
            chosen[(*count)++] = test;
    }
    qsort(chosen, *count, sizeof *chosen, compare);
    return chosen;
}

/* --- all of them, each in a process --------------------------------------- */

struct job {
    const struct runner_test *test; /* NULL: none is running */
    struct child child;
    double start;
};

struct totals {
    size_t tested;
    size_t failed; /* crashed and timed out among them */
    size_t crashed;
};

static double all_time_limit; /* 0: that of each test and suite holds */

static double time_limit(const struct runner_test *test)
{
    if (all_time_limit > 0)
        return all_time_limit;
    if (test->options.timeout > 0)
        return test->options.timeout;
    for (const struct runner_test *other = known; other; other = other->next) {
        if (other->run == NULL && strcmp(other->suite, test->suite) == 0)
            return other->options.timeout;
    }
    return 0;
}

static void finish(struct job *job, struct totals *totals, int code)
{
    const struct runner_test *test = job->test;
    job->test = NULL;
    totals->tested++;
    if (code == TEST_PASSED)
        return;
    totals->failed++;
    if (code == TEST_FAILED) {
        fprintf(stderr, "[FAIL] %s/%s: %.1f s\n", test->suite, test->name,
                child_clock() - job->start);
        return;
    }
    totals->crashed++;
    fprintf(stderr, "[CRASH] %s/%s: exit code %d\n", test->suite, test->name,
            code);
}

static void time_out(struct job *job, struct totals *totals)
{
    const struct runner_test *test = job->test;
    child_kill(&job->child);
    job->test = NULL;
    totals->tested++;
    totals->failed++;
    fprintf(stderr, "[FAIL] %s/%s: not over after %.0f s\n", test->suite,
            test->name, time_limit(test));
}

static void start(struct job *job, const struct runner_test *test,
                  struct totals *totals)
{
    char name[MOST_TEXT];
    name_of(test, name);
    *job = (struct job){.test = test, .start = child_clock()};
    if (child_start(&job->child, name))
        return;
    fprintf(stderr, "the system starts no process for a test\n");
    finish(job, totals, -1);
}

static void look_after(struct job *job, struct totals *totals)
{
    int code = 0;
    double limit = time_limit(job->test);
    if (child_wait(&job->child, &code))
        finish(job, totals, code);
    else if (limit > 0 && child_clock() - job->start > limit)
        time_out(job, totals);
}

static int run_all(const char *pattern, size_t jobs)
{
    struct job at_work[MOST_JOBS] = {{0}};
    struct totals totals = {0};
    size_t count = 0;
    size_t next = 0;
    const struct runner_test **tests = choose(pattern, &count);
    while (totals.tested < count) {
        for (size_t i = 0; i < jobs; i++) {
            if (at_work[i].test != NULL)
                look_after(&at_work[i], &totals);
            else if (next < count)
                start(&at_work[i], tests[next++], &totals);
        }
    }
    free(tests);
    if (count == 0)
        fprintf(stderr, "no test matches %s\n", pattern);
    /* as Criterion's last line */
    fprintf(stderr,
            "[====] Synthesis: Tested: %zu | Passing: %zu | Failing: %zu | "
            "Crashing: %zu\n",
            totals.tested, totals.tested - totals.failed, totals.failed,
            totals.crashed);
    return count == 0 || totals.failed != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const char *pattern = "*";
    const char *one = NULL;
    long jobs = 1;
    int i = 1;
    child_prepare(argv[0]);
    for (; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--one") == 0)
            one = argv[i + 1];
        else if (strcmp(argv[i], "--filter") == 0)
            pattern = argv[i + 1];
        else if (strcmp(argv[i], "--timeout") == 0)
            all_time_limit = strtod(argv[i + 1], NULL);
        else if (strcmp(argv[i], "--jobs") == 0)
            jobs = strtol(argv[i + 1], NULL, 10);
        else
            break;
    }
    if (i < argc || jobs < 1 || jobs > MOST_JOBS ||
        strlen(pattern) >= MOST_TEXT) {
        fprintf(stderr, usage, argv[0]);
        return EXIT_USAGE;
    }
    return one != NULL ? run_named(one) : run_all(pattern, (size_t)jobs);
}
