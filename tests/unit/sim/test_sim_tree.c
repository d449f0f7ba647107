/*
 * The simulated system: directories, lists of them, links, full paths.
 */
#include <stdlib.h>
#include <string.h>

#include "core/errors.h"
#define SIM_SUITE sim_tree
#include "sim_test.h"

#define NOT_A_LINK 4390
#define NOT_EMPTY 145

#define MANY 20000
#define LEVELS 5000
#define ROOT_LENGTH 2
#define LEVEL L"\\fiver"
#define LEVEL_LENGTH 6

/* ---- helpers --------------------------------------------------------- */

static struct sim_volume *mount(const char *profile)
{
    return sim_mount(L"R:\\", profile);
}

/* Creates a directory; CODE_ALREADY_EXISTS if the name is taken. */
static os_error make_directory(const wchar_t *path)
{
    struct os_file *directory = NULL;
    enum os_found found = OS_FOUND_DIRECTORY;
    os_error error =
        os_open_directory(NULL, path, OS_DIRECTORY_CREATE, &directory, &found);
    os_close(directory);
    return error || found == OS_FOUND_NOTHING ? error : CODE_ALREADY_EXISTS;
}

static void touch(const wchar_t *path)
{
    cr_assert_eq(sim_write_file(path, "", 0), 0, "%ls", path);
}

static struct os_directory *list_open(const wchar_t *path,
                                      const wchar_t *pattern)
{
    struct os_directory *list = NULL;
    os_error error = os_list_open(path, pattern, &list);
    cr_assert_eq(error, 0, "list %ls: %u", path, (unsigned)error);
    return list;
}

/* The code of beginning to list; there is no list afterwards. */
static os_error try_list(const wchar_t *path, const wchar_t *pattern)
{
    struct os_directory *list = NULL;
    os_error error = os_list_open(path, pattern, &list);
    if (!error)
        os_list_close(list);
    return error;
}

static bool next(struct os_directory *list, struct os_entry *entry)
{
    bool end = false;
    cr_assert_eq(os_list_next(list, entry, &end), 0);
    return !end;
}

static void expect_next(struct os_directory *list, const wchar_t *name)
{
    struct os_entry entry;
    bool there = next(list, &entry);
    cr_assert(there, "%ls is missing", name);
    cr_expect_eq(wcscmp(entry.name, name), 0, "%ls, not %ls", entry.name, name);
}

static void expect_end(struct os_directory *list)
{
    struct os_entry entry;
    cr_expect_not(next(list, &entry));
    os_list_close(list);
}

/* What of R:\ matches, each name with a comma behind it. */
static void expect_matches(const wchar_t *pattern, const wchar_t *names)
{
    wchar_t found[256] = L"";
    struct os_entry entry;
    struct os_directory *list = list_open(L"R:\\", pattern);

    while (next(list, &entry)) {
        wcscat(found, entry.name);
        wcscat(found, L",");
    }
    os_list_close(list);
    cr_expect_eq(wcscmp(found, names), 0, "%ls: %ls", pattern, found);
}

static struct os_entry entry_of(const wchar_t *directory, const wchar_t *name)
{
    struct os_entry entry;
    struct os_directory *list = list_open(directory, name);
    bool there = next(list, &entry);
    os_list_close(list);
    cr_assert(there, "%ls", name);
    return entry;
}

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

static struct os_info look(const wchar_t *path, unsigned intent)
{
    struct os_file *file = open_file(path, intent);
    struct os_info info;
    cr_assert_eq(os_query(file, &info), 0);
    os_close(file);
    return info;
}

static void expect_full(const wchar_t *path, const wchar_t *expected)
{
    wchar_t *full = NULL;
    cr_assert_eq(os_full_path(path, &full), 0);
    cr_expect_eq(wcscmp(full, expected), 0, "%ls: %ls", path, full);
    free(full);
}

/* ---- lists ----------------------------------------------------------- */

SIM_TEST(a_list_tells_names_in_order)
{
    mount("refs-4k");
    touch(L"R:\\b");
    touch(L"R:\\C");
    touch(L"R:\\a");
    cr_assert_eq(sim_mkdir(L"R:\\a b"), 0);
    touch(L"R:\\a b\\below");
    expect_matches(L"*", L"a,a b,b,C,");
}

SIM_TEST(a_list_needs_a_directory)
{
    mount("refs-4k");
    touch(L"R:\\file");
    cr_assert_eq(sim_symlink(L"nowhere", L"R:\\loose"), 0);
    cr_expect_eq(try_list(L"R:\\missing", L"*"), CODE_PATH_NOT_FOUND);
    cr_expect_eq(try_list(L"R:\\missing\\deeper", L"*"), CODE_PATH_NOT_FOUND);
    cr_expect_eq(try_list(L"S:\\", L"*"), CODE_PATH_NOT_FOUND);
    cr_expect_eq(try_list(L"R:\\file", L"*"), CODE_DIRECTORY);
    cr_expect_eq(try_list(L"R:\\loose", L"*"), CODE_PATH_NOT_FOUND);
}

