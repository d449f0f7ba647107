/* Trees and lists: what is printed once, and what only at the end. */
#include <criterion/criterion.h>

#include "cli/report.h"

TestSuite(report_once, .timeout = 120);

static const struct report_style tree = {.several_files = true};
static const struct report_style tree_quiet = {.several_files = true,
                                               .quiet = true};
static const struct report_style tree_json = {.several_files = true,
                                              .json = true};

/* What a run has printed, and its state. */
struct output {
    struct report_once once;
    struct totals totals;
    struct text out;
    struct text err;
};

static void report(struct output *output, const struct report_style *style,
                   const struct reflink_outcome *outcome)
{
    totals_count(&output->totals, outcome);
    report_file(outcome, style, &output->once, &output->out, &output->err);
}

static void finish(struct output *output, const struct report_style *style)
{
    report_ending(&output->totals, style, &output->once, &output->err);
    report_summary(&output->totals, style, &output->out);
}

static void expect(struct output *output, const wchar_t *out,
                   const wchar_t *err)
{
    cr_expect_eq(wcscmp(text_words(&output->out), out), 0, "stdout: %ls",
                 text_words(&output->out));
    cr_expect_eq(wcscmp(text_words(&output->err), err), 0, "stderr: %ls",
                 text_words(&output->err));
    text_clear(&output->out);
    text_clear(&output->err);
}

static void discard(struct output *output)
{
    report_once_free(&output->once);
    text_free(&output->out);
    text_free(&output->err);
}

static struct reflink_outcome copied(enum reflink_reason reason)
{
    return (struct reflink_outcome){.source = L"a",
                                    .dest = L"E:\\b",
                                    .method = REFLINK_METHOD_COPY,
                                    .reason = reason,
                                    .bytes = 10,
                                    .bytes_copied = 10};
}

static struct reflink_outcome copied_to(enum reflink_reason reason,
                                        const wchar_t *root,
                                        const wchar_t *file_system)
{
    struct reflink_outcome outcome = copied(reason);
    wcscpy(outcome.volume_root, root);
    wcscpy(outcome.file_system, file_system);
    return outcome;
}

static struct reflink_outcome failed(const wchar_t *dest, uint32_t code)
{
    return (struct reflink_outcome){
        .source = L"a",
        .dest = dest,
        .status = REFLINK_FAILED,
        .error = {.code = code, .step = REFLINK_STEP_WRITE}};
}

Test(report_once, ordinary_files_have_no_line)
{
    static const enum reflink_reason ordinary[] = {REFLINK_REASON_EMPTY,
                                                   REFLINK_REASON_BELOW_CLUSTER,
                                                   REFLINK_REASON_NOT_ASKED};
    struct output o = {0};
    for (size_t i = 0; i < 3; i++) {
        const struct reflink_outcome outcome = copied(ordinary[i]);
        report(&o, &tree, &outcome);
        expect(&o, L"", L"");
    }
    const struct reflink_outcome odd = copied(REFLINK_REASON_INTEGRITY);
    report(&o, &tree, &odd);
    report(&o, &tree, &odd);
    expect(&o,
           L"copied  a -> E:\\b  (10 bytes, < 1 ms): SOURCE and DEST have "
           L"different integrity settings\n"
           L"copied  a -> E:\\b  (10 bytes, < 1 ms): SOURCE and DEST have "
           L"different integrity settings\n",
           L"");
    struct reflink_outcome mixed = copied(REFLINK_REASON_BELOW_CLUSTER);
    mixed.method = REFLINK_METHOD_MIXED;
    report(&o, &tree, &mixed);
    cr_expect_eq(wcsncmp(text_words(&o.out), L"mixed   a", 9), 0);
    discard(&o);
}

Test(report_once, a_volume_s_reason_has_one_line)
{
    const struct reflink_outcome ntfs =
        copied_to(REFLINK_REASON_NO_CLONING, L"E:\\", L"NTFS");
    const struct reflink_outcome fat =
        copied_to(REFLINK_REASON_NO_CLONING, L"E:\\", L"FAT32");
    const struct reflink_outcome other =
        copied_to(REFLINK_REASON_OTHER_VOLUME, L"E:\\", L"NTFS");
    const struct reflink_outcome second =
        copied_to(REFLINK_REASON_NO_CLONING, L"F:\\", L"NTFS");
    struct output o = {0};
    report(&o, &tree, &ntfs);
    expect(&o, L"E:\\ (NTFS) cannot clone blocks, so its files are copied\n",
           L"");
    report(&o, &tree, &ntfs);
    expect(&o, L"", L"");
    report(&o, &tree, &fat);
    expect(&o, L"E:\\ (FAT32) cannot clone blocks, so its files are copied\n",
           L"");
    report(&o, &tree, &other);
    expect(&o,
           L"SOURCE is on a different volume, not on E:\\ (NTFS), so its files "
           L"are copied\n",
           L"");
    report(&o, &tree, &second);
    expect(&o, L"F:\\ (NTFS) cannot clone blocks, so its files are copied\n",
           L"");
    report(&o, &tree, &ntfs);
    report(&o, &tree, &other);
    report(&o, &tree, &second);
    expect(&o, L"", L"");
    discard(&o);
}

