#include "shrink.h"

#include <stdlib.h>
#include <string.h>

struct shrinking {
    const struct setting *setting;
    struct operation *operations;
    struct operation *trial; /* room for as many */
    size_t count;
    struct play_result *result;
};

/* Whether `count` operations of the trial go wrong; they are taken then, up
   to the one that did. */
static bool take(struct shrinking *s, size_t count)
{
    struct play_result result;
    play(s->setting, s->trial, count, false, &result);
    if (result.right)
        return false;
    s->count = result.at + 1 < count ? result.at + 1 : count;
    memcpy(s->operations, s->trial, s->count * sizeof *s->trial);
    *s->result = result;
    return true;
}

static bool leave_out(struct shrinking *s, size_t from, size_t length)
{
    size_t after = s->count - from - length;
    memcpy(s->trial, s->operations, from * sizeof *s->trial);
    memcpy(s->trial + from, s->operations + from + length,
           after * sizeof *s->trial);
    return take(s, from + after);
}

/* Leaves out halves, then quarters, ... until no single one can go. */
static void cut(struct shrinking *s)
{
    size_t length = s->count / 2;
    while (length != 0) {
        bool less = false;
        for (size_t at = 0; at + length <= s->count;) {
            if (leave_out(s, at, length))
                less = true;
            else
                at += length;
        }
        if (length == 1 && !less)
            break;
        length = length == 1 ? 1 : length / 2;
    }
}

/* What an operation can do without. */
static void simplify(struct operation *operation, unsigned way)
{
    if (way < OPERATION_FAULTS)
        operation->faults[way].call = FAULT_NONE;
    if (way == OPERATION_FAULTS)
        operation->policy.verify = REFLINK_VERIFY_SAMPLE;
    if (way == OPERATION_FAULTS + 1)
        operation->policy.mode = REFLINK_AUTO;
    if (way == OPERATION_FAULTS + 2)
        operation->holes = 0;
    if (way == OPERATION_FAULTS + 3)
        operation->integrity = operation->read_only = false;
    if (way == OPERATION_FAULTS + 4)
        operation->policy.retries = 0;
}

static void simplify_all(struct shrinking *s)
{
    for (size_t i = 0; i < s->count; i++) {
        for (unsigned way = 0; way < OPERATION_FAULTS + 5; way++) {
            memcpy(s->trial, s->operations, s->count * sizeof *s->trial);
            simplify(&s->trial[i], way);
            if (memcmp(&s->trial[i], &s->operations[i], sizeof *s->trial))
                take(s, s->count);
        }
    }
}

size_t shrink(const struct setting *setting, struct operation *operations,
              size_t count, struct play_result *result)
{
    struct shrinking s = {.setting = setting,
                          .operations = operations,
                          .count = count,
                          .result = result};
    s.trial = calloc(count, sizeof *s.trial);
    if (s.trial == NULL)
        abort();
    cut(&s);
    simplify_all(&s);
    cut(&s);
    free(s.trial);
    return s.count;
}
