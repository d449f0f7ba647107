/* A model of trees, and what is found on the volume. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "e2e_internal.h"
#include "trees.h"

/* --- contents ------------------------------------------------------------- */

static uint64_t hash_block(uint64_t hash, const unsigned char *at,
                           size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static const uint64_t hash_start = UINT64_C(0xcbf29ce484222325);

/* The bytes that an entry is to hold. */
static unsigned char *bytes_of(const struct tree_entry *entry)
{
    uint64_t state = entry->seed | 1;
    unsigned char *bytes = malloc(entry->size + 1);
    if (bytes == NULL)
        e2e_broken("malloc");
    for (uint64_t i = 0; i < entry->size; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        bytes[i] = (unsigned char)(state >> 56);
    }
    return bytes;
}

void tree_fill(struct tree_entry *entry, uint64_t size, uint64_t seed)
{
    entry->size = size;
    entry->seed = seed;
    unsigned char *bytes = bytes_of(entry);
    entry->hash = hash_block(hash_start, bytes, size);
    free(bytes);
}

static uint64_t hash_there(const char *path)
{
    static unsigned char block[1 << 16];
    uint64_t hash = hash_start;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = 0;
    while (file >= 0 && (got = read(file, block, sizeof block)) > 0)
        hash = hash_block(hash, block, (size_t)got);
    if (file >= 0)
        close(file);
    return file < 0 || got < 0 ? 0 : hash;
}

/* --- the model ------------------------------------------------------------ */

struct tree_entry *tree_find(const struct tree_world *world, const char *path)
{
    for (size_t i = 0; i < world->count; i++) {
        if (strcasecmp(world->entries[i]->path, path) == 0)
            return world->entries[i];
    }
    return NULL;
}

/* What of the path comes behind the folder and one separator, or NULL. */
static const char *below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && path[length] == '/'
               ? path + length + 1
               : NULL;
}

bool tree_is_child(const struct tree_entry *entry, const char *folder)
{
    const char *rest = below(entry->path, folder);
    return rest != NULL && strchr(rest, '/') == NULL;
}

const char *tree_name(const struct tree_entry *entry)
{
    const char *slash = strrchr(entry->path, '/');
    return slash == NULL ? entry->path : slash + 1;
}

struct tree_entry *tree_add(struct tree_world *world, enum tree_kind kind,
                            const char *path)
{
    struct tree_entry *entry = calloc(1, sizeof *entry);
    if (world->count == world->capacity) {
        world->capacity = world->capacity * 2 + 64;
        world->entries =
            realloc(world->entries, world->capacity * sizeof entry);
    }
    if (entry == NULL || world->entries == NULL)
        e2e_broken("malloc");
    *entry = (struct tree_entry){
        .path = strdup(path), .kind = kind, .hash = hash_start};
    world->entries[world->count++] = entry;
    return entry;
}

static void free_entry(struct tree_entry *entry)
{
    free(entry->path);
    free(entry->target);
    free(entry);
}

void tree_free(struct tree_world *world)
{
    for (size_t i = 0; i < world->count; i++)
        free_entry(world->entries[i]);
    free(world->entries);
    *world = (struct tree_world){0};
}

void tree_remove(struct tree_world *world, struct tree_entry *entry)
{
    const char *path = e2e_text("%s", entry->path);
    for (size_t i = world->count; i-- > 0;) { /* what is below came later */
        struct tree_entry *one = world->entries[i];
        if (strcmp(one->path, path) != 0 && below(one->path, path) == NULL)
            continue;
        if (remove(one->path) != 0)
            e2e_broken(one->path);
        free_entry(one);
        world->count--;
        memmove(&world->entries[i], &world->entries[i + 1],
                (world->count - i) * sizeof one);
    }
}

void tree_forget_time(struct tree_world *world, const char *path)
{
    struct tree_entry *entry = tree_find(world, path);
    if (entry != NULL)
        entry->time_known = false;
}

/* --- writing it ----------------------------------------------------------- */

static void put_file(const struct tree_entry *entry)
{
    unsigned char *bytes = bytes_of(entry);
    int file = open(entry->path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || write(file, bytes, entry->size) != (ssize_t)entry->size)
        e2e_broken(entry->path);
    close(file);
    free(bytes);
}

