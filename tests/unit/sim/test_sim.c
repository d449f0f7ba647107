/*
 * The simulated system itself: what the tests of the core stand on.
 */
#include <signal.h>
#include <string.h>

#include "core/errors.h"
#define SIM_SUITE sim
#include "sim_test.h"
#include "sim/sim_internal.h"

#define CLUSTER 4096u
#define KIB UINT64_C(1024)
#define GIB (KIB * KIB * KIB)
#define TIB (KIB * GIB)

#define SOURCE L"R:\\source"
#define DEST L"R:\\dest"

/* ---- helpers --------------------------------------------------------- */

static struct os_file *open_file(const wchar_t *path, enum os_intent intent)
{
    struct os_file *file = NULL;
    os_error error = os_open(path, intent, &file);
    cr_assert_eq(error, 0, "open %ls: %u", path, (unsigned)error);
    return file;
}

static os_error try_open(const wchar_t *path, enum os_intent intent)
{
    struct os_file *file = NULL;
    os_error error = os_open(path, intent, &file);
    if (!error)
        os_close(file);
    return error;
}

/* Two files of `size` bytes of different patterns. */
static struct sim_volume *two_files(const char *profile, uint64_t size)
{
    struct sim_volume *volume = sim_mount(L"R:\\", profile);
    cr_assert_eq(sim_fill_pattern(SOURCE, 0, size, 1), 0);
    cr_assert_eq(sim_fill_pattern(DEST, 0, size, 2), 0);
    return volume;
}

static os_error clone_range(uint64_t from, uint64_t to, uint64_t length)
{
    struct os_file *source = open_file(SOURCE, OS_OPEN_SOURCE_SHARED);
    struct os_file *dest = open_file(DEST, OS_OPEN_IN_PLACE);
    os_error error = os_clone(source, from, dest, to, length);
    os_close(source);
    os_close(dest);
    return error;
}

static os_error clone_within(uint64_t from, uint64_t to, uint64_t length)
{
    struct os_file *file = open_file(SOURCE, OS_OPEN_IN_PLACE);
    os_error error = os_clone(file, from, file, to, length);
    os_close(file);
    return error;
}

static bool reads_as(const wchar_t *path, uint64_t offset, uint64_t length,
                     uint64_t seed, uint64_t origin)
{
    for (uint64_t i = 0; i < length; i++) {
        uint8_t byte;
        if (sim_read_at(path, offset + i, &byte, 1) != 1 ||
            byte != sim_pattern_byte(seed, origin + i))
            return false;
    }
    return true;
}

static bool reads_zero(const wchar_t *path, uint64_t offset, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++) {
        uint8_t byte;
        if (sim_read_at(path, offset + i, &byte, 1) != 1 || byte != 0)
            return false;
    }
    return true;
}

/* ---- open, sharing --------------------------------------------------- */

SIM_TEST(open_tells_what_is_missing)
{
    sim_mount(L"R:\\", "refs-4k");
    sim_write_file(SOURCE, "x", 1);
    cr_expect_eq(try_open(L"R:\\none", OS_OPEN_SOURCE), CODE_FILE_NOT_FOUND);
    cr_expect_eq(try_open(L"R:\\no\\f", OS_OPEN_SOURCE), CODE_PATH_NOT_FOUND);
    cr_expect_eq(try_open(L"R:\\no\\f", OS_CREATE_NEW), CODE_PATH_NOT_FOUND);
    cr_expect_eq(try_open(L"R:\\source\\f", OS_CREATE_NEW),
                 CODE_PATH_NOT_FOUND);
    cr_expect_eq(try_open(L"Q:\\f", OS_OPEN_SOURCE), CODE_PATH_NOT_FOUND);
    cr_expect_eq(try_open(L"R:\\a:b", OS_CREATE_NEW), CODE_INVALID_NAME);
    cr_expect_eq(try_open(SOURCE, OS_CREATE_NEW), CODE_FILE_EXISTS);
}

SIM_TEST(paths_have_many_spellings)
{
    sim_mount(L"R:\\", "refs-4k");
    sim_mount(L"\\\\server\\share", "smb-refs");
    sim_mkdir(L"R:\\Dir");
    sim_write_file(L"R:\\Dir\\File", "x", 1);
    sim_write_file(L"\\\\server\\share\\f", "yy", 2);
    cr_expect_eq(sim_size(L"r:/dir/FILE"), 1);
    cr_expect_eq(sim_size(L"\\\\?\\R:\\dir\\file"), 1);
    cr_expect_eq(sim_size(L"Dir\\.\\..\\\\Dir\\file"), 1);
    cr_expect_eq(sim_size(L"\\\\?\\UNC\\server\\share\\f"), 2);
    cr_expect_eq(sim_size(L"//SERVER/share/f"), 2);
    cr_expect_eq(sim_file_count(L"R:\\"), 1);
    cr_expect_eq(sim_file_count(L"R:\\dir"), 1);
    cr_expect_eq(wcscmp(sim_file_name(L"R:\\dir", 0), L"File"), 0);
    cr_expect_null(sim_file_name(L"R:\\dir", 1));
}

SIM_TEST(directories_can_only_be_looked_at)
{
    struct os_info info;
    struct os_file *file;
    sim_mount(L"R:\\", "refs-4k");
    sim_mkdir(L"R:\\dir");
    cr_expect_eq(try_open(L"R:\\dir", OS_OPEN_SOURCE), CODE_ACCESS_DENIED);
    cr_expect_eq(try_open(L"R:\\dir", OS_OPEN_IN_PLACE), CODE_ACCESS_DENIED);
    cr_expect_eq(try_open(L"R:\\dir", OS_CREATE_NEW), CODE_FILE_EXISTS);
    file = open_file(L"R:\\dir\\", OS_OPEN_LOOK);
    cr_assert_eq(os_query(file, &info), 0);
    cr_expect(info.attributes & OS_ATTRIBUTE_DIRECTORY);
    os_close(file);
    file = open_file(L"R:\\", OS_OPEN_LOOK);
    os_close(file);
}

SIM_TEST(a_source_keeps_writers_out)
{
    struct os_file *source;
    sim_mount(L"R:\\", "refs-4k");
    sim_write_file(SOURCE, "x", 1);
    source = open_file(SOURCE, OS_OPEN_SOURCE);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_IN_PLACE), CODE_SHARING_VIOLATION);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_SOURCE), 0);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_LOOK), 0);
    cr_expect_eq(os_flush_path(SOURCE), CODE_SHARING_VIOLATION);
    os_close(source);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_IN_PLACE), 0);
    cr_expect_eq(os_flush_path(SOURCE), 0);
}

SIM_TEST(a_writer_keeps_a_source_out)
{
    struct os_file *writer;
    sim_mount(L"R:\\", "refs-4k");
    sim_write_file(SOURCE, "x", 1);
    writer = sim_open_as(SOURCE, SIM_WRITE, SIM_READ | SIM_WRITE);
    cr_assert_not_null(writer);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_SOURCE), CODE_SHARING_VIOLATION);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_SOURCE_SHARED), 0);
    cr_expect_eq(os_remove(NULL, SOURCE), CODE_SHARING_VIOLATION);
    os_close(writer);
    writer = sim_open_as(SOURCE, SIM_READ | SIM_WRITE, 0);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_SOURCE_SHARED),
                 CODE_SHARING_VIOLATION);
    os_close(writer);
}

SIM_TEST(a_new_file_is_for_one_handle)
{
    struct os_file *file;
    sim_mount(L"R:\\", "refs-4k");
    file = open_file(DEST, OS_CREATE_NEW);
    cr_expect_eq(try_open(DEST, OS_OPEN_SOURCE_SHARED), CODE_SHARING_VIOLATION);
    cr_expect_eq(try_open(DEST, OS_OPEN_LOOK), 0);
    cr_expect_eq(sim_open_handles(), 1);
    os_close(file);
    os_close(NULL);
}

SIM_TEST(read_only_files)
{
    struct os_file *file;
    sim_mount(L"R:\\", "refs-4k");
    sim_write_file(SOURCE, "x", 1);
    sim_set_attributes(SOURCE, OS_ATTRIBUTE_READONLY);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_IN_PLACE), CODE_ACCESS_DENIED);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_SOURCE), 0);
    cr_expect_eq(os_flush_path(SOURCE), CODE_ACCESS_DENIED);
    file = open_file(DEST, OS_CREATE_NEW);
    cr_expect_eq(os_set_metadata(file, OS_ATTRIBUTE_READONLY, 0, 0), 0);
    cr_expect_eq(os_mark_deleted(file, true), CODE_ACCESS_DENIED);
    cr_expect_eq(os_write(file, 0, "x", 1), 0);
    os_close(file);
    cr_expect(sim_exists(DEST));
    cr_expect_eq(os_remove(NULL, DEST), 0);
    cr_expect_not(sim_exists(DEST));
}

SIM_TEST(rights_are_those_of_the_intent)
{
    struct os_range range;
    size_t count;
    bool more;
    uint32_t done;
    char byte;
    struct os_integrity integrity = {0, 0, 0};
    struct os_file *file;

    sim_mount(L"R:\\", "refs-4k");
    sim_write_file(SOURCE, "x", 1);
    file = open_file(SOURCE, OS_OPEN_SOURCE);
    cr_expect_eq(os_write(file, 0, "y", 1), CODE_ACCESS_DENIED);
    cr_expect_eq(os_set_size(file, 9), CODE_ACCESS_DENIED);
    cr_expect_eq(os_set_sparse(file, true), CODE_ACCESS_DENIED);
    cr_expect_eq(os_zero(file, 0, 1), CODE_ACCESS_DENIED);
    cr_expect_eq(os_flush(file), CODE_ACCESS_DENIED);
    cr_expect_eq(os_set_metadata(file, 0, 0, 1), CODE_ACCESS_DENIED);
    cr_expect_eq(os_set_integrity(file, &integrity), CODE_ACCESS_DENIED);
    cr_expect_eq(os_mark_deleted(file, true), CODE_ACCESS_DENIED);
    cr_expect_eq(os_rename(file, NULL, DEST, true), CODE_ACCESS_DENIED);
    os_close(file);
    file = open_file(SOURCE, OS_OPEN_LOOK);
    cr_expect_eq(os_read(file, 0, &byte, 1, &done), CODE_ACCESS_DENIED);
    cr_expect_eq(os_allocated(file, 0, 1, &range, 1, &count, &more),
                 CODE_ACCESS_DENIED);
    os_close(file);
    cr_expect(sim_holds(SOURCE, "x", 1));
}

