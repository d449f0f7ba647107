/*
 * Memory that runs out: each main job is run again and again, and each
 * allocation fails in turn, alone or with all that follow: those of the program
 * itself, and those that src/win32 makes in a call of os.h. Then the run fails
 * and says so, or does all that it was asked for. Each file is as it was before
 * or as after the whole job, nothing is left over, and SOURCE is unchanged.
 */
#include <stdatomic.h>
#include <stdio.h>
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

static bool is_hit(void)
{
    if (fails_at == NEVER)
        return false;
    size_t number = ++asked;
    bool hit = number == fails_at || (fails_on && number > fails_at);
    refused += hit;
    return hit;
}

static bool is_refused(void)
{
    return !sim_is_inside() && is_hit();
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

/* Fails the nth allocation from now on, or with `on` all from there on. */
static void refuse(size_t at, bool on)
{
    sim_memory(is_hit);
    asked = 0;
    refused = 0;
    fails_on = on;
    fails_at = at;
}

/* --- the program, all of it ----------------------------------------------- */

int wmain(int argc, wchar_t **argv);

void process_begin(void)
{
}

enum { ARGUMENTS = 12 };

/* A main job: what R: is, and what is asked. */
struct job {
    const char *profile; /* NULL: refs-4k */
    bool remote;         /* the server copies */
    bool has_extents;    /* R:\sparse has more than are printed at once */
    bool in_place;       /* of each byte of R:\there, the old or the new */
    const wchar_t *arguments[ARGUMENTS];
};

static const struct job jobs[] = {
    /* one file */
    {.arguments = {L"R:\\a", L"R:\\b"}},
    {.arguments = {L"--json", L"R:\\a", L"R:\\b"}},
    {.arguments = {L"-v", L"-f", L"R:\\a", L"R:\\there"}},
    {.arguments = {L"--json", L"-f", L"--security", L"--verify", L"R:\\a",
                   L"R:\\there"}},
    {.arguments = {L"--json", L"R:\\a", L"R:\\there"}},
    {.arguments = {L"--json", L"--reflink=always", L"--verify=none", L"R:\\a",
                   L"R:\\d"}},
    {.arguments = {L"--reflink=always", L"R:\\a", L"S:\\b"}},
    {.arguments = {L"--json", L"--progress=always", L"R:\\a", L"S:\\b"}},
    {.arguments = {L"--reflink=never", L"--flush=always", L"R:\\a", L"R:\\b"}},
    {.arguments = {L"-u", L"--writable", L"R:\\t\\s\\g", L"R:\\there"}},
    {.arguments = {L"-f", L"R:\\t\\s\\g", L"R:\\there"}},
    {.arguments = {L"--json", L"-u", L"R:\\there", L"R:\\a"}},
    {.arguments = {L"-n", L"-v", L"R:\\a", L"R:\\there"}},
    {.arguments = {L"-q", L"-T", L"R:\\a", L"R:\\b"}},
    {.profile = "refs-ws2016", .arguments = {L"-f", L"R:\\a", L"R:\\there"}},
    {.profile = "samba", .arguments = {L"--json", L"R:\\a", L"R:\\b"}},
    {.profile = "ntfs",
     .arguments = {L"--json", L"-f", L"R:\\a", L"R:\\there"}},
    {.profile = "ntfs",
     .arguments = {L"--verify=full", L"R:\\sparse", L"R:\\b"}},
    {.profile = "fat32", .arguments = {L"--json", L"S:\\a", L"R:\\b"}},
    {.profile = "ntfs", .remote = true, .arguments = {L"R:\\a", L"R:\\b"}},
    {.profile = "ntfs",
     .remote = true,
     .arguments = {L"--json", L"--verify", L"R:\\a", L"R:\\b"}},
    /* ranges */
    {.in_place = true,
     .arguments = {L"--json", L"--length=32K", L"R:\\a", L"R:\\there"}},
    {.in_place = true,
     .arguments = {L"R:\\a", L"R:\\there", L"4096", L"100", L"30000"}},
    {.in_place = true,
     .arguments = {L"--source-offset=0", L"--dest-offset=4K", L"R:\\there",
                   L"R:\\there"}},
    {.arguments = {L"--json", L"--offset=4K", L"R:\\a", L"R:\\b"}},
    /* lists and trees */
    {.arguments = {L"--json", L"R:\\a", L"R:\\t\\*", L"R:\\d"}},
    {.arguments = {L"-v", L"-f", L"-t", L"R:\\d", L"R:\\a", L"R:\\t\\g"}},
    {.arguments = {L"--json", L"-r", L"-j1", L"R:\\t", L"R:\\u"}},
    {.arguments = {L"-r", L"R:\\t", L"S:\\u"}},
    {.arguments = {L"-r", L"--retarget-links", L"--security", L"-j1", L"R:\\t",
                   L"S:\\u"}},
    {.arguments = {L"--json", L"-r", L"--retarget-links", L"R:\\t", L"R:\\u"}},
    {.arguments = {L"-rT", L"-u", L"-j1", L"R:\\t", L"R:\\d"}},
    {.arguments = {L"--json", L"-rT", L"-f", L"--keep-directory-symlink",
                   L"R:\\t", L"R:\\d"}},
    {.arguments = {L"-r", L"-n", L"R:\\t\\.", L"R:\\d"}},
    {.arguments = {L"-rH", L"-j1", L"R:\\t", L"S:\\u"}},
    {.arguments = {L"--json", L"-rHf", L"R:\\t\\*", L"R:\\d"}},
    {.arguments = {L"--json", L"-r", L"--reflink=always", L"R:\\t", L"R:\\u"}},
    {.profile = "ntfs", .arguments = {L"-rv", L"-j1", L"R:\\t", L"S:\\u\\"}},
    {.arguments = {L"--json", L"-rf", L"R:\\t\\inside", L"R:\\t\\relative",
                   L"R:\\d"}},
    {.arguments = {L"-r", L"R:\\t\\inside\\", L"R:\\u"}},
    {.arguments = {L"-rTf", L"R:\\l", L"R:\\e"}},
    {.arguments = {L"-rTf", L"-j1", L"R:\\l", L"R:\\m"}},
    {.arguments = {L"-r", L"R:\\t", L"R:\\t\\s\\in"}},
    {.arguments = {L"R:\\t\\f", L"R:\\T\\f", L"R:\\d"}},
    {.profile = "ntfs",
     .arguments = {L"-r", L"--reflink=always", L"R:\\t", L"R:\\u"}},
    {.profile = "openzfs",
     .arguments = {L"-r", L"--reflink=always", L"R:\\t", L"R:\\u"}},
    /* dry runs */
    {.arguments = {L"--dry-run", L"-f", L"R:\\a", L"R:\\there"}},
    {.arguments = {L"--json", L"--dry-run", L"R:\\a", L"S:\\b"}},
    {.arguments = {L"--dry-run", L"-r", L"R:\\t", L"R:\\u"}},
    {.arguments = {L"--json", L"--dry-run", L"-rH", L"R:\\t", L"S:\\u"}},
    {.arguments = {L"--dry-run", L"-rTf", L"R:\\l", L"R:\\e"}},
    {.arguments = {L"--dry-run", L"--length=32K", L"R:\\a", L"R:\\there"}},
    /* queries */
    {.arguments = {L"--json", L"--info", L"R:\\", L"S:\\none"}},
    {.arguments = {L"--info", L"R:\\"}},
    {.has_extents = true,
     .arguments = {L"--json", L"--extents", L"R:\\a", L"R:\\sparse"}},
    {.has_extents = true, .arguments = {L"--extents", L"R:\\sparse"}},
    {.profile = "ntfs", .arguments = {L"--extents", L"R:\\a"}},
    {.arguments = {L"--json", L"--shared", L"R:\\a", L"R:\\clone"}},
    {.arguments = {L"--shared", L"R:\\a", L"R:\\clone"}},
    /* --dedupe */
    {.arguments = {L"--json", L"--dedupe", L"R:\\a", L"R:\\copy"}},
    {.arguments = {L"--dedupe", L"R:\\a", L"R:\\copy", L"R:\\clone"}},
    {.arguments = {L"--dedupe", L"-r", L"-j1", L"R:\\"}},
    {.arguments = {L"--json", L"--dedupe", L"-r", L"R:\\"}},
    {.arguments = {L"--dedupe", L"-r", L"--dry-run", L"R:\\"}},
    {.arguments = {L"--dedupe", L"R:\\c*", L"R:\\a"}},
    {.arguments = {L"--json", L"--dedupe", L"--dry-run", L"R:\\a",
                   L"R:\\copy"}},
    {.profile = "ntfs",
     .arguments = {L"--dedupe", L"--reflink=always", L"R:\\a", L"R:\\copy"}},
    /* no file at all */
    {.arguments = {L"--help"}},
    {.arguments = {L"--version"}},
    {.arguments = {L"--no-such-option"}},
};

enum { JOBS = sizeof jobs / sizeof jobs[0] };

static bool is_json(const struct job *job)
{
    return wcscmp(job->arguments[0], L"--json") == 0;
}

#define WRITTEN INT64_C(132000000000000000)
#define CLOCK_BEGINS INT64_C(134000000000000000)

/* As bytes: the simulator takes longer to read a pattern. */
static void make_file(const wchar_t *path, size_t size, unsigned seed,
                      int64_t written)
{
    static uint8_t bytes[40000];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 255 + seed);
    sim_write_file(path, bytes, size);
    sim_set_written(path, written);
}

