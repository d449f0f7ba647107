/*
 * The simulated system: what a file has beside its bytes, and the user.
 */
#include <stdlib.h>
#include <string.h>

#include "core/errors.h"
#define SIM_SUITE sim_metadata
#include "sim_test.h"

#define KIB 1024u

#define SOURCE L"R:\\source"
#define STREAM L"R:\\source:one"
#define DEST L"R:\\dest"

/* ---- helpers --------------------------------------------------------- */

static struct os_file *open_file(const wchar_t *path, unsigned intent)
{
    struct os_file *file = NULL;
    os_error error = os_open(path, intent, &file);
    cr_assert_eq(error, 0, "open %ls: %u", path, (unsigned)error);
    return file;
}

static os_error try_open(const wchar_t *path, unsigned intent)
{
    struct os_file *file = NULL;
    os_error error = os_open(path, intent, &file);
    if (!error)
        os_close(file);
    return error;
}

/* A volume with one file of one stream. */
static struct sim_volume *one_stream(const char *profile)
{
    struct sim_volume *volume = sim_mount(L"R:\\", profile);
    cr_assert_eq(sim_write_file(SOURCE, "main", 4), 0);
    cr_assert_eq(sim_set_stream(SOURCE, L"one", "bytes", 5), 0);
    return volume;
}

static struct os_info query(struct os_file *file)
{
    struct os_info info;
    cr_assert_eq(os_query(file, &info), 0);
    return info;
}

/* ---- streams: reading, making ---------------------------------------- */

SIM_TEST(a_stream_is_read_by_its_name)
{
    char bytes[8];
    uint32_t done;
    struct os_file *file;
    struct os_info info;

    one_stream("refs-4k");
    file = open_file(L"r:/SOURCE:One", OS_OPEN_SOURCE);
    cr_expect_eq(sim_open_handles(), 1);
    cr_expect_eq(os_read(file, 1, bytes, 8, &done), 0);
    cr_expect_eq(done, 4);
    cr_expect_eq(memcmp(bytes, "ytes", 4), 0);
    info = query(file);
    cr_expect_eq(info.size, 5);
    cr_expect_eq(info.attributes, OS_ATTRIBUTE_ARCHIVE);
    cr_expect_eq(os_write(file, 0, "x", 1), CODE_ACCESS_DENIED);
    os_close(file);
    cr_expect(sim_holds(SOURCE, "main", 4));
    cr_expect(sim_stream_holds(SOURCE, L"ONE", "bytes", 5));
    cr_expect_not(sim_stream_holds(SOURCE, L"one", "bytez", 5));
    cr_expect_not(sim_stream_holds(SOURCE, L"one", "byte", 4));
    cr_expect_not(sim_stream_holds(SOURCE, L"two", "", 0));
    cr_expect_not(sim_stream_holds(DEST, L"one", "", 0));
    cr_expect_eq(sim_set_stream(SOURCE, L"One", "new", 3), 0);
    cr_expect(sim_stream_holds(SOURCE, L"one", "new", 3));
    cr_expect_eq(sim_stream_count(SOURCE), 1);
}

SIM_TEST(a_stream_is_added_and_filled)
{
    struct os_file *file;
    one_stream("refs-4k");
    file = open_file(L"\\\\?\\R:\\source:two", OS_CREATE_NEW);
    cr_expect(sim_stream_holds(SOURCE, L"two", "", 0));
    cr_expect_eq(os_write(file, 2, "yes", 3), 0);
    cr_expect_eq(os_set_size(file, 4), 0);
    cr_expect_eq(os_flush(file), 0);
    os_close(file);
    cr_expect(sim_stream_holds(SOURCE, L"two", "\0\0ye", 4));
    cr_expect(sim_stream_holds(SOURCE, L"one", "bytes", 5));
    cr_expect(sim_holds(SOURCE, "main", 4));
    cr_expect_eq(sim_stream_count(SOURCE), 2);
    cr_expect_eq(sim_file_count(L"R:\\"), 1);
}