SIM_TEST(a_read_only_volume)
{
    struct os_file *file;
    struct os_volume told;
    struct sim_volume *volume = two_files("refs-4k", CLUSTER);
    volume->read_only = true;
    cr_expect_eq(try_open(L"R:\\new", OS_CREATE_NEW), CODE_WRITE_PROTECT);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_IN_PLACE), CODE_WRITE_PROTECT);
    cr_expect_eq(os_remove(NULL, SOURCE), CODE_WRITE_PROTECT);
    file = open_file(SOURCE, OS_OPEN_SOURCE);
    os_query_volume(file, &told);
    cr_expect(told.features & OS_VOLUME_READ_ONLY);
    os_close(file);
    volume->read_only = false;
    file = open_file(DEST, OS_OPEN_IN_PLACE);
    volume->read_only = true;
    /* step 3 goes before step 4 */
    cr_expect_eq(os_clone(file, 1, file, 0, CLUSTER), CODE_WRITE_PROTECT);
    cr_expect_eq(os_write(file, 0, "x", 1), CODE_WRITE_PROTECT);
    os_close(file);
}

/* ---- links ----------------------------------------------------------- */

SIM_TEST(hard_links_are_one_file)
{
    struct os_info a;
    struct os_info b;
    struct os_file *file;
    sim_mount(L"R:\\", "refs-4k");
    sim_write_file(SOURCE, "one", 3);
    cr_assert_eq(sim_link(SOURCE, DEST), 0);
    cr_expect_eq(sim_link(SOURCE, DEST), CODE_ALREADY_EXISTS);
    file = open_file(SOURCE, OS_OPEN_LOOK);
    cr_assert_eq(os_query(file, &a), 0);
    os_close(file);
    file = open_file(DEST, OS_OPEN_LOOK);
    cr_assert_eq(os_query(file, &b), 0);
    os_close(file);
    cr_expect_eq(memcmp(&a.identity, &b.identity, sizeof a.identity), 0);
    cr_expect_eq(os_remove(NULL, SOURCE), 0);
    cr_expect(sim_holds(DEST, "one", 3));
}

SIM_TEST(hard_links_are_made_by_handle)
{
    struct os_info info;
    struct sim_volume *volume = sim_mount(L"R:\\", "refs-4k");
    sim_mount(L"S:\\", "refs-4k");
    sim_mkdir(L"R:\\dir");
    sim_write_file(SOURCE, "one", 3);
    sim_set_attributes(SOURCE, OS_ATTRIBUTE_READONLY);
    struct os_file *file = open_file(SOURCE, OS_OPEN_TO_LINK);
    struct os_file *directory = open_file(L"R:\\dir", OS_OPEN_LOOK);
    cr_expect_eq(os_hard_link(file, directory, L"R:\\other\\c"), 0);
    cr_expect(sim_is_same_file(L"R:\\dir\\c", SOURCE));
    cr_expect_eq(sim_attributes(SOURCE),
                 OS_ATTRIBUTE_READONLY | OS_ATTRIBUTE_ARCHIVE);
    cr_expect_eq(os_hard_link(file, NULL, L"R:\\dir\\c"), CODE_ALREADY_EXISTS);
    cr_expect_eq(os_hard_link(file, NULL, L"R:\\none\\c"), CODE_PATH_NOT_FOUND);
    cr_expect_eq(os_hard_link(file, NULL, L"S:\\c"), CODE_NOT_SAME_DEVICE);
    cr_assert_eq(os_query_state(file, &info), 0);
    cr_expect_eq(info.links, 2);
    volume->link_limit = 2;
    cr_expect_eq(os_hard_link(file, NULL, DEST), CODE_TOO_MANY_LINKS);
    volume->hard_links = false;
    cr_expect_eq(os_hard_link(file, NULL, DEST), CODE_INVALID_FUNCTION);
    os_close(directory);
    os_close(file);
    /* a name is renamed by a handle that was opened by it */
    file = open_file(L"R:\\dir\\c", OS_OPEN_DELETE);
    cr_expect_eq(os_rename(file, NULL, DEST, false), 0);
    os_close(file);
    cr_expect(sim_is_same_file(DEST, SOURCE));
    cr_expect_not(sim_exists(L"R:\\dir\\c"));
}

SIM_TEST(symbolic_links_are_followed_but_not_by_create)
{
    sim_mount(L"R:\\", "refs-4k");
    sim_mkdir(L"R:\\dir");
    sim_write_file(L"R:\\dir\\real", "abc", 3);
    cr_assert_eq(sim_symlink(L"dir", L"R:\\d"), 0);
    cr_assert_eq(sim_symlink(L"real", L"R:\\dir\\l"), 0);
    cr_assert_eq(sim_symlink(L"R:\\new", L"R:\\dangling"), 0);
    cr_assert_eq(sim_symlink(L"R:\\loop", L"R:\\loop"), 0);
    cr_expect_eq(sim_size(L"R:\\d\\l"), 3);
    cr_expect_eq(try_open(L"R:\\d\\l", OS_OPEN_IN_PLACE), 0);
    cr_expect_eq(try_open(L"R:\\dangling", OS_OPEN_SOURCE),
                 CODE_FILE_NOT_FOUND);
    cr_expect_eq(try_open(L"R:\\dangling", OS_CREATE_NEW), CODE_FILE_EXISTS);
    cr_expect_not(sim_exists(L"R:\\new"));
    cr_expect_eq(try_open(L"R:\\loop", OS_OPEN_LOOK), 1921);
    cr_expect_eq(os_remove(NULL, L"R:\\dir\\l"), 0);
    cr_expect(sim_exists(L"R:\\dir\\real"));
}

/* ---- deletion, rename ------------------------------------------------ */

SIM_TEST(a_file_marked_for_deletion_goes_at_close)
{
    struct os_file *file;
    sim_mount(L"R:\\", "refs-4k");
    file = open_file(DEST, OS_CREATE_NEW);
    cr_expect_eq(os_write(file, 0, "abc", 3), 0);
    cr_expect_eq(os_mark_deleted(file, true), 0);
    cr_expect_eq(sim_file_count(L"R:\\"), 1);
    cr_expect_eq(try_open(DEST, OS_OPEN_LOOK), CODE_ACCESS_DENIED);
    cr_expect_eq(try_open(DEST, OS_CREATE_NEW), CODE_ACCESS_DENIED);
    cr_expect_eq(os_rename(file, NULL, SOURCE, false), CODE_ACCESS_DENIED);
    os_close(file);
    cr_expect_not(sim_exists(DEST));
    file = open_file(DEST, OS_CREATE_NEW);
    cr_expect_eq(os_mark_deleted(file, true), 0);
    cr_expect_eq(os_mark_deleted(file, false), 0);
    os_close(file);
    cr_expect(sim_exists(DEST));
}

SIM_TEST(a_killed_process_leaves_no_marked_file)
{
    struct sim_volume *volume = sim_mount(L"R:\\", "refs-4k");
    struct os_file *file = open_file(DEST, OS_CREATE_NEW);
    cr_expect_eq(os_write(file, 0, "abc", 3), 0);
    cr_expect_eq(os_mark_deleted(file, true), 0);
    cr_expect(sim_check());
    sim_kill_process();
    cr_expect_not(sim_exists(DEST));
    cr_expect_eq(sim_used_clusters(volume), 0);
}

SIM_TEST(rename_to_a_free_name)
{
    struct os_file *file;
    sim_mount(L"R:\\", "refs-4k");
    sim_mount(L"S:\\", "refs-4k");
    sim_mkdir(L"R:\\dir");
    file = open_file(L"R:\\temp", OS_CREATE_NEW);
    cr_expect_eq(os_write(file, 0, "abc", 3), 0);
    cr_expect_eq(os_rename(file, NULL, L"S:\\x", true), CODE_NOT_SAME_DEVICE);
    cr_expect_eq(os_rename(file, NULL, L"R:\\no\\x", true),
                 CODE_PATH_NOT_FOUND);
    cr_expect_eq(os_rename(file, NULL, L"R:\\dir", true), CODE_ACCESS_DENIED);
    cr_expect_eq(os_rename(file, NULL, L"R:\\dir\\x", false), 0);
    cr_expect_not(sim_exists(L"R:\\temp"));
    cr_expect_eq(os_mark_deleted(file, true), 0);
    os_close(file);
    cr_expect_eq(sim_file_count(L"R:\\dir"), 0);
}

SIM_TEST(rename_over_a_file)
{
    struct os_file *file;
    struct sim_volume *volume = sim_mount(L"R:\\", "refs-4k");
    sim_write_file(DEST, "old", 3);
    file = open_file(L"R:\\temp", OS_CREATE_NEW);
    cr_expect_eq(os_write(file, 0, "fresh", 5), 0);
    cr_expect_eq(os_rename(file, NULL, DEST, false), CODE_ALREADY_EXISTS);
    sim_set_attributes(DEST, OS_ATTRIBUTE_READONLY);
    volume->rename_over_readonly = false;
    cr_expect_eq(os_rename(file, NULL, DEST, true), CODE_ACCESS_DENIED);
    cr_expect(sim_holds(DEST, "old", 3));
    volume->rename_over_readonly = true;
    cr_expect_eq(os_rename(file, NULL, DEST, true), 0);
    os_close(file);
    cr_expect(sim_holds(DEST, "fresh", 5));
    cr_expect_eq(sim_file_count(L"R:\\"), 1);
    cr_expect_eq(sim_used_clusters(volume), 1);
}

SIM_TEST(rename_over_an_open_file)
{
    uint32_t done;
    char bytes[3];
    struct os_file *reader;
    struct os_file *file;
    struct sim_volume *volume = sim_mount(L"R:\\", "refs-4k");

    sim_write_file(DEST, "old", 3);
    file = open_file(L"R:\\temp", OS_CREATE_NEW);
    reader = sim_open_as(DEST, SIM_READ, SIM_READ);
    cr_expect_eq(os_rename(file, NULL, DEST, true), CODE_SHARING_VIOLATION);
    os_close(reader);
    reader = open_file(DEST, OS_OPEN_SOURCE); /* shares deletion */
    volume->posix_rename = false;
    cr_expect_eq(os_rename(file, NULL, DEST, true), CODE_ACCESS_DENIED);
    volume->posix_rename = true;
    cr_expect_eq(os_rename(file, NULL, DEST, true), 0);
    cr_expect_eq(os_read(reader, 0, bytes, 3, &done), 0);
    cr_expect_eq(memcmp(bytes, "old", 3), 0);
    cr_expect(sim_check());
    os_close(reader);
    os_close(file);
    cr_expect_eq(sim_size(DEST), 0);
}

SIM_TEST(a_replaced_file_has_no_name_to_change)
{
    struct os_file *file;
    struct os_file *old;
    sim_mount(L"R:\\", "refs-4k");
    sim_write_file(DEST, "old", 3);
    old = sim_open_as(DEST, SIM_DELETE, SIM_READ | SIM_WRITE | SIM_DELETE);
    file = open_file(L"R:\\temp", OS_CREATE_NEW);
    cr_expect_eq(os_rename(file, NULL, DEST, true), 0);
    cr_expect_eq(os_rename(old, NULL, SOURCE, true), CODE_ACCESS_DENIED);
    os_close(old);
    os_close(file);
    cr_expect_eq(sim_file_count(L"R:\\"), 1);
}

