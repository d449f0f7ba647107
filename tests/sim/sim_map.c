#include "sim_map.h"

#include <stdlib.h>
#include <string.h>

void sim_map_free(struct sim_map *map)
{
    free(map->runs);
    map->runs = NULL;
    map->count = 0;
    map->room = 0;
}

size_t sim_map_find(const struct sim_map *map, uint64_t key)
{
    size_t low = 0;
    size_t high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->runs[middle].end > key)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Makes the runs [from, to) room for `count` others, left unset. */
static void resize(struct sim_map *map, size_t from, size_t to, size_t count)
{
    size_t total = map->count - (to - from) + count;
    if (total > map->room) {
        map->room = total * 2 + 8;
        map->runs = realloc(map->runs, map->room * sizeof *map->runs);
        if (!map->runs)
            abort();
    }
    if (map->runs && map->count > to)
        memmove(map->runs + from + count, map->runs + to,
                (map->count - to) * sizeof *map->runs);
    map->count = total;
}

static uint64_t value_at(const struct sim_map *map, const struct sim_run *run,
                         uint64_t key)
{
    return run->value + map->step * (key - run->start);
}

/* Appends `run` to a list, onto its last run where that goes on in it. */
static size_t append(const struct sim_map *map, struct sim_run *list,
                     size_t count, struct sim_run run)
{
    struct sim_run *last = count ? &list[count - 1] : NULL;
    if (last && last->end == run.start && last->tag == run.tag &&
        value_at(map, last, run.start) == run.value) {
        last->end = run.end;
        return count;
    }
    list[count] = run;
    return count + 1;
}

/* Replaces [start, end) by `fresh`, or by nothing where that is NULL. */
static void splice(struct sim_map *map, uint64_t start, uint64_t end,
                   const struct sim_run *fresh)
{
    struct sim_run list[3];
    size_t count = 0;
    size_t from = sim_map_find(map, start);
    size_t to;

    /* neighbours that touch the range are taken in, to be coalesced */
    if (from > 0 && map->runs[from - 1].end == start)
        from--;
    to = sim_map_find(map, end);
    if (to < map->count && map->runs[to].start <= end)
        to++;
    if (from < to && map->runs[from].start < start) {
        struct sim_run left = map->runs[from];
        if (left.end > start)
            left.end = start;
        count = append(map, list, count, left);
    }
    if (fresh)
        count = append(map, list, count, *fresh);
    if (from < to && map->runs[to - 1].end > end) {
        struct sim_run right = map->runs[to - 1];
        if (right.start < end) {
            right.value = value_at(map, &right, end);
            right.start = end;
        }
        count = append(map, list, count, right);
    }
    resize(map, from, to, count);
    if (count)
        memcpy(map->runs + from, list, count * sizeof *list);
}

void sim_map_set(struct sim_map *map, uint64_t start, uint64_t end,
                 uint64_t value, uint64_t tag)
{
    struct sim_run fresh = {start, end, value, tag};
    if (start < end)
        splice(map, start, end, &fresh);
}

void sim_map_clear(struct sim_map *map, uint64_t start, uint64_t end)
{
    if (start < end && sim_map_meets(map, start, end))
        splice(map, start, end, NULL);
}

struct sim_run sim_map_piece(const struct sim_map *map, uint64_t start,
                             uint64_t end, bool *mapped)
{
    struct sim_run piece = {start, end, 0, 0};
    size_t i = sim_map_find(map, start);

    *mapped = i < map->count && map->runs[i].start <= start;
    if (*mapped) {
        piece.value = value_at(map, &map->runs[i], start);
        piece.tag = map->runs[i].tag;
        if (map->runs[i].end < end)
            piece.end = map->runs[i].end;
    } else if (i < map->count && map->runs[i].start < end) {
        piece.end = map->runs[i].start;
    }
    return piece;
}

bool sim_map_meets(const struct sim_map *map, uint64_t start, uint64_t end)
{
    size_t i = sim_map_find(map, start);
    return i < map->count && map->runs[i].start < end;
}

uint64_t sim_map_covered(const struct sim_map *map, uint64_t start,
                         uint64_t end)
{
    uint64_t covered = 0;
    bool mapped;
    while (start < end) {
        struct sim_run piece = sim_map_piece(map, start, end, &mapped);
        if (mapped)
            covered += piece.end - piece.start;
        start = piece.end;
    }
    return covered;
}

bool sim_map_equal(const struct sim_map *a, const struct sim_map *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (a->runs[i].start != b->runs[i].start ||
            a->runs[i].end != b->runs[i].end ||
            a->runs[i].value != b->runs[i].value ||
            a->runs[i].tag != b->runs[i].tag)
            return false;
    }
    return true;
}