/* It has an object for every file, and -q has no line at all. */
Test(report_once, a_volume_s_reason_in_json_and_with_q)
{
    const struct reflink_outcome ntfs =
        copied_to(REFLINK_REASON_NO_CLONING, L"E:\\", L"NTFS");
    struct output o = {0};
    report(&o, &tree_quiet, &ntfs);
    expect(&o, L"", L"");
    for (int i = 0; i < 2; i++) {
        report(&o, &tree_json, &ntfs);
        cr_expect_eq(wcsncmp(text_words(&o.out), L"{\"type\":\"file\"", 14), 0);
        cr_expect_null(wcsstr(text_words(&o.out), L"its files are copied"));
        text_clear(&o.out);
    }
    discard(&o);
}

Test(report_once, errors_that_are_alike_are_counted)
{
    static const wchar_t *const dests[] = {
        L"E:\\d\\1", L"E:\\d\\2", L"E:\\e\\1", L"E:\\d\\3", L"E:\\d\\4"};
    struct output o = {0};
    for (size_t i = 0; i < 5; i++) {
        const struct reflink_outcome outcome = failed(dests[i], 112);
        report(&o, &tree_quiet, &outcome);
    }
    expect(&o, L"",
           L"reflink: E:\\d\\1: writing to it: message of code 112 (112)\n"
           L"reflink: E:\\e\\1: writing to it: message of code 112 (112)\n");
    finish(&o, &tree_quiet);
    expect(&o, L"",
           L"reflink: and 3 more files in E:\\d\\ failed for the same reason: "
           L"writing to it: message of code 112 (112)\n");
    const struct reflink_outcome more = failed(L"E:\\d\\5", 112);
    report(&o, &tree_quiet, &more);
    finish(&o, &tree_quiet);
    expect(&o, L"",
           L"reflink: and 4 more files in E:\\d\\ failed for the same reason: "
           L"writing to it: message of code 112 (112)\n");
    cr_expect_eq(o.totals.failed, 6);
    discard(&o);
}

/* A few are named, all of them. */
Test(report_once, few_errors_that_are_alike_are_printed)
{
    static const wchar_t *const dests[] = {L"E:\\d\\1", L"E:\\d\\2",
                                           L"E:\\d\\3"};
    struct output o = {0};
    for (size_t i = 0; i < 3; i++) {
        const struct reflink_outcome outcome = failed(dests[i], 112);
        report(&o, &tree_quiet, &outcome);
    }
    finish(&o, &tree_quiet);
    expect(&o, L"",
           L"reflink: E:\\d\\1: writing to it: message of code 112 (112)\n"
           L"reflink: E:\\d\\2: writing to it: message of code 112 (112)\n"
           L"reflink: E:\\d\\3: writing to it: message of code 112 (112)\n");
    discard(&o);
}

/* One cause does not hide another: the code, the step, the hint. */
Test(report_once, errors_that_differ_are_printed)
{
    struct output o = {0};
    struct reflink_outcome outcome = failed(L"f", 112);
    for (int i = 0; i < 5; i++)
        report(&o, &tree, &outcome);
    text_clear(&o.err);
    outcome.error.step = REFLINK_STEP_FLUSH;
    report(&o, &tree, &outcome);
    outcome.error.hint = REFLINK_HINT_VIRUS;
    report(&o, &tree, &outcome);
    outcome.error.code = 5;
    report(&o, &tree, &outcome);
    expect(&o, L"",
           L"reflink: f: flushing it to disk: message of code 112 (112)\n"
           L"reflink: f: flushing it to disk: message of code 112 (112): the "
           L"virus scanner blocked it\n"
           L"reflink: f: flushing it to disk: message of code 5 (5): the virus "
           L"scanner blocked it\n");
    report_once_rest(&o.once, &o.err);
    expect(&o, L"",
           L"reflink: and 4 more files in .\\ failed for the same reason: "
           L"writing to it: message of code 112 (112)\n");
    discard(&o);
}

