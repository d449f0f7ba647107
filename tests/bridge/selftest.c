/*
 * selftest.exe CASE DIR [OTHER]
 *
 * A Windows client that issues raw file-system control requests and checks
 * the answers, as a Win32 program sees them. It is to run through launch.exe
 * with the environment that CASE is about; selftest.sh does both. DIR is an
 * empty folder on a cloning volume, OTHER a folder on another such volume.
 * One line for each check: `ok - ...` or `not ok - ...`.
 *
 * selftest.exe hold FILE ACCESS SHARE HELD END [mark]
 *
 * The other process of some cases: opens FILE, marks it for deletion if told
 * to, sets the event HELD and waits for the event END.
 */
#include "selftest.h"

#include <stdio.h>
#include <string.h>

#define ERROR_REFERENCES 347 /* ERROR_BLOCK_TOO_MANY_REFERENCES */
#define ANY_SHARE (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define READ_WRITE (GENERIC_READ | GENERIC_WRITE | DELETE)
#define KIB INT64_C(1024)
#define GIB (INT64_C(1) << 30)

const wchar_t *dir, *other_dir;
static int64_t cluster;
static int failures;

void check(bool good, const char *what)
{
    printf("%s - %s\n", good ? "ok" : "not ok", what);
    failures += !good;
}

/* Checks a Win32 error code, and shows the one that came instead. */
void check_error(DWORD error, DWORD expected, const char *what)
{
    if (error == expected)
        printf("ok - %s (%lu)\n", what, error);
    else
        printf("not ok - %s: %lu instead of %lu\n", what, error, expected);
    failures += error != expected;
}

/* ------------------------------------------------------------- requests */

static DWORD control(HANDLE file, DWORD code, const void *in, size_t in_size,
                     void *out, size_t out_size, DWORD *returned)
{
    DWORD none;

    if (DeviceIoControl(file, code, (void *)in, (DWORD)in_size, out,
                        (DWORD)out_size, returned ? returned : &none, NULL))
        return ERROR_SUCCESS;
    return GetLastError();
}

static DWORD dup(HANDLE target, HANDLE source, int64_t from, int64_t to,
                 int64_t count)
{
    struct duplicate_extents in = {source, from, to, count};

    return control(target, CODE_DUPLICATE_EXTENTS, &in, sizeof in, NULL, 0,
                   NULL);
}

static DWORD set_sparse(HANDLE file, bool sparse)
{
    uint8_t in = sparse;

    return control(file, CODE_SET_SPARSE, &in, sizeof in, NULL, 0, NULL);
}

static DWORD set_integrity(HANDLE file, uint16_t algorithm, uint32_t flags)
{
    struct integrity_set in = {algorithm, 0, flags};

    return control(file, CODE_SET_INTEGRITY, &in, sizeof in, NULL, 0, NULL);
}

static DWORD get_integrity(HANDLE file, struct integrity_get *out,
                           DWORD *returned)
{
    memset(out, 0, sizeof *out);
    return control(file, CODE_GET_INTEGRITY, NULL, 0, out, sizeof *out,
                   returned);
}

static DWORD zero_data(HANDLE file, int64_t from, int64_t beyond)
{
    struct zero_data in = {from, beyond};

    return control(file, CODE_SET_ZERO_DATA, &in, sizeof in, NULL, 0, NULL);
}

/* The number of ranges, or -1. */
static int ranges(HANDLE file, struct allocated_range *out, int capacity)
{
    struct allocated_range in = {0, INT64_MAX};
    DWORD bytes;

    if (control(file, CODE_QUERY_ALLOCATED_RANGES, &in, sizeof in, out,
                (size_t)capacity * sizeof *out, &bytes) != ERROR_SUCCESS)
        return -1;
    return (int)(bytes / sizeof *out);
}

struct pointers {
    uint32_t used;
    uint32_t padding;
    int64_t vcn;
    struct {
        int64_t next_vcn;
        int64_t lcn;
        uint32_t count;
        uint32_t padding;
    } runs[16];
};

/* Retrieval pointers with counts from `vcn` on, at most `capacity` runs. */
static DWORD pointers(HANDLE file, int64_t vcn, unsigned capacity,
                      struct pointers *out)
{
    memset(out, 0, sizeof *out);
    return control(file, CODE_GET_RETRIEVAL_POINTERS_AND_REFCOUNT, &vcn,
                   sizeof vcn, out, 16 + capacity * sizeof out->runs[0], NULL);
}

/* ---------------------------------------------------------------- files */

HANDLE open_at(const wchar_t *folder, const wchar_t *name, DWORD access,
               DWORD creation, DWORD flags)
{
    wchar_t path[1024];

    swprintf(path, 1024, L"%ls\\%ls", folder, name);
    return CreateFileW(path, access, ANY_SHARE, NULL, creation, flags, NULL);
}

static HANDLE open_file(const wchar_t *name, DWORD access)
{
    return open_at(dir, name, access, OPEN_EXISTING, 0);
}

static void set_size(HANDLE file, int64_t size)
{
    LARGE_INTEGER to = {.QuadPart = size};

    SetFilePointerEx(file, to, NULL, FILE_BEGIN);
    SetEndOfFile(file);
}

static int64_t size_of(HANDLE file)
{
    LARGE_INTEGER size = {.QuadPart = -1};

    GetFileSizeEx(file, &size);
    return size.QuadPart;
}

static uint8_t pattern(int64_t offset, unsigned seed)
{
    return (uint8_t)(offset * 31 + offset / 4093 + seed + 1) | 1;
}

/* Writes the pattern of `seed` over a range. */
static void write_range(HANDLE file, int64_t from, int64_t count, unsigned seed)
{
    static uint8_t buffer[1 << 16];
    LARGE_INTEGER to = {.QuadPart = from};
    DWORD done;

    SetFilePointerEx(file, to, NULL, FILE_BEGIN);
    for (int64_t at = 0; at < count;) {
        DWORD piece = sizeof buffer;

        if (count - at < (int64_t)piece)
            piece = (DWORD)(count - at);
        for (DWORD i = 0; i < piece; i++)
            buffer[i] = pattern(from + at + i, seed);
        WriteFile(file, buffer, piece, &done, NULL);
        at += piece;
    }
}

/* A new file with `size` bytes of the pattern; seed 0 leaves zeros. */
static HANDLE make_at(const wchar_t *folder, const wchar_t *name, int64_t size,
                      unsigned seed)
{
    HANDLE file = open_at(folder, name, READ_WRITE, CREATE_ALWAYS, 0);

    set_size(file, size);
    if (seed)
        write_range(file, 0, size, seed);
    return file;
}

static HANDLE make(const wchar_t *name, int64_t size, unsigned seed)
{
    return make_at(dir, name, size, seed);
}

/* Whether the range holds the pattern shifted by `shift`; seed 0: zeros. */
static bool holds(HANDLE file, int64_t from, int64_t count, unsigned seed,
                  int64_t shift)
{
    static uint8_t buffer[1 << 16];
    LARGE_INTEGER to = {.QuadPart = from};

    SetFilePointerEx(file, to, NULL, FILE_BEGIN);
    while (count > 0) {
        DWORD piece =
            count < (int64_t)sizeof buffer ? (DWORD)count : sizeof buffer;
        DWORD got = 0;

        if (!ReadFile(file, buffer, piece, &got, NULL) || got != piece)
            return false;
        for (DWORD i = 0; i < piece; i++) {
            if (buffer[i] != (seed ? pattern(from + shift + i, seed) : 0))
                return false;
        }
        from += piece;
        count -= piece;
    }
    return true;
}

static void close_two(HANDLE a, HANDLE b)
{
    CloseHandle(a);
    CloseHandle(b);
}

