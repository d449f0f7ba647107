/*
 * Every sentence that a user can see, but for the usage page (help.c), and the
 * stable words for programs. Both outputs, text and JSON, take them from here.
 * Fragments of a line's format (numbers, column heads) are in the report files.
 */
#ifndef REFLINK_CLI_MESSAGES_H
#define REFLINK_CLI_MESSAGES_H

#include <reflink/reflink.h>

#include "core/inspect/volume_info.h"
#include "text.h"

/* The stable word, as `no-block-cloning`; NULL for no reason. */
const wchar_t *message_reason(enum reflink_reason reason);

/* The reason as a sentence that names DEST's volume where that matters.
   `range`: the outcome is that of a part of a file. */
void message_add_reason(struct text *text,
                        const struct reflink_outcome *outcome, bool range);

const wchar_t *message_status(enum reflink_status status);
const wchar_t *message_method(enum reflink_method method);
const wchar_t *message_step(enum reflink_step step);

/* NULL for no hint. */
const wchar_t *message_hint(enum reflink_hint hint);

/* What reflink would do on a volume: the stable word, and a sentence without
   its subject, that names the volume's cluster size. */
const wchar_t *message_way(enum info_way way);
void message_add_way(struct text *text, const struct info *info);

/* What bit `index` of outcome.lost means; a list of them comes after
   message_not_kept. */
const wchar_t *message_lost(unsigned index);

/* What bit `index` of outcome.warnings means, for people and for programs. */
const wchar_t *message_warning(unsigned index);
const wchar_t *message_warning_reason(unsigned index);

/* The path that an error is about. */
const wchar_t *message_error_path(const struct reflink_outcome *outcome);

/* A step of a dry run: the stable word, and a sentence, which is NULL for a
   clone or copy: their lines are numbers. */
const wchar_t *message_dry_word(enum reflink_dry_kind kind);
const wchar_t *message_dry_step(enum reflink_dry_kind kind);

/* What -v reports about how a file was done. */
enum message_note {
    MESSAGE_RETRIED,
    MESSAGE_UNVERIFIED,
    MESSAGE_REQUEST_REFUSED
};

/* Adds the note, for what happened `times` times. */
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
    MESSAGE_EMPTY_OPERAND,       /* its number from 1 on (int) */
    MESSAGE_EXTRA_OPERAND,       /* operand */
    MESSAGE_NO_OPERANDS,
    MESSAGE_NO_SOURCE,
    MESSAGE_NO_DEST, /* SOURCE */
    MESSAGE_NO_PATH,
    MESSAGE_NO_FILES,
    MESSAGE_NO_SECOND_FILE, /* the first */
    MESSAGE_RANGE_OPERANDS
};

/* A format for text_format. */
const wchar_t *message_usage(enum message_usage_error error);

/* What the value of an option can be. */
enum message_value {
    MESSAGE_VALUE_WHEN, /* or --reflink's */
    MESSAGE_VALUE_VERIFY,
    MESSAGE_VALUE_SIZE,
    MESSAGE_VALUE_DIRECTORY,
    MESSAGE_VALUE_JOBS,
    MESSAGE_VALUE_RETRIES
};

const wchar_t *message_value(enum message_value value);

/* Whole lines: the first can be printed without any memory. */
extern const wchar_t message_no_memory[];
extern const wchar_t message_no_stdout[];
extern const wchar_t message_try_help[]; /* after a usage error */

/* Parts of lines. */
extern const wchar_t message_not_kept[];     /* before a list of losses */
extern const wchar_t message_skipped[];      /* why -n left a DEST alone */
extern const wchar_t message_rounded_up[];   /* format; bytes (uint64_t) */
extern const wchar_t message_not_reported[]; /* instead of a value */
extern const wchar_t message_none_shared[];  /* instead of an amount */

#endif
