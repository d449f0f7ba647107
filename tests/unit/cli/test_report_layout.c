/*
 * --info, --extents and --shared to the letter, as they are printed: on the
 * simulated volume, from the words of the command line to the exit code.
 */

#include "cli/options.h"
#include "cli/report_layout.h"
#include "core/errors.h"
#include "cli/run_query.h"
#include "world.h"

TestSuite(run_info, .timeout = 120);
TestSuite(run_extents, .timeout = 120);
TestSuite(run_shared, .timeout = 120);
TestSuite(run_long, .timeout = 120);

enum { K = 4096, WORDS_MOST = 8 };

/* Runs a form as wmain would; its exit code. */
static int show(const wchar_t *const *words)
{
    wchar_t *argv[WORDS_MOST + 2] = {(wchar_t *)L"reflink"};
    struct options options;
    struct text error = {0};
    int argc = 1;
    for (; words[argc - 1] != NULL; argc++)
        argv[argc] = (wchar_t *)words[argc - 1];
    cr_assert(options_parse(argc, argv, &options, &error), "%ls",
              text_words(&error));
    int code = -1;
    if (options.action == OPTIONS_INFO)
        code = run_info(&options);
    else if (options.action == OPTIONS_EXTENTS)
        code = run_extents(&options);
    else if (options.action == OPTIONS_SHARED)
        code = run_shared(&options);
    options_free(&options);
    text_free(&error);
    return code;
}

#define SHOW(...) show((const wchar_t *const[]){__VA_ARGS__, NULL})

static void expect_printed(const wchar_t *out, const wchar_t *err)
{
    cr_expect_eq(wcscmp(sim_printed(OS_STDOUT), out), 0, "stdout: %ls",
                 sim_printed(OS_STDOUT));
    cr_expect_eq(wcscmp(sim_printed(OS_STDERR), err), 0, "stderr: %ls",
                 sim_printed(OS_STDERR));
}

/* ---- --info ---------------------------------------------------------- */

Test(run_info, a_volume_that_clones)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, K, 1);
    cr_expect_eq(SHOW(L"--info", L"R:\\a"), 0);
    expect_printed(L"path:              R:\\a\n"
                   L"volume:            R:\\\n"
                   L"file system:       ReFS\n"
                   L"block cloning:     yes\n"
                   L"cluster size:      4 KiB (4096 bytes)\n"
                   L"largest request:   3.9 GiB (4293918720 bytes)\n"
                   L"integrity streams: yes\n"
                   L"sparse files:      yes\n"
                   L"read-only:         no\n"
                   L"location:          local\n"
                   L"free:              1023.9 GiB (1099511623680 bytes)\n"
                   L"reflink:           clones files within this volume "
                   L"(clusters of 4 KiB); copies whatever it refuses to "
                   L"clone\n",
                   L"");
    world_end(&w);
}

Test(run_info, a_virus_scanner_is_named)
{
    static const wchar_t *const forms[] = {L"--info", L"--extents"};
    for (size_t i = 0; i < 2; i++) {
        struct world w = world_make("refs-4k");
        sim_fill_pattern(L"R:\\a", 0, K, 1);
        sim_fault(SIM_OP_OPEN, 1, 225);
        cr_expect_eq(SHOW(forms[i], L"R:\\a"), 1);
        cr_expect_not_null(wcsstr(sim_printed(OS_STDERR),
                                  L" (225): the virus scanner blocked "
                                  L"it\n"));
        world_end(&w);
    }
}

Test(run_info, a_volume_that_tells_nothing)
{
    struct world w = world_make("refs-4k");
    sim_fault_always(SIM_OP_QUERY_VOLUME, CODE_NOT_SUPPORTED);
    sim_fault_always(SIM_OP_VOLUME_ROOT, CODE_NOT_SUPPORTED);
    sim_fault_always(SIM_OP_FREE_BYTES, CODE_NOT_SUPPORTED);
    sim_fault_always(SIM_OP_IS_REMOTE, CODE_NOT_SUPPORTED);
    sim_fault_always(SIM_OP_GET_INTEGRITY, CODE_NOT_SUPPORTED);
    sim_fault_always(SIM_OP_ALLOCATION_UNIT, CODE_NOT_SUPPORTED);
    cr_expect_eq(SHOW(L"--info", L"R:\\"), 0);
    expect_printed(L"path:              R:\\\n"
                   L"volume:            not reported\n"
                   L"file system:       not reported\n"
                   L"block cloning:     not reported\n"
                   L"cluster size:      not reported\n"
                   L"largest request:   3.9 GiB (4293918720 bytes)\n"
                   L"integrity streams: not reported\n"
                   L"sparse files:      not reported\n"
                   L"read-only:         not reported\n"
                   L"location:          not reported\n"
                   L"free:              not reported\n"
                   L"reflink:           tries to clone files within this "
                   L"volume, which does not report whether it supports "
                   L"cloning; copies whatever it refuses to clone\n",
                   L"");
    world_end(&w);
}

