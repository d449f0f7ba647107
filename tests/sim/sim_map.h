/*
 * An interval map: half-open runs of 64-bit keys, each with a value.
 *
 * It holds a file's extents (VCN to LCN), a volume's reference counts and its
 * synthetic contents, so that every one of these costs in runs and never in
 * clusters. Runs are sorted, disjoint and coalesced; a search is binary.
 */
#ifndef REFLINK_TESTS_SIM_MAP_H
#define REFLINK_TESTS_SIM_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_run {
    uint64_t start; /* first key */
    uint64_t end;   /* one past the last */
    uint64_t value; /* of the first key */
    uint64_t tag;   /* the same for all of the run */
};

struct sim_map {
    struct sim_run *runs;
    size_t count;
    size_t room;
    unsigned step; /* by how much the value grows from key to key: 0 or 1 */
};

void sim_map_free(struct sim_map *map);

/* The index of the first run that ends after `key`; `count` if none. */
size_t sim_map_find(const struct sim_map *map, uint64_t key);

/* Gives [start, end) a value, over what was there. Empty: no effect. */
void sim_map_set(struct sim_map *map, uint64_t start, uint64_t end,
                 uint64_t value, uint64_t tag);

/* Takes [start, end) out of the map. */
void sim_map_clear(struct sim_map *map, uint64_t start, uint64_t end);

/*
 * The longest piece from `start` on, `end` at most, that is either mapped in
 * one run or not mapped at all; `*mapped` says which. `start` < `end`.
 */
struct sim_run sim_map_piece(const struct sim_map *map, uint64_t start,
                             uint64_t end, bool *mapped);

/* Whether any key of [start, end) is mapped. */
bool sim_map_meets(const struct sim_map *map, uint64_t start, uint64_t end);

/* How many keys of [start, end) are mapped. */
uint64_t sim_map_covered(const struct sim_map *map, uint64_t start,
                         uint64_t end);

bool sim_map_equal(const struct sim_map *a, const struct sim_map *b);

#endif