SIM_TEST(what_no_stream_opens_as)
{
    one_stream("refs-4k");
    sim_mkdir(L"R:\\dir");
    cr_expect_eq(try_open(STREAM, OS_CREATE_NEW), CODE_FILE_EXISTS);
    cr_expect_eq(try_open(L"R:\\source:ONE", OS_CREATE_NEW), CODE_FILE_EXISTS);
    cr_expect_eq(try_open(L"R:\\source:two", OS_OPEN_SOURCE),
                 CODE_FILE_NOT_FOUND);
    cr_expect_eq(try_open(L"R:\\dest:one", OS_OPEN_SOURCE),
                 CODE_FILE_NOT_FOUND);
    cr_expect_eq(try_open(L"R:\\dest:one", OS_CREATE_NEW), CODE_INVALID_NAME);
    cr_expect_eq(try_open(L"R:\\no\\f:one", OS_OPEN_SOURCE),
                 CODE_PATH_NOT_FOUND);
    cr_expect_eq(try_open(L"R:\\source:", OS_OPEN_SOURCE), CODE_INVALID_NAME);
    cr_expect_eq(try_open(L"R:\\source:a:b", OS_CREATE_NEW), CODE_INVALID_NAME);
    cr_expect_eq(try_open(L"R:\\source:a\\b", OS_CREATE_NEW),
                 CODE_INVALID_NAME);
    cr_expect_not(sim_exists(DEST));
    cr_expect_eq(try_open(L"R:\\dir:one", OS_CREATE_NEW), 0);
    cr_expect_eq(try_open(L"R:\\dir:one", OS_OPEN_SOURCE), 0);
    cr_expect_eq(try_open(L"source:one", OS_OPEN_SOURCE), 0);
    cr_expect_eq(try_open(L"R:", OS_OPEN_LOOK), 0); /* a drive's colon */
    cr_expect_eq(try_open(L"\\\\?\\R:", OS_OPEN_LOOK), 0);
}

SIM_TEST(streams_through_links)
{
    one_stream("refs-4k");
    cr_assert_eq(sim_symlink(L"source", L"R:\\l"), 0);
    cr_assert_eq(sim_link(SOURCE, L"R:\\hard"), 0);
    cr_expect_eq(try_open(L"R:\\l:one", OS_OPEN_SOURCE), 0);
    cr_expect_eq(try_open(L"R:\\hard:one", OS_OPEN_SOURCE), 0);
    cr_expect_eq(try_open(L"R:\\l:one", OS_CREATE_NEW), 0); /* the link's */
    cr_expect_eq(sim_stream_count(SOURCE), 1);
}

SIM_TEST(a_stream_has_its_own_sharing)
{
    struct os_file *file;
    struct os_file *stream;
    sim_mount(L"R:\\", "ntfs");
    file = open_file(SOURCE, OS_CREATE_NEW); /* shares nothing */
    stream = open_file(STREAM, OS_CREATE_NEW);
    cr_expect_eq(sim_open_handles(), 2);
    cr_expect_eq(try_open(STREAM, OS_OPEN_SOURCE_SHARED),
                 CODE_SHARING_VIOLATION);
    cr_expect_eq(try_open(L"R:\\source:two", OS_CREATE_NEW), 0);
    os_close(stream);
    cr_expect_eq(try_open(STREAM, OS_OPEN_SOURCE), 0);
    stream = sim_open_as(STREAM, SIM_WRITE, SIM_READ | SIM_WRITE);
    cr_assert_not_null(stream);
    cr_expect_null(sim_open_as(STREAM, SIM_READ, SIM_READ));
    cr_expect_eq(try_open(STREAM, OS_OPEN_SOURCE), CODE_SHARING_VIOLATION);
    cr_expect_eq(try_open(STREAM, OS_OPEN_SOURCE_SHARED), 0);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_SOURCE), CODE_SHARING_VIOLATION);
    os_close(file);
    cr_expect_eq(try_open(SOURCE, OS_OPEN_SOURCE), 0);
    os_close(stream);
}

/* ---- streams: the life of their file --------------------------------- */

SIM_TEST(a_file_pending_deletion_has_its_streams_shut)
{
    struct os_file *file;
    struct os_file *stream;
    sim_mount(L"R:\\", "refs-4k");
    file = open_file(SOURCE, OS_CREATE_NEW);
    stream = open_file(STREAM, OS_CREATE_NEW);
    cr_expect_eq(os_mark_deleted(file, true), 0);
    cr_expect_eq(try_open(L"R:\\source:two", OS_CREATE_NEW),
                 CODE_ACCESS_DENIED);
    cr_expect_eq(try_open(STREAM, OS_CREATE_NEW), CODE_ACCESS_DENIED);
    cr_expect_eq(try_open(STREAM, OS_OPEN_LOOK), CODE_ACCESS_DENIED);
    cr_expect_eq(sim_stream_count(SOURCE), 1);
    cr_expect_eq(os_write(stream, 0, "x", 1), 0); /* what is open stays so */
    cr_expect_eq(os_mark_deleted(file, false), 0);
    cr_expect_eq(try_open(L"R:\\source:two", OS_CREATE_NEW), 0);
    os_close(stream);
    os_close(file);
    cr_expect(sim_stream_holds(SOURCE, L"one", "x", 1));
}

SIM_TEST(an_open_stream_keeps_its_file)
{
    struct os_file *file;
    struct os_file *stream;
    struct sim_volume *volume = one_stream("refs-4k");
    file = open_file(DEST, OS_CREATE_NEW);
    stream = open_file(L"R:\\dest:one", OS_CREATE_NEW);
    cr_expect_eq(os_write(stream, 0, "x", 1), 0);
    cr_expect_eq(os_mark_deleted(file, true), 0);
    os_close(file);
    cr_expect(sim_exists(DEST));
    cr_expect(sim_check());
    os_close(stream);
    cr_expect_not(sim_exists(DEST));
    stream = open_file(STREAM, OS_OPEN_SOURCE);
    cr_expect_eq(os_remove(NULL, SOURCE), 0);
    cr_expect_gt(sim_used_clusters(volume), 0);
    os_close(stream);
    cr_expect_eq(sim_used_clusters(volume), 0);
}

