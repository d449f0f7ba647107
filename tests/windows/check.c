/*
 * reflink-check [OPTION]... REFLINK DIRECTORY
 *
 * Runs reflink.exe through its main jobs on a real volume and judges the
 * results by Win32's own means: for whoever has a volume that nobody here had.
 * All of it happens in a new directory below DIRECTORY, which goes again at
 * the end. It takes some hundred MiB of room, and a minute or two.
 *
 *   --log FILE     what was found, one JSON object a line
 *   --other DIR    a directory on another volume, for copies to it
 *   --long         also what takes minutes
 *   --job NAME     only this job, and job_volume
 *   --speed[=MIB]  measures instead, with a file of 1 GiB or of so many MiB,
 *                  and with as many small files, or 1,000
 *
 * A line for each job: ok, FAILED and what was wrong, or skipped and why.
 * Exit code 0: none failed; 1: some did; 2: the arguments are wrong; 77:
 * nothing could be checked.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "files.h"
#include "job.h"
#include "log.h"
#include "run.h"
#include "speed.h"
#include "system.h"

enum {
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NOTHING_CHECKED = 77,
    JOB_NAME = 32
};

static struct {
    wchar_t program[JOB_PATH];
    wchar_t parent[JOB_PATH];
    wchar_t folder[JOB_PATH]; /* new, below `parent` */
    wchar_t other[JOB_PATH];
    wchar_t log[JOB_PATH];
    wchar_t job[JOB_PATH]; /* the only one, or "" */
    uint64_t speed_bytes;  /* 0: the jobs are done */
} options;

static struct {
    unsigned passed;
    unsigned failed;
    unsigned skipped;
} counts;

static const struct job *const all_jobs[] = {
    jobs_of_data,  jobs_of_replacing, jobs_of_metadata,
    jobs_of_trees, jobs_of_endings,
};

/* ---- one job ------------------------------------------------------------- */

static void report(const struct job *job, DWORD milliseconds)
{
    bool failed = job_state.failed;
    bool skipped = !failed && job_state.skipped != NULL;
    const char *detail = skipped ? job_state.skipped : job_state.detail;
    const char *gap = detail[0] != '\0' && !failed ? ": " : "";
    counts.failed += failed;
    counts.skipped += skipped;
    counts.passed += !failed && !skipped;
    printf("%-7s %s%s%s\n",
           failed    ? "FAILED"
           : skipped ? "skipped"
                     : "ok",
           job->title, gap, failed ? "" : detail);
    fflush(stdout);
    log_begin("check");
    log_text("name", job->name);
    log_text("title", job->title);
    log_text("result", failed ? "failed" : skipped ? "skipped" : "ok");
    log_text("detail", detail);
    if (failed)
        log_text("output", run_output());
    log_number("elapsed_ms", milliseconds);
    log_end();
}

/* A scanner may hold what was made, and then it is deleted a little later. */
static bool remove_soon(const wchar_t *directory)
{
    for (int i = 0; i < 40; i++) {
        if (files_remove_tree(directory))
            return true;
        Sleep(50);
    }
    return false;
}

/* In a directory of its own, which goes with all that is in it. */
static bool do_job(const struct job *job)
{
    wchar_t own[JOB_PATH + JOB_NAME];
    swprintf(own, JOB_PATH + JOB_NAME, L"%ls\\%hs", options.folder, job->name);
    if (!CreateDirectoryW(own, NULL) || !SetCurrentDirectoryW(own))
        return false;
    DWORD start = GetTickCount();
    memset(&job_state, 0, sizeof job_state);
    job->work();
    expect(files_no_staging_file(own), "no staging file is left");
    SetCurrentDirectoryW(options.folder);
    if (!remove_soon(own))
        expect(false, "what the job made can be removed");
    report(job, GetTickCount() - start);
    return true;
}

/* The first job finds out whether the volume clones. */
static bool is_wanted(const struct job *job)
{
    wchar_t name[JOB_WORDS];
    swprintf(name, JOB_WORDS, L"%hs", job->name);
    return options.job[0] == L'\0' || wcscmp(options.job, name) == 0 ||
           job == &all_jobs[0][0];
}

