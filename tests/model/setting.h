/*
 * The world that operations take place in: which volume it is, what it hides
 * or gets wrong, how large its files are. It follows from a seed and a theme.
 */
#ifndef REFLINK_TESTS_SETTING_H
#define REFLINK_TESTS_SETTING_H

#include "../sim/sim.h"
#include "generate.h"

enum theme {
    THEME_HONEST,    /* volumes that clone, and say all there is to say */
    THEME_PROFILES,  /* every profile as it is */
    THEME_QUIRKS,    /* what a volume tells is less, or wrong */
    THEME_LIES,      /* success that is none */
    THEME_LIMIT,     /* clusters are referenced too often */
    THEME_ALIGNMENT, /* requests must be aligned to more than a cluster */
    THEME_FAULTS,    /* any call may fail */
    THEME_DROPS,     /* the connection comes and goes */
    THEME_FULL,      /* there is little room */
    THEME_ALL,       /* all of that at once */
    THEME_COUNT
};

enum quirk {
    QUIRK_UNKNOWN_FEATURES = 0x1,
    QUIRK_NO_EXTENTS = 0x2,
    QUIRK_NO_ALLOCATED = 0x4,
    QUIRK_NO_ZERO = 0x8,
    QUIRK_NO_INTEGRITY = 0x10,
    QUIRK_NO_UNIT = 0x20,
    QUIRK_TOLD_SMALL = 0x40, /* a cluster size smaller than the real one */
    QUIRK_TOLD_LARGE = 0x80, /* or larger */
    QUIRK_NO_CLONE_FLAG = 0x100,
    QUIRK_NO_SPARSE = 0x200,
    QUIRK_CLIPPED = 0x400,
    QUIRK_UNBOUNDED = 0x800,
    QUIRK_EXACT_TAIL = 0x1000,
    QUIRK_LAZY = 0x2000,
    QUIRK_CLASSIC_RENAME = 0x4000,
    QUIRK_DEFAULT_INTEGRITY = 0x8000,
    QUIRK_OVERLAP_UNCHECKED = 0x10000,
    QUIRK_NO_TRAILING_HOLES = 0x20000,
    QUIRK_SET_INTEGRITY = 0x40000, /* refused */
    QUIRK_NO_HARD_LINKS = 0x80000,
    QUIRK_COUNT = 20
};

struct setting {
    enum theme theme;
    uint64_t seed; /* of its operations */
    const char *profile;
    uint32_t cluster;
    uint32_t limit;     /* 0: the profile's */
    uint32_t alignment; /* of requests, in clusters; 1: as it should be */
    enum sim_lie lie;
    uint64_t lie_skip;
    uint64_t lie_times;
    uint64_t room; /* clusters of the volume; 0: plenty */
    unsigned quirks;
    unsigned faults; /* in a hundred operations */
    unsigned drops;  /* likewise */
    unsigned operations;
    uint64_t largest; /* bytes in a file */
    unsigned files;   /* how many are used */
    bool trace;       /* show the calls of the last operation */
};

/* World `index` of a theme. */
void setting_make(enum theme theme, uint64_t seed, uint64_t index,
                  struct setting *setting);

/* Resets the simulator and mounts R:, the volume under test, and S:. */
void setting_mount(const struct setting *setting, struct sim_volume **volume,
                   struct sim_volume **other);

/* One line without a line end. */
void setting_print(const struct setting *setting, char *text, size_t size);

const char *theme_name(enum theme theme);

#endif
