/*
 * What the files that play a world share: the stage, and one request on it.
 */
#ifndef REFLINK_TESTS_STAGE_H
#define REFLINK_TESTS_STAGE_H

#include "model.h"
#include "play.h"

struct stage {
    const struct setting *setting;
    struct sim_volume *volume; /* R: */
    struct sim_volume *other;  /* S: */
    struct reflink_session *session;
    struct model model;
    struct play_result *result;
    bool disturbed; /* a fault may have taught the engine something */
};

/* What is known of one request while it is judged. */
struct trial {
    struct stage *stage;
    const struct operation *operation;
    struct model_facts facts;
    struct model_expected expected;
    struct reflink_outcome outcome;
    unsigned met;     /* faults */
    bool dropped;     /* by a drop that may be the profile's own */
    uint64_t clones;  /* clone requests that the system saw */
    uint64_t removes; /* removals, likewise */
    bool existed;     /* DEST, before */
    bool was_sparse;  /* likewise */
    int64_t written;  /* likewise, and when */
    bool differs;     /* integrity settings do, and cannot be changed */
};

/* ---- stage.c: the files, and what somebody else does to them --------- */

extern const wchar_t *const stage_paths[MODEL_FILES];

/* Notes what is wrong, in the manner of printf; returns false. */
bool stage_wrong(const struct stage *stage, const char *format, ...);

struct sim_volume *stage_volume(const struct stage *stage, unsigned file);

/* Whether the disk may be full at any time. */
bool stage_is_tight(const struct stage *stage);

/* The model takes what the system has. */
void stage_adopt(struct stage *stage, unsigned file);

/* Carries out an operation that is not reflink's. */
void stage_make_file(struct stage *stage, const struct operation *operation);
void stage_meddle(struct stage *stage, const struct operation *operation);

/* ---- facts.c: what stands in the way, and what goes wrong ------------ */

struct model_facts facts_find(const struct stage *stage,
                              const struct operation *operation);

/* What the volume says, wherever one asks, is its cluster size. */
bool facts_tell_cluster(const struct sim_volume *volume);

/* It has ReFS's rules, all of them: one request does what there is to do. */
bool facts_is_refs(const struct sim_volume *volume);

/* Whether any 4 KiB of these bytes of the file are zeros. */
bool facts_has_zeros(const struct model_file *file, uint64_t from,
                     uint64_t length);

/* The volume may have lied, so that proof is needed or never came. */
bool facts_may_be_untrue(const struct trial *trial);

/* Whether cloning meets nothing but saturated clusters. */
bool facts_limited_only(const struct trial *trial);

/* Bytes of SOURCE in clusters that cannot be saturated then. */
uint64_t facts_unsaturated(const struct trial *trial);

/* Whether a new start is safe, whatever was written before the failure. */
bool facts_is_repeatable(const struct trial *trial);

bool facts_is_drop(const struct operation_fault *fault);
void facts_plant_faults(struct stage *stage, const struct operation *operation);

/* Allows the failures that the faults met may end in, and no others. */
void facts_soften(struct trial *trial);

/* ---- account.c: what the outcome says -------------------------------- */

bool account_check(const struct trial *trial);

/* ---- judge.c: what became of the files ------------------------------- */

/* Whether a file holds what the model says. */
bool judge_holds(const struct stage *stage, unsigned file);

/* Whether all is as it should be after operation `number`. */
bool judge_trial(struct trial *trial, size_t number);

#endif
