/*
 * The generator of the model test drives the shipped program on real volumes:
 * some hundreds of random cases, each judged by the model's bytes. A failure
 * names seed and case; E2E_SEED repeats a run.
 */
#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "e2e.h"
#include "model_e2e.h"

TestSuite(generated, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

enum { ROWS_OF_CASES = 8, CASES = 50 };

static uint64_t seed(void)
{
    const char *given = getenv("E2E_SEED");
    return given != NULL ? strtoull(given, NULL, 0) : 20261122;
}

static void make(const char *name, const struct model_content *content)
{
    unlink(name);
    if (!content->exists)
        return;
    uint8_t *bytes = model_content_bytes(content);
    int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
    cr_assert(file >= 0 && bytes != NULL);
    cr_assert_eq(ftruncate(file, (off_t)content->size), 0);
    if (content->sparse)
        cr_assert_eq(fsetxattr(file, "user.reflink.sparse", "1", 1, 0), 0);
    uint64_t from = 0;
    uint64_t to = 0;
    for (uint64_t at = 0; model_content_next(content, at, &from, &to); at = to)
        cr_assert_eq(pwrite(file, bytes + from, to - from, (off_t)from),
                     (ssize_t)(to - from));
    close(file);
    free(bytes);
}

static bool holds(const char *name, const uint8_t *bytes, uint64_t size)
{
    if (bytes == NULL)
        return access(name, F_OK) != 0;
    if (access(name, F_OK) != 0 || e2e_size(name) != size)
        return false;
    uint8_t *found = malloc(size + 1);
    FILE *file = fopen(name, "rb");
    cr_assert(file != NULL && found != NULL);
    bool same =
        fread(found, 1, size, file) == size && memcmp(found, bytes, size) == 0;
    fclose(file);
    free(found);
    return same;
}

static void run_case(uint64_t index, bool clones)
{
    struct model_case one;
    struct model_arguments arguments;
    char text[600];
    uint8_t *bytes = NULL;
    uint64_t size = 0;
    model_case_make(seed(), index, (uint32_t)e2e_cluster(), &one);
    model_case_print(&one, text, sizeof text);
    make("a", &one.source);
    if (!one.same_file)
        make("b", &one.dest);
    const char *dest = one.same_file ? "a" : "b";
    model_case_arguments(&one, "a", "b", &arguments);
    struct result *result = e2e_run(arguments.list);
    int code = model_case_exit(&one, clones);
    const char *what =
        e2e_text("case %llu: %s", (unsigned long long)index, text);
    cr_expect(code < 0 || result->exit_code == code, "%s",
              e2e_story(result, e2e_text("exit code %d; %s", code, what)));
    if (code < 0 && result->exit_code != 0)
        return;
    model_case_expected(&one, clones, &bytes, &size);
    cr_expect(holds(dest, bytes, size), "%s", e2e_story(result, what));
    cr_expect(!e2e_has(e2e_files(), "~reflink-"), "%s",
              e2e_story(result, what));
    free(bytes);
}

ParameterizedTestParameters(generated, cases)
{
    return e2e_numbers(ROWS_OF_CASES);
}

ParameterizedTest(int *number, generated, cases)
{
    static const enum volume volumes[ROWS_OF_CASES] = {
        XFS4K, XFS4K, XFS4K, XFS64K, XFS64K, BTRFS, BTRFS, PLAIN};
    e2e_enter(volumes[*number]);
    for (uint64_t i = 0; i < CASES; i++)
        run_case((uint64_t)*number * CASES + i, volumes[*number] != PLAIN);
}
