#include "answers.h"

#include <stdlib.h>
#include <string.h>

#include "core/errors.h"

static uint64_t read_bytes(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    while (size-- != 0)
        value = value << 8 | bytes[size];
    return value;
}

static uint32_t read_32(const uint8_t *bytes)
{
    return (uint32_t)read_bytes(bytes, 4);
}

static uint64_t read_64(const uint8_t *bytes)
{
    return read_bytes(bytes, 8);
}

/* --- streams -------------------------------------------------------------- */

/*
 * Offsets in an entry: NextEntryOffset at 0, StreamNameLength, StreamSize,
 * StreamAllocationSize, and the name in UTF-16 without a NUL. Its length is in
 * bytes.
 */
enum { STREAM_NAME_LENGTH = 4, STREAM_SIZE = 8, STREAM_NAME = 24 };

/*
 * An entry that is completely inside the answer; `next` is 0 for the last one.
 */
struct entry {
    const uint8_t *bytes;
    size_t name_bytes;
    size_t next;
};

/*
 * Returns false if no complete entry begins at `at`, or if its link leads out
 * of the answer or into itself.
 */
static bool find_entry(const uint8_t *answer, size_t size, size_t at,
                       struct entry *entry)
{
    size_t left = size - at;
    if (left < STREAM_NAME)
        return false;
    entry->bytes = answer + at;
    entry->next = read_32(entry->bytes);
    entry->name_bytes = read_32(entry->bytes + STREAM_NAME_LENGTH);
    return entry->name_bytes <= left - STREAM_NAME &&
           (entry->next == 0 ||
            (entry->next <= left &&
             entry->next >= STREAM_NAME + entry->name_bytes));
}

static void take_stream(const struct entry *entry,
                        struct os_stream_name *stream)
{
    size_t capacity = sizeof stream->name / sizeof stream->name[0];
    size_t length = entry->name_bytes / 2;
    if (length >= capacity || entry->name_bytes % 2 != 0)
        length = 0;
    for (size_t i = 0; i < length; i++) {
        stream->name[i] =
            (wchar_t)read_bytes(entry->bytes + STREAM_NAME + i * 2, 2);
        if (stream->name[i] == L'\0')
            length = 0;
    }
    stream->name[length] = L'\0';
    stream->size = read_64(entry->bytes + STREAM_SIZE);
}

/*
 * Reads the list into `streams`, or only counts it if that is NULL. Returns the
 * number of streams; what is missing at the end is one that stays as it is.
 */
static size_t read_streams(const uint8_t *answer, size_t size,
                           struct os_stream_name *streams)
{
    struct entry entry = {.next = 0};
    size_t count = 0;
    size_t at = 0;
    bool whole;
    do {
        whole = find_entry(answer, size, at, &entry);
        if (streams != NULL && whole)
            take_stream(&entry, &streams[count]);
        count++;
        at += whole ? entry.next : 0;
    } while (whole && entry.next != 0);
    return count;
}

os_error answers_streams(const void *answer, size_t size,
                         struct os_stream_name **streams, size_t *count)
{
    const uint8_t *bytes = answer;
    *streams = NULL;
    *count = 0;
    /* an empty answer leaves only zeros in the buffer */
    if (size == 0 || (size >= STREAM_NAME && read_32(bytes) == 0 &&
                      read_32(bytes + STREAM_NAME_LENGTH) == 0))
        return 0;
    *count = read_streams(answer, size, NULL);
    *streams = calloc(*count, sizeof **streams);
    if (*streams == NULL)
        return CODE_NOT_ENOUGH_MEMORY;
    read_streams(answer, size, *streams);
    return 0;
}

/* --- allocated ranges ----------------------------------------------------- */

/* Offsets in a range: FileOffset at 0, then Length. */
enum { RANGE_LENGTH = 8, RANGE = 16 };

/* Clips `range` to [offset, end). Returns false if nothing is left. */
static bool clip(struct os_range *range, uint64_t offset, uint64_t end)
{
    uint64_t from = range->offset > offset ? range->offset : offset;
    uint64_t to = range->length < UINT64_MAX - range->offset
                      ? range->offset + range->length
                      : UINT64_MAX;
    to = to < end ? to : end;
    if (from >= to)
        return false;
    range->offset = from;
    range->length = to - from;
    return true;
}

size_t answers_ranges(const void *answer, size_t size, uint64_t offset,
                      uint64_t end, struct os_range *ranges, size_t capacity,
                      bool *more)
{
    const uint8_t *bytes = answer;
    size_t count = 0;
    for (; size >= RANGE; size -= RANGE, bytes += RANGE) {
        struct os_range range = {read_64(bytes), read_64(bytes + RANGE_LENGTH)};
        if (!clip(&range, offset, end))
            continue;
        if (count == capacity) {
            *more = true;
            break;
        }
        ranges[count++] = range;
    }
    return count;
}

/* --- extents -------------------------------------------------------------- */

/*
 * Offsets. Header: ExtentCount, four bytes of padding, StartingVcn. Each
 * extent: NextVcn, Lcn and, if counted, ReferenceCount and four bytes of
 * padding.
 */
enum { EXTENTS_VCN = 8, EXTENTS_HEAD = 16 };
enum { EXTENT_LCN = 8, EXTENT = 16, EXTENT_REFERENCES = 16, COUNTED = 24 };