SIM_TEST(an_empty_directory_is_listed_but_by_names)
{
    mount("refs-4k");
    cr_assert_eq(sim_mkdir(L"R:\\d"), 0);
    expect_end(list_open(L"R:\\d", L"*"));
    expect_end(list_open(L"R:\\d\\", L"*.*"));
    cr_expect_eq(try_list(L"R:\\d", L"x*"), CODE_FILE_NOT_FOUND);
    cr_expect_eq(try_list(L"R:\\d", L"x"), CODE_FILE_NOT_FOUND);
}

SIM_TEST(patterns_match_as_in_windows)
{
    mount("refs-4k");
    touch(L"R:\\a.txt");
    touch(L"R:\\AB.TXT");
    touch(L"R:\\ab");
    touch(L"R:\\x.tar.gz");
    expect_matches(L"*.*", L"a.txt,ab,AB.TXT,x.tar.gz,");
    expect_matches(L"*.txt", L"a.txt,AB.TXT,");
    expect_matches(L"a*", L"a.txt,ab,AB.TXT,");
    expect_matches(L"ab.*", L"ab,AB.TXT,");
    expect_matches(L"a?.txt", L"a.txt,AB.TXT,");
    expect_matches(L"?b", L"ab,");
    expect_matches(L"*.gz", L"x.tar.gz,");
    expect_matches(L"*a*.g?", L"x.tar.gz,");
    expect_matches(L"Ab", L"ab,");
    cr_expect_eq(try_list(L"R:\\", L"?"), CODE_FILE_NOT_FOUND);
    cr_expect_eq(try_list(L"R:\\", L"b*"), CODE_FILE_NOT_FOUND);
}

SIM_TEST(names_come_and_go_under_a_list)
{
    struct os_directory *list;

    mount("refs-4k");
    touch(L"R:\\b");
    touch(L"R:\\d");
    touch(L"R:\\f");
    list = list_open(L"R:\\", L"*");
    expect_next(list, L"b");
    cr_assert_eq(os_remove(NULL, L"R:\\b"), 0);
    cr_assert_eq(os_remove(NULL, L"R:\\d"), 0);
    touch(L"R:\\a");
    touch(L"R:\\e");
    expect_next(list, L"e");
    expect_next(list, L"f");
    cr_assert_eq(os_remove(NULL, L"R:\\f"), 0);
    expect_end(list);
}

SIM_TEST(what_only_waits_for_its_end_is_listed)
{
    struct os_file *file;

    mount("refs-4k");
    touch(L"R:\\f");
    file = sim_open_as(L"R:\\f", SIM_READ, SIM_READ | SIM_DELETE);
    cr_assert_eq(os_remove(NULL, L"R:\\f"), 0);
    expect_matches(L"*", L"f,");
    os_close(file);
    expect_matches(L"*", L"");
}

SIM_TEST(entries_tell_attributes_and_links)
{
    const uint32_t folder_link = OS_ATTRIBUTE_REPARSE | OS_ATTRIBUTE_DIRECTORY;
    struct os_entry entry;

    mount("refs-4k");
    touch(L"R:\\file");
    cr_assert_eq(sim_mkdir(L"R:\\d"), 0);
    sim_set_attributes(L"R:\\d", OS_ATTRIBUTE_HIDDEN);
    cr_assert_eq(sim_symlink(L"file", L"R:\\to-file"), 0);
    cr_assert_eq(sim_symlink(L"d", L"R:\\to-d"), 0);
    cr_assert_eq(sim_junction(L"R:\\gone", L"R:\\junction"), 0);
    sim_mount(L"R:\\volume", "ntfs");

    entry = entry_of(L"R:\\", L"file");
    cr_expect_eq(entry.attributes, OS_ATTRIBUTE_ARCHIVE);
    cr_expect_not(entry.is_link);
    entry = entry_of(L"R:\\", L"d");
    cr_expect_eq(entry.attributes,
                 OS_ATTRIBUTE_DIRECTORY | OS_ATTRIBUTE_HIDDEN);
    cr_expect_not(entry.is_link);
    entry = entry_of(L"R:\\", L"to-file");
    cr_expect_eq(entry.attributes, OS_ATTRIBUTE_REPARSE);
    cr_expect(entry.is_link);
    entry = entry_of(L"R:\\", L"to-d");
    cr_expect_eq(entry.attributes, folder_link);
    cr_expect(entry.is_link);
    entry = entry_of(L"R:\\", L"junction");
    cr_expect_eq(entry.attributes, folder_link);
    cr_expect(entry.is_link);
    entry = entry_of(L"R:\\", L"volume");
    cr_expect_eq(entry.attributes, folder_link);
    cr_expect(entry.is_link);
}

SIM_TEST(a_link_to_a_directory_is_listed_through)
{
    mount("refs-4k");
    cr_assert_eq(sim_mkdir(L"R:\\d"), 0);
    touch(L"R:\\d\\f");
    cr_assert_eq(sim_junction(L"R:\\d", L"R:\\j"), 0);
    cr_expect_eq(wcscmp(entry_of(L"R:\\j", L"*").name, L"f"), 0);
}

