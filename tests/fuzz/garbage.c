#include "garbage.h"

#include <stdlib.h>
#include <string.h>

#include "core/errors.h"
#include "core/os.h"
#include "win32/answers.h"

/* More calls than any of the commands needs: it does not come to an end. */
enum { MOST_CALLS = 200000, MOST_ROOM = 4096 };

static struct fuzz_input *input; /* NULL: answers are true */
static uint64_t most_size;
static struct garbage told;
static uint64_t calls;

void garbage_begin(struct fuzz_input *from, uint64_t most)
{
    input = from;
    most_size = most;
    calls = 0;
    memset(&told, 0, sizeof told);
}

struct garbage garbage_end(void)
{
    input = NULL;
    return told;
}

enum answer { TRUE_ANSWER, FALSE_ANSWER, NO_ANSWER };

/* How the next query is answered; sets `*error` for none. */
static enum answer next_answer(os_error *error)
{
    static const os_error codes[] = {
        CODE_INVALID_FUNCTION,  CODE_ACCESS_DENIED, CODE_NOT_SUPPORTED,
        CODE_INVALID_PARAMETER, CODE_MORE_DATA,     CODE_NOT_ENOUGH_MEMORY,
        CODE_INVALID_HANDLE,    CODE_INVALID_DATA};
    *error = 0;
    fuzz_expect(++calls < MOST_CALLS, "it does not come to an end");
    if (input == NULL || input->size == 0)
        return TRUE_ANSWER;
    uint8_t byte = fuzz_byte(input);
    if (byte < 128)
        return TRUE_ANSWER;
    if (byte < 240)
        return FALSE_ANSWER;
    *error = codes[byte % (sizeof codes / sizeof codes[0])];
    return NO_ANSWER;
}

/* A number of bytes near what there is, or any. */
static uint64_t a_place(void)
{
    uint8_t form = fuzz_byte(input);
    return form < 128 ? (uint64_t)form * 1024 : fuzz_uint64(input);
}

/* --- a file --------------------------------------------------------------- */

static void change_info(struct os_info *info)
{
    uint8_t member = fuzz_byte(input) % 10;
    uint64_t value = a_place();
    if (member == 0)
        info->size = value < most_size ? value : most_size;
    else if (member == 1)
        info->attributes = (uint32_t)value;
    else if (member == 2)
        info->allocated = value;
    else if (member == 3)
        info->links = (uint32_t)value;
    else if (member == 4)
        info->ea_size = (uint32_t)value;
    else if (member == 5)
        info->created = (int64_t)value;
    else if (member == 6)
        info->written = (int64_t)value;
    else if (member == 7)
        info->changed = (int64_t)value;
    else if (member == 8)
        info->identity.device = value;
    else
        info->identity.file[value % 16] ^= (uint8_t)(value >> 8);
    told.sizes |= member <= 1;
    told.times |= member >= 5 && member <= 7;
    told.identity |= member >= 8;
}

os_error __real_os_query(struct os_file *file, struct os_info *info);
os_error __wrap_os_query(struct os_file *file, struct os_info *info);
os_error __wrap_os_query(struct os_file *file, struct os_info *info)
{
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer != NO_ANSWER)
        error = __real_os_query(file, info);
    if (answer == FALSE_ANSWER && error == 0)
        change_info(info);
    return error;
}

os_error __real_os_query_state(struct os_file *file, struct os_info *info);
os_error __wrap_os_query_state(struct os_file *file, struct os_info *info);
os_error __wrap_os_query_state(struct os_file *file, struct os_info *info)
{
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer != NO_ANSWER)
        error = __real_os_query_state(file, info);
    if (answer == FALSE_ANSWER && error == 0)
        change_info(info);
    return error;
}

os_error __real_os_change_number(struct os_file *file, uint64_t *number);
os_error __wrap_os_change_number(struct os_file *file, uint64_t *number);
os_error __wrap_os_change_number(struct os_file *file, uint64_t *number)
{
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer == TRUE_ANSWER)
        return __real_os_change_number(file, number);
    *number = answer == FALSE_ANSWER ? fuzz_uint64(input) : 0;
    return error;
}

os_error __real_os_read(struct os_file *file, uint64_t offset, void *buffer,
                        uint32_t length, uint32_t *done);
os_error __wrap_os_read(struct os_file *file, uint64_t offset, void *buffer,
                        uint32_t length, uint32_t *done);
