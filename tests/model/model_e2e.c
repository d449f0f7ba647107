#include "model_e2e.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- contents -------------------------------------------------------- */

static bool is_hole(const struct model_content *content, uint64_t at)
{
    return (content->holes >> (at / content->block % 64) & 1) != 0;
}

bool model_content_next(const struct model_content *content, uint64_t at,
                        uint64_t *from, uint64_t *to)
{
    while (at < content->size && is_hole(content, at))
        at = (at / content->block + 1) * content->block;
    if (at >= content->size)
        return false;
    *from = at;
    *to = (at / content->block + 1) * content->block;
    if (*to > content->size)
        *to = content->size;
    return true;
}

uint8_t *model_content_bytes(const struct model_content *content)
{
    uint8_t *bytes = calloc(1, (size_t)content->size + 1);
    if (bytes == NULL)
        abort();
    for (uint64_t at = 0; at < content->size; at += content->block) {
        uint64_t left = content->size - at;
        if (!is_hole(content, at))
            chance_fill(
                content->seed + at, bytes + at,
                (size_t)(left < content->block ? left : content->block));
    }
    return bytes;
}

static struct model_content make_content(struct chance *chance,
                                         const struct generate_view *view)
{
    struct model_content content = {.exists = true, .block = view->cluster};
    uint64_t most = view->largest / view->cluster / 2;
    content.size = chance_below(chance, most + 1) * view->cluster;
    if (content.size == 0 || chance_in(chance, 65))
        content.size += chance_below(chance, view->cluster);
    content.seed = chance_next(chance) | 1;
    content.sparse = chance_in(chance, 30);
    if (content.sparse)
        content.holes = chance_next(chance) & chance_next(chance);
    return content;
}

/* ---- cases ----------------------------------------------------------- */

/* The model with both files as they are before the run. */
static struct model before(const struct model_case *c)
{
    struct model model = {{NULL}};
    const struct model_content *contents[] = {&c->source, &c->dest};
    for (unsigned i = 0; i < 2; i++) {
        if (!contents[i]->exists || (c->same_file && i == 1))
            continue;
        uint8_t *bytes = model_content_bytes(contents[i]);
        model_set(&model, i, bytes, contents[i]->size);
        free(bytes);
    }
    return model;
}

static struct model_expected expect(const struct model_case *c, bool clones,
                                    const struct model *model)
{
    struct model_facts facts = {.cluster = c->cluster,
                                .unit = c->cluster,
                                .can_share = clones,
                                .cannot_share = !clones,
                                .same_file = c->same_file};
    struct model_expected expected;
    model_expect(model, &c->operation, &facts, &expected);
    return expected;
}

static unsigned statuses_of(const struct model_case *c, bool clones)
{
    struct model model = before(c);
    unsigned statuses = expect(c, clones, &model).statuses;
    model_clear(&model);
    return statuses;
}

static int exit_code(unsigned statuses)
{
    switch (statuses) {
    case MODEL_OK:
    case MODEL_SKIPPED:
        return 0;
    case MODEL_FAILED:
        return 1;
    case MODEL_REFUSED:
        return 3;
    default:
        return -1;
    }
}

int model_case_exit(const struct model_case *c, bool clones)
{
    return exit_code(statuses_of(c, clones));
}

static void make_request(struct chance *chance,
                         const struct generate_view *view, struct model_case *c)
{
    struct operation *o = &c->operation;
    o->kind = chance_in(chance, 80) ? OPERATION_RANGE : OPERATION_FILE;
    c->same_file = o->kind == OPERATION_RANGE && chance_in(chance, 30);
    if (c->same_file)
        c->dest = c->source;
    o->dest = c->same_file ? 0 : 1;
    o->policy.mode = (enum reflink_mode)chance_below(chance, 3);
    o->policy.verify = (enum reflink_verify)chance_below(chance, 3);
    o->policy.existing = chance_in(chance, 5)   ? REFLINK_EXISTING_KEEP
                         : chance_in(chance, 5) ? REFLINK_EXISTING_FAIL
                                                : REFLINK_EXISTING_REPLACE;
    o->policy.retries = 5;
    if (o->kind == OPERATION_RANGE)
        generate_range(chance, view, 0, o->dest, &o->range);
}

void model_case_make(uint64_t seed, uint64_t index, uint32_t cluster,
                     struct model_case *c)
{
    struct chance chance = chance_of(seed, index);
    struct generate_view view = {.cluster = cluster, .files = 2};
    view.largest = (uint64_t)cluster * 24;
    if (view.largest > MODEL_CASE_MOST)
        view.largest = MODEL_CASE_MOST;
    memset(c, 0, sizeof *c);
    c->seed = seed;
    c->index = index;
    c->cluster = cluster;
    c->source = make_content(&chance, &view);
    c->dest = make_content(&chance, &view);
    c->dest.exists = chance_in(&chance, 80);
    view.exists[0] = true;
    view.size[0] = c->source.size;
    view.exists[1] = c->dest.exists;
    view.size[1] = c->dest.size;
    make_request(&chance, &view, c);
    c->spelling = chance_next(&chance);
    if (c->operation.policy.mode == REFLINK_ALWAYS &&
        model_case_exit(c, true) < 0)
        c->operation.policy.mode = REFLINK_AUTO;
}

bool model_case_expected(const struct model_case *c, bool clones,
                         uint8_t **bytes, uint64_t *size)
{
    struct model model = before(c);
    struct model_expected expected = expect(c, clones, &model);
    const struct model_file *dest;
    if (expected.statuses & MODEL_OK)
        model_apply(&model, &c->operation, &expected);
    dest = model.files[c->operation.dest];
    *bytes = NULL;
    *size = 0;
    if (dest != NULL) {
        *size = dest->size;
        *bytes = malloc((size_t)dest->size + 1);
        if (*bytes == NULL)
            abort();
        memcpy(*bytes, dest->bytes, (size_t)dest->size);
    }
    model_clear(&model);
    return *bytes != NULL;
}