Test(run_info, as_json)
{
    struct world w = world_make("ntfs");
    sim_mkdir(L"R:\\d");
    w.volume->remote = true;
    cr_expect_eq(SHOW(L"--json", L"--info", L"R:\\d", L"R:\\none"), 1);
    expect_printed(
        L"{\"type\":\"volume\",\"path\":\"R:\\\\d\",\"root\":\"R:\\\\\","
        L"\"file_system\":\"NTFS\",\"block_cloning\":false,"
        L"\"cluster_size\":4096,\"largest_request\":4293918720,"
        L"\"integrity_streams\":false,\"sparse_files\":true,"
        L"\"read_only\":false,\"remote\":true,\"bytes_free\":1099511627776,"
        L"\"reflink\":\"copies\",\"reflink_text\":\"copies, because the "
        L"volume does not support block cloning\",\"error\":null}\n"
        L"{\"type\":\"volume\",\"path\":\"R:\\\\none\",\"root\":null,"
        L"\"file_system\":null,\"block_cloning\":null,\"cluster_size\":null,"
        L"\"largest_request\":null,\"integrity_streams\":null,"
        L"\"sparse_files\":null,\"read_only\":null,\"remote\":null,"
        L"\"bytes_free\":null,\"reflink\":null,\"reflink_text\":null,"
        L"\"error\":{\"code\":2,\"message\":\"message of code 2\","
        L"\"path\":\"R:\\\\none\",\"step\":\"opening it for reading\","
        L"\"hint\":null}}\n",
        L"reflink: R:\\none: opening it for reading: message of code 2 (2)\n");
    world_end(&w);
}

Test(run_info, the_others_are_answered_all_the_same)
{
    struct world w = world_make("refs-4k");
    cr_expect_eq(SHOW(L"--info", L"R:\\none", L"R:\\", L"R:\\no", L"S:\\"), 1);
    const wchar_t *out = sim_printed(OS_STDOUT);
    cr_expect_eq(wcsncmp(out, L"path:              R:\\\n", 23), 0);
    cr_expect_not_null(
        wcsstr(out, L"refuses to clone\n\npath:              S:\\\n"));
    world_end(&w);
}

Test(run_info, quiet_prints_errors_only)
{
    struct world w = world_make("refs-4k");
    cr_expect_eq(SHOW(L"-q", L"--info", L"R:\\", L"R:\\none"), 1);
    expect_printed(
        L"",
        L"reflink: R:\\none: opening it for reading: message of code 2 (2)\n");
    world_end(&w);
}

/* What each profile is, and what reflink would do there. */
Test(run_info, every_profile)
{
    static const struct {
        const char *profile;
        enum reflink_answer remote;
        enum reflink_support behavior;
    } rows[] = {
        {"refs-4k", REFLINK_NO, REFLINK_SUPPORT_CLONES},
        {"refs-64k", REFLINK_NO, REFLINK_SUPPORT_CLONES},
        {"refs-ws2016", REFLINK_NO, REFLINK_SUPPORT_CLONES},
        {"refs-unflushed", REFLINK_NO, REFLINK_SUPPORT_CLONES},
        {"dev-drive", REFLINK_NO, REFLINK_SUPPORT_CLONES},
        {"csvfs", REFLINK_NO, REFLINK_SUPPORT_CLONES},
        {"smb-refs", REFLINK_YES, REFLINK_SUPPORT_CLONES},
        {"smb-tfo", REFLINK_YES, REFLINK_SUPPORT_CLONES},
        {"smb-sofs", REFLINK_YES, REFLINK_SUPPORT_CLONES},
        {"samba", REFLINK_YES, REFLINK_SUPPORT_CLONES},
        {"winbtrfs", REFLINK_NO, REFLINK_SUPPORT_CLONES},
        {"openzfs", REFLINK_NO, REFLINK_SUPPORT_CLONES},
        {"nfs41", REFLINK_YES, REFLINK_SUPPORT_CLONES},
        {"truenas", REFLINK_YES, REFLINK_SUPPORT_CLONES},
        {"ntfs", REFLINK_NO, REFLINK_SUPPORT_COPIES},
        {"exfat", REFLINK_NO, REFLINK_SUPPORT_COPIES},
        {"fat32", REFLINK_NO, REFLINK_SUPPORT_COPIES},
    };
    cr_expect_null(sim_profile(sizeof rows / sizeof rows[0]));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = world_make(rows[i].profile);
        struct reflink_error error = {0};
        struct reflink_volume info;
        cr_assert(info_read(NULL, L"R:\\", &(struct reflink_policy){0}, &info,
                            &error));
        cr_expect_eq(wcscmp(info.root, L"R:\\"), 0);
        cr_expect_eq(info.remote, rows[i].remote, "%s", rows[i].profile);
        cr_expect_eq(info.support, rows[i].behavior, "%s", rows[i].profile);
        cr_expect(info.free_known);
        cr_expect_neq(info.cluster_size, 0);
        w.volume->read_only = true;
        cr_assert(info_read(NULL, L"R:\\", &(struct reflink_policy){0}, &info,
                            &error));
        cr_expect_eq(info.support, REFLINK_SUPPORT_READ_ONLY);
        world_end(&w);
    }
}