static void make_tree(void)
{
    sim_mkdir(L"R:\\t");
    sim_mkdir(L"R:\\t\\s");
    make_file(L"R:\\t\\f", 5000, 10, WRITTEN + 10000000);
    make_file(L"R:\\t\\s\\g", 20000, 11, WRITTEN + 20000000);
    sim_set_attributes(L"R:\\t\\s\\g", OS_ATTRIBUTE_READONLY);
    sim_link(L"R:\\t\\f", L"R:\\t\\g");
    sim_symlink(L"s\\g", L"R:\\t\\relative");
    sim_junction(L"R:\\t\\s", L"R:\\t\\inside");
    sim_symlink(L"R:\\a", L"R:\\t\\outside");
    sim_set_written(L"R:\\t\\s", WRITTEN);
    sim_set_written(L"R:\\t", WRITTEN);
    sim_mkdir(L"R:\\d");
    sim_mkdir(L"R:\\elsewhere");
    sim_junction(L"R:\\elsewhere", L"R:\\d\\s");
    sim_write_file(L"R:\\d\\g", "there", 5);
    sim_set_written(L"R:\\d\\g", WRITTEN);
}

/* R:\l has two links: one is to replace another, and one would replace the very
   file that it leads to. */
static void make_links(void)
{
    sim_mkdir(L"R:\\l");
    sim_mkdir(L"R:\\e");
    sim_mkdir(L"R:\\m");
    sim_symlink(L"R:\\e\\kept", L"R:\\l\\kept");
    sim_write_file(L"R:\\e\\kept", "kept", 4);
    sim_symlink(L"R:\\there", L"R:\\m\\kept");
}