/* Whether the first `runs` clusters lie at one place in both files. */
static bool same_place(HANDLE a, HANDLE b)
{
    struct pointers pa, pb;

    return pointers(a, 0, 16, &pa) == ERROR_SUCCESS &&
           pointers(b, 0, 16, &pb) == ERROR_SUCCESS && pa.used == pb.used &&
           pa.runs[0].lcn > 0 &&
           memcmp(pa.runs, pb.runs, pa.used * sizeof pa.runs[0]) == 0;
}

/* ------------------------------------------------------ the rules of ReFS */

static void test_whole_file(void)
{
    int64_t size = 5 * cluster + 1234;
    HANDLE s = make(L"whole-src", size, 1);
    HANDLE d = make(L"whole-dst", size, 0);
    struct pointers p;

    check_error(dup(d, s, 0, 0, 6 * cluster), 0, "rounded-up clone");
    check(size_of(d) == size, "the destination keeps its exact end");
    check(holds(d, 0, size, 1, 0), "it reads as the source");
    check(same_place(s, d), "both files lie in the same clusters");
    check(pointers(d, 0, 16, &p) == 0 && p.runs[0].count == 2,
          "the clusters are counted twice");
    write_range(d, 0, 100, 7);
    check(holds(s, 0, size, 1, 0), "writing the clone spares the source");
    close_two(s, d);
}

static void test_alignment(void)
{
    HANDLE s = make(L"align-src", 8 * cluster, 1);
    HANDLE d = make(L"align-dst", 8 * cluster, 0);

    check_error(dup(d, s, 512, 0, cluster), 87, "source offset misaligned");
    check_error(dup(d, s, 0, 512, cluster), 87, "target offset misaligned");
    check_error(dup(d, s, 0, 0, cluster + 1), 87, "length misaligned");
    check_error(dup(d, s, -cluster, 0, cluster), 87, "negative offset");
    check_error(dup(d, s, 0, 0, 0), 0, "length zero");
    check_error(dup(d, s, cluster, 4 * cluster, 2 * cluster), 0,
                "from one place to another");
    check(holds(d, 4 * cluster, 2 * cluster, 1, -3 * cluster) &&
              holds(d, 0, 4 * cluster, 0, 0) &&
              holds(d, 6 * cluster, 2 * cluster, 0, 0),
          "exactly the range changed");
    close_two(s, d);
}

static void test_ends(void)
{
    HANDLE s = make(L"ends-src", 2 * cluster + 10, 1);
    HANDLE d = make(L"ends-dst", 4 * cluster + 10, 0);

    check_error(dup(d, s, 0, 0, 4 * cluster), 50, "past the source's end");
    check_error(dup(d, s, 3 * cluster, 0, cluster), 50,
                "beyond the source's end");
    check_error(dup(d, s, 0, 4 * cluster, 2 * cluster), 50,
                "past the destination's end");
    check_error(dup(d, s, 0, 5 * cluster, cluster), 50,
                "beyond the destination's end");
    check_error(dup(d, s, 2 * cluster, 0, cluster), 0,
                "the source's tail into the destination's middle");
    check(holds(d, 0, 10, 1, 2 * cluster) && holds(d, 10, cluster - 10, 0, 0) &&
              size_of(d) == 4 * cluster + 10,
          "tail bytes, then zeros, same end");
    check_error(dup(d, s, 0, 4 * cluster, cluster), 0,
                "the source's middle onto the destination's tail");
    check(holds(d, 4 * cluster, 10, 1, -4 * cluster) &&
              size_of(d) == 4 * cluster + 10,
          "tail bytes and the end are right");
    close_two(s, d);
}

static void test_sparse_rule(void)
{
    HANDLE s = make(L"sparse-src", 4 * cluster, 1);
    HANDLE d = make(L"sparse-dst", 4 * cluster, 0);

    set_sparse(s, true);
    check_error(dup(d, s, 0, 0, cluster), 50, "sparse to dense");
    check_error(dup(d, s, 0, 0, 0), 0, "sparse to dense, length zero");
    set_sparse(d, true);
    check_error(dup(d, s, 0, 0, cluster), 0, "sparse to sparse");
    set_sparse(s, false);
    check_error(dup(d, s, 0, 0, cluster), 0, "dense to sparse");
    close_two(s, d);
}

static void test_integrity_rule(void)
{
    HANDLE s = make(L"integrity-src", 0, 0);
    HANDLE d = make(L"integrity-dst", 4 * cluster, 0);

    check_error(set_integrity(s, 2, 0), 0, "integrity on");
    write_range(s, 0, 4 * cluster, 1);
    check_error(dup(d, s, 0, 0, cluster), 87, "integrity settings differ");
    check_error(set_integrity(d, 2, 0), 0, "integrity on, destination");
    check_error(dup(d, s, 0, 0, cluster), 0, "integrity settings agree");
    check_error(set_integrity(d, 0, 0), 50, "change when clusters are shared");
    close_two(s, d);
}

static void test_same_file(void)
{
    HANDLE f = make(L"same", 8 * cluster, 1);
    HANDLE g = open_file(L"same", GENERIC_READ);

    check_error(dup(f, f, 0, cluster, 2 * cluster), 50, "overlap upwards");
    check_error(dup(f, f, cluster, 0, 2 * cluster), 50, "overlap downwards");
    check_error(dup(f, g, 0, cluster, 2 * cluster), 50,
                "overlap through two handles");
    check_error(dup(f, f, 0, 2 * cluster, 2 * cluster), 0, "side by side");
    check(holds(f, 2 * cluster, 2 * cluster, 1, -2 * cluster),
          "the copy reads as the original");
    close_two(f, g);
}

static void test_handles(void)
{
    HANDLE s = make(L"handle-src", 2 * cluster, 1);
    HANDLE d = make(L"handle-dst", 2 * cluster, 0);
    HANDLE reading = open_file(L"handle-dst", GENERIC_READ);
    HANDLE blind = open_file(L"handle-src", GENERIC_WRITE);
    HANDLE writing = open_file(L"handle-dst", GENERIC_WRITE);
    struct duplicate_extents in = {s, 0, 0, cluster};

    check_error(dup(reading, s, 0, 0, cluster), 5, "read-only destination");
    check_error(dup(d, blind, 0, 0, cluster), 87, "write-only source");
    check_error(dup(writing, s, 0, 0, cluster), 0, "write-only destination");
    check_error(dup(d, (HANDLE)(intptr_t)0xBAD4, 0, 0, cluster), 6,
                "no such source handle");
    check_error(dup(d, (HANDLE)(intptr_t)0xBAD4, 1, 0, cluster), 87,
                "misaligned goes first");
    check_error(control(d, CODE_DUPLICATE_EXTENTS, &in, 31, NULL, 0, NULL), 122,
                "input too small");
    check_error(set_integrity(writing, 0, 0), 5,
                "SET_INTEGRITY without read access");
    close_two(s, d);
    close_two(reading, blind);
    CloseHandle(writing);
}

static void test_limit(void)
{
    HANDLE s = make(L"limit-src", 0, 0);
    HANDLE d = make(L"limit-dst", 0, 0);

    set_sparse(s, true);
    set_sparse(d, true);
    set_size(s, 5 * GIB);
    set_size(d, 5 * GIB);
    write_range(s, 4 * GIB - 2 * cluster, cluster, 1);
    check_error(dup(d, s, 0, 0, 4 * GIB), 87, "4 GiB in one request");
    check_error(dup(d, s, 0, 0, 4 * GIB - cluster), 0,
                "4 GiB less one cluster");
    check(holds(d, 4 * GIB - 2 * cluster, cluster, 1, 0),
          "its last cluster arrived");
    close_two(s, d);
}

static void test_other_volume(void)
{
    HANDLE d = make(L"other-dst", 2 * cluster, 0);
    HANDLE s;

    if (!other_dir)
        return;
    s = make_at(other_dir, L"other-src", 2 * 65536, 1);
    check_error(dup(d, s, 0, 0, cluster), 87, "source on another volume");
    close_two(s, d);
}

