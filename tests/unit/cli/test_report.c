/* Every line of the output, to the letter. */
#include <criterion/criterion.h>

#include "cli/messages.h"
#include "cli/report.h"

TestSuite(report, .timeout = 120);

static const uint64_t GI = 1024 * 1024 * 1024;

static void expect_lines(const struct reflink_outcome *outcome,
                         struct report_style style, const wchar_t *out_wanted,
                         const wchar_t *err_wanted)
{
    struct text out = {0};
    struct text err = {0};
    report_file(outcome, &style, NULL, &out, &err);
    cr_expect_eq(wcscmp(text_words(&out), out_wanted), 0, "stdout: %ls",
                 text_words(&out));
    cr_expect_eq(wcscmp(text_words(&err), err_wanted), 0, "stderr: %ls",
                 text_words(&err));
    text_free(&out);
    text_free(&err);
}

static const struct report_style plain;
static const struct report_style quiet = {.quiet = true};
static const struct report_style verbose = {.verbose = true};
static const struct report_style json = {.json = true};

Test(report, cloned)
{
    struct reflink_outcome o = {.source = L"base.vhdx",
                                .dest = L"job-17.vhdx",
                                .method = REFLINK_METHOD_CLONE,
                                .bytes = 40 * GI,
                                .bytes_cloned = 40 * GI,
                                .requests = 11,
                                .elapsed_us = 3100};
    expect_lines(&o, plain,
                 L"cloned  base.vhdx -> job-17.vhdx  (40 GiB, 11 requests, "
                 L"3 ms)\n",
                 L"");
    expect_lines(&o, quiet, L"", L"");
    o.requests = 1;
    expect_lines(&o, plain,
                 L"cloned  base.vhdx -> job-17.vhdx  (40 GiB, 1 request, "
                 L"3 ms)\n",
                 L"");
}

Test(report, copied_says_why)
{
    struct reflink_outcome o = {.source = L"a.iso",
                                .dest = L"E:\\a.iso",
                                .method = REFLINK_METHOD_COPY,
                                .reason = REFLINK_REASON_NO_CLONING,
                                .bytes = UINT64_C(4509715661),
                                .bytes_copied = UINT64_C(4509715661),
                                .elapsed_us = 9000000,
                                .volume_root = L"E:\\",
                                .file_system = L"NTFS"};
    expect_lines(&o, plain,
                 L"copied  a.iso -> E:\\a.iso  (4.2 GiB, 9 s): E:\\ (NTFS) "
                 L"cannot clone blocks\n",
                 L"");
    o.volume_root[0] = L'\0';
    o.file_system[0] = L'\0';
    expect_lines(&o, plain,
                 L"copied  a.iso -> E:\\a.iso  (4.2 GiB, 9 s): DEST's volume "
                 L"cannot clone blocks\n",
                 L"");
}

/* With any reason, and in JSON. */
Test(report, copied_by_the_server)
{
    struct reflink_outcome o = {.source = L"a",
                                .dest = L"b",
                                .method = REFLINK_METHOD_COPY,
                                .reason = REFLINK_REASON_REFUSED,
                                .refusal = 87,
                                .bytes = GI,
                                .bytes_copied = GI,
                                .bytes_copied_by_server = GI - 1,
                                .elapsed_us = 9000000};
    struct text out = {0};
    struct text err = {0};
    report_file(&o, &plain, NULL, &out, &err);
    cr_expect_not_null(wcsstr(text_words(&out), L", copied by the server\n"));
    text_free(&out);
    report_file(&o, &json, NULL, &out, &err);
    cr_expect_not_null(wcsstr(text_words(&out),
                              L"\"bytes_copied\":1073741824,"
                              L"\"bytes_copied_by_server\":1073741823,"));
    cr_expect_not_null(wcsstr(text_words(&out), L", copied by the server\","));
    cr_expect_eq(text_words(&err)[0], L'\0');
    text_free(&out);
    text_free(&err);
}

Test(report, a_server_that_refused_is_a_detail)
{
    struct reflink_outcome o = {.source = L"a",
                                .dest = L"b",
                                .method = REFLINK_METHOD_COPY,
                                .reason = REFLINK_REASON_NO_CLONING,
                                .server_refusal = 2,
                                .elapsed_us = 9000000};
    struct text out = {0};
    struct text err = {0};
    report_file(&o, &plain, NULL, &out, &err);
    cr_expect_eq(text_words(&err)[0], L'\0');
    report_file(&o, &verbose, NULL, &out, &err);
    cr_expect_not_null(wcsstr(text_words(&err),
                              L"reflink: b: the server did not copy it by "
                              L"itself: "));
    cr_expect_not_null(wcsstr(text_words(&err), L" (2)\n"));
    text_free(&out);
    text_free(&err);
}

