/* Which SOURCE goes where, and what is refused before anything is done. */
#include <string.h>

#include "cli/options.h"
#include "cli/run_files.h"
#include "core/errors.h"
#include "core/tree/operands.h"
#include "world.h"

TestSuite(operands, .timeout = 120);

/* What a visit is told, as one line: `file R:\a>R:\d\a;`. */
struct log {
    size_t in_dest; /* entries that are in DEST's directory */
    wchar_t text[2000];
    size_t passed_over[TREE_PASSED_OVER_COUNT];
    size_t misused;
    struct reflink_outcome last; /* failure */
    bool creates_dest;
};

static void note(struct log *log, const wchar_t *what, const wchar_t *source,
                 const wchar_t *dest)
{
    size_t length = wcslen(log->text);
    swprintf(log->text + length, 2000 - length, L"%ls %ls>%ls;", what, source,
             dest);
}

static void on_file(void *context, const wchar_t *source,
                    struct held_directory *directory, const wchar_t *dest,
                    uint64_t size)
{
    (void)directory;
    (void)size;
    note(context, L"file", source, dest);
}

static void on_link(void *context, const struct tree_link *link)
{
    note(context, link->operand ? L"operand-link" : L"link", link->source,
         link->dest);
}

static bool on_enter(void *context, const wchar_t *source,
                     struct held_directory *directory, const wchar_t *dest,
                     struct held_directory **opened)
{
    struct log *log = context;
    log->in_dest += directory != NULL;
    (void)opened;
    note(context, L"enter", source, dest);
    return true;
}

static void on_failed(void *context, const struct reflink_outcome *outcome)
{
    struct log *log = context;
    log->last = *outcome;
}

static void on_misused(void *context, const struct reflink_outcome *outcome)
{
    struct log *log = context;
    log->misused++;
    log->last = *outcome;
}

static void on_passed_over(void *context, enum tree_passed_over why,
                           const wchar_t *source)
{
    struct log *log = context;
    (void)source;
    log->passed_over[why]++;
}

static bool on_stopped(void *context)
{
    (void)context;
    return false;
}

static struct log visit(struct operands operands)
{
    struct log log = {0};
    const struct tree_visitor visitor = {.file = on_file,
                                         .link = on_link,
                                         .enter = on_enter,
                                         .failed = on_failed,
                                         .misused = on_misused,
                                         .passed_over = on_passed_over,
                                         .stopped = on_stopped,
                                         .context = &log};
    if (operands_begin(&operands, &visitor)) {
        log.creates_dest = operands.creates_dest;
        operands_visit(&operands, &visitor);
    }
    operands_end(&operands);
    return log;
}

#define SOURCES(...)                                                           \
    .sources = (const wchar_t *const[]){__VA_ARGS__},                          \
    .count = sizeof((const wchar_t *const[]){__VA_ARGS__}) / sizeof(wchar_t *)

#define EXPECT_VISIT(wanted, ...)                                              \
    do {                                                                       \
        struct log seen_ = visit((struct operands){__VA_ARGS__});              \
        cr_expect_eq(wcscmp(seen_.text, wanted), 0, "%ls", seen_.text);        \
        cr_expect_eq(seen_.last.error.code, 0);                                \
    } while (0)

static struct world make(void)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\base");
    sim_fill_pattern(L"R:\\base\\f", 0, 10, 1);
    sim_mkdir(L"R:\\out");
    sim_mkdir(L"R:\\empty");
    return w;
}

/* The same command twice: -T, `\.` and wildcards merge, a plain one nests. */
Test(operands, an_existing_dest)
{
    struct world w = make();
    EXPECT_VISIT(L"enter R:\\base>R:\\new;file R:\\base\\f>R:\\new\\f;",
                 SOURCES(L"R:\\base"), .dest = L"R:\\new", .recursive = true);
    EXPECT_VISIT(L"enter R:\\base>R:\\out\\base;"
                 L"file R:\\base\\f>R:\\out\\base\\f;",
                 SOURCES(L"R:\\base"), .dest = L"R:\\out", .recursive = true);
    EXPECT_VISIT(L"enter R:\\base>R:\\out;file R:\\base\\f>R:\\out\\f;",
                 SOURCES(L"R:\\base"), .dest = L"R:\\out", .recursive = true,
                 .exact = true);
    EXPECT_VISIT(L"enter R:\\base\\.>R:\\out;file R:\\base\\.\\f>R:\\out\\f;",
                 SOURCES(L"R:\\base\\."), .dest = L"R:\\out",
                 .recursive = true);
    /* DEST is not opened in itself */
    cr_expect_eq(
        visit((struct operands){SOURCES(L"R:\\base\\."), .dest = L"R:\\out\\",
                                .recursive = true})
            .in_dest,
        0);
    cr_expect_eq(
        visit((struct operands){SOURCES(L"R:\\base"), .dest = L"R:\\out\\",
                                .recursive = true})
            .in_dest,
        1);
    EXPECT_VISIT(L"enter R:\\base\\.>R:\\new;file R:\\base\\.\\f>R:\\new\\f;",
                 SOURCES(L"R:\\base\\."), .dest = L"R:\\new",
                 .recursive = true);
    EXPECT_VISIT(L"file R:\\base\\f>R:\\out\\f;", SOURCES(L"R:\\base\\*"),
                 .dest = L"R:\\out", .recursive = true);
    world_end(&w);
}