static void test_overlapped(void)
{
    HANDLE s = make(L"overlapped-src", 2 * cluster, 1);
    HANDLE d = make(L"overlapped-dst", 2 * cluster, 0);
    HANDLE later = open_at(dir, L"overlapped-dst", GENERIC_WRITE, OPEN_EXISTING,
                           FILE_FLAG_OVERLAPPED);
    OVERLAPPED o = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    struct duplicate_extents in = {s, 0, 0, 2 * cluster};
    DWORD bytes;

    check((DeviceIoControl(later, CODE_DUPLICATE_EXTENTS, &in, sizeof in, NULL,
                           0, NULL, &o) ||
           GetLastError() == ERROR_IO_PENDING) &&
              GetOverlappedResult(later, &o, &bytes, TRUE) &&
              holds(d, 0, 2 * cluster, 1, 0),
          "an overlapped request");
    check(WaitForSingleObject(o.hEvent, 0) == WAIT_OBJECT_0, "sets its event");
    close_two(s, d);
    close_two(later, o.hEvent);
}

static void test_dup_ex(void)
{
    HANDLE s = make(L"ex-src", 2 * cluster, 1);
    HANDLE d = make(L"ex-dst", 2 * cluster, 0);
    struct duplicate_extents_ex in = {0x30, s, 0, 0, 2 * cluster, 1, 0};

    check_error(
        control(d, CODE_DUPLICATE_EXTENTS_EX, &in, sizeof in, NULL, 0, NULL), 0,
        "_EX");
    check(holds(d, 0, 2 * cluster, 1, 0), "_EX clones");
    in.size = 0x28;
    check_error(
        control(d, CODE_DUPLICATE_EXTENTS_EX, &in, sizeof in, NULL, 0, NULL),
        50, "_EX of another size");
    close_two(s, d);
}

/* --------------------------------------------- holes, pointers, integrity */

static void test_holes(void)
{
    int64_t unit = cluster > 64 * KIB ? cluster : 64 * KIB;
    HANDLE s = make(L"holes-src", 0, 0);
    HANDLE d = make(L"holes-dst", 4 * unit, 3);
    struct allocated_range r[8];
    LARGE_INTEGER zero = {.QuadPart = 0}, at;

    set_sparse(s, true);
    set_sparse(d, true);
    write_range(s, 0, 4 * unit, 1);
    check_error(zero_data(s, unit, 2 * unit), 0, "SET_ZERO_DATA");
    SetFilePointerEx(s, (LARGE_INTEGER){.QuadPart = 77}, NULL, FILE_BEGIN);
    check(ranges(s, r, 8) == 2 && r[0].offset == 0 && r[0].length == unit &&
              r[1].offset == 2 * unit && r[1].length == 2 * unit,
          "it made a hole");
    SetFilePointerEx(s, zero, &at, FILE_CURRENT);
    check(at.QuadPart == 77, "asking leaves the file position alone");
    check(ranges(s, r, 1) == -1 && GetLastError() == ERROR_MORE_DATA,
          "more ranges than fit (234)");
    check_error(dup(d, s, 0, 0, 4 * unit), 0, "cloning with a hole");
    check(ranges(d, r, 8) == 2 && holds(d, unit, unit, 0, 0) &&
              size_of(d) == 4 * unit,
          "the hole is a hole in the clone");
    check_error(set_sparse(d, false), 0, "back to dense");
    check(ranges(d, r, 8) == 1 && r[0].length == 4 * unit,
          "a dense file is one range");
    close_two(s, d);
}

static void test_hole_at_end(void)
{
    HANDLE s = make(L"hole-end-src", 0, 0);
    HANDLE d = make(L"hole-end-dst", 0, 0);
    int64_t size = 3 * cluster + 5;
    struct pointers p;

    set_sparse(s, true);
    set_sparse(d, true);
    set_size(s, size);
    set_size(d, size);
    check_error(pointers(s, 0, 16, &p), 38, "pointers of nothing but a hole");
    write_range(s, 0, cluster, 1);
    check_error(dup(d, s, 0, 0, 4 * cluster), 0, "clone that ends in a hole");
    check(size_of(d) == size && holds(d, 0, cluster, 1, 0) &&
              holds(d, cluster, 2 * cluster + 5, 0, 0),
          "content and end are right");
    close_two(s, d);
}

static void test_dense_after_clear(void)
{
    HANDLE f = make(L"clear", 0, 0);
    struct pointers p;

    set_sparse(f, true);
    set_size(f, 4 * cluster);
    check_error(set_sparse(f, false), 0, "clearing sparse");
    check(pointers(f, 0, 16, &p) == 0 && p.runs[p.used - 1].next_vcn == 4 &&
              p.runs[0].lcn != -1,
          "clearing sparse allocates the holes");
    CloseHandle(f);
}

static void test_pointers(void)
{
    HANDLE f = make(L"pointers", 0, 0);
    struct pointers p;
    int64_t vcn = 0;

    check_error(pointers(f, 0, 16, &p), 38, "pointers of an empty file");
    set_sparse(f, true);
    set_size(f, 6 * cluster); /* first: XFS allocates ahead past the end */
    write_range(f, 0, 2 * cluster, 1);
    write_range(f, 4 * cluster, cluster, 1);
    check_error(pointers(f, 0, 16, &p), 0, "pointers");
    check(p.used == 4 && p.runs[0].next_vcn == 2 && p.runs[0].count == 1 &&
              p.runs[1].next_vcn == 4 && p.runs[1].lcn == -1 &&
              p.runs[2].next_vcn == 5 && p.runs[3].next_vcn == 6 &&
              p.runs[3].lcn == -1,
          "data, hole, data, hole");
    check_error(pointers(f, 0, 1, &p), 234, "more pointers than fit");
    vcn = p.runs[0].next_vcn;
    check(p.used == 1 && vcn == 2, "what fits is given");
    check_error(pointers(f, vcn, 16, &p), 0, "going on from there");
    check(p.vcn == 2 && p.used == 3, "gives the rest");
    check_error(pointers(f, 6, 16, &p), 38, "at the end");
    CloseHandle(f);
}

/* Runs that adjoin are one, unless their counts differ. */
static void test_coalescing(void)
{
    HANDLE s = make(L"coalesce-src", 4 * cluster, 1);
    HANDLE d = make(L"coalesce-dst", 2 * cluster, 0);
    struct pointers counted, plain;
    int64_t vcn = 0;
    bool adjoin;

    dup(d, s, 0, 0, 2 * cluster);
    check_error(pointers(s, 0, 16, &counted), 0, "half of it shared");
    /* Btrfs counts references to whole extents, so there it is one. */
    check(counted.runs[0].count == 2 &&
              (counted.used == 1 || counted.runs[1].count == 1),
          "two counts, two runs");
    adjoin =
        counted.used == 1 || counted.runs[1].lcn == counted.runs[0].lcn + 2;
    control(s, CODE_GET_RETRIEVAL_POINTERS, &vcn, sizeof vcn, &plain,
            sizeof plain, NULL);
    check(plain.used == (adjoin ? 1u : 2u), "without counts, one run");
    close_two(s, d);
}

