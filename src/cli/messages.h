/*
 * The words for what the core records, in one place: sentences for people
 * and stable words for programs. Both outputs, text and JSON, take them here.
 */
#ifndef REFLINK_CLI_MESSAGES_H
#define REFLINK_CLI_MESSAGES_H

#include <reflink/reflink.h>

#include "core/inspect/volume_info.h"
#include "text.h"

/* The stable word, as `no-block-cloning`; NULL for no reason. */
const wchar_t *message_reason(enum reflink_reason reason);

/* The reason as a sentence that names DEST's volume where that matters. */
void message_add_reason(struct text *text,
                        const struct reflink_outcome *outcome);

const wchar_t *message_status(enum reflink_status status);
const wchar_t *message_method(enum reflink_method method);
const wchar_t *message_step(enum reflink_step step);

/* NULL for no hint. */
const wchar_t *message_hint(enum reflink_hint hint);

/* What reflink would do on a volume: the stable word, and a sentence without
   its subject, that names the volume's cluster size. */
const wchar_t *message_way(enum info_way way);
void message_add_way(struct text *text, const struct info *info);

/* What bit `index` of outcome.lost means. */
const wchar_t *message_lost(unsigned index);

/* What bit `index` of outcome.warnings means, for people and for programs. */
const wchar_t *message_warning(unsigned index);
const wchar_t *message_warning_reason(unsigned index);

/* The path that an error is about. */
const wchar_t *message_error_path(const struct reflink_outcome *outcome);

#endif
