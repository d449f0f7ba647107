#include "speed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "files.h"
#include "job.h"
#include "log.h"
#include "run.h"

enum { RUNS = 3, MOST_WAYS = 6 };
enum { MOST_FILES = 1000, SMALL_BYTES = 10240, TITLE = 96 };

/* CopyFile2 is there since Windows 8; its parameters may be NULL. */
typedef HRESULT(WINAPI *copy_file2_function)(PCWSTR, PCWSTR, void *);
typedef void (*any_function)(void);

static copy_file2_function copy_file2(void)
{
    return (copy_file2_function)(any_function)GetProcAddress(
        GetModuleHandleW(L"kernel32.dll"), "CopyFile2");
}

static bool system_copy(const wchar_t *from, const wchar_t *to)
{
    copy_file2_function copy = copy_file2();
    if (copy != NULL)
        return SUCCEEDED(copy(from, to, NULL));
    return CopyFileExW(from, to, NULL, NULL, NULL, 0);
}

/* ---- the ways ------------------------------------------------------------ */

/* Each copies `in` with its files to `out`, which is not there. */

static bool by_reflink(const wchar_t *options)
{
    wchar_t line[JOB_WORDS];
    swprintf(line, JOB_WORDS, L"-q -r %ls in out", options);
    return run_reflink(line) == 0;
}