SIM_TEST(remove_waits_for_those_who_share_deletion)
{
    struct os_file *reader;
    sim_mount(L"R:\\", "refs-4k");
    sim_write_file(SOURCE, "x", 1);
    reader = open_file(SOURCE, OS_OPEN_SOURCE);
    cr_expect_eq(os_remove(NULL, SOURCE), 0);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_SOURCE), CODE_ACCESS_DENIED);
    os_close(reader);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_SOURCE), CODE_FILE_NOT_FOUND);
    cr_expect_eq(os_remove(NULL, SOURCE), CODE_FILE_NOT_FOUND);
}

/* ---- data ------------------------------------------------------------ */

SIM_TEST(bytes_come_back)
{
    static uint8_t bytes[3 * CLUSTER + 7];
    static uint8_t back[sizeof bytes];
    uint32_t done;
    struct os_file *file;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = sim_pattern_byte(9, i);
    sim_mount(L"R:\\", "refs-4k");
    file = open_file(DEST, OS_CREATE_NEW);
    cr_expect_eq(os_write(file, 100, bytes, sizeof bytes), 0);
    cr_expect_eq(os_read(file, 100, back, sizeof back, &done), 0);
    cr_expect_eq(done, sizeof back);
    cr_expect_eq(memcmp(bytes, back, sizeof bytes), 0);
    cr_expect_eq(os_read(file, sizeof bytes, back, sizeof back, &done), 0);
    cr_expect_eq(done, 100);
    cr_expect_eq(os_read(file, 1 << 20, back, sizeof back, &done), 0);
    cr_expect_eq(done, 0);
    os_close(file);
    cr_expect(reads_zero(DEST, 0, 100));
}

SIM_TEST(a_pattern_is_bytes_like_others)
{
    struct sim_volume *volume = sim_mount(L"R:\\", "refs-4k");
    uint64_t size = 10 * GIB;
    cr_assert_eq(sim_fill_pattern(SOURCE, 0, size, 5), 0);
    cr_expect_eq(sim_allocated(SOURCE), size);
    cr_expect_eq(sim_used_clusters(volume), size / CLUSTER);
    cr_expect(reads_as(SOURCE, size - 9999, 9999, 5, size - 9999));
    sim_write_at(SOURCE, 5000, "hello", 5);
    cr_expect(reads_as(SOURCE, 0, 5000, 5, 0));
    cr_expect(reads_as(SOURCE, 5005, 5000, 5, 5005));
    cr_expect_not(reads_as(SOURCE, 5000, 5, 5, 5000));
}

SIM_TEST(an_unaligned_pattern_keeps_to_its_range)
{
    sim_mount(L"R:\\", "refs-4k");
    sim_fill_pattern(SOURCE, 0, 5 * CLUSTER, 1);
    sim_fill_pattern(SOURCE, 100, 3 * CLUSTER, 2);
    sim_fill_pattern(SOURCE, 4 * CLUSTER + 10, 20, 3);
    sim_fill_pattern(SOURCE, 6 * CLUSTER + 1, 1, 4);
    cr_expect(reads_as(SOURCE, 0, 100, 1, 0));
    cr_expect(reads_as(SOURCE, 100, 3 * CLUSTER, 2, 100));
    cr_expect(reads_as(SOURCE, 3 * CLUSTER + 100, CLUSTER - 90, 1,
                       3 * CLUSTER + 100));
    cr_expect(reads_as(SOURCE, 4 * CLUSTER + 10, 20, 3, 4 * CLUSTER + 10));
    cr_expect(reads_zero(SOURCE, 5 * CLUSTER, CLUSTER + 1));
    cr_expect(reads_as(SOURCE, 6 * CLUSTER + 1, 1, 4, 6 * CLUSTER + 1));
}

SIM_TEST(what_was_cut_off_does_not_come_back)
{
    sim_mount(L"R:\\", "refs-4k");
    sim_fill_pattern(SOURCE, 0, 2 * CLUSTER, 1);
    sim_set_size(SOURCE, 100);
    sim_set_size(SOURCE, 2 * CLUSTER);
    cr_expect(reads_as(SOURCE, 0, 100, 1, 0));
    cr_expect(reads_zero(SOURCE, 100, 2 * CLUSTER - 100));
    sim_write_at(SOURCE, CLUSTER - 1, "x", 1);
    cr_expect(reads_zero(SOURCE, 100, CLUSTER - 101));
}

SIM_TEST(a_shared_tail_does_not_show_after_growth)
{
    two_files("refs-4k", 3 * CLUSTER);
    sim_set_size(DEST, 100);
    cr_assert_eq(clone_range(0, 0, CLUSTER), 0);
    sim_set_size(DEST, CLUSTER);
    cr_expect(reads_as(DEST, 0, 100, 1, 0));
    cr_expect(reads_zero(DEST, 100, CLUSTER - 100));
    sim_write_at(DEST, CLUSTER, "x", 1);
    cr_expect(reads_zero(DEST, 100, CLUSTER - 100));
    cr_expect(reads_as(SOURCE, 0, CLUSTER, 1, 0));
}

SIM_TEST(a_clone_brings_no_more_than_was_valid)
{
    two_files("refs-4k", 2 * CLUSTER);
    sim_set_size(SOURCE, 100);
    sim_set_size(SOURCE, 2 * CLUSTER);
    cr_assert_eq(clone_range(0, 0, 2 * CLUSTER), 0);
    cr_expect(sim_same_bytes(SOURCE, DEST));
    cr_expect(reads_zero(DEST, 100, 2 * CLUSTER - 100));
}

SIM_TEST(a_dense_file_is_allocated_when_it_grows)
{
    struct os_file *file;
    struct sim_volume *volume = sim_mount(L"R:\\", "refs-4k");
    volume->capacity = 10;
    file = open_file(DEST, OS_CREATE_NEW);
    cr_expect_eq(os_set_size(file, 11 * CLUSTER), CODE_DISK_FULL);
    cr_expect_eq(sim_size(DEST), 0);
    cr_expect_eq(sim_free_clusters(volume), 10);
    cr_expect_eq(os_set_size(file, 9 * CLUSTER + 1), 0);
    cr_expect_eq(sim_free_clusters(volume), 0);
    cr_expect_eq(os_write(file, 10 * CLUSTER, "x", 1), CODE_DISK_FULL);
    cr_expect_eq(sim_size(DEST), 9 * CLUSTER + 1);
    cr_expect_eq(os_set_size(file, 0), 0);
    cr_expect_eq(sim_free_clusters(volume), 10);
    os_close(file);
}

SIM_TEST(a_sparse_file_is_allocated_when_it_is_written)
{
    struct os_file *file;
    struct sim_volume *volume = sim_mount(L"R:\\", "refs-4k");
    volume->capacity = 2;
    file = open_file(DEST, OS_CREATE_NEW);
    cr_expect_eq(os_set_sparse(file, true), 0);
    cr_expect_eq(os_set_size(file, TIB), 0);
    cr_expect_eq(sim_used_clusters(volume), 0);
    cr_expect_eq(os_write(file, TIB / 2, "ab", 2), 0);
    cr_expect_eq(os_write(file, CLUSTER - 1, "ab", 2), CODE_DISK_FULL);
    cr_expect_eq(os_write(file, 0, "ab", 2), 0);
    cr_expect_eq(os_write(file, 2 * TIB, "ab", 2), CODE_DISK_FULL);
    cr_expect_eq(sim_size(DEST), TIB);
    cr_expect_eq(os_set_sparse(file, false), CODE_DISK_FULL);
    cr_expect(sim_is_sparse(DEST));
    os_close(file);
    cr_expect(sim_is_hole(DEST, CLUSTER));
    cr_expect_not(sim_is_hole(DEST, TIB / 2));
}

SIM_TEST(clearing_the_sparse_flag_may_stop_half_way)
{
    struct os_file *file;
    struct sim_volume *volume = sim_mount(L"R:\\", "refs-4k");
    sim_set_sparse(DEST, true);
    sim_set_size(DEST, 8 * CLUSTER);
    volume->capacity = 3;
    file = open_file(DEST, OS_OPEN_IN_PLACE);
    cr_expect_eq(os_set_sparse(file, false), CODE_DISK_FULL);
    cr_expect(sim_is_sparse(DEST));
    cr_expect_eq(sim_allocated(DEST), 3 * CLUSTER);
    volume->capacity = 8;
    cr_expect_eq(os_set_sparse(file, false), 0);
    cr_expect_not(sim_is_sparse(DEST));
    cr_expect_eq(sim_allocated(DEST), 8 * CLUSTER);
    os_close(file);
}

SIM_TEST(zeroing)
{
    struct os_file *file;
    two_files("refs-4k", 256 * KIB);
    file = open_file(SOURCE, OS_OPEN_IN_PLACE);
    cr_expect_eq(os_zero(file, 256 * KIB - 1, 2), CODE_INVALID_PARAMETER);
    cr_expect_eq(os_zero(file, 100, 128 * KIB), 0);
    cr_expect(reads_as(SOURCE, 0, 100, 1, 0));
    cr_expect(reads_zero(SOURCE, 100, 128 * KIB));
    cr_expect(reads_as(SOURCE, 128 * KIB + 100, 999, 1, 128 * KIB + 100));
    cr_expect_not(sim_is_hole(SOURCE, 64 * KIB));
    cr_expect_eq(os_set_sparse(file, true), 0);
    cr_expect_eq(os_zero(file, 100, 128 * KIB), 0);
    cr_expect(sim_is_hole(SOURCE, 64 * KIB));
    cr_expect_not(sim_is_hole(SOURCE, 60 * KIB));
    cr_expect_not(sim_is_hole(SOURCE, 128 * KIB));
    cr_expect(reads_zero(SOURCE, 100, 128 * KIB));
    os_close(file);
}

SIM_TEST(zeroing_a_clone_leaves_the_source)
{
    struct os_file *file;
    two_files("refs-4k", 8 * CLUSTER);
    cr_assert_eq(clone_range(0, 0, 8 * CLUSTER), 0);
    file = open_file(DEST, OS_OPEN_IN_PLACE);
    cr_expect_eq(os_zero(file, 10, 5 * CLUSTER), 0);
    os_close(file);
    cr_expect(reads_zero(DEST, 10, 5 * CLUSTER));
    cr_expect(reads_as(SOURCE, 0, 8 * CLUSTER, 1, 0));
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), 2 * CLUSTER);
}

SIM_TEST(allocated_ranges)
{
    struct os_range ranges[2];
    size_t count;
    bool more;
    struct os_file *file;

    sim_mount(L"R:\\", "refs-4k");
    sim_set_sparse(SOURCE, true);
    sim_write_at(SOURCE, 0, "a", 1);
    sim_write_at(SOURCE, 4 * CLUSTER, "b", 1);
    sim_write_at(SOURCE, 5 * CLUSTER, "b", 1);
    sim_write_at(SOURCE, 8 * CLUSTER, "c", 1);
    sim_set_size(SOURCE, TIB);
    file = open_file(SOURCE, OS_OPEN_SOURCE);
    cr_expect_eq(os_allocated(file, 10, TIB, ranges, 2, &count, &more), 0);
    cr_expect_eq(count, 2);
    cr_expect(more);
    cr_expect_eq(ranges[0].offset, 10);
    cr_expect_eq(ranges[0].length, CLUSTER - 10);
    cr_expect_eq(ranges[1].offset, 4 * CLUSTER);
    cr_expect_eq(ranges[1].length, 2 * CLUSTER);
    cr_expect_eq(
        os_allocated(file, 4 * CLUSTER + 1, 5, ranges, 2, &count, &more), 0);
    cr_expect_eq(count, 1);
    cr_expect_not(more);
    cr_expect_eq(ranges[0].length, 5);
    cr_expect_eq(os_allocated(file, 9 * CLUSTER, TIB, ranges, 2, &count, &more),
                 0);
    cr_expect_eq(count, 0);
    os_close(file);
}