SIM_TEST(lists_are_open_and_go_with_the_process)
{
    struct os_directory *list;

    mount("refs-4k");
    list = list_open(L"R:\\", L"*");
    cr_expect_eq(sim_open_handles(), 1);
    os_list_close(list);
    os_list_close(NULL);
    cr_expect_eq(sim_open_handles(), 0);
    (void)list_open(L"R:\\", L"*");
    sim_kill_process();
    cr_expect_eq(sim_open_handles(), 0);
}

/* ---- making directories ---------------------------------------------- */

SIM_TEST(a_directory_is_made_once)
{
    struct sim_volume *volume = mount("refs-4k");

    cr_expect_eq(make_directory(L"R:\\d"), 0);
    cr_expect(sim_is_directory(L"R:\\d"));
    cr_expect_eq(make_directory(L"R:\\D"), CODE_ALREADY_EXISTS);
    touch(L"R:\\d\\f");
    cr_expect_eq(make_directory(L"R:\\d\\f"), CODE_ALREADY_EXISTS);
    cr_expect_eq(make_directory(L"R:\\d\\f\\g"), CODE_PATH_NOT_FOUND);
    cr_expect_eq(make_directory(L"R:\\e\\g"), CODE_PATH_NOT_FOUND);
    cr_expect_eq(make_directory(L"R:\\"), CODE_ALREADY_EXISTS);
    cr_assert_eq(sim_symlink(L"nowhere", L"R:\\loose"), 0);
    cr_expect_eq(make_directory(L"R:\\loose"), CODE_ALREADY_EXISTS);
    volume->read_only = true;
    cr_expect_eq(make_directory(L"R:\\g"), CODE_WRITE_PROTECT);
    cr_expect_eq(make_directory(L"R:\\d"), CODE_ALREADY_EXISTS);
    cr_expect_eq(sim_used_clusters(volume), 0);
}

SIM_TEST(what_is_made_in_a_directory_touches_it)
{
    int64_t before;

    mount("refs-4k");
    cr_assert_eq(make_directory(L"R:\\d"), 0);
    sim_advance_us(1000);
    before = sim_file_time();
    cr_expect_lt(sim_written(L"R:\\d"), before);
    os_close(open_file(L"R:\\d\\f", OS_CREATE_NEW));
    cr_expect_geq(sim_written(L"R:\\d"), before);
    sim_set_written(L"R:\\d", 77);
    cr_assert_eq(make_directory(L"R:\\d\\e"), 0);
    cr_expect_geq(sim_written(L"R:\\d"), before);
    sim_set_written(L"R:\\d", 77);
    touch(L"R:\\d\\e\\deeper");
    cr_expect_eq(sim_written(L"R:\\d"), 77);
    cr_assert_eq(os_remove(NULL, L"R:\\d\\f"), 0);
    cr_expect_geq(sim_written(L"R:\\d"), before);
}

/* ---- opening directories --------------------------------------------- */

SIM_TEST(a_directory_keeps_what_is_set)
{
    struct os_file *file;
    struct os_info info;

    mount("refs-4k");
    cr_assert_eq(make_directory(L"R:\\d"), 0);
    file = open_file(L"R:\\d", OS_OPEN_DIRECTORY);
    cr_expect_eq(os_set_metadata(file, OS_ATTRIBUTE_READONLY, 0, 1234), 0);
    os_close(file);
    info = look(L"R:\\d", OS_OPEN_DIRECTORY);
    cr_expect_eq(info.attributes,
                 OS_ATTRIBUTE_DIRECTORY | OS_ATTRIBUTE_READONLY);
    cr_expect_eq(info.written, 1234);
    cr_expect_eq(sim_attributes(L"R:\\d"), OS_ATTRIBUTE_READONLY);
    file = open_file(L"R:\\d", OS_OPEN_DIRECTORY);
    cr_expect_eq(os_set_metadata(file, 0, 0, 5678), 0);
    os_close(file);
    cr_expect_eq(sim_written(L"R:\\d"), 5678);
}

SIM_TEST(only_a_directory_is_opened_as_one)
{
    mount("refs-4k");
    touch(L"R:\\f");
    cr_assert_eq(sim_symlink(L"f", L"R:\\to-f"), 0);
    cr_expect_eq(try_open(L"R:\\f", OS_OPEN_DIRECTORY), CODE_DIRECTORY);
    cr_expect_eq(try_open(L"R:\\to-f", OS_OPEN_DIRECTORY), CODE_DIRECTORY);
    cr_expect_eq(try_open(L"R:\\g", OS_OPEN_DIRECTORY), CODE_FILE_NOT_FOUND);
    cr_expect_eq(try_open(L"R:\\g\\h", OS_OPEN_DIRECTORY), CODE_PATH_NOT_FOUND);
}

