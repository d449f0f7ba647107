/*
 * The folders of src stand on one another, and each includes only what is below
 * it: cli; tree and inspect; file; clone; verify and copy; base; os.h and
 * errors.h. src/win32 knows the last two alone.
 */
#define _XOPEN_SOURCE 700
#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>

TestSuite(layers, .timeout = 120);

enum { LINE = 512 };

/* A folder and how high it stands; those of one height know nothing of each
   other. */
static const struct layer {
    const char *folder;
    int height;
} layers[] = {
    {"core/os.h", 0},    {"core/errors.h", 0}, {"core/base/", 1},
    {"core/copy/", 2},   {"core/verify/", 2},  {"core/clone/", 3},
    {"core/file/", 4},   {"core/inspect/", 5}, {"core/tree/", 5},
    {"core/dedupe/", 5}, {"cli/", 6},          {"win32/", 6},
    {"main.c", 7},
};

static const struct layer *layer_of(const char *path)
{
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        if (strncmp(path, layers[i].folder, strlen(layers[i].folder)) == 0)
            return &layers[i];
    }
    return NULL;
}

/* The command line uses what is said of many files and of volumes, and the
   system's console and messages; src/win32 only the interface itself. */
static bool may_include(const struct layer *from, const struct layer *to)
{
    if (strcmp(from->folder, "win32/") == 0)
        return to->height == 0;
    if (strcmp(from->folder, "cli/") == 0)
        return to->height == 0 || to->height == 5;
    return to->height < from->height;
}

static unsigned files;
static unsigned includes;

static void check_line(const char *path, const struct layer *from, char *line)
{
    static const char start[] = "#include \"";
    if (strncmp(line, start, sizeof start - 1) != 0)
        return;
    char *name = line + sizeof start - 1;
    name[strcspn(name, "\"")] = '\0';
    if (strchr(name, '/') == NULL) /* a neighbour */
        return;
    const struct layer *to = layer_of(name);
    includes++;
    cr_expect(to != NULL && may_include(from, to), "%s includes %s", path,
              name);
}

static int check_file(const char *path, const struct stat *status, int type,
                      struct FTW *place)
{
    char line[LINE];
    const char *name = path + sizeof UNIT_SOURCES - 1 + strlen("/src/");
    size_t length = strlen(path);
    (void)status;
    (void)place;
    if (type != FTW_F || (strcmp(path + length - 2, ".c") != 0 &&
                          strcmp(path + length - 2, ".h") != 0))
        return 0;
    FILE *file = fopen(path, "r");
    const struct layer *from = layer_of(name);
    cr_assert(file != NULL);
    cr_assert(from != NULL, "%s is in no folder that is known here", path);
    files++;
    while (fgets(line, sizeof line, file) != NULL)
        check_line(path, from, line);
    fclose(file);
    return 0;
}

Test(layers, each_folder_includes_only_those_below)
{
    cr_assert_eq(nftw(UNIT_SOURCES "/src", check_file, 16, FTW_PHYS), 0);
    cr_expect_gt(files, 100);
    cr_expect_gt(includes, 150);
}
