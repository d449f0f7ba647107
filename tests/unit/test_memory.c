/*
 * Memory that runs out: the nth time the program asks for some there is none,
 * once or from then on. What is on stdout with --json is always whole lines of
 * JSON, and a failure is never without a word.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report.h"
#include "cli/text.h"
#include "win32/answers.h"
#include "win32/reparse.h"
#include "win32/startup.h"
#include "core/inspect/layout.h"
#include "world.h"

TestSuite(memory, .timeout = 300);

#define NO_MEMORY L"reflink: not enough memory\n"

/* --- an allocator that can fail ------------------------------------------- */

enum { NEVER = 0 };

static atomic_size_t asked;   /* by the program, not by the simulator */
static size_t fails_at;       /* NEVER: not at all */
static bool fails_on;         /* from there on */
static atomic_size_t refused; /* how often it did */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool is_refused(void)
{
    if (fails_at == NEVER || sim_is_inside())
        return false;
    size_t number = ++asked;
    bool hit = number == fails_at || (fails_on && number > fails_at);
    refused += hit;
    return hit;
}

void *__wrap_malloc(size_t size)
{
    return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return is_refused() ? NULL : __real_realloc(old, size);
}

/* --- the program, all of it ----------------------------------------------- */

int wmain(int argc, wchar_t **argv);

void process_begin(void)
{
}

enum { ARGUMENTS = 10 };

static const wchar_t *const lines[][ARGUMENTS] = {
    {L"R:\\a", L"R:\\b"},
    {L"-v", L"-f", L"R:\\a", L"R:\\there"},
    {L"--json", L"R:\\a", L"R:\\b"},
    {L"--json", L"--progress=always", L"R:\\a", L"S:\\b"},
    {L"--json", L"R:\\a", L"R:\\there"},
    {L"--json", L"-r", L"-j1", L"R:\\t", L"R:\\u"},
    {L"-r", L"R:\\t", L"S:\\u"},
    {L"-rH", L"-j1", L"R:\\t", L"S:\\u"},
    {L"--json", L"-rHf", L"R:\\t\\*", L"R:\\d"},
    {L"--json", L"R:\\a", L"R:\\t\\*", L"R:\\d"},
    {L"--json", L"--length=64K", L"R:\\a", L"R:\\there"},
    {L"--json", L"--dry-run", L"R:\\a", L"S:\\b"},
    {L"--dry-run", L"-r", L"R:\\t", L"R:\\u"},
    {L"--json", L"--info", L"R:\\", L"S:\\none"},
    {L"--info", L"R:\\"},
    {L"--json", L"--extents", L"R:\\a", L"R:\\sparse"},
    {L"--extents", L"R:\\sparse"},
    {L"--json", L"--shared", L"R:\\a", L"R:\\clone"},
    {L"--shared", L"R:\\a", L"R:\\clone"},
    {L"--json", L"--dedupe", L"R:\\a", L"R:\\copy"},
    {L"--dedupe", L"-r", L"-j1", L"R:\\"},
    {L"--json", L"--dedupe", L"-r", L"R:\\"},
    {L"--help"},
    {L"--no-such-option"},
};

enum { LINES = sizeof lines / sizeof lines[0] };

static struct world make_files(void)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\t");
    sim_mkdir(L"R:\\t\\s");
    sim_mkdir(L"R:\\d");
    sim_fill_pattern(L"R:\\a", 0, 100000, 9);
    sim_fill_pattern(L"R:\\copy", 0, 100000, 9);
    sim_set_stream(L"R:\\a", L"s", "stream", 6);
    sim_fill_pattern(L"R:\\t\\f", 0, 5000, 10);
    sim_fill_pattern(L"R:\\t\\s\\g", 0, 50000, 11);
    sim_link(L"R:\\t\\f", L"R:\\t\\g");
    sim_write_file(L"R:\\d\\g", "there", 5);
    sim_write_file(L"R:\\there", "there", 5);
    sim_write_at(L"R:\\sparse", 0, "x", 1);
    sim_set_sparse(L"R:\\sparse", true);
    for (uint64_t i = 1; i < 700; i++) /* more than is printed at once */
        sim_write_at(L"R:\\sparse", i * 65536, "x", 1);
    world_run_paths(&w, L"R:\\a", L"R:\\clone");
    return w;
}