SIM_TEST(a_link_is_opened_itself_but_looked_through)
{
    struct os_file *file;

    mount("refs-4k");
    cr_assert_eq(sim_mkdir(L"R:\\d"), 0);
    cr_assert_eq(sim_junction(L"R:\\d", L"R:\\j"), 0);
    sim_set_written(L"R:\\d", 77);
    file = open_file(L"R:\\j", OS_OPEN_DIRECTORY);
    cr_expect_eq(os_set_metadata(file, OS_ATTRIBUTE_HIDDEN, 0, 88), 0);
    os_close(file);
    cr_expect_eq(sim_written(L"R:\\d"), 77);
    cr_expect_eq(look(L"R:\\j", OS_OPEN_DIRECTORY).attributes,
                 OS_ATTRIBUTE_DIRECTORY | OS_ATTRIBUTE_REPARSE |
                     OS_ATTRIBUTE_HIDDEN);
    cr_expect_eq(look(L"R:\\j", OS_OPEN_LOOK).attributes,
                 OS_ATTRIBUTE_DIRECTORY);
}

SIM_TEST(a_read_only_volume_keeps_its_directories)
{
    struct sim_volume *volume = mount("refs-4k");
    struct os_file *file;

    cr_assert_eq(sim_mkdir(L"R:\\d"), 0);
    volume->read_only = true;
    file = open_file(L"R:\\d", OS_OPEN_DIRECTORY);
    cr_expect_eq(os_set_metadata(file, 0, 0, 88), CODE_WRITE_PROTECT);
    os_close(file);
}

SIM_TEST(a_directory_with_names_in_it_stays)
{
    struct os_file *file;

    mount("refs-4k");
    cr_assert_eq(sim_mkdir(L"R:\\d"), 0);
    touch(L"R:\\d\\f");
    file = sim_open_as(L"R:\\d", SIM_DELETE, SIM_DELETE);
    cr_expect_eq(os_mark_deleted(file, true), NOT_EMPTY);
    cr_expect_eq(os_rename(file, NULL, L"R:\\e", false), 0);
    os_close(file);
    cr_expect(sim_exists(L"R:\\e\\f"));
    cr_expect_not(sim_exists(L"R:\\d"));
}

/* ---- directories that are held open ---------------------------------- */

static struct os_file *hold(struct os_file *parent, const wchar_t *path,
                            unsigned flags, enum os_found wanted)
{
    struct os_file *directory = NULL;
    enum os_found found = OS_FOUND_NOTHING;
    os_error error = os_open_directory(parent, path, flags, &directory, &found);
    cr_assert_eq(error, 0, "hold %ls: %u", path, (unsigned)error);
    cr_expect_eq(found, wanted, "%ls: %d", path, (int)found);
    cr_expect_eq(directory == NULL, wanted == OS_FOUND_LINK);
    return directory;
}

static os_error try_hold(struct os_file *parent, const wchar_t *path,
                         unsigned flags)
{
    struct os_file *directory = NULL;
    enum os_found found = OS_FOUND_NOTHING;
    os_error error = os_open_directory(parent, path, flags, &directory, &found);
    os_close(directory);
    return error;
}

SIM_TEST(a_directory_is_created_or_found)
{
    mount("refs-4k");
    touch(L"R:\\f");
    struct os_file *top =
        hold(NULL, L"R:\\d", OS_DIRECTORY_CREATE, OS_FOUND_NOTHING);
    os_close(hold(NULL, L"R:\\d", OS_DIRECTORY_CREATE, OS_FOUND_DIRECTORY));
    os_close(hold(NULL, L"R:\\d", 0, OS_FOUND_DIRECTORY));
    os_close(hold(NULL, L"R:\\", OS_DIRECTORY_CREATE, OS_FOUND_DIRECTORY));
    /* only the last part counts within another one */
    os_close(hold(top, L"R:\\no\\e", OS_DIRECTORY_CREATE, OS_FOUND_NOTHING));
    cr_expect(sim_is_directory(L"R:\\d\\e"));
    cr_expect_eq(try_hold(NULL, L"R:\\x", 0), CODE_FILE_NOT_FOUND);
    cr_expect_eq(try_hold(NULL, L"R:\\f", 0), CODE_ALREADY_EXISTS);
    cr_expect_eq(try_hold(NULL, L"R:\\f", OS_DIRECTORY_CREATE),
                 CODE_ALREADY_EXISTS);
    /* others may write in it, but not delete or rename it */
    cr_expect_null(
        sim_open_as(L"R:\\d", SIM_DELETE, SIM_READ | SIM_WRITE | SIM_DELETE));
    os_close(top);
}

