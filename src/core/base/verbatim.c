#include "verbatim.h"

#include <stdlib.h>

#include "core/errors.h"
#include "name_set.h"
#include "path.h"

/* The length of the part of a name that Win32 compares with device names. */
static size_t stem_length(const wchar_t *name)
{
    size_t length = wcscspn(name, L".:");
    while (length != 0 && name[length - 1] == L' ')
        length--;
    return length;
}

/* COM and LPT, followed by a digit or a superscript digit. */
static bool is_port(const wchar_t *stem)
{
    static const wchar_t digits[] = L"0123456789\x00b9\x00b2\x00b3";
    wchar_t start[4] = {stem[0], stem[1], stem[2], L'\0'};
    return (name_compare(start, L"COM") == 0 ||
            name_compare(start, L"LPT") == 0) &&
           wcschr(digits, stem[3]) != NULL;
}

static bool is_device(const wchar_t *name)
{
    static const wchar_t *const devices[] = {L"CON", L"PRN",    L"AUX",
                                             L"NUL", L"CONIN$", L"CONOUT$"};
    wchar_t stem[8] = {0};
    size_t length = stem_length(name);
    if (length >= sizeof stem / sizeof stem[0])
        return false;
    wmemcpy(stem, name, length);
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        if (name_compare(stem, devices[i]) == 0)
            return true;
    }
    return length == 4 && is_port(stem);
}

bool verbatim_is_needed(const wchar_t *name)
{
    size_t length = wcslen(name);
    return length != 0 && (name[length - 1] == L'.' ||
                           name[length - 1] == L' ' || is_device(name));
}

os_error verbatim_directory(const wchar_t *directory, wchar_t **path)
{
    *path = NULL;
    return os_full_path(*directory != L'\0' ? directory : L".", path);
}

os_error verbatim_join(const wchar_t *directory, const wchar_t *name,
                       wchar_t **joined)
{
    wchar_t *verbatim = NULL;
    os_error error = 0;
    *joined = NULL;
    if (verbatim_is_needed(name))
        error = verbatim_directory(directory, &verbatim);
    if (error != 0)
        return error;
    if (verbatim != NULL)
        directory = verbatim;
    *joined = *directory != L'\0' ? path_join(directory, name)
                                  : path_splice(name, wcslen(name), L"");
    free(verbatim);
    return *joined != NULL ? 0 : CODE_NOT_ENOUGH_MEMORY;
}
