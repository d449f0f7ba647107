#include <criterion/criterion.h>

#include "cli/options.h"

TestSuite(options, .timeout = 120);

enum { MOST = 8 };

struct parsed {
    bool ok;
    struct options options;
    struct text error;
};

static struct parsed parse(const wchar_t *const *words)
{
    static wchar_t *argv[MOST + 2];
    struct parsed parsed = {0};
    int argc = 1;
    argv[0] = (wchar_t *)L"reflink";
    while (words[argc - 1] != NULL) {
        argv[argc] = (wchar_t *)words[argc - 1];
        argc++;
    }
    parsed.ok = options_parse(argc, argv, &parsed.options, &parsed.error);
    return parsed;
}

static void end(struct parsed *parsed)
{
    options_free(&parsed->options);
    text_free(&parsed->error);
}

#define WORDS(...) ((const wchar_t *const[]){__VA_ARGS__, NULL})

Test(options, defaults)
{
    struct parsed p = parse(WORDS(L"a", L"b"));
    cr_assert(p.ok);
    cr_assert_eq(p.options.policy.mode, REFLINK_AUTO);
    cr_assert_eq(p.options.policy.verify, REFLINK_VERIFY_SAMPLE);
    cr_assert_eq(p.options.policy.existing, REFLINK_EXISTING_FAIL);
    cr_assert_eq(p.options.policy.flush, REFLINK_FLUSH_AUTO);
    cr_assert_eq(p.options.policy.retries, 5);
    cr_assert_not(p.options.quiet);
    cr_assert_not(p.options.verbose);
    cr_assert_eq(p.options.operand_count, 2);
    end(&p);
}

Test(options, flush)
{
    static const struct {
        const wchar_t *word;
        enum reflink_flush flush;
    } rows[] = {{L"--flush=always", REFLINK_FLUSH_ALWAYS},
                {L"--flush=never", REFLINK_FLUSH_NEVER},
                {L"--flush=auto", REFLINK_FLUSH_AUTO}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct parsed p =
            parse(WORDS(L"--flush=never", rows[i].word, L"a", L"b"));
        cr_assert(p.ok);
        cr_expect_eq(p.options.policy.flush, rows[i].flush);
        end(&p);
    }
}