SIM_TEST(a_held_link)
{
    mount("refs-4k");
    cr_assert_eq(sim_mkdir(L"R:\\d"), 0);
    cr_assert_eq(sim_junction(L"R:\\d", L"R:\\j"), 0);
    cr_assert_eq(sim_symlink(L"R:\\d", L"R:\\l"), 0);
    cr_assert_eq(sim_junction(L"R:\\x", L"R:\\no"), 0);
    sim_mount(L"R:\\v", "refs-4k");
    static const wchar_t *const links[] = {L"R:\\j", L"R:\\l", L"R:\\v"};
    struct os_file *top = hold(NULL, L"R:\\", 0, OS_FOUND_DIRECTORY);
    for (size_t i = 0; i < 6; i++) {
        struct os_file *parent = i < 3 ? NULL : top;
        hold(parent, links[i % 3], 0, OS_FOUND_LINK);
        hold(parent, links[i % 3], OS_DIRECTORY_CREATE, OS_FOUND_LINK);
        os_close(hold(parent, links[i % 3], OS_DIRECTORY_FOLLOW,
                      OS_FOUND_DIRECTORY));
    }
    hold(top, L"R:\\no", 0, OS_FOUND_LINK);
    cr_expect_eq(
        try_hold(top, L"R:\\no", OS_DIRECTORY_FOLLOW | OS_DIRECTORY_CREATE),
        CODE_ALREADY_EXISTS);
    cr_expect_not(sim_exists(L"R:\\x"));
    os_close(top);
}

/* Everything that is done by name happens in the directory itself, also when
   another one, or a link, has its name by then. */
static void do_all_in(struct os_file *directory)
{
    struct os_file *file = NULL;
    cr_assert_eq(os_open_at(directory, L"R:\\d\\new", OS_CREATE_NEW, &file), 0);
    cr_expect_eq(os_rename(file, directory, L"R:\\d\\named", false), 0);
    os_close(file);
    cr_assert_eq(
        os_open_at(directory, L"R:\\d\\named:s", OS_CREATE_STREAM, &file), 0);
    os_close(file);
    cr_expect_eq(os_copy_link(L"R:\\l", NULL, directory, L"R:\\d\\link"), 0);
    os_close(
        hold(directory, L"R:\\d\\sub", OS_DIRECTORY_CREATE, OS_FOUND_NOTHING));
    cr_expect_eq(os_open_at(directory, L"R:\\d\\none", OS_OPEN_LOOK, &file),
                 CODE_FILE_NOT_FOUND);
    cr_expect_eq(os_open_at(directory, L"R:\\d\\a|b", OS_CREATE_NEW, &file),
                 CODE_INVALID_NAME);
    cr_expect_eq(os_remove(directory, L"R:\\d\\named"), 0);
    cr_expect_eq(os_remove(directory, L"R:\\d\\named"), CODE_FILE_NOT_FOUND);
}

SIM_TEST(entries_of_a_held_directory)
{
    mount("refs-4k");
    cr_assert_eq(sim_mkdir(L"R:\\d"), 0);
    cr_assert_eq(sim_mkdir(L"R:\\elsewhere"), 0);
    cr_assert_eq(sim_symlink(L"x", L"R:\\l"), 0);
    for (int turned = 0; turned < 2; turned++) {
        cr_assert_eq(make_directory(turned ? L"R:\\d2" : L"R:\\d1"), 0);
        struct os_file *directory =
            hold(NULL, turned ? L"R:\\d2" : L"R:\\d1", 0, OS_FOUND_DIRECTORY);
        if (turned)
            sim_turn_into_link(L"R:\\d2", L"R:\\elsewhere");
        do_all_in(directory);
        os_close(directory);
        cr_expect_eq(sim_file_count(L"R:\\elsewhere"), 0);
    }
    cr_expect_eq(sim_file_count(L"R:\\d"), 0);
    cr_expect_eq(sim_file_count(L"R:\\d1"), 2);
    cr_expect(sim_is_link(L"R:\\d2"));
}

/* A link in a held directory leads where it leads. */
SIM_TEST(a_link_in_a_held_directory)
{
    struct os_file *file = NULL;
    mount("refs-4k");
    cr_assert_eq(sim_mkdir(L"R:\\d"), 0);
    touch(L"R:\\d\\f");
    cr_assert_eq(sim_symlink(L"f", L"R:\\d\\l"), 0);
    struct os_file *directory = hold(NULL, L"R:\\d", 0, OS_FOUND_DIRECTORY);
    cr_assert_eq(os_open_at(directory, L"l", OS_OPEN_LOOK, &file), 0);
    os_close(file);
    cr_expect_eq(os_open_at(directory, L"l", OS_CREATE_NEW, &file),
                 CODE_FILE_EXISTS);
    os_close(directory);
}

SIM_TEST(a_held_directory_that_is_lost)
{
    struct os_file *file = NULL;
    struct sim_volume *volume = mount("refs-4k");
    struct os_file *directory =
        hold(NULL, L"R:\\d", OS_DIRECTORY_CREATE, OS_FOUND_NOTHING);
    sim_lose_handles(volume, CODE_NETNAME_DELETED);
    cr_expect_eq(os_open_at(directory, L"f", OS_CREATE_NEW, &file),
                 CODE_NETNAME_DELETED);
    cr_expect_eq(try_hold(directory, L"e", OS_DIRECTORY_CREATE),
                 CODE_NETNAME_DELETED);
    os_close(directory);
}

