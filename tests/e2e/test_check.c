/* What is for a Windows machine (tests/windows), on the volumes at hand. */
#include "e2e_internal.h"
#include "smb.h"

TestSuite(check, .fini = e2e_leave, .timeout = 300);
TestSuite(check_smb, .fini = smb_leave, .timeout = 300);

static void set(const char **words, size_t *count, const char *word)
{
    words[(*count)++] = word;
    words[*count] = NULL;
}

/* Has reflink-check, with these options, judge `program` in a directory. The
   bridge answers reflink-check, too, if that volume has one. */
static struct result *run_check_in(const char *directory, const char *program,
                                   bool bridged, const char *const *options)
{
    const char *words[16];
    size_t count = 0;
    struct result *result = calloc(1, sizeof *result);
    const char *out = e2e_text("%s/check.out", e2e_desk());
    const char *err = e2e_text("%s/check.err", e2e_desk());
    set(words, &count, getenv("E2E_WINE"));
    if (bridged)
        set(words, &count, getenv("E2E_LAUNCH"));
    set(words, &count, getenv("E2E_CHECK"));
    for (; *options != NULL; options++)
        set(words, &count, *options);
    set(words, &count, e2e_text("Z:%s", program));
    set(words, &count, directory);
    result->command =
        e2e_text("reflink-check.exe ... %s %s", program, directory);
    result->exit_code = e2e_wait(e2e_spawn(words, out, err), 240);
    result->out = e2e_slurp(out);
    result->err = e2e_slurp(err);
    result->log = e2e_slurp("/dev/null");
    return result;
}

#define CHECK(program, bridged, ...)                                           \
    run_check_in(".", program, bridged,                                        \
                 (const char *const[]){__VA_ARGS__, NULL})

static const char *log_path(void)
{
    return e2e_text("%s/check.log", e2e_desk());
}

/* Each line of the log is an object. */
static void expect_json_lines(struct result *result)
{
    static const char program[] =
        "import json, sys\n"
        "for line in open(sys.argv[1], encoding='utf-8'):\n"
        "    assert 'type' in json.loads(line)\n";
    const char *words[] = {"/usr/bin/python3", "-c", program, log_path(), NULL};
    const char *out = e2e_text("%s/json.out", e2e_desk());
    const char *err = e2e_text("%s/json.err", e2e_desk());
    int code = e2e_wait(e2e_spawn(words, out, err), 60);
    EXPECT(result, code == 0 || code == 127);
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
    struct result *result = CHECK(getenv("E2E_ODD"), true, "--other",
                                  e2e_text("Z:%s", getenv("E2E_PLAIN")),
                                  "--log", e2e_text("Z:%s", log_path()));
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "*block cloning:     yes*\n2? passed, "
                                         "0 failed, * skipped*"));
    EXPECT(result, e2e_is(e2e_files(), ""));
    result->out = e2e_slurp(log_path());
    EXPECT(result,
           e2e_like(result->out,
                    "{\"type\":\"system\",\"version\":\"*\",\"build\":*}\n"
                    "*{\"type\":\"volume\",*\"file_system\":\"ReFS\",*"
                    "\"serial\":*{\"type\":\"reflink\",*\"version\":"
                    "\"reflink *{\"type\":\"check\",\"name\":\"volume\",*"
                    "\"result\":\"ok\",*\"result\":\"skipped\",\"detail\":*"
                    "{\"type\":\"summary\",\"passed\":2?,\"failed\":0,*}\n"));
    expect_json_lines(result);
}

/* On a share whose volume does not clone. The job about the volume fails: Wine
   tells no file system by the path of a share. */
Test(check_smb, a_server_copies_by_itself)
{
    static const char *const options[] = {"--job", "server_copy", NULL};
    smb_enter();
    e2e_through_odd();
    struct result *result =
        run_check_in(smb_path("plain", ""), getenv("E2E_ODD"), true, options);
    EXPECT(result,
           e2e_like(result->out, "*\nok      a server copies by itself: "
                                 "100 MiB copied by the server: *\n1 "
                                 "passed, 1 failed, *"));
}

Test(check, passes_where_nothing_clones)
{
    e2e_enter(PLAIN);
    struct result *result = CHECK(getenv("E2E_REFLINK"), false, "--long");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "*\n1? passed, 0 failed, *"));
    EXPECT(result, e2e_is(e2e_files(), ""));
}

/* A cluster with as many references as the reference limit, and more. */
Test(check, takes_long)
{
    e2e_enter(XFS4K);
    e2e_through_odd();
    struct result *result =
        CHECK(getenv("E2E_ODD"), true, "--long", "--job", "limit");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "*\nok      more references than a "
                                         "cluster may have: *\n2 passed, 0 "
                                         "failed, 0 skipped*"));
}

/* ---- what it notices ----------------------------------------------------- */

/* A program that does nothing, and says that all went well: no job passes. */
Test(check, notices)
{
    e2e_enter(PLAIN);
    struct result *result = CHECK(getenv("E2E_NOTHING"), false, "--long");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_like(result->out, "*the bytes are the same*FAILED  a "
                                         "file is cloned*FAILED  a tree*\n"
                                         "0 passed, *"));
    EXPECT(result, e2e_is(e2e_files(), ""));
}