Test(report_once, refusals_that_are_alike_are_counted)
{
    struct output o = {0};
    struct reflink_outcome outcome =
        copied_to(REFLINK_REASON_NO_CLONING, L"E:\\", L"NTFS");
    outcome.status = REFLINK_REFUSED;
    for (int i = 0; i < 10; i++)
        report(&o, &tree, &outcome);
    text_clear(&o.err);
    report_once_rest(&o.once, &o.err);
    expect(&o, L"",
           L"reflink: and 9 more files in E:\\ failed for the same reason: "
           L"cloning into it: E:\\ (NTFS) cannot clone blocks\n");
    cr_expect_eq(o.totals.refused, 10);
    discard(&o);
}

/* However many causes there are: memory is bounded, and no error is lost. */
Test(report_once, errors_without_room_are_printed)
{
    enum { CAUSES = REPORT_ONCE_ERRORS + 2, EACH = REPORT_ONCE_LINES + 1 };
    struct output o = {0};
    size_t lines = 0;
    for (unsigned i = 0; i < CAUSES * EACH; i++) {
        const struct reflink_outcome outcome =
            failed(L"E:\\f", 1000 + i % CAUSES);
        report(&o, &tree, &outcome);
    }
    report_once_rest(&o.once, &o.err);
    for (const wchar_t *at = text_words(&o.err); *at != L'\0'; at++)
        lines += *at == L'\n';
    cr_expect_eq(lines, REPORT_ONCE_ERRORS * 2 + 2 * EACH, "%zu", lines);
    discard(&o);
}

Test(report_once, the_lost_owner_has_one_line)
{
    struct output o = {0};
    struct reflink_outcome outcome = {.source = L"a",
                                      .dest = L"b",
                                      .method = REFLINK_METHOD_CLONE,
                                      .warnings =
                                          REFLINK_WARNING_OWNER_NOT_KEPT |
                                          REFLINK_WARNING_SOURCE_IN_USE};
    report(&o, &tree, &outcome);
    expect(&o, L"",
           L"reflink: a: warning: another program has it open for writing; the "
           L"copy may mix old and new data\n");
    report_ending(&o.totals, &tree, &o.once, &o.err);
    expect(&o, L"",
           L"reflink: warning: 1 file belongs to you now, because giving it "
           L"the owner of the file it replaces needs a privilege\n");
    report(&o, &tree_quiet, &outcome);
    report_ending(&o.totals, &tree_quiet, &o.once, &o.err);
    expect(&o, L"", L"");
    report_ending(&o.totals, &tree, &o.once, &o.err);
    expect(&o, L"",
           L"reflink: warning: 2 files belong to you now, because giving them "
           L"the owners of the files they replace needs a privilege\n");
    discard(&o);
}

/* A single file, and -v, have a line for each warning, and none at the end. */
Test(report_once, the_lost_owner_of_each_file)
{
    static const wchar_t line[] =
        L"reflink: b: warning: it belongs to you now, because giving it the "
        L"owner of the file it replaces needs a privilege\n";
    static const struct report_style styles[] = {
        {.quiet = false}, {.several_files = true, .verbose = true}};
    const struct reflink_outcome outcome = {.source = L"a",
                                            .dest = L"b",
                                            .warnings =
                                                REFLINK_WARNING_OWNER_NOT_KEPT};
    for (size_t i = 0; i < 2; i++) {
        struct output o = {0};
        totals_count(&o.totals, &outcome);
        report_warnings(&outcome, &styles[i], &o.err);
        report_ending(&o.totals, &styles[i], &o.once, &o.err);
        expect(&o, L"", line);
        discard(&o);
    }
}

Test(report_once, the_summary_counts_reasons)
{
    struct output o = {.totals = {.files = 903,
                                  .cloned = 184,
                                  .copied = 719,
                                  .bytes_cloned = UINT64_C(1288490189),
                                  .bytes_copied = 2202010}};
    o.totals.copied_reasons[REFLINK_REASON_EMPTY] = 49;
    o.totals.copied_reasons[REFLINK_REASON_BELOW_CLUSTER] = 670;
    finish(&o, &tree);
    expect(&o,
           L"903 files: 184 cloned (1.2 GiB), 719 copied (2.1 MiB: 670 smaller "
           L"than a cluster, 49 empty), 0 failed\n",
           L"");
    finish(&o, &tree_quiet);
    expect(&o, L"", L"");
    discard(&o);
}

