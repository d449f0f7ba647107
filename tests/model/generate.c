#include "generate.h"

#include <stdio.h>
#include <string.h>

/* ---- chance ---------------------------------------------------------- */

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

struct chance chance_of(uint64_t seed, uint64_t index)
{
    struct chance chance = {mix(seed ^ mix(index + 1))};
    return chance;
}

uint64_t chance_next(struct chance *chance)
{
    chance->state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(chance->state);
}

uint64_t chance_below(struct chance *chance, uint64_t limit)
{
    return chance_next(chance) % limit;
}

bool chance_in(struct chance *chance, unsigned in_a_hundred)
{
    return chance_below(chance, 100) < in_a_hundred;
}

/* A weak sequence is enough here, and much quicker than the mixed one. */
void chance_fill(uint64_t seed, uint8_t *bytes, size_t length)
{
    uint64_t word = mix(seed) | 1;
    if (seed == 0) {
        memset(bytes, 0, length);
        return;
    }
    for (size_t at = 0; at < length; at += sizeof word) {
        size_t left = length - at;
        word = word * UINT64_C(6364136223846793005) +
               UINT64_C(1442695040888963407);
        memcpy(bytes + at, &word, left < sizeof word ? left : sizeof word);
    }
}

/* ---- offsets and lengths --------------------------------------------- */

