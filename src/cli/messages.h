/*
 * Every sentence that a user can read, except the usage page (help.c), and the
 * stable words for programs. Output as text and as JSON both take them from
 * here. Only numbers and the heads of columns stand in the report files.
 *
 * The strings that these functions return are constant and never freed.
 */
#ifndef REFLINK_CLI_MESSAGES_H
#define REFLINK_CLI_MESSAGES_H

#include <reflink/reflink.h>

#include "core/inspect/volume_info.h"
#include "text.h"
#include "totals.h"

/* Returns the stable word of a reason, such as `no-block-cloning`; NULL for
   REFLINK_REASON_NONE. */
const wchar_t *message_reason(enum reflink_reason reason);

/*
 * Adds the reason of the outcome as a sentence, which names DEST's volume where
 * that matters. The reason must not be REFLINK_REASON_NONE. `range`: the
 * outcome is that of a range of a file.
 */
void message_add_reason(struct text *text,
                        const struct reflink_outcome *outcome, bool range);

/*
 * Adds the reason why a file, the outcome's DEST, does not share clusters with
 * another, its SOURCE. `in_source`: the latter is the cause.
 */
void message_add_dedupe_reason(struct text *text,
                               const struct reflink_outcome *outcome,
                               bool in_source);

/* Adds, as a sentence, that the files on DEST's volume are copied for the
   outcome's reason. Only for a reason that message_reason_is_of_volume. */
void message_add_volume_reason(struct text *text,
                               const struct reflink_outcome *outcome);

/* Whether the reason holds for all files that go to DEST's volume. */
bool message_reason_is_of_volume(enum reflink_reason reason);

/* Returns what follows the number of files that were copied for a reason, such
   as `smaller than a cluster`. */
const wchar_t *message_reason_count(enum reflink_reason reason);

/* Returns the stable word of a status, such as `skipped`. */
const wchar_t *message_status(enum reflink_status status);

/* Returns the stable word of a method, such as `clone`. */
const wchar_t *message_method(enum reflink_method method);

/* Returns what was being done when an error occurred, such as `reading it`. */
const wchar_t *message_step(enum reflink_step step);

/* Returns what reflink knows about an error beyond the system's message; NULL
   for no hint. */
const wchar_t *message_hint(enum reflink_hint hint);

/*
 * Whether reflink itself found the problem. Its hint then says everything, and
 * the system's message for the code would mislead. False if the system refused
 * a call: the hint then only adds to its message.
 */
bool message_hint_replaces_message(const struct reflink_error *error);

/* Adds `: `, the system's message for the code, and the code. */
void message_add_system(struct text *text, uint32_t code);

/* Adds what follows the path in the line of an error. */
void message_add_error(struct text *text, const struct reflink_error *error);

/* Returns the stable word for what reflink does on a volume, such as
   `clones`. */
const wchar_t *message_support(enum reflink_support behavior);

/* Adds the same as a sentence without its subject, with the volume's cluster
   size if that is known. */
void message_add_support(struct text *text, const struct reflink_volume *info);

/* Returns what bit `index` of outcome.lost stands for. A list of these follows
   message_not_kept. */
const wchar_t *message_lost(unsigned index);

/* Returns the sentence for bit `index` of outcome.warnings. */
const wchar_t *message_warning(unsigned index);

/* Returns the stable word for the same bit, such as `source-in-use`. */
const wchar_t *message_warning_reason(unsigned index);

/* Returns the stable word for what a run passes over, such as
   `staging-file`. */
const wchar_t *message_passed(enum totals_passed kind);

/* Returns why it is passed over. */
const wchar_t *message_passed_reason(enum totals_passed kind);

/* What a run counts and reports at its end. */
enum message_count {
    MESSAGE_MORE_FAILED, /* a directory and message_same_reason follow */
    MESSAGE_OWNERS_NOT_KEPT,
    MESSAGE_HARD_LINKS,
    MESSAGE_HARD_LINKS_NOT_MADE, /* with -H */
    MESSAGE_LINKS_INTO_SOURCE,
    MESSAGE_STAGING_FILES,
    MESSAGE_SYSTEM_DIRECTORIES,
    MESSAGE_SAME_SOURCES
};

/* Adds a sentence with the number, which is 1 or more. */
void message_add_count(struct text *text, enum message_count what,
                       uint64_t count);

/* Returns the path that the outcome's error is about. It belongs to the
   outcome. */
const wchar_t *message_error_path(const struct reflink_outcome *outcome);