static void test_integrity(void)
{
    HANDLE f = make(L"integrity", cluster, 1);
    struct integrity_get out;
    struct integrity_set_ex ex = {1, 0, 0, 0, 1, {0}};
    DWORD bytes = 0;

    check_error(get_integrity(f, &out, &bytes), 0, "GET_INTEGRITY");
    check(bytes == 16 && out.algorithm == 0 && out.cluster_size == cluster,
          "off by default, and the cluster size");
    check_error(set_integrity(f, 0, 1), 87, "enforcement flag without sums");
    check_error(set_integrity(f, 9, 0), 87, "unknown algorithm");
    check_error(set_integrity(f, 2, 1), 0, "integrity on");
    get_integrity(f, &out, &bytes);
    check(out.algorithm == (cluster >= 65536 ? 2 : 1) && out.flags == 1,
          "the algorithm is that of the cluster size");
    check_error(set_integrity(f, 0, 0), 0, "integrity off");
    check_error(
        control(f, CODE_SET_INTEGRITY_EX, &ex, sizeof ex, NULL, 0, NULL), 0,
        "SET_INTEGRITY_EX");
    get_integrity(f, &out, &bytes);
    check(out.algorithm != 0, "SET_INTEGRITY_EX took effect");
    CloseHandle(f);
}

static DWORD attributes_by_handle(HANDLE f)
{
    BY_HANDLE_FILE_INFORMATION all;
    FILE_BASIC_INFO basic;
    FILE_ATTRIBUTE_TAG_INFO tag;

    GetFileInformationByHandle(f, &all);
    GetFileInformationByHandleEx(f, FileBasicInfo, &basic, sizeof basic);
    GetFileInformationByHandleEx(f, FileAttributeTagInfo, &tag, sizeof tag);
    return all.dwFileAttributes & basic.FileAttributes & tag.FileAttributes;
}

static void test_attributes(void)
{
    HANDLE f = make(L"attributes", cluster, 1);
    wchar_t path[1024];

    swprintf(path, 1024, L"%ls\\attributes", dir);
    check(!(GetFileAttributesW(path) & FILE_ATTRIBUTE_SPARSE_FILE),
          "no sparse attribute at first");
    set_sparse(f, true);
    check(attributes_by_handle(f) & FILE_ATTRIBUTE_SPARSE_FILE,
          "sparse attribute by handle, three classes");
    check(GetFileAttributesW(path) & FILE_ATTRIBUTE_SPARSE_FILE,
          "sparse attribute by path");
    set_sparse(f, false);
    check(!(attributes_by_handle(f) & FILE_ATTRIBUTE_SPARSE_FILE),
          "sparse attribute gone");
    set_sparse(f, true);
    CloseHandle(f);
    f = make(L"attributes", cluster, 1);
    check(!(attributes_by_handle(f) & FILE_ATTRIBUTE_SPARSE_FILE),
          "CREATE_ALWAYS makes the file dense");
    CloseHandle(f);
}

/* --------------------------------------------------------------- volumes */

bool has_volume_flag(HANDLE file, DWORD flag)
{
    DWORD flags = 0;

    return GetVolumeInformationByHandleW(file, NULL, 0, NULL, NULL, &flags,
                                         NULL, 0) &&
           (flags & flag);
}

/* Checks the flag, the name, and the allocation unit of the volume. */
static void test_volume(const wchar_t *name, bool flag, int64_t unit)
{
    HANDLE f = make(L"volume", 1, 1);
    wchar_t found[32] = L"", root[8];
    DWORD flags = 0, serial = 0, sectors, bytes, n;
    FILE_ID_INFO id;

    check(GetVolumeInformationByHandleW(f, NULL, 0, NULL, NULL, &flags, found,
                                        32) &&
              wcscmp(found, name) == 0,
          "the volume's name");
    check(((flags & 0x08000000) != 0) == flag, "the capability flag");
    check(GetVolumeInformationByHandleW(f, NULL, 0, &serial, NULL, NULL, NULL,
                                        0) &&
              GetFileInformationByHandleEx(f, FileIdInfo, &id, sizeof id) &&
              (DWORD)id.VolumeSerialNumber == serial,
          "one serial number");
    swprintf(root, 8, L"%.2ls\\", dir);
    check(GetVolumeInformationW(root, NULL, 0, &n, NULL, &flags, found, 32) &&
              wcscmp(found, name) == 0 && n == serial &&
              ((flags & 0x08000000) != 0) == flag,
          "the same by the root's path");
    check(GetDiskFreeSpaceW(root, &sectors, &bytes, &n, &n) &&
              (int64_t)sectors * bytes == unit,
          "the allocation unit");
    CloseHandle(f);
}

static void case_refs(void)
{
    test_volume(L"ReFS", true, cluster);
    test_whole_file();
    test_alignment();
    test_ends();
    test_sparse_rule();
    test_integrity_rule();
    test_same_file();
    test_handles();
    test_limit();
    test_other_volume();
    test_overlapped();
    test_dup_ex();
    test_holes();
    test_hole_at_end();
    test_dense_after_clear();
    test_pointers();
    test_coalescing();
    test_integrity();
    test_attributes();
}

/* A pair of files of 8 clusters, the source with data. */
static void make_pair(HANDLE *s, HANDLE *d)
{
    *s = make(L"pair-src", 8 * cluster, 1);
    *d = make(L"pair-dst", 8 * cluster, 0);
}

/* The destination holds the source up to `count` bytes and zeros after. */
static bool holds_up_to(HANDLE d, int64_t count)
{
    return holds(d, 0, count, 1, 0) &&
           holds(d, count, 8 * cluster - count, 0, 0);
}

static void case_ws2016(void)
{
    HANDLE s, d;

    make_pair(&s, &d);
    check_error(dup(d, s, 0, 6 * cluster, 4 * cluster), 0,
                "past the destination's end: success");
    check(size_of(d) == 8 * cluster, "without growing it");
    check(holds(d, 6 * cluster, 2 * cluster, 1, -6 * cluster),
          "what lies inside was cloned");
    check_error(dup(d, s, 0, 8 * cluster, cluster), 0, "beyond: success");
    close_two(s, d);
}

static void case_unflushed(void)
{
    HANDLE s, d, direct;

    make_pair(&s, &d);
    check_error(dup(d, s, 0, 0, 8 * cluster), 0, "unflushed: success");
    check(holds_up_to(d, 0), "unflushed: zeros");
    FlushFileBuffers(s);
    check_error(dup(d, s, 0, 0, 8 * cluster), 0, "flushed: success");
    check(holds_up_to(d, 8 * cluster), "flushed: the data");
    Sleep(20);
    write_range(s, 0, 8 * cluster, 2);
    check_error(dup(d, s, 0, 0, cluster), 0, "written again: success");
    check(holds(d, 0, cluster, 0, 0), "written again: zeros");
    direct = open_at(dir, L"pair-src", GENERIC_READ, OPEN_EXISTING,
                     FILE_FLAG_NO_BUFFERING);
    check_error(dup(d, direct, 0, 0, cluster), 0, "unbuffered: success");
    check(holds(d, 0, cluster, 2, 0), "unbuffered: the data");
    close_two(s, d);
    CloseHandle(direct);
}

static void case_csvfs(void)
{
    HANDLE s, d;

    test_volume(L"CSVFS", true, cluster);
    make_pair(&s, &d);
    check_error(dup(d, s, 0, 0, 8 * cluster), 64, "the volume moves");
    check_error(dup(d, s, 0, 0, 8 * cluster), 0, "once");
    check(holds_up_to(d, 8 * cluster), "then it clones");
    close_two(s, d);
}

static void case_smb_refs(void)
{
    HANDLE s, d;
    struct integrity_get out;

    make_pair(&s, &d);
    check_error(get_integrity(s, &out, NULL), 50, "GET_INTEGRITY");
    check_error(dup(d, s, 0, 0, 8 * cluster), 0, "clone");
    close_two(s, d);
}

static void case_no_flag(void)
{
    HANDLE s, d;

    test_volume(L"ReFS", false, cluster);
    make_pair(&s, &d);
    check_error(dup(d, s, 0, 0, 8 * cluster), 0, "cloning works all the same");
    check(same_place(s, d), "and shares");
    close_two(s, d);
}