static struct world make_files(const struct job *job)
{
    struct world w =
        world_make(job->profile != NULL ? job->profile : "refs-4k");
    w.volume->remote |= job->remote;
    for (const wchar_t *const *path =
             (const wchar_t *const[]){L"R:\\a", L"R:\\copy", L"S:\\a", NULL};
         *path != NULL; path++) {
        make_file(*path, 40000, 9, WRITTEN + 30000000);
        sim_set_stream(*path, L"s", "stream", 6);
    }
    sim_set_ea(L"R:\\a", "ea", 2);
    sim_set_security(L"R:\\a", 7);
    sim_set_attributes(L"R:\\a", OS_ATTRIBUTE_HIDDEN);
    make_file(L"R:\\there", 35000, 12, WRITTEN);
    sim_set_security(L"R:\\there", 5);
    make_tree();
    make_links();
    uint64_t pieces = job->has_extents ? 700 : 8;
    sim_write_at(L"R:\\sparse", 0, "x", 1);
    sim_set_sparse(L"R:\\sparse", true);
    for (uint64_t i = 1; i < pieces; i++)
        sim_write_at(L"R:\\sparse", i * 65536, "x", 1);
    world_run_paths(&w, L"R:\\a", L"R:\\clone");
    return w;
}

static int run_job(const struct job *job)
{
    wchar_t program[] = L"reflink";
    wchar_t *argv[ARGUMENTS + 1] = {program};
    int argc = 1;
    for (; job->arguments[argc - 1] != NULL; argc++)
        argv[argc] = (wchar_t *)job->arguments[argc - 1];
    return wmain(argc, argv);
}

