/*
 * What src/win32 makes of the bytes that a driver or a server answers. Each
 * answer has memory of just its size, so that the address sanitizer sees what
 * is read outside of it.
 */
#include "win32/answers.h"

#include <stdlib.h>
#include <string.h>

#include "core/file/ea.h"
#include "fuzz.h"
#include "win32/descriptor.h"
#include "win32/nt_path.h"
#include "win32/reparse.h"
#include "win32/root_path.h"
#include "win32/usn.h"

struct answer {
    uint8_t *bytes;
    size_t size;
    uint8_t form; /* what else the input says */
};

static void streams(const struct answer *answer)
{
    struct os_stream_name *list = NULL;
    size_t count = 0;
    fuzz_expect(answers_streams(answer->bytes, answer->size, &list, &count) ==
                    0,
                "streams cannot be read");
    fuzz_expect((count == 0) == (list == NULL), "streams without a list");
    fuzz_expect(count <= answer->size / 24 + 1, "more streams than bytes");
    for (size_t i = 0; i < count; i++)
        fuzz_expect(wmemchr(list[i].name, L'\0', 280) != NULL,
                    "a stream's name has no end");
    free(list);
}

static void ranges(const struct answer *answer)
{
    struct os_range list[8];
    uint64_t offset = (uint64_t)answer->form << 8;
    uint64_t end = offset + 65536;
    size_t capacity = answer->form % 9;
    bool more = false;
    size_t count = answers_ranges(answer->bytes, answer->size, offset, end,
                                  list, capacity, &more);
    fuzz_expect(count <= capacity, "more ranges than there is room for");
    for (size_t i = 0; i < count; i++)
        fuzz_expect(list[i].offset >= offset && list[i].length != 0 &&
                        list[i].length <= end - list[i].offset,
                    "a range is not clipped");
}

static void extents(const struct answer *answer)
{
    struct os_extent list[8];
    size_t capacity = answer->form % 9;
    bool counted = answer->form >= 128;
    bool more = false;
    size_t count = answers_extents(answer->bytes, answer->size, counted, list,
                                   capacity, &more);
    fuzz_expect(count <= capacity, "more extents than there is room for");
    for (size_t i = 1; i < count; i++)
        fuzz_expect(list[i].vcn == list[i - 1].next_vcn,
                    "an extent does not begin where the one before ends");
}

static void copy(const struct answer *answer)
{
    struct os_copy_answer out;
    if (answer->size >= ANSWERS_COPY)
        answers_copy(answer->bytes, &out);
}

/* A link to a target is one that leads to this target. */
static void expect_same_target(uint32_t tag, const uint16_t *target)
{
    enum { ROOM = 16384 };
    uint8_t *made = malloc(ROOM);
    bool relative = true;
    size_t units = 0;
    size_t size = reparse_make(tag, target, made, ROOM);
    uint16_t *again = NULL;
    reparse_target(made, size, &again, &relative);
    while (target[units] != 0)
        units++;
    fuzz_expect(size == 0 || (again != NULL && !relative &&
                              memcmp(again, target, units * 2 + 2) == 0),
                "a link that was made leads somewhere else");
    free(again);
    free(made);
}

static void reparse(const struct answer *answer)
{
    bool relative = false;
    uint32_t tag = reparse_tag(answer->bytes, answer->size);
    uint16_t *target = NULL;
    reparse_target(answer->bytes, answer->size, &target, &relative);
    size_t half = answer->size / 2;
    reparse_same(answer->bytes, half, answer->bytes + half,
                 answer->size - half);
    fuzz_expect(target == NULL ||
                    reparse_same(answer->bytes, answer->size, answer->bytes,
                                 answer->size) == (tag == REPARSE_TAG_SYMLINK),
                "a link is not the same as itself");
    fuzz_expect(!reparse_is_volume(answer->bytes, answer->size) || !relative,
                "a volume's root is relative");
    if (target != NULL && !relative)
        expect_same_target(tag, target);
    free(target);
}

static void usn(const struct answer *answer)
{
    uint64_t number;
    usn_read(answer->bytes, answer->size, &number);
}

