#include "probe.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/classify.h"
#include "core/base/identity.h"
#include "core/base/outcome.h"
#include "core/base/path.h"
#include "core/base/path_query.h"
#include "core/base/reason.h"
#include "core/errors.h"
#include "core/file/staging.h"

/* A multiple of every cluster size and of every alignment that is known. */
enum { PROBE_SIZE = 1 << 20 };

/*
 * Clones PROBE_SIZE bytes from one staging file to the other and reads them
 * back. Returns false if the volume refused the request, or served it without
 * an effect; true if that cannot be found out.
 */
static bool clones(struct os_file *from, struct os_file *to, uint8_t *bytes)
{
    uint32_t done = 0;
    memset(bytes, 0x5a, PROBE_SIZE);
    if (os_write(from, 0, bytes, PROBE_SIZE) != 0 || os_flush(from) != 0 ||
        os_set_size(to, PROBE_SIZE) != 0)
        return true;
    if (os_clone(from, 0, to, 0, PROBE_SIZE) != 0)
        return false;
    memset(bytes, 0, PROBE_SIZE);
    if (os_read(to, 0, bytes, PROBE_SIZE, &done) != 0)
        return true;
    for (uint32_t i = 0; i < PROBE_SIZE; i++) {
        if (i >= done || bytes[i] != 0x5a)
            return false;
    }
    return true;
}

/*
 * Makes the request on two staging files in `directory`. Sets `*can`, and
 * returns an error only if memory ran out.
 */
static os_error query_clones(const wchar_t *directory, bool *can)
{
    struct staging from = {0};
    struct staging to = {0};
    struct reflink_outcome ignored = {0};
    os_error error = 0;
    wchar_t *beside = path_join(directory, L"probe");
    uint8_t *bytes = malloc(PROBE_SIZE);
    if (beside != NULL && bytes != NULL &&
        staging_begin(&from, beside, 0, &ignored) &&
        staging_mark(&from, &ignored) &&
        staging_begin(&to, beside, 0, &ignored) && staging_mark(&to, &ignored))
        *can = clones(from.file, to.file, bytes);
    else
        error = beside != NULL && bytes != NULL
                    ? classify_memory(ignored.error.code)
                    : CODE_NOT_ENOUGH_MEMORY;
    staging_end(&from, false);
    staging_end(&to, false);
    free(bytes);
    free(beside);
    return error;
}

/* Opens the deepest directory of `path` that exists, and cuts `path` to it. */
static os_error open_existing(wchar_t *path, struct os_file **file)
{
    os_error error = os_open(path, OS_OPEN_LOOK, file);
    bool more = true;
    while (more &&
           (error == CODE_FILE_NOT_FOUND || error == CODE_PATH_NOT_FOUND)) {
        more = path_cut(path);
        error = os_open(path, OS_OPEN_LOOK, file);
    }
    return error;
}

/* Sets `*reason`, and returns an error only if memory ran out. */
static os_error find_reason(const wchar_t *source, const wchar_t *dest,
                            bool may_write, struct os_volume *volume,
                            enum reflink_reason *reason)
{
    struct os_info from;
    struct os_info to;
    struct os_file *place = NULL;
    wchar_t *path = NULL;
    bool can = true;
    *reason = REFLINK_REASON_NONE;
    os_error error = os_full_path(dest, &path);
    if (error == 0)
        error = path_query(source, &from);
    if (error == 0)
        error = open_existing(path, &place);
    if (error == 0)
        error = os_query(place, &to);
    if (error == 0) {
        os_query_volume(place, volume);
        struct reason_facts facts = {
            .mode = REFLINK_ALWAYS,
            .volume_known = volume->known,
            .volume_clones = (volume->features & OS_VOLUME_CLONES) != 0,
            .other_volume = !identity_same_volume(&from.identity, &to.identity),
            .length = 1,
        };
        *reason = reason_before(&facts);
        if (*reason == REFLINK_REASON_NONE && facts.volume_known &&
            !facts.volume_clones && may_write)
            error = query_clones(path, &can);
        if (!can)
            *reason = REFLINK_REASON_NO_CLONING;
    }
    os_close(place);
    free(path);
    return classify_memory(error);
}

bool probe_tree(const wchar_t *source, const wchar_t *dest, bool may_write,
                struct reflink_outcome *outcome)
{
    struct os_volume volume = {0};
    uint64_t start = outcome_begin(outcome, source, dest);
    enum reflink_reason reason = REFLINK_REASON_NONE;
    os_error error = find_reason(source, dest, may_write, &volume, &reason);
    if (error != 0) {
        outcome_fail(outcome, error, REFLINK_STEP_MEMORY, OUTCOME_DEST);
    } else if (reason != REFLINK_REASON_NONE) {
        outcome_reason(outcome, reason);
        outcome->status = REFLINK_REFUSED;
    }
    wcscpy(outcome->file_system, volume.file_system);
    outcome_end(outcome, start);
    return error == 0 && reason == REFLINK_REASON_NONE;
}
