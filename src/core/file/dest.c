#include "dest.h"

#include <string.h>

#include "core/base/allocation.h"
#include "core/base/classify.h"
#include "core/clone/cluster.h"
#include "core/errors.h"
#include "core/base/identity.h"
#include "source.h"

/*
 * A file's attributes show whether it has checksums [MS-FSCC 2.6]. That saves a
 * request for most files of a volume; it is made for the first two, which shows
 * whether the volume keeps to it, and what its cluster size is.
 */
static os_error get_integrity(struct volume *volume, struct os_file *file,
                              uint32_t attributes, struct os_integrity *out)
{
    enum { ASKED_FIRST = 2 };
    bool marked = (attributes & OS_ATTRIBUTE_INTEGRITY) != 0;
    if (!marked && !volume->hides_integrity &&
        volume->integrity_answers >= ASKED_FIRST) {
        *out = (struct os_integrity){.cluster_size = volume->integrity_cluster};
        return 0;
    }
    os_error error = os_get_integrity(file, out);
    if (error != 0)
        return error;
    volume->integrity_answers++;
    volume->integrity_cluster = out->cluster_size;
    if (out->algorithm != 0 && !marked)
        volume->hides_integrity = true;
    return 0;
}

/* Reads SOURCE's setting, unless its volume is known not to support it. */
static bool ask_integrity(struct transfer *t, struct dest_facts *prepared)
{
    struct volume *volume = t->source_volume;
    if (volume == NULL)
        return false;
    if (volume->no_integrity)
        return true;
    os_error error = get_integrity(
        volume, t->source, prepared->source.attributes, &prepared->integrity);
    prepared->integrity_known = error == 0;
    volume->no_integrity =
        error == CODE_INVALID_FUNCTION || error == CODE_NOT_SUPPORTED;
    return true;
}

bool dest_find_facts(struct transfer *transfer, struct dest_facts *prepared)
{
    struct transfer *t = transfer;
    const struct os_identity *volume = &prepared->dest.identity;
    t->source_volume =
        volume_get(&t->session->volumes, &prepared->source.identity);
    bool asked = ask_integrity(t, prepared);
    t->volume = volume_get(&t->session->volumes, volume);
    if (!asked || t->volume == NULL) {
        outcome_fail(t->outcome, CODE_NOT_ENOUGH_MEMORY, REFLINK_STEP_MEMORY,
                     OUTCOME_DEST);
        return false;
    }
    struct os_volume *report = &t->volume->report;
    if (!report->known)
        os_query_volume(t->dest, report);
    wcscpy(t->outcome->file_system, report->file_system);
    t->facts.volume_known = report->known;
    t->facts.volume_clones = (report->features & OS_VOLUME_CLONES) != 0;
    t->facts.volume_refused = t->volume->no_cloning;
    t->facts.mode = t->policy->mode;
    t->facts.other_volume =
        !identity_same_volume(&prepared->source.identity, volume);
    t->facts.encrypted =
        ((prepared->source.attributes | prepared->dest.attributes) &
         OS_ATTRIBUTE_ENCRYPTED) != 0;
    t->facts.elsewhere = source_is_elsewhere(&prepared->source);
    t->facts.length = t->length;
    if (prepared->integrity_known)
        t->cluster_size = cluster_size_reported(&prepared->integrity);
    if (t->cluster_size == 0 && t->volume->unit == 0)
        t->volume->unit = cluster_size(NULL, t->dest);
    if (t->cluster_size == 0)
        t->cluster_size = t->volume->unit;
    t->facts.below_cluster = t->source_size < transfer_unit(t);
    t->outcome->cluster_size = t->cluster_size;
    return true;
}

static bool fail(const struct transfer *t, os_error error,
                 enum reflink_step step)
{
    outcome_fail(t->outcome, error, step, OUTCOME_DEST);
    return false;
}

/*
 * FAT32 reports a full disk when the file is too large for it [MS-FSA
 * 2.1.5.15.5, note 180]. The hint keeps users from looking for space.
 */
static bool set_size(const struct transfer *t)
{
    uint64_t room = 0;
    os_error error = os_set_size(t->dest, t->dest_size);
    if (error == 0)
        return true;
    bool too_large = error == CODE_DISK_FULL &&
                     os_free_bytes(t->dest, &room) == 0 && room >= t->dest_size;
    outcome_fail_hint(t->outcome, error, REFLINK_STEP_SET_SIZE, OUTCOME_DEST,
                      too_large ? REFLINK_HINT_TOO_LARGE : REFLINK_HINT_NONE);
    return false;
}

/*
 * A sparse DEST needs no clusters before it gets SOURCE's, and a sparse
 * SOURCE's holes can be cloned into it. Neither is true of a DEST that is not
 * sparse [MS-FSA 2.1.5.10.4, 2.1.5.15.5].
 */