SIM_TEST(a_killed_process_leaves_no_stream_open)
{
    struct os_file *file;
    one_stream("refs-4k");
    file = open_file(SOURCE, OS_OPEN_IN_PLACE);
    (void)open_file(STREAM, OS_OPEN_SOURCE);
    cr_expect_eq(os_write(file, 0, "x", 1), 0);
    sim_kill_process();
    cr_expect_eq(sim_open_handles(), 0);
    cr_expect(sim_stream_holds(SOURCE, L"one", "bytes", 5));
}

SIM_TEST(a_lost_stream_answers_so)
{
    char byte;
    uint32_t done;
    struct os_file *stream;
    struct os_file *source;
    struct os_file *dest;
    struct sim_volume *volume = one_stream("refs-4k");
    sim_write_file(DEST, "x", 1);
    stream = open_file(STREAM, OS_OPEN_SOURCE);
    source = open_file(SOURCE, OS_OPEN_SOURCE);
    dest = open_file(DEST, OS_OPEN_IN_PLACE);
    volume->drop.at = 1;
    volume->drop.code = CODE_NETNAME_DELETED;
    volume->drop.kills_handles = true;
    cr_expect_eq(os_clone(source, 0, dest, 0, 4096), CODE_NETNAME_DELETED);
    cr_expect_eq(os_read(stream, 0, &byte, 1, &done), CODE_NETNAME_DELETED);
    os_close(stream);
    os_close(source);
    os_close(dest);
    cr_expect_eq(try_open(STREAM, OS_OPEN_IN_PLACE), 0);
}

SIM_TEST(streams_move_and_go_with_their_file)
{
    struct os_file *file;
    struct sim_volume *volume = one_stream("refs-4k");
    sim_write_file(DEST, "old", 3);
    cr_assert_eq(sim_set_stream(DEST, L"old", "old", 3), 0);
    cr_assert_eq(sim_set_ea(DEST, "ea", 2), 0);
    file = sim_open_as(SOURCE, SIM_DELETE, 0);
    cr_expect_eq(os_rename(file, NULL, DEST, true), 0);
    os_close(file);
    cr_expect(sim_stream_holds(DEST, L"one", "bytes", 5));
    cr_expect_eq(sim_stream_count(DEST), 1);
    cr_expect(sim_ea_holds(DEST, "", 0));
    cr_expect_eq(sim_used_clusters(volume), 2);
    cr_expect_eq(os_remove(NULL, DEST), 0);
    cr_expect_eq(sim_used_clusters(volume), 0);
}

SIM_TEST(a_stream_handle_neither_deletes_nor_renames)
{
    struct os_file *stream;
    one_stream("refs-4k");
    stream = open_file(L"R:\\source:two", OS_CREATE_NEW);
    cr_expect_eq(os_mark_deleted(stream, true), CODE_INVALID_PARAMETER);
    cr_expect_eq(os_rename(stream, NULL, DEST, true), CODE_INVALID_PARAMETER);
    os_close(stream);
    cr_expect(sim_exists(SOURCE));
    cr_expect_eq(sim_stream_count(SOURCE), 2);
}

SIM_TEST(a_stream_has_what_its_file_has)
{
    struct os_file *file;
    struct os_file *stream;
    struct os_info a;
    struct os_info b;
    one_stream("ntfs");
    sim_set_written(SOURCE, 42);
    file = open_file(SOURCE, OS_OPEN_IN_PLACE);
    stream = open_file(STREAM, OS_OPEN_IN_PLACE);
    cr_expect_eq(query(stream).written, 42);
    cr_expect_eq(os_write(stream, 0, "x", 1), 0);
    cr_expect_neq(sim_written(SOURCE), 42); /* [MS-FSA 2.1.5.4] */
    cr_expect_eq(os_set_metadata(stream, OS_ATTRIBUTE_HIDDEN, 0, 43), 0);
    a = query(file);
    b = query(stream);
    cr_expect_eq(a.attributes, OS_ATTRIBUTE_HIDDEN);
    cr_expect_eq(b.attributes, OS_ATTRIBUTE_HIDDEN);
    cr_expect_eq(a.written, 43);
    cr_expect_eq(b.written, 43);
    cr_expect_eq(memcmp(&a.identity, &b.identity, sizeof a.identity), 0);
    os_close(file);
    os_close(stream);
}