/* A share is remote, whatever its redirector says. */
Test(run_info, a_share)
{
    struct world w = world_make("refs-4k");
    struct reflink_error error = {0};
    struct reflink_volume info;
    sim_mount(L"\\\\server\\share", "refs-4k");
    cr_assert(info_read(NULL, L"\\\\server\\share\\",
                        &(struct reflink_policy){0}, &info, &error));
    cr_expect_eq(wcscmp(info.root, L"\\\\server\\share\\"), 0);
    cr_expect_eq(info.remote, REFLINK_YES);
    world_end(&w);
}

/* See test_report.c. */
Test(run_info, names_of_volumes_are_shown_only)
{
    static const struct report_style style;
    struct text out = {0};
    struct reflink_volume info = {.root = L"\x1b[2J\r:\\",
                                  .file_system = L"\x1b]0;x\x07\x2066N\x9b"};
    report_info(L"a\x1b", &info, &style, &out);
    cr_expect_not_null(wcsstr(text_words(&out), L" a<U+001B>\n"));
    cr_expect_not_null(wcsstr(text_words(&out), L" <U+001B>[2J<U+000D>:\\\n"));
    cr_expect_not_null(
        wcsstr(text_words(&out), L" <U+001B>]0;x<U+0007><U+2066>N<U+009B>\n"));
    cr_expect_null(wcspbrk(text_words(&out), L"\x1b\x07\r\x2066\x9b"));
    text_free(&out);
}

Test(run_info, a_transient_error_is_tried_again)
{
    struct world w = world_make("smb-refs");
    sim_fault(SIM_OP_OPEN, 1, CODE_NETNAME_DELETED);
    sim_fault(SIM_OP_OPEN, 2, CODE_BAD_NETPATH);
    cr_expect_eq(SHOW(L"-q", L"--info", L"R:\\"), 0);
    cr_expect_eq(sim_slept_ms(), 300);
    sim_fault_always(SIM_OP_OPEN, CODE_BAD_NETPATH);
    cr_expect_eq(SHOW(L"-q", L"--retries=2", L"--info", L"R:\\"), 1);
    cr_expect_eq(sim_slept_ms(), 600);
    world_end(&w);
}

/* ---- --extents ------------------------------------------------------- */

/* a: two clusters that b has, too, two of its own, a hole, one more. */
static void tell(const wchar_t *path, uint64_t vcn, struct os_extent *extents,
                 size_t capacity, size_t *count, bool *more)
{
    static const struct os_extent a[] = {
        {0, 2, 100, 2}, {2, 4, 102, 1}, {4, 260, OS_HOLE, 0}, {260, 261, 1, 1}};
    size_t most = wcschr(path, L'a') != NULL ? 4 : 1;
    (void)capacity;
    *more = false;
    for (size_t i = 0; i < most; i++) {
        if (a[i].next_vcn > vcn)
            extents[(*count)++] = a[i];
    }
}

static struct world extents_world(const char *profile)
{
    struct world w = world_make(profile);
    w.volume->teller = tell;
    w.other->teller = tell;
    sim_set_sparse(L"R:\\a", true);
    sim_set_size(L"R:\\a", 260 * K + 7);
    sim_write_at(L"R:\\b", 0, "x", 1);
    sim_write_at(L"S:\\b", 0, "x", 1);
    return w;
}

