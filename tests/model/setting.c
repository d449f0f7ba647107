#include "setting.h"

#include <stdio.h>
#include <string.h>

static const char *const theme_names[THEME_COUNT] = {
    "honest",    "profiles", "quirks", "lies", "limit",
    "alignment", "faults",   "drops",  "full", "all"};

const char *theme_name(enum theme theme)
{
    return theme < THEME_COUNT ? theme_names[theme] : "?";
}

/* Big clusters are rare and their files few clusters long: they are dear. */
static const struct {
    uint32_t cluster;
    unsigned weight; /* of a thousand */
    unsigned clusters;
    unsigned operations;
} sizes[] = {
    {512, 376, 24, 150},  {1024, 120, 20, 150}, {2048, 120, 16, 150},
    {4096, 280, 20, 150}, {8192, 30, 10, 100},  {16384, 25, 8, 80},
    {32768, 15, 6, 60},   {65536, 20, 5, 60},   {131072, 5, 4, 40},
    {262144, 3, 4, 30},   {524288, 2, 3, 20},   {1048576, 4, 3, 20},
};

static void pick_size(struct chance *chance, struct setting *setting)
{
    unsigned at = (unsigned)chance_below(chance, 1000);
    size_t i = 0;
    while (at >= sizes[i].weight)
        at -= sizes[i++].weight;
    setting->cluster = sizes[i].cluster;
    setting->largest = (uint64_t)sizes[i].clusters * sizes[i].cluster;
    setting->operations = sizes[i].operations;
}

static const char *pick_profile(struct chance *chance, enum theme theme)
{
    static const char *const honest[] = {
        "refs-4k", "refs-64k", "refs-ws2016", "dev-drive", "winbtrfs",
    };
    size_t count = 0;
    if (theme == THEME_HONEST || theme == THEME_ALIGNMENT)
        return honest[chance_below(chance, sizeof honest / sizeof *honest)];
    while (sim_profile(count) != NULL)
        count++;
    return sim_profile(chance_below(chance, count));
}

static void add_lie(struct chance *chance, struct setting *setting)
{
    setting->lie = (enum sim_lie)(1 + chance_below(chance, SIM_LIE_COPY));
    setting->lie_skip = chance_in(chance, 50) ? 0 : chance_below(chance, 30);
    setting->lie_times = chance_in(chance, 50) ? 0 : chance_below(chance, 8);
}

static void add_quirks(struct chance *chance, struct setting *setting)
{
    unsigned count = 1 + (unsigned)chance_below(chance, 4);
    while (count-- != 0)
        setting->quirks |= 1u << chance_below(chance, QUIRK_COUNT);
}

static void add_theme(struct chance *chance, enum theme theme,
                      struct setting *setting)
{
    bool all = theme == THEME_ALL;
    if (theme == THEME_QUIRKS || (all && chance_in(chance, 50)))
        add_quirks(chance, setting);
    if (theme == THEME_LIES || (all && chance_in(chance, 20)))
        add_lie(chance, setting);
    if (theme == THEME_LIMIT || (all && chance_in(chance, 30)))
        setting->limit = 1 + (uint32_t)chance_below(chance, 4);
    if (theme == THEME_ALIGNMENT || (all && chance_in(chance, 20)))
        setting->alignment = 2u << chance_below(chance, 4);
    if (theme == THEME_FAULTS)
        setting->faults = 70;
    if (all && chance_in(chance, 50))
        setting->faults = 10;
    if (theme == THEME_DROPS)
        setting->drops = 40;
    if (all && chance_in(chance, 30))
        setting->drops = 10;
    if (theme == THEME_FULL || (all && chance_in(chance, 20)))
        setting->room = 8 + chance_below(chance, 80);
}

void setting_make(enum theme theme, uint64_t seed, uint64_t index,
                  struct setting *setting)
{
    struct chance chance = chance_of(seed + theme, index);
    memset(setting, 0, sizeof *setting);
    setting->theme = theme;
    setting->alignment = 1;
    pick_size(&chance, setting);
    setting->profile = pick_profile(&chance, theme);
    if (strcmp(setting->profile, "winbtrfs") == 0) {
        setting->largest = setting->largest / setting->cluster * 4096;
        setting->cluster = 4096; /* that is what it says it is, always */
    }
    setting->files = chance_in(&chance, 75) ? MODEL_FILES : MODEL_OTHER;
    add_theme(&chance, theme, setting);
    setting->seed = chance_next(&chance);
}