static uint64_t round_down(uint64_t value, uint64_t unit)
{
    return value - value % unit;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* A place in or about `size` bytes, most often on a border. */
static uint64_t pick_offset(struct chance *chance, uint32_t cluster,
                            uint64_t size)
{
    uint64_t clusters = size / cluster + 1;
    uint64_t border = chance_below(chance, clusters) * cluster;
    switch (chance_below(chance, 8)) {
    case 0:
        return 0;
    case 1:
    case 2:
    case 3:
        return border;
    case 4:
        return border + 1;
    case 5:
        return border == 0 ? cluster - 1 : border - 1;
    case 6:
        return size;
    default:
        return chance_below(chance, size + 1);
    }
}

static uint64_t pick_length(struct chance *chance, uint32_t cluster,
                            uint64_t left)
{
    uint64_t whole = left / cluster;
    switch (chance_below(chance, 8)) {
    case 0:
    case 1:
        return left;
    case 2:
    case 3:
    case 4:
        return (whole == 0 ? 1 : chance_below(chance, whole) + 1) * cluster;
    case 5:
        return chance_below(chance, whole + 1) * cluster + 1;
    case 6:
        return round_down(left, cluster) == 0 ? left / 2
                                              : round_down(left, cluster) - 1;
    default:
        return chance_below(chance, left + 1);
    }
}

/* Places that no file has room for, and some where arithmetic breaks. */
static uint64_t pick_far(struct chance *chance, uint32_t cluster)
{
    static const uint64_t places[] = {
        UINT64_C(1) << 32, UINT64_C(1) << 40, UINT64_C(1) << 62,
        UINT64_C(1) << 63, UINT64_MAX,
    };
    uint64_t place =
        places[chance_below(chance, sizeof places / sizeof places[0])];
    uint64_t by = chance_in(chance, 50)
                      ? (chance_below(chance, 8)) * cluster
                      : chance_below(chance, (uint64_t)cluster * 4);
    return chance_in(chance, 80) || place == UINT64_MAX ? place - by
                                                        : place + by;
}

/* Both offsets leave the same rest, as cloning needs. */
static void make_congruent(struct reflink_range *range, uint32_t cluster)
{
    range->dest_offset = round_down(range->dest_offset, cluster) +
                         range->source_offset % cluster;
}

/* DEST's range at a distance that is likely to trip a plan. */
static void overlap(struct chance *chance, uint32_t cluster,
                    struct reflink_range *range)
{
    uint64_t distances[] = {
        1,           cluster - 1,           cluster,
        cluster + 1, (uint64_t)cluster * 2, (uint64_t)cluster * 3,
        0,           range->length / 2,     round_down(range->length, cluster),
    };
    uint64_t by =
        distances[chance_below(chance, sizeof distances / sizeof distances[0])];
    if (chance_in(chance, 50))
        range->dest_offset = range->source_offset + by;
    else
        range->dest_offset =
            range->source_offset - smaller(by, range->source_offset);
}

/* Keeps DEST small, unless the range is meant to lie far. */
static void keep_near(const struct generate_view *view, uint64_t source_size,
                      struct reflink_range *range)
{
    uint64_t length = range->length;
    if (range->to_end)
        length = source_size - smaller(range->source_offset, source_size);
    if (range->dest_offset <= view->largest &&
        length <= view->largest - range->dest_offset)
        return;
    range->dest_offset = range->dest_offset % view->cluster;
}

static void make_far(struct chance *chance, const struct generate_view *view,
                     struct reflink_range *range)
{
    uint64_t *fields[] = {&range->source_offset, &range->length};
    if (chance_in(chance, 70))
        range->dest_offset = pick_far(chance, view->cluster);
    else
        *fields[chance_below(chance, 2)] = pick_far(chance, view->cluster);
}

void generate_range(struct chance *chance, const struct generate_view *view,
                    unsigned source, unsigned dest, struct reflink_range *range)
{
    uint32_t cluster = view->cluster;
    uint64_t size = view->exists[source] ? view->size[source] : 0;
    uint64_t room = view->exists[dest] ? view->size[dest] : 0;
    if (chance_in(chance, 25)) /* a gap behind DEST's end */
        room +=
            chance_below(chance, 3) * cluster + chance_below(chance, cluster);
    *range = (struct reflink_range){0};
    range->source_offset = smaller(pick_offset(chance, cluster, size), size);
    range->length = pick_length(chance, cluster, size - range->source_offset);
    range->length = smaller(range->length, size - range->source_offset);
    range->dest_offset = pick_offset(chance, cluster, room);
    if (source == dest && chance_in(chance, 70))
        overlap(chance, cluster, range);
    else if (chance_in(chance, 60))
        make_congruent(range, cluster);
    range->to_end = chance_in(chance, 15);
    if (chance_in(chance, 2))
        range->length = 0;
    if (chance_in(chance, 2))
        range->length = size - range->source_offset + 1;
    keep_near(view, size, range);
    if (view->far && chance_in(chance, 1))
        make_far(chance, view, range);
}

/* ---- faults ---------------------------------------------------------- */

static uint32_t pick_code(struct chance *chance, enum fault_call call)
{
    static const uint32_t hard[] = {5, 8, 19, 23, 112, 323, 1117, 1450};
    static const uint32_t soft[] = {53,   54,   55,   59,   64,   121, 240,
                                    1231, 1236, 1237, 5004, 5006, 5015};
    static const uint32_t cannot[] = {1, 6, 17, 50, 87, 347, 134};
    unsigned which = (unsigned)chance_below(chance, 10);
    if (which < 3 && (call == FAULT_CLONE || call == FAULT_ZERO ||
                      call == FAULT_SET_SPARSE || call == FAULT_SET_INTEGRITY))
        return cannot[chance_below(chance, sizeof cannot / sizeof *cannot)];
    if (which < 6)
        return hard[chance_below(chance, sizeof hard / sizeof *hard)];
    return soft[chance_below(chance, sizeof soft / sizeof *soft)];
}

static void plant(struct chance *chance, struct operation_fault *fault)
{
    fault->call = FAULT_ANY +
                  (enum fault_call)chance_below(chance, FAULT_DROP - FAULT_ANY);
    if (chance_in(chance, 30))
        fault->call = FAULT_ANY;
    fault->nth =
        1 + (uint32_t)chance_below(chance, fault->call == FAULT_ANY    ? 40
                                           : fault->call == FAULT_OPEN ? 3
                                                                       : 4);
    fault->code = pick_code(chance, fault->call);
}

static void drop(struct chance *chance, struct operation_fault *fault)
{
    static const uint32_t codes[] = {64, 1236, 5015, 59};
    fault->call = chance_in(chance, 50) ? FAULT_DROP : FAULT_DROP_FILES;
    fault->nth = 1 + (uint32_t)chance_below(chance, 3);
    fault->code = codes[chance_below(chance, 4)];
}

static void plant_faults(struct chance *chance,
                         const struct generate_view *view,
                         struct operation *operation)
{
    if (chance_in(chance, view->faults))
        plant(chance, &operation->faults[0]);
    if (chance_in(chance, view->drops))
        drop(chance, &operation->faults[1]);
    else if (operation->faults[0].call != FAULT_NONE && chance_in(chance, 25))
        plant(chance, &operation->faults[1]);
}

/* ---- operations ------------------------------------------------------ */

static unsigned pick_file(struct chance *chance,
                          const struct generate_view *view, bool existing)
{
    unsigned file = (unsigned)chance_below(chance, view->files);
    for (unsigned i = 0; existing && i < view->files; i++) {
        if (view->exists[file] && (view->size[file] != 0 || i > 3))
            break;
        file = (file + 1) % view->files;
    }
    return file;
}

static void pick_policy(struct chance *chance, struct operation *operation)
{
    static const enum reflink_mode modes[] = {
        REFLINK_AUTO, REFLINK_AUTO,   REFLINK_AUTO,   REFLINK_AUTO,
        REFLINK_AUTO, REFLINK_ALWAYS, REFLINK_ALWAYS, REFLINK_NEVER};
    static const enum reflink_verify proofs[] = {
        REFLINK_VERIFY_SAMPLE, REFLINK_VERIFY_SAMPLE, REFLINK_VERIFY_FULL,
        REFLINK_VERIFY_NONE};
    operation->policy.size = sizeof operation->policy;
    operation->policy.mode = modes[chance_below(chance, 8)];
    operation->policy.verify = proofs[chance_below(chance, 4)];
    operation->policy.existing = REFLINK_EXISTING_REPLACE;
    if (chance_in(chance, 10))
        operation->policy.existing =
            (enum reflink_existing)chance_below(chance, 3);
    operation->policy.retries = (unsigned)chance_below(chance, 4);
}

static void request(struct chance *chance, const struct generate_view *view,
                    struct operation *operation)
{
    bool range = operation->kind == OPERATION_RANGE;
    operation->source = pick_file(chance, view, !chance_in(chance, 2));
    operation->dest = pick_file(chance, view, range && chance_in(chance, 80));
    if (range && chance_in(chance, 30))
        operation->dest = operation->source;
    pick_policy(chance, operation);
    if (range)
        generate_range(chance, view, operation->source, operation->dest,
                       &operation->range);
    plant_faults(chance, view, operation);
}

static void make_file(struct chance *chance, const struct generate_view *view,
                      struct operation *operation)
{
    uint64_t most = view->largest / view->cluster;
    uint64_t whole = chance_below(chance, most / 2 + 1) * view->cluster;
    operation->length = whole;
    if (chance_in(chance, 60))
        operation->length += chance_below(chance, view->cluster);
    operation->seed = chance_in(chance, 5) ? 0 : chance_next(chance);
    operation->sparse = chance_in(chance, 35);
    operation->integrity = view->integrity && chance_in(chance, 15);
    operation->read_only = chance_in(chance, 3);
    if (chance_in(chance, operation->sparse ? 80 : 15))
        operation->holes = chance_next(chance) & chance_next(chance);
    if (chance_in(chance, 5))
        operation->holes = UINT64_MAX;
}

static void write_bytes(struct chance *chance, const struct generate_view *view,
                        struct operation *operation)
{
    uint64_t size = view->size[operation->dest];
    operation->offset = pick_offset(chance, view->cluster, size);
    operation->length = chance_in(chance, 50)
                            ? 1 + chance_below(chance, 16)
                            : 1 + chance_below(chance, view->cluster * 2);
    operation->seed = chance_in(chance, 10) ? 0 : chance_next(chance);
    if (operation->offset + operation->length > view->largest)
        operation->offset %= view->cluster;
}

static enum operation_kind pick_kind(struct chance *chance)
{
    static const struct {
        enum operation_kind kind;
        unsigned weight;
    } kinds[] = {
        {OPERATION_RANGE, 62}, {OPERATION_FILE, 22},  {OPERATION_MAKE, 4},
        {OPERATION_WRITE, 6},  {OPERATION_RESIZE, 2}, {OPERATION_SPARSE, 1},
        {OPERATION_REMOVE, 1}, {OPERATION_LINK, 1},   {OPERATION_SETTLE, 1},
    };
    unsigned at = (unsigned)chance_below(chance, 100);
    size_t i = 0;
    while (at >= kinds[i].weight)
        at -= kinds[i++].weight;
    return kinds[i].kind;
}

void generate_operation(struct chance *chance, const struct generate_view *view,
                        struct operation *operation)
{
    *operation = (struct operation){0};
    operation->kind = pick_kind(chance);
    operation->dest = pick_file(chance, view, false);
    operation->source = pick_file(chance, view, true);
    switch (operation->kind) {
    case OPERATION_FILE:
    case OPERATION_RANGE:
        request(chance, view, operation);
        break;
    case OPERATION_MAKE:
        make_file(chance, view, operation);
        break;
    case OPERATION_WRITE:
        write_bytes(chance, view, operation);
        break;
    case OPERATION_RESIZE:
        operation->offset =
            smaller(pick_offset(chance, view->cluster,
                                view->size[operation->dest] + view->cluster),
                    view->largest);
        break;
    case OPERATION_SPARSE:
        operation->sparse = chance_in(chance, 60);
        break;
    default:
        break;
    }
}

/* ---- in words -------------------------------------------------------- */

static const char file_names[MODEL_FILES + 1] = "abcdes";

static const char *const fault_names[FAULT_CALLS] = {
    "none",          "any",
    "open",          "query",
    "query-volume",  "alloc-unit",
    "get-integrity", "set-integrity",
    "set-sparse",    "set-size",
    "read",          "write",
    "half-write",    "zero",
    "allocated",     "extents",
    "clone",         "set-metadata",
    "mark-deleted",  "rename",
    "remove",        "flush",
    "flush-path",    "random",
    "drop",          "drop-with-files",
};

const char *fault_name(enum fault_call call)
{
    return call < FAULT_CALLS ? fault_names[call] : "?";
}

static void print_policy(const struct reflink_policy *policy, char *text,
                         size_t size)
{
    static const char *const modes[] = {"auto", "always", "never"};
    static const char *const proofs[] = {"sample", "full", "none"};
    static const char *const existing[] = {"fail", "replace", "keep"};
    snprintf(text, size, "%s verify=%s existing=%s retries=%u",
             modes[policy->mode], proofs[policy->verify],
             existing[policy->existing], policy->retries);
}

static void print_request(const struct operation *o, char *text, size_t size)
{
    char policy[80];
    char length[32];
    char source = file_names[o->source];
    char dest = file_names[o->dest];
    print_policy(&o->policy, policy, sizeof policy);
    snprintf(length, sizeof length, "%llu",
             (unsigned long long)o->range.length);
    if (o->kind == OPERATION_FILE)
        snprintf(text, size, "file %c -> %c %s", source, dest, policy);
    else
        snprintf(text, size, "range %c@%llu -> %c@%llu length=%s %s", source,
                 (unsigned long long)o->range.source_offset, dest,
                 (unsigned long long)o->range.dest_offset,
                 o->range.to_end ? "-" : length, policy);
    for (size_t i = 0; i < OPERATION_FAULTS; i++) {
        size_t used = strlen(text);
        if (o->faults[i].call != FAULT_NONE)
            snprintf(text + used, size - used, " fault=%s#%u:%u",
                     fault_name(o->faults[i].call), o->faults[i].nth,
                     o->faults[i].code);
    }
}

void operation_print(const struct operation *o, char *text, size_t size)
{
    static const char *const names[] = {"file",   "range", "make",
                                        "write",  "size",  "sparse",
                                        "remove", "link",  "settle"};
    char dest = file_names[o->dest];
    if (o->kind == OPERATION_FILE || o->kind == OPERATION_RANGE)
        print_request(o, text, size);
    else if (o->kind == OPERATION_MAKE)
        snprintf(text, size, "make %c size=%llu seed=%#llx holes=%#llx%s%s%s",
                 dest, (unsigned long long)o->length,
                 (unsigned long long)o->seed, (unsigned long long)o->holes,
                 o->sparse ? " sparse" : "", o->integrity ? " integrity" : "",
                 o->read_only ? " read-only" : "");
    else if (o->kind == OPERATION_WRITE)
        snprintf(text, size, "write %c@%llu length=%llu seed=%#llx", dest,
                 (unsigned long long)o->offset, (unsigned long long)o->length,
                 (unsigned long long)o->seed);
    else if (o->kind == OPERATION_LINK)
        snprintf(text, size, "link %c -> %c", file_names[o->source], dest);
    else
        snprintf(text, size, "%s %c %llu", names[o->kind], dest,
                 (unsigned long long)(o->kind == OPERATION_SPARSE ? o->sparse
                                                                  : o->offset));
}