Test(run_extents, in_columns)
{
    struct world w = extents_world("refs-4k");
    cr_expect_eq(SHOW(L"--extents", L"R:\\a", L"R:\\b"), 0);
    expect_printed(L"R:\\a  (1 MiB, 4 runs, clusters of 4 KiB)\n"
                   L"file offset   length  volume offset  references\n"
                   L"          0     8192         409600           2\n"
                   L"       8192     8192         417792           1\n"
                   L"      16384  1048576           hole           -\n"
                   L"    1064960     4096           4096           1\n"
                   L"allocated: 20 KiB (20480 bytes)\n"
                   L"shared:    8 KiB (8192 bytes)\n"
                   L"exclusive: 12 KiB (12288 bytes)\n"
                   L"holes:     1 MiB (1048576 bytes)\n"
                   L"\n"
                   L"R:\\b  (1 byte, 1 run, clusters of 4 KiB)\n"
                   L"file offset  length  volume offset  references\n"
                   L"          0    8192         409600           2\n"
                   L"allocated: 8 KiB (8192 bytes)\n"
                   L"shared:    8 KiB (8192 bytes)\n"
                   L"exclusive: 0 bytes\n"
                   L"holes:     0 bytes\n",
                   L"");
    world_end(&w);
}

Test(run_extents, without_references)
{
    struct world w = extents_world("ntfs");
    cr_expect_eq(SHOW(L"--extents", L"R:\\b"), 0);
    expect_printed(L"R:\\b  (1 byte, 1 run, clusters of 4 KiB)\n"
                   L"file offset  length  volume offset  references\n"
                   L"          0    8192         409600           -\n"
                   L"allocated: 8 KiB (8192 bytes)\n"
                   L"shared:    not reported\n"
                   L"exclusive: not reported\n"
                   L"holes:     0 bytes\n",
                   L"");
    world_end(&w);
}

Test(run_extents, without_a_cluster)
{
    struct world w = world_make("refs-4k");
    sim_write_file(L"R:\\empty", "", 0);
    cr_expect_eq(SHOW(L"--extents", L"R:\\empty"), 0);
    expect_printed(L"R:\\empty  (0 bytes, 0 runs, clusters of 4 KiB)\n"
                   L"allocated: 0 bytes\n"
                   L"shared:    0 bytes\n"
                   L"exclusive: 0 bytes\n"
                   L"holes:     0 bytes\n",
                   L"");
    world_end(&w);
}

static void tell_wide(const wchar_t *path, uint64_t vcn,
                      struct os_extent *extents, size_t capacity, size_t *count,
                      bool *more)
{
    (void)path;
    (void)vcn;
    (void)capacity;
    const uint64_t far = UINT64_C(1) << 38;
    extents[0] = (struct os_extent){far, far + 1, INT64_C(1) << 50, UINT32_MAX};
    *count = 1;
    *more = false;
}

/* Columns are as wide as the widest number in them. */
Test(run_extents, wide_columns)
{
    struct world w = world_make("refs-4k");
    w.volume->teller = tell_wide;
    sim_set_sparse(L"R:\\a", true);
    sim_set_size(L"R:\\a", (UINT64_C(1) << 50) + 1);
    cr_expect_eq(SHOW(L"--extents", L"R:\\a"), 0);
    expect_printed(
        L"R:\\a  (1 PiB, 2 runs, clusters of 4 KiB)\n"
        L"     file offset            length        volume offset  references\n"
        L"               0  1125899906842624                 hole           -\n"
        L"1125899906842624              4096  4611686018427387904  4294967295\n"
        L"allocated: 4 KiB (4096 bytes)\n"
        L"shared:    4 KiB (4096 bytes)\n"
        L"exclusive: 0 bytes\n"
        L"holes:     1 PiB (1125899906842624 bytes)\n",
        L"");
    world_end(&w);
}

Test(run_extents, as_json)
{
    struct world w = extents_world("refs-4k");
    cr_expect_eq(SHOW(L"--extents", L"--json", L"R:\\a"), 0);
    expect_printed(
        L"{\"type\":\"extents\",\"path\":\"R:\\\\a\",\"size\":1064967,"
        L"\"cluster_size\":4096,\"extents\":["
        L"{\"offset\":0,\"length\":8192,\"volume_offset\":409600,"
        L"\"references\":2},"
        L"{\"offset\":8192,\"length\":8192,\"volume_offset\":417792,"
        L"\"references\":1},"
        L"{\"offset\":16384,\"length\":1048576,\"volume_offset\":null,"
        L"\"references\":null},"
        L"{\"offset\":1064960,\"length\":4096,\"volume_offset\":4096,"
        L"\"references\":1}],"
        L"\"bytes_allocated\":20480,\"bytes_shared\":8192,"
        L"\"bytes_exclusive\":12288,\"bytes_holes\":1048576,"
        L"\"error\":null}\n",
        L"");
    world_end(&w);
}

