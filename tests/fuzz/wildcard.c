/* Wildcards against a matcher that follows the rules literally. */
#include "core/tree/wildcard.h"

#include "fuzz.h"

/* `*`: any characters. `?`: one, or none before a dot or at the end. A dot:
   one, or none at the end. */
static bool reference(const wchar_t *pattern, const wchar_t *name)
{
    if (*pattern == L'\0')
        return *name == L'\0';
    if (*pattern == L'*')
        return reference(pattern + 1, name) ||
               (*name != L'\0' && reference(pattern, name + 1));
    bool at_end = *name == L'\0';
    if (!at_end && (*pattern == L'?' || os_fold(*pattern) == os_fold(*name)) &&
        reference(pattern + 1, name + 1))
        return true;
    bool can_be_empty =
        *pattern == L'?' ? at_end || *name == L'.' : *pattern == L'.' && at_end;
    return can_be_empty && reference(pattern + 1, name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    wchar_t pattern[12];
    wchar_t name[300];
    fuzz_text(&input, pattern, 11);
    size_t length = fuzz_text(&input, name, 299);
    bool matches = wildcard_matches(pattern, name);
    if (length >= OS_NAME_ROOM)
        fuzz_expect(!matches, "a name that is too long matches");
    else if (length <= 12)
        fuzz_expect(matches == reference(pattern, name), "another answer");
    return 0;
}