/* ---- links ----------------------------------------------------------- */

SIM_TEST(a_link_is_copied_as_it_is)
{
    mount("refs-4k");
    cr_assert_eq(sim_mkdir(L"R:\\d"), 0);
    cr_assert_eq(sim_symlink(L"..\\nowhere", L"R:\\loose"), 0);
    cr_assert_eq(sim_symlink(L"d", L"R:\\to-d"), 0);
    cr_assert_eq(sim_junction(L"R:\\d", L"R:\\j"), 0);
    cr_expect_eq(os_copy_link(L"R:\\loose", NULL, NULL, L"R:\\d\\1"), 0);
    cr_expect_eq(os_copy_link(L"R:\\to-d", NULL, NULL, L"R:\\d\\2"), 0);
    cr_expect_eq(os_copy_link(L"R:\\j", NULL, NULL, L"R:\\d\\3"), 0);
    cr_expect_eq(wcscmp(sim_link_target(L"R:\\d\\1"), L"..\\nowhere"), 0);
    cr_expect_eq(wcscmp(sim_link_target(L"R:\\d\\2"), L"d"), 0);
    cr_expect_eq(wcscmp(sim_link_target(L"R:\\d\\3"), L"R:\\d"), 0);
    cr_expect_eq(entry_of(L"R:\\d", L"1").attributes, OS_ATTRIBUTE_REPARSE);
    cr_expect_eq(entry_of(L"R:\\d", L"2").attributes,
                 OS_ATTRIBUTE_REPARSE | OS_ATTRIBUTE_DIRECTORY);
    cr_expect(sim_is_link(L"R:\\d\\3"));
    cr_expect_not(sim_is_directory(L"R:\\d\\3"));
}

SIM_TEST(only_a_link_is_copied_and_to_a_free_name)
{
    struct sim_volume *volume = mount("refs-4k");

    cr_assert_eq(sim_mkdir(L"R:\\d"), 0);
    touch(L"R:\\f");
    cr_assert_eq(sim_symlink(L"f", L"R:\\l"), 0);
    cr_expect_eq(os_copy_link(L"R:\\f", NULL, NULL, L"R:\\n"), NOT_A_LINK);
    cr_expect_eq(os_copy_link(L"R:\\d", NULL, NULL, L"R:\\n"), NOT_A_LINK);
    cr_expect_eq(os_copy_link(L"R:\\x", NULL, NULL, L"R:\\n"),
                 CODE_FILE_NOT_FOUND);
    cr_expect_eq(os_copy_link(L"R:\\l", NULL, NULL, L"R:\\x\\n"),
                 CODE_PATH_NOT_FOUND);
    cr_expect_eq(os_copy_link(L"R:\\l", NULL, NULL, L"R:\\f"),
                 CODE_ALREADY_EXISTS);
    cr_expect_eq(os_copy_link(L"R:\\l", NULL, NULL, L"R:\\l"),
                 CODE_ALREADY_EXISTS);
    volume->links_allowed = false;
    cr_expect_eq(os_copy_link(L"R:\\l", NULL, NULL, L"R:\\n"),
                 CODE_PRIVILEGE_NOT_HELD);
    volume->read_only = true;
    cr_expect_eq(os_copy_link(L"R:\\l", NULL, NULL, L"R:\\n"),
                 CODE_WRITE_PROTECT);
    cr_expect_not(sim_exists(L"R:\\n"));
}

SIM_TEST(a_volume_without_links_gets_none)
{
    mount("refs-4k");
    sim_mount(L"E:\\", "exfat");
    sim_mount(L"F:\\", "fat32");
    cr_assert_eq(sim_symlink(L"f", L"R:\\l"), 0);
    cr_expect_eq(os_copy_link(L"R:\\l", NULL, NULL, L"E:\\l"),
                 CODE_INVALID_FUNCTION);
    cr_expect_eq(os_copy_link(L"R:\\l", NULL, NULL, L"F:\\l"),
                 CODE_INVALID_FUNCTION);
}

SIM_TEST(a_mounted_volume_is_copied_as_a_link)
{
    mount("refs-4k");
    sim_mount(L"R:\\v", "ntfs");
    touch(L"R:\\v\\f");
    cr_expect(sim_is_link(L"R:\\v"));
    cr_expect_eq(os_copy_link(L"R:\\v", NULL, NULL, L"R:\\w"), 0);
    cr_expect(sim_is_link(L"R:\\w"));
    cr_expect(sim_exists(L"R:\\w\\f"));
    cr_expect_eq(sim_count_below(L"R:\\"), 2);
    cr_expect_eq(sim_count_below(L"R:\\v"), 1);
}

SIM_TEST(a_link_to_a_directory_is_no_file_to_remove)
{
    mount("refs-4k");
    cr_assert_eq(sim_mkdir(L"R:\\d"), 0);
    cr_assert_eq(sim_junction(L"R:\\d", L"R:\\j"), 0);
    cr_assert_eq(sim_symlink(L"f", L"R:\\l"), 0);
    cr_expect_eq(os_remove(NULL, L"R:\\j"), CODE_ACCESS_DENIED);
    cr_expect_eq(os_remove(NULL, L"R:\\l"), 0);
}