Test(run_extents, json_where_references_are_not_told)
{
    struct world w = extents_world("ntfs");
    cr_expect_eq(SHOW(L"--extents", L"--json", L"R:\\b"), 0);
    expect_printed(
        L"{\"type\":\"extents\",\"path\":\"R:\\\\b\",\"size\":1,"
        L"\"cluster_size\":4096,\"extents\":[{\"offset\":0,\"length\":8192,"
        L"\"volume_offset\":409600,\"references\":null}],"
        L"\"bytes_allocated\":8192,\"bytes_shared\":null,"
        L"\"bytes_exclusive\":null,\"bytes_holes\":0,\"error\":null}\n",
        L"");
    world_end(&w);
}

static const wchar_t samba_error[] =
    L"reflink: R:\\a: reading its cluster map: message of code 1 (1): "
    L"its volume does not report where a file's clusters are\n";

Test(run_extents, where_the_volume_does_not_tell)
{
    struct world w = extents_world("samba");
    cr_expect_eq(SHOW(L"--extents", L"R:\\a", L"S:\\b"), 1);
    expect_printed(L"S:\\b  (1 byte, 1 run, clusters of 4 KiB)\n"
                   L"file offset  length  volume offset  references\n"
                   L"          0    8192         409600           2\n"
                   L"allocated: 8 KiB (8192 bytes)\n"
                   L"shared:    8 KiB (8192 bytes)\n"
                   L"exclusive: 0 bytes\n"
                   L"holes:     0 bytes\n",
                   samba_error);
    world_end(&w);
}

Test(run_extents, where_the_volume_does_not_tell_json)
{
    struct world w = world_make("samba");
    sim_fill_pattern(L"R:\\a", 0, K, 1);
    cr_expect_eq(SHOW(L"--extents", L"--json", L"R:\\a"), 1);
    expect_printed(
        L"{\"type\":\"extents\",\"path\":\"R:\\\\a\",\"size\":null,"
        L"\"cluster_size\":null,\"extents\":null,\"bytes_allocated\":null,"
        L"\"bytes_shared\":null,\"bytes_exclusive\":null,"
        L"\"bytes_holes\":null,\"error\":{\"code\":1,"
        L"\"message\":\"message of code 1\",\"path\":\"R:\\\\a\","
        L"\"step\":\"reading its cluster map\","
        L"\"hint\":\"its volume does not report where a file's clusters "
        L"are\"}}\n",
        samba_error);
    world_end(&w);
}

/* On new handles, and from the beginning. */
Test(run_extents, a_transient_error_is_tried_again)
{
    struct world w = extents_world("refs-4k");
    sim_fault(SIM_OP_EXTENTS_COUNTED, 1, CODE_NETNAME_DELETED);
    uint64_t opened = sim_calls(SIM_OP_OPEN);
    cr_expect_eq(SHOW(L"--extents", L"R:\\b"), 0);
    cr_expect_eq(sim_calls(SIM_OP_OPEN), opened + 2);
    cr_expect_not_null(wcsstr(sim_printed(OS_STDOUT), L"allocated: 8 KiB"));
    world_end(&w);
}

/* ---- --shared -------------------------------------------------------- */

static struct world shared_world(void)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, 10 * K, 1);
    world_run(&w);
    sim_write_at(L"R:\\b", 2 * K, "x", 1);
    return w;
}

Test(run_shared, in_columns)
{
    struct world w = shared_world();
    cr_expect_eq(SHOW(L"--shared", L"R:\\a", L"R:\\b"), 0);
    expect_printed(L"first offset  second offset  length\n"
                   L"           0              0    8192\n"
                   L"       12288          12288   28672\n"
                   L"shared: 36 KiB (36864 bytes) of 40 KiB (40960 bytes) in "
                   L"R:\\a\n",
                   L"");
    world_end(&w);
}