static bool by_system(const wchar_t *options)
{
    WIN32_FIND_DATAW data;
    wchar_t from[JOB_PATH];
    wchar_t to[JOB_PATH];
    HANDLE list = FindFirstFileW(L"in\\*", &data);
    bool done = CreateDirectoryW(L"out", NULL);
    (void)options;
    if (list == INVALID_HANDLE_VALUE)
        return false;
    do {
        if (data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
            continue;
        swprintf(from, JOB_PATH, L"in\\%ls", data.cFileName);
        swprintf(to, JOB_PATH, L"out\\%ls", data.cFileName);
        done = system_copy(from, to) && done;
    } while (FindNextFileW(list, &data));
    FindClose(list);
    return done;
}

/* Its exit codes below 8 are no failures. */
static bool by_robocopy(const wchar_t *options)
{
    wchar_t line[JOB_WORDS];
    swprintf(line, JOB_WORDS,
             L"robocopy.exe in out %ls /NFL /NDL /NJH /NJS /NP", options);
    int code = run_command(line);
    return code >= 0 && code < 8;
}

struct way {
    const char *title;
    bool (*copy)(const wchar_t *options);
    const wchar_t *options;
};

/* ---- measuring ----------------------------------------------------------- */

static double milliseconds(void)
{
    LARGE_INTEGER now;
    LARGE_INTEGER frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return 1000.0 * (double)now.QuadPart / (double)frequency.QuadPart;
}

static int compare(const void *a, const void *b)
{
    double first = *(const double *)a;
    double second = *(const double *)b;
    return (first > second) - (first < second);
}

struct result {
    double times[RUNS]; /* milliseconds, in order after sort_times */
    bool failed;
};

static double median(const struct result *result)
{
    return result->times[RUNS / 2];
}

/* The ways in turn, several times: what the system does in between, such as
   scanning what is new, is then not all done to one of them. */
static void measure(const struct way *ways, size_t count,
                    struct result *results)
{
    memset(results, 0, count * sizeof *results);
    for (size_t i = 0; i < RUNS * count; i++) {
        struct result *result = &results[i % count];
        double start = milliseconds();
        bool done = ways[i % count].copy(ways[i % count].options);
        result->times[i / count] = milliseconds() - start;
        result->failed = result->failed || !done;
        files_remove_tree(L"out");
    }
    for (size_t i = 0; i < count; i++)
        qsort(results[i].times, RUNS, sizeof(double), compare);
}

static void report(const char *what, const struct way *way,
                   const struct result *result)
{
    const double *times = result->times;
    log_begin("speed");
    log_text("what", what);
    log_text("way", way->title);
    if (result->failed) {
        printf("  %-28s failed\n", way->title);
        log_text("error", "failed");
    } else {
        printf("  %-28s %10.1f ms  (%.1f to %.1f)\n", way->title,
               median(result), times[0], times[RUNS - 1]);
        log_number("median_us", (uint64_t)(median(result) * 1000));
        log_number("least_us", (uint64_t)(times[0] * 1000));
        log_number("most_us", (uint64_t)(times[RUNS - 1] * 1000));
    }
    log_end();
}

/* Measures and prints a table; `results` has room for `count`. */
static bool report_all(const char *what, const struct way *ways, size_t count,
                       struct result *results)
{
    bool all = true;
    printf("%s, median of %d:\n", what, RUNS);
    fflush(stdout);
    measure(ways, count, results);
    for (size_t i = 0; i < count; i++) {
        report(what, &ways[i], &results[i]);
        all = all && !results[i].failed;
    }
    fflush(stdout);
    return all;
}

static bool has_robocopy(void)
{
    wchar_t path[JOB_PATH];
    return !is_wine() && /* its own fails */
           SearchPathW(NULL, L"robocopy.exe", NULL, JOB_PATH, path, NULL) != 0;
}

static bool measure_large(uint64_t size)
{
    const struct way ways[] = {
        {"reflink", by_reflink, L""},
        {"reflink --reflink=never", by_reflink, L"--reflink=never"},
        {copy_file2() != NULL ? "CopyFile2" : "CopyFileEx", by_system, L""},
        {"robocopy", by_robocopy, L""},
        {"robocopy /J", by_robocopy, L"/J"},
    };
    char what[TITLE];
    if (!files_make_directory(L"in") || !files_make(L"in\\large", size, 1))
        return false;
    snprintf(what, sizeof what, "1 file of %lu MiB",
             (unsigned long)(size / MIB));
    struct result results[MOST_WAYS];
    bool all = report_all(what, ways, has_robocopy() ? 5 : 3, results);
    files_remove_tree(L"in");
    return all;
}

static bool make_small(unsigned count)
{
    wchar_t name[TITLE];
    bool made = files_make_directory(L"in");
    for (unsigned i = 0; i < count && made; i++) {
        swprintf(name, TITLE, L"in\\%u", i);
        made = files_make(name, SMALL_BYTES, i);
    }
    return made;
}

static bool measure_small(unsigned count)
{
    const struct way ways[] = {
        {"reflink", by_reflink, L""},
        {"reflink --reflink=never", by_reflink, L"--reflink=never"},
        {copy_file2() != NULL ? "CopyFile2" : "CopyFileEx", by_system, L""},
        {"robocopy", by_robocopy, L""},
        {"robocopy /MT:8", by_robocopy, L"/MT:8"},
    };
    char what[TITLE];
    struct result results[MOST_WAYS];
    snprintf(what, sizeof what, "%u files of 10 KiB", count);
    return report_all(what, ways, has_robocopy() ? 5 : 3, results);
}

/* ---- files in progress at once ------------------------------------------- */

/* Says which number was the fastest, and what the default, which is the first
   of the ways, took beside it. */
static void compare_default(const char *what, const struct way *ways,
                            size_t count, const struct result *results)
{
    size_t best = 1;
    for (size_t i = 2; i < count; i++) {
        if (median(&results[i]) < median(&results[best]))
            best = i;
    }
    double ratio = median(&results[0]) / median(&results[best]);
    printf("  the fastest was %s; the default took %.2f x its time\n",
           ways[best].title, ratio);
    log_begin("speed");
    log_text("what", what);
    log_text("fastest", ways[best].title);
    log_number("default_percent", (uint64_t)(ratio * 100));
    log_end();
    fflush(stdout);
}

static bool measure_jobs(unsigned count)
{
    const struct way ways[] = {
        {"the default", by_reflink, L""}, {"-j 1", by_reflink, L"-j 1"},
        {"-j 2", by_reflink, L"-j 2"},    {"-j 4", by_reflink, L"-j 4"},
        {"-j 8", by_reflink, L"-j 8"},    {"-j 16", by_reflink, L"-j 16"},
    };
    const size_t ways_count = sizeof ways / sizeof ways[0];
    char what[TITLE];
    struct result results[MOST_WAYS];
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    snprintf(what, sizeof what, "reflink -r -j, %u files of 10 KiB, %lu %s",
             count, system.dwNumberOfProcessors, "processors");
    bool all = report_all(what, ways, ways_count, results);
    if (all)
        compare_default(what, ways, ways_count, results);
    return all;
}

bool speed_measure(uint64_t size)
{
    uint64_t files = size / MIB < MOST_FILES ? size / MIB : MOST_FILES;
    bool all = measure_large(size);
    if (!make_small((unsigned)files))
        return false;
    all = measure_small((unsigned)files) && all;
    all = measure_jobs((unsigned)files) && all;
    files_remove_tree(L"in");
    return all;
}
