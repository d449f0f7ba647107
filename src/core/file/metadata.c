#include "metadata.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/classify.h"
#include "core/errors.h"
#include "ea.h"
#include "flush.h"
#include "core/base/path.h"

/* The attributes that a copy keeps and that a program may set. */
enum {
    KEPT_ATTRIBUTES = OS_ATTRIBUTE_READONLY | OS_ATTRIBUTE_HIDDEN |
                      OS_ATTRIBUTE_SYSTEM | OS_ATTRIBUTE_ARCHIVE |
                      OS_ATTRIBUTE_TEMPORARY | OS_ATTRIBUTE_NOT_INDEXED
};

static bool fail(struct reflink_outcome *outcome, os_error error,
                 enum reflink_step step, enum outcome_side side)
{
    outcome_fail(outcome, error, step, side);
    return false;
}

/* Whether the error means that the volume does not support such metadata. */
static bool is_not_held(os_error error)
{
    return classify_unknown_request(error) || error == CODE_INVALID_NAME ||
           error == CODE_EAS_NOT_SUPPORTED;
}

/*
 * Whether a stream can have this name: up to 255 characters without separators
 * [MS-FSCC 2.1.5.3]. A server or a crafted volume may list `:\..\name:$DATA`,
 * which would be a file outside DEST.
 */
static bool is_stream_name(const wchar_t *name)
{
    enum { LONGEST = 255 };
    if (name[0] != L':')
        return false;
    size_t length = wcscspn(name + 1, L":\\/");
    return length != 0 && length <= LONGEST &&
           wcscmp(name + 1 + length, L":$DATA") == 0;
}

/*
 * Whether the error means that the volume supports streams, but none of `size`
 * bytes, or no more of them: on ReFS a stream has at most 128 KiB [MS-FSA
 * 2.1.5.1.1, note 54]. Some volumes then report a full disk; they have free
 * space, with some to spare for what they keep about it.
 */
static bool is_too_much(os_error error, struct os_file *dest, uint64_t size)
{
    enum { SPARE = 64 << 10 };
    uint64_t room = 0;
    if (error != CODE_DISK_FULL)
        return error == CODE_FILE_SYSTEM_LIMITATION;
    return os_free_bytes(dest, &room) == 0 && room >= SPARE &&
           room - SPARE >= size;
}

/*
 * Records a stream that DEST's volume cannot store as lost. Any other error is
 * a failure.
 */
static bool judge_stream(os_error error, struct os_file *dest, uint64_t size,
                         struct reflink_outcome *outcome)
{
    if (is_not_held(error) || is_too_much(error, dest, size))
        outcome->lost |= REFLINK_LOST_STREAMS;
    else if (error != 0)
        return fail(outcome, error, REFLINK_STEP_STREAMS, OUTCOME_DEST);
    return true;
}

bool metadata_list(struct metadata *metadata, struct os_file *source,
                   struct reflink_outcome *outcome)
{
    size_t listed = 0;
    os_error error = os_list_streams(source, &metadata->streams, &listed);
    if (error != 0)
        return fail(outcome, error, REFLINK_STEP_STREAMS, OUTCOME_SOURCE);
    for (size_t i = 0; i < listed; i++) {
        const wchar_t *name = metadata->streams[i].name;
        if (is_stream_name(name))
            metadata->streams[metadata->count++] = metadata->streams[i];
        else if (wcscmp(name, L"::$DATA") != 0)
            outcome->lost |= REFLINK_LOST_STREAMS;
    }
    return true;
}

static os_error open_stream(struct os_file *directory, const wchar_t *file,
                            const wchar_t *name, enum os_intent intent,
                            struct os_file **stream)
{
    wchar_t *path = path_stream(file, name);
    if (path == NULL)
        return CODE_NOT_ENOUGH_MEMORY;
    os_error error = os_open_at(directory, path, intent, stream);
    free(path);
    return error;
}