Test(run_shared, as_json)
{
    struct world w = shared_world();
    sim_set_size(L"R:\\b", 11 * K);
    cr_expect_eq(SHOW(L"--json", L"--shared", L"R:\\a", L"R:\\b"), 0);
    expect_printed(L"{\"type\":\"shared\",\"a\":\"R:\\\\a\",\"b\":\"R:\\\\b\","
                   L"\"same_volume\":true,\"cluster_size\":4096,\"ranges\":["
                   L"{\"a_offset\":0,\"b_offset\":0,\"length\":8192},"
                   L"{\"a_offset\":12288,\"b_offset\":12288,\"length\":28672}],"
                   L"\"bytes_shared\":36864,\"a_bytes_allocated\":40960,"
                   L"\"b_bytes_allocated\":45056,\"error\":null}\n",
                   L"");
    world_end(&w);
}

Test(run_shared, nothing)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, K, 1);
    sim_fill_pattern(L"R:\\b", 0, K, 1);
    cr_expect_eq(SHOW(L"--shared", L"R:\\a", L"R:\\b"), 0);
    expect_printed(L"shared: 0 bytes of 4 KiB (4096 bytes) in R:\\a\n", L"");
    world_end(&w);
}

/* Even where the volumes tell nothing: nothing has to be asked. */
Test(run_shared, two_volumes)
{
    struct world w = world_make("samba");
    sim_fill_pattern(L"R:\\a", 0, K, 1);
    sim_fill_pattern(L"S:\\a", 0, K, 1);
    cr_expect_eq(SHOW(L"--shared", L"R:\\a", L"S:\\a"), 0);
    expect_printed(
        L"shared: none, because the files are on different volumes\n", L"");
    cr_expect_eq(SHOW(L"--shared", L"--json", L"R:\\a", L"S:\\a"), 0);
    cr_expect_not_null(
        wcsstr(sim_printed(OS_STDOUT),
               L"{\"type\":\"shared\",\"a\":\"R:\\\\a\",\"b\":\"S:\\\\a\","
               L"\"same_volume\":false,\"cluster_size\":null,\"ranges\":[],"
               L"\"bytes_shared\":0,\"a_bytes_allocated\":null,"
               L"\"b_bytes_allocated\":null,\"error\":null}\n"));
    world_end(&w);
}

Test(run_shared, the_error_names_the_file)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, K, 1);
    cr_expect_eq(SHOW(L"--shared", L"--json", L"R:\\a", L"R:\\none"), 1);
    expect_printed(
        L"{\"type\":\"shared\",\"a\":\"R:\\\\a\",\"b\":\"R:\\\\none\","
        L"\"same_volume\":null,\"cluster_size\":null,\"ranges\":null,"
        L"\"bytes_shared\":null,\"a_bytes_allocated\":null,"
        L"\"b_bytes_allocated\":null,\"error\":{\"code\":2,"
        L"\"message\":\"message of code 2\",\"path\":\"R:\\\\none\","
        L"\"step\":\"opening it for reading\",\"hint\":null}}\n",
        L"reflink: R:\\none: opening it for reading: message of code 2 (2)\n");
    world_end(&w);
}

Test(run_shared, where_the_volume_does_not_tell)
{
    struct world w = world_make("samba");
    sim_fill_pattern(L"R:\\a", 0, K, 1);
    sim_fill_pattern(L"R:\\b", 0, K, 1);
    cr_expect_eq(SHOW(L"--shared", L"R:\\a", L"R:\\b"), 1);
    expect_printed(L"", samba_error);
    world_end(&w);
}

Test(run_shared, a_transient_error_is_tried_again)
{
    struct world w = shared_world();
    sim_fault(SIM_OP_EXTENTS_COUNTED, 2, CODE_NETNAME_DELETED);
    cr_expect_eq(SHOW(L"-q", L"--shared", L"R:\\a", L"R:\\b"), 0);
    cr_expect_eq(sim_slept_ms(), 100);
    world_end(&w);
}

/* ---- much to say ----------------------------------------------------- */

enum { MANY = 5000 };

/* Two files of MANY clusters, of which each is alone. */
static struct world long_world(void)
{
    struct world w = world_make("refs-4k");
    sim_set_sparse(L"R:\\a", true);
    for (uint64_t i = 0; i < MANY; i++)
        sim_fill_pattern(L"R:\\a", 2 * i * K, K, i);
    world_run(&w);
    return w;
}

static size_t count_of(const wchar_t *text, const wchar_t *words)
{
    size_t count = 0;
    for (; (text = wcsstr(text, words)) != NULL; text += wcslen(words))
        count++;
    return count;
}