static int run_line(size_t line)
{
    wchar_t program[] = L"reflink";
    wchar_t *argv[ARGUMENTS + 1] = {program};
    int argc = 1;
    for (; lines[line][argc - 1] != NULL; argc++)
        argv[argc] = (wchar_t *)lines[line][argc - 1];
    return wmain(argc, argv);
}

/* --- what is expected ----------------------------------------------------- */

/* One object on a line of its own; returns where the next one begins, or NULL.
   That what stands in it is right is for the tests of JSON. */
static const wchar_t *end_of_object(const wchar_t *at)
{
    int depth = 0;
    bool in_string = false;
    if (wcsncmp(at, L"{\"type\":", 8) != 0)
        return NULL;
    for (; *at != L'\0' && *at != L'\n'; at++) {
        if (in_string && *at == L'\\')
            at++;
        else if (*at == L'"')
            in_string = !in_string;
        else if (!in_string)
            depth +=
                (*at == L'{' || *at == L'[') - (*at == L'}' || *at == L']');
    }
    return *at == L'\n' && depth == 0 && !in_string ? at + 1 : NULL;
}

static bool is_json_lines(const wchar_t *at)
{
    while (at != NULL && *at != L'\0')
        at = end_of_object(at);
    return at != NULL;
}

/* Lines that say what went wrong, each whole. */
static bool has_sentences(const wchar_t *err)
{
    size_t length = wcslen(err);
    return wcsstr(err, L"reflink: ") != NULL && err[length - 1] == L'\n';
}

static size_t times(const wchar_t *text, const wchar_t *part)
{
    size_t count = 0;
    while ((text = wcsstr(text, part)) != NULL) {
        count++;
        text += wcslen(part);
    }
    return count;
}

/* NULL, or what is wrong. */
static const char *mistake(size_t line, int code, int usual, size_t out_lines)
{
    const wchar_t *out = sim_printed(OS_STDOUT);
    const wchar_t *err = sim_printed(OS_STDERR);
    if (code != usual && code != 1)
        return "the exit code";
    if (wcscmp(lines[line][0], L"--json") == 0 && !is_json_lines(out))
        return "no JSON";
    if (code != 0 && !has_sentences(err))
        return "not a word of why";
    if (times(err, NO_MEMORY) > 1)
        return "it says so twice";
    if (wcsstr(err, L"cannot write") != NULL)
        return "another cause";
    /* what was to be said was, or is missed */
    return code == 0 && times(out, L"\n") != out_lines ? "something is missing"
                                                       : NULL;
}

/* Cut, since Criterion hangs on a message that is too long. */
static void expect_right(size_t line, int code, int usual, size_t out_lines)
{
    const char *wrong = mistake(line, code, usual, out_lines);
    cr_assert_null(wrong, "line %zu, request %zu: %s: %d, %.300ls, %.300ls",
                   line, fails_at, wrong, code, sim_printed(OS_STDERR),
                   sim_printed(OS_STDOUT));
}

/* False: no request was refused, since there are fewer. */
static bool run_failing(size_t line, size_t at, bool on, int usual,
                        size_t out_lines)
{
    struct world w = make_files();
    asked = 0;
    refused = 0;
    fails_on = on;
    fails_at = at;
    int code = run_line(line);
    size_t at_last = refused;
    expect_right(line, code, usual, out_lines);
    fails_at = NEVER;
    world_end(&w);
    return at_last != 0;
}

static void run_usual(size_t line, int *usual, size_t *out_lines)
{
    struct world w = make_files();
    *usual = run_line(line);
    *out_lines = times(sim_printed(OS_STDOUT), L"\n");
    world_end(&w);
}

static void run_all(bool on)
{
    for (size_t line = 0; line < LINES; line++) {
        int usual = 0;
        size_t out_lines = 0;
        size_t at = 1;
        run_usual(line, &usual, &out_lines);
        while (run_failing(line, at, on, usual, out_lines))
            at++;
        cr_expect_gt(at, 1);
    }
}

Test(memory, one_request_is_refused)
{
    run_all(false);
}

Test(memory, all_requests_from_one_on_are_refused)
{
    run_all(true);
}

/* --- one by one ----------------------------------------------------------- */

