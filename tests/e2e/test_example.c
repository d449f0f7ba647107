/* The batch file that README.md shows, run by Wine's cmd.exe. */
#include <sys/stat.h>
#include <unistd.h>

#include "e2e_internal.h"

TestSuite(example, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

static const char batch[] = E2E_SOURCES "/tests/e2e/example.cmd";

static void copy_file(const char *from, const char *to)
{
    char block[65536];
    size_t got = 0;
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    if (in == NULL || out == NULL)
        e2e_broken(from);
    while ((got = fread(block, 1, sizeof block, in)) > 0)
        fwrite(block, 1, got, out);
    fclose(in);
    fclose(out);
}

/* Starts clones.cmd with reflink.exe, the bridge in it, in its PATH. */
static struct result *run_batch(const char *base, const char *folder,
                                const char *count)
{
    struct result *result = calloc(1, sizeof *result);
    const char *desk = e2e_desk();
    const char *out = e2e_text("%s/cmd.out", desk);
    const char *err = e2e_text("%s/cmd.err", desk);
    const char *log = e2e_text("%s/cmd.log", desk);
    const char *script = e2e_text("%s/clones.cmd", desk);
    const char *const words[] = {getenv("E2E_WINE"),
                                 "cmd.exe",
                                 "/c",
                                 e2e_text("Z:%s", script),
                                 base,
                                 folder,
                                 count,
                                 NULL};
    e2e_through_odd();
    copy_file(getenv("E2E_ODD"), e2e_text("%s/reflink.exe", desk));
    copy_file(batch, script);
    e2e_set("WINEPATH", e2e_text("Z:%s", desk));
    e2e_set("REFLINK_BRIDGE_LOG", log);
    unlink(log);
    result->command = e2e_text("clones.cmd %s %s %s", base, folder, count);
    result->exit_code = e2e_wait(e2e_spawn(words, out, err), 60);
    result->out = e2e_slurp(out);
    result->err = e2e_slurp(err);
    result->log = e2e_slurp(log);
    return result;
}

Test(example, batch_clones)
{
    e2e_enter(XFS4K);
    e2e_make("base disk.vhdx", MIB);
    e2e_make_folder("jobs");
    struct result *result = run_batch("base disk.vhdx", "jobs", "3");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "3 disks are ready*"));
    EXPECT(result, e2e_is(result->err, ""));
    EXPECT(result, e2e_same_extents("base disk.vhdx", "jobs/job-1.vhdx"));
    EXPECT(result, e2e_same_extents("base disk.vhdx", "jobs/job-3.vhdx"));
    EXPECT(result, e2e_size("jobs/job-4.vhdx") == UINT64_MAX);
}

Test(example, batch_copies)
{
    e2e_enter(PLAIN);
    e2e_make("base.vhdx", MIB);
    e2e_make_folder("jobs");
    struct result *result = run_batch("base.vhdx", "jobs", "2");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "*job-1.vhdx* becomes a copy*job-2."
                                         "vhdx*2 disks are ready*"));
    EXPECT(result, e2e_same_bytes("base.vhdx", "jobs/job-1.vhdx"));
    EXPECT(result, e2e_same_bytes("base.vhdx", "jobs/job-2.vhdx"));
}

Test(example, batch_fails)
{
    e2e_enter(XFS4K);
    e2e_make_folder("jobs");
    struct result *result = run_batch("none.vhdx", "jobs", "2");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_like(result->out, "stopped: reflink failed*"));
    EXPECT(result, e2e_like(result->err, "reflink: none.vhdx: *(2)\n"));
    EXPECT(result, e2e_is(e2e_files(), "jobs"));
}

/* What README.md shows is this file, line by line, moved in by four, with the
   line ends of a page. */
Test(example, is_what_the_readme_shows)
{
    const char *readme = e2e_slurp(E2E_SOURCES "/README.md");
    const char *text = e2e_slurp(batch);
    const char *shown = "";
    if (!e2e_has(readme, "clones.cmd"))
        cr_skip_test("README.md shows no clones.cmd");
    for (const char *at = text; *at != '\0'; at++) {
        int length = (int)strcspn(at, "\r\n");
        shown = e2e_text("%s%s%.*s\n", shown, length != 0 ? "    " : "", length,
                         at);
        at += length;
        at += *at == '\r';
    }
    cr_expect(e2e_has(readme, shown), "not in README.md:\n%s", shown);
}
