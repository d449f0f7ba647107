/* What is for a Windows machine (tests/windows), on the volumes at hand. */
#include "e2e_internal.h"

TestSuite(check, .fini = e2e_leave, .timeout = 300);

static void set(const char **words, size_t *count, const char *word)
{
    words[(*count)++] = word;
    words[*count] = NULL;
}

/* Has reflink-check judge `program`, itself through the bridge or not. */
static struct result *run_check(const char *program, bool bridged)
{
    const char *words[8];
    size_t count = 0;
    struct result *result = calloc(1, sizeof *result);
    const char *out = e2e_text("%s/check.out", e2e_desk());
    const char *err = e2e_text("%s/check.err", e2e_desk());
    set(words, &count, getenv("E2E_WINE"));
    if (bridged)
        set(words, &count, getenv("E2E_LAUNCH"));
    set(words, &count, getenv("E2E_CHECK"));
    set(words, &count, e2e_text("Z:%s", program));
    set(words, &count, ".");
    result->command = e2e_text("reflink-check.exe %s .", program);
    result->exit_code = e2e_wait(e2e_spawn(words, out, err), 240);
    result->out = e2e_slurp(out);
    result->err = e2e_slurp(err);
    result->log = e2e_slurp("/dev/null");
    return result;
}

ParameterizedTestParameters(check, passes)
{
    return e2e_numbers(CLONING_VOLUMES);
}

/* reflink-check starts odd.exe, which starts reflink.exe with the bridge. */
ParameterizedTest(int *number, check, passes)
{
    e2e_enter((enum volume) * number);
    e2e_through_odd();
    struct result *result = run_check(getenv("E2E_ODD"), true);
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "*block cloning:     yes*\n1? passed, "
                                         "0 failed, * skipped*"));
    EXPECT(result, e2e_is(e2e_files(), ""));
}

Test(check, passes_where_nothing_clones)
{
    e2e_enter(PLAIN);
    struct result *result = run_check(getenv("E2E_REFLINK"), false);
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "*\n1? passed, 0 failed, *"));
    EXPECT(result, e2e_is(e2e_files(), ""));
}

/* A program that does nothing, and says that all went well. */
Test(check, notices)
{
    e2e_enter(PLAIN);
    struct result *result = run_check(getenv("E2E_NOTHING"), false);
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_like(result->out, "*the bytes are the same*FAILED  a "
                                         "file is cloned*FAILED  a tree*"));
    EXPECT(result, e2e_is(e2e_files(), ""));
}

/* A reflink that believes a volume which lies. */
Test(check, notices_lies)
{
    e2e_enter(XFS4K);
    e2e_through_odd();
    e2e_set("E2E_THROUGH", e2e_text("%s --verify=none", getenv("E2E_THROUGH")));
    e2e_set("REFLINK_BRIDGE_LIE", "nothing");
    struct result *result = run_check(getenv("E2E_ODD"), true);
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_like(result->out, "*FAILED  a file is cloned*FAILED  "
                                         "files written a moment ago*"));
}
