/*
 * samecalls SOURCE DEST
 *
 * Makes, for each file of a tree, the calls of os.h that `reflink -r -j1` makes
 * to clone it into a new DEST, in the same order, and nothing else; only SOURCE
 * is opened by its path, and not in its directory. What
 * reflink takes beyond that is its own; what this takes beyond another
 * program's calls is what the system wants for them. Prints the number of
 * files.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "core/os.h"

enum { PATH = 1024, CLUSTER = 4096, BUFFER = 1 << 16 };

static uint8_t buffer[BUFFER];

static void try(os_error error, const char *what)
{
    if (error == 0)
        return;
    fprintf(stderr, "samecalls: %s: error %lu\n", what, (unsigned long)error);
    exit(1);
}

/* A file below a cluster is copied. */
static void copy_data(struct os_file *source, struct os_file *dest,
                      uint64_t size)
{
    uint32_t done = 0;
    if (size == 0)
        return;
    try(os_read(source, 0, buffer, (uint32_t)size, &done), "read");
    try(os_write(dest, 0, buffer, done), "write");
}

static void list_extents(struct os_file *file)
{
    struct os_extent extents[256];
    size_t count = 0;
    bool more = false;
    try(os_extents(file, 0, extents, 256, &count, &more), "extents");
}

/* Clones, and verifies it: extents, and the last block. */
static void clone_data(struct os_file *source, struct os_file *dest,
                       uint64_t size)
{
    uint32_t done = 0;
    uint64_t rounded = (size + CLUSTER - 1) / CLUSTER * CLUSTER;
    uint64_t last = (size - 1) / CLUSTER * CLUSTER;
    try(os_set_sparse(dest, true), "set sparse");
    try(os_set_size(dest, size), "set size");
    try(os_clone(source, 0, dest, 0, rounded), "clone");
    list_extents(source);
    list_extents(dest);
    try(os_read(source, last, buffer, CLUSTER, &done), "read SOURCE");
    try(os_read(dest, last, buffer, CLUSTER, &done), "read DEST");
    try(os_set_sparse(dest, false), "clear sparse");
}

static void clone_file(const wchar_t *from, struct os_file *directory,
                       const wchar_t *to)
{
    struct os_file *source = NULL;
    struct os_file *dest = NULL;
    struct os_info info;
    struct os_info now;
    struct os_stream_name *streams = NULL;
    size_t count = 0;
    wchar_t staging[PATH];
    swprintf(staging, PATH, L"%ls.tmp", to);
    try(os_open(from, OS_OPEN_SOURCE, &source), "open");
    try(os_query(source, &info), "query");
    try(os_list_streams(source, &streams, &count), "list streams");
    free(streams);
    try(os_open_at(directory, staging, OS_CREATE_NEW, &dest), "create");
    try(os_mark_deleted(dest, true), "mark");
    if (info.size < CLUSTER)
        copy_data(source, dest, info.size);
    else
        clone_data(source, dest, info.size);
    try(os_query_state(source, &now), "query again");
    try(os_set_metadata(dest, info.attributes, 0, info.written), "set times");
    try(os_query_state(dest, &now), "query DEST");
    try(os_mark_deleted(dest, false), "clear the mark");
    try(os_rename(dest, directory, to, false), "rename");
    os_close(dest);
    os_close(source);
}

static unsigned clone_tree(const wchar_t *from, struct os_file *parent,
                           const wchar_t *to)
{
    struct os_directory *list = NULL;
    struct os_file *directory = NULL;
    struct os_entry entry;
    enum os_found found;
    unsigned files = 0;
    bool end = false;
    wchar_t source[PATH];
    wchar_t dest[PATH];
    try(os_open_directory(parent, to, OS_DIRECTORY_CREATE, &directory, &found),
        "create a directory");
    try(os_list_open(from, L"*", &list), "list");
    while (os_list_next(list, &entry, &end) == 0 && !end) {
        swprintf(source, PATH, L"%ls\\%ls", from, entry.name);
        swprintf(dest, PATH, L"%ls\\%ls", to, entry.name);
        if (entry.attributes & OS_ATTRIBUTE_DIRECTORY) {
            files += clone_tree(source, directory, dest);
        } else {
            clone_file(source, directory, dest);
            files++;
        }
    }
    os_list_close(list);
    os_close(directory);
    return files;
}

int wmain(int argc, wchar_t **argv)
{
    if (argc != 3)
        return 2;
    printf("%u\n", clone_tree(argv[1], NULL, argv[2]));
    return 0;
}