Test(report, mixed_gives_both_amounts)
{
    struct reflink_outcome o = {.source = L"a.img",
                                .dest = L"b.img",
                                .method = REFLINK_METHOD_MIXED,
                                .reason = REFLINK_REASON_PARTIAL_CLUSTER,
                                .bytes = GI + 300,
                                .bytes_cloned = GI,
                                .bytes_copied = 300};
    expect_lines(&o, plain,
                 L"mixed   a.img -> b.img  (1 GiB cloned, 300 bytes copied): "
                 L"the last, partial cluster was copied\n",
                 L"");
    o.reason = REFLINK_REASON_UNALIGNED;
    o.bytes_cloned = 4096;
    o.bytes_copied = 4;
    expect_lines(&o, plain,
                 L"mixed   a.img -> b.img  (4 KiB cloned, 4 bytes copied): "
                 L"the range is not aligned to clusters\n",
                 L"");
}

Test(report, every_reason_has_words)
{
    for (int reason = REFLINK_REASON_NONE + 1; reason < REFLINK_REASON_COUNT;
         reason++) {
        struct reflink_outcome o = {.source = L"a",
                                    .dest = L"b",
                                    .method = REFLINK_METHOD_COPY,
                                    .reason = (enum reflink_reason)reason};
        struct text out = {0};
        struct text err = {0};
        report_file(&o, &plain, NULL, &out, &err);
        const wchar_t *words = wcsstr(text_words(&out), L"): ");
        cr_expect_not_null(words, "reason %d", reason);
        cr_expect_gt(wcslen(words), 10, "reason %d", reason);
        text_free(&out);
        text_free(&err);
    }
}

/* Of a part of a file nothing is said that is true of the whole only. */
Test(report, a_range_has_words_of_its_own)
{
    static const struct report_style range = {.range = true};
    static const struct report_style range_json = {.range = true, .json = true};
    struct reflink_outcome o = {.source = L"a",
                                .dest = L"b",
                                .method = REFLINK_METHOD_COPY,
                                .reason = REFLINK_REASON_EMPTY};
    struct text out = {0};
    struct text err = {0};
    expect_lines(&o, plain,
                 L"copied  a -> b  (0 bytes, < 1 ms): the file is empty\n",
                 L"");
    expect_lines(&o, range,
                 L"copied  a -> b  (0 bytes, < 1 ms): the range is empty\n",
                 L"");
    report_file(&o, &range_json, NULL, &out, &err);
    cr_expect_not_null(wcsstr(text_words(&out), L"\"the range is empty\""));
    o.reason = REFLINK_REASON_BELOW_CLUSTER;
    expect_lines(&o, plain,
                 L"copied  a -> b  (0 bytes, < 1 ms): smaller than one "
                 L"cluster\n",
                 L"");
    expect_lines(&o, range,
                 L"copied  a -> b  (0 bytes, < 1 ms): the range contains no "
                 L"whole cluster\n",
                 L"");
    text_free(&out);
    text_free(&err);
}

/* A program has `refusal_code` for it. */
Test(report, a_lack_of_resources_has_words_of_its_own)
{
    struct reflink_outcome o = {.source = L"a",
                                .dest = L"b",
                                .method = REFLINK_METHOD_COPY,
                                .reason = REFLINK_REASON_REFUSED,
                                .bytes = 1,
                                .elapsed_us = 3000,
                                .no_resources = true};
    expect_lines(&o, plain,
                 L"copied  a -> b  (1 byte, 3 ms): the volume lacks the "
                 L"resources for more clone requests\n",
                 L"");
    o.no_resources = false;
    expect_lines(&o, plain,
                 L"copied  a -> b  (1 byte, 3 ms): the volume refused to share "
                 L"the clusters\n",
                 L"");
}

/* They come from the volume's driver or a server, to whom no console is to
   listen. */