size_t answers_extents(const void *answer, size_t size, bool counted,
                       struct os_extent *extents, size_t capacity, bool *more)
{
    const uint8_t *bytes = answer;
    size_t element = counted ? COUNTED : EXTENT;
    if (size < EXTENTS_HEAD)
        return 0;
    size_t reported = read_32(bytes);
    size_t room = (size - EXTENTS_HEAD) / element;
    size_t count = reported < room ? reported : room;
    if (count > capacity)
        count = capacity;
    uint64_t vcn = read_64(bytes + EXTENTS_VCN);
    bytes += EXTENTS_HEAD;
    for (size_t i = 0; i < count; i++, bytes += element) {
        uint64_t lcn = read_64(bytes + EXTENT_LCN);
        extents[i] = (struct os_extent){
            vcn, read_64(bytes), 0,
            counted ? read_32(bytes + EXTENT_REFERENCES) : 0};
        memcpy(&extents[i].lcn, &lcn, sizeof lcn);
        vcn = extents[i].next_vcn;
    }
    *more = *more || count < reported;
    return count;
}

/* --- copies on a server --------------------------------------------------- */

/* ChunksWritten at 0, ChunkBytesWritten, TotalBytesWritten. */
enum { COPY_CHUNK_BYTES = 4, COPY_BYTES = 8 };

void answers_copy(const void *response, struct os_copy_answer *answer)
{
    const uint8_t *bytes = response;
    answer->chunks = read_32(bytes);
    answer->chunk_bytes = read_32(bytes + COPY_CHUNK_BYTES);
    answer->bytes = read_32(bytes + COPY_BYTES);
}

/* --- files ---------------------------------------------------------------- */

/* Offsets in FILE_ALL_INFORMATION. */
enum {
    ALL_CREATED = 0,
    ALL_WRITTEN = 16,
    ALL_CHANGED = 24,
    ALL_ATTRIBUTES = 32,
    ALL_ALLOCATED = 40,
    ALL_SIZE = 48,
    ALL_LINKS = 56,
    ALL_EA_SIZE = 72
};

void answers_info(const void *answer, struct os_info *info)
{
    const uint8_t *bytes = answer;
    memset(info, 0, sizeof *info);
    info->size = read_64(bytes + ALL_SIZE);
    info->allocated = read_64(bytes + ALL_ALLOCATED);
    info->attributes = read_32(bytes + ALL_ATTRIBUTES);
    info->links = read_32(bytes + ALL_LINKS);
    info->ea_size = read_32(bytes + ALL_EA_SIZE);
    info->created = (int64_t)read_64(bytes + ALL_CREATED);
    info->written = (int64_t)read_64(bytes + ALL_WRITTEN);
    info->changed = (int64_t)read_64(bytes + ALL_CHANGED);
}

/* --- entries of a directory ----------------------------------------------- */

/* Offsets in WIN32_FIND_DATAW: dwFileAttributes at 0, and these. */
enum {
    ENTRY_SIZE_HIGH = 28,
    ENTRY_SIZE_LOW = 32,
    ENTRY_TAG = 36,
    ENTRY_NAME = 44,
    ENTRY_NAME_UNITS = 260
};

bool answers_is_name_surrogate(uint32_t tag)
{
    return (tag & 0x20000000) != 0;
}

void answers_entry(const void *answer, struct os_entry *entry)
{
    const uint8_t *bytes = answer;
    uint32_t tag = read_32(bytes + ENTRY_TAG);
    size_t length = 0;
    wchar_t c = L'\0';
    do {
        c = (wchar_t)read_bytes(bytes + ENTRY_NAME + length * 2, 2);
        entry->name[length++] = c;
    } while (c != L'\0' && length < ENTRY_NAME_UNITS);
    entry->name[length - 1] = L'\0';
    entry->size = (uint64_t)read_32(bytes + ENTRY_SIZE_HIGH) << 32 |
                  read_32(bytes + ENTRY_SIZE_LOW);
    entry->attributes = read_32(bytes);
    bool directory = (entry->attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
    entry->is_link =
        (entry->attributes & OS_ATTRIBUTE_REPARSE) != 0 &&
        (answers_is_name_surrogate(tag) || (tag == 0 && directory));
}

/* --- volumes -------------------------------------------------------------- */

/* Offsets: allocation units that are free to the caller, and what they are. */
enum { FULL_SIZE_FREE = 8, SIZE_SECTORS = 16, FULL_SIZE_SECTORS = 24 };

/* SectorsPerAllocationUnit and BytesPerSector. */
static uint64_t read_unit(const uint8_t *bytes)
{
    return (uint64_t)read_32(bytes) * read_32(bytes + 4);
}

uint32_t answers_unit(const void *answer)
{
    uint64_t unit = read_unit((const uint8_t *)answer + SIZE_SECTORS);
    return unit <= UINT32_MAX ? (uint32_t)unit : 0;
}

bool answers_free(const void *answer, uint64_t *bytes)
{
    const uint8_t *at = answer;
    uint64_t unit = read_unit(at + FULL_SIZE_SECTORS);
    uint64_t units = read_64(at + FULL_SIZE_FREE);
    if (unit != 0 && units > UINT64_MAX / unit)
        return false;
    *bytes = units * unit;
    return true;
}