static void test_no_integrity_no_pointers(HANDLE f)
{
    struct integrity_get out;
    struct pointers p;
    int64_t vcn = 0;

    check_error(get_integrity(f, &out, NULL), 1, "no GET_INTEGRITY");
    check_error(set_integrity(f, 0, 0), 1, "no SET_INTEGRITY");
    check_error(pointers(f, 0, 16, &p), 1, "no reference counts");
    check_error(control(f, CODE_GET_RETRIEVAL_POINTERS, &vcn, sizeof vcn, &p,
                        sizeof p, NULL),
                1, "no retrieval pointers");
}

static void case_samba(void)
{
    int64_t size = 2 * cluster + 10;
    HANDLE s = make(L"samba-src", size, 1);
    HANDLE d = make(L"samba-dst", 0, 0);

    test_volume(L"NTFS", true, 1024);
    test_no_integrity_no_pointers(s);
    check_error(dup(d, s, 0, 0, 2 * cluster), 0, "destination still empty");
    check(size_of(d) == 0, "nothing happened");
    set_size(d, size);
    check_error(dup(d, s, 0, 0, 3 * cluster), 50, "rounded up");
    check_error(dup(d, s, 0, 0, size), 0, "exact length");
    check(holds(d, 0, size, 1, 0), "the data");
    check_error(dup(d, s, 512, 0, cluster), 87, "misaligned");
    close_two(s, d);
}

static void case_truenas(void)
{
    HANDLE s = make(L"truenas-src", 512 * KIB, 1);
    HANDLE d = make(L"truenas-dst", 512 * KIB, 0);

    test_volume(L"NTFS", true, 128 * KIB);
    check_error(dup(d, s, 128 * KIB, 0, 128 * KIB), 0, "aligned");
    check_error(dup(d, s, 64 * KIB, 256 * KIB, 64 * KIB), 0,
                "misaligned: success");
    check(holds(d, 0, 128 * KIB, 1, 128 * KIB) &&
              holds(d, 256 * KIB, 64 * KIB, 1, -192 * KIB),
          "both read right");
    close_two(s, d);
}

static void case_winbtrfs(void)
{
    HANDLE s, d, t;
    struct integrity_get out;
    DWORD bytes = 7;

    test_volume(L"Btrfs", true, cluster);
    make_pair(&s, &d);
    check_error(get_integrity(s, &out, &bytes), 0, "GET_INTEGRITY");
    check(bytes == 0 && out.cluster_size == 4096, "0 bytes, yet an answer");
    check_error(dup(s, s, 0, cluster, 2 * cluster), 87, "overlap");
    check_error(dup(d, s, 0, 0, 8 * cluster), 0, "clone");
    LockFile(d, 0, 0, (DWORD)cluster, 0);
    check_error(dup(d, s, 0, 0, cluster), 33, "destination locked");
    UnlockFile(d, 0, 0, (DWORD)cluster, 0);
    check_error(dup(d, s, 0, 0, cluster), 0, "unlocked");
    close_two(s, d);
    s = make(L"tiny-src", 100, 1);
    t = make(L"tiny-dst", 100, 0);
    fflush(stdout);
    dup(t, s, 0, 0, cluster);
    check(false, "a sub-cluster clone must take the machine down");
}

static void case_openzfs(void)
{
    HANDLE s = make(L"zfs-src", 256 * KIB + 9, 1);
    HANDLE d = make(L"zfs-dst", 256 * KIB + 9, 0);
    struct integrity_get out;

    check_error(get_integrity(s, &out, NULL), 0, "GET_INTEGRITY");
    check(out.cluster_size == 512, "says 512");
    check_error(set_sparse(d, true), 0, "SET_SPARSE");
    check(!(attributes_by_handle(d) & FILE_ATTRIBUTE_SPARSE_FILE),
          "has no effect");
    check_error(dup(d, s, 4096, 4096, 4096), 87, "below 128 KiB");
    check_error(dup(d, s, 0, 0, 384 * KIB), 0, "multiple of 128 KiB");
    check(holds(d, 0, 256 * KIB + 9, 1, 0), "the data");
    close_two(s, d);
}

static void case_nfs41(void)
{
    HANDLE s = make(L"nfs-src", 3 * cluster + 9, 1);
    HANDLE d = make(L"nfs-dst", 3 * cluster + 9, 0);
    HANDLE far_away;

    test_volume(L"NFS", true, cluster);
    test_no_integrity_no_pointers(s);
    check_error(dup(d, s, 0, 0, 4 * cluster), 0, "clamped");
    check(holds(d, 0, 3 * cluster + 9, 1, 0), "the data");
    if (other_dir) {
        far_away = make_at(other_dir, L"nfs-far", 65536, 1);
        check_error(dup(d, far_away, 0, 0, cluster), 17, "another volume");
        CloseHandle(far_away);
    }
    close_two(s, d);
}

static void case_ntfs(void)
{
    HANDLE s, d;
    struct integrity_get out;
    struct pointers p;
    int64_t vcn = 0;

    test_volume(L"NTFS", false, cluster);
    make_pair(&s, &d);
    check_error(dup(d, s, 0, 0, cluster), 1, "no cloning");
    check_error(get_integrity(s, &out, NULL), 1, "no integrity");
    check_error(pointers(s, 0, 16, &p), 1, "no reference counts");
    check_error(control(s, CODE_GET_RETRIEVAL_POINTERS, &vcn, sizeof vcn, &p,
                        sizeof p, NULL),
                0, "retrieval pointers");
    close_two(s, d);
}

/* ------------------------------------------------------- lies and failures */

/* A request for 8 clusters of which `arrives` bytes are really cloned. */
static void test_lie(int64_t arrives)
{
    HANDLE s, d;

    make_pair(&s, &d);
    check_error(dup(d, s, 0, 0, 8 * cluster), 0, "it says success");
    check(holds_up_to(d, arrives), "but this much arrived");
    check(size_of(d) == 8 * cluster, "the end stays");
    close_two(s, d);
}

static void case_lie_nothing(void)
{
    test_lie(0);
}

static void case_lie_zeros(void)
{
    test_lie(0);
}

static void case_lie_half(void)
{
    test_lie(4 * cluster);
}

static void case_lie_prefix(void)
{
    test_lie(7 * cluster);
}

static void case_fail_always(void)
{
    HANDLE s, d;

    make_pair(&s, &d);
    check_error(dup(d, s, 0, 0, cluster), 112, "the first request");
    check_error(dup(d, s, 0, 0, cluster), 112, "the second request");
    check(holds_up_to(d, 0), "nothing was done");
    close_two(s, d);
}

static void case_fail_second(void)
{
    HANDLE s, d;

    make_pair(&s, &d);
    check_error(dup(d, s, 0, 0, cluster), 0, "the first request");
    check_error(dup(d, s, 0, 0, cluster), 112, "the second request");
    check_error(dup(d, s, 0, 0, cluster), 0, "the third request");
    close_two(s, d);
}

static void case_saturated(void)
{
    HANDLE s = make(L"saturated-src", 256 * KIB, 1);
    HANDLE d = make(L"saturated-dst", 256 * KIB, 0);

    check_error(dup(d, s, 0, 0, 256 * KIB), ERROR_REFERENCES, "all of it");
    check_error(dup(d, s, 0, 0, 64 * KIB), 0, "before");
    check_error(dup(d, s, 64 * KIB, 64 * KIB, 64 * KIB), ERROR_REFERENCES,
                "there");
    check_error(dup(d, s, 128 * KIB, 128 * KIB, 128 * KIB), 0, "after");
    close_two(s, d);
}

static void case_pointers_off(void)
{
    HANDLE s, d;
    struct pointers p;

    make_pair(&s, &d);
    check_error(dup(d, s, 0, 0, cluster), 0, "clone");
    check_error(pointers(d, 0, 16, &p), 1, "no pointers");
    close_two(s, d);
}

