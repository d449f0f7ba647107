#include <criterion/criterion.h>

#include <stdlib.h>

#include "core/base/verbatim.h"
#include "core/base/name_set.h"
#include "sim/sim.h"

TestSuite(verbatim, .timeout = 120);
TestSuite(name_set, .timeout = 120);

Test(verbatim, names_that_win32_would_change)
{
    static const struct {
        const wchar_t *name;
        bool needed;
    } rows[] = {
        {L"", false},          {L"a", false},         {L"a.", true},
        {L"a ", true},         {L"...", true},        {L".a", false},
        {L" a", false},        {L"a.b", false},       {L"con", true},
        {L"CON.txt", true},    {L"Aux.tar.gz", true}, {L"nul .x", true},
        {L"prn", true},        {L"con1", false},      {L"xcon", false},
        {L"com1", true},       {L"COM\x00b2", true},  {L"com", false},
        {L"com10", false},     {L"comx", false},      {L"lpt9.a", true},
        {L"lpt", false},       {L"conin$", true},     {L"CONOUT$.x", true},
        {L"conout$$", false},  {L"command", false},   {L"au", false},
        {L"auxiliary", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(verbatim_is_needed(rows[i].name), rows[i].needed, "'%ls'",
                     rows[i].name);
}

Test(verbatim, directories)
{
    wchar_t *path = NULL;
    sim_reset();
    cr_assert_eq(verbatim_directory(L"R:/a\\b\\", &path), 0);
    cr_expect_eq(wcscmp(path, L"R:\\a\\b"), 0, "%ls", path);
    free(path);
    sim_fault(SIM_OP_FULL_PATH, 1, 8);
    cr_expect_eq(verbatim_directory(L"R:\\a", &path), 8);
    cr_expect_null(path);
}

Test(name_set, are_ordered_whatever_their_case)
{
    cr_expect_eq(name_compare(L"Name.TXT", L"nAME.txt"), 0);
    cr_expect_lt(name_compare(L"name", L"Name2"), 0);
    cr_expect_gt(name_compare(L"name2", L"NAME"), 0);
    cr_expect_lt(name_compare(L"a", L"B"), 0);
    cr_expect_gt(name_compare(L"_", L"a"), 0);
    cr_expect_eq(name_compare(L"", L""), 0);
}

Test(name_set, those_that_come_twice)
{
    struct name_set names = {0};
    wchar_t name[16];
    sim_reset();
    cr_expect_eq(name_set_keep_repeated(&names), 0);
    cr_expect_eq(name_set_find(&names, L"x"), 0);
    for (int i = 0; i < 10000; i++) {
        swprintf(name, 16, L"%ls%d", i % 2 == 0 ? L"name" : L"NAME", i % 9990);
        cr_assert(name_set_add(&names, name));
    }
    cr_assert(name_set_add(&names, L"name3")); /* thrice */
    cr_expect_eq(name_set_keep_repeated(&names), 10);
    for (int i = 0; i < 10; i++) {
        swprintf(name, 16, L"Name%d", i);
        cr_expect_lt(name_set_find(&names, name), 10);
    }
    cr_expect_eq(name_set_find(&names, L"name10"), 10);
    cr_expect_eq(name_set_find(&names, L"name"), 10);
    name_set_free(&names);
}