static bool make_sparse(struct transfer *t, struct dest_facts *prepared)
{
    bool source_sparse =
        (prepared->source.attributes & OS_ATTRIBUTE_SPARSE) != 0;
    bool will_clone = !t->facts.below_cluster &&
                      reason_before(&t->facts) == REFLINK_REASON_NONE;
    if (!will_clone && !source_sparse)
        return true;
    os_error error = os_set_sparse(t->dest, true);
    if (error == 0) {
        prepared->made_sparse = !source_sparse && (prepared->dest.attributes &
                                                   OS_ATTRIBUTE_SPARSE) == 0;
        return true;
    }
    if (classify_io(error) == ERROR_CLASS_TRANSIENT)
        return fail(t, error, REFLINK_STEP_SPARSE);
    t->facts.sparse_mismatch = source_sparse;
    if (source_sparse)
        t->outcome->lost |= REFLINK_LOST_SPARSE;
    return true;
}

/*
 * Both files must have the same integrity setting, and it can be changed only
 * while DEST has no clusters [Block Cloning, Win32].
 */
static bool match_integrity(struct transfer *t,
                            const struct dest_facts *prepared)
{
    struct os_integrity there = {0};
    struct os_integrity wanted = prepared->integrity;
    if (!prepared->integrity_known)
        return true;
    /* without checksums, no flag is valid */
    if (wanted.algorithm == 0)
        wanted.flags = 0;
    os_error error =
        get_integrity(t->volume, t->dest, prepared->dest.attributes, &there);
    if (error == 0 && there.algorithm == wanted.algorithm &&
        there.flags == wanted.flags)
        return true;
    if (error == 0)
        error = os_set_integrity(t->dest, &wanted);
    if (error == 0)
        return true;
    if (classify_io(error) == ERROR_CLASS_TRANSIENT)
        return fail(t, error, REFLINK_STEP_INTEGRITY);
    t->facts.integrity_differs = there.algorithm != wanted.algorithm;
    if (there.algorithm != wanted.algorithm)
        t->outcome->lost |= REFLINK_LOST_INTEGRITY;
    return true;
}

bool dest_prepare_new(struct transfer *transfer, struct dest_facts *prepared)
{
    if (!make_sparse(transfer, prepared) ||
        !match_integrity(transfer, prepared))
        return false;
    /* one write makes it as long, and nobody sees it before that */
    bool is_written_at_once =
        transfer->verify_later && !transfer->holes &&
        transfer->length <= SESSION_BUFFER &&
        reason_before(&transfer->facts) != REFLINK_REASON_NONE;
    return is_written_at_once || transfer->dest_size == prepared->dest.size ||
           set_size(transfer);
}

/*
 * A sparse SOURCE requires a sparse DEST [MS-FSA 2.1.5.10.4]. DEST keeps the
 * flag afterwards.
 */
static bool make_sparse_in_place(struct transfer *t,
                                 const struct dest_facts *prepared)
{
    if (!t->holes || (prepared->dest.attributes & OS_ATTRIBUTE_SPARSE) != 0 ||
        reason_before(&t->facts) != REFLINK_REASON_NONE)
        return true;
    os_error error = os_set_sparse(t->dest, true);
    if (error != 0 && classify_io(error) == ERROR_CLASS_TRANSIENT)
        return fail(t, error, REFLINK_STEP_SPARSE);
    t->facts.sparse_mismatch = error != 0;
    return true;
}

bool dest_prepare_in_place(struct transfer *transfer,
                           struct dest_facts *prepared, uint64_t old_size)
{
    struct os_integrity there;
    if (!transfer->same_file && prepared->integrity_known &&
        os_get_integrity(transfer->dest, &there) == 0)
        transfer->facts.integrity_differs =
            there.algorithm != prepared->integrity.algorithm;
    if (!make_sparse_in_place(transfer, prepared))
        return false;
    return transfer->dest_size == old_size || set_size(transfer);
}

void dest_finish(const struct transfer *transfer,
                 const struct dest_facts *prepared)
{
    struct os_range first;
    size_t count = 0;
    bool more = false;
    if (!prepared->made_sparse)
        return;
    /* A file without holes takes at least its size, unless it is compressed.
       Samba lists the holes only of files that have the flag, so DEST is asked
       [smb2_ioctl_filesys.c, fsctl_qar]. */
    bool may_have = prepared->source.allocated < prepared->source.size;
    bool known =
        may_have && allocation_ranges(transfer->dest, 0, transfer->dest_size,
                                      &first, 1, &count, &more) == 0;
    bool has_holes = known && (count == 0 || first.offset != 0 ||
                               first.length < transfer->dest_size);
    if (!has_holes)
        os_set_sparse(transfer->dest, false);
    transfer->outcome->kept_sparse = has_holes;
}
