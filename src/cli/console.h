/*
 * What a run tells while it goes on and at its end: results, totals, progress.
 * From any thread; what it is told of comes one at a time.
 */
#ifndef REFLINK_TELLER_H
#define REFLINK_TELLER_H

#include "options.h"
#include "progress.h"
#include "report.h"
#include "report_dry.h"
#include "core/os.h"

struct teller {
    const struct options *options;
    struct report_style style;
    struct report_totals totals;
    struct progress progress;
    struct os_gate *gate; /* held while it prints */
    struct text out;
    struct text err;
    uint64_t start_us;
    bool printed; /* stdout took all of it so far */
};

/* False: there is no memory, which it has said. teller_end is due in both
   cases. `many`: lists and trees. */
bool teller_begin(struct teller *teller, const struct options *options,
                  bool many);

/* Says that there is no memory to begin, or for something that was to be said:
   once, and without any. */
void teller_no_memory(struct teller *teller);

/* Says what became of one file: counted, and printed at once. */
void teller_done(struct teller *teller, const struct reflink_outcome *outcome);

/* Says that a link was made anew, which is not counted. */
void teller_linked(struct teller *teller,
                   const struct reflink_outcome *outcome);

/* Says what a directory that was done is to be warned of. */
void teller_warned(struct teller *teller,
                   const struct reflink_outcome *outcome);

/* Says what would become of one file; frees the steps. */
void teller_planned(struct teller *teller, struct report_dry *dry,
                    const struct reflink_outcome *outcome);

/* Has `look` tell how far it got and shows that, if it is time to. */
void teller_moved(struct teller *teller,
                  void (*look)(void *context, struct progress_view *view),
                  void *context);

/* Says that stdout could not be written, and returns the exit code of what
   would have ended with `code`. */
int teller_unprinted(int code);

/* Says that there is no memory, as above, and returns the exit code likewise.
 */
int teller_out_of_memory(int code);

/* Prints the summary and frees all; returns the exit code. */
int teller_end(struct teller *teller);

#endif