/* Two clones and a flush, for the log; and files to judge from outside. */
static void case_share(void)
{
    HANDLE s = make(L"share-src", 1024 * KIB + 77, 1);
    HANDLE d = make(L"share-dst", 1024 * KIB + 77, 0);

    check_error(dup(d, s, 0, 0, 512 * KIB), 0, "first half");
    check_error(dup(d, s, 512 * KIB, 512 * KIB, 512 * KIB + cluster), 0,
                "second half, rounded up");
    check(FlushFileBuffers(d), "flush");
    close_two(s, d);
}

/* Two subvolumes of one Btrfs are one volume. */
static void case_subvolume(void)
{
    HANDLE d = make(L"sub-dst", 2 * cluster, 0);
    HANDLE s = make_at(other_dir, L"sub-src", 2 * cluster, 1);

    check_error(dup(d, s, 0, 0, 2 * cluster), 0, "from another subvolume");
    check(holds(d, 0, 2 * cluster, 1, 0) && same_place(s, d), "shared");
    close_two(s, d);
}

/* ------------------------------------------------------- the rules of NTFS */

/* Of ntdll; by hand, since what MinGW-w64 declares differs by version. */
nt_status NTAPI NtSetInformationFile(HANDLE file, struct io_status_block *io,
                                     void *buffer, ULONG size, ULONG class);

void check_status(nt_status status, nt_status expected, const char *what)
{
    if (status == expected)
        printf("ok - %s (%08X)\n", what, status);
    else
        printf("not ok - %s: %08X instead of %08X\n", what, status, expected);
    failures += status != expected;
}

/* Asks for `name`, in the folder of the case, for the file. */
static nt_status set_name(HANDLE file, const wchar_t *name, ULONG class,
                          ULONG flags)
{
    union {
        struct file_name_information info;
        uint8_t room[2048];
    } u = {.info.flags = flags};
    struct io_status_block io;
    wchar_t path[512];
    size_t bytes;

    swprintf(path, 512, L"\\??\\%ls\\%ls", dir, name);
    bytes = wcslen(path) * sizeof(wchar_t);
    u.info.name_length = (ULONG)bytes;
    memcpy(u.info.name, path, bytes);
    return NtSetInformationFile(file, &io, &u, sizeof u, class);
}

static nt_status rename_over(HANDLE file, const wchar_t *name)
{
    return set_name(file, name, CLASS_FILE_RENAME, NAME_REPLACE);
}

static nt_status rename_ex(HANDLE file, const wchar_t *name, ULONG flags)
{
    return set_name(file, name, CLASS_FILE_RENAME_EX, NAME_REPLACE | flags);
}

static nt_status mark(HANDLE file, bool deleted)
{
    struct io_status_block io;
    uint8_t byte = deleted;

    return NtSetInformationFile(file, &io, &byte, sizeof byte,
                                CLASS_FILE_DISPOSITION);
}

static void put(const wchar_t *name, unsigned seed)
{
    CloseHandle(make(name, 1000, seed));
}

/* Whether the name is that of the file that was put with this seed. */
static bool has(const wchar_t *name, unsigned seed)
{
    HANDLE file = open_file(name, GENERIC_READ);
    bool good = file != INVALID_HANDLE_VALUE && size_of(file) == 1000 &&
                holds(file, 0, 1000, seed, 0);

    CloseHandle(file);
    return good;
}

static HANDLE open_sharing(const wchar_t *name, DWORD access, DWORD sharing)
{
    wchar_t path[1024];

    swprintf(path, 1024, L"%ls\\%ls", dir, name);
    return CreateFileW(path, access, sharing, NULL, OPEN_EXISTING, 0, NULL);
}

static void set_attributes(const wchar_t *name, DWORD attributes)
{
    wchar_t path[1024];

    swprintf(path, 1024, L"%ls\\%ls", dir, name);
    SetFileAttributesW(path, attributes);
}

/* What another process has open, and until when. */
struct holder {
    HANDLE process;
    HANDLE end;
};

static HANDLE make_event(const wchar_t *what, wchar_t *name)
{
    static unsigned number;

    swprintf(name, 64, L"selftest-%ls-%lu-%u", what, GetCurrentProcessId(),
             ++number);
    return CreateEventW(NULL, TRUE, FALSE, name);
}

/* Has another process, with a bridge of its own, open the file. */
static struct holder hold(const wchar_t *name, const wchar_t *access,
                          const wchar_t *sharing, const wchar_t *extra)
{
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child = {0};
    wchar_t held_name[64], end_name[64], line[2048];
    HANDLE held = make_event(L"held", held_name);
    struct holder holder = {.end = make_event(L"end", end_name)};

    swprintf(line, 2048,
             L"launch.exe selftest.exe hold \"%ls\\%ls\" %ls %ls %ls %ls %ls",
             dir, name, access, sharing, held_name, end_name, extra);
    check(CreateProcessW(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                         &child) &&
              WaitForSingleObject(held, 30000) == WAIT_OBJECT_0,
          "another process opens the file");
    close_two(held, child.hThread);
    holder.process = child.hProcess;
    return holder;
}

static void let_go(struct holder holder)
{
    SetEvent(holder.end);
    WaitForSingleObject(holder.process, 30000);
    close_two(holder.process, holder.end);
}

static DWORD bits(const wchar_t *letters, DWORD r, DWORD w, DWORD d)
{
    return (wcschr(letters, L'r') ? r : 0) | (wcschr(letters, L'w') ? w : 0) |
           (wcschr(letters, L'd') ? d : 0);
}

static int hold_open(wchar_t **argv)
{
    HANDLE file = CreateFileW(
        argv[0], bits(argv[1], GENERIC_READ, GENERIC_WRITE, DELETE),
        bits(argv[2], FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_SHARE_DELETE),
        NULL, OPEN_EXISTING, 0, NULL);
    HANDLE held = OpenEventW(EVENT_MODIFY_STATE, FALSE, argv[3]);
    HANDLE end = OpenEventW(SYNCHRONIZE, FALSE, argv[4]);

    if (file == INVALID_HANDLE_VALUE || !held || !end ||
        (argv[5] && mark(file, true) != ST_SUCCESS))
        return 1;
    SetEvent(held);
    WaitForSingleObject(end, 60000);
    CloseHandle(file);
    return 0;
}

/* A rename needs DELETE access, a link none. */
static void test_delete_access(bool enforced)
{
    HANDLE file;

    put(L"access", 1);
    file = open_file(L"access", GENERIC_READ | GENERIC_WRITE);
    check_status(rename_over(file, L"access-new"),
                 enforced ? ST_ACCESS_DENIED : ST_SUCCESS,
                 "renaming without DELETE access");
    check(has(enforced ? L"access" : L"access-new", 1), "the name is right");
    check_status(set_name(file, L"access-link", CLASS_FILE_LINK, 0), ST_SUCCESS,
                 "linking without DELETE access");
    CloseHandle(file);
}

static void test_readonly(void)
{
    HANDLE file;

    put(L"readonly", 1);
    put(L"readonly-new", 2);
    set_attributes(L"readonly", FILE_ATTRIBUTE_READONLY);
    file = open_file(L"readonly-new", DELETE);
    check_status(rename_over(file, L"readonly"), ST_ACCESS_DENIED,
                 "renaming over a read-only file");
    check_status(set_name(file, L"readonly", CLASS_FILE_LINK, NAME_REPLACE),
                 ST_ACCESS_DENIED, "linking over a read-only file");
    check(has(L"readonly", 1) && has(L"readonly-new", 2), "both are there");
    set_attributes(L"readonly", FILE_ATTRIBUTE_NORMAL);
    check_status(rename_over(file, L"readonly"), ST_SUCCESS,
                 "no longer read-only");
    check(has(L"readonly", 2), "it was replaced");
    CloseHandle(file);
}