SIM_TEST(streams_of_read_only_files)
{
    struct sim_volume *volume = one_stream("refs-4k");
    sim_set_attributes(SOURCE, OS_ATTRIBUTE_READONLY);
    cr_expect_eq(try_open(STREAM, OS_OPEN_SOURCE), 0);
    cr_expect_eq(try_open(STREAM, OS_OPEN_IN_PLACE), CODE_ACCESS_DENIED);
    cr_expect_eq(try_open(L"R:\\source:two", OS_CREATE_NEW),
                 CODE_ACCESS_DENIED);
    sim_set_attributes(SOURCE, 0);
    volume->read_only = true;
    cr_expect_eq(try_open(L"R:\\source:two", OS_CREATE_NEW),
                 CODE_WRITE_PROTECT);
    cr_expect_eq(sim_stream_count(SOURCE), 1);
}

/* ---- streams: limits, cloning, listing ------------------------------- */

SIM_TEST(a_stream_of_refs_is_short)
{
    static char bytes[128 * KIB + 1];
    struct os_file *stream;
    struct sim_volume *volume = one_stream("refs-64k");
    stream = open_file(STREAM, OS_OPEN_IN_PLACE);
    cr_expect_eq(os_write(stream, 0, bytes, 128 * KIB), 0);
    cr_expect_eq(os_write(stream, 128 * KIB, "x", 1),
                 CODE_FILE_SYSTEM_LIMITATION);
    cr_expect_eq(os_set_size(stream, 128 * KIB + 1),
                 CODE_FILE_SYSTEM_LIMITATION);
    cr_expect_eq(query(stream).size, 128 * KIB);
    volume->stream_limit = 0;
    cr_expect_eq(os_write(stream, 128 * KIB, "x", 1), 0);
    volume->stream_limit = 128 * KIB;
    os_close(stream);
    cr_expect_eq(sim_set_stream(SOURCE, L"two", bytes, sizeof bytes),
                 CODE_FILE_SYSTEM_LIMITATION);
    cr_expect_eq(sim_stream_count(SOURCE), 1);
    cr_expect_eq(sim_set_stream(SOURCE, L"two", bytes, 128 * KIB), 0);
    cr_expect_eq(sim_set_size(SOURCE, 256 * KIB), 0); /* but no file */
    sim_mount(L"N:\\", "ntfs");
    sim_write_file(L"N:\\f", "", 0);
    cr_expect_eq(sim_set_stream(L"N:\\f", L"s", bytes, sizeof bytes), 0);
}

SIM_TEST(no_stream_is_cloned)
{
    struct os_file *file;
    struct os_file *stream;
    one_stream("refs-4k");
    sim_write_file(DEST, "x", 1);
    file = open_file(DEST, OS_OPEN_IN_PLACE);
    stream = open_file(STREAM, OS_OPEN_IN_PLACE);
    cr_expect_eq(os_set_size(stream, 4096), 0);
    cr_expect_not(sim_cloned_stream);
    cr_expect_eq(os_clone(file, 0, stream, 0, 4096), CODE_NOT_SUPPORTED);
    cr_expect(sim_cloned_stream);
    sim_cloned_stream = false;
    cr_expect_eq(os_clone(stream, 0, file, 0, 4096), CODE_NOT_SUPPORTED);
    cr_expect(sim_cloned_stream);
    sim_cloned_stream = false;
    sim_fault(SIM_OP_CLONE, 1, CODE_IO_DEVICE);
    cr_expect_eq(os_clone(stream, 0, file, 0, 4096), CODE_IO_DEVICE);
    cr_expect(sim_cloned_stream); /* it was tried */
    os_close(stream);
    os_close(file);
    cr_expect(sim_holds(DEST, "x", 1));
    sim_reset();
    cr_expect_not(sim_cloned_stream);
}

SIM_TEST(cloning_files_is_no_cloning_of_streams)
{
    struct os_file *source;
    struct os_file *dest;
    one_stream("refs-4k");
    sim_write_file(DEST, "dest", 4);
    source = open_file(SOURCE, OS_OPEN_SOURCE);
    dest = open_file(DEST, OS_OPEN_IN_PLACE);
    cr_expect_eq(os_clone(source, 0, dest, 0, 4096), 0);
    cr_expect_not(sim_cloned_stream);
    os_close(source);
    os_close(dest);
}