Test(report_once, every_reason_has_words_in_the_summary)
{
    for (int i = REFLINK_REASON_NONE + 1; i < REFLINK_REASON_COUNT; i++) {
        struct output o = {0};
        o.totals.copied_reasons[i] = 1;
        finish(&o, &tree);
        const wchar_t *words = wcsstr(text_words(&o.out), L"(0 bytes: 1 ");
        cr_expect_not_null(words, "reason %d", i);
        cr_expect_null(wcsstr(text_words(&o.out), L"null"), "reason %d", i);
        discard(&o);
    }
}

Test(report_once, notes_follow_the_summary)
{
    struct output o = {.totals = {.hard_links = 3,
                                  .links_into_source = 14,
                                  .passed_over = {1, 2, 1}}};
    finish(&o, &tree);
    expect(&o,
           L"0 files: 0 cloned (0 bytes), 0 copied (0 bytes), 0 failed\n"
           L"3 files are hard links to files copied before; each became a file "
           L"of its own (-H keeps hard links)\n"
           L"14 links point back into SOURCE\n"
           L"1 staging file that another run left was passed over\n"
           L"2 directories of the system were passed over\n"
           L"1 path was given more than once, and is copied once\n",
           L"");
    finish(&o, &tree_quiet);
    expect(&o, L"", L"");
    discard(&o);
}

Test(report_once, a_usage_error_has_no_summary)
{
    struct output o = {
        .totals = {.files = 1, .failed = 1, .usage_error = true}};
    finish(&o, &tree_quiet);
    expect(&o, L"", L"reflink: nothing was copied\n");
    finish(&o, &tree);
    expect(&o, L"", L"reflink: nothing was copied\n");
    finish(&o, &tree_json);
    cr_expect_not_null(wcsstr(text_words(&o.out), L"\"exit_code\":2}\n"));
    discard(&o);
}

Test(report_once, the_json_summary)
{
    struct output o = {.totals = {.hard_links = 3,
                                  .links_into_source = 14,
                                  .passed_over = {1, 0, 2}}};
    finish(&o, &tree_json);
    expect(&o,
           L"{\"type\":\"summary\",\"files\":0,\"cloned\":0,\"copied\":0,"
           L"\"mixed\":0,\"skipped\":0,\"failed\":0,\"refused\":0,"
           L"\"bytes_cloned\":0,\"bytes_copied\":0,"
           L"\"bytes_copied_by_server\":0,\"elapsed_ms\":0,"
           L"\"schema_version\":1,\"reasons\":{},\"hard_links\":3,"
           L"\"links_into_source\":14,\"passed_over\":{\"staging-file\":1,"
           L"\"same-source\":2},\"warnings\":[],\"exit_code\":0}\n",
           L"");
    o.totals.reasons[REFLINK_REASON_EMPTY] = 2;
    o.totals.reasons[REFLINK_REASON_LIMIT] = 1;
    o.totals.warnings[1] = 5;
    finish(&o, &tree_json);
    const wchar_t *out = text_words(&o.out);
    cr_expect_not_null(wcsstr(
        out,
        L"\"reasons\":{\"empty\":2,\"reference-limit\":1},\"hard_links\""));
    cr_expect_not_null(wcsstr(
        out, L"\"warnings\":[{\"reason\":\"owner-not-kept\",\"text\":\"it "
             L"belongs to you now, because giving it the owner of the file it "
             L"replaces needs a privilege\",\"files\":5}],\"exit_code\""));
    discard(&o);
}

Test(report_once, what_is_passed_over_is_printed_with_v)
{
    static const struct report_style verbose = {.several_files = true,
                                                .verbose = true};
    struct output o = {0};
    report_passed_over(L"E:\\x", TOTALS_STAGING_FILE, &tree, &o.out);
    expect(&o, L"", L"");
    report_passed_over(L"E:\\x", TOTALS_STAGING_FILE, &verbose, &o.out);
    report_passed_over(L"E:\\y", TOTALS_SYSTEM_DIRECTORY, &verbose, &o.out);
    report_passed_over(L"E:\\z", TOTALS_SAME_SOURCE, &verbose, &o.out);
    expect(&o,
           L"passed over E:\\x: a staging file that another run left\n"
           L"passed over E:\\y: a directory of the system\n"
           L"passed over E:\\z: given twice\n",
           L"");
    discard(&o);
}
