/*
 * Prints what a run reports while it goes on and at its end: results, progress
 * and the summary. Any thread may call the functions between console_begin and
 * console_end; a lock keeps the output of one call together.
 */
#ifndef REFLINK_CLI_CONSOLE_H
#define REFLINK_CLI_CONSOLE_H

#include "options.h"
#include "progress.h"
#include "report.h"
#include "report_dedupe.h"
#include "report_dry.h"
#include "report_once.h"
#include "core/os.h"

struct console {
    const struct options *options;
    struct report_style style;
    struct totals totals;
    struct report_once once; /* only used in a tree or list without -v */
    struct progress progress;
    struct os_monitor *gate; /* held while a function prints */
    struct text out;
    struct text err;
    uint64_t start_us;
    bool printed; /* stdout took everything so far */
};

/*
 * Begins the output of a run. `several_files`: the run is a list or a tree.
 * `options` must stay valid until console_end. Returns false if out of memory,
 * which is then reported already. The caller calls console_end in any case.
 */
bool console_begin(struct console *console, const struct options *options,
                   bool several_files);

/*
 * Reports, once per run, that the program is out of memory; needs no memory for
 * that. The exit code of the run is then EXIT_CODE_FAILED, or
 * EXIT_CODE_INTERRUPTED. No other thread may be using the console.
 */
void console_no_memory(struct console *console);

/* Counts one file, and prints its result. */
void console_done(struct console *console,
                  const struct reflink_outcome *outcome);

/* Prints that a link was recreated; links are not counted. */
void console_linked(struct console *console,
                    const struct reflink_outcome *outcome);

/* Counts a file or directory that the run passes over, and prints it with
   -v. */
void console_passed_over(struct console *console, enum totals_passed kind,
                         const wchar_t *path);

/* Counts one file of --dedupe, and prints its result. `in_group`: see
   report_dedupe_file. */
void console_deduped(struct console *console,
                     const struct dedupe_result *result, bool in_group);

/* Counts a group of --dedupe, and prints it with -v. */
void console_group(struct console *console, const struct report_group *group);

/* Counts a file that --dedupe passes over, and prints it with -v. */
void console_left_alone(struct console *console, const wchar_t *path,
                        enum reflink_reason reason);

/* Counts a file that is a hard link to one copied before, and became a file of
   its own. */
void console_hard_link(struct console *console);

/* Counts a link that was recreated in DEST, or would be, and points back into
   SOURCE. */
void console_link_into_source(struct console *console);

/*
 * Reports an error that refuses the whole run before anything was changed: the
 * exit code is then EXIT_CODE_USAGE, unless the run is interrupted or out of
 * memory, and console_end adds that nothing was copied. There may be several.
 */
void console_usage_error(struct console *console,
                         const struct reflink_outcome *outcome);

/* Prints the warnings of a directory that is complete. */
void console_warned(struct console *console,
                    const struct reflink_outcome *outcome);

/* Counts one file of a dry run, prints its plan, and frees its steps. */
void console_planned(struct console *console, struct report_dry *dry,
                     const struct reflink_outcome *outcome);

/*
 * Draws the line of progress if it is due. Only then calls `fill`, with
 * `context` and a zeroed view, while holding the lock.
 */
void console_progress(struct console *console,
                      void (*fill)(void *context, struct progress_view *view),
                      void *context);

/*
 * Reports that stdout could not be written. `code` is the exit code that the
 * run has otherwise. Returns the one that it has now: EXIT_CODE_FAILED, or
 * EXIT_CODE_INTERRUPTED if `code` is that.
 */
int console_stdout_failed(int code);

/* Does the same for a program that is out of memory; needs no memory. */
int console_out_of_memory(int code);

/* Erases the line of progress, prints the summary and frees everything. Returns
   the exit code of the run. */
int console_end(struct console *console);

#endif