/* Wine keeps what a mode cannot say in this attribute. */
static void put_attributes(const struct tree_entry *entry)
{
    const char *text = e2e_text("0x%x", entry->attributes & ~1U);
    mode_t mode = entry->kind == TREE_FOLDER ? 0755 : 0644;
    if (entry->attributes & TREE_READONLY)
        mode &= (mode_t)~0222;
    if (setxattr(entry->path, "user.DOSATTRIB", text, strlen(text), 0) != 0 ||
        chmod(entry->path, mode) != 0)
        e2e_broken(entry->path);
}

static void put_time(const struct tree_entry *entry)
{
    const struct timespec times[2] = {{1600000000, 0}, entry->time};
    if (entry->time_known && utimensat(AT_FDCWD, entry->path, times, 0) != 0)
        e2e_broken(entry->path);
}

void tree_put(const struct tree_entry *entry)
{
    struct stat there;
    bool exists = lstat(entry->path, &there) == 0;
    if (entry->kind == TREE_LINK) {
        if (!exists && symlink(entry->target, entry->path) != 0)
            e2e_broken(entry->path);
        return;
    }
    if (entry->kind == TREE_FOLDER && !exists)
        e2e_make_folder(entry->path);
    else if (entry->kind == TREE_FILE) {
        if (exists)
            chmod(entry->path, 0644);
        put_file(entry);
    }
    put_attributes(entry);
    put_time(entry);
}

/* --- what a run is to do -------------------------------------------------- */

static void note_pair(struct tree_deed *deed, const char *source,
                      const char *dest)
{
    deed->pairs = realloc(deed->pairs, (deed->done + 1) * sizeof *deed->pairs);
    if (deed->pairs == NULL)
        e2e_broken("realloc");
    deed->pairs[deed->done].source = e2e_text("%s", source);
    deed->pairs[deed->done++].dest = e2e_text("%s", dest);
}

static void stamp(struct tree_entry *dest, const struct tree_entry *source)
{
    dest->attributes = source->attributes;
    dest->time = source->time;
    dest->time_known = true;
}

/* Whether SOURCE was written later, as far as DEST's time can tell: if it is a
   multiple of 2 s, 1 s or 10 ms, a file system may have rounded it down. */
static bool is_later(struct timespec source, struct timespec dest)
{
    static const int64_t units[] = {20000000, 10000000, 100000, 1};
    int64_t from = (int64_t)source.tv_sec * 10000000 + source.tv_nsec / 100;
    int64_t to = (int64_t)dest.tv_sec * 10000000 + dest.tv_nsec / 100;
    size_t i = 0;
    while (to % units[i] != 0)
        i++;
    return from / units[i] > to / units[i];
}

/* `source` is what the program sees; `name` is what it is called. */
static void apply_file(struct tree_world *world, struct tree_deed *deed,
                       const struct tree_entry *source, const char *name,
                       const char *path)
{
    struct tree_entry *dest = tree_find(world, path);
    if (dest != NULL && (dest->kind != TREE_FILE || *deed->existing == '\0')) {
        deed->failed++;
        return;
    }
    if (dest != NULL && (e2e_is(deed->existing, "-n") ||
                         (e2e_is(deed->existing, "-u") &&
                          !is_later(source->time, dest->time)))) {
        deed->skipped++;
        return;
    }
    if (dest == NULL)
        dest = tree_add(world, TREE_FILE, path);
    dest->size = source->size;
    dest->seed = source->seed;
    dest->hash = source->hash;
    stamp(dest, source);
    note_pair(deed, name, dest->path);
}