SIM_TEST(streams_are_listed)
{
    struct os_stream_name *streams;
    size_t count;
    struct os_file *file;
    one_stream("refs-4k");
    sim_write_file(DEST, "x", 1);
    cr_assert_eq(sim_set_stream(SOURCE, L"Zwei", "", 0), 0);
    file = open_file(SOURCE, OS_OPEN_LOOK);
    cr_assert_eq(os_list_streams(file, &streams, &count), 0);
    cr_assert_eq(count, 3);
    cr_expect_eq(wcscmp(streams[0].name, L"::$DATA"), 0);
    cr_expect_eq(streams[0].size, sim_size(SOURCE));
    cr_expect_eq(wcscmp(streams[1].name, L":one:$DATA"), 0);
    cr_expect_eq(streams[1].size, 5);
    cr_expect_eq(wcscmp(streams[2].name, L":Zwei:$DATA"), 0);
    cr_expect_eq(streams[2].size, 0);
    free(streams);
    sim_fault(SIM_OP_LIST_STREAMS, 1, CODE_IO_DEVICE);
    cr_expect_eq(os_list_streams(file, &streams, &count), CODE_IO_DEVICE);
    os_close(file);
    cr_expect_eq(sim_calls(SIM_OP_LIST_STREAMS), 2);
    file = open_file(DEST, OS_OPEN_SOURCE);
    cr_expect_eq(os_list_streams(file, &streams, &count), 0);
    cr_expect_eq(count, 1); /* the file's own data */
    free(streams);
    os_close(file);
    file = open_file(L"R:\\", OS_OPEN_SOURCE_DIRECTORY);
    cr_expect_eq(os_list_streams(file, &streams, &count), 0);
    cr_expect_null(streams);
    cr_expect_eq(count, 0);
    os_close(file);
}

SIM_TEST(long_names_of_streams)
{
    wchar_t path[300] = L"R:\\source:";
    struct os_stream_name *streams;
    size_t count;
    struct os_file *file;
    size_t length = wcslen(path);

    one_stream("refs-4k");
    wmemset(path + length, L'n', 256);
    cr_expect_eq(try_open(path, OS_CREATE_NEW), CODE_INVALID_NAME);
    path[length + 255] = 0;
    cr_expect_eq(try_open(path, OS_CREATE_NEW), 0);
    file = open_file(SOURCE, OS_OPEN_LOOK);
    cr_assert_eq(os_list_streams(file, &streams, &count), 0);
    cr_assert_eq(count, 3);
    cr_expect_eq(wcslen(streams[2].name), 256 + wcslen(L":$DATA"));
    free(streams);
    os_close(file);
}

/* ---- which volume has what ------------------------------------------- */

static bool is_in(const char *name, const char *const *list)
{
    while (*list && strcmp(*list, name) != 0)
        list++;
    return *list != NULL;
}

SIM_TEST(volumes_without_streams)
{
    static const char *const without[] = {"fat32", "exfat", "nfs41", "openzfs",
                                          NULL};
    for (size_t i = 0; sim_profile(i); i++) {
        struct os_stream_name *streams;
        size_t count;
        struct os_file *file;
        bool none = is_in(sim_profile(i), without);

        sim_reset();
        sim_mount(L"R:\\", sim_profile(i));
        sim_write_file(SOURCE, "x", 1);
        cr_expect_eq(try_open(STREAM, OS_CREATE_NEW),
                     none ? CODE_INVALID_NAME : 0, "%s", sim_profile(i));
        cr_expect_eq(try_open(STREAM, OS_OPEN_SOURCE),
                     none ? CODE_INVALID_NAME : 0, "%s", sim_profile(i));
        cr_expect_eq(sim_set_stream(SOURCE, L"x", "", 0),
                     none ? CODE_INVALID_NAME : 0, "%s", sim_profile(i));
        file = open_file(SOURCE, OS_OPEN_LOOK);
        cr_expect_eq(os_list_streams(file, &streams, &count), 0);
        cr_expect_eq(count, none ? 0 : 3, "%s", sim_profile(i));
        free(streams);
        os_close(file);
    }
}

SIM_TEST(volumes_without_extended_attributes)
{
    static const char *const without[] = {
        "fat32", "exfat", "nfs41", "openzfs", "samba", "truenas", NULL};
    for (size_t i = 0; sim_profile(i); i++) {
        struct os_file *file;
        void *block = "";
        size_t size = 1;
        bool none = is_in(sim_profile(i), without);

        sim_reset();
        sim_mount(L"R:\\", sim_profile(i));
        file = open_file(SOURCE, OS_CREATE_NEW);
        cr_expect_eq(os_set_ea(file, "ea", 2),
                     none ? CODE_EAS_NOT_SUPPORTED : 0, "%s", sim_profile(i));
        cr_expect_eq(os_get_ea(file, &block, &size), 0);
        cr_expect_eq(size, none ? 0 : 2, "%s", sim_profile(i));
        cr_expect_eq(block == NULL, none, "%s", sim_profile(i));
        free(block);
        os_close(file);
    }
}

SIM_TEST(volumes_without_security_or_encryption)
{
    static const char *const no_security[] = {"fat32", "exfat", NULL};
    static const char *const encrypts[] = {"ntfs", NULL};
    for (size_t i = 0; sim_profile(i); i++) {
        struct os_file *source;
        struct os_file *dest;
        const char *name = sim_profile(i);

        sim_reset();
        sim_mount(L"R:\\", name);
        sim_write_file(SOURCE, "x", 1);
        sim_set_security(SOURCE, 7);
        source = open_file(SOURCE, OS_OPEN_SOURCE | OS_WITH_SECURITY);
        dest = open_file(DEST, OS_CREATE_NEW | OS_WITH_SECURITY | OS_ENCRYPTED);
        cr_expect_eq(os_copy_security(source, dest),
                     is_in(name, no_security) ? CODE_NOT_SUPPORTED : 0, "%s",
                     name);
        cr_expect_eq(sim_security(DEST), is_in(name, no_security) ? 0 : 7);
        cr_expect_eq(!!(query(dest).attributes & OS_ATTRIBUTE_ENCRYPTED),
                     is_in(name, encrypts), "%s", name);
        os_close(source);
        os_close(dest);
    }
}

