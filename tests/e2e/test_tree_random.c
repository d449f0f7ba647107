/*
 * Random trees, and random runs over them one after the other, each judged by
 * a model: exit code, counts, and all that stands in the folder then, SOURCE
 * included. A failure names seed and row; E2E_SEED repeats a run, E2E_RUNS has
 * more of them.
 *
 * Of links Wine 8 shows little: one to a file looks like that file, a dangling
 * one or a loop is not listed at all, and one to a folder looks like that
 * folder, so it is left out here.
 */
#include <ctype.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "e2e.h"
#include "trees.h"

TestSuite(tree_random, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

enum { RANDOM_ROWS = 6, RUNS = 9, MOST_DEPTH = 6, MOST_WORDS = 24 };

struct game {
    uint64_t seed;
    uint64_t state;
    unsigned run;
    unsigned names; /* given out so far */
    struct tree_world world;
};

static uint64_t start_seed(void)
{
    const char *given = getenv("E2E_SEED");
    return given != NULL ? strtoull(given, NULL, 0) : 20261122;
}

static unsigned run_count(void)
{
    const char *given = getenv("E2E_RUNS");
    return given != NULL ? (unsigned)strtoul(given, NULL, 0) : RUNS;
}

static unsigned below(struct game *game, unsigned limit)
{
    game->state ^= game->state << 13;
    game->state ^= game->state >> 7;
    game->state ^= game->state << 17;
    return (unsigned)((game->state >> 11) % limit);
}

static bool one_in(struct game *game, unsigned times)
{
    return below(game, times) == 0;
}

/* --- names ---------------------------------------------------------------- */

/* As long as a name may be: 255 units, on Linux 255 bytes. */
static const char *long_name(struct game *game)
{
    const char *unit = one_in(game, 2) ? "n" : "\u00f8";
    const char *text = "";
    const char *number = e2e_text("%u", game->names);
    while (strlen(text) + strlen(unit) + strlen(number) <= 255)
        text = e2e_text("%s%s", text, unit);
    return e2e_text("%s%s", text, number);
}

/* No two alike: a number is part of it, or it comes once. */
static const char *new_name(struct game *game)
{
    game->names++;
    if (one_in(game, 20))
        return long_name(game);
    const char *odd = tree_odd_name(below(game, UINT16_MAX));
    if (one_in(game, 3))
        return e2e_text("%s%u", odd, game->names);
    return one_in(game, 2) ? e2e_text("%s.%u", odd, game->names)
                           : e2e_text("%u%s", game->names, odd);
}

/* --- a tree --------------------------------------------------------------- */

static uint64_t random_size(struct game *game)
{
    unsigned cluster = (unsigned)e2e_cluster();
    switch (below(game, 6)) {
    case 0:
        return 0;
    case 1:
        return below(game, 3) + 1;
    case 2:
        return cluster - 1 + below(game, 3);
    case 3:
        return 2 * cluster - 1 + below(game, 3);
    default:
        return below(game, 3 * cluster);
    }
}

/* From 1970 to 2100, in the steps that NTFS has. Wine cannot keep more of a
   file than that it is read-only: the other attributes would have to be
   written to it after that. */
static void random_facts(struct game *game, struct tree_entry *entry)
{
    static const unsigned attributes[] = {
        0, 0, 0, 0, TREE_HIDDEN, TREE_SYSTEM, TREE_HIDDEN | TREE_SYSTEM};
    entry->attributes = attributes[below(game, ROWS(attributes))];
    entry->time.tv_sec = (time_t)below(game, 4102444800U);
    entry->time.tv_nsec = (long)below(game, 10000000) * 100;
    entry->time_known = true;
    if (entry->kind == TREE_FILE && one_in(game, 6))
        entry->attributes = TREE_READONLY;
}

static struct tree_entry *add_file(struct game *game, const char *path)
{
    struct tree_entry *file = tree_add(&game->world, TREE_FILE, path);
    tree_fill(file, random_size(game), game->state);
    random_facts(game, file);
    tree_put(file);
    return file;
}

/* To a file beside it, by one of three paths; or to nothing. */
static void add_link(struct game *game, const char *folder,
                     const struct tree_entry *file)
{
    const char *path = e2e_text("%s/%s", folder, new_name(game));
    struct tree_entry *link = tree_add(&game->world, TREE_LINK, path);
    char *here = getcwd(NULL, 0);
    switch (file == NULL ? 3 : below(game, 5)) {
    case 0:
    case 1:
        link->target = strdup(tree_name(file));
        link->shown = file;
        break;
    case 2:
        link->target = strdup(e2e_text("%s/%s", here, file->path));
        link->shown = file;
        break;
    case 3:
        link->target = strdup("there/is/nothing");
        break;
    default: /* a loop */
        link->target = strdup(tree_name(link));
        break;
    }
    free(here);
    tree_put(link);
}

static void add_folder(struct game *game, const char *path, unsigned depth,
                       unsigned *budget);

static void add_entry(struct game *game, const char *folder, unsigned depth,
                      unsigned *budget, const struct tree_entry **last)
{
    const char *path = e2e_text("%s/%s", folder, new_name(game));
    unsigned what = below(game, 12);
    (*budget)--;
    if (what < 3 && depth < MOST_DEPTH)
        add_folder(game, path, depth + 1, budget);
    else if (what == 3)
        add_link(game, folder, *last);
    else
        *last = add_file(game, path);
}

static void add_folder(struct game *game, const char *path, unsigned depth,
                       unsigned *budget)
{
    const struct tree_entry *last = NULL;
    unsigned count = depth == 0 ? *budget : below(game, 9);
    struct tree_entry *folder = tree_add(&game->world, TREE_FOLDER, path);
    tree_put(folder);
    for (unsigned i = 0; i < count && *budget != 0; i++)
        add_entry(game, path, depth, budget, &last);
    random_facts(game, folder);
    tree_put(folder);
}

static void begin_game(struct game *game, unsigned row)
{
    unsigned first = 24;
    unsigned second = 8;
    game->seed = start_seed();
    game->state = (game->seed + row) * UINT64_C(0x9e3779b97f4a7c15) | 1;
    add_folder(game, "s 0", 0, &first);
    add_folder(game, "-s1", 0, &second);
    tree_put(tree_add(&game->world, TREE_FOLDER, "out"));
}

/* --- meanwhile ------------------------------------------------------------ */

static struct tree_entry *any(struct game *game, enum tree_kind kind,
                              const char *top)
{
    size_t count = game->world.count;
    size_t from = below(game, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        struct tree_entry *entry = game->world.entries[(from + i) % count];
        if (entry->kind == kind && strncmp(entry->path, top, strlen(top)) == 0)
            return entry;
    }
    return NULL;
}

static const char *parent_of(const struct tree_entry *entry)
{
    return e2e_text("%.*s", (int)(strrchr(entry->path, '/') - entry->path),
                    entry->path);
}

static void change_source(struct game *game)
{
    struct tree_entry *file =
        any(game, TREE_FILE, one_in(game, 3) ? "-s1/" : "s 0/");
    if (file == NULL)
        return;
    tree_fill(file, random_size(game), game->state);
    random_facts(game, file);
    tree_put(file);
}

/* What is in DEST's place is removed, or of the other kind. */
static void change_dest(struct game *game)
{
    struct tree_entry *entry =
        any(game, one_in(game, 4) ? TREE_FOLDER : TREE_FILE, "out/");
    if (entry == NULL)
        return;
    const char *path = e2e_text("%s", entry->path);
    const char *parent = parent_of(entry);
    bool was_file = entry->kind == TREE_FILE;
    tree_remove(&game->world, entry);
    if (one_in(game, 2) && was_file)
        tree_put(tree_add(&game->world, TREE_FOLDER, path));
    else if (one_in(game, 2))
        add_file(game, path);
    tree_forget_time(&game->world, parent);
}

/* The same name in another case stands in DEST's place. */
static void change_case(struct game *game)
{
    struct tree_entry *file = any(game, TREE_FILE, "out/");
    if (file == NULL)
        return;
    char *path = strdup(file->path);
    for (char *at = strrchr(path, '/'); *at != '\0'; at++)
        *at = (char)(islower((unsigned char)*at) ? toupper((unsigned char)*at)
                                                 : *at);
    cr_assert_eq(rename(file->path, path), 0);
    tree_forget_time(&game->world, parent_of(file));
    free(file->path);
    file->path = path;
}

static void add_to_dest(struct game *game)
{
    struct tree_entry *folder = any(game, TREE_FOLDER, "out/");
    if (folder == NULL)
        return;
    const char *path = e2e_text("%s", folder->path);
    add_file(game, e2e_text("%s/%s", path, new_name(game)));
    tree_forget_time(&game->world, path);
}

static void meanwhile(struct game *game)
{
    for (unsigned i = below(game, 6); i != 0; i--) {
        switch (below(game, 4)) {
        case 0:
            change_source(game);
            break;
        case 1:
            change_dest(game);
            break;
        case 2:
            change_case(game);
            break;
        default:
            add_to_dest(game);
            break;
        }
    }
}

/* --- a run ---------------------------------------------------------------- */

struct turn {
    const char *words[MOST_WORDS];
    size_t count;
    struct tree_deed deed;
    bool shares;
};

static void say(struct turn *turn, const char *word)
{
    cr_assert(turn->count + 1 < MOST_WORDS);
    turn->words[turn->count++] = word;
}

static void say_options(struct game *game, struct turn *turn)
{
    static const char *const existing[] = {"-f", "-u", "-n", ""};
    static const char *const reflink[] = {"--reflink=auto", "--reflink=auto",
                                          "--reflink=always",
                                          "--reflink=never"};
    static const char *const verify[] = {"--verify=sample", "--verify=full",
                                         "--verify=none"};
    unsigned clones = e2e_volume() == PLAIN ? 1 : below(game, 4);
    turn->shares = e2e_volume() != PLAIN && clones != 3;
    turn->deed.existing = existing[below(game, 4)];
    say(turn, "--json");
    say(turn, reflink[clones]);
    say(turn, verify[below(game, 3)]);
    if (*turn->deed.existing != '\0')
        say(turn, turn->deed.existing);
    turn->count += tree_add_jobs(turn->words + turn->count, 1 + below(game, 8));
}

/* One path to the source of many. */
static const char *spell(struct game *game, const char *name)
{
    switch (below(game, 5)) {
    case 0:
        return e2e_windows(name);
    case 1:
        return e2e_unc(name);
    case 2:
        return e2e_text(".\\%s\\", name);
    default:
        return name;
    }
}

/* All of the folder's entries that begin with the letter; '\0': all. */
static void apply_matches(struct game *game, struct turn *turn,
                          const char *folder, char letter, bool folders)
{
    size_t count = game->world.count;
    for (size_t i = 0; i < count; i++) {
        const struct tree_entry *entry = game->world.entries[i];
        const char *name = tree_name(entry);
        if (tree_is_child(entry, folder) &&
            (folders || entry->kind != TREE_FOLDER) &&
            (letter == '\0' || tolower((unsigned char)*name) == letter))
            tree_apply(&game->world, &turn->deed, entry,
                       e2e_text("out/%s", name));
    }
}

static void whole_new(struct game *game, struct turn *turn)
{
    const char *dest = e2e_text("new %u", game->run);
    say(turn, "-r");
    say(turn, "--");
    say(turn, spell(game, "s 0"));
    say(turn, one_in(game, 2) ? dest : e2e_windows(dest));
    tree_apply(&game->world, &turn->deed, tree_find(&game->world, "s 0"), dest);
}

static void into(struct game *game, struct turn *turn)
{
    bool both = one_in(game, 2);
    bool target = one_in(game, 2);
    say(turn, "-r");
    if (target) {
        say(turn, "-t");
        say(turn, spell(game, "out"));
    }
    say(turn, "--");
    say(turn, spell(game, "s 0"));
    tree_apply(&game->world, &turn->deed, tree_find(&game->world, "s 0"),
               "out/s 0");
    if (both) {
        say(turn, spell(game, "-s1"));
        tree_apply(&game->world, &turn->deed, tree_find(&game->world, "-s1"),
                   "out/-s1");
    }
    if (!target)
        say(turn, spell(game, "OUT"));
}

/* What is in the source goes into DEST, by each of two spellings. */
static void merge(struct game *game, struct turn *turn)
{
    bool exact = one_in(game, 2);
    say(turn, exact ? "-rT" : "-r");
    say(turn, "--");
    say(turn, exact ? spell(game, "s 0") : "s 0\\.");
    say(turn, spell(game, "OUT"));
    tree_apply(&game->world, &turn->deed, tree_find(&game->world, "s 0"),
               "out");
}

static void wildcards(struct game *game, struct turn *turn)
{
    const struct tree_entry *file = any(game, TREE_FILE, "s 0/");
    bool folders = one_in(game, 2);
    char letter = '\0';
    if (file != NULL && one_in(game, 2) && tree_is_child(file, "s 0") &&
        isalpha((unsigned char)*tree_name(file)))
        letter = (char)tolower((unsigned char)*tree_name(file));
    if (folders)
        say(turn, "-r");
    say(turn, "--");
    say(turn, letter == '\0' ? "s 0\\*" : e2e_text("s 0/%c*", letter));
    say(turn, "out");
    apply_matches(game, turn, "s 0", letter, folders);
    /* where all that matches is a folder, that is an error */
    if (!folders &&
        turn->deed.done + turn->deed.skipped + turn->deed.failed == 0)
        turn->deed.failed = 1;
}

static void judge_shares(struct result *result, const struct turn *turn)
{
    for (unsigned i = 0; i < turn->deed.done; i++) {
        const struct tree_pair *pair = &turn->deed.pairs[i];
        if (e2e_size(pair->source) < e2e_cluster())
            continue;
        if (turn->shares)
            EXPECT(result, e2e_same_extents(pair->source, pair->dest));
        else
            EXPECT(result, e2e_shared_bytes(pair->source, pair->dest) == 0);
    }
}

/* False: from here on the model is of no use. */
static bool judge(struct game *game, struct result *result,
                  const struct turn *turn)
{
    const struct tree_deed *deed = &turn->deed;
    const char *which =
        e2e_text("seed %ju, run %u", (uintmax_t)game->seed, game->run);
    const char *wanted = tree_told(&game->world);
    const char *seen = tree_found();
    unsigned all = deed->done + deed->skipped + deed->failed;
    cr_expect(e2e_is(wanted, seen), "%s",
              e2e_story(result, e2e_text("%s:\n%s", which,
                                         tree_difference(wanted, seen))));
    cr_expect(
        result->exit_code == (deed->failed != 0) &&
            tree_summary(result, "files") == (long)all &&
            tree_summary(result, "skipped") == (long)deed->skipped &&
            tree_summary(result, "failed") == (long)deed->failed,
        "%s",
        e2e_story(result, e2e_text("%s: %u files, %u skipped, %u failed", which,
                                   all, deed->skipped, deed->failed)));
    if (e2e_is(wanted, seen))
        judge_shares(result, turn);
    return e2e_is(wanted, seen);
}

static bool play(struct game *game)
{
    struct turn turn = {.count = 0};
    meanwhile(game);
    tree_told(&game->world); /* what these changes did to times is so now */
    say_options(game, &turn);
    switch (below(game, 5)) {
    case 0:
        whole_new(game, &turn);
        break;
    case 1:
        wildcards(game, &turn);
        break;
    case 2:
        merge(game, &turn);
        break;
    default:
        into(game, &turn);
        break;
    }
    say(&turn, NULL);
    tree_forget_time(&game->world, "out");
    bool well = judge(game, e2e_run(turn.words), &turn);
    free(turn.deed.pairs);
    return well;
}

ParameterizedTestParameters(tree_random, runs)
{
    return e2e_numbers(RANDOM_ROWS);
}

ParameterizedTest(int *number, tree_random, runs)
{
    static const enum volume volumes[RANDOM_ROWS] = {XFS4K,  XFS4K, XFS64K,
                                                     XFS64K, BTRFS, PLAIN};
    struct game game = {.run = 0};
    e2e_enter(volumes[*number]);
    begin_game(&game, (unsigned)*number);
    while (game.run < run_count() && play(&game))
        game.run++;
    tree_free(&game.world);
}