SIM_TEST(extents)
{
    struct os_extent extents[8];
    size_t count;
    bool more;
    struct os_file *file;

    sim_mount(L"R:\\", "refs-4k");
    sim_set_sparse(SOURCE, true);
    sim_write_at(SOURCE, 2 * CLUSTER, "a", 1);
    sim_write_at(SOURCE, 3 * CLUSTER, "a", 1);
    sim_set_size(SOURCE, 9 * CLUSTER);
    file = open_file(SOURCE, OS_OPEN_LOOK);
    cr_expect_eq(os_extents(file, 0, extents, 8, &count, &more), 0);
    cr_assert_eq(count, 3);
    cr_expect_not(more);
    cr_expect_eq(extents[0].lcn, OS_HOLE);
    cr_expect_eq(extents[1].vcn, 2);
    cr_expect_eq(extents[1].next_vcn, 4);
    cr_expect_gt(extents[1].lcn, 0);
    cr_expect_eq(extents[2].lcn, OS_HOLE);
    cr_expect_eq(extents[2].next_vcn, 9);
    cr_expect_eq(os_extents(file, 3, extents, 1, &count, &more), 0);
    cr_assert_eq(count, 1);
    cr_expect(more);
    cr_expect_eq(extents[0].vcn, 2);
    cr_expect_eq(os_extents(file, 4, extents, 8, &count, &more), 0);
    cr_expect_eq(count, 0);
    sim_write_at(SOURCE, 8 * CLUSTER, "a", 1);
    cr_expect_eq(os_extents(file, 6, extents, 8, &count, &more), 0);
    cr_assert_eq(count, 2);
    cr_expect_eq(extents[0].vcn, 4); /* the hole began before */
    cr_expect_eq(extents[0].next_vcn, 8);
    os_close(file);
}

SIM_TEST(sixteen_tebibytes)
{
    struct sim_volume *volume = sim_mount(L"R:\\", "refs-4k");
    uint64_t size = 16 * TIB;
    sim_set_sparse(SOURCE, true);
    sim_set_sparse(DEST, true);
    sim_set_size(SOURCE, size);
    sim_set_size(DEST, size);
    for (uint64_t at = 0; at < size; at += TIB / 2)
        sim_write_at(SOURCE, at + 77, "data", 4);
    cr_expect_eq(sim_used_clusters(volume), 32);
    for (uint64_t at = 0; at < size; at += 2 * GIB)
        cr_assert_eq(clone_range(at, at, 2 * GIB), 0);
    cr_expect_eq(sim_used_clusters(volume), 32);
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), 32 * CLUSTER);
    cr_expect(sim_same_bytes(SOURCE, DEST));
    sim_write_at(DEST, size - 1, "x", 1);
    cr_expect_not(sim_same_bytes(SOURCE, DEST));
}

/* ---- sharing clusters ------------------------------------------------ */

SIM_TEST(a_clone_shares_and_a_write_parts)
{
    struct sim_volume *volume = two_files("refs-4k", 4 * CLUSTER);
    cr_assert_eq(clone_range(0, 0, 4 * CLUSTER), 0);
    cr_expect_eq(sim_used_clusters(volume), 4);
    cr_expect_eq(sim_refs(SOURCE, 0), 2);
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), 4 * CLUSTER);
    cr_expect(sim_same_bytes(SOURCE, DEST));
    sim_write_at(DEST, CLUSTER + 5, "changed", 7);
    cr_expect_eq(sim_refs(SOURCE, 0), 2);
    cr_expect_eq(sim_refs(SOURCE, CLUSTER), 1);
    cr_expect_eq(sim_refs(DEST, CLUSTER), 1);
    cr_expect(reads_as(SOURCE, 0, 4 * CLUSTER, 1, 0));
    cr_expect(reads_as(DEST, CLUSTER, 5, 1, CLUSTER));
    cr_expect(reads_as(DEST, CLUSTER + 12, 999, 1, CLUSTER + 12));
    cr_expect_not(sim_same_bytes(SOURCE, DEST));
    cr_expect_eq(os_remove(NULL, SOURCE), 0);
    cr_expect_eq(sim_refs(DEST, 0), 1);
    cr_expect(reads_as(DEST, 2 * CLUSTER, CLUSTER, 1, 2 * CLUSTER));
}

SIM_TEST(a_write_to_a_shared_cluster_needs_space)
{
    struct sim_volume *volume = two_files("refs-4k", 2 * CLUSTER);
    cr_assert_eq(clone_range(0, 0, 2 * CLUSTER), 0);
    volume->capacity = 3;
    cr_expect_eq(sim_write_at(DEST, CLUSTER - 1, "xy", 2), CODE_DISK_FULL);
    cr_expect_eq(sim_refs(DEST, 0), 2); /* all or nothing */
    cr_expect(sim_same_bytes(SOURCE, DEST));
    cr_expect_eq(sim_write_at(DEST, 0, "x", 1), 0);
}

SIM_TEST(a_write_that_does_not_fit_unshares_nothing)
{
    static const uint8_t bytes[CLUSTER + 2];
    struct sim_volume *volume = two_files("refs-4k", 3 * CLUSTER);
    cr_assert_eq(clone_range(0, 0, CLUSTER), 0);
    cr_assert_eq(clone_range(2 * CLUSTER, 2 * CLUSTER, CLUSTER), 0);
    volume->capacity = 5; /* one is free, two are needed */
    cr_expect_eq(sim_free_clusters(volume), 1);
    cr_expect_neq(sim_write_at(DEST, CLUSTER - 1, bytes, sizeof bytes), 0);
    cr_expect_eq(sim_refs(DEST, 0), 2);
    cr_expect_eq(sim_refs(DEST, 2 * CLUSTER), 2);
    cr_expect(reads_as(DEST, CLUSTER, CLUSTER, 2, CLUSTER));
}

SIM_TEST(holes_are_cloned_as_holes)
{
    sim_mount(L"R:\\", "refs-4k");
    sim_set_sparse(SOURCE, true);
    sim_write_at(SOURCE, 2 * CLUSTER, "a", 1);
    sim_set_size(SOURCE, 4 * CLUSTER);
    sim_set_sparse(DEST, true);
    sim_fill_pattern(DEST, 0, 4 * CLUSTER, 2);
    cr_assert_eq(clone_range(0, 0, 4 * CLUSTER), 0);
    cr_expect(sim_is_hole(DEST, 0));
    cr_expect_not(sim_is_hole(DEST, 2 * CLUSTER));
    cr_expect(sim_is_hole(DEST, 3 * CLUSTER));
    cr_expect(sim_same_bytes(SOURCE, DEST));
}

SIM_TEST(cloning_again_changes_nothing)
{
    two_files("refs-4k", 2 * CLUSTER);
    cr_assert_eq(clone_range(0, 0, 2 * CLUSTER), 0);
    cr_assert_eq(clone_range(0, 0, 2 * CLUSTER), 0);
    cr_expect_eq(sim_refs(SOURCE, 0), 2);
    cr_expect_eq(sim_refs(SOURCE, CLUSTER), 2);
}

SIM_TEST(a_clone_changes_times_but_no_size)
{
    struct os_info before;
    struct os_info after;
    struct os_file *dest;
    two_files("refs-4k", 3 * CLUSTER);
    sim_set_size(DEST, CLUSTER + 1);
    dest = open_file(DEST, OS_OPEN_LOOK);
    cr_assert_eq(os_query(dest, &before), 0);
    cr_assert_eq(clone_range(0, 0, 2 * CLUSTER), 0);
    cr_assert_eq(os_query(dest, &after), 0);
    cr_expect_eq(after.size, CLUSTER + 1);
    cr_expect_gt(after.written, before.written);
    cr_expect_gt(after.changed, before.changed);
    os_close(dest);
}

SIM_TEST(the_requests_are_listed)
{
    const struct sim_clone_request *list;
    size_t count;
    two_files("refs-4k", 2 * CLUSTER);
    (void)clone_range(CLUSTER, 0, CLUSTER);
    (void)clone_range(1, 0, CLUSTER);
    sim_clone_requests(&list, &count);
    cr_assert_eq(count, 2);
    cr_expect_eq(list[0].source_offset, CLUSTER);
    cr_expect_eq(list[0].dest_offset, 0);
    cr_expect_eq(list[0].length, CLUSTER);
    cr_expect_eq(list[0].code, 0);
    cr_expect_eq(wcscmp(list[0].dest, DEST), 0);
    cr_expect_eq(list[1].code, CODE_INVALID_PARAMETER);
    cr_expect(reads_as(DEST, 0, CLUSTER, 1, CLUSTER));
}

/* ---- the rules of DUP, in their order -------------------------------- */

SIM_TEST(rule_access)
{
    struct os_file *source;
    struct os_file *dest;
    two_files("ntfs", CLUSTER);
    source = open_file(SOURCE, OS_OPEN_SOURCE);
    dest = open_file(DEST, OS_OPEN_SOURCE);
    cr_expect_eq(os_clone(source, 0, dest, 0, CLUSTER), CODE_ACCESS_DENIED);
    os_close(source);
    os_close(dest);
}

SIM_TEST(rule_1_no_cloning)
{
    two_files("ntfs", CLUSTER);
    cr_expect_eq(clone_range(1, 1, 1), CODE_INVALID_FUNCTION);
}

SIM_TEST(rules_4_to_6_alignment)
{
    two_files("refs-4k", 2 * CLUSTER);
    cr_expect_eq(clone_range(512, 0, CLUSTER), CODE_INVALID_PARAMETER);
    cr_expect_eq(clone_range(0, 512, CLUSTER), CODE_INVALID_PARAMETER);
    cr_expect_eq(clone_range(0, 0, CLUSTER + 1), CODE_INVALID_PARAMETER);
    /* before rule 7, and before rule 11 */
    cr_expect_eq(clone_range(1, 0, 0), CODE_INVALID_PARAMETER);
    cr_expect_eq(clone_range(1, 0, GIB), CODE_INVALID_PARAMETER);
}

SIM_TEST(rule_7_nothing_to_do)
{
    two_files("refs-4k", CLUSTER);
    cr_expect_eq(clone_range(0, 0, 0), 0);
    cr_expect_eq(clone_range(GIB, GIB, 0), 0); /* before rule 11 */
}