bool metadata_open_streams(struct metadata *metadata, struct os_file *directory,
                           const wchar_t *made_path, struct os_file *made,
                           struct reflink_outcome *outcome)
{
    if (metadata->count == 0)
        return true;
    metadata->opened = calloc(metadata->count, sizeof *metadata->opened);
    if (metadata->opened == NULL)
        return fail(outcome, CODE_NOT_ENOUGH_MEMORY, REFLINK_STEP_MEMORY,
                    OUTCOME_DEST);
    for (size_t i = 0; i < metadata->count; i++) {
        os_error error =
            open_stream(directory, made_path, metadata->streams[i].name,
                        OS_CREATE_STREAM, &metadata->opened[i]);
        if (!judge_stream(error, made, metadata->streams[i].size, outcome))
            return false;
    }
    return true;
}

/*
 * Always copies, because cloning into a stream crashed systems
 * [microsoft/CopyOnWrite #24].
 */
static bool copy_bytes(struct reflink_session *session, struct os_file *source,
                       struct os_file *dest, struct reflink_outcome *outcome)
{
    uint64_t at = 0;
    uint32_t done = 0;
    do {
        os_error error =
            os_read(source, at, session->buffer, SESSION_BUFFER, &done);
        if (error != 0)
            return fail(outcome, error, REFLINK_STEP_STREAMS, OUTCOME_SOURCE);
        error = done != 0 ? os_write(dest, at, session->buffer, done) : 0;
        if (error != 0) {
            /* half a stream would look complete */
            (void)os_set_size(dest, 0);
            return judge_stream(error, dest, at + done, outcome);
        }
        at += done;
    } while (done == SESSION_BUFFER);
    return true;
}

static os_error open_source_stream(const struct source *source,
                                   const wchar_t *file, const wchar_t *name,
                                   enum os_intent intent,
                                   struct os_file **stream)
{
    wchar_t *path = path_stream(file, name);
    if (path == NULL)
        return CODE_NOT_ENOUGH_MEMORY;
    os_error error = source_open_name(source, path, intent, stream);
    free(path);
    return error;
}

/*
 * Copies a stream and closes it. It is flushed if its file may replace another:
 * whether it does is not known yet.
 */
static bool copy_stream(struct metadata *metadata, size_t index,
                        struct reflink_session *session,
                        const struct reflink_policy *policy,
                        const struct source *file,
                        struct reflink_outcome *outcome)
{
    struct os_file *source = NULL;
    if (metadata->opened[index] == NULL)
        return true;
    const wchar_t *name = metadata->streams[index].name;
    os_error error = open_source_stream(file, outcome->source, name,
                                        OS_OPEN_SOURCE, &source);
    /* another program already writes to it */
    if (error == CODE_SHARING_VIOLATION) {
        outcome->warnings |= REFLINK_WARNING_SOURCE_IN_USE;
        error = open_source_stream(file, outcome->source, name,
                                   OS_OPEN_SOURCE_SHARED, &source);
    }
    if (error != 0)
        return fail(outcome, error, REFLINK_STEP_STREAMS, OUTCOME_SOURCE);
    bool copied =
        copy_bytes(session, source, metadata->opened[index], outcome) &&
        flush_dest(policy, metadata->opened[index],
                   policy->existing == REFLINK_EXISTING_REPLACE, outcome);
    os_close(source);
    os_close(metadata->opened[index]);
    metadata->opened[index] = NULL;
    return copied;
}

static bool copy_ea(const struct source *source, struct os_file *dest,
                    struct reflink_outcome *outcome)
{
    void *block = NULL;
    size_t size = 0;
    if (source->info.ea_size == 0)
        return true;
    os_error error = os_get_ea(source->file, &block, &size);
    if (error != 0)
        return fail(outcome, error, REFLINK_STEP_EA, OUTCOME_SOURCE);
    if (block == NULL)
        return true;
    size = ea_without_kernel(block, size);
    error = size != 0 ? os_set_ea(dest, block, size) : 0;
    free(block);
    if (is_not_held(error))
        outcome->lost |= REFLINK_LOST_EA;
    else if (error != 0)
        return fail(outcome, error, REFLINK_STEP_EA, OUTCOME_DEST);
    return true;
}