/* ---- paths and names ------------------------------------------------- */

SIM_TEST(full_paths_are_absolute)
{
    wchar_t *full = NULL;

    mount("refs-4k");
    expect_full(L"a/b\\.\\..\\c\\", L"R:\\a\\c");
    expect_full(L"\\a", L"R:\\a");
    expect_full(L".", L"R:\\");
    expect_full(L"S:\\..\\x", L"S:\\x");
    expect_full(L"s:/", L"s:\\");
    expect_full(L"\\\\?\\R:\\a", L"R:\\a");
    expect_full(L"\\\\?\\UNC\\server\\share\\a", L"\\\\server\\share\\a");
    expect_full(L"\\\\server\\share\\a", L"\\\\server\\share\\a");
    cr_expect_eq(os_full_path(L"", &full), CODE_PATH_NOT_FOUND);
}

SIM_TEST(an_open_file_tells_where_links_led)
{
    struct os_file *file;
    wchar_t *full = NULL;

    mount("refs-4k");
    cr_assert_eq(sim_mkdir(L"R:\\d"), 0);
    touch(L"R:\\d\\f");
    cr_assert_eq(sim_junction(L"R:\\d", L"R:\\j"), 0);
    file = open_file(L"r:/j/F", OS_OPEN_LOOK);
    cr_assert_eq(os_final_path(file, &full), 0);
    cr_expect_eq(wcscmp(full, L"R:\\d\\f"), 0, "%ls", full);
    free(full);
    os_close(file);
}

/* Lookups begin where the last one ended: that is to be no other place. */
SIM_TEST(paths_that_follow_one_another)
{
    struct os_file *file;

    mount("refs-4k");
    cr_assert_eq(make_directory(L"R:\\a"), 0);
    cr_assert_eq(make_directory(L"R:\\a\\b"), 0);
    cr_assert_eq(make_directory(L"R:\\a\\b\\c"), 0);
    cr_assert_eq(make_directory(L"R:\\a\\bc"), 0);
    touch(L"R:\\a\\b\\c\\f");
    cr_expect_not(sim_exists(L"R:\\a\\bc\\f"));
    touch(L"R:\\a\\b\\c\\f");
    cr_expect_not(sim_exists(L"R:\\a\\b\\f"));
    cr_expect(sim_is_directory(L"R:\\a\\b"));
    cr_expect(sim_is_directory(L"R:\\"));
    cr_expect(sim_exists(L"r:\\A\\b\\C\\F"));
    file = sim_open_as(L"R:\\a\\b", SIM_DELETE, SIM_DELETE);
    cr_expect_eq(os_rename(file, NULL, L"R:\\moved", false), 0);
    os_close(file);
    cr_expect_not(sim_exists(L"R:\\a\\b\\c\\f"));
    cr_expect(sim_exists(L"R:\\moved\\c\\f"));
    sim_mount(L"R:\\moved\\c\\v", "ntfs");
    touch(L"R:\\moved\\c\\v\\g");
    cr_expect(sim_exists(L"R:\\moved\\c\\f"));
    cr_expect_not(sim_exists(L"R:\\moved\\c\\g"));
}

SIM_TEST(both_cases_of_a_letter_fold_to_one)
{
    cr_expect_eq(os_fold(L'a'), os_fold(L'A'));
    cr_expect_eq(os_fold(L'z'), os_fold(L'Z'));
    cr_expect_neq(os_fold(L'a'), os_fold(L'b'));
    cr_expect_neq(os_fold(L'['), os_fold(L'{'));
}

/* ---- the gate -------------------------------------------------------- */

SIM_TEST(each_operation_can_fail)
{
    struct os_directory *list;
    struct os_entry entry;
    wchar_t *full;
    bool end;

    mount("refs-4k");
    sim_fault_always(SIM_OP_ANY, CODE_IO_DEVICE);
    cr_expect_eq(try_list(L"R:\\", L"*"), CODE_IO_DEVICE);
    cr_expect_eq(make_directory(L"R:\\d"), CODE_IO_DEVICE);
    cr_expect_eq(os_copy_link(L"R:\\l", NULL, NULL, L"R:\\m"), CODE_IO_DEVICE);
    cr_expect_eq(os_full_path(L"R:\\l", &full), CODE_IO_DEVICE);
    sim_clear_faults();
    list = list_open(L"R:\\", L"*");
    sim_fault(SIM_OP_LIST_NEXT, 1, CODE_IO_DEVICE);
    cr_expect_eq(os_list_next(list, &entry, &end), CODE_IO_DEVICE);
    expect_end(list);
    cr_expect_eq(sim_calls(SIM_OP_LIST_OPEN), 2);
    cr_expect_eq(sim_calls(SIM_OP_LIST_NEXT), 2);
    cr_expect_eq(sim_calls(SIM_OP_OPEN_DIRECTORY), 1);
    cr_expect_eq(sim_calls(SIM_OP_COPY_LINK), 1);
    cr_expect_eq(sim_calls(SIM_OP_FULL_PATH), 1);
    cr_expect_str_eq(sim_op_name(SIM_OP_LIST_NEXT), "list-next");
}