SIM_TEST(volumes_that_rename_over_no_read_only_file)
{
    static const char *const without[] = {"refs-ws2016", "exfat", "fat32",
                                          NULL};
    for (size_t i = 0; sim_profile(i); i++) {
        struct os_file *file;
        bool none = is_in(sim_profile(i), without);

        sim_reset();
        sim_mount(L"R:\\", sim_profile(i));
        sim_write_file(DEST, "old", 3);
        sim_set_attributes(DEST, OS_ATTRIBUTE_READONLY);
        file = open_file(SOURCE, OS_CREATE_NEW);
        cr_expect_eq(os_rename(file, NULL, DEST, false), CODE_ALREADY_EXISTS);
        cr_expect_eq(os_rename(file, NULL, DEST, true),
                     none ? CODE_ACCESS_DENIED : 0, "%s", sim_profile(i));
        os_close(file);
        cr_expect_eq(sim_holds(DEST, "old", 3), none, "%s", sim_profile(i));
    }
}

/* ---- extended attributes --------------------------------------------- */

SIM_TEST(extended_attributes_are_one_block)
{
    void *block;
    size_t size;
    struct os_file *source;
    struct os_file *dest;
    one_stream("refs-4k");
    source = open_file(SOURCE, OS_OPEN_SOURCE);
    cr_expect_eq(os_get_ea(source, &block, &size), 0);
    cr_expect_null(block);
    cr_expect_eq(size, 0);
    cr_expect_eq(sim_set_ea(SOURCE, "a\0b", 3), 0);
    cr_assert_eq(os_get_ea(source, &block, &size), 0);
    dest = open_file(DEST, OS_CREATE_NEW);
    cr_expect_eq(os_set_ea(dest, block, size), 0);
    free(block);
    cr_expect_eq(os_set_ea(source, "x", 1), CODE_ACCESS_DENIED);
    cr_expect(sim_ea_holds(DEST, "a\0b", 3));
    cr_expect_not(sim_ea_holds(DEST, "a\0c", 3));
    cr_expect_not(sim_ea_holds(DEST, "a", 1));
    cr_expect_eq(os_set_ea(dest, "new", 3), 0);
    cr_expect(sim_ea_holds(DEST, "new", 3));
    sim_fault(SIM_OP_SET_EA, 1, CODE_IO_DEVICE);
    cr_expect_eq(os_set_ea(dest, "x", 1), CODE_IO_DEVICE);
    sim_fault(SIM_OP_GET_EA, 1, CODE_IO_DEVICE);
    cr_expect_eq(os_get_ea(dest, &block, &size), CODE_IO_DEVICE);
    cr_expect_eq(sim_faults_met(), 2);
    os_close(source);
    os_close(dest);
    cr_expect(sim_ea_holds(DEST, "new", 3));
    cr_expect_eq(sim_set_ea(DEST, "", 0), 0);
    cr_expect(sim_ea_holds(DEST, "", 0));
    cr_expect_not(sim_ea_holds(L"R:\\none", "", 0));
    source = open_file(SOURCE, OS_OPEN_LOOK);
    cr_expect_eq(os_get_ea(source, &block, &size), CODE_ACCESS_DENIED);
    os_close(source);
}

SIM_TEST(a_read_only_volume_takes_no_metadata)
{
    struct os_file *source;
    struct os_file *dest;
    struct sim_volume *volume = one_stream("refs-4k");
    source = open_file(SOURCE, OS_OPEN_SOURCE | OS_WITH_SECURITY);
    dest = open_file(DEST, OS_CREATE_NEW | OS_WITH_SECURITY);
    sim_set_security(SOURCE, 1);
    volume->read_only = true;
    cr_expect_eq(os_set_ea(dest, "x", 1), CODE_WRITE_PROTECT);
    cr_expect_eq(os_copy_security(source, dest), CODE_WRITE_PROTECT);
    os_close(source);
    os_close(dest);
    cr_expect(sim_ea_holds(DEST, "", 0));
    cr_expect_eq(sim_security(DEST), 0);
}

/* ---- security -------------------------------------------------------- */