/* Cut into pieces anywhere, the whole is as if it had not been cut. */
Test(run_long, pieces_fit_together)
{
    struct world w = long_world();
    cr_expect_eq(SHOW(L"--extents", L"--json", L"R:\\a"), 0);
    cr_expect_gt(sim_calls(SIM_OP_PRINT), 10);
    const wchar_t *out = sim_printed(OS_STDOUT);
    cr_expect_eq(count_of(out, L"\"references\":2},{"), MANY - 1);
    cr_expect_eq(count_of(out, L"\"references\":null},{"), MANY - 1);
    cr_expect_eq(count_of(out, L"}],"), 1);
    cr_expect_eq(count_of(out, L"\n"), 1);
    uint64_t printed = sim_calls(SIM_OP_PRINT);
    cr_expect_eq(SHOW(L"--shared", L"--json", L"R:\\a", L"R:\\b"), 0);
    cr_expect_gt(sim_calls(SIM_OP_PRINT), printed + 5);
    out = wcsstr(sim_printed(OS_STDOUT), L"\"ranges\"");
    cr_expect_eq(count_of(out, L"\"length\":4096},{"), MANY - 1);
    cr_expect_eq(count_of(out, L"\n"), 1);
    world_end(&w);
}

static void expect_lines(const wchar_t *form, const wchar_t *path,
                         const wchar_t *other, size_t lines)
{
    uint64_t printed = sim_calls(SIM_OP_PRINT);
    size_t before = count_of(sim_printed(OS_STDOUT), L"\n");
    cr_expect_eq(SHOW(form, path, other), 0);
    cr_expect_eq(count_of(sim_printed(OS_STDOUT), L"\n") - before, lines);
    cr_expect_gt(sim_calls(SIM_OP_PRINT), printed + 5);
}

Test(run_long, as_text)
{
    struct world w = long_world();
    expect_lines(L"--extents", L"R:\\a", NULL, 2 + 2 * MANY - 1 + 4);
    expect_lines(L"--shared", L"R:\\a", L"R:\\b", 1 + MANY + 1);
    world_end(&w);
}

Test(run_long, a_stdout_that_breaks_is_exit_1)
{
    struct world w = long_world();
    uint64_t printed = sim_calls(SIM_OP_PRINT);
    sim_fault_always(SIM_OP_PRINT, CODE_DISK_FULL);
    cr_expect_eq(SHOW(L"--extents", L"R:\\a", L"R:\\a"), 1);
    cr_expect_eq(SHOW(L"--shared", L"R:\\a", L"R:\\b"), 1);
    cr_expect_eq(SHOW(L"--info", L"R:\\a", L"R:\\b"), 1);
    cr_expect_leq(sim_calls(SIM_OP_PRINT), printed + 20);
    world_end(&w);
}

static void cancel(void *arg)
{
    (void)arg;
    sim_cancel();
}

/* What is printed as JSON stays an object, and says that it is not all. */
Test(run_long, an_interruption_is_exit_130)
{
    struct world w = long_world();
    sim_at_call(SIM_OP_PRINT, 3, cancel, NULL);
    cr_expect_eq(SHOW(L"--extents", L"--json", L"R:\\a", L"R:\\b"), 130);
    const wchar_t *out = sim_printed(OS_STDOUT);
    cr_expect_eq(count_of(out, L"\"type\""), 1);
    cr_expect_not_null(wcsstr(out, L"}],\"bytes_allocated\":null,"));
    cr_expect_not_null(wcsstr(out, L"\"error\":{\"code\":1223,"));
    cr_expect_eq(count_of(out, L"\n"), 1);
    world_end(&w);
    w = long_world();
    sim_at_call(SIM_OP_PRINT, 3, cancel, NULL);
    cr_expect_eq(SHOW(L"--shared", L"R:\\a", L"R:\\b"), 130);
    cr_expect_null(wcsstr(sim_printed(OS_STDOUT), L"shared:"));
    cr_expect_not_null(wcsstr(sim_printed(OS_STDERR), L": interrupted;"));
    world_end(&w);
}

/* Every call fails in turn: an answer or an error, and nothing left open. */
static void fail_each(const wchar_t *form, const wchar_t *other)
{
    for (uint64_t nth = 1;; nth++) {
        struct world w = shared_world();
        sim_fault(SIM_OP_ANY, nth, CODE_IO_DEVICE);
        int code = SHOW(form, L"R:\\a", other);
        bool reached = sim_faults_met() != 0;
        cr_expect(code == 0 || code == 1);
        const wchar_t *err = sim_printed(OS_STDERR);
        cr_expect_eq(code == 1,
                     wcsstr(err, L"(1117)\n") ||
                         wcsstr(err, L": cannot write to standard output\n"));
        world_end(&w);
        if (!reached)
            return;
    }
}

