/*
 * What a run tells while it goes on and at its end: results, totals, progress.
 * Any thread may call it; it prints the results one at a time.
 */
#ifndef REFLINK_CLI_CONSOLE_H
#define REFLINK_CLI_CONSOLE_H

#include "options.h"
#include "progress.h"
#include "report.h"
#include "report_dry.h"
#include "core/os.h"

struct console {
    const struct options *options;
    struct report_style style;
    struct totals totals;
    struct progress progress;
    struct os_monitor *gate; /* held while it prints */
    struct text out;
    struct text err;
    uint64_t start_us;
    bool printed; /* stdout took all of it so far */
};

/* False: there is no memory, which it has said. console_end is due in both
   cases. `many`: lists and trees. */
bool console_begin(struct console *console, const struct options *options,
                   bool many);

/* Says that there is no memory to begin, or for something that was to be said:
   once, and without any. */
void console_no_memory(struct console *console);

/* Says what became of one file: counted, and printed at once. */
void console_done(struct console *console,
                  const struct reflink_outcome *outcome);

/* Says that a link was recreated, which is not counted. */
void console_linked(struct console *console,
                    const struct reflink_outcome *outcome);

/* Says what a directory that was done is to be warned of. */
void console_warned(struct console *console,
                    const struct reflink_outcome *outcome);

/* Says what would become of one file; frees the steps. */
void console_planned(struct console *console, struct report_dry *dry,
                     const struct reflink_outcome *outcome);

/* Has `look` tell how far it got and shows that, if it is time to. */
void console_moved(struct console *console,
                   void (*look)(void *context, struct progress_view *view),
                   void *context);

/* Says that stdout could not be written, and returns the exit code of what
   would have ended with `code`. */
int console_unprinted(int code);

/* Says that there is no memory, as above, and returns the exit code likewise.
 */
int console_out_of_memory(int code);

/* Prints the summary and frees all; returns the exit code. */
int console_end(struct console *console);

#endif