/* The number of entries grows meanwhile: what is new is no source. */
static void apply_folder(struct tree_world *world, struct tree_deed *deed,
                         const struct tree_entry *source, const char *path)
{
    struct tree_entry *dest = tree_find(world, path);
    size_t count = world->count;
    bool there = dest != NULL;
    if (dest != NULL && dest->kind != TREE_FOLDER) {
        deed->failed++;
        return;
    }
    if (dest == NULL)
        dest = tree_add(world, TREE_FOLDER, path);
    for (size_t i = 0; i < count; i++) {
        const struct tree_entry *entry = world->entries[i];
        if (tree_is_child(entry, source->path))
            tree_apply(world, deed, entry,
                       e2e_text("%s/%s", dest->path, tree_name(entry)));
    }
    /* one that is there keeps all but what new entries change */
    if (there)
        dest->time_known = false;
    else
        stamp(dest, source);
}

void tree_apply(struct tree_world *world, struct tree_deed *deed,
                const struct tree_entry *source, const char *dest)
{
    if (source->kind == TREE_FOLDER)
        apply_folder(world, deed, source, dest);
    else if (source->kind == TREE_FILE)
        apply_file(world, deed, source, source->path, dest);
    else if (source->shown != NULL)
        apply_file(world, deed, source->shown, source->path, dest);
}

/* --- as text -------------------------------------------------------------- */

static const char *line_of(const struct tree_entry *entry)
{
    if (entry->kind == TREE_LINK)
        return e2e_text("%s -> %s", entry->path, entry->target);
    return e2e_text("%s %s %ju %s%s%s %jd.%07ld %016jx", entry->path,
                    entry->kind == TREE_FOLDER ? "folder" : "file",
                    (uintmax_t)entry->size,
                    entry->attributes & TREE_READONLY ? "r" : "-",
                    entry->attributes & TREE_HIDDEN ? "h" : "-",
                    entry->attributes & TREE_SYSTEM ? "s" : "-",
                    (intmax_t)entry->time.tv_sec, entry->time.tv_nsec / 100,
                    (uintmax_t)entry->hash);
}

static int by_words(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct lines {
    const char **at;
    size_t count;
};

static void add_line(struct lines *lines, const char *line)
{
    lines->at = realloc(lines->at, (lines->count + 1) * sizeof *lines->at);
    if (lines->at == NULL)
        e2e_broken("realloc");
    lines->at[lines->count++] = line;
}

static const char *join(struct lines *lines)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        e2e_broken("open_memstream");
    if (lines->count != 0)
        qsort(lines->at, lines->count, sizeof *lines->at, by_words);
    for (size_t i = 0; i < lines->count; i++)
        fprintf(stream, "%s\n", lines->at[i]);
    fclose(stream);
    free(lines->at);
    *lines = (struct lines){NULL, 0};
    return text;
}

static void learn_time(struct tree_entry *entry)
{
    struct stat status;
    if (entry->kind == TREE_LINK || entry->time_known ||
        stat(entry->path, &status) != 0)
        return;
    entry->time = status.st_mtim;
    entry->time_known = true;
}

const char *tree_told(struct tree_world *world)
{
    struct lines lines = {NULL, 0};
    for (size_t i = 0; i < world->count; i++) {
        learn_time(world->entries[i]);
        add_line(&lines, line_of(world->entries[i]));
    }
    return join(&lines);
}

/* --- as found ------------------------------------------------------------- */

static struct lines found;

static unsigned attributes_there(const char *path, const struct stat *status)
{
    char text[32] = "";
    unsigned bits = TREE_HIDDEN | TREE_SYSTEM;
    bits &= getxattr(path, "user.DOSATTRIB", text, sizeof text - 1) > 0
                ? (unsigned)strtoul(text, NULL, 16)
                : 0;
    return bits | ((status->st_mode & 0222) == 0 ? TREE_READONLY : 0);
}

static int find_one(const char *path, const struct stat *status, int kind,
                    struct FTW *walk)
{
    char target[4096] = "";
    struct tree_entry entry = {.path = (char *)(uintptr_t)(path + 2),
                               .hash = hash_start};
    if (walk->level == 0)
        return 0;
    entry.time = status->st_mtim;
    entry.kind = kind == FTW_D ? TREE_FOLDER : TREE_FILE;
    if (kind == FTW_SL) {
        entry.kind = TREE_LINK;
        entry.target = target;
        if (readlink(path, target, sizeof target - 1) < 0)
            return -1;
    } else {
        entry.attributes = attributes_there(path, status);
    }
    if (kind == FTW_F) {
        entry.size = (uint64_t)status->st_size;
        entry.hash = hash_there(path);
    }
    add_line(&found, line_of(&entry));
    return 0;
}

