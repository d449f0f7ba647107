#include "size.h"

#include <stddef.h>

/* Returns 16 for what is not a digit in any base. */
static int digit_value(wchar_t c)
{
    if (c >= L'0' && c <= L'9')
        return (int)(c - L'0');
    if (c >= L'a' && c <= L'f')
        return (int)(c - L'a') + 10;
    if (c >= L'A' && c <= L'F')
        return (int)(c - L'A') + 10;
    return 16;
}

/* Returns false if the product is too large. */
static bool multiply(uint64_t *value, uint64_t factor)
{
    if (*value > UINT64_MAX / factor)
        return false;
    *value *= factor;
    return true;
}

static bool is_letter(wchar_t c, char letter)
{
    return c == (wchar_t)letter || c == (wchar_t)(letter - 'a' + 'A');
}

/* Sets the factor base^power that a suffix stands for. Returns false if it is
   not a suffix. */
static bool parse_suffix(const wchar_t *suffix, unsigned *power, uint64_t *base)
{
    static const char letters[] = "kmgtp";
    *power = 0;
    *base = 1024;
    if (suffix[0] == L'\0')
        return true;
    for (size_t i = 0; letters[i] != '\0'; i++) {
        if (is_letter(suffix[0], letters[i]))
            *power = (unsigned)i + 1;
    }
    if (*power == 0)
        return false;
    if (suffix[1] == L'\0')
        return true;
    if (is_letter(suffix[1], 'i'))
        return is_letter(suffix[2], 'b') && suffix[3] == L'\0';
    *base = 1000;
    return is_letter(suffix[1], 'b') && suffix[2] == L'\0';
}

static bool skip_prefix(const wchar_t **string)
{
    bool hexadecimal = (*string)[0] == L'0' && is_letter((*string)[1], 'x');
    if (hexadecimal)
        *string += 2;
    return hexadecimal;
}

bool size_has_syntax(const wchar_t *string)
{
    unsigned power = 0;
    uint64_t base = 0;
    int digits = skip_prefix(&string) ? 16 : 10;
    const wchar_t *start = string;
    while (digit_value(*string) < digits)
        string++;
    return string != start && parse_suffix(string, &power, &base);
}

bool size_parse(const wchar_t *string, uint64_t *size)
{
    uint64_t value = 0;
    unsigned power = 0;
    uint64_t base = 0;
    unsigned digits = skip_prefix(&string) ? 16 : 10;
    const wchar_t *start = string;
    for (; digit_value(*string) < (int)digits; string++) {
        uint64_t digit = (uint64_t)digit_value(*string);
        if (!multiply(&value, digits) || value > UINT64_MAX - digit)
            return false;
        value += digit;
    }
    if (string == start || !parse_suffix(string, &power, &base))
        return false;
    while (power-- != 0) {
        if (!multiply(&value, base))
            return false;
    }
    *size = value;
    return true;
}