Test(report, names_of_volumes_are_shown_only)
{
    struct reflink_outcome o = {.source = L"a",
                                .dest = L"b",
                                .method = REFLINK_METHOD_COPY,
                                .reason = REFLINK_REASON_NO_CLONING,
                                .volume_root = L"\x1b[2J\n:\\",
                                .file_system = L"\x1b]0;x\x07\x202eSFTN"};
    expect_lines(&o, plain,
                 L"copied  a -> b  (0 bytes, < 1 ms): "
                 L"<U+001B>[2J<U+000A>:\\ "
                 L"(<U+001B>]0;x<U+0007><U+202E>SFTN) cannot clone blocks\n",
                 L"");
    o.volume_root[0] = L'\0';
    expect_lines(&o, plain,
                 L"copied  a -> b  (0 bytes, < 1 ms): <U+001B>]0;x<U+0007>"
                 L"<U+202E>SFTN cannot clone blocks\n",
                 L"");
    o.status = REFLINK_REFUSED;
    expect_lines(&o, plain, L"",
                 L"reflink: b: cloning into it: "
                 L"<U+001B>]0;x<U+0007><U+202E>SFTN "
                 L"cannot clone blocks\n");
}

Test(report, skipped_is_said_with_v)
{
    struct reflink_outcome o = {
        .source = L"a", .dest = L"b", .status = REFLINK_SKIPPED};
    expect_lines(&o, plain, L"", L"");
    expect_lines(&o, verbose, L"skipped a -> b: already exists\n", L"");
}

/* How it came to that, which nobody else wants to know. */
Test(report, steps_are_said_with_v)
{
    static const wchar_t result[] =
        L"copied  a -> b  (1 byte, 3 ms): the volume reported success, but "
        L"the clone failed verification\n";
    struct reflink_outcome o = {.source = L"a",
                                .dest = L"b",
                                .method = REFLINK_METHOD_COPY,
                                .reason = REFLINK_REASON_UNVERIFIED,
                                .bytes = 1,
                                .elapsed_us = 3000,
                                .retries = 1,
                                .retry_code = 64,
                                .unverified = 2,
                                .refusal = 50};
    expect_lines(&o, plain, result, L"");
    expect_lines(&o, quiet, L"", L"");
    expect_lines(
        &o, verbose, result,
        L"reflink: b: retried: message of code 64 (64)\n"
        L"reflink: b: 2 clones failed verification and were discarded\n"
        L"reflink: b: a clone request was refused: message of code 50 (50)\n");
    o.retries = 3;
    o.unverified = 1;
    o.status = REFLINK_REFUSED;
    expect_lines(
        &o, verbose, L"",
        L"reflink: b: retried 3 times: message of code 64 (64)\n"
        L"reflink: b: a clone failed verification and was discarded\n"
        L"reflink: b: cloning into it: message of code 50 (50): the volume "
        L"reported success, but the clone failed verification\n");
}

Test(report, errors_name_path_step_message_code_and_hint)
{
    struct reflink_outcome o = {
        .source = L"a",
        .dest = L"b",
        .status = REFLINK_FAILED,
        .error = {.code = 112, .step = REFLINK_STEP_WRITE}};
    struct text out = {0};
    struct text err = {0};
    report_file(&o, &quiet, NULL, &out, &err);
    cr_expect_eq(wcsncmp(text_words(&err), L"reflink: b: writing to it: ", 27),
                 0);
    cr_expect_not_null(wcsstr(text_words(&err), L" (112)\n"));
    text_clear(&err);
    o.error = (struct reflink_error){183, REFLINK_STEP_RENAME,
                                     REFLINK_HINT_EXISTS, false};
    report_file(&o, &quiet, NULL, &out, &err);
    cr_expect_not_null(wcsstr(text_words(&err),
                              L" (183): it already exists; use -f to replace "
                              L"it, or -n to leave it alone\n"));
    text_clear(&err);
    o.error = (struct reflink_error){2, REFLINK_STEP_OPEN_SOURCE,
                                     REFLINK_HINT_NONE, true};
    report_file(&o, &quiet, NULL, &out, &err);
    cr_expect_eq(wcsncmp(text_words(&err), L"reflink: a: opening ", 20), 0);
    cr_expect_eq(out.length, 0);
    text_free(&out);
    text_free(&err);
}

/* What reflink finds itself has a code for programs alone: the system's message
   for it would mislead. */