/* --- what there is on both volumes ---------------------------------------- */

enum { FILES = 64, COMPARED = 1 << 20 };

struct file {
    wchar_t path[48];
    bool directory;
    bool has_stream;
    const wchar_t *target; /* of a link; else NULL */
    uint64_t size;
    uint8_t *bytes; /* NULL: not compared */
    uint32_t attributes;
    int64_t written;
    int64_t created;
    size_t streams;
    size_t links;
    bool has_ea;
    unsigned security;
};

struct files {
    struct file file[FILES];
    size_t count;
};

static void take_file(struct file *file)
{
    const wchar_t *path = file->path;
    file->attributes = sim_attributes(path);
    file->written = sim_written(path);
    file->created = sim_created(path);
    file->security = sim_security(path);
    file->links = sim_links(path);
    file->streams = sim_stream_count(path);
    file->has_stream = sim_stream_holds(path, L"s", "stream", 6);
    file->has_ea = sim_ea_holds(path, "ea", 2);
    file->size = sim_size(path);
    if (file->size < COMPARED) {
        file->bytes = __real_malloc(file->size + 1);
        cr_assert_eq(sim_read_file(path, file->bytes, file->size), file->size);
    }
}

static void take_below(struct files *files, const wchar_t *directory)
{
    for (size_t i = 0; i < sim_file_count(directory); i++) {
        cr_assert_lt(files->count, FILES);
        struct file *file = &files->file[files->count++];
        *file = (struct file){.size = 0};
        swprintf(file->path, 48, L"%ls%ls%ls", directory,
                 directory[wcslen(directory) - 1] == L'\\' ? L"" : L"\\",
                 sim_file_name(directory, i));
        file->directory = sim_is_directory(file->path);
        if (sim_is_link(file->path)) {
            const wchar_t *target = sim_link_target(file->path);
            size_t bytes = (wcslen(target) + 1) * sizeof *target;
            file->target = memcpy(__real_malloc(bytes), target, bytes);
        } else if (file->directory) {
            file->attributes = sim_attributes(file->path);
            file->written = sim_written(file->path);
            take_below(files, file->path);
        } else {
            take_file(file);
        }
    }
}

static void take(struct files *files)
{
    files->count = 0;
    take_below(files, L"R:\\");
    take_below(files, L"S:\\");
}

static void free_files(struct files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->file[i].bytes);
        free((void *)files->file[i].target);
    }
    files->count = 0;
}

static const struct file *find(const struct files *files, const wchar_t *path)
{
    for (size_t i = 0; i < files->count; i++)
        if (wcscmp(files->file[i].path, path) == 0)
            return &files->file[i];
    return NULL;
}

static bool same_bytes(const struct file *a, const struct file *b)
{
    return a->size == b->size &&
           (a->bytes == NULL || memcmp(a->bytes, b->bytes, a->size) == 0);
}

/* Times that were not set are those of the clock, which may differ. */
static bool has_same_time(const struct file *a, const struct file *b)
{
    return a->written == b->written ||
           (a->written > CLOCK_BEGINS && b->written > CLOCK_BEGINS);
}

/* What a run that failed may leave: a directory need not be finished. */
static bool is_same(const struct file *a, const struct file *b)
{
    if (a->target != NULL || b->target != NULL)
        return a->target != NULL && b->target != NULL &&
               wcscmp(a->target, b->target) == 0;
    if (a->directory || b->directory)
        return a->directory && b->directory;
    return same_bytes(a, b) && a->attributes == b->attributes &&
           has_same_time(a, b) && a->streams == b->streams &&
           a->has_stream == b->has_stream && a->has_ea == b->has_ea &&
           a->security == b->security;
}