/* ---- the volumes ----------------------------------------------------- */

static void blur(const struct setting *setting, struct sim_volume *v)
{
    unsigned quirks = setting->quirks;
    v->features_known = v->features_known && !(quirks & QUIRK_UNKNOWN_FEATURES);
    if (quirks & QUIRK_NO_EXTENTS)
        v->extents = 1;
    if (quirks & QUIRK_NO_ALLOCATED)
        v->allocated = 50;
    if (quirks & QUIRK_NO_ZERO)
        v->zero = 1;
    if (quirks & QUIRK_TOLD_SMALL)
        v->allocation_unit = v->integrity_cluster = 512;
    if (quirks & QUIRK_TOLD_LARGE)
        v->allocation_unit = v->integrity_cluster = v->cluster * 4;
    if (quirks & QUIRK_NO_INTEGRITY)
        v->get_integrity = 50;
    if (quirks & QUIRK_NO_UNIT)
        v->allocation_unit = 0;
    if (quirks & QUIRK_NO_CLONE_FLAG)
        v->features &= ~(uint32_t)OS_VOLUME_CLONES;
    if (quirks & QUIRK_SET_INTEGRITY)
        v->set_integrity = 5;
}

static void bend(const struct setting *setting, struct sim_volume *v)
{
    unsigned quirks = setting->quirks;
    if (quirks & QUIRK_NO_SPARSE) {
        v->set_sparse = 50;
        v->features &= ~(uint32_t)OS_VOLUME_SPARSE;
    }
    if (quirks & QUIRK_CLIPPED && v->past_end == SIM_PAST_END_REFUSED)
        v->past_end = SIM_PAST_END_CLIPPED;
    if (quirks & QUIRK_UNBOUNDED && !v->exact_tail)
        v->unbounded_source = true;
    if (quirks & QUIRK_EXACT_TAIL && !v->unbounded_source)
        v->exact_tail = true;
    v->lazy = v->lazy || (quirks & QUIRK_LAZY);
    v->posix_rename = v->posix_rename && !(quirks & QUIRK_CLASSIC_RENAME);
    v->default_integrity = (quirks & QUIRK_DEFAULT_INTEGRITY) &&
                           (v->features & OS_VOLUME_INTEGRITY);
    if (quirks & QUIRK_OVERLAP_UNCHECKED)
        v->overlap = 0;
    if (quirks & QUIRK_NO_TRAILING_HOLES)
        v->trailing_holes = false;
    v->hard_links = v->hard_links && !(quirks & QUIRK_NO_HARD_LINKS);
}

void setting_mount(const struct setting *setting, struct sim_volume **volume,
                   struct sim_volume **other)
{
    sim_reset();
    struct sim_volume *v = sim_mount(L"R:\\", setting->profile);
    *volume = v;
    *other = sim_mount(L"S:\\", "refs-4k");
    v->capacity = v->capacity * v->cluster / setting->cluster;
    v->cluster = setting->cluster;
    if (setting->limit != 0)
        v->limit = setting->limit;
    if (setting->alignment > 1)
        v->alignment = setting->alignment * setting->cluster;
    v->lie = setting->lie;
    v->lie_skip = setting->lie_skip;
    v->lie_times = setting->lie_times;
    if (setting->room != 0)
        v->capacity = setting->room;
    blur(setting, v);
    bend(setting, v);
}

void setting_print(const struct setting *s, char *text, size_t size)
{
    snprintf(text, size,
             "theme %s profile %s cluster %u limit %u alignment x%u "
             "lie %d (skip %llu times %llu) room %llu quirks %#x files %u",
             theme_name(s->theme), s->profile, s->cluster, s->limit,
             s->alignment, (int)s->lie, (unsigned long long)s->lie_skip,
             (unsigned long long)s->lie_times, (unsigned long long)s->room,
             s->quirks, s->files);
}
