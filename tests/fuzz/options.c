/*
 * Any command line. What is understood runs on simulated volumes, as a dry run
 * unless it only asks, and changes nothing.
 */
#include "cli/options.h"

#include "core/errors.h"
#include "fuzz.h"
#include "program.h"

/* One byte from 128 on stands for one of these. */
static const wchar_t *const parts[] = {L"--dry-run",
                                       L"--json",
                                       L"-v",
                                       L"-q",
                                       L"-r",
                                       L"-f",
                                       L"-n",
                                       L"-u",
                                       L"-T",
                                       L"-H",
                                       L"-t",
                                       L"-j",
                                       L"-j8",
                                       L"--reflink",
                                       L"--reflink=",
                                       L"--verify",
                                       L"--verify=",
                                       L"--flush=",
                                       L"--progress=",
                                       L"always",
                                       L"never",
                                       L"auto",
                                       L"full",
                                       L"sample",
                                       L"none",
                                       L"--security",
                                       L"--writable",
                                       L"--retarget-links",
                                       L"--keep-directory-symlink",
                                       L"--retries=",
                                       L"--offset=",
                                       L"--source-offset=",
                                       L"--dest-offset",
                                       L"--length=",
                                       L"--info",
                                       L"--extents",
                                       L"--shared",
                                       L"--dedupe",
                                       L"--",
                                       L"--help",
                                       L"/?",
                                       L"--version",
                                       L"R:\\a",
                                       L"R:\\copy",
                                       L"R:\\sparse",
                                       L"R:\\d",
                                       L"R:\\d\\f",
                                       L"R:\\d\\link",
                                       L"R:\\new",
                                       L"R:\\*",
                                       L"R:\\d\\?",
                                       L"S:\\",
                                       L"S:\\b",
                                       L"\\\\?\\",
                                       L"\\",
                                       L".",
                                       L"..",
                                       L" ",
                                       L"\"",
                                       L"0x",
                                       L"4096",
                                       L"64K",
                                       L"18446744073709551615",
                                       L"-",
                                       L"KiB"};

enum { PARTS = sizeof parts / sizeof parts[0], WORD = 80 };

static void add_part(wchar_t *word, size_t *length, const wchar_t *part)
{
    for (; *part != L'\0' && *length + 1 < WORD; part++)
        word[(*length)++] = *part;
}

/* Reads a word, which ends with a line feed or a NUL. */
static void read_word(struct fuzz_input *input, wchar_t *word)
{
    size_t length = 0;
    while (input->size != 0) {
        uint8_t byte = fuzz_byte(input);
        wchar_t one[2] = {(wchar_t)byte, L'\0'};
        if (byte == '\n' || byte == 0)
            break;
        add_part(word, &length,
                 byte < 128 ? one : parts[(size_t)(byte - 128) % PARTS]);
    }
    word[length] = L'\0';
}

static void make_volumes(void)
{
    sim_reset();
    sim_fault_always(SIM_OP_THREAD, CODE_NOT_ENOUGH_MEMORY);
    sim_mount(L"R:\\", "refs-4k");
    sim_mount(L"S:\\", "ntfs");
    sim_fill_pattern(L"R:\\a", 0, 20000, 1);
    sim_fill_pattern(L"R:\\copy", 0, 20000, 1);
    sim_set_size(L"R:\\sparse", 1 << 20);
    sim_set_sparse(L"R:\\sparse", true);
    sim_write_at(L"R:\\sparse", 65536, "x", 1);
    sim_mkdir(L"R:\\d");
    sim_fill_pattern(L"R:\\d\\f", 0, 5000, 2);
    sim_symlink(L"R:\\a", L"R:\\d\\link");
    sim_write_file(L"S:\\b", "there", 5);
}

/* What changes a file or a volume. */
static uint64_t changes(void)
{
    static const enum sim_op ops[] = {
        SIM_OP_SET_INTEGRITY, SIM_OP_SET_SPARSE,   SIM_OP_SET_SIZE,
        SIM_OP_WRITE,         SIM_OP_ZERO,         SIM_OP_CLONE,
        SIM_OP_SERVER_COPY,   SIM_OP_SET_EA,       SIM_OP_COPY_SECURITY,
        SIM_OP_SET_SECURITY,  SIM_OP_SET_METADATA, SIM_OP_RESTORE_STATE,
        SIM_OP_MARK_DELETED,  SIM_OP_RENAME,       SIM_OP_HARD_LINK,
        SIM_OP_REMOVE,        SIM_OP_COPY_LINK,    SIM_OP_SET_LINK};
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        sum += sim_calls(ops[i]);
    return sum;
}

static void expect_no_changes(const wchar_t *const *words, int count)
{
    make_volumes();
    size_t names = sim_count_below(L"R:\\") + sim_count_below(L"S:\\");
    program_run(words, count);
    fuzz_expect(changes() == 0, "a dry run changes something");
    fuzz_expect(sim_count_below(L"R:\\") + sim_count_below(L"S:\\") == names,
                "a dry run creates or deletes something");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    wchar_t text[PROGRAM_WORDS][WORD] = {L"--dry-run"};
    wchar_t *words[PROGRAM_WORDS] = {text[0]};
    struct options options;
    struct text error = {0};
    int count = 1;
    for (; input.size != 0 && count < PROGRAM_WORDS; count++) {
        words[count] = text[count];
        read_word(&input, text[count]);
    }
    /* without the first one, which stands where the program's name does */
    bool parsed = options_parse(count, words, &options, &error);
    bool works =
        options.action == OPTIONS_RUN || options.action == OPTIONS_DEDUPE;
    fuzz_expect(parsed || (error.length != 0 &&
                           wcschr(text_words(&error), L'\n') == NULL),
                "a usage error is not one line");
    options_free(&options);
    text_free(&error);
    if (parsed)
        expect_no_changes((const wchar_t *const *)(works ? words : words + 1),
                          works ? count : count - 1);
    return 0;
}