SIM_TEST(rule_10_source_rights)
{
    struct os_file *source;
    struct os_file *dest;
    two_files("refs-4k", CLUSTER);
    source = open_file(SOURCE, OS_OPEN_LOOK);
    dest = open_file(DEST, OS_OPEN_IN_PLACE);
    cr_expect_eq(os_clone(source, 0, dest, 0, CLUSTER), CODE_INVALID_PARAMETER);
    cr_expect_eq(os_clone(source, 0, dest, 0, GIB), CODE_INVALID_PARAMETER);
    os_close(source);
    os_close(dest);
}

SIM_TEST(rule_11_allocation_size)
{
    two_files("refs-4k", 3 * CLUSTER);
    sim_set_size(SOURCE, CLUSTER + 1);
    cr_expect_eq(clone_range(0, 0, 2 * CLUSTER), 0);
    cr_expect_eq(clone_range(0, 0, 3 * CLUSTER), CODE_NOT_SUPPORTED);
    cr_expect_eq(clone_range(2 * CLUSTER, 0, CLUSTER), CODE_NOT_SUPPORTED);
    cr_expect_eq(clone_range(INT64_MAX / CLUSTER * CLUSTER, 0, CLUSTER),
                 CODE_INVALID_PARAMETER);
}

SIM_TEST(rules_12_and_13_go_after_11)
{
    struct os_file *source;
    struct os_file *dest;
    sim_mount(L"R:\\", "refs-4k");
    sim_mount(L"S:\\", "refs-4k");
    sim_set_sparse(SOURCE, true);
    sim_fill_pattern(SOURCE, 0, CLUSTER, 1);
    sim_fill_pattern(L"S:\\dest", 0, 2 * CLUSTER, 1);
    sim_fill_pattern(DEST, 0, 2 * CLUSTER, 1);
    source = open_file(SOURCE, OS_OPEN_SOURCE);
    dest = open_file(L"S:\\dest", OS_OPEN_IN_PLACE);
    cr_expect_eq(os_clone(source, 0, dest, 0, 2 * CLUSTER), CODE_NOT_SUPPORTED);
    cr_expect_eq(os_clone(source, 0, dest, 0, CLUSTER), CODE_INVALID_PARAMETER);
    os_close(dest);
    os_close(source);
    cr_expect_eq(clone_range(0, 0, CLUSTER), CODE_NOT_SUPPORTED);
    sim_set_sparse(DEST, true);
    sim_set_sparse(SOURCE, false); /* the reverse is allowed */
    cr_expect_eq(clone_range(0, 0, CLUSTER), 0);
}

SIM_TEST(rules_14_and_15_no_locks_on_refs)
{
    uint32_t done;
    char byte;
    struct os_file *file;
    two_files("refs-4k", CLUSTER);
    sim_lock(SOURCE, 10, 1);
    cr_expect_eq(clone_range(0, 0, CLUSTER), 0);
    file = open_file(SOURCE, OS_OPEN_IN_PLACE);
    cr_expect_eq(os_read(file, 10, &byte, 1, &done), CODE_LOCK_VIOLATION);
    cr_expect_eq(os_read(file, 11, &byte, 1, &done), 0);
    cr_expect_eq(os_write(file, 9, "xy", 2), CODE_LOCK_VIOLATION);
    sim_unlock_all(SOURCE);
    cr_expect_eq(os_write(file, 9, "xy", 2), 0);
    os_close(file);
}

SIM_TEST(rule_integrity)
{
    two_files("refs-4k", CLUSTER);
    sim_set_integrity(SOURCE, 1, 0);
    cr_expect_eq(clone_range(0, 0, CLUSTER), CODE_INVALID_PARAMETER);
    sim_set_integrity(DEST, 1, 0);
    cr_expect_eq(clone_range(0, 0, CLUSTER), 0);
}

SIM_TEST(rule_overlap)
{
    two_files("refs-4k", 4 * CLUSTER);
    cr_expect_eq(clone_within(0, CLUSTER, 2 * CLUSTER), CODE_NOT_SUPPORTED);
    cr_expect_eq(clone_within(CLUSTER, 0, 2 * CLUSTER), CODE_NOT_SUPPORTED);
    cr_expect_eq(clone_within(0, 0, CLUSTER), CODE_NOT_SUPPORTED);
    cr_expect_eq(clone_within(0, 2 * CLUSTER, 2 * CLUSTER), 0);
    cr_expect(reads_as(SOURCE, 2 * CLUSTER, 2 * CLUSTER, 1, 0));
    cr_expect_eq(sim_refs(SOURCE, 0), 2);
}

SIM_TEST(rule_four_gibibytes)
{
    two_files("refs-4k", 5 * GIB);
    cr_expect_eq(clone_range(0, 0, 4 * GIB), CODE_INVALID_PARAMETER);
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), 0);
    cr_expect_eq(clone_range(0, 0, 4 * GIB - CLUSTER), 0);
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), 4 * GIB - CLUSTER);
}

SIM_TEST(rule_dest_end)
{
    two_files("refs-4k", 4 * CLUSTER);
    sim_set_size(DEST, CLUSTER + 1);
    cr_expect_eq(clone_range(0, 0, 3 * CLUSTER), CODE_NOT_SUPPORTED);
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), 0);
    cr_expect_eq(clone_range(0, 0, 2 * CLUSTER), 0);
    cr_expect_eq(sim_size(DEST), CLUSTER + 1);
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), CLUSTER + 1);
}

SIM_TEST(rule_ceiling)
{
    two_files("refs-4k", 4 * CLUSTER);
    sim_set_limit(L"R:\\", 2);
    cr_expect_eq(clone_within(0, 2 * CLUSTER, CLUSTER), 0);
    cr_expect_eq(sim_refs(SOURCE, 0), 2);
    cr_expect_eq(clone_range(0, 0, 2 * CLUSTER),
                 CODE_BLOCK_TOO_MANY_REFERENCES);
    cr_expect_eq(sim_refs(SOURCE, 0), 2);
    cr_expect_eq(sim_refs(SOURCE, CLUSTER), 1);
    cr_expect(reads_as(DEST, 0, 4 * CLUSTER, 2, 0));
    cr_expect_eq(clone_range(CLUSTER, CLUSTER, CLUSTER), 0);
    /* what is shared already takes no further reference */
    cr_expect_eq(clone_range(CLUSTER, CLUSTER, CLUSTER), 0);
}

SIM_TEST(rule_ceiling_counts_one_request_too)
{
    two_files("refs-4k", 4 * CLUSTER);
    for (unsigned i = 1; i < 4; i++)
        cr_assert_eq(clone_within(0, i * CLUSTER, CLUSTER), 0);
    sim_set_limit(SOURCE, 7);
    cr_expect_eq(clone_range(0, 0, 4 * CLUSTER),
                 CODE_BLOCK_TOO_MANY_REFERENCES);
    cr_expect_eq(sim_refs(SOURCE, 0), 4);
    cr_expect(sim_check());
    sim_set_limit(SOURCE, 8);
    cr_expect_eq(clone_range(0, 0, 4 * CLUSTER), 0);
    cr_expect_eq(sim_refs(SOURCE, 0), 8);
}

SIM_TEST(the_usual_ceiling)
{
    two_files("refs-4k", CLUSTER);
    sim_set_size(DEST, 9000 * CLUSTER);
    for (unsigned i = 0; i < 8174; i++)
        cr_assert_eq(clone_range(0, i * CLUSTER, CLUSTER), 0);
    cr_expect_eq(sim_refs(SOURCE, 0), 8175);
    cr_expect_eq(clone_range(0, 8999 * CLUSTER, CLUSTER),
                 CODE_BLOCK_TOO_MANY_REFERENCES);
}

/* ---- lies ------------------------------------------------------------ */

static uint64_t shared_with_lie(enum sim_lie lie)
{
    two_files("refs-4k", 5 * CLUSTER)->lie = lie;
    cr_assert_eq(clone_range(0, 0, 5 * CLUSTER), 0);
    return sim_shared_bytes(SOURCE, DEST);
}

SIM_TEST(lie_nothing)
{
    cr_expect_eq(shared_with_lie(SIM_LIE_NOTHING), 0);
    cr_expect(reads_as(DEST, 0, 5 * CLUSTER, 2, 0));
}

SIM_TEST(lie_half)
{
    cr_expect_eq(shared_with_lie(SIM_LIE_HALF), 2 * CLUSTER);
    cr_expect(reads_as(DEST, 0, 2 * CLUSTER, 1, 0));
    cr_expect(reads_as(DEST, 2 * CLUSTER, 3 * CLUSTER, 2, 2 * CLUSTER));
}

SIM_TEST(lie_zeros)
{
    cr_expect_eq(shared_with_lie(SIM_LIE_ZEROS), 0);
    cr_expect(reads_zero(DEST, 0, 5 * CLUSTER));
    cr_expect_not(sim_is_hole(DEST, 0));
}

SIM_TEST(lie_copy)
{
    cr_expect_eq(shared_with_lie(SIM_LIE_COPY), 0);
    cr_expect(sim_same_bytes(SOURCE, DEST));
}

SIM_TEST(lies_can_be_counted)
{
    struct sim_volume *volume = two_files("refs-4k", 3 * CLUSTER);
    volume->lie = SIM_LIE_NOTHING;
    volume->lie_skip = 1;
    volume->lie_times = 1;
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(clone_range(i * CLUSTER, i * CLUSTER, CLUSTER), 0);
    cr_expect_eq(sim_refs(SOURCE, 0), 2);
    cr_expect_eq(sim_refs(SOURCE, CLUSTER), 1);
    cr_expect_eq(sim_refs(SOURCE, 2 * CLUSTER), 2);
}

/* A lie is no way around the rules. */
SIM_TEST(liars_know_the_rules)
{
    two_files("refs-4k", CLUSTER)->lie = SIM_LIE_NOTHING;
    cr_expect_eq(clone_range(1, 0, CLUSTER), CODE_INVALID_PARAMETER);
}

/* ---- profiles -------------------------------------------------------- */

struct told {
    uint32_t features;
    uint32_t unit;
    os_error integrity_error;
    struct os_integrity integrity;
    os_error extents_error;
    wchar_t name[32];
};

static struct told ask(const wchar_t *path)
{
    struct told told = {0};
    struct os_volume volume;
    struct os_extent extent;
    size_t count;
    bool more;
    struct os_file *file = open_file(path, OS_OPEN_SOURCE);
    os_query_volume(file, &volume);
    cr_expect(volume.known);
    told.features = volume.features;
    wcscpy(told.name, volume.file_system);
    told.unit = os_allocation_unit(file);
    told.integrity_error = os_get_integrity(file, &told.integrity);
    told.extents_error = os_extents(file, 0, &extent, 1, &count, &more);
    os_close(file);
    return told;
}

