#include <criterion/criterion.h>

#include "core/tree/wildcard.h"
#include "sim/sim.h"

TestSuite(wildcard, .timeout = 120);

/* By the name that a directory shows, and by no 8.3 alias of it. */
Test(wildcard, matches)
{
    static const struct {
        const wchar_t *pattern;
        const wchar_t *name;
        bool matches;
    } rows[] = {
        {L"*", L"a", true},
        {L"*", L".a", true},
        {L"*.*", L"a.b", true},
        {L"*.*", L"noext", true},
        {L"*.vhd", L"x.vhd", true},
        {L"*.vhd", L"X.VHD", true},
        {L"*.vhd", L"x.vhdx", false},
        {L"*.vhdx", L"x.vhd", false},
        {L"*.htm", L"a.html", false},
        {L"*.", L"noext", true},
        {L"a*c", L"abc", true},
        {L"a*c", L"ac", true},
        {L"a*c", L"abcd", false},
        {L"a*b*c", L"axbxbxc", true},
        {L"a**c", L"abc", true},
        {L"*a", L"aaa", true},
        {L"?", L"a", true},
        {L"?", L"ab", false},
        {L"a?.x", L"a1.x", true},
        {L"a?.x", L"a.x", true},
        {L"a?.x", L"a12.x", false},
        {L"???", L"ab", true},
        {L"?b", L"b", false},
        {L"a.???", L"a.b", true},
        {L"a.???", L"a", true},
        {L"ABCDEF~1.*", L"abcdefgh.vhdx", false},
        {L"*~1.vhd", L"long name.vhdx", false},
        {L"[ab]*", L"a", false},
        {L"[ab]*", L"[ab]c", true},
    };
    sim_reset();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(wildcard_matches(rows[i].pattern, rows[i].name),
                     rows[i].matches, "'%ls', '%ls'", rows[i].pattern,
                     rows[i].name);
}

/* The longest name there can be, and the pattern that leads astray most. */
Test(wildcard, longest_name)
{
    wchar_t name[OS_NAME_ROOM] = {0};
    wmemset(name, L'a', 255);
    cr_expect(wildcard_matches(L"*a*a*a*a*a*a*a*a*a*a*", name));
    cr_expect_not(wildcard_matches(L"*a*a*a*a*a*a*a*a*a*a*b", name));
}