/* Each byte is one of the two. */
static bool is_mixed(const struct file *now, const struct file *before,
                     const struct file *after)
{
    if (now->size != before->size && now->size != after->size)
        return false;
    for (size_t i = 0; i < now->size; i++) {
        uint8_t old = i < before->size ? before->bytes[i] : 0;
        if (now->bytes[i] != old && now->bytes[i] != after->bytes[i])
            return false;
    }
    return true;
}

/*
 * A link that is to replace another gets a staging name first, and only its
 * path leads to it then: if there is no memory at all from this moment on, it
 * stays. It is complete, and its name is passed over by later runs.
 */
static bool is_name_of_whole(const struct file *now)
{
    const wchar_t *name = wcsrchr(now->path, L'\\') + 1;
    return fails_on && wcsncmp(name, L"~reflink-", 9) == 0 &&
           (now->target != NULL || now->links > 1);
}

/* NULL, or what is wrong with one that is there. */
static const char *wrong_file(const struct job *job, const struct file *now,
                              const struct file *before,
                              const struct file *after, bool done)
{
    if (before == NULL && after == NULL)
        return is_name_of_whole(now) ? NULL : "left over";
    if (job->in_place && wcscmp(now->path, L"R:\\there") == 0)
        return (done ? same_bytes(now, after) : is_mixed(now, before, after))
                   ? NULL
                   : "other bytes";
    if (!done)
        return (before != NULL && is_same(now, before)) ||
                       (after != NULL && is_same(now, after))
                   ? NULL
                   : "neither as before nor as after";
    if (after == NULL || !is_same(now, after))
        return "not as after";
    if (now->links != after->links)
        return "other links";
    if (after->written == WRITTEN && now->written != WRITTEN)
        return "not finished";
    if (before != NULL && now->created != before->created)
        return "other creation time";
    return NULL;
}

/* --- what is expected ----------------------------------------------------- */

/* What a run is compared with. */
struct usual {
    int code;
    size_t out_lines;
    size_t err_lines;
    struct files before;
    struct files after;
};

static void expect_files(const struct job *job, size_t number, size_t at,
                         const struct usual *usual, bool done)
{
    static struct files now;
    take(&now);
    for (size_t i = 0; i < now.count; i++) {
        const struct file *file = &now.file[i];
        const struct file *after = find(&usual->after, file->path);
        const char *wrong = wrong_file(
            job, file, find(&usual->before, file->path), after, done);
        cr_assert_null(wrong, "job %zu, allocation %zu%s: %ls: %s", number, at,
                       fails_on ? "-" : "", file->path, wrong);
    }
    const struct files *all = done ? &usual->after : &usual->before;
    for (size_t i = 0; i < all->count; i++)
        cr_assert_not_null(find(&now, all->file[i].path),
                           "job %zu, allocation %zu%s: %ls is missing", number,
                           at, fails_on ? "-" : "", all->file[i].path);
    free_files(&now);
}

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

/* That memory ran out: by the program's own words, or the system's code. */
static bool says_so(const wchar_t *err)
{
    return wcsstr(err, NO_MEMORY) != NULL || wcsstr(err, L"(8)") != NULL;
}

/* No summary, or one with the exit code. */
static bool has_right_summary(const wchar_t *out, int code)
{
    const wchar_t *summary = wcsstr(out, L"\"exit_code\":");
    return summary == NULL || wcstol(summary + 12, NULL, 10) == code;
}