/* Returns the stable word for a step of a dry run, such as `rename`. */
const wchar_t *message_dry_name(enum reflink_dry_kind kind);

/* Returns the sentence for the same step. NULL for a clone or a copy, whose
   line consists of numbers. */
const wchar_t *message_dry_step(enum reflink_dry_kind kind);

/* What -v reports about how a file was done. */
enum message_note {
    MESSAGE_RETRIED,
    MESSAGE_UNVERIFIED,
    MESSAGE_KEPT_SPARSE,
    MESSAGE_REQUEST_REFUSED,
    MESSAGE_SERVER_REFUSED
};

/* Adds the note for something that happened `times` times, 1 or more. */
void message_add_note(struct text *text, enum message_note note,
                      unsigned times);

/* The comments name the arguments of the format. */
enum message_usage_error {
    MESSAGE_UNKNOWN_OPTION,      /* argument */
    MESSAGE_UNKNOWN_LETTER,      /* letter (wint_t), argument */
    MESSAGE_NO_VALUE,            /* option, value */
    MESSAGE_VALUE_NEEDED,        /* option */
    MESSAGE_LETTER_VALUE_NEEDED, /* letter (wint_t) */
    MESSAGE_BAD_VALUE,           /* option, value, message_value() */
    MESSAGE_BAD_SIZE,            /* operand's name, value */
    MESSAGE_EMPTY_OPERAND,       /* its number, from 1 (int) */
    MESSAGE_QUOTED_OPERAND,
    MESSAGE_HELP,
    MESSAGE_STRAY_VALUE,
    MESSAGE_SWITCH,
    MESSAGE_SWITCH_MEANT,
    MESSAGE_WILDCARD,
    MESSAGE_WILDCARD_PLACE,
    MESSAGE_WILDCARD_DEST,
    MESSAGE_RANGE_LENGTH,
    MESSAGE_TWO_TARGETS,
    MESSAGE_NOT_WITH_RANGE,
    MESSAGE_ONLY_RECURSIVE,
    MESSAGE_EXTRA_OPERAND, /* operand */
    MESSAGE_NO_OPERANDS,
    MESSAGE_NO_SOURCE,
    MESSAGE_NO_DEST, /* SOURCE */
    MESSAGE_NO_PATH,
    MESSAGE_NO_FILES,
    MESSAGE_NO_SECOND_FILE, /* the first file */
    MESSAGE_NO_DEDUPE_FILES,
    MESSAGE_NOT_WITH_DEDUPE, /* option */
    MESSAGE_RANGE_OPERANDS
};

/* Returns a format for text_format, without a line end. */
const wchar_t *message_usage(enum message_usage_error error);

/* What an option accepts as its value. */
enum message_value {
    MESSAGE_VALUE_WHEN, /* of --reflink, --flush and --progress */
    MESSAGE_VALUE_VERIFY,
    MESSAGE_VALUE_SIZE,
    MESSAGE_VALUE_DIRECTORY,
    MESSAGE_VALUE_JOBS,
    MESSAGE_VALUE_RETRIES
};

/* Returns what follows `is not` in MESSAGE_BAD_VALUE. */
const wchar_t *message_value(enum message_value value);

/* Whole lines. They are constants, so that they can be printed when the program
   is out of memory. */
extern const wchar_t message_no_memory[];
extern const wchar_t message_no_stdout[];
extern const wchar_t message_try_help[]; /* follows a usage error */
extern const wchar_t message_nothing_copied[];

/* Parts of lines. */
extern const wchar_t message_not_kept[];     /* precedes a list of losses */
extern const wchar_t message_skipped[];      /* why -n left DEST alone */
extern const wchar_t message_same_reason[];  /* format; cause (string) */
extern const wchar_t message_rounded_up[];   /* format; bytes (uint64_t) */
extern const wchar_t message_not_reported[]; /* replaces a value */
extern const wchar_t message_none_shared[];  /* replaces an amount */

/* Parts of the lines of --dedupe. */
extern const wchar_t message_shared[];             /* precedes a file */
extern const wchar_t message_would_share[];        /* the same in a dry run */
extern const wchar_t message_of_it_before[];       /* follows an amount */
extern const wchar_t message_freed[];              /* follows an amount */
extern const wchar_t message_shared_before[];      /* follows an amount */
extern const wchar_t message_now[];                /* follows an amount */
extern const wchar_t message_after_the_run[];      /* the same in a dry run */
extern const wchar_t message_freed_not_reported[]; /* replaces it */
extern const wchar_t message_written_back[];       /* follows a file */

#endif