/* Over a file that is open, however it is: not by a classic rename. */
static void test_open(void)
{
    HANDLE file, other;

    put(L"open", 1);
    put(L"open-new", 2);
    file = open_file(L"open-new", DELETE);
    other = open_file(L"open", GENERIC_READ);
    check_status(rename_over(file, L"open"), ST_ACCESS_DENIED,
                 "renaming over an open file");
    check_status(set_name(file, L"open", CLASS_FILE_LINK, NAME_REPLACE),
                 ST_ACCESS_DENIED, "linking over an open file");
    CloseHandle(other);
    other = open_file(L"open", FILE_READ_ATTRIBUTES);
    check_status(rename_over(file, L"open"), ST_ACCESS_DENIED,
                 "over a file that is open for its attributes");
    CloseHandle(other);
    check_status(rename_over(file, L"open"), ST_SUCCESS, "no longer open");
    check(has(L"open", 2), "it was replaced");
    CloseHandle(file);
}

static void test_open_elsewhere(void)
{
    struct holder holder;
    HANDLE file;

    put(L"elsewhere", 1);
    put(L"elsewhere-new", 2);
    file = open_file(L"elsewhere-new", DELETE);
    holder = hold(L"elsewhere", L"r", L"rwd", L"");
    check_status(rename_over(file, L"elsewhere"), ST_ACCESS_DENIED,
                 "renaming over a file that another process has open");
    check(has(L"elsewhere", 1), "it is still there");
    let_go(holder);
    check_status(rename_over(file, L"elsewhere"), ST_SUCCESS, "no longer open");
    CloseHandle(file);
}

static void case_rename(void)
{
    test_delete_access(true);
    test_readonly();
    test_open();
    test_open_elsewhere();
}

static void test_posix_readonly(void)
{
    HANDLE file;

    put(L"posix-readonly", 1);
    put(L"posix-readonly-new", 2);
    set_attributes(L"posix-readonly", FILE_ATTRIBUTE_READONLY);
    file = open_file(L"posix-readonly-new", DELETE);
    check_status(rename_ex(file, L"posix-readonly", NAME_POSIX),
                 ST_ACCESS_DENIED, "POSIX over a read-only file");
    check(has(L"posix-readonly", 1), "it is still there");
    check_status(
        rename_ex(file, L"posix-readonly", NAME_POSIX | NAME_IGNORE_READONLY),
        ST_SUCCESS, "with IGNORE_READONLY");
    check(has(L"posix-readonly", 2), "it was replaced");
    CloseHandle(file);
}

/* The old file stays, without a name, for those who have it open. */
static void test_posix_open(void)
{
    HANDLE file, reader, looker;

    put(L"posix", 1);
    put(L"posix-new", 2);
    file = open_file(L"posix-new", DELETE);
    reader = open_file(L"posix", GENERIC_READ | GENERIC_WRITE);
    looker = open_sharing(L"posix", FILE_READ_ATTRIBUTES, 0);
    check_status(rename_ex(file, L"posix", 0), ST_ACCESS_DENIED,
                 "_EX without POSIX over an open file");
    check_status(rename_ex(file, L"posix", NAME_POSIX), ST_SUCCESS,
                 "POSIX over a file whose handles share DELETE");
    check(has(L"posix", 2), "the name is the new file's");
    check(holds(reader, 0, 1000, 1, 0), "the old handle reads the old file");
    write_range(reader, 0, 1000, 3);
    check(holds(reader, 0, 1000, 3, 0) && has(L"posix", 2),
          "and writes to that");
    check(!has(L"posix-new", 2), "the first name is gone");
    close_two(reader, looker);
    check(has(L"posix", 2), "the new file stays when the old one is closed");
    check_status(rename_ex(file, L"posix-again", NAME_POSIX), ST_SUCCESS,
                 "renamed again");
    check(has(L"posix-again", 2), "under the last name");
    CloseHandle(file);
}

static void test_posix_sharing(void)
{
    static const DWORD access[] = {GENERIC_READ, GENERIC_WRITE, DELETE};
    HANDLE file, other;

    put(L"shut", 1);
    put(L"shut-new", 2);
    file = open_file(L"shut-new", DELETE);
    for (int i = 0; i < 3; i++) {
        other = open_sharing(L"shut", access[i],
                             FILE_SHARE_READ | FILE_SHARE_WRITE);
        check_status(rename_ex(file, L"shut", NAME_POSIX), ST_SHARING_VIOLATION,
                     "POSIX over a file whose handle does not share DELETE");
        CloseHandle(other);
    }
    check(has(L"shut", 1) && has(L"shut-new", 2), "both are there");
    CloseHandle(file);
}

static void test_posix_elsewhere(void)
{
    struct holder holder;
    HANDLE file;

    put(L"far", 1);
    put(L"far-new", 2);
    file = open_file(L"far-new", DELETE);
    holder = hold(L"far", L"r", L"rw", L"");
    check_status(rename_ex(file, L"far", NAME_POSIX), ST_SHARING_VIOLATION,
                 "POSIX: another process does not share DELETE");
    let_go(holder);
    holder = hold(L"far", L"r", L"rwd", L"");
    check_status(rename_ex(file, L"far", NAME_POSIX), ST_SUCCESS,
                 "POSIX: another process shares DELETE");
    check(has(L"far", 2), "it was replaced");
    let_go(holder);
    check(has(L"far", 2), "and stays so");
    CloseHandle(file);
}

static void case_rename_posix(void)
{
    HANDLE file;

    put(L"plain", 1);
    put(L"plain-new", 2);
    file = open_file(L"plain-new", GENERIC_READ);
    check_status(rename_ex(file, L"plain", NAME_POSIX), ST_ACCESS_DENIED,
                 "POSIX without DELETE access");
    CloseHandle(file);
    file = open_file(L"plain-new", DELETE);
    check_status(set_name(file, L"plain", CLASS_FILE_RENAME_EX, NAME_POSIX),
                 ST_OBJECT_NAME_COLLISION, "POSIX without REPLACE");
    check_status(rename_ex(file, L"plain", NAME_POSIX), ST_SUCCESS, "POSIX");
    check(has(L"plain", 2), "it was replaced");
    put(L"plain-link", 3);
    check_status(set_name(file, L"plain-link", CLASS_FILE_LINK_EX,
                          NAME_REPLACE | NAME_POSIX),
                 ST_SUCCESS, "POSIX link");
    check(has(L"plain-link", 2) && has(L"plain", 2), "two names");
    CloseHandle(file);
    test_posix_readonly();
    test_posix_open();
    test_posix_sharing();
    test_posix_elsewhere();
}

/* What the profile does not know is refused whatever the names. */
static void check_ex_refused(nt_status expected)
{
    HANDLE file;

    put(L"refused", 1);
    put(L"refused-new", 2);
    file = open_file(L"refused-new", DELETE);
    check_status(rename_ex(file, L"refused", NAME_POSIX), expected,
                 "FileRenameInformationEx");
    check_status(rename_ex(file, L"fresh", NAME_POSIX), expected,
                 "to a name that is free");
    check_status(set_name(file, L"refused", CLASS_FILE_LINK_EX, NAME_REPLACE),
                 expected, "FileLinkInformationEx");
    check(has(L"refused", 1) && has(L"refused-new", 2), "nothing happened");
    check_status(rename_over(file, L"refused"), ST_SUCCESS, "the older class");
    CloseHandle(file);
}

static void case_ex_not_supported(void)
{
    check_ex_refused(ST_NOT_SUPPORTED);
}

static void case_ex_invalid_parameter(void)
{
    check_ex_refused(ST_INVALID_PARAMETER);
}

static void case_ex_invalid_class(void)
{
    check_ex_refused(ST_INVALID_INFO_CLASS);
}