/* NULL, or what is wrong. */
static const char *mistake(const struct job *job, int code,
                           const struct usual *usual)
{
    const wchar_t *out = sim_printed(OS_STDOUT);
    const wchar_t *err = sim_printed(OS_STDERR);
    if (code != usual->code && code != 1)
        return "the exit code";
    if (is_json(job) && !is_json_lines(out))
        return "no JSON";
    if (!has_right_summary(out, code))
        return "another exit code in the summary";
    if (code != 0 && !has_sentences(err))
        return "not a word of why";
    if (code != usual->code && !says_so(err))
        return "another cause";
    if (times(err, NO_MEMORY) > 1)
        return "it says so twice";
    if (wcsstr(err, L"cannot write") != NULL)
        return "another cause";
    /* what was to be said was, or is missed */
    if (code == usual->code && !says_so(err) &&
        (times(out, L"\n") != usual->out_lines ||
         times(err, L"\n") < usual->err_lines))
        return "something is missing";
    return NULL;
}

/* Cut, since Criterion hangs on a message that is too long. */
static void expect_right(const struct job *job, size_t at, int code,
                         const struct usual *usual)
{
    const char *wrong = mistake(job, code, usual);
    cr_assert_null(wrong, "job %zu, allocation %zu%s: %s: %d, %.300ls, %.300ls",
                   (size_t)(job - jobs), at, fails_on ? "-" : "", wrong, code,
                   sim_printed(OS_STDERR), sim_printed(OS_STDOUT));
}

/* False: no allocation was refused, since there are fewer. */
static bool run_failing(const struct job *job, size_t at, bool on,
                        const struct usual *usual)
{
    struct world w = make_files(job);
    refuse(at, on);
    int code = run_job(job);
    size_t at_last = refused;
    fails_at = NEVER;
    sim_memory(NULL);
    expect_right(job, at, code, usual);
    expect_files(job, (size_t)(job - jobs), at, usual, code == 0);
    world_end(&w);
    return at_last != 0;
}

static void run_usual(const struct job *job, struct usual *usual)
{
    struct world w = make_files(job);
    take(&usual->before);
    usual->code = run_job(job);
    usual->out_lines = times(sim_printed(OS_STDOUT), L"\n");
    usual->err_lines = times(sim_printed(OS_STDERR), L"\n");
    take(&usual->after);
    world_end(&w);
}

static size_t fail_each(const struct job *job, bool on)
{
    static struct usual usual;
    size_t at = 1;
    size_t points = 0;
    run_usual(job, &usual);
    for (; run_failing(job, at, on, &usual); at += world_step())
        points++;
    free_files(&usual.before);
    free_files(&usual.after);
    return points;
}

static void run_all(bool on)
{
    size_t points = 0;
    for (size_t i = 0; i < JOBS; i++) {
        size_t count = fail_each(&jobs[i], on);
        cr_expect_gt(count, 0, "job %zu", i);
        points += count;
    }
    printf("memory: %zu failing allocations%s in %zu jobs\n", points,
           on ? ", and all after each," : "", (size_t)JOBS);
    cr_assert_gt(points * world_step(), 1000);
}

Test(memory, each_allocation_fails_in_turn)
{
    run_all(false);
}

Test(memory, all_allocations_from_one_on_fail)
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

/* --- the library ---------------------------------------------------------- */

static void call_file(struct world *w)
{
    w->policy.existing = REFLINK_EXISTING_REPLACE;
    reflink_file(w->session, &w->policy, L"R:\\a", L"R:\\there", &w->outcome);
}

static void call_range(struct world *w)
{
    const struct reflink_range range = {4096, 0, 20000, false};
    reflink_range(w->session, &w->policy, L"R:\\a", L"R:\\new", &range,
                  &w->outcome);
}

static void call_handles(struct world *w)
{
    const struct reflink_range range = {0, 0, 0, true};
    struct os_file *source = NULL;
    struct os_file *dest = NULL;
    sim_memory(NULL); /* the caller opens them */
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &source), 0);
    cr_assert_eq(os_open(L"R:\\there", OS_OPEN_IN_PLACE, &dest), 0);
    sim_memory(is_hit);
    reflink_range_handles(w->session, &w->policy, source, dest, &range,
                          &w->outcome);
    os_close(source);
    os_close(dest);
}

static void ignore_step(void *context, const struct reflink_dry_step *step)
{
    (void)context;
    (void)step;
}

static void call_dry_run(struct world *w)
{
    reflink_dry_run(w->session, &w->policy, L"R:\\a", L"R:\\new", NULL,
                    ignore_step, NULL, &w->outcome);
}