Test(options, modes)
{
    static const struct {
        const wchar_t *word;
        enum reflink_mode mode;
    } rows[] = {
        {L"--reflink", REFLINK_ALWAYS},
        {L"--reflink=always", REFLINK_ALWAYS},
        {L"--reflink=auto", REFLINK_AUTO},
        {L"--reflink=never", REFLINK_NEVER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct parsed p = parse(WORDS(L"a", rows[i].word, L"b"));
        cr_expect(p.ok);
        cr_expect_eq(p.options.policy.mode, rows[i].mode, "row %zu", i);
        cr_expect_eq(p.options.operand_count, 2);
        end(&p);
    }
}

Test(options, verify)
{
    static const struct {
        const wchar_t *word;
        enum reflink_verify verify;
    } rows[] = {
        {L"--verify", REFLINK_VERIFY_FULL},
        {L"--verify=full", REFLINK_VERIFY_FULL},
        {L"--verify=sample", REFLINK_VERIFY_SAMPLE},
        {L"--verify=none", REFLINK_VERIFY_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct parsed p = parse(WORDS(rows[i].word, L"a", L"b"));
        cr_expect_eq(p.options.policy.verify, rows[i].verify, "row %zu", i);
        end(&p);
    }
}

/* An optional value comes with `=` only: `never` is an operand here. */
Test(options, optional_value_is_not_the_next_word)
{
    struct parsed p = parse(WORDS(L"--reflink", L"never", L"b"));
    cr_assert(p.ok);
    cr_assert_eq(p.options.policy.mode, REFLINK_ALWAYS);
    cr_assert_eq(wcscmp(p.options.operands[0], L"never"), 0);
    end(&p);
}

Test(options, the_last_one_counts)
{
    struct parsed p = parse(WORDS(L"-f", L"-n", L"a", L"b", L"-q", L"-v"));
    cr_assert_eq(p.options.policy.existing, REFLINK_EXISTING_KEEP);
    cr_assert(p.options.verbose && !p.options.quiet);
    end(&p);
    p = parse(
        WORDS(L"--no-clobber", L"--force", L"-v", L"--quiet", L"a", L"b"));
    cr_assert_eq(p.options.policy.existing, REFLINK_EXISTING_REPLACE);
    cr_assert(p.options.quiet && !p.options.verbose);
    end(&p);
}

Test(options, short_ones_join)
{
    struct parsed p = parse(WORDS(L"-fq", L"a", L"b"));
    cr_assert(p.ok);
    cr_assert(p.options.quiet);
    cr_assert_eq(p.options.policy.existing, REFLINK_EXISTING_REPLACE);
    end(&p);
}

Test(options, two_dashes_end_them)
{
    struct parsed p = parse(WORDS(L"-q", L"--", L"-f", L"--help"));
    cr_assert(p.ok);
    cr_assert_eq(p.options.action, OPTIONS_RUN);
    cr_assert_eq(p.options.operand_count, 2);
    cr_assert_eq(wcscmp(p.options.operands[0], L"-f"), 0);
    cr_assert_eq(p.options.policy.existing, REFLINK_EXISTING_FAIL);
    end(&p);
}

Test(options, help_and_version)
{
    static const wchar_t *const spellings[] = {L"--help", L"-h", L"/?", L"-?"};
    for (size_t i = 0; i < 4; i++) {
        struct parsed p = parse(WORDS(spellings[i]));
        cr_expect(p.ok && p.options.action == OPTIONS_HELP, "row %zu", i);
        end(&p);
    }
    struct parsed p = parse(WORDS(L"--version"));
    cr_assert(p.ok && p.options.action == OPTIONS_VERSION);
    end(&p);
}

Test(options, several_sources)
{
    struct parsed p = parse(WORDS(L"a", L"b", L"c"));
    cr_assert(p.ok && p.options.operand_count == 3);
    end(&p);
    p = parse(WORDS(L"-td", L"a"));
    cr_assert(p.ok && p.options.operand_count == 1);
    cr_assert_eq(wcscmp(p.options.target, L"d"), 0);
    end(&p);
    p = parse(WORDS(L"-r", L"a", L"b", L"--target-directory", L"d"));
    cr_assert(p.ok && p.options.recursive && p.options.operand_count == 2);
    end(&p);
    /* five operands, the last three sizes: a range, but with -t files */
    p = parse(WORDS(L"a", L"b", L"1", L"2", L"-"));
    cr_assert(p.ok && p.options.has_range && p.options.range.to_end);
    cr_assert_eq(p.options.range.dest_offset, 2);
    end(&p);
    p = parse(WORDS(L"a", L"b", L"1", L"2", L"3B"));
    cr_assert(p.ok && !p.options.has_range && p.options.operand_count == 5);
    end(&p);
    p = parse(WORDS(L"-t", L"d", L"a", L"b", L"1", L"2", L"3"));
    cr_assert(p.ok && !p.options.has_range && p.options.operand_count == 5);
    end(&p);
}

Test(options, of_trees_and_existing_files)
{
    struct parsed p =
        parse(WORDS(L"-rT", L"--keep-directory-symlink", L"--retarget-links",
                    L"--writable", L"-H", L"a", L"b"));
    cr_assert(p.ok);
    cr_expect(p.options.exact_dest);
    cr_expect(p.options.follow_dest_links);
    cr_expect(p.options.retarget_links);
    cr_expect(p.options.hard_links);
    cr_expect(p.options.policy.writable);
    end(&p);
    static const struct {
        const wchar_t *words[5];
        enum reflink_existing existing;
    } rows[] = {
        {{L"-f", L"-n", L"-u"}, REFLINK_EXISTING_UPDATE},
        {{L"-u", L"--force"}, REFLINK_EXISTING_REPLACE},
        {{L"--update", L"-n"}, REFLINK_EXISTING_KEEP},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const wchar_t *words[8] = {L"a", L"b"};
        for (size_t w = 0; rows[i].words[w] != NULL; w++)
            words[2 + w] = rows[i].words[w];
        p = parse(words);
        cr_assert(p.ok);
        cr_expect_eq(p.options.policy.existing, rows[i].existing, "%zu", i);
        end(&p);
    }
}

Test(options, mistakes_are_named)
{
    static const struct {
        const wchar_t *words[6];
        const wchar_t *error;
    } rows[] = {
        {{NULL}, L"missing SOURCE and DEST"},
        {{L"a"}, L"missing DEST after 'a'"},
        {{L"--offset=0", L"a", L"b", L"c"}, L"extra operand 'c'"},
        {{L"-r", L"a"}, L"missing DEST after 'a'"},
        {{L"-t", L"d"}, L"missing SOURCE"},
        {{L"-t", L"", L"a"}, L"--target-directory: '' is not a directory"},
        {{L"-r", L"--length=1", L"a", L"b"},
         L"a range needs exactly one SOURCE and one DEST, without -r and -t"},
        {{L"-j", L"0", L"a", L"b"},
         L"--jobs: '0' is not a number from 1 to 64"},
        {{L"--jobs=65", L"a", L"b"},
         L"--jobs: '65' is not a number from 1 to 64"},
        {{L"-j+4", L"a", L"b"}, L"--jobs: '+4' is not a number from 1 to 64"},
        {{L"-j4x", L"a", L"b"}, L"--jobs: '4x' is not a number from 1 to 64"},
        {{L"a", L""}, L"operand 2 is empty"},
        {{L"--bogus", L"a", L"b"}, L"unknown option '--bogus'"},
        {{L"--reflin", L"a", L"b"}, L"unknown option '--reflin'"},
        {{L"-fx", L"a", L"b"}, L"unknown option '-x' in '-fx'"},
        {{L"--reflink=maybe", L"a", L"b"},
         L"--reflink: 'maybe' is not auto, always or never"},
        {{L"--reflink=", L"a", L"b"},
         L"--reflink: '' is not auto, always or never"},
        {{L"--flush=often", L"a", L"b"},
         L"--flush: 'often' is not auto, always or never"},
        {{L"a", L"b", L"--flush"}, L"--flush needs a value"},
        {{L"--verify=some", L"a", L"b"},
         L"--verify: 'some' is not none, sample or full"},
        {{L"--force=yes", L"a", L"b"},
         L"--force takes no value ('yes' was given)"},
        {{L"--=x", L"a", L"b"}, L"unknown option '--=x'"},
        /* what `"C:\\dir\\" -f` becomes */
        {{L"a", L"C:\\dir\" -f"},
         L"'C:\\dir\" -f' contains a quotation mark, which no path can. A "
         L"backslash before a closing quotation mark escapes it: write "
         L"\"C:\\dir\" or \"C:\\dir\\\\\", not \"C:\\dir\\\""},
        {{L"--info", L"a\""},
         L"'a\"' contains a quotation mark, which no path can. A backslash "
         L"before a closing quotation mark escapes it: write \"C:\\dir\" or "
         L"\"C:\\dir\\\\\", not \"C:\\dir\\\""},
        {{L"-T", L"-t", L"d", L"a"}, L"-t and -T contradict each other"},
        {{L"-T", L"a", L"b", L"c"}, L"extra operand 'c'"},
        {{L"-rT", L"a", L"b", L"c"}, L"extra operand 'c'"},
        {{L"-T", L"--length=1", L"a", L"b"}, L"-T cannot be used with a range"},
        {{L"-u", L"--length=1", L"a", L"b"}, L"-u cannot be used with a range"},
        {{L"--keep-directory-symlink", L"a", L"b"},
         L"--keep-directory-symlink needs -r"},
        {{L"--retarget-links", L"a", L"b"}, L"--retarget-links needs -r"},
        {{L"-H", L"a", L"b"}, L"-H needs -r"},
        {{L"--hard-links", L"--length=1", L"a", L"b"}, L"-H needs -r"},
        {{L"--retarget-links", L"--length=1", L"a", L"b"},
         L"--retarget-links needs -r"},
        {{L"a", L"b", L"16384P", L"0", L"1"},
         L"SOURCE_OFFSET: '16384P' is not a size"},
        {{L"a", L"b", L"0", L"0x10000000000000000", L"-"},
         L"DEST_OFFSET: '0x10000000000000000' is not a size"},
        {{L"a", L"b", L"0", L"0", L"18446744073709551616"},
         L"LENGTH: '18446744073709551616' is not a size"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct parsed p = parse(rows[i].words);
        cr_expect_not(p.ok, "row %zu", i);
        cr_expect_eq(wcscmp(text_words(&p.error), rows[i].error), 0,
                     "row %zu says: %ls", i, text_words(&p.error));
        end(&p);
    }
}