/* ---- the command line ------------------------------------------------ */

static void add(struct model_arguments *arguments, const char *argument)
{
    arguments->list[arguments->count++] = argument;
    arguments->list[arguments->count] = NULL;
}

/* A SIZE in one of its forms. */
static void spell(uint64_t value, uint64_t way, char *text, size_t size)
{
    static const char *const kibi[] = {"K", "k", "KiB", "kib"};
    unsigned long long n = value;
    if (way % 4 == 0)
        snprintf(text, size, "0x%llx", n);
    else if (way % 4 == 1 && value % 1024 == 0)
        snprintf(text, size, "%llu%s", n / 1024, kibi[way / 4 % 4]);
    else if (way % 4 == 2 && value % 1000 == 0)
        snprintf(text, size, "%lluKB", n / 1000);
    else
        snprintf(text, size, "%llu", n);
}

/* `--name=SIZE`, `--name SIZE`, or SIZE alone where `name` is NULL. */
static void add_size(struct model_arguments *arguments, const char *name,
                     uint64_t value, uint64_t way)
{
    char number[32];
    spell(value, way, number, sizeof number);
    if (name != NULL && way / 16 % 2 == 0) {
        add(arguments, name);
        name = NULL;
    }
    char *text = arguments->text[arguments->count];
    if (name != NULL)
        snprintf(text, MODEL_ARGUMENT_SIZE, "%s=%s", name, number);
    else
        snprintf(text, MODEL_ARGUMENT_SIZE, "%s", number);
    add(arguments, text);
}

static void add_range(const struct model_case *c,
                      struct model_arguments *arguments)
{
    const struct reflink_range *range = &c->operation.range;
    uint64_t way = c->spelling;
    if (range->source_offset == range->dest_offset && way % 2 == 0) {
        add_size(arguments, "--offset", range->source_offset, way >> 8);
    } else {
        add_size(arguments, "--source-offset", range->source_offset, way >> 8);
        if (range->dest_offset != 0 || way % 3 == 0)
            add_size(arguments, "--dest-offset", range->dest_offset, way >> 16);
    }
    if (!range->to_end)
        add_size(arguments, "--length", range->length, way >> 24);
}

/* SOURCE DEST SOURCE_OFFSET DEST_OFFSET LENGTH */
static void add_operands(const struct model_case *c,
                         struct model_arguments *arguments)
{
    const struct reflink_range *range = &c->operation.range;
    uint64_t way = c->spelling;
    add_size(arguments, NULL, range->source_offset, way >> 8);
    add_size(arguments, NULL, range->dest_offset, way >> 16);
    if (range->to_end)
        add(arguments, "-");
    else
        add_size(arguments, NULL, range->length, way >> 24);
}

static void add_policy(const struct reflink_policy *policy, uint64_t way,
                       struct model_arguments *arguments)
{
    static const char *const modes[] = {"--reflink=auto", "--reflink=always",
                                        "--reflink=never"};
    static const char *const proofs[] = {"--verify=sample", "--verify=full",
                                         "--verify=none"};
    if (policy->mode != REFLINK_AUTO || way % 5 == 0)
        add(arguments, policy->mode == REFLINK_ALWAYS && way % 3 == 0
                           ? "--reflink"
                           : modes[policy->mode]);
    if (policy->verify != REFLINK_VERIFY_SAMPLE || way % 7 == 0)
        add(arguments, policy->verify == REFLINK_VERIFY_FULL && way % 3 == 0
                           ? "--verify"
                           : proofs[policy->verify]);
    if (policy->existing == REFLINK_EXISTING_REPLACE)
        add(arguments, way % 2 == 0 ? "-f" : "--force");
    if (policy->existing == REFLINK_EXISTING_KEEP)
        add(arguments, way % 2 == 0 ? "-n" : "--no-clobber");
}

void model_case_arguments(const struct model_case *c, const char *source,
                          const char *dest, struct model_arguments *arguments)
{
    bool range = c->operation.kind == OPERATION_RANGE;
    bool operands = range && c->spelling / 64 % 4 == 0;
    memset(arguments, 0, sizeof *arguments);
    add_policy(&c->operation.policy, c->spelling >> 32, arguments);
    if (range && !operands)
        add_range(c, arguments);
    add(arguments, source);
    add(arguments, c->same_file ? source : dest);
    if (operands)
        add_operands(c, arguments);
}

/* ---- in words -------------------------------------------------------- */

static void print_content(const struct model_content *content, char *text,
                          size_t size)
{
    if (!content->exists)
        snprintf(text, size, "missing");
    else
        snprintf(text, size, "%llu bytes, seed %#llx, holes %#llx%s",
                 (unsigned long long)content->size,
                 (unsigned long long)content->seed,
                 (unsigned long long)content->holes,
                 content->sparse ? ", sparse" : "");
}

void model_case_print(const struct model_case *c, char *text, size_t size)
{
    char source[120];
    char dest[120];
    char request[240];
    print_content(&c->source, source, sizeof source);
    print_content(&c->dest, dest, sizeof dest);
    operation_print(&c->operation, request, sizeof request);
    if (c->same_file)
        snprintf(dest, sizeof dest, "the same file");
    snprintf(text, size, "case %#llx:%llu cluster %u; a: %s; b: %s; %s",
             (unsigned long long)c->seed, (unsigned long long)c->index,
             c->cluster, source, dest, request);
}