/* ---- large trees ----------------------------------------------------- */

SIM_TEST(many_files_in_a_directory)
{
    struct os_directory *list;
    struct os_entry entry;
    wchar_t path[64];
    size_t count = 0;

    mount("refs-4k");
    cr_assert_eq(make_directory(L"R:\\d"), 0);
    for (unsigned i = 0; i < MANY; i++) {
        swprintf(path, 64, L"R:\\d\\%u", i * 7919u % MANY);
        cr_assert_eq(sim_write_file(path, "x", 1), 0);
    }
    list = list_open(L"R:\\d", L"*");
    while (next(list, &entry))
        count++;
    os_list_close(list);
    cr_expect_eq(count, MANY);
    cr_expect_eq(sim_count_below(L"R:\\"), MANY + 1);
}

/* Each level is made by its whole path, of 30,000 characters at the end. */
SIM_TEST(a_deep_tree)
{
    static wchar_t path[ROOT_LENGTH + LEVELS * LEVEL_LENGTH + 1] = L"R:";

    mount("refs-4k");
    for (size_t i = 0; i < LEVELS; i++) {
        wcscpy(path + ROOT_LENGTH + i * LEVEL_LENGTH, LEVEL);
        cr_assert_eq(make_directory(path), 0);
    }
    cr_expect_eq(try_list(path, L"*"), 0);
    cr_expect_eq(look(path, OS_OPEN_DIRECTORY).attributes,
                 OS_ATTRIBUTE_DIRECTORY);
    cr_expect_eq(sim_count_below(L"R:\\"), LEVELS);
    expect_full(path, path);
}

/* ---- links that are there -------------------------------------------- */

SIM_TEST(what_has_a_name)
{
    struct os_named named;
    mount("refs-4k");
    sim_write_file(L"R:\\f", "x", 1);
    sim_mkdir(L"R:\\d");
    sim_symlink(L"R:\\f", L"R:\\file-link");
    sim_symlink(L"R:\\d", L"R:\\directory-link");
    sim_junction(L"R:\\d", L"R:\\junction");
    sim_mount(L"R:\\volume", "ntfs");
    static const struct {
        const wchar_t *path;
        struct os_named named;
    } rows[] = {
        {L"R:\\f", {.directory = false}},
        {L"R:\\d", {.directory = true}},
        {L"R:\\file-link", {.link = 0xA000000C}},
        {L"R:\\directory-link", {.link = 0xA000000C, .directory = true}},
        {L"R:\\junction", {.link = OS_LINK_JUNCTION, .directory = true}},
        {L"R:\\volume",
         {.link = OS_LINK_JUNCTION, .directory = true, .is_volume = true}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(os_query_name(NULL, rows[i].path, &named), 0);
        cr_expect_eq(named.link, rows[i].named.link, "row %zu", i);
        cr_expect_eq(named.directory, rows[i].named.directory, "row %zu", i);
        cr_expect_eq(named.is_volume, rows[i].named.is_volume, "row %zu", i);
        cr_expect_neq(named.written, 0);
    }
    cr_expect_eq(os_query_name(NULL, L"R:\\x", &named), CODE_FILE_NOT_FOUND);
}

SIM_TEST(a_link_is_set_to_another_target)
{
    wchar_t *target = NULL;
    mount("refs-4k");
    sim_mkdir(L"R:\\d");
    sim_mkdir(L"R:\\e");
    sim_junction(L"R:\\d", L"R:\\to-d");
    sim_junction(L"R:\\e", L"R:\\to-e");
    sim_symlink(L"e", L"R:\\symlink");
    cr_expect_eq(os_set_link(L"R:\\to-d", NULL, NULL, L"R:\\to-e"), 0);
    cr_expect_eq(wcscmp(sim_link_target(L"R:\\to-e"), L"R:\\d"), 0);
    cr_expect_eq(os_set_link(L"R:\\to-d", L"R:\\x", NULL, L"R:\\to-e"), 0);
    cr_expect_eq(os_link_target(L"R:\\to-e", &target), 0);
    cr_expect_eq(wcscmp(target, L"R:\\x"), 0);
    free(target);
    cr_expect_eq(os_link_target(L"R:\\symlink", &target), 0);
    cr_expect_null(target);
    cr_expect_eq(os_set_link(L"R:\\to-d", NULL, NULL, L"R:\\symlink"),
                 CODE_REPARSE_TAG_MISMATCH);
    cr_expect_eq(os_set_link(L"R:\\to-d", NULL, NULL, L"R:\\d"),
                 CODE_REPARSE_TAG_MISMATCH);
    cr_expect_eq(os_set_link(L"R:\\to-d", NULL, NULL, L"R:\\none"),
                 CODE_FILE_NOT_FOUND);
}