static int do_all(void)
{
    for (size_t i = 0; i < sizeof all_jobs / sizeof all_jobs[0]; i++) {
        for (const struct job *job = all_jobs[i]; job->name != NULL; job++) {
            if (is_wanted(job) && !do_job(job)) {
                printf("%ls: no directory can be made\n", options.folder);
                return EXIT_NOTHING_CHECKED;
            }
        }
    }
    printf("%u passed, %u failed, %u skipped\n", counts.passed, counts.failed,
           counts.skipped);
    log_begin("summary");
    log_number("passed", counts.passed);
    log_number("failed", counts.failed);
    log_number("skipped", counts.skipped);
    log_end();
    if (counts.passed + counts.failed == 0)
        return EXIT_NOTHING_CHECKED;
    return counts.failed != 0 ? EXIT_FAILED : EXIT_SUCCESS;
}

/* ---- the command line ---------------------------------------------------- */

static int usage(void)
{
    printf("usage: reflink-check [--log FILE] [--other DIR] [--long] "
           "[--job NAME]\n"
           "                     [--speed[=MIB]] REFLINK.EXE DIRECTORY\n");
    return EXIT_USAGE;
}

/* Where the current directory will be another one, a full path is needed. */
static bool take_path(const wchar_t *from, wchar_t *to)
{
    DWORD length = GetFullPathNameW(from, JOB_PATH / 2, to, NULL);
    return length != 0 && length < JOB_PATH / 2;
}

/* An option with a value, at argv[*at]; false if it is none, or has no value
   that can be used. */
static bool take_value(int argc, wchar_t **argv, int *at)
{
    const wchar_t *option = argv[*at];
    if (*at + 1 >= argc)
        return false;
    const wchar_t *value = argv[++*at];
    if (wcscmp(option, L"--log") == 0)
        return take_path(value, options.log);
    if (wcscmp(option, L"--other") == 0) {
        job_setting.other = options.other;
        return take_path(value, options.other);
    }
    if (wcscmp(option, L"--job") != 0 || wcslen(value) >= JOB_PATH)
        return false;
    wcscpy(options.job, value);
    return true;
}

static bool take_option(int argc, wchar_t **argv, int *at)
{
    const wchar_t *option = argv[*at];
    if (wcscmp(option, L"--long") == 0) {
        job_setting.takes_long = true;
        return true;
    }
    if (wcscmp(option, L"--speed") == 0) {
        options.speed_bytes = GIB;
        return true;
    }
    if (wcsncmp(option, L"--speed=", 8) == 0) {
        options.speed_bytes = (uint64_t)wcstoul(option + 8, NULL, 10) * MIB;
        return options.speed_bytes != 0;
    }
    return take_value(argc, argv, at);
}

static bool parse(int argc, wchar_t **argv)
{
    wchar_t *const places[] = {options.program, options.parent};
    size_t given = 0;
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == L'-') {
            if (!take_option(argc, argv, &i))
                return false;
        } else if (given == 2 || !take_path(argv[i], places[given++])) {
            return false;
        }
    }
    return given == 2;
}

/* Says and logs what is checked: false if reflink does not start. */
static bool begin(void)
{
    if (options.log[0] != L'\0' && !log_open(options.log)) {
        printf("%ls: the log cannot be made\n", options.log);
        return false;
    }
    system_report();
    system_report_volume(options.folder, "directory");
    if (job_setting.other != NULL)
        system_report_volume(options.other, "other");
    if (run_reflink(L"--version") < 0) {
        printf("%ls: it cannot be started (%lu)\n", options.program,
               GetLastError());
        return false;
    }
    printf("%s", run_output());
    log_begin("reflink");
    log_wide("path", options.program);
    log_text("version", run_output());
    log_end();
    return true;
}

static int work(void)
{
    if (!begin())
        return EXIT_NOTHING_CHECKED;
    if (options.speed_bytes == 0)
        return do_all();
    SetCurrentDirectoryW(options.folder);
    return speed_measure(options.speed_bytes) ? EXIT_SUCCESS : EXIT_FAILED;
}

int wmain(int argc, wchar_t **argv)
{
    static wchar_t output[JOB_PATH];
    if (!parse(argc, argv))
        return usage();
    swprintf(options.folder, JOB_PATH, L"%ls%lsreflink-check.%lu",
             options.parent,
             options.parent[wcslen(options.parent) - 1] == L'\\' ? L"" : L"\\",
             GetCurrentProcessId());
    swprintf(output, JOB_PATH, L"%ls\\output", options.folder);
    if (!CreateDirectoryW(options.folder, NULL)) {
        printf("%ls: the directory cannot be made (%lu)\n", options.folder,
               GetLastError());
        return EXIT_NOTHING_CHECKED;
    }
    run_with(options.program, output);
    int code = work();
    SetCurrentDirectoryW(options.parent);
    remove_soon(options.folder);
    log_close();
    return code;
}