static bool copy_security(struct os_file *source, struct os_file *dest,
                          struct reflink_outcome *outcome)
{
    os_error error = os_copy_security(source, dest);
    if (is_not_held(error))
        outcome->lost |= REFLINK_LOST_SECURITY;
    if (error == 0 || is_not_held(error))
        return true;
    outcome_fail_hint(outcome, error, REFLINK_STEP_SECURITY, OUTCOME_DEST,
                      error == CODE_INVALID_OWNER ? REFLINK_HINT_OWNER_RIGHT
                                                  : REFLINK_HINT_NONE);
    return false;
}

bool metadata_copy(struct metadata *metadata, struct reflink_session *session,
                   const struct reflink_policy *policy,
                   const struct source *source, struct os_file *dest,
                   struct reflink_outcome *outcome)
{
    for (size_t i = 0; i < metadata->count; i++) {
        if (!copy_stream(metadata, i, session, policy, source, outcome))
            return false;
    }
    /* another file may have taken its name */
    if (metadata->count != 0 &&
        !source_has_name(source, outcome->source, outcome))
        return false;
    return copy_ea(source, dest, outcome) &&
           (!policy->security || copy_security(source->file, dest, outcome));
}

uint32_t metadata_kept(const struct os_info *source)
{
    return source->attributes & KEPT_ATTRIBUTES;
}

/*
 * Sets the time, too, if the volume can store it. FAT and exFAT store the years
 * 1980 to 2107 and answer others with CODE_INVALID_PARAMETER
 * [alexcrichton/filetime #30]. To the system, 0 means to leave a time as it is,
 * and a negative number is no time [FILE_BASIC_INFO].
 */
static os_error stamp(const struct source *source, struct os_file *dest,
                      int64_t created)
{
    uint32_t attributes = metadata_kept(&source->info);
    int64_t written = source->info.written != 0 ? source->info.written : 1;
    os_error error = written > 0
                         ? os_set_metadata(dest, attributes, created, written)
                         : CODE_INVALID_PARAMETER;
    if (error == CODE_INVALID_PARAMETER)
        error = os_set_metadata(dest, attributes, created, 0);
    return error;
}

bool metadata_stamp(const struct source *source, struct os_file *dest,
                    int64_t created, struct reflink_outcome *outcome)
{
    os_error error = stamp(source, dest, created);
    return error == 0 ||
           fail(outcome, error, REFLINK_STEP_ATTRIBUTES, OUTCOME_DEST);
}

bool metadata_is_ordinary_time(const struct os_info *source)
{
    /* 1980-01-02 and 2107-12-30: FAT's years, wherever the clock is */
    static const int64_t first = INT64_C(119600928000000000);
    static const int64_t last = INT64_C(159991200000000000);
    return source->written >= first && source->written <= last;
}

void metadata_check(const struct os_info *source, const struct os_info *now,
                    struct reflink_outcome *outcome)
{
    enum { COARSEST = 20000000 }; /* 2 s, in 100 ns */
    uint64_t wanted = (uint64_t)source->written;
    uint64_t there = (uint64_t)now->written;
    /* unsigned: any two times have a distance */
    uint64_t apart =
        now->written > source->written ? there - wanted : wanted - there;
    if ((metadata_kept(source) & ~now->attributes) != 0)
        outcome->lost |= REFLINK_LOST_ATTRIBUTES;
    if (apart > COARSEST)
        outcome->lost |= REFLINK_LOST_TIME;
}

/*
 * Naming a file also sets its archive attribute [MS-FSA 2.1.5.15.7,
 * 2.1.5.15.12]. DEST is complete by then, so it is no failure if the attribute
 * cannot be cleared.
 */
void metadata_clear_archive(const struct source *source, struct os_file *dest,
                            int64_t created, struct reflink_outcome *outcome)
{
    if ((source->info.attributes & OS_ATTRIBUTE_ARCHIVE) == 0 &&
        stamp(source, dest, created) != 0)
        outcome->lost |= REFLINK_LOST_ATTRIBUTES;
}

void metadata_end(struct metadata *metadata)
{
    for (size_t i = 0; metadata->opened != NULL && i < metadata->count; i++)
        os_close(metadata->opened[i]);
    free(metadata->opened);
    free(metadata->streams);
    *metadata = (struct metadata){0};
}