/* Opening, with the error that came. */
static DWORD open_error(const wchar_t *name, DWORD access, DWORD creation)
{
    HANDLE file = open_at(dir, name, access, creation, 0);
    DWORD error = file == INVALID_HANDLE_VALUE ? GetLastError() : 0;

    CloseHandle(file);
    return error;
}

static DWORD attributes_error(const wchar_t *name)
{
    wchar_t path[1024];

    swprintf(path, 1024, L"%ls\\%ls", dir, name);
    return GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES ? GetLastError()
                                                               : 0;
}

/* Windows has no error of its own for STATUS_DELETE_PENDING. */
static void test_mark(void)
{
    const DWORD pending = ERROR_ACCESS_DENIED;
    HANDLE file, other;

    put(L"marked", 1);
    file = open_file(L"marked", READ_WRITE);
    other = open_file(L"marked", DELETE);
    check_status(mark(file, true), ST_SUCCESS, "marking");
    check_error(open_error(L"marked", GENERIC_READ, OPEN_EXISTING), pending,
                "reading a marked file");
    check_error(open_error(L"marked", FILE_READ_ATTRIBUTES, OPEN_EXISTING),
                pending, "opening it for its attributes");
    check_error(attributes_error(L"marked"), pending, "asking by its name");
    check_error(open_error(L"marked", GENERIC_WRITE, CREATE_NEW), pending,
                "creating it");
    check_error(open_error(L"marked", GENERIC_WRITE, CREATE_ALWAYS), pending,
                "overwriting it");
    check(holds(file, 0, 1000, 1, 0), "nothing was overwritten");
    check_status(rename_over(file, L"marked-new"), ST_ACCESS_DENIED,
                 "renaming it");
    check_status(mark(file, false), ST_SUCCESS, "unmarking");
    check(has(L"marked", 1), "it opens again");
    CloseHandle(other);
    check_status(mark(file, true), ST_SUCCESS, "marking again");
    CloseHandle(file);
    check_error(open_error(L"marked", GENERIC_READ, OPEN_EXISTING),
                ERROR_FILE_NOT_FOUND, "gone when it is closed");
    check_error(open_error(L"marked", GENERIC_WRITE, CREATE_NEW), 0,
                "a new one of this name");
    check_error(open_error(L"marked", GENERIC_READ, OPEN_EXISTING), 0,
                "is not marked");
}

/* A file that became read-only meanwhile. */
static void test_mark_readonly(void)
{
    HANDLE file;

    put(L"marked-readonly", 1);
    file = open_file(L"marked-readonly", READ_WRITE);
    check_status(mark(file, true), ST_SUCCESS, "marking");
    {
        FILE_BASIC_INFO basic = {.FileAttributes = FILE_ATTRIBUTE_READONLY};

        check(SetFileInformationByHandle(file, FileBasicInfo, &basic,
                                         sizeof basic),
              "making it read-only");
    }
    check_status(mark(file, false), ST_SUCCESS, "unmarking");
    CloseHandle(file);
    check(has(L"marked-readonly", 1), "it opens again");
    check(attributes_by_handle(file = open_file(L"marked-readonly", 0)) &
              FILE_ATTRIBUTE_READONLY,
          "and is still read-only");
    CloseHandle(file);
}

static void test_mark_elsewhere(void)
{
    struct holder holder;
    HANDLE file;

    put(L"doomed", 1);
    put(L"doomed-new", 2);
    file = open_file(L"doomed-new", DELETE);
    holder = hold(L"doomed", L"d", L"rwd", L"mark");
    check_error(open_error(L"doomed", GENERIC_READ, OPEN_EXISTING),
                ERROR_ACCESS_DENIED, "marked by another process");
    check_status(rename_over(file, L"doomed"), ST_DELETE_PENDING,
                 "renaming over it");
    let_go(holder);
    check_status(rename_over(file, L"doomed"), ST_SUCCESS, "when it is gone");
    CloseHandle(file);
    put(L"doomed", 1);
    holder = hold(L"doomed", L"d", L"none", L"mark");
    check_error(open_error(L"doomed", GENERIC_READ, OPEN_EXISTING),
                ERROR_ACCESS_DENIED, "the mark is met before what is shared");
    let_go(holder);
}

static void case_mark(void)
{
    test_mark();
    test_mark_readonly();
    test_mark_elsewhere();
}

/* Without the rules Wine answers: these it does not know, and the Wines differ
   in what is read-only. */
static void case_rules_off(void)
{
    HANDLE file;
    nt_status status;

    test_delete_access(false);
    put(L"off", 1);
    file = open_file(L"off", READ_WRITE);
    check_status(mark(file, true), ST_SUCCESS, "marking");
    check(has(L"off", 1), "a marked file opens");
    check_error(attributes_error(L"off"), 0, "and is there by name");
    CloseHandle(file);
    put(L"off", 1);
    put(L"off-new", 2);
    set_attributes(L"off", FILE_ATTRIBUTE_READONLY);
    file = open_file(L"off-new", DELETE);
    status = rename_over(file, L"off");
    printf("renaming over a read-only file: %08X\n", status);
    check(has(L"off", status == ST_SUCCESS ? 2 : 1), "as Wine has it");
    CloseHandle(file);
}

/* The command line from the case's name on, to compare with and without
 * launch.exe. */
static void case_command_line(void)
{
    const wchar_t *line = wcsstr(GetCommandLineW(), L"command-line");

    printf("%ls\n", line ? line : L"");
}

static const struct {
    const wchar_t *name;
    void (*run)(void);
} cases[] = {
    {L"refs", case_refs},
    {L"refs-ws2016", case_ws2016},
    {L"refs-unflushed", case_unflushed},
    {L"csvfs", case_csvfs},
    {L"smb-refs", case_smb_refs},
    {L"no-flag", case_no_flag},
    {L"samba", case_samba},
    {L"truenas", case_truenas},
    {L"winbtrfs", case_winbtrfs},
    {L"openzfs", case_openzfs},
    {L"nfs41", case_nfs41},
    {L"ntfs", case_ntfs},
    {L"lie-nothing", case_lie_nothing},
    {L"lie-half", case_lie_half},
    {L"lie-zeros", case_lie_zeros},
    {L"lie-prefix", case_lie_prefix},
    {L"fail-always", case_fail_always},
    {L"fail-second", case_fail_second},
    {L"saturated", case_saturated},
    {L"pointers-off", case_pointers_off},
    {L"share", case_share},
    {L"subvolume", case_subvolume},
    {L"rename", case_rename},
    {L"rename-posix", case_rename_posix},
    {L"ex-not-supported", case_ex_not_supported},
    {L"ex-invalid-parameter", case_ex_invalid_parameter},
    {L"ex-invalid-class", case_ex_invalid_class},
    {L"mark", case_mark},
    {L"rules-off", case_rules_off},
    {L"security", case_security},
    {L"security-off", case_security_off},
    {L"security-none", case_security_none},
    {L"security-none-here", case_security_none_here},
    {L"security-change", case_security_change},
    {L"command-line", case_command_line},
};

/* The volume's block size, which no profile hides: selftest.sh knows it. */
static int64_t read_cluster(void)
{
    wchar_t text[32] = L"";

    GetEnvironmentVariableW(L"SELFTEST_CLUSTER", text, 32);
    return wcstol(text, NULL, 10) > 0 ? wcstol(text, NULL, 10) : 4096;
}

int wmain(int argc, wchar_t **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: selftest CASE DIR [OTHER]\n");
        return 2;
    }
    if (argc >= 7 && wcscmp(argv[1], L"hold") == 0)
        return hold_open(argv + 2);
    dir = argv[2];
    other_dir = argc > 3 ? argv[3] : NULL;
    cluster = read_cluster();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (wcscmp(cases[i].name, argv[1]) == 0) {
            cases[i].run();
            return failures != 0;
        }
    }
    fprintf(stderr, "selftest: no case called %ls\n", argv[1]);
    return 2;
}