/* No more of a text than all of it. */
Test(memory, a_text_that_failed_is_empty)
{
    struct text text = {0};
    text_add(&text, L"first");
    asked = 0;
    fails_on = false;
    fails_at = 1;
    for (int i = 0; i < 100; i++)
        text_add(&text, L"more and more");
    fails_at = NEVER;
    cr_expect(text.failed);
    cr_expect_eq(wcscmp(text_words(&text), L""), 0);
    cr_expect_eq(text.length, 0);
    text_format(&text, L"%d", 1);
    text_add_name(&text, L"name");
    cr_expect_eq(wcscmp(text_words(&text), L""), 0);
    text_clear(&text);
    text_add(&text, L"again");
    cr_expect_not(text.failed);
    cr_expect_eq(wcscmp(text_words(&text), L"again"), 0);
    text_free(&text);
}

/* Not a usage error, though nothing of the command line is known. */
/* Each request of reflink_dedupe is refused in turn; the files stay equal. */
Test(memory, for_dedupe_in_the_library)
{
    for (size_t at = 1; refused != 0 || at == 1; at++) {
        struct world w = world_make("refs-4k");
        struct reflink_dedupe_result result = {.size = sizeof result};
        sim_fill_pattern(L"R:\\a", 0, 1 << 20, 7);
        sim_fill_pattern(L"R:\\b", 0, 1 << 20, 7);
        asked = 0;
        refused = 0;
        fails_on = false;
        fails_at = at;
        reflink_dedupe(w.session, &w.policy, L"R:\\a", L"R:\\b", false, &result,
                       &w.outcome);
        fails_at = NEVER;
        cr_expect(w.outcome.status == REFLINK_OK || w.outcome.error.code == 8,
                  "%zu: %u", at, w.outcome.error.code);
        cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
        cr_expect_eq(sim_open_handles(), 0);
        world_end(&w);
    }
}

Test(memory, for_the_command_line)
{
    struct world w = make_files();
    asked = 0;
    fails_on = true;
    fails_at = 1;
    int code = run_line(0);
    fails_at = NEVER;
    cr_expect_eq(code, EXIT_CODE_FAILED);
    cr_expect_eq(wcscmp(sim_printed(OS_STDERR), NO_MEMORY), 0, "%ls",
                 sim_printed(OS_STDERR));
    cr_expect_eq(wcscmp(sim_printed(OS_STDOUT), L""), 0);
    world_end(&w);
}

/* A list that leaves a hole out. */
static void tell_one(const wchar_t *path, uint64_t vcn,
                     struct os_extent *extents, size_t capacity, size_t *count,
                     bool *more)
{
    (void)path;
    *more = false;
    *count = vcn < 3 && capacity != 0;
    if (*count != 0)
        extents[0] = (struct os_extent){2, 3, 500, 1};
}

/* For the reading itself, and for the list of runs. */
Test(memory, for_the_extents_of_a_file)
{
    for (size_t i = 0; i < 4; i++) {
        struct world w = make_files();
        size_t at = 1 + i % 2;
        w.volume->teller = i < 2 ? NULL : tell_one;
        struct layout layout;
        struct reflink_error error = {0};
        cr_assert(layout_open(L"R:\\a", &layout, &error));
        asked = 0;
        fails_on = false;
        fails_at = at;
        bool read = layout_read(&layout, &error);
        fails_at = NEVER;
        cr_expect_not(read);
        cr_expect_eq(error.code, 8);
        cr_expect_eq(error.step, REFLINK_STEP_MEMORY);
        layout_close(&layout);
        world_end(&w);
    }
}

Test(memory, for_answers_of_the_system)
{
    static const uint8_t one[26] = {[4] = 2, [24] = 's'};
    static const uint16_t target[] = {'C', ':', 0};
    uint8_t link[64];
    struct os_stream_name *streams = NULL;
    size_t count = 0;
    bool relative = false;
    size_t size = reparse_make(REPARSE_TAG_SYMLINK, target, link, sizeof link);
    asked = 0;
    fails_on = true;
    fails_at = 1;
    os_error error = answers_streams(one, sizeof one, &streams, &count);
    uint16_t *read = reparse_target(link, size, &relative);
    fails_at = NEVER;
    cr_expect_eq(error, 8); /* ERROR_NOT_ENOUGH_MEMORY */
    cr_expect_null(streams);
    cr_expect_null(read);
}