static void nt_path(const struct answer *answer)
{
    struct fuzz_input input = {answer->bytes, answer->size};
    wchar_t text[64] = L"\\Device\\";
    size_t start = answer->form % 9;
    size_t length = start + fuzz_text(&input, text + start, 63 - start);
    wchar_t *path = malloc((length + 1) * sizeof *path);
    wmemcpy(path, text, length + 1);
    size_t device = nt_path_device_length(path);
    fuzz_expect(device <= length, "a device is longer than its path");
    fuzz_expect(device != 0 || nt_path_device_number(path) == 0,
                "a number for no device");
    free(path);
}

/* A root's text has memory of just its size, too. */
static void root_path(const struct answer *answer)
{
    static const wchar_t *const starts[] = {L"", L"\\\\?\\", L"\\\\?\\UNC\\",
                                            L"\\\\?\\UNC\\server\\"};
    struct fuzz_input input = {answer->bytes, answer->size};
    wchar_t text[96];
    wcscpy(text, starts[answer->form % 4]);
    size_t start = wcslen(text);
    size_t length = start + fuzz_text(&input, text + start, 95 - start);
    wchar_t *full = malloc((length + 1) * sizeof *full);
    wchar_t *root = malloc((length + 2) * sizeof *root);
    wmemcpy(full, text, length + 1);
    if (root_path_of_share(full, root)) {
        size_t end = wcslen(root) - 1;
        fuzz_expect(root[end] == L'\\' && wcsncmp(root, full, end) == 0,
                    "a root does not begin its path");
        fuzz_expect(wcslen(root_path_shown(root)) < end, "a root is longer");
    }
    root_path_shown(full);
    free(root);
    free(full);
}

/* Answers of a fixed size: what they are made of may be anything. */
static void info(const struct answer *answer)
{
    struct os_info out;
    if (answer->size >= ANSWERS_ALL)
        answers_info(answer->bytes, &out);
}

static void entry(const struct answer *answer)
{
    uint8_t *bytes = calloc(1, ANSWERS_ENTRY);
    struct os_entry out;
    /* a name may have no end */
    memset(bytes, answer->form, ANSWERS_ENTRY);
    memcpy(bytes, answer->bytes,
           answer->size < ANSWERS_ENTRY ? answer->size : ANSWERS_ENTRY);
    answers_entry(bytes, &out);
    fuzz_expect(wmemchr(out.name, L'\0', 260) != NULL,
                "an entry's name has no end");
    fuzz_expect(!out.is_link || (out.attributes & OS_ATTRIBUTE_REPARSE) != 0,
                "a link without a reparse point");
    free(bytes);
}

static void volume_sizes(const struct answer *answer)
{
    uint64_t bytes = 0;
    if (answer->size >= ANSWERS_SIZE)
        answers_unit(answer->bytes);
    if (answer->size >= ANSWERS_FULL_SIZE)
        answers_free(answer->bytes, &bytes);
}

/* One descriptor is cut off the other, and each is compared with itself. */
static void descriptor(const struct answer *answer)
{
    size_t cut = answer->size * answer->form / 256;
    size_t size = answer->size - cut;
    uint8_t *one = malloc(size + 1);
    uint8_t *other = malloc(cut + 1);
    memcpy(one, answer->bytes, size);
    memcpy(other, answer->bytes + size, cut);
    unsigned parts = descriptor_differences(one, size, other, cut);
    fuzz_expect(parts == descriptor_differences(other, cut, one, size),
                "two descriptors differ in one direction");
    unsigned unread = descriptor_differences(one, size, one, size);
    fuzz_expect((parts & unread) == unread,
                "what cannot be read is equal to something");
    free(one);
    free(other);
}

/* What is left has no name that begins like that, and is all right. */
static void ea(const struct answer *answer)
{
    size_t left = ea_without_kernel(answer->bytes, answer->size);
    fuzz_expect(left <= answer->size, "attributes grow");
    fuzz_expect(ea_without_kernel(answer->bytes, left) == left,
                "attributes are left that should not be");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(const struct answer *answer) = {
        streams, ranges, extents,   copy,  reparse,      usn,       nt_path,
        ea,      info,   root_path, entry, volume_sizes, descriptor};
    struct fuzz_input input = {data, size};
    uint8_t reader = fuzz_byte(&input) % (sizeof readers / sizeof readers[0]);
    uint8_t form = fuzz_byte(&input);
    struct answer answer = {malloc(input.size), input.size, form};
    if (input.size != 0)
        memcpy(answer.bytes, input.data, input.size);
    readers[reader](&answer);
    free(answer.bytes);
    return 0;
}
