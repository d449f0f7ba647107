#include "speed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "files.h"
#include "job.h"
#include "log.h"
#include "run.h"

enum { RUNS = 3, MOST_FILES = 1000, SMALL_BYTES = 10240, TITLE = 64 };

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

/* The median of several runs; below 0: one of them failed. */
static double measure(const struct way *way)
{
    double times[RUNS];
    for (int i = 0; i < RUNS; i++) {
        double start = milliseconds();
        bool done = way->copy(way->options);
        times[i] = milliseconds() - start;
        files_remove_tree(L"out");
        if (!done)
            return -1;
    }
    qsort(times, RUNS, sizeof times[0], compare);
    return times[RUNS / 2];
}

static bool report(const char *what, const struct way *way)
{
    double time = measure(way);
    log_begin("speed");
    log_text("what", what);
    log_text("way", way->title);
    if (time < 0) {
        printf("  %-28s failed\n", way->title);
        log_text("error", "failed");
    } else {
        printf("  %-28s %10.1f ms\n", way->title, time);
        log_number("median_us", (uint64_t)(time * 1000));
    }
    log_end();
    fflush(stdout);
    return time >= 0;
}

static bool report_all(const char *what, const struct way *ways, size_t count)
{
    bool all = true;
    printf("%s, median of %d:\n", what, RUNS);
    for (size_t i = 0; i < count; i++)
        all = report(what, &ways[i]) && all;
    files_remove_tree(L"in");
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
    return report_all(what, ways, has_robocopy() ? 5 : 3);
}

static bool measure_small(unsigned count)
{
    const struct way ways[] = {
        {"reflink", by_reflink, L""},
        {"reflink --reflink=never", by_reflink, L"--reflink=never"},
        {"reflink -j 1", by_reflink, L"-j 1"},
        {"reflink -j 2", by_reflink, L"-j 2"},
        {"reflink -j 4", by_reflink, L"-j 4"},
        {"reflink -j 8", by_reflink, L"-j 8"},
        {"reflink -j 16", by_reflink, L"-j 16"},
        {copy_file2() != NULL ? "CopyFile2" : "CopyFileEx", by_system, L""},
        {"robocopy", by_robocopy, L""},
        {"robocopy /MT:8", by_robocopy, L"/MT:8"},
    };
    wchar_t name[TITLE];
    char what[TITLE];
    if (!files_make_directory(L"in"))
        return false;
    for (unsigned i = 0; i < count; i++) {
        swprintf(name, TITLE, L"in\\%u", i);
        if (!files_make(name, SMALL_BYTES, i))
            return false;
    }
    snprintf(what, sizeof what, "%u files of 10 KiB", count);
    return report_all(what, ways, has_robocopy() ? 10 : 8);
}

bool speed_measure(uint64_t size)
{
    bool large = measure_large(size);
    uint64_t count = size / MIB;
    return measure_small(count < MOST_FILES ? (unsigned)count : MOST_FILES) &&
           large;
}