os_error __wrap_os_read(struct os_file *file, uint64_t offset, void *buffer,
                        uint32_t length, uint32_t *done)
{
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer == NO_ANSWER)
        return error;
    error = __real_os_read(file, offset, buffer, length, done);
    if (answer == FALSE_ANSWER && error == 0) {
        uint64_t less = a_place();
        *done = less < *done ? (uint32_t)less : *done;
        told.reads = true;
    }
    return error;
}

/* --- a volume ------------------------------------------------------------- */

void __real_os_query_volume(struct os_file *file, struct os_volume *volume);
void __wrap_os_query_volume(struct os_file *file, struct os_volume *volume);
void __wrap_os_query_volume(struct os_file *file, struct os_volume *volume)
{
    os_error error;
    enum answer answer = next_answer(&error);
    __real_os_query_volume(file, volume);
    if (answer == NO_ANSWER)
        memset(volume, 0, sizeof *volume);
    if (answer != FALSE_ANSWER)
        return;
    volume->features = (uint32_t)fuzz_number(input, 1);
    volume->known = (fuzz_byte(input) & 1) != 0;
    fuzz_text(input, volume->file_system, 31);
}

void __real_os_volume_root(const wchar_t *path, wchar_t *root, size_t capacity);
void __wrap_os_volume_root(const wchar_t *path, wchar_t *root, size_t capacity);
void __wrap_os_volume_root(const wchar_t *path, wchar_t *root, size_t capacity)
{
    os_error error;
    enum answer answer = next_answer(&error);
    __real_os_volume_root(path, root, capacity);
    if (answer == FALSE_ANSWER)
        fuzz_text(input, root, capacity - 1);
}

uint32_t __real_os_allocation_unit(struct os_file *file);
uint32_t __wrap_os_allocation_unit(struct os_file *file);
uint32_t __wrap_os_allocation_unit(struct os_file *file)
{
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer == FALSE_ANSWER)
        return (uint32_t)fuzz_uint64(input);
    return answer == NO_ANSWER ? 0 : __real_os_allocation_unit(file);
}

os_error __real_os_free_bytes(struct os_file *file, uint64_t *bytes);
os_error __wrap_os_free_bytes(struct os_file *file, uint64_t *bytes);
os_error __wrap_os_free_bytes(struct os_file *file, uint64_t *bytes)
{
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer == TRUE_ANSWER)
        return __real_os_free_bytes(file, bytes);
    if (answer == FALSE_ANSWER)
        *bytes = fuzz_uint64(input);
    return error;
}

os_error __real_os_is_remote(struct os_file *file, bool *remote);
os_error __wrap_os_is_remote(struct os_file *file, bool *remote);
os_error __wrap_os_is_remote(struct os_file *file, bool *remote)
{
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer == TRUE_ANSWER)
        return __real_os_is_remote(file, remote);
    if (answer == FALSE_ANSWER)
        *remote = (fuzz_byte(input) & 1) != 0;
    return error;
}

os_error __real_os_get_integrity(struct os_file *file,
                                 struct os_integrity *out);
os_error __wrap_os_get_integrity(struct os_file *file,
                                 struct os_integrity *out);
os_error __wrap_os_get_integrity(struct os_file *file, struct os_integrity *out)
{
    static const uint32_t clusters[] = {
        0, 1, 2, 512, 1024, 4096, 4097, 65536, UINT32_C(1) << 31, UINT32_MAX};
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer == TRUE_ANSWER)
        return __real_os_get_integrity(file, out);
    if (answer == FALSE_ANSWER) {
        out->algorithm = (uint16_t)fuzz_number(input, 1);
        out->flags = (uint32_t)fuzz_number(input, 1);
        out->cluster_size = clusters[fuzz_byte(input) % 10];
    }
    return error;
}

/* --- clusters ------------------------------------------------------------- */