SIM_TEST(a_new_file_has_its_directorys_security)
{
    struct os_file *file;
    one_stream("refs-4k");
    sim_set_security(SOURCE, 9);
    sim_mkdir(L"R:\\dir");
    sim_set_security(L"R:\\dir", 5);
    os_close(open_file(L"R:\\dir\\f", OS_CREATE_NEW));
    cr_expect_eq(sim_security(L"R:\\dir\\f"), 5);
    os_close(open_file(DEST, OS_CREATE_NEW));
    cr_expect_eq(sim_security(DEST), 0);
    cr_expect_eq(sim_link(DEST, L"R:\\dir\\hard"), 0);
    cr_expect_eq(sim_security(DEST), 0);
    file = sim_open_as(L"R:\\dir\\f", SIM_DELETE, 0);
    cr_expect_eq(os_rename(file, NULL, L"R:\\moved", false), 0);
    os_close(file);
    cr_expect_eq(sim_security(L"R:\\moved"), 5);
}

static os_error copy_security(unsigned source_intent, unsigned dest_intent)
{
    struct os_file *source = open_file(SOURCE, source_intent);
    struct os_file *dest = open_file(DEST, dest_intent);
    os_error error = os_copy_security(source, dest);
    os_close(source);
    os_close(dest);
    return error;
}

SIM_TEST(security_is_copied_by_who_may)
{
    one_stream("refs-4k");
    sim_set_security(SOURCE, 9);
    cr_expect_eq(copy_security(OS_OPEN_SOURCE, OS_CREATE_NEW),
                 CODE_ACCESS_DENIED);
    cr_expect_eq(os_remove(NULL, DEST), 0);
    cr_expect_eq(
        copy_security(OS_OPEN_SOURCE | OS_WITH_SECURITY, OS_CREATE_NEW),
        CODE_ACCESS_DENIED);
    cr_expect_eq(os_remove(NULL, DEST), 0);
    cr_expect_eq(
        copy_security(OS_OPEN_SOURCE, OS_CREATE_NEW | OS_WITH_SECURITY),
        CODE_ACCESS_DENIED);
    cr_expect_eq(sim_security(DEST), 0);
    cr_expect_eq(copy_security(OS_OPEN_SOURCE | OS_WITH_SECURITY,
                               OS_OPEN_SOURCE | OS_WITH_SECURITY),
                 CODE_ACCESS_DENIED); /* as if the two were mixed up */
    cr_expect_eq(os_remove(NULL, DEST), 0);
    sim_fault(SIM_OP_COPY_SECURITY, 1, CODE_IO_DEVICE);
    cr_expect_eq(copy_security(OS_OPEN_SOURCE | OS_WITH_SECURITY,
                               OS_CREATE_NEW | OS_WITH_SECURITY),
                 CODE_IO_DEVICE);
    cr_expect_eq(os_remove(NULL, DEST), 0);
    cr_expect_eq(copy_security(OS_OPEN_SOURCE | OS_WITH_SECURITY,
                               OS_CREATE_NEW | OS_WITH_SECURITY),
                 0);
    cr_expect_eq(sim_security(DEST), 9);
}

SIM_TEST(security_of_a_lost_source)
{
    struct os_file *source;
    struct os_file *dest;
    struct os_file *inside;
    os_error code;
    struct sim_volume *volume = one_stream("refs-4k");
    sim_mount(L"S:\\", "refs-4k");
    source = open_file(SOURCE, OS_OPEN_SOURCE | OS_WITH_SECURITY);
    dest = open_file(L"S:\\f", OS_CREATE_NEW | OS_WITH_SECURITY);
    volume->drop.at = 1;
    volume->drop.code = CODE_NETNAME_DELETED;
    volume->drop.kills_handles = true;
    inside = open_file(L"R:\\g", OS_CREATE_NEW);
    code = os_clone(inside, 0, inside, 0, 4096);
    os_close(inside);
    cr_expect_eq(code, CODE_NETNAME_DELETED);
    cr_expect_eq(os_copy_security(source, dest), CODE_NETNAME_DELETED);
    os_close(source);
    os_close(dest);
}

SIM_TEST(security_between_volumes)
{
    struct os_file *source;
    struct os_file *dest;
    one_stream("refs-4k");
    sim_mount(L"F:\\", "fat32");
    source = open_file(SOURCE, OS_OPEN_SOURCE | OS_WITH_SECURITY);
    dest = open_file(L"F:\\f", OS_CREATE_NEW | OS_WITH_SECURITY);
    cr_expect_eq(os_copy_security(source, dest), CODE_NOT_SUPPORTED);
    os_close(source);
    os_close(dest);
    source = open_file(L"F:\\f", OS_OPEN_SOURCE | OS_WITH_SECURITY);
    dest = open_file(DEST, OS_CREATE_NEW | OS_WITH_SECURITY);
    cr_expect_eq(os_copy_security(source, dest), CODE_NOT_SUPPORTED);
    os_close(source);
    os_close(dest);
}

/* ---- attributes ------------------------------------------------------ */

