/* A SIZE against a reference: the C library's numbers and a list of suffixes.
 */
#include "cli/size.h"

#include <errno.h>
#include <string.h>

#include "fuzz.h"

static const struct {
    const wchar_t *name;
    unsigned power;
    uint64_t base;
} suffixes[] = {
    {L"", 0, 1},       {L"k", 1, 1024},   {L"m", 2, 1024},   {L"g", 3, 1024},
    {L"t", 4, 1024},   {L"p", 5, 1024},   {L"kib", 1, 1024}, {L"mib", 2, 1024},
    {L"gib", 3, 1024}, {L"tib", 4, 1024}, {L"pib", 5, 1024}, {L"kb", 1, 1000},
    {L"mb", 2, 1000},  {L"gb", 3, 1000},  {L"tb", 4, 1000},  {L"pb", 5, 1000}};

static bool is_suffix(const wchar_t *text, const wchar_t *suffix)
{
    for (; *suffix != L'\0'; text++, suffix++) {
        if (*text != *suffix && *text != *suffix - L'a' + L'A')
            return false;
    }
    return *text == L'\0';
}

/* What a SIZE is; `*fits`: in 64 bits. */
static bool reference(const wchar_t *text, uint64_t *size, bool *fits)
{
    bool hex = text[0] == L'0' && (text[1] == L'x' || text[1] == L'X');
    const wchar_t *digits = hex ? text + 2 : text;
    size_t count =
        wcsspn(digits, hex ? L"0123456789abcdefABCDEF" : L"0123456789");
    const wchar_t *rest = digits + count;
    if (count == 0)
        return false;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (!is_suffix(rest, suffixes[i].name))
            continue;
        errno = 0;
        *size = wcstoull(digits, NULL, hex ? 16 : 10);
        *fits = errno == 0;
        for (unsigned n = 0; n < suffixes[i].power; n++)
            *fits &= !__builtin_mul_overflow(*size, suffixes[i].base, size);
        return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    wchar_t text[64];
    fuzz_text(&input, text, 63);
    uint64_t wanted = 0;
    uint64_t got = 77;
    bool fits = false;
    bool is_size = reference(text, &wanted, &fits);
    fuzz_expect(size_has_syntax(text) == is_size, "the syntax");
    fuzz_expect(size_parse(text, &got) == (is_size && fits), "the answer");
    fuzz_expect(got == (is_size && fits ? wanted : 77), "the number");
    return 0;
}
