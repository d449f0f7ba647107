/* DEST made ready: what is asked of it, what is set, and what a lost
   connection means meanwhile. */
#include "core/errors.h"
#include "core/os.h"
#include "core/file/held_directory.h"
#include "core/file/file.h"
#include "world.h"

TestSuite(dest, .timeout = 120);

enum { CLUSTER = 4096, LENGTH = 16 * CLUSTER };

static struct world make(const char *profile)
{
    struct world w = world_make(profile);
    sim_fill_pattern(L"R:\\a", 0, LENGTH, 1);
    return w;
}

/* A lost connection says nothing of what the volume can: it is tried anew. */
Test(dest, a_lost_connection_is_no_lack_of_sparse_files)
{
    struct world w = make("refs-4k");
    sim_fault(SIM_OP_SET_SPARSE, 1, CODE_NETNAME_DELETED);
    world_run(&w);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(w.outcome.retries, 1);
    cr_expect_not(sim_is_sparse(L"R:\\b"));
    world_end(&w);
}

Test(dest, a_lost_connection_is_no_lack_of_integrity)
{
    struct world w = make("refs-4k");
    sim_set_integrity(L"R:\\a", 1, 0);
    sim_fault(SIM_OP_SET_INTEGRITY, 1, CODE_NETNAME_DELETED);
    world_run(&w);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(w.outcome.retries, 1);
    cr_expect_eq(w.outcome.lost, 0u);
    cr_expect_neq(sim_integrity(L"R:\\b"), 0);
    world_end(&w);
}

Test(dest, a_lost_connection_in_place)
{
    struct world w = make("refs-4k");
    struct reflink_range range = {0, 0, 0, true};
    sim_set_sparse(L"R:\\a", true);
    sim_fill_pattern(L"R:\\b", 0, LENGTH, 2);
    sim_fault(SIM_OP_SET_SPARSE, 1, CODE_NETNAME_DELETED);
    reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\b", &range, &w.outcome);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(w.outcome.retries, 1);
    world_end(&w);
}

/* "No enforcement" differs alone: it is set, and if it cannot be, it is no
   hindrance to cloning, which asks for the same checksums only. */
Test(dest, a_flag_of_integrity)
{
    for (int refused = 0; refused <= 1; refused++) {
        struct world w = make("refs-4k");
        struct os_file *file = NULL;
        struct os_integrity there = {0};
        w.volume->default_integrity = true;
        sim_set_integrity(L"R:\\a", 1, 1);
        if (refused)
            w.volume->set_integrity = CODE_ACCESS_DENIED;
        world_run(&w);
        cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE, "%d", refused);
        cr_expect_eq(w.outcome.lost, 0u);
        cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &file), 0);
        cr_expect_eq(os_get_integrity(file, &there), 0);
        cr_expect_eq(there.flags, refused ? 0u : 1u);
        os_close(file);
        world_end(&w);
    }
}

/* Neither goes with the other: a flag of a file without checksums is not
   handed on, as it would be refused. */
Test(dest, a_flag_without_checksums_is_left_out)
{
    struct world w = make("refs-4k");
    w.volume->default_integrity = true;
    sim_set_integrity(L"R:\\a", 0, 1);
    world_run(&w);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(sim_integrity(L"R:\\b"), 0);
    world_end(&w);
}

/* What is as it has to be is not set: each is a call, and a change. */
Test(dest, what_is_right_is_left_alone)
{
    struct world w = make("refs-4k");
    struct reflink_range range = {0, 0, 0, false};
    sim_set_sparse(L"R:\\a", true);
    sim_fill_pattern(L"R:\\b", 0, 2 * LENGTH, 2);
    sim_set_sparse(L"R:\\b", true);
    range.length = LENGTH;
    reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\b", &range, &w.outcome);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(sim_calls(SIM_OP_SET_SIZE), 0);
    cr_expect_eq(sim_calls(SIM_OP_SET_SPARSE), 0);
    sim_set_size(L"R:\\b", 0);
    range.length = 0;
    reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\b", &range, &w.outcome);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(sim_calls(SIM_OP_SET_SIZE), 0);
    world_end(&w);
}

/* A server that has no such request is asked once a run. */
Test(dest, no_integrity_is_asked_for_once)
{
    static const char *const profiles[] = {"smb-refs", "samba"};
    for (size_t i = 0; i < 2; i++) {
        struct world w = make(profiles[i]);
        world_run(&w);
        world_run_paths(&w, L"R:\\a", L"R:\\c");
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_eq(sim_calls(SIM_OP_GET_INTEGRITY), 1, "%s", profiles[i]);
        world_end(&w);
    }
}

/* Nor for extents. */
Test(dest, no_extents_are_asked_for_once)
{
    struct world w = make("samba");
    world_run(&w);
    world_run_paths(&w, L"R:\\a", L"R:\\c");
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.bytes_copied, 0);
    cr_expect_eq(sim_calls(SIM_OP_EXTENTS), 1);
    world_end(&w);
}

/* --- several files of one directory --------------------------------------- */

static struct held_directory *open_directory(const wchar_t *path)
{
    struct reflink_outcome outcome = {0};
    struct held_directory *directory =
        held_directory_open(NULL, path, OS_DIRECTORY_CREATE, &outcome);
    cr_assert_neq(directory, NULL);
    return directory;
}