Test(report, own_problems_have_no_system_message)
{
    static const struct {
        struct reflink_error error;
        const wchar_t *line;
    } rows[] = {
        {{32, REFLINK_STEP_OPEN_DEST, REFLINK_HINT_SAME_FILE, false},
         L"reflink: b: SOURCE and DEST are the same file\n"},
        {{80, REFLINK_STEP_CREATE, REFLINK_HINT_EXISTS, false},
         L"reflink: b: it already exists; use -f to replace it, or -n to leave "
         L"it alone\n"},
        {{1006, REFLINK_STEP_READ, REFLINK_HINT_SOURCE_CHANGED, true},
         L"reflink: a: it was changed while it was being copied; stop the "
         L"program that writes to it, or copy from a snapshot (shadow copy)\n"},
        {{267, REFLINK_STEP_OPEN_DEST, REFLINK_HINT_NOT_DIRECTORY, false},
         L"reflink: b: it must be an existing directory\n"},
        {{5, REFLINK_STEP_OPEN_DEST, REFLINK_HINT_NOT_DIRECTORY, false},
         L"reflink: b: opening it for writing: message of code 5 (5): it must "
         L"be an existing directory\n"},
        {{32, REFLINK_STEP_OPEN_DEST, REFLINK_HINT_IN_USE, false},
         L"reflink: b: opening it for writing: message of code 32 (32): "
         L"another program has it open; close it there and try again\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reflink_outcome o = {.source = L"a",
                                    .dest = L"b",
                                    .status = REFLINK_FAILED,
                                    .error = rows[i].error};
        expect_lines(&o, plain, L"", rows[i].line);
    }
}

/* Every hint is on one side or the other, and none without a sentence. */
Test(report, only_hints_about_a_refused_call_have_a_system_message)
{
    static const bool system_too[REFLINK_HINT_COUNT] = {
        [REFLINK_HINT_NONE] = true,         [REFLINK_HINT_NOT_A_FILE] = true,
        [REFLINK_HINT_IN_USE] = true,       [REFLINK_HINT_LINK_RIGHT] = true,
        [REFLINK_HINT_OWNER_RIGHT] = true,  [REFLINK_HINT_CLOUD] = true,
        [REFLINK_HINT_NOT_REPORTED] = true, [REFLINK_HINT_VIRUS] = true,
        [REFLINK_HINT_TOO_LARGE] = true,    [REFLINK_HINT_PERMISSIONS] = true,
        [REFLINK_HINT_READ_ONLY] = true,    [REFLINK_HINT_NOT_RESTORED] = true,
    };
    for (int hint = REFLINK_HINT_NONE; hint < REFLINK_HINT_COUNT; hint++) {
        const struct reflink_error error = {267, REFLINK_STEP_CREATE,
                                            (enum reflink_hint)hint, false};
        cr_expect_eq(message_hint_replaces_message(&error), !system_too[hint],
                     "hint %d", hint);
        cr_expect(hint == REFLINK_HINT_NONE ||
                      message_hint((enum reflink_hint)hint) != NULL,
                  "hint %d", hint);
    }
}

Test(report, refusals_say_why)
{
    struct reflink_outcome o = {.source = L"a",
                                .dest = L"b",
                                .status = REFLINK_REFUSED,
                                .reason = REFLINK_REASON_OTHER_VOLUME,
                                .volume_root = L"S:\\",
                                .file_system = L"ReFS"};
    expect_lines(
        &o, quiet, L"",
        L"reflink: b: cloning into it: SOURCE is on a different volume, "
        L"not on S:\\ (ReFS)\n");
}

Test(report, exit_codes)
{
    static const struct {
        enum reflink_status status;
        int code;
    } rows[] = {
        {REFLINK_OK, 0},        {REFLINK_SKIPPED, 0},
        {REFLINK_FAILED, 1},    {REFLINK_REFUSED, 3},
        {REFLINK_DIFFERENT, 4}, {REFLINK_INTERRUPTED, 130},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reflink_outcome o = {.status = rows[i].status};
        struct totals totals = {0};
        totals_count(&totals, &o);
        cr_expect_eq((int)totals_exit_code(&totals), rows[i].code);
    }
}

/* In every mixture the gravest counts: each of these outweighs those before. */
Test(report, exit_code_of_a_mixture)
{
    static const enum reflink_status by_weight[] = {
        REFLINK_OK,        REFLINK_SKIPPED, REFLINK_REFUSED,
        REFLINK_DIFFERENT, REFLINK_FAILED,  REFLINK_INTERRUPTED};
    static const int codes[] = {0, 0, 3, 4, 1, 130};
    for (unsigned set = 1; set < 64; set++) {
        struct totals totals = {0};
        int code = 0;
        for (unsigned i = 0; i < 6; i++) {
            struct reflink_outcome o = {.status = by_weight[i]};
            if ((set >> i & 1) == 0)
                continue;
            totals_count(&totals, &o);
            code = codes[i];
        }
        cr_expect_eq((int)totals_exit_code(&totals), code, "set %u", set);
    }
}