static void put_64(uint8_t *bytes, uint64_t value)
{
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

/* As bytes, which src/win32 then decodes. */
os_error __real_os_allocated(struct os_file *file, uint64_t offset,
                             uint64_t length, struct os_range *ranges,
                             size_t capacity, size_t *count, bool *more);
os_error __wrap_os_allocated(struct os_file *file, uint64_t offset,
                             uint64_t length, struct os_range *ranges,
                             size_t capacity, size_t *count, bool *more);
os_error __wrap_os_allocated(struct os_file *file, uint64_t offset,
                             uint64_t length, struct os_range *ranges,
                             size_t capacity, size_t *count, bool *more)
{
    uint8_t bytes[8 * 16];
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer == TRUE_ANSWER)
        return __real_os_allocated(file, offset, length, ranges, capacity,
                                   count, more);
    if (answer == NO_ANSWER)
        return error;
    size_t size = (size_t)(fuzz_byte(input) % 9) * 16;
    for (size_t at = 0; at < size; at += 16) {
        put_64(bytes + at, offset + a_place());
        put_64(bytes + at + 8, a_place());
    }
    told.allocated = true;
    *more = (fuzz_byte(input) & 1) != 0;
    *count = answers_ranges(bytes, size, offset, offset + length, ranges,
                            capacity, more);
    return 0;
}

static uint64_t a_cluster(void)
{
    uint8_t form = fuzz_byte(input);
    return form < 128 ? form : form < 192 ? UINT64_MAX : fuzz_uint64(input);
}

static os_error false_extents(bool counted, struct os_extent *extents,
                              size_t capacity, size_t *count, bool *more)
{
    uint8_t bytes[16 + 8 * 24] = {0};
    size_t element = counted ? 24 : 16;
    size_t number = fuzz_byte(input) % 9;
    bytes[0] = fuzz_byte(input) % 16; /* how many there are, it says */
    put_64(bytes + 8, a_cluster());
    for (size_t i = 0; i < number; i++) {
        put_64(bytes + 16 + i * element, a_cluster());
        put_64(bytes + 16 + i * element + 8, a_cluster());
        if (counted)
            bytes[16 + i * element + 16] = fuzz_byte(input);
    }
    told.extents = true;
    *more = (fuzz_byte(input) & 1) != 0;
    *count = answers_extents(bytes, 16 + number * element, counted, extents,
                             capacity, more);
    return 0;
}

os_error __real_os_extents(struct os_file *file, uint64_t vcn,
                           struct os_extent *extents, size_t capacity,
                           size_t *count, bool *more);
os_error __wrap_os_extents(struct os_file *file, uint64_t vcn,
                           struct os_extent *extents, size_t capacity,
                           size_t *count, bool *more);
os_error __wrap_os_extents(struct os_file *file, uint64_t vcn,
                           struct os_extent *extents, size_t capacity,
                           size_t *count, bool *more)
{
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer == TRUE_ANSWER)
        return __real_os_extents(file, vcn, extents, capacity, count, more);
    return answer == NO_ANSWER
               ? error
               : false_extents(false, extents, capacity, count, more);
}

os_error __real_os_extents_counted(struct os_file *file, uint64_t vcn,
                                   struct os_extent *extents, size_t capacity,
                                   size_t *count, bool *more);
os_error __wrap_os_extents_counted(struct os_file *file, uint64_t vcn,
                                   struct os_extent *extents, size_t capacity,
                                   size_t *count, bool *more);
os_error __wrap_os_extents_counted(struct os_file *file, uint64_t vcn,
                                   struct os_extent *extents, size_t capacity,
                                   size_t *count, bool *more)
{
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer == TRUE_ANSWER)
        return __real_os_extents_counted(file, vcn, extents, capacity, count,
                                         more);
    return answer == NO_ANSWER
               ? error
               : false_extents(true, extents, capacity, count, more);
}

os_error __real_os_server_copy(struct os_file *dest,
                               const struct os_copy_request *request,
                               struct os_copy_answer *answer);
os_error __wrap_os_server_copy(struct os_file *dest,
                               const struct os_copy_request *request,
                               struct os_copy_answer *answer);
os_error __wrap_os_server_copy(struct os_file *dest,
                               const struct os_copy_request *request,
                               struct os_copy_answer *answer)
{
    os_error error;
    enum answer kind = next_answer(&error);
    if (kind == TRUE_ANSWER)
        return __real_os_server_copy(dest, request, answer);
    answer->chunks = (uint32_t)fuzz_uint64(input);
    answer->chunk_bytes = (uint32_t)fuzz_uint64(input);
    answer->bytes = (uint32_t)fuzz_uint64(input);
    return kind == NO_ANSWER ? error : CODE_INVALID_PARAMETER;
}

/* --- what a file has ------------------------------------------------------ */