/* The contents of two directories are no two sources of one name. */
Test(operands, the_contents_of_two_directories)
{
    struct world w = make();
    EXPECT_VISIT(L"enter R:\\base\\.>R:\\out;file R:\\base\\.\\f>R:\\out\\f;"
                 L"enter R:\\empty\\.>R:\\out;",
                 SOURCES(L"R:\\base\\.", L"R:\\empty\\."), .dest = L"R:\\out",
                 .recursive = true);
    world_end(&w);
}

Test(operands, a_missing_dest)
{
    struct world w = make();
    struct log log = visit((struct operands){
        SOURCES(L"R:\\base"), .dest = L"R:\\no\\", .recursive = true});
    cr_expect(log.creates_dest);
    cr_expect_eq(wcscmp(log.text, L"enter R:\\base>R:\\no\\base;"
                                  L"file R:\\base\\f>R:\\no\\base\\f;"),
                 0, "%ls", log.text);
    cr_expect(sim_is_directory(L"R:\\no"));
    log = visit((struct operands){SOURCES(L"R:\\base\\*"), .dest = L"R:\\n2",
                                  .recursive = true});
    cr_expect_eq(log.last.error.hint, REFLINK_HINT_MISSING_TREE);
    log =
        visit((struct operands){SOURCES(L"R:\\base\\*"), .dest = L"R:\\n2\\"});
    cr_expect_eq(log.last.error.hint, REFLINK_HINT_MISSING_DIRECTORY);
    log = visit((struct operands){SOURCES(L"R:\\base\\*"),
                                  .dest = L"R:\\n2\\n3\\", .recursive = true});
    cr_expect_eq(log.last.error.hint, REFLINK_HINT_NO_DIRECTORY);
    cr_expect_not(sim_exists(L"R:\\n2"));
    log = visit((struct operands){SOURCES(L"R:\\base\\*"), .dest = L"R:\\n4\\",
                                  .recursive = true, .dry_run = true});
    cr_expect(log.creates_dest);
    cr_expect_not(sim_exists(L"R:\\n4"));
    log = visit((struct operands){SOURCES(L"R:\\base\\*"),
                                  .dest = L"R:\\base\\f\\", .recursive = true});
    cr_expect_eq(log.last.error.hint, REFLINK_HINT_NOT_DIRECTORY);
    cr_expect_eq(log.text[0], L'\0');
    world_end(&w);
}

/* An empty directory has no entries: that is no error with -r. */
Test(operands, the_entries_of_an_empty_directory)
{
    struct world w = make();
    EXPECT_VISIT(L"", SOURCES(L"R:\\empty\\*"), .dest = L"R:\\out",
                 .recursive = true);
    EXPECT_VISIT(L"", SOURCES(L"R:\\empty\\*.*"), .dest = L"R:\\out",
                 .recursive = true);
    struct log log = visit((struct operands){
        SOURCES(L"R:\\empty\\x*"), .dest = L"R:\\out", .recursive = true});
    cr_expect_eq(log.last.error.code, CODE_FILE_NOT_FOUND);
    log =
        visit((struct operands){SOURCES(L"R:\\empty\\*"), .dest = L"R:\\out"});
    cr_expect_eq(log.last.error.code, CODE_FILE_NOT_FOUND);
    world_end(&w);
}

/* By any path, also from a pattern; a hard link is another name. */
Test(operands, a_source_given_twice)
{
    struct world w = make();
    struct log log = visit(
        (struct operands){SOURCES(L"R:\\base\\f", L"r:/base/F", L"R:\\base\\*"),
                          .dest = L"R:\\out"});
    cr_expect_eq(wcscmp(log.text, L"file R:\\base\\f>R:\\out\\f;"), 0, "%ls",
                 log.text);
    cr_expect_eq(log.passed_over[TREE_SAME_SOURCE], 2);
    cr_expect_eq(log.misused, 0);
    world_end(&w);
}

Test(operands, two_sources_of_one_name)
{
    struct world w = make();
    sim_fill_pattern(L"R:\\empty\\F", 0, 10, 1);
    struct log log = visit((struct operands){
        SOURCES(L"R:\\base\\f", L"R:\\empty\\F"), .dest = L"R:\\out"});
    cr_expect_eq(log.text[0], L'\0');
    cr_expect_eq(log.misused, 1);
    cr_expect_eq(log.last.error.hint, REFLINK_HINT_COLLISION);
    world_end(&w);
}

