#include "verify.h"

#include "core/base/zeros.h"
#include "extents.h"
#include "samples.h"

/* How many of the SAMPLES_MOST blocks of a request are for which part of it. */
enum {
    SHARED_SAMPLES = 1, /* the last block */
    ABSENT_SAMPLES = 17,
    UNKNOWN_SAMPLES = SAMPLES_MOST - ABSENT_SAMPLES - SHARED_SAMPLES,
    /* of shorter requests, every byte is compared where extents are not equal
     */
    COMPARED_WHOLE = SAMPLES_MOST * SAMPLES_SIZE
};

/* A verification in progress. */
struct verifier {
    struct reflink_session *session;
    struct verification *verification;
    enum compare_side *side; /* which file could not be read */
    struct extents extents;
    bool is_sampled; /* even if the clusters of the request are equal */
    bool in_doubt;   /* at least one request showed nothing */
};

/* What is to be compared for one request. */
struct request_samples {
    struct samples shared;
    struct samples absent;
    struct samples unknown;
};

/*
 * Walks through the request and selects the blocks to compare. Returns false if
 * DEST has other clusters than SOURCE.
 */
static bool select_samples(struct verifier *verifier,
                           const struct compare_pair *pair,
                           struct request_samples *samples)
{
    struct extents_run run;
    struct extents *extents = &verifier->extents;
    samples_begin(&samples->shared, pair->length, SHARED_SAMPLES);
    samples_begin(&samples->absent, pair->length, ABSENT_SAMPLES);
    samples_begin(&samples->unknown, pair->length, UNKNOWN_SAMPLES);
    for (uint64_t at = 0; at < pair->length; at += run.length) {
        extents_next(extents, pair, at, &run);
        if (run.kind == EXTENTS_DIFFERENT)
            return false;
        if (run.kind == EXTENTS_SHARED)
            samples_add(&samples->shared, at, run.length);
        if (run.kind == EXTENTS_ABSENT)
            samples_add(&samples->absent, at, run.length);
        if (run.kind == EXTENTS_UNKNOWN)
            samples_add(&samples->unknown, at, run.length);
    }
    samples_end(&samples->shared);
    samples_end(&samples->absent);
    samples_end(&samples->unknown);
    return true;
}

static os_error compare_at(const struct verifier *verifier,
                           const struct compare_pair *pair, uint64_t at,
                           bool *equal)
{
    return compare_block(verifier->session, pair, at,
                         (uint32_t)compare_cut(pair, at, SAMPLES_SIZE), equal,
                         verifier->side);
}

/* Compares all blocks, the last one first. */
static os_error compare_each(const struct verifier *verifier,
                             const struct compare_pair *pair,
                             const struct samples *samples, bool *equal)
{
    os_error error = 0;
    for (size_t i = samples->count; i > 0 && error == 0 && *equal; i--)
        error = compare_at(verifier, pair, samples->at[i - 1], equal);
    return error;
}

/*
 * Compares a few blocks and, until one shows that the request put data into
 * DEST, the others. Zeros show nothing, nor does what was equal before.
 */
static os_error compare_unknown(const struct verifier *verifier,
                                const struct compare_pair *pair,
                                struct samples *samples, bool *equal,
                                bool *shown)
{
    os_error error = 0;
    size_t first = samples_order(samples);
    for (size_t i = 0; i < samples->count && error == 0 && *equal; i++) {
        if (i >= first && *shown)
            return 0;
        error = compare_at(verifier, pair, samples->at[i], equal);
        if ((pair->same_before >> i & 1) == 0 &&
            !zeros_only(verifier->session->second, SAMPLES_SIZE))
            *shown = true;
    }
    return error;
}

static os_error verify_sample(struct verifier *verifier,
                              const struct compare_pair *pair,
                              struct request_samples *samples, bool *equal)
{
    struct verification *verification = verifier->verification;
    bool needs_bytes = samples->absent.has_data || samples->unknown.has_data;
    bool shown = samples->shared.has_data;
    *equal = true;
    if (needs_bytes && pair->length <= COMPARED_WHOLE)
        return compare_block(verifier->session, pair, 0, (uint32_t)pair->length,
                             equal, verifier->side);
    os_error error = 0;
    if (verifier->is_sampled)
        error = compare_each(verifier, pair, &samples->shared, equal);
    if (error == 0 && *equal)
        error = compare_each(verifier, pair, &samples->absent, equal);
    if (error == 0 && *equal && (verifier->is_sampled || !shown))
        error =
            compare_unknown(verifier, pair, &samples->unknown, equal, &shown);
    /* allocated space where DEST had a hole */
    shown = shown || (samples->unknown.has_data &&
                      !verifier->extents.dest_ranges.unknown);
    verification->worked = verification->worked || shown;
    verifier->in_doubt = verifier->in_doubt || (needs_bytes && !shown);
    return error;
}

static os_error verify_one(struct verifier *verifier,
                           const struct compare_pair *pair, bool *verified)
{
    struct request_samples samples;
    struct compare_pair all = *pair;
    *verified = select_samples(verifier, pair, &samples);
    if (!*verified)
        return 0;
    if (verifier->verification->verify != REFLINK_VERIFY_FULL)
        return verify_sample(verifier, pair, &samples, verified);
    all.doubts = true;
    return compare_all(verifier->session, &all, verified, verifier->side);
}

os_error verify_clones(struct reflink_session *session,
                       struct verification *verification,
                       const struct compare_pair *pairs, size_t count,
                       bool *verified, enum compare_side *side)
{
    struct verifier verifier = {
        .session = session, .verification = verification, .side = side};
    os_error error = 0;
    *verified = true;
    if (verification->verify == REFLINK_VERIFY_NONE)
        return 0;
    extents_begin(&verifier.extents, pairs, count, verification->cluster_size,
                  verification->source_size);
    verification->no_extents = verifier.extents.source.unsupported;
    size_t step = (count + SAMPLES_MOST - 1) / SAMPLES_MOST;
    for (size_t i = 0; i < count && *verified && error == 0; i++) {
        verifier.is_sampled = (count - 1 - i) % step == 0;
        if (pairs[i].length != 0)
            error = verify_one(&verifier, &pairs[i], verified);
    }
    *verified = *verified && (verification->worked || !verifier.in_doubt);
    return error;
}

uint32_t verify_sample_before(struct reflink_session *session,
                              const struct verification *verification,
                              const struct compare_pair *pair)
{
    struct samples samples;
    uint32_t same_before = 0;
    bool differs = false;
    if (pair->blank || verification->verify != REFLINK_VERIFY_SAMPLE ||
        pair->length <= COMPARED_WHOLE)
        return 0;
    /* if the comparison of extents fails later, nothing is known */
    if (extents_are_reported(pair->source, verification->cluster_size,
                             verification->source_size))
        return UINT32_MAX;
    samples_begin(&samples, pair->length, UNKNOWN_SAMPLES);
    samples_add(&samples, 0, pair->length);
    samples_end(&samples);
    size_t first = samples_order(&samples);
    for (size_t i = 0; i < samples.count; i++) {
        enum compare_side side = COMPARE_SOURCE;
        bool equal = true;
        if (i >= first && differs)
            return same_before | ~UINT32_C(0) << i;
        if (compare_block(session, pair, samples.at[i], SAMPLES_SIZE, &equal,
                          &side) != 0 ||
            equal)
            same_before |= UINT32_C(1) << i;
        else
            differs = true;
    }
    return same_before;
}