SIM_TEST(every_profile_holds_files)
{
    const char *name;
    for (size_t i = 0; (name = sim_profile(i)) != NULL; i++) {
        struct os_file *file;
        sim_reset();
        sim_mount(L"R:\\", name);
        file = open_file(DEST, OS_CREATE_NEW);
        cr_expect_eq(os_write(file, 300000, "abc", 3), 0, "%s", name);
        cr_expect_eq(os_flush(file), 0, "%s", name);
        cr_expect_eq(os_rename(file, NULL, SOURCE, true), 0, "%s", name);
        os_close(file);
        cr_expect_eq(sim_size(SOURCE), 300003, "%s", name);
        cr_expect(sim_check(), "%s", name);
    }
}

SIM_TEST(refs_tells_its_cluster)
{
    struct told told;
    two_files("refs-64k", 64 * KIB);
    told = ask(SOURCE);
    cr_expect_eq(told.features,
                 OS_VOLUME_CLONES | OS_VOLUME_INTEGRITY | OS_VOLUME_SPARSE);
    cr_expect_eq(told.unit, 64 * KIB);
    cr_expect_eq(told.integrity_error, 0);
    cr_expect_eq(told.integrity.cluster_size, 64 * KIB);
    cr_expect_eq(wcscmp(told.name, L"ReFS"), 0);
    cr_expect_eq(clone_range(0, 0, CLUSTER), CODE_INVALID_PARAMETER);
    cr_expect_eq(clone_range(0, 0, 64 * KIB), 0);
}

SIM_TEST(ws2016_clips)
{
    two_files("refs-ws2016", 4 * CLUSTER);
    sim_set_size(DEST, CLUSTER + 1);
    cr_expect_eq(clone_range(0, 0, 4 * CLUSTER), 0);
    cr_expect_eq(sim_size(DEST), CLUSTER + 1);
    cr_expect_eq(sim_refs(SOURCE, CLUSTER), 2);
    cr_expect_eq(sim_refs(SOURCE, 2 * CLUSTER), 1);
    cr_expect_eq(clone_range(0, 8 * CLUSTER, CLUSTER), 0);
}

SIM_TEST(unflushed_gives_zeros)
{
    two_files("refs-unflushed", 2 * CLUSTER);
    cr_assert_eq(clone_range(0, 0, 2 * CLUSTER), 0);
    cr_expect(reads_zero(DEST, 0, 2 * CLUSTER));
    cr_expect_eq(os_flush_path(SOURCE), 0);
    cr_assert_eq(clone_range(0, 0, 2 * CLUSTER), 0);
    cr_expect(sim_same_bytes(SOURCE, DEST));
    sim_write_at(SOURCE, 0, "x", 1);
    cr_assert_eq(clone_range(0, 0, CLUSTER), 0);
    cr_expect(reads_zero(DEST, 0, CLUSTER));
    sim_settle(SOURCE);
    cr_assert_eq(clone_range(0, 0, CLUSTER), 0);
    cr_expect(sim_same_bytes(SOURCE, DEST));
}

SIM_TEST(csvfs_fails_once)
{
    two_files("csvfs", CLUSTER);
    cr_expect_eq(wcscmp(ask(SOURCE).name, L"CSVFS"), 0);
    cr_expect_eq(clone_range(0, 0, CLUSTER), CODE_HOST_NODE_NOT_RESOURCE_OWNER);
    cr_expect_eq(clone_range(0, 0, CLUSTER), 0);
    cr_expect_eq(clone_range(0, 0, CLUSTER), 0);
}

SIM_TEST(smb_does_not_tell_integrity)
{
    struct os_file *source;
    struct os_file *dest;
    two_files("smb-refs", CLUSTER);
    sim_mount(L"S:\\", "smb-refs");
    sim_fill_pattern(L"S:\\dest", 0, CLUSTER, 1);
    cr_expect_eq(ask(SOURCE).integrity_error, CODE_NOT_SUPPORTED);
    cr_expect_eq(clone_range(0, 0, CLUSTER), 0);
    source = open_file(SOURCE, OS_OPEN_SOURCE);
    dest = open_file(L"S:\\dest", OS_OPEN_IN_PLACE);
    cr_expect_eq(os_clone(source, 0, dest, 0, CLUSTER), CODE_INVALID_HANDLE);
    os_close(dest);
    os_close(source);
}

static void clone_twice(struct os_file *source, struct os_file *dest)
{
    cr_expect_eq(os_clone(source, 0, dest, 0, CLUSTER), 0);
    cr_expect_eq(os_clone(source, CLUSTER, dest, CLUSTER, CLUSTER),
                 CODE_NETNAME_DELETED);
}

SIM_TEST(smb_tfo_drops_and_handles_survive)
{
    struct os_file *source;
    struct os_file *dest;
    two_files("smb-tfo", 2 * CLUSTER);
    source = open_file(SOURCE, OS_OPEN_SOURCE);
    dest = open_file(DEST, OS_OPEN_IN_PLACE);
    clone_twice(source, dest);
    cr_expect_eq(os_clone(source, CLUSTER, dest, CLUSTER, CLUSTER), 0);
    os_close(source);
    os_close(dest);
    cr_expect(sim_same_bytes(SOURCE, DEST));
}

SIM_TEST(smb_sofs_drops_and_handles_are_dead)
{
    struct os_info info;
    uint32_t done;
    char byte;
    struct os_file *source;
    struct os_file *temp;

    sim_mount(L"R:\\", "smb-sofs");
    sim_fill_pattern(SOURCE, 0, 2 * CLUSTER, 1);
    source = open_file(SOURCE, OS_OPEN_SOURCE);
    temp = open_file(L"R:\\temp", OS_CREATE_NEW);
    cr_expect_eq(os_mark_deleted(temp, true), 0);
    cr_expect_eq(os_set_size(temp, 2 * CLUSTER), 0);
    clone_twice(source, temp);
    cr_expect_eq(os_query(temp, &info), CODE_NETNAME_DELETED);
    cr_expect_eq(os_read(source, 0, &byte, 1, &done), CODE_NETNAME_DELETED);
    cr_expect_eq(os_clone(source, 0, temp, 0, CLUSTER), CODE_NETNAME_DELETED);
    cr_expect_not(sim_exists(L"R:\\temp"));
    cr_expect_eq(sim_refs(SOURCE, 0), 1);
    cr_expect_eq(sim_open_handles(), 2);
    os_close(source);
    os_close(temp);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_IN_PLACE), 0);
}

SIM_TEST(samba_wants_exact_tails)
{
    struct told told;
    two_files("samba", 2 * CLUSTER);
    sim_set_size(SOURCE, CLUSTER + 100);
    sim_set_size(DEST, CLUSTER + 100);
    told = ask(SOURCE);
    cr_expect_eq(wcscmp(told.name, L"NTFS"), 0);
    cr_expect_eq(told.unit, 1024);
    cr_expect_eq(told.integrity_error, CODE_INVALID_FUNCTION);
    cr_expect_eq(told.extents_error, CODE_INVALID_FUNCTION);
    cr_expect_eq(clone_range(0, 0, 1024), CODE_INVALID_PARAMETER);
    cr_expect_eq(clone_range(0, 0, 2 * CLUSTER), CODE_NOT_SUPPORTED);
    cr_expect_eq(clone_range(0, 0, CLUSTER + 99), CODE_INVALID_PARAMETER);
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), 0);
    cr_expect_eq(clone_range(0, 0, CLUSTER + 100), 0);
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), CLUSTER + 100);
    cr_expect(sim_same_bytes(SOURCE, DEST));
}

SIM_TEST(samba_forgets_what_goes_past_the_end)
{
    struct os_file *source;
    struct os_file *dest;
    two_files("samba", 4 * CLUSTER);
    sim_mount(L"S:\\", "samba");
    sim_fill_pattern(L"S:\\dest", 0, CLUSTER, 1);
    sim_set_size(DEST, 2 * CLUSTER);
    cr_expect_eq(clone_range(0, 0, 4 * CLUSTER), 0);
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), 0);
    source = open_file(SOURCE, OS_OPEN_SOURCE);
    dest = open_file(L"S:\\dest", OS_OPEN_IN_PLACE);
    cr_expect_eq(os_clone(source, 0, dest, 0, CLUSTER), CODE_INVALID_HANDLE);
    os_close(dest);
    os_close(source);
}

SIM_TEST(samba_has_no_tail_in_the_middle_of_dest)
{
    two_files("samba", 4 * CLUSTER);
    sim_set_size(SOURCE, CLUSTER + 100);
    cr_expect_eq(clone_range(0, 0, CLUSTER + 100), CODE_INVALID_PARAMETER);
    cr_expect_eq(clone_range(0, 0, CLUSTER), 0);
}

SIM_TEST(winbtrfs)
{
    struct told told;
    two_files("winbtrfs", 4 * CLUSTER);
    told = ask(SOURCE);
    cr_expect_eq(told.integrity_error, 0);
    cr_expect_eq(told.integrity.algorithm, 0);
    cr_expect_eq(told.integrity.cluster_size, 4096);
    cr_expect_eq(clone_within(0, CLUSTER, 2 * CLUSTER), CODE_INVALID_PARAMETER);
    sim_lock(SOURCE, 5, 1);
    cr_expect_eq(clone_range(0, 0, CLUSTER), CODE_LOCK_VIOLATION);
    cr_expect_eq(clone_range(CLUSTER, 0, CLUSTER), 0);
    sim_unlock_all(SOURCE);
    cr_expect_not(sim_crashed);
    sim_set_size(SOURCE, 100);
    cr_expect_neq(clone_range(0, 0, CLUSTER), 0);
    cr_expect(sim_crashed);
}

SIM_TEST(openzfs)
{
    struct told told;
    struct os_file *file;
    struct os_integrity integrity = {1, 0, 0};
    two_files("openzfs", 256 * KIB);
    told = ask(SOURCE);
    cr_expect_eq(told.integrity.cluster_size, 512);
    cr_expect_eq(told.unit, 512);
    file = open_file(DEST, OS_OPEN_IN_PLACE);
    cr_expect_eq(os_set_sparse(file, true), 0);
    cr_expect_eq(os_set_integrity(file, &integrity), 0);
    os_close(file);
    cr_expect_not(sim_is_sparse(DEST));
    cr_expect_eq(sim_integrity(DEST), 0);
    cr_expect_eq(clone_range(0, 0, 64 * KIB), CODE_INVALID_PARAMETER);
    cr_expect_eq(clone_range(0, 0, 128 * KIB), 0);
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), 128 * KIB);
    cr_expect_eq(clone_range(128 * KIB, 128 * KIB, 256 * KIB), 0);
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), 256 * KIB);
    cr_expect_eq(clone_range(512 * KIB, 0, 128 * KIB), 0); /* and nothing */
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), 256 * KIB);
}

SIM_TEST(openzfs_hides_another_device)
{
    struct os_file *source;
    struct os_file *dest;
    two_files("openzfs", 128 * KIB);
    sim_mount(L"S:\\", "openzfs");
    sim_set_size(L"S:\\dest", 128 * KIB);
    source = open_file(SOURCE, OS_OPEN_SOURCE);
    dest = open_file(L"S:\\dest", OS_OPEN_IN_PLACE);
    cr_expect_eq(os_clone(source, 0, dest, 0, 128 * KIB), 0);
    os_close(dest);
    os_close(source);
    cr_expect(reads_zero(L"S:\\dest", 0, 128 * KIB));
}