/* Those of another run, or that a power cut left; not one that is typed. */
Test(operands, staging_files)
{
    struct world w = make();
    sim_fill_pattern(L"R:\\base\\~reflink-0123456789abcdef.tmp", 0, 10, 1);
    sim_fill_pattern(L"R:\\base\\~reflink-0123456789abcdeg.tmp", 0, 10, 1);
    sim_fill_pattern(L"R:\\base\\~reflink-0123456789abcdef.tmp2", 0, 10, 1);
    for (int i = 0; i < 2; i++) {
        struct log log = visit((struct operands){
            .sources = i == 0 ? (const wchar_t *const[]){L"R:\\base"}
                              : (const wchar_t *const[]){L"R:\\base\\*"},
            .count = 1,
            .dest = L"R:\\out",
            .recursive = true});
        cr_expect_eq(log.passed_over[TREE_STAGING_FILE], 1);
        cr_expect(wcsstr(log.text, L"abcdef.tmp>") == NULL);
        cr_expect(wcsstr(log.text, L"abcdeg.tmp>") != NULL);
        cr_expect(wcsstr(log.text, L"abcdef.tmp2>") != NULL);
    }
    struct log log = visit((struct operands){
        SOURCES(L"R:\\base\\~reflink-0123456789abcdef.tmp", L"R:\\base\\f"),
        .dest = L"R:\\out"});
    cr_expect(wcsstr(log.text, L"abcdef.tmp>") != NULL);
    cr_expect_eq(log.passed_over[TREE_STAGING_FILE], 0);
    world_end(&w);
}

/* What a volume keeps in its root for itself is no user's data. */
Test(operands, the_root_of_a_volume)
{
    static const wchar_t *const roots[] = {L"S:\\", L"S:\\x\\..", L"S:\\.",
                                           L"S:\\*"};
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        struct world w = make();
        sim_mkdir(L"S:\\x");
        sim_mkdir(L"S:\\System Volume Information");
        sim_mkdir(L"S:\\$Recycle.Bin");
        sim_mkdir(L"S:\\x\\$RECYCLE.BIN");
        struct log log = visit((struct operands){
            SOURCES(roots[i]), .dest = L"R:\\out", .recursive = true});
        cr_expect_eq(log.passed_over[TREE_SYSTEM_DIRECTORY], 2, "%ls",
                     roots[i]);
        cr_expect(wcsstr(log.text, L"System") == NULL, "%ls", log.text);
        cr_expect(wcsstr(log.text, L"$RECYCLE.BIN") != NULL, "%ls", log.text);
        world_end(&w);
    }
}

/* A separator at its end stands for what a link leads to. */
Test(operands, links)
{
    struct world w = make();
    sim_junction(L"R:\\base", L"R:\\link");
    EXPECT_VISIT(L"operand-link R:\\link>R:\\out\\link;", SOURCES(L"R:\\link"),
                 .dest = L"R:\\out", .recursive = true);
    EXPECT_VISIT(L"enter R:\\link>R:\\out\\link;"
                 L"file R:\\link\\f>R:\\out\\link\\f;",
                 SOURCES(L"R:\\link\\"), .dest = L"R:\\out", .recursive = true);
    EXPECT_VISIT(L"link R:\\link>R:\\out\\link;", SOURCES(L"R:\\lin*"),
                 .dest = L"R:\\out", .recursive = true);
    world_end(&w);
}

/* A folder that a volume is mounted on is a directory for who names it. */
Test(operands, a_mounted_volume)
{
    struct world w = make();
    sim_mkdir(L"R:\\mnt");
    sim_mount(L"R:\\mnt", "refs-4k");
    sim_fill_pattern(L"R:\\mnt\\g", 0, 10, 1);
    EXPECT_VISIT(L"enter R:\\mnt>R:\\out\\mnt;"
                 L"file R:\\mnt\\g>R:\\out\\mnt\\g;",
                 SOURCES(L"R:\\mnt"), .dest = L"R:\\out", .recursive = true);
    world_end(&w);
}

/* DEST itself gets what is in them, whether it was there or not. */
Test(operands, contents_are_written_into_dest_itself)
{
    static const wchar_t *const dests[] = {L"R:\\into", L"R:\\new",
                                           L"R:\\new\\"};
    for (int i = 0; i < 3; i++) {
        struct world w = world_make("refs-4k");
        const wchar_t *dest = i == 0 ? L"R:\\into" : L"R:\\new";
        wchar_t *argv[] = {L"reflink", L"-r", L"R:\\src\\.",
                           (wchar_t *)dests[i]};
        struct options options;
        struct text error = {0};
        sim_mkdir(L"R:\\src");
        sim_mkdir(L"R:\\into");
        sim_write_file(L"R:\\src\\f", "data", 4);
        cr_assert(options_parse(4, argv, &options, &error));
        cr_expect_eq(run_files(&options), 0);
        cr_expect_eq(sim_file_count(dest), 1);
        cr_expect_eq(wcscmp(sim_file_name(dest, 0), L"f"), 0, "row %d", i);
        options_free(&options);
        text_free(&error);
        world_end(&w);
    }
}
