#include "size.h"

#include <stddef.h>

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

static bool multiply(uint64_t *value, uint64_t factor)
{
    if (*value > UINT64_MAX / factor)
        return false;
    *value *= factor;
    return true;
}

/* Reads the digits at `*words` and moves it past them. */
static bool parse_digits(const wchar_t **words, unsigned base, uint64_t *value)
{
    const wchar_t *start = *words;
    *value = 0;
    for (; digit_value(**words) < (int)base; (*words)++) {
        uint64_t digit = (uint64_t)digit_value(**words);
        if (!multiply(value, base) || *value > UINT64_MAX - digit)
            return false;
        *value += digit;
    }
    return *words != start;
}

static bool is_letter(wchar_t c, char letter)
{
    return c == (wchar_t)letter || c == (wchar_t)(letter - 'a' + 'A');
}

/* The power and base that a suffix means; false if it means none. */
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

static bool skip_prefix(const wchar_t **words)
{
    bool hexadecimal = (*words)[0] == L'0' && is_letter((*words)[1], 'x');
    if (hexadecimal)
        *words += 2;
    return hexadecimal;
}

bool size_has_form(const wchar_t *words)
{
    unsigned power = 0;
    uint64_t base = 0;
    int digits = skip_prefix(&words) ? 16 : 10;
    const wchar_t *start = words;
    while (digit_value(*words) < digits)
        words++;
    return words != start && parse_suffix(words, &power, &base);
}

bool size_parse(const wchar_t *words, uint64_t *size)
{
    uint64_t value = 0;
    unsigned power = 0;
    uint64_t base = 0;
    unsigned digits = skip_prefix(&words) ? 16 : 10;
    if (!parse_digits(&words, digits, &value) ||
        !parse_suffix(words, &power, &base))
        return false;
    while (power-- != 0) {
        if (!multiply(&value, base))
            return false;
    }
    *size = value;
    return true;
}
