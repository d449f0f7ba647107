/* Whether a tree can be cloned, before anything is created. */
#include "core/errors.h"
#include "core/tree/probe.h"
#include "world.h"

TestSuite(probe, .timeout = 120);

static struct world make(const char *profile)
{
    struct world w = world_make(profile);
    sim_mkdir(L"R:\\base");
    sim_mkdir(L"S:\\base");
    return w;
}

static enum reflink_reason reason_of(const wchar_t *source, const wchar_t *dest,
                                     bool may_write)
{
    struct reflink_outcome outcome;
    bool accepted = probe_tree(source, dest, may_write, &outcome);
    cr_expect_eq(outcome.status, accepted ? REFLINK_OK : REFLINK_REFUSED);
    cr_expect_eq(sim_file_count(L"R:\\"), 1);
    cr_expect_eq(sim_open_handles(), 0);
    return outcome.reason;
}

Test(probe, a_volume_that_reports_cloning_is_believed)
{
    struct world w = make("refs-4k");
    cr_expect_eq(reason_of(L"R:\\base", L"R:\\no\\deep", true),
                 REFLINK_REASON_NONE);
    cr_expect_eq(sim_calls(SIM_OP_CLONE), 0);
    world_end(&w);
}

Test(probe, another_volume)
{
    struct world w = make("refs-4k");
    cr_expect_eq(reason_of(L"S:\\base", L"R:\\no\\deep", true),
                 REFLINK_REASON_OTHER_VOLUME);
    world_end(&w);
    w = make("ntfs");
    cr_expect_eq(reason_of(L"S:\\base", L"R:\\no", true),
                 REFLINK_REASON_NO_CLONING);
    world_end(&w);
}

/* What it reports need not be all that it can do: it is asked. */
Test(probe, a_volume_that_reports_no_cloning)
{
    struct world w = make("ntfs");
    cr_expect_eq(reason_of(L"R:\\base", L"R:\\no", true),
                 REFLINK_REASON_NO_CLONING);
    /* a dry run creates nothing */
    cr_expect_eq(reason_of(L"R:\\base", L"R:\\no", false), REFLINK_REASON_NONE);
    world_end(&w);
    w = make("openzfs");
    w.volume->features &= ~(uint32_t)OS_VOLUME_CLONES;
    cr_expect_eq(reason_of(L"R:\\base", L"R:\\no", true), REFLINK_REASON_NONE);
    cr_expect_eq(sim_calls(SIM_OP_CLONE), 1);
    /* success without an effect is none */
    w.volume->lie = SIM_LIE_ZEROS;
    cr_expect_eq(reason_of(L"R:\\base", L"R:\\no", true),
                 REFLINK_REASON_NO_CLONING);
    world_end(&w);
}

/* What cannot be found out is left to the run. */
Test(probe, a_directory_that_cannot_be_written)
{
    struct world w = make("ntfs");
    w.volume->read_only = true;
    cr_expect_eq(reason_of(L"R:\\base", L"R:\\no", true), REFLINK_REASON_NONE);
    cr_expect_eq(sim_calls(SIM_OP_CLONE), 0);
    world_end(&w);
}