/* The jobs that a volume with permissions and holes can judge. */
static const char *const titles[] = {
    "what the volume can do",
    "a file is cloned",
    "files written a moment ago",
    "SOURCE and clone go their own ways",
    "more than one request",
    "ranges",
    "data moves within a file",
    "holes stay holes",
    "integrity streams on and off",
    "equal files share their clusters",
    "a mapped file is deduplicated",
    "DEST exists",
    "DEST is open elsewhere",
    "DEST is open elsewhere for a moment",
    "SOURCE has a writer",
    "DEST is never missing",
    "a replaced file keeps its DACL",
    "a replaced file inherits its DACL",
    "--security copies a restricted DACL",
    "-u replaces what is older",
    "times and attributes",
    "a copy to another volume",
    "a tree",
    "a tree is merged into another",
    "long paths",
    "odd names",
};

Test(check, notices_in_each_job)
{
    e2e_enter(XFS4K);
    struct result *result = CHECK(getenv("E2E_NOTHING"), true, "--other",
                                  e2e_text("Z:%s", getenv("E2E_PLAIN")),
                                  "--log", e2e_text("Z:%s", log_path()));
    EXPECT(result, result->exit_code == 1);
    for (size_t i = 0; i < ROWS(titles); i++)
        EXPECT(result,
               e2e_has(result->out, e2e_text("\nFAILED  %s\r\n", titles[i])));
    EXPECT(result, e2e_like(result->out, "*\n0 passed, *"));
    EXPECT(result, e2e_is(e2e_files(), ""));
    result->out = e2e_slurp(log_path());
    EXPECT(result, e2e_like(result->out, "*\"result\":\"failed\",\"detail\":"
                                         "\"the *\"output\":\"*"));
    expect_json_lines(result);
}

/* A reflink that believes a volume which lies. */
Test(check, notices_lies)
{
    e2e_enter(XFS4K);
    e2e_through_odd();
    e2e_set("E2E_THROUGH", e2e_text("%s --verify=none", getenv("E2E_THROUGH")));
    e2e_set("REFLINK_BRIDGE_LIE", "nothing");
    struct result *result = CHECK(getenv("E2E_ODD"), true, "--job", "clone");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_like(result->out, "*FAILED  a file is cloned*"));
    result = CHECK(getenv("E2E_ODD"), true, "--job", "fresh");
    EXPECT(result, e2e_like(result->out, "*FAILED  files written a moment "
                                         "ago*"));
}

/* A reflink to which one of these options is given, too: what it does then is
   not what was asked for. */
static const struct fault {
    const char *option;
    const char *job;
    const char *says;
} faults[] = {
    {"--security", "security", "*DEST inherits*FAILED  --security*"},
    {"--security", "dacl", "*it keeps its DACL*FAILED  a replaced*"},
    {"--writable", "kept", "*attributes are the same*FAILED  times*"},
    {"-n", "existing", "*FAILED  DEST exists*"},
};

ParameterizedTestParameters(check, notices_an_option)
{
    return e2e_numbers(ROWS(faults));
}

ParameterizedTest(int *number, check, notices_an_option)
{
    const struct fault *fault = &faults[*number];
    e2e_enter(XFS4K);
    e2e_through_odd();
    e2e_set("E2E_THROUGH",
            e2e_text("%s %s", getenv("E2E_THROUGH"), fault->option));
    struct result *result = CHECK(getenv("E2E_ODD"), true, "--job", fault->job);
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_like(result->out, fault->says));
    EXPECT(result, e2e_is(e2e_files(), ""));
}

/* ---- its own command line ------------------------------------------------ */

Test(check, begins_or_says_why_not)
{
    e2e_enter(PLAIN);
    struct result *result = CHECK(getenv("E2E_REFLINK"), false, "--log");
    EXPECT(result, result->exit_code == 2);
    result = CHECK(getenv("E2E_REFLINK"), false, "--fast");
    EXPECT(result, result->exit_code == 2);
    EXPECT(result, e2e_has(result->out, "usage: reflink-check "));
    result = CHECK("/none/reflink.exe", false, "--long");
    EXPECT(result, result->exit_code == 77);
    EXPECT(result, e2e_has(result->out, "it cannot be started (2)"));
    result =
        CHECK(getenv("E2E_REFLINK"), false, "--log", "Z:\\none\\check.log");
    EXPECT(result, result->exit_code == 77);
    EXPECT(result, e2e_is(e2e_files(), ""));
}

Test(check, measures)
{
    e2e_enter(PLAIN);
    struct result *result = CHECK(getenv("E2E_REFLINK"), false, "--speed=4",
                                  "--log", e2e_text("Z:%s", log_path()));
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out,
                            "*1 file of 4 MiB, median of 3:*  reflink  * ms*"
                            "  CopyFile* ms*4 files of 10 KiB*"
                            "4 files of 10 KiB, * processors,*"
                            "  the default * ms * to *)*  -j 16 * ms*"
                            "  the fastest was -j *; the default took * x *"));
    EXPECT(result, e2e_is(e2e_files(), ""));
    result->out = e2e_slurp(log_path());
    EXPECT(result, e2e_like(result->out, "*{\"type\":\"speed\",\"what\":*"
                                         "\"median_us\":*"
                                         "\"fastest\":\"-j *\","
                                         "\"default_percent\":*}\n*"));
}