const char *tree_found(void)
{
    if (nftw(".", find_one, 16, FTW_PHYS) != 0)
        e2e_broken("nftw");
    return join(&found);
}

static bool has_line(const char *text, const char *line, size_t length)
{
    for (const char *at = text; *at != '\0';) {
        size_t here = strcspn(at, "\n");
        if (here == length && strncmp(at, line, length) == 0)
            return true;
        at += here + (at[here] == '\n');
    }
    return false;
}

static const char *missing(const char *sign, const char *from, const char *in)
{
    const char *text = "";
    for (const char *at = from; *at != '\0';) {
        size_t here = strcspn(at, "\n");
        if (!has_line(in, at, here))
            text = e2e_text("%s%s%.*s\n", text, sign, (int)here, at);
        at += here + (at[here] == '\n');
    }
    return text;
}

const char *tree_difference(const char *wanted, const char *seen)
{
    return e2e_text("%s%s", missing("wanted: ", wanted, seen),
                    missing("found:  ", seen, wanted));
}

/* --- of use to all -------------------------------------------------------- */

/* What NTFS can hold; the last ones only by paths that Win32 leaves alone. */
static const char *const odd_names[] = {
    "plain",
    "two words",
    " leading space",
    "many   blanks",
    ".hidden",
    "..two dots",
    "a.b.c.d",
    "no.extension.",
    "-r",
    "--",
    "--force",
    "--reflink=never",
    "-",
    "%TEMP%",
    "a&b;c",
    "(x)",
    "[x]{y}",
    "'quoted'",
    "^caret",
    "@at#hash",
    "$dollar`tick",
    "plus+comma,equals=",
    "!",
    "~",
    "~reflink-0123.tmp",
    "console",
    "\u00e9t\u00e9",
    "e\u0301te\u0301",
    "\u00df\u1e9e",
    "\u0416\u0443\u043a",
    "\u65e5\u672c\u8a9e",
    "\u05e9\u05dc\u05d5\u05dd",
    "\U0001f600 face",
    "\u00a0no-break",
    "\u200bno width",
    "\u2044slash\u2215",
    "\ufffdreplaced",
    "MiXeD CaSe",
    "dot at the end.",
    "dots..",
    "blank at the end ",
    "both. ",
    "COM",
    "lpt1",
    "con",
    "NUL",
    "aux.txt",
};

const char *tree_odd_name(uint64_t number)
{
    return odd_names[number % ROWS(odd_names)];
}

int tree_shell(const char *command)
{
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void tree_expect_equal(struct result *result, const char *a, const char *b)
{
    const char *list =
        "find . -type %s -printf '%%P %%TY%%Tm%%Td%%TH%%TM%%TS\\n' | "
        "sed -E 's/([.].{7})[0-9]*$/\\1/' | sort"; /* to 100 ns */
    EXPECT(result, tree_shell(e2e_text("diff -r '%s' '%s'", a, b)) == 0);
    for (int i = 0; i < 2; i++) {
        const char *times = e2e_text(list, i ? "d" : "f");
        EXPECT(result, tree_shell(e2e_text("[ \"$(cd '%s' && %s)\" = "
                                           "\"$(cd '%s' && %s)\" ]",
                                           a, times, b, times)) == 0);
    }
}

long tree_summary(const struct result *result, const char *name)
{
    const char *summary = strstr(result->out, "{\"type\":\"summary\"");
    const char *key = e2e_text("\"%s\":", name);
    const char *at = summary != NULL ? strstr(summary, key) : NULL;
    return at != NULL ? strtol(at + strlen(key), NULL, 10) : -1;
}

size_t tree_add_jobs(const char **words, unsigned jobs)
{
    static int has = -1;
    if (has < 0)
        has = e2e_has(RUN("--help")->out, "--jobs");
    if (!has)
        return 0;
    words[0] = "-j";
    words[1] = e2e_text("%u", jobs);
    return 2;
}