SIM_TEST(encryption_is_no_attribute_to_be_set)
{
    struct os_file *file;
    sim_mount(L"N:\\", "ntfs");
    file = open_file(L"N:\\f", OS_CREATE_NEW | OS_ENCRYPTED);
    cr_expect_eq(os_set_metadata(file, OS_ATTRIBUTE_HIDDEN, 0, 0), 0);
    cr_expect_eq(query(file).attributes,
                 OS_ATTRIBUTE_HIDDEN | OS_ATTRIBUTE_ENCRYPTED);
    os_close(file);
    file = open_file(L"N:\\g", OS_CREATE_NEW);
    cr_expect_eq(os_set_metadata(file, OS_ATTRIBUTE_ENCRYPTED, 0, 0), 0);
    cr_expect_eq(query(file).attributes, OS_ATTRIBUTE_NORMAL);
    os_close(file);
    file = open_file(L"N:\\f", OS_OPEN_SOURCE | OS_ENCRYPTED);
    os_close(file);
    file = open_file(L"N:\\g", OS_OPEN_IN_PLACE | OS_ENCRYPTED);
    cr_expect_eq(query(file).attributes, OS_ATTRIBUTE_NORMAL);
    os_close(file);
}

SIM_TEST(a_test_may_encrypt_anywhere)
{
    struct os_file *file;
    one_stream("refs-4k");
    sim_set_attributes(SOURCE, OS_ATTRIBUTE_ENCRYPTED);
    file = open_file(SOURCE, OS_OPEN_SOURCE);
    cr_expect_eq(query(file).attributes, OS_ATTRIBUTE_ENCRYPTED);
    os_close(file);
}

SIM_TEST(attributes_that_a_volume_drops)
{
    const uint32_t wanted = OS_ATTRIBUTE_HIDDEN | OS_ATTRIBUTE_NOT_INDEXED;
    struct sim_volume *volume = sim_mount(L"R:\\", "refs-4k");
    struct os_file *file = open_file(DEST, OS_CREATE_NEW);
    cr_expect_eq(os_set_metadata(file, wanted, 0, 0), 0);
    cr_expect_eq(query(file).attributes, wanted);
    volume->no_attributes = OS_ATTRIBUTE_HIDDEN;
    cr_expect_eq(os_set_metadata(file, wanted, 0, 0), 0);
    cr_expect_eq(query(file).attributes, OS_ATTRIBUTE_NOT_INDEXED);
    os_close(file);
    sim_mount(L"F:\\", "fat32");
    file = open_file(L"F:\\f", OS_CREATE_NEW);
    cr_expect_eq(os_set_metadata(file, wanted, 0, 0), 0);
    cr_expect_eq(query(file).attributes, OS_ATTRIBUTE_HIDDEN);
    os_close(file);
}

/* ---- renaming over a link, cancelling -------------------------------- */

SIM_TEST(a_link_itself_is_replaced)
{
    struct os_file *file;
    one_stream("refs-4k");
    cr_assert_eq(sim_symlink(SOURCE, DEST), 0);
    file = open_file(L"R:\\temp", OS_CREATE_NEW);
    cr_expect_eq(os_write(file, 0, "new", 3), 0);
    cr_expect_eq(os_rename(file, NULL, DEST, false), CODE_ALREADY_EXISTS);
    cr_expect_eq(os_rename(file, NULL, DEST, true), 0);
    os_close(file);
    cr_expect(sim_holds(DEST, "new", 3));
    cr_expect(sim_holds(SOURCE, "main", 4));
    cr_expect_eq(sim_file_count(L"R:\\"), 2);
}

static void cancel(void *arg)
{
    (void)arg;
    sim_cancel();
}

SIM_TEST(who_is_cancelled_sleeps_no_more)
{
    uint64_t any = sim_calls(SIM_OP_ANY);
    uint64_t before;
    os_sleep_ms(5, NULL);
    cr_expect_not(os_cancelled());
    sim_at_call(SIM_OP_SLEEP_MS, 1, cancel, NULL);
    before = os_clock_us();
    os_sleep_ms(1000, NULL);
    cr_expect(os_cancelled());
    cr_expect_eq(sim_slept_ms(), 5);
    cr_expect_eq(sim_sleeps(), 2);
    cr_expect_lt(os_clock_us() - before, 1000);
    sim_fault_always(SIM_OP_ANY, CODE_IO_DEVICE);
    cr_expect(os_cancelled());
    cr_expect_eq(sim_faults_met(), 0);
    cr_expect_eq(sim_calls(SIM_OP_ANY), any);
    sim_reset();
    cr_expect_not(os_cancelled());
}

SIM_TEST(new_operations_have_names)
{
    cr_expect_str_eq(sim_op_name(SIM_OP_LIST_STREAMS), "list-streams");
    cr_expect_str_eq(sim_op_name(SIM_OP_GET_EA), "get-ea");
    cr_expect_str_eq(sim_op_name(SIM_OP_SET_EA), "set-ea");
    cr_expect_str_eq(sim_op_name(SIM_OP_COPY_SECURITY), "copy-security");
}