Test(run_long, every_call_fails_in_turn)
{
    fail_each(L"--info", NULL);
    fail_each(L"--extents", NULL);
    fail_each(L"--shared", L"R:\\b");
}

/* `*` and `?` as in a SOURCE: cmd.exe leaves them to the program. */
Test(run_long, wildcards)
{
    static const wchar_t failed[] = L"\"extents\",\"path\":\"R:\\\\d?\",";
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a1", 0, 8192, 1);
    sim_fill_pattern(L"R:\\a2", 0, 8192, 2);
    sim_mkdir(L"R:\\a3");
    sim_mkdir(L"R:\\d1");
    cr_expect_eq(SHOW(L"--extents", L"R:\\a?", L"R:\\a1"), 0);
    cr_expect_eq(count_of(sim_printed(OS_STDOUT), L"R:\\a1  ("), 2);
    cr_expect_eq(count_of(sim_printed(OS_STDOUT), L"R:\\a2  ("), 1);
    cr_expect_eq(count_of(sim_printed(OS_STDOUT), L"\n\nR:"), 2);
    cr_expect_eq(SHOW(L"--info", L"R:\\a*"), 0);
    cr_expect_eq(count_of(sim_printed(OS_STDOUT), L" R:\\a3\n"), 1);
    cr_expect_eq(SHOW(L"--info", L"R:\\z*", L"R:\\a1"), 1);
    cr_expect_eq(count_of(sim_printed(OS_STDERR), L"reflink: R:\\z*: "), 1);
    cr_expect_eq(SHOW(L"--json", L"--extents", L"R:\\d?", L"R:\\a*"), 1);
    cr_expect_eq(count_of(sim_printed(OS_STDOUT), failed), 1);
    cr_expect_eq(count_of(sim_printed(OS_STDOUT), L"\"error\":null"), 2);
    cr_expect_eq(
        count_of(sim_printed(OS_STDERR), L"it is a directory, not a file\n"),
        1);
    world_end(&w);
}

/* A hostile volume's: an error of that match alone, which is not opened. */
Test(run_long, names_that_no_file_can_have)
{
    static const wchar_t *const names[] = {L"..\\evil", L"..", L"", L"/evil",
                                           L"a:evil"};
    static const wchar_t *const forms[][4] = {
        {L"--info", L"R:\\t\\*"},
        {L"--extents", L"R:\\t\\*"},
        {L"--json", L"--info", L"R:\\t\\*"},
        {L"--json", L"--extents", L"R:\\t\\*"}};
    for (size_t i = 0; i < 5 * 4; i++) {
        wchar_t line[128];
        struct world w = world_make("refs-4k");
        sim_mkdir(L"R:\\t");
        sim_fill_pattern(L"R:\\t\\a", 0, 8192, 1);
        sim_fill_pattern(L"R:\\evil", 0, 8192, 2);
        sim_list_name(L"R:\\t", names[i / 4], OS_ATTRIBUTE_NORMAL);
        swprintf(line, 128, L"reflink: R:\\t\\%ls: its volume lists it",
                 names[i / 4]);
        cr_expect_eq(show(forms[i % 4]), 1, "row %zu", i);
        cr_expect_eq(count_of(sim_printed(OS_STDERR), line), 1, "row %zu", i);
        cr_expect_eq(count_of(sim_printed(OS_STDERR), L"\n"), 1);
        cr_expect_eq(count_of(sim_printed(OS_STDOUT),
                              i % 4 < 2 ? L"R:\\t\\a" : L"R:\\\\t\\\\a\""),
                     1, "row %zu: %ls", i, sim_printed(OS_STDOUT));
        cr_expect_eq(count_of(sim_printed(OS_STDOUT), L"\"code\":123,"),
                     i % 4 >= 2);
        world_end(&w);
    }
}

Test(run_long, five_operands_are_no_range)
{
    struct world w = world_make("refs-4k");
    cr_expect_eq(SHOW(L"-q", L"--info", L"R:\\", L"S:\\", L"1", L"2", L"3"), 1);
    cr_expect_eq(count_of(sim_printed(OS_STDERR), L"reflink: "), 3);
    world_end(&w);
}