SIM_TEST(nfs41)
{
    struct os_file *source;
    struct os_file *dest;
    two_files("nfs41", 2 * CLUSTER);
    sim_mount(L"S:\\", "nfs41");
    sim_fill_pattern(L"S:\\dest", 0, CLUSTER, 1);
    sim_set_size(SOURCE, CLUSTER + 100);
    sim_set_size(DEST, CLUSTER + 100);
    cr_expect_eq(ask(SOURCE).integrity_error, CODE_INVALID_FUNCTION);
    cr_expect_eq(clone_range(0, 0, 2 * CLUSTER), 0); /* clamped */
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), CLUSTER + 100);
    source = open_file(SOURCE, OS_OPEN_SOURCE);
    dest = open_file(L"S:\\dest", OS_OPEN_IN_PLACE);
    cr_expect_eq(os_clone(source, 0, dest, 0, CLUSTER), CODE_NOT_SAME_DEVICE);
    os_close(dest);
    os_close(source);
}

SIM_TEST(truenas_copies_what_is_misaligned)
{
    two_files("truenas", 256 * KIB);
    cr_expect_eq(ask(SOURCE).unit, 128 * KIB);
    cr_expect_eq(clone_range(64 * KIB, 64 * KIB, 128 * KIB), 0);
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), 0);
    cr_expect(reads_as(DEST, 0, 64 * KIB, 2, 0));
    cr_expect(reads_as(DEST, 64 * KIB, 128 * KIB, 1, 64 * KIB));
    cr_expect(reads_as(DEST, 192 * KIB, 64 * KIB, 2, 192 * KIB));
    cr_expect_eq(clone_range(0, 0, 256 * KIB), 0);
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), 256 * KIB);
}

SIM_TEST(ntfs)
{
    struct told told;
    struct os_file *file;
    two_files("ntfs", CLUSTER);
    told = ask(SOURCE);
    cr_expect_eq(told.features, OS_VOLUME_SPARSE);
    cr_expect_eq(told.integrity_error, CODE_INVALID_FUNCTION);
    cr_expect_eq(told.extents_error, 0);
    file = open_file(DEST, OS_OPEN_IN_PLACE);
    cr_expect_eq(os_set_sparse(file, true), 0);
    os_close(file);
    cr_expect(sim_is_sparse(DEST));
}

SIM_TEST(fat32)
{
    struct os_info info;
    struct os_file *file;
    two_files("fat32", CLUSTER);
    cr_expect_eq(ask(SOURCE).features, 0);
    cr_expect_eq(clone_range(0, 0, 32 * KIB), CODE_INVALID_FUNCTION);
    cr_expect_eq(sim_link(SOURCE, L"R:\\x"), CODE_INVALID_FUNCTION);
    file = open_file(DEST, OS_OPEN_IN_PLACE);
    cr_expect_eq(os_set_sparse(file, true), CODE_INVALID_FUNCTION);
    cr_expect_eq(os_zero(file, 0, 1), CODE_INVALID_FUNCTION);
    cr_expect_eq(os_set_size(file, 4 * GIB), CODE_DISK_FULL);
    cr_expect_eq(os_write(file, 4 * GIB - 1, "x", 1), CODE_DISK_FULL);
    cr_expect_eq(os_set_size(file, 4 * GIB - 1), 0);
    const int64_t y1980 = INT64_C(119600064000000000);
    cr_expect_eq(os_set_metadata(file, 0, 0, y1980 + 30000001), 0);
    cr_expect_eq(os_query(file, &info), 0);
    cr_expect_eq(info.written, y1980 + 20000000); /* two seconds at a time */
    cr_expect_eq(os_set_metadata(file, 0, 0, y1980 - 1),
                 CODE_INVALID_PARAMETER);
    os_close(file);
}

/* ---- integrity, metadata --------------------------------------------- */

SIM_TEST(integrity_is_set_on_an_empty_file)
{
    struct os_integrity crc = {1, 0, 0};
    struct os_integrity off = {0, 1, 0};
    struct os_integrity unknown = {7, 0, 0};
    struct os_file *file;
    sim_mount(L"R:\\", "refs-64k");
    file = open_file(DEST, OS_CREATE_NEW);
    cr_expect_eq(os_set_integrity(file, &off), CODE_INVALID_PARAMETER);
    cr_expect_eq(os_set_integrity(file, &unknown), CODE_INVALID_PARAMETER);
    cr_expect_eq(os_set_integrity(file, &crc), 0);
    cr_expect_eq(sim_integrity(DEST), 2); /* as the cluster has it */
    cr_expect_eq(os_write(file, 0, "x", 1), 0);
    off.flags = 0;
    cr_expect_eq(os_set_integrity(file, &off), CODE_NOT_SUPPORTED);
    os_close(file);
}

/* NTFS sets a file's times at each write, ReFS when the file is closed. */
SIM_TEST(a_write_moves_times_at_once_or_late)
{
    for (int late = 0; late < 2; late++) {
        struct os_info before;
        struct os_info after;
        sim_reset();
        sim_mount(L"R:\\", late ? "refs-4k" : "ntfs");
        sim_write_file(SOURCE, "abc", 3);
        struct os_file *writer = sim_open_as(SOURCE, SIM_READ | SIM_WRITE,
                                             SIM_READ | SIM_WRITE | SIM_DELETE);
        struct os_file *other = open_file(SOURCE, OS_OPEN_LOOK);
        cr_assert_eq(os_query(other, &before), 0);
        cr_assert_eq(os_write(writer, 0, "xyz", 3), 0);
        cr_assert_eq(os_query(other, &after), 0);
        cr_expect_eq(after.written == before.written, late);
        cr_expect_eq(after.changed == before.changed, late);
        os_close(writer);
        cr_assert_eq(os_query(other, &after), 0);
        cr_expect_gt(after.written, before.written);
        cr_expect_gt(after.changed, before.changed);
        os_close(other);
    }
}

/* What a writer sets the time to stays when it closes the file. */
SIM_TEST(a_late_time_does_not_replace_one_that_was_set)
{
    struct os_file *file;
    sim_mount(L"R:\\", "refs-4k");
    file = open_file(DEST, OS_CREATE_NEW);
    cr_assert_eq(os_write(file, 0, "x", 1), 0);
    cr_assert_eq(os_set_metadata(file, 0, 0, 12345), 0);
    os_close(file);
    cr_expect_eq(sim_written(DEST), 12345);
}

static uint64_t number_of(struct os_file *file)
{
    uint64_t number = 0;
    cr_assert_eq(os_change_number(file, &number), 0);
    return number;
}

SIM_TEST(a_change_journal)
{
    uint64_t numbers[6];
    struct sim_volume *volume = sim_mount(L"R:\\", "refs-4k");
    sim_write_file(SOURCE, "abc", 3);
    struct os_file *writer = sim_open_as(SOURCE, SIM_READ | SIM_WRITE,
                                         SIM_READ | SIM_WRITE | SIM_DELETE);
    struct os_file *other = open_file(SOURCE, OS_OPEN_LOOK);
    cr_expect_eq(os_change_number(other, numbers), CODE_INVALID_FUNCTION);
    volume->journal = true;
    numbers[0] = number_of(other);
    cr_expect_eq(os_write(writer, 0, "xyz", 3), 0);
    numbers[1] = number_of(other);
    cr_expect_eq(os_write(writer, 0, "xyz", 3), 0);
    numbers[2] = number_of(other);
    cr_expect_eq(os_write(writer, 3, "more", 4), 0); /* another kind */
    numbers[3] = number_of(other);
    os_close(writer);
    numbers[4] = number_of(other);
    sim_write_at(SOURCE, 0, "x", 1);
    numbers[5] = number_of(other);
    cr_expect_gt(numbers[1], numbers[0]);
    cr_expect_eq(numbers[2], numbers[1]);
    cr_expect_gt(numbers[3], numbers[2]);
    cr_expect_gt(numbers[4], numbers[3]);
    cr_expect_gt(numbers[5], numbers[4]);
    os_close(other);
}

SIM_TEST(metadata)
{
    struct os_info info;
    struct os_file *file;
    sim_mount(L"R:\\", "ntfs");
    file = open_file(DEST, OS_CREATE_NEW);
    cr_expect_eq(os_set_metadata(file,
                                 OS_ATTRIBUTE_HIDDEN | OS_ATTRIBUTE_DIRECTORY |
                                     OS_ATTRIBUTE_SPARSE,
                                 0, 12345),
                 0);
    cr_expect_eq(os_query(file, &info), 0);
    cr_expect_eq(info.attributes, OS_ATTRIBUTE_HIDDEN);
    cr_expect_eq(info.written, 12345);
    cr_expect_eq(os_set_metadata(file, 0, 0, 0), 0);
    cr_expect_eq(os_query(file, &info), 0);
    cr_expect_eq(info.attributes, OS_ATTRIBUTE_NORMAL);
    cr_expect_eq(info.written, 12345);
    cr_expect_eq(os_write(file, 0, "x", 1), 0);
    cr_expect_eq(os_query(file, &info), 0);
    cr_expect_neq(info.written, 12345);
    os_close(file);
}

SIM_TEST(a_volume_that_tells_nothing)
{
    struct os_volume told;
    wchar_t root[8];
    struct os_file *file;
    struct sim_volume *volume = two_files("refs-4k", 1);
    volume->features_known = false;
    volume->allocation_unit = 0;
    file = open_file(SOURCE, OS_OPEN_LOOK);
    os_query_volume(file, &told);
    cr_expect_not(told.known);
    cr_expect_eq(os_allocation_unit(file), 0);
    os_close(file);
    os_volume_root(L"R:\\no\\such", root, 8);
    cr_expect_eq(wcscmp(root, L"R:\\"), 0);
    os_volume_root(SOURCE, root, 3);
    cr_expect_eq(root[0], 0);
    os_volume_root(L"Q:\\x", root, 8);
    cr_expect_eq(root[0], 0);
}

/* ---- faults, hooks, trace -------------------------------------------- */

SIM_TEST(a_fault_strikes_once)
{
    sim_mount(L"R:\\", "refs-4k");
    sim_write_file(SOURCE, "x", 1);
    sim_fault(SIM_OP_OPEN, 2, CODE_IO_DEVICE);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_SOURCE), 0);
    cr_expect_eq(os_flush_path(SOURCE), 0);
    cr_expect_eq(sim_faults_met(), 0);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_SOURCE), CODE_IO_DEVICE);
    cr_expect_eq(sim_faults_met(), 1);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_SOURCE), 0);
    cr_expect_eq(sim_calls(SIM_OP_OPEN), 3);
    cr_expect_eq(sim_calls(SIM_OP_CLOSE), 2);
}

SIM_TEST(a_fault_may_stay)
{
    sim_mount(L"R:\\", "refs-4k");
    sim_write_file(SOURCE, "x", 1);
    sim_fault_always(SIM_OP_REMOVE, CODE_ACCESS_DENIED);
    cr_expect_eq(os_remove(NULL, SOURCE), CODE_ACCESS_DENIED);
    cr_expect_eq(os_remove(NULL, SOURCE), CODE_ACCESS_DENIED);
    sim_clear_faults();
    cr_expect_eq(os_remove(NULL, SOURCE), 0);
}

