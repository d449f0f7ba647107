/*
 * What the jobs of reflink-check are written with.
 *
 * A job makes files in the current directory, which is fresh and its own, runs
 * reflink, and states what has to hold. The first statement that does not hold
 * is printed and logged; what follows it in the same job is not judged.
 */
#ifndef CHECK_JOB_H
#define CHECK_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

enum { JOB_PATH = 2048, JOB_WORDS = 512 };

/* What holds for all jobs. */
struct job_setting {
    const wchar_t *other; /* a directory on a second volume, or NULL */
    bool takes_long;      /* --long */
    bool clones;          /* reflink says that the volume clones */
};

extern struct job_setting job_setting;

/* How the current job stands. */
struct job_state {
    bool failed;
    const char *skipped;    /* why it cannot be done here, or NULL */
    char detail[JOB_WORDS]; /* what did not hold, or what was seen */
};

extern struct job_state job_state;

/* States that `holds`; `what` completes "it does not hold that". */
void expect(bool holds, const char *what);

/* The job cannot be done here. `why` must outlive the job. */
void skip(const char *why);

/*
 * What a Windows volume must be able to do for the job to be judged: false if
 * `holds` is, and then the job has failed; under Wine, which lacks many things,
 * it is skipped.
 */
bool need(bool holds, const char *what);

/* Something worth knowing that decides nothing, for the line and the log. */
void note(const char *what);

/* Runs reflink; its exit code has to be `code`. */
void run(int code, const wchar_t *arguments);

/* The same with exit code 0 and, if the volume clones, --reflink=always. */
void run_clone(const wchar_t *arguments);

/* Both files lie in the same clusters, if the volume clones and reports it. */
void expect_shared(const wchar_t *a, const wchar_t *b);

/* Wine is no Windows: some jobs cannot be done there. */
bool is_wine(void);

/* The flags of the current directory's volume (GetVolumeInformationW). */
unsigned long job_volume_flags(void);

struct job {
    const char *name; /* for the log and for README.md: job_NAME */
    const char *title;
    void (*work)(void);
};

/* Each ends with a job without a name. */
extern const struct job jobs_of_data[];
extern const struct job jobs_of_replacing[];
extern const struct job jobs_of_metadata[];
extern const struct job jobs_of_trees[];
extern const struct job jobs_of_endings[];

#endif
