#include "reason.h"

#include "classify.h"
#include "core/errors.h"

enum reflink_reason reason_before(const struct reason_facts *facts)
{
    if (facts->mode == REFLINK_NEVER)
        return REFLINK_REASON_NOT_ASKED;
    if (facts->length == 0)
        return REFLINK_REASON_EMPTY;
    if (facts->below_cluster && facts->mode == REFLINK_ALWAYS)
        /* copying it is allowed, so nothing is refused */
        return REFLINK_REASON_BELOW_CLUSTER;
    if (facts->unverified)
        return REFLINK_REASON_UNVERIFIED;
    /* A volume may support cloning without reporting it
       [openzfsonwindows/openzfs #599], so REFLINK_ALWAYS tries anyway. */
    bool reports_none = facts->volume_known && !facts->volume_clones;
    if (facts->volume_refused ||
        (reports_none && facts->mode != REFLINK_ALWAYS))
        return REFLINK_REASON_NO_CLONING;
    if (facts->other_volume)
        return reports_none ? REFLINK_REASON_NO_CLONING
                            : REFLINK_REASON_OTHER_VOLUME;
    if (facts->encrypted)
        return REFLINK_REASON_ENCRYPTED;
    if (facts->elsewhere)
        return REFLINK_REASON_ELSEWHERE;
    if (facts->sparse_mismatch)
        return REFLINK_REASON_SPARSE;
    if (facts->integrity_differs)
        return REFLINK_REASON_INTEGRITY;
    return REFLINK_REASON_NONE;
}

enum reflink_reason reason_of_refusal(const struct reason_facts *facts,
                                      os_error code)
{
    if (facts->has_cloned && classify_clone(code) == ERROR_CLASS_CANNOT_CLONE)
        /* the volume does clone, and both files are on it */
        return REFLINK_REASON_REFUSED;
    switch (code) {
    case CODE_INVALID_FUNCTION:
        return REFLINK_REASON_NO_CLONING;
    case CODE_NOT_SAME_DEVICE:
    /* our handle is valid, so this means another device or session [Samba] */
    case CODE_INVALID_HANDLE:
        return REFLINK_REASON_OTHER_VOLUME;
    case CODE_BLOCK_TOO_MANY_REFERENCES:
    case CODE_TOO_MANY_LINKS_EARLY:
        return REFLINK_REASON_LIMIT;
    case CODE_NOT_ENOUGH_MEMORY:
    case CODE_OUTOFMEMORY:
    case CODE_NO_SYSTEM_RESOURCES:
        /* the volume does clone, but not this request now */
        return REFLINK_REASON_REFUSED;
    default:
        return facts->volume_known && !facts->volume_clones
                   ? REFLINK_REASON_NO_CLONING
                   : REFLINK_REASON_REFUSED;
    }
}