/* Clones a file for each of the settings, and checks that it has that. */
static void clone_each(struct world *w, const unsigned *settings, int count)
{
    struct held_directory *directory = open_directory(L"R:\\d");
    for (int i = 0; i < count; i++) {
        wchar_t source[32], dest[32];
        swprintf(source, 32, L"R:\\s%d", i);
        swprintf(dest, 32, L"R:\\d\\%d", i);
        sim_fill_pattern(source, 0, LENGTH, 1);
        sim_set_integrity(source, (uint16_t)settings[i], 0);
        file_run(w->session, &w->policy, source, directory, dest, &w->outcome);
        cr_expect_eq(w->outcome.method, REFLINK_METHOD_CLONE, "%d", i);
        cr_expect_eq(w->outcome.cluster_size, CLUSTER);
        cr_expect_eq(sim_integrity(dest), settings[i], "%d", i);
    }
    held_directory_drop(directory);
}

/* Only files that are marked, after the first two. */
Test(dest, few_files_are_asked_for_integrity)
{
    static const unsigned settings[] = {0, 0, 0, 1, 0};
    for (int inherited = 0; inherited < 2; inherited++) {
        struct world w = make("refs-4k");
        w.volume->default_integrity = inherited;
        w.volume->allocation_unit = 1024; /* wrong, and second best */
        clone_each(&w, settings, 5);
        cr_expect_eq(sim_calls(SIM_OP_GET_INTEGRITY), inherited ? 7 : 3);
        world_end(&w);
    }
}

/* A volume that was seen not to mark a file is asked for each. */
Test(dest, all_files_are_asked_where_none_is_marked)
{
    static const unsigned settings[] = {1, 0, 0, 0, 1};
    struct world w = make("refs-4k");
    w.volume->hides_integrity = true;
    clone_each(&w, settings, 5);
    cr_expect_eq(sim_calls(SIM_OP_GET_INTEGRITY), 10);
    world_end(&w);
}

Test(dest, a_directory_makes_its_files_encrypted)
{
    struct world w = make("refs-4k");
    sim_mkdir(L"R:\\d");
    sim_set_attributes(L"R:\\d", OS_ATTRIBUTE_ENCRYPTED);
    struct held_directory *directory = open_directory(L"R:\\d");
    file_run(w.session, &w.policy, L"R:\\a", directory, L"R:\\d\\b",
             &w.outcome);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_ENCRYPTED);
    held_directory_drop(directory);
    world_end(&w);
}

/* The directory says nothing about files that are created encrypted. */
Test(dest, an_encrypted_file_in_a_directory)
{
    for (int encrypts = 0; encrypts < 2; encrypts++) {
        struct world w = make("ntfs");
        w.volume->encrypts = encrypts != 0;
        sim_set_attributes(L"R:\\a", OS_ATTRIBUTE_ENCRYPTED);
        struct held_directory *directory = open_directory(L"R:\\d");
        file_run(w.session, &w.policy, L"R:\\a", directory, L"R:\\d\\b",
                 &w.outcome);
        cr_expect_eq(w.outcome.status, encrypts ? REFLINK_OK : REFLINK_FAILED);
        held_directory_drop(directory);
        world_end(&w);
    }
}

/* A directory is asked once, and again when it was opened again. */
Test(dest, a_directory_is_asked_once)
{
    struct world w = make("smb-sofs");
    struct os_info info;
    sim_mkdir(L"R:\\d");
    struct held_directory *directory = open_directory(L"R:\\d");
    for (int i = 0; i < 2; i++)
        held_directory_describe_new(directory, &info);
    cr_expect_eq(sim_calls(SIM_OP_QUERY), 1);
    cr_expect_neq(info.identity.volume, 0);
    sim_lose_handles(w.volume, CODE_NETNAME_DELETED);
    sim_set_attributes(L"R:\\d", OS_ATTRIBUTE_ENCRYPTED | OS_ATTRIBUTE_HIDDEN);
    held_directory_renew(directory);
    held_directory_describe_new(directory, &info);
    cr_expect_eq(info.attributes, OS_ATTRIBUTE_ENCRYPTED);
    held_directory_drop(directory);
    world_end(&w);
}

/* What is known of a lost directory stays known while it cannot be renewed. */
Test(dest, a_directory_that_cannot_be_asked_again)
{
    struct world w = make("smb-sofs");
    struct os_info info;
    struct held_directory *directory = open_directory(L"R:\\d");
    sim_lose_handles(w.volume, CODE_NETNAME_DELETED);
    sim_fault_always(SIM_OP_QUERY, CODE_ACCESS_DENIED);
    held_directory_renew(directory);
    held_directory_describe_new(directory, &info);
    cr_expect_neq(info.identity.volume, 0);
    held_directory_drop(directory);
    world_end(&w);
}

/* It is asked again if the answer did not come; without one, it is not used. */
Test(dest, a_directory_that_does_not_answer)
{
    for (int always = 0; always < 2; always++) {
        struct world w = make("refs-4k");
        struct held_directory *parent = open_directory(L"R:\\d");
        sim_fault(SIM_OP_QUERY, 1, CODE_NETNAME_DELETED);
        if (always)
            sim_fault_always(SIM_OP_QUERY, CODE_ACCESS_DENIED);
        struct held_directory *directory = held_directory_open(
            parent, L"R:\\d\\e", OS_DIRECTORY_CREATE, &w.outcome);
        cr_expect_eq(directory == NULL, always);
        held_directory_drop(directory);
        held_directory_drop(parent);
        world_end(&w);
    }
}
