/* The outcomes most tests end in. */
#include "e2e_internal.h"

/* Criterion reads the numbers later, so each call has its own. */
struct criterion_test_params e2e_numbers_where(size_t count,
                                               bool (*applies)(int number))
{
    int *numbers = cr_malloc(count * sizeof *numbers);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (applies == NULL || applies((int)i))
            numbers[used++] = (int)i;
    }
    return cr_make_param_array(int, numbers, used);
}

struct criterion_test_params e2e_numbers(size_t count)
{
    return e2e_numbers_where(count, NULL);
}

static void expect_cloned(struct result *result, const char *source,
                          const char *dest, const char *files, const char *err)
{
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "cloned  * -> *  (*, * request*)\n"));
    EXPECT(result, e2e_like(result->err, err));
    EXPECT(result, result->granted >= 1);
    EXPECT(result, e2e_same_bytes(source, dest));
    EXPECT(result, e2e_same_extents(source, dest));
    EXPECT(result, e2e_is(e2e_files(), files));
}

void e2e_expect_cloned(struct result *result, const char *source,
                       const char *dest, const char *files)
{
    expect_cloned(result, source, dest, files, "");
}

void e2e_expect_cloned_in_use(struct result *result, const char *source,
                              const char *dest, const char *files)
{
    expect_cloned(result, source, dest, files,
                  "reflink: *: warning: another program has it open for "
                  "writing; the copy may mix old and new data\n");
}

void e2e_expect_copied(struct result *result, const char *source,
                       const char *dest, const char *files)
{
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "copied  * -> *  (*): *\n"));
    EXPECT(result, e2e_is(result->err, ""));
    EXPECT(result, e2e_same_bytes(source, dest));
    EXPECT(result, e2e_shared_bytes(source, dest) == 0);
    EXPECT(result, e2e_is(e2e_files(), files));
}

void e2e_expect_nothing_done(struct result *result, int exit_code,
                             const char *before)
{
    EXPECT(result, result->exit_code == exit_code);
    EXPECT(result, e2e_like(result->err, "reflink: *\n"));
    EXPECT(result, e2e_is(result->out, ""));
    EXPECT(result, e2e_is(e2e_snapshot(), before));
}
