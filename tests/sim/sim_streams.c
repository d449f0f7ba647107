/*
 * Named streams. Each is a node of its own, whose clusters come out of the
 * volume like a file's, that lives and goes with its file. ReFS keeps them
 * without clusters; here they take some there, too.
 */
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

#define MAX_STREAM_NAME 255

/* ---- paths ----------------------------------------------------------- */

/* Where the drive's letter and colon end, if it has them. */
static size_t drive_end(const wchar_t *path)
{
    size_t start = wcsncmp(path, L"\\\\?\\", 4) == 0 ? 4 : 0;
    return path[start] && path[start + 1] == L':' ? start + 2 : start;
}

size_t sim_stream_colon(const wchar_t *path)
{
    size_t length = wcslen(path);
    size_t at = length;

    while (at > drive_end(path) && !wcschr(L"\\/", path[at - 1]))
        at--;
    at += wcscspn(path + at, L":");
    return at;
}

wchar_t *sim_stream_of(const wchar_t *path)
{
    static const wchar_t type[] = L":$DATA";
    size_t type_length = wcslen(type);
    const wchar_t *start = path + sim_stream_colon(path);
    size_t length = wcslen(start);

    if (length == 0)
        return NULL;
    length--;
    start++;
    if (wcsncmp(path, L"\\\\?\\", 4) != 0)
        while (length && wcschr(L". ", start[length - 1]))
            length--;
    if (length > type_length &&
        wcsncmp(start + length - type_length, type, type_length) == 0)
        length -= type_length;
    return sim_copy_path(start, length);
}

os_error sim_stream_allowed(const struct sim_volume *volume,
                            const wchar_t *stream)
{
    size_t length = wcslen(stream);
    if (!volume->streams || length == 0 || length > MAX_STREAM_NAME ||
        wcspbrk(stream, L":\\/"))
        return CODE_INVALID_NAME;
    return 0;
}

/* ---- a file's streams ------------------------------------------------ */

struct sim_node *sim_stream_find(const struct sim_node *file,
                                 const wchar_t *stream)
{
    struct sim_node *node = file->streams;
    while (node && !sim_same_path(node->stream_name, stream))
        node = node->next_stream;
    return node;
}

struct sim_node *sim_stream_add(struct sim_node *file, const wchar_t *stream)
{
    struct sim_node *node = sim_node_new(file->volume, SIM_STREAM);
    struct sim_node **last = &file->streams;

    while (*last)
        last = &(*last)->next_stream;
    *last = node;
    node->file = file;
    node->stream_name = sim_copy_path(stream, wcslen(stream));
    file->changed = sim_file_time();
    return node;
}

void sim_streams_free(struct sim_node *file)
{
    while (file->streams) {
        struct sim_node *node = file->streams;
        file->streams = node->next_stream;
        free(node->stream_name);
        sim_node_free(node);
    }
    free(file->listed_stream);
}

static size_t count_streams(const struct sim_node *file)
{
    size_t count = 0;
    for (const struct sim_node *s = file->streams; s; s = s->next_stream)
        count++;
    return count;
}

/* ---- os.h ------------------------------------------------------------ */

static void list_one(struct os_stream_name *streams, size_t *count,
                     const wchar_t *format, const wchar_t *name, uint64_t size)
{
    struct os_stream_name *out = &streams[(*count)++];
    swprintf(out->name, sizeof out->name / sizeof out->name[0], format, name);
    out->size = size;
}

/* The file's own data are listed, too [MS-FSCC 2.4.49]; a directory has none.
 */
static void list_streams(const struct sim_node *file,
                         struct os_stream_name **streams, size_t *count)
{
    struct os_stream_name *out =
        sim_grow(NULL, (count_streams(file) + 2) * sizeof *out);

    *count = 0;
    if (file->listed_stream)
        list_one(out, count, L"%ls", file->listed_stream, 1);
    if (file->volume->streams && !sim_is_folder(file))
        list_one(out, count, L"::$DATA%ls", L"", file->size);
    for (const struct sim_node *s = file->streams; s; s = s->next_stream)
        list_one(out, count, L":%ls:$DATA", s->stream_name, s->size);
    if (*count == 0) {
        free(out);
        out = NULL;
    }
    *streams = out;
}

os_error os_list_streams(struct os_file *file, struct os_stream_name **streams,
                         size_t *count)
{
    os_error error = sim_enter(SIM_OP_LIST_STREAMS, file);
    if (!error)
        list_streams(sim_file_of(file->node), streams, count);
    return sim_leave(SIM_OP_LIST_STREAMS, file->path, error);
}

/* ---- for tests ------------------------------------------------------- */

os_error sim_set_stream(const wchar_t *path, const wchar_t *stream,
                        const void *data, size_t length)
{
    struct sim_node *file = sim_node_must_find(path);
    os_error error = sim_stream_allowed(file->volume, stream);
    struct sim_node *node;

    if (error)
        return error;
    if (file->volume->stream_limit && length > file->volume->stream_limit)
        return file->volume->stream_full;
    node = sim_stream_find(file, stream);
    if (!node)
        node = sim_stream_add(file, stream);
    error = sim_data_resize(node, 0);
    if (!error)
        error = sim_data_write(node, 0, data, (uint32_t)length);
    return error;
}

void sim_list_stream(const wchar_t *path, const wchar_t *name)
{
    struct sim_node *file = sim_node_must_find(path);
    free(file->listed_stream);
    file->listed_stream = sim_copy_path(name, wcslen(name));
}

bool sim_stream_holds(const wchar_t *path, const wchar_t *stream,
                      const void *data, size_t length)
{
    const struct sim_node *file = sim_node_find(path);
    const struct sim_node *node = file ? sim_stream_find(file, stream) : NULL;
    uint8_t *bytes;
    bool same;

    if (!node || node->size != length)
        return false;
    bytes = sim_grow(NULL, length + 1);
    same = sim_data_read(node, 0, bytes, (uint32_t)length) == length &&
           (length == 0 || memcmp(bytes, data, length) == 0);
    free(bytes);
    return same;
}

size_t sim_stream_count(const wchar_t *path)
{
    return count_streams(sim_node_must_find(path));
}