SIM_TEST(a_fault_on_any_call)
{
    struct os_info info;
    struct os_file *file;
    sim_mount(L"R:\\", "refs-4k");
    sim_write_file(SOURCE, "x", 1);
    sim_fault(SIM_OP_ANY, 2, CODE_SEM_TIMEOUT);
    file = open_file(SOURCE, OS_OPEN_LOOK);
    (void)os_clock_us(); /* cannot fail, so is not counted */
    cr_expect_eq(os_query(file, &info), CODE_SEM_TIMEOUT);
    cr_expect_eq(os_query(file, &info), 0);
    os_close(file);
    cr_expect_eq(sim_calls(SIM_OP_ANY), 3);
}

SIM_TEST(a_partial_write)
{
    struct os_file *file;
    sim_mount(L"R:\\", "refs-4k");
    file = open_file(DEST, OS_CREATE_NEW);
    sim_fault_partial(1, CODE_DISK_FULL);
    cr_expect_eq(os_write(file, 0, "abcdef", 6), CODE_DISK_FULL);
    os_close(file);
    cr_expect(sim_holds(DEST, "abc", 3));
}

static void append_byte(void *path)
{
    sim_write_at(path, sim_size(path), "!", 1);
}

SIM_TEST(a_hook_runs_in_the_middle)
{
    uint32_t done;
    char bytes[4];
    struct os_file *file;
    wchar_t path[] = SOURCE;
    sim_mount(L"R:\\", "refs-4k");
    sim_write_file(SOURCE, "x", 1);
    file = open_file(SOURCE, OS_OPEN_SOURCE);
    sim_at_call(SIM_OP_READ, 2, append_byte, path);
    cr_expect_eq(os_read(file, 0, bytes, 4, &done), 0);
    cr_expect_eq(done, 1);
    cr_expect_eq(os_read(file, 0, bytes, 4, &done), 0);
    cr_expect_eq(done, 2);
    cr_expect_eq(os_read(file, 0, bytes, 4, &done), 0);
    cr_expect_eq(done, 2);
    os_close(file);
}

SIM_TEST(the_trace_is_in_order)
{
    const struct sim_trace_entry *entries;
    size_t count;
    sim_mount(L"R:\\", "refs-4k");
    sim_write_file(SOURCE, "x", 1);
    (void)os_flush_path(SOURCE);
    sim_trace(true);
    (void)try_open(SOURCE, OS_OPEN_LOOK);
    (void)os_remove(NULL, L"R:\\none");
    sim_trace_entries(&entries, &count);
    cr_assert_eq(count, 3);
    cr_expect_eq(entries[0].op, SIM_OP_OPEN);
    cr_expect_eq(entries[1].op, SIM_OP_CLOSE);
    cr_expect_eq(entries[2].op, SIM_OP_REMOVE);
    cr_expect_eq(entries[2].code, CODE_FILE_NOT_FOUND);
    cr_expect_eq(wcscmp(entries[2].path, L"R:\\none"), 0);
    cr_expect_str_eq(sim_op_name(SIM_OP_SET_INTEGRITY), "set-integrity");
}

/* ---- time, chance, console ------------------------------------------- */

SIM_TEST(time_is_simulated)
{
    uint64_t before = os_clock_us();
    os_sleep_ms(100, NULL);
    os_sleep_ms(200, NULL);
    cr_expect_geq(os_clock_us() - before, 300000);
    cr_expect_lt(os_clock_us() - before, 301000);
    cr_expect_eq(sim_slept_ms(), 300);
    cr_expect_eq(sim_sleeps(), 2);
}

SIM_TEST(chance_follows_from_the_seed)
{
    uint64_t a;
    uint64_t b;
    uint64_t c;
    sim_seed(7);
    cr_expect_eq(os_random(&a, sizeof a), 0);
    cr_expect_eq(os_random(&b, sizeof b), 0);
    sim_seed(7);
    cr_expect_eq(os_random(&c, sizeof c), 0);
    cr_expect_eq(a, c);
    cr_expect_neq(a, b);
}

SIM_TEST(print_is_kept)
{
    cr_expect(os_print(OS_STDOUT, L"one "));
    cr_expect(os_print(OS_STDOUT, L"two"));
    sim_fault(SIM_OP_PRINT, 1, CODE_DISK_FULL);
    cr_expect_not(os_print(OS_STDERR, L"x"));
    cr_expect_eq(wcscmp(sim_printed(OS_STDOUT), L"one two"), 0);
    cr_expect_eq(wcscmp(sim_printed(OS_STDERR), L""), 0);
}

/* ---- the simulator against a simple model ---------------------------- */

#define MODEL_FILES 3u
#define MODEL_SIZE (16u * CLUSTER)

static const wchar_t *const model_path[MODEL_FILES] = {L"R:\\a", L"R:\\b",
                                                       L"R:\\c"};
static uint8_t model[MODEL_FILES][MODEL_SIZE];

static uint32_t pick(uint32_t below)
{
    uint32_t value;
    (void)os_random(&value, sizeof value);
    return value % below;
}

static void model_write(unsigned file)
{
    uint32_t offset = pick(MODEL_SIZE);
    uint32_t length = 1 + pick(MODEL_SIZE - offset);
    memset(model[file] + offset, (int)pick(256), length);
    cr_assert_eq(
        sim_write_at(model_path[file], offset, model[file] + offset, length),
        0);
}

static void model_zero(unsigned file)
{
    uint32_t offset = pick(MODEL_SIZE);
    uint32_t length = pick(MODEL_SIZE - offset);
    struct os_file *open = open_file(model_path[file], OS_OPEN_IN_PLACE);
    memset(model[file] + offset, 0, length);
    cr_assert_eq(os_zero(open, offset, length), 0);
    os_close(open);
}

static void model_cut(unsigned file)
{
    uint32_t size = pick(MODEL_SIZE);
    memset(model[file] + size, 0, MODEL_SIZE - size);
    cr_assert_eq(sim_set_size(model_path[file], size), 0);
    cr_assert_eq(sim_set_size(model_path[file], MODEL_SIZE), 0);
}

static void model_clone(unsigned from, unsigned to)
{
    uint32_t count = 1 + pick(8);
    uint32_t a = pick(17 - count) * CLUSTER;
    uint32_t b = pick(17 - count) * CLUSTER;
    struct os_file *source = open_file(model_path[from], OS_OPEN_SOURCE_SHARED);
    struct os_file *dest = open_file(model_path[to], OS_OPEN_IN_PLACE);
    os_error error = os_clone(source, a, dest, b, count * CLUSTER);
    os_close(source);
    os_close(dest);
    if (from == to && (a > b ? a - b : b - a) < count * CLUSTER)
        cr_assert_eq(error, CODE_NOT_SUPPORTED);
    else
        cr_assert_eq(error, 0);
    if (!error)
        memcpy(model[to] + b, model[from] + a, count * CLUSTER);
}

SIM_TEST(random_work_agrees_with_a_model)
{
    /* hardly more than the files take, so that clusters are used again */
    sim_mount(L"R:\\", "refs-4k")->capacity = MODEL_FILES * 16 + 2;
    for (unsigned i = 0; i < MODEL_FILES; i++) {
        sim_set_sparse(model_path[i], true);
        sim_set_size(model_path[i], MODEL_SIZE);
    }
    for (unsigned i = 0; i < 3000; i++) {
        unsigned file = pick(MODEL_FILES);
        switch (pick(6)) {
        case 0:
            model_zero(file);
            break;
        case 1:
            model_cut(file);
            break;
        case 2:
        case 3:
            model_write(file);
            break;
        default:
            model_clone(file, pick(MODEL_FILES));
            break;
        }
        cr_assert(sim_check(), "step %u", i);
        for (unsigned f = 0; f < MODEL_FILES; f++)
            cr_assert(sim_holds(model_path[f], model[f], MODEL_SIZE),
                      "step %u file %u", i, f);
    }
}

SIM_TEST(the_check_sees_a_wrong_count)
{
    struct sim_volume *volume = two_files("refs-4k", 2 * CLUSTER);
    struct os_extent extent;
    size_t count;
    bool more;
    struct os_file *file = open_file(SOURCE, OS_OPEN_LOOK);

    cr_assert_eq(os_extents(file, 0, &extent, 1, &count, &more), 0);
    os_close(file);
    cr_expect(sim_check());
    sim_ref(volume, (uint64_t)extent.lcn, 1);
    cr_expect_not(sim_check());
    sim_unref(volume, (uint64_t)extent.lcn, 1);
    cr_expect(sim_check());
}

SIM_TEST(same_bytes_sees_one_byte)
{
    two_files("refs-4k", 64 * KIB);
    cr_expect_not(sim_same_bytes(SOURCE, DEST));
    sim_fill_pattern(DEST, 0, 64 * KIB, 1);
    cr_expect(sim_same_bytes(SOURCE, DEST));
    cr_expect_eq(sim_shared_bytes(SOURCE, DEST), 0);
    sim_write_at(DEST, 64 * KIB - 1, "", 1);
    cr_expect(sim_same_bytes(SOURCE, DEST) ==
              (sim_pattern_byte(1, 64 * KIB - 1) == 0));
    sim_set_size(DEST, 64 * KIB - 1);
    cr_expect_not(sim_same_bytes(SOURCE, DEST));
}

/* ---- threads ----------------------------------------------------------- */

static void read_byte(void *file)
{
    uint8_t byte;
    uint32_t done;
    (void)os_read(file, 0, &byte, 1, &done);
}

/* Where another thread is inside a call on `file`, too. */
static void read_beside(void *file)
{
    struct os_thread *thread = NULL;
    cr_assert_eq(os_thread_start(read_byte, file, &thread), 0);
    for (;;) /* it ends this */
        ;
}

Test(sim, two_threads_on_one_handle_end_the_test, .init = sim_test_start,
     .signal = SIGABRT)
{
    two_files("refs-4k", GIB);
    struct os_file *file = open_file(SOURCE, OS_OPEN_SOURCE);
    sim_at_call(SIM_OP_READ, 1, read_beside, file);
    read_byte(file);
}

/* A handle of its own, or after the other one: nobody waits for anybody. */
SIM_TEST(two_threads_on_two_handles)
{
    two_files("refs-4k", GIB);
    struct os_file *file = open_file(SOURCE, OS_OPEN_SOURCE);
    struct os_file *other = open_file(SOURCE, OS_OPEN_SOURCE);
    struct os_thread *thread = NULL;
    cr_assert_eq(os_thread_start(read_byte, other, &thread), 0);
    for (int i = 0; i < 1000; i++)
        read_byte(file);
    os_thread_end(thread);
    cr_assert_eq(os_thread_start(read_byte, file, &thread), 0);
    os_thread_end(thread);
    read_byte(file);
    os_close(other);
    os_close(file);
}