os_error __real_os_list_streams(struct os_file *file,
                                struct os_stream_name **streams, size_t *count);
os_error __wrap_os_list_streams(struct os_file *file,
                                struct os_stream_name **streams, size_t *count);
os_error __wrap_os_list_streams(struct os_file *file,
                                struct os_stream_name **streams, size_t *count)
{
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer == TRUE_ANSWER)
        return __real_os_list_streams(file, streams, count);
    *streams = NULL;
    *count = 0;
    if (answer == NO_ANSWER)
        return error;
    told.lists = true;
    *count = 1 + fuzz_byte(input) % 4;
    *streams = calloc(*count, sizeof **streams);
    for (size_t i = 0; i < *count; i++) {
        fuzz_text(input, (*streams)[i].name, 279);
        (*streams)[i].size = fuzz_uint64(input);
    }
    return 0;
}

os_error __real_os_get_ea(struct os_file *file, void **block, size_t *size);
os_error __wrap_os_get_ea(struct os_file *file, void **block, size_t *size);
os_error __wrap_os_get_ea(struct os_file *file, void **block, size_t *size)
{
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer == TRUE_ANSWER)
        return __real_os_get_ea(file, block, size);
    *block = NULL;
    *size = 0;
    if (answer == NO_ANSWER)
        return error;
    told.lists = true;
    *size = 1 + (size_t)fuzz_byte(input);
    uint8_t *bytes = malloc(*size);
    for (size_t i = 0; i < *size; i++)
        bytes[i] = fuzz_byte(input);
    *block = bytes;
    return 0;
}

/* --- directories and links ------------------------------------------------ */

os_error __real_os_list_next(struct os_directory *list, struct os_entry *entry,
                             bool *end);
os_error __wrap_os_list_next(struct os_directory *list, struct os_entry *entry,
                             bool *end);
os_error __wrap_os_list_next(struct os_directory *list, struct os_entry *entry,
                             bool *end)
{
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer == TRUE_ANSWER)
        return __real_os_list_next(list, entry, end);
    if (answer == NO_ANSWER)
        return error;
    told.lists = true;
    *end = (fuzz_byte(input) & 7) == 0;
    fuzz_text(input, entry->name, OS_NAME_ROOM - 1);
    entry->size = fuzz_uint64(input);
    entry->attributes = (uint32_t)fuzz_number(input, 2);
    entry->is_link = (fuzz_byte(input) & 1) != 0;
    return 0;
}

os_error __real_os_query_name(struct os_file *directory, const wchar_t *path,
                              struct os_named *named);
os_error __wrap_os_query_name(struct os_file *directory, const wchar_t *path,
                              struct os_named *named);
os_error __wrap_os_query_name(struct os_file *directory, const wchar_t *path,
                              struct os_named *named)
{
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer != NO_ANSWER)
        error = __real_os_query_name(directory, path, named);
    if (answer == FALSE_ANSWER && error == 0) {
        uint8_t bits = fuzz_byte(input);
        named->link = (bits & 1) != 0 ? OS_LINK_JUNCTION : 0;
        named->directory = (bits & 2) != 0;
        named->is_volume = (bits & 4) != 0;
        named->written = (int64_t)fuzz_uint64(input);
        told.identity = true;
    }
    return error;
}

/* A text on the heap of just its size. */
static os_error a_text(wchar_t **out)
{
    wchar_t text[64];
    size_t length = fuzz_text(input, text, 63);
    *out = malloc((length + 1) * sizeof **out);
    wmemcpy(*out, text, length + 1);
    return 0;
}

os_error __real_os_link_target(const wchar_t *path, wchar_t **target);
os_error __wrap_os_link_target(const wchar_t *path, wchar_t **target);
os_error __wrap_os_link_target(const wchar_t *path, wchar_t **target)
{
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer == TRUE_ANSWER)
        return __real_os_link_target(path, target);
    return answer == NO_ANSWER ? error : a_text(target);
}

os_error __real_os_final_path(struct os_file *file, wchar_t **full);
os_error __wrap_os_final_path(struct os_file *file, wchar_t **full);
os_error __wrap_os_final_path(struct os_file *file, wchar_t **full)
{
    os_error error;
    enum answer answer = next_answer(&error);
    if (answer == TRUE_ANSWER)
        return __real_os_final_path(file, full);
    return answer == NO_ANSWER ? error : a_text(full);
}