static void call_dedupe(struct world *w)
{
    struct reflink_dedupe_result result = {.size = sizeof result};
    reflink_dedupe(w->session, &w->policy, L"R:\\a", L"R:\\copy", false,
                   &result, &w->outcome);
}

static void call_query_volume(struct world *w)
{
    struct reflink_volume volume = {.size = sizeof volume};
    w->outcome.status = reflink_query_volume(w->session, &w->policy, L"R:\\",
                                             &volume, &w->outcome.error);
}

static void (*const calls[])(struct world *w) = {
    call_file,    call_range,  call_handles,
    call_dry_run, call_dedupe, call_query_volume};

enum { CALLS = sizeof calls / sizeof calls[0] };

static const struct job library = {.in_place = true};

/* False: no allocation was refused, since there are fewer. */
static bool call_failing(size_t call, size_t at, bool on,
                         const struct usual *usual)
{
    struct world w = make_files(&library);
    refuse(at, on);
    calls[call](&w);
    bool met = refused != 0;
    bool done = w.outcome.status == REFLINK_OK;
    fails_at = NEVER;
    sim_memory(NULL);
    cr_assert(done || w.outcome.error.code == 8, "call %zu, allocation %zu: %u",
              call, at, w.outcome.error.code);
    expect_files(&library, call, at, usual, done);
    world_end(&w);
    return met;
}

static size_t fail_each_of(size_t call, bool on)
{
    static struct usual usual;
    struct world w = make_files(&library);
    size_t at = 1;
    take(&usual.before);
    calls[call](&w);
    cr_assert_eq(w.outcome.status, REFLINK_OK, "call %zu: %d, %u", call,
                 w.outcome.reason, w.outcome.error.code);
    take(&usual.after);
    world_end(&w);
    while (call_failing(call, at, on, &usual))
        at++;
    free_files(&usual.before);
    free_files(&usual.after);
    return at - 1;
}

Test(memory, for_the_library)
{
    for (int on = 0; on < 2; on++) {
        size_t points = 0;
        for (size_t call = 0; call < CALLS; call++)
            points += fail_each_of(call, on);
        printf("memory: %zu failing allocations%s in %zu calls of the "
               "library\n",
               points, on ? ", and all after each," : "", (size_t)CALLS);
        cr_assert_gt(points, 50);
    }
}

Test(memory, for_a_session)
{
    struct reflink_session *session = NULL;
    for (size_t at = 1; session == NULL; at++) {
        sim_reset();
        refuse(at, false);
        session = reflink_session_open();
        fails_at = NEVER;
        cr_assert_eq(session == NULL, refused != 0);
        cr_assert_leq(at, 5);
    }
    reflink_session_close(session);
}

/* All of a sentence, or none of it. */
Test(memory, for_the_librarys_sentences)
{
    struct world w = world_make("refs-4k");
    wchar_t whole[1000];
    wchar_t text[1000];
    world_run(&w);
    size_t length = reflink_error_text(&w.outcome.error, whole, 1000);
    cr_assert_gt(length, 0);
    for (size_t at = 1, told = 0; told == 0; at++) {
        refuse(at, false);
        told = reflink_error_text(&w.outcome.error, text, 1000);
        fails_at = NEVER;
        cr_assert_eq(told, refused != 0 ? 0 : length);
        cr_assert_eq(wcscmp(text, told != 0 ? whole : L""), 0);
    }
    world_end(&w);
}

/* Not a usage error, though nothing of the command line is known. */
Test(memory, for_the_command_line)
{
    struct world w = make_files(&jobs[0]);
    refuse(1, true);
    int code = run_job(&jobs[0]);
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
        struct world w = make_files(&(struct job){0});
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
    uint16_t *read = NULL;
    os_error other = reparse_target(link, size, &read, &relative);
    fails_at = NEVER;
    cr_expect_eq(error, 8); /* ERROR_NOT_ENOUGH_MEMORY */
    cr_expect_eq(other, 8);
    cr_expect_null(streams);
    cr_expect_null(read);
}
