/*
 * Over the wire: the shipped program on the shares of a real SMB 3.1.1 server,
 * Samba. What it opens, reads, asks and clones there is answered by the
 * server; what became of it is judged on the server's volume.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "smb.h"

TestSuite(smb, .fini = smb_leave, .timeout = E2E_TEST_SECONDS);

/* The volume shares clusters of 4 KiB; the server says 1 KiB. */
enum { CLUSTER = 4096 };

static const char *one(const char *name)
{
    return smb_path("one", name);
}

/* --- whole files ---------------------------------------------------------- */

static void expect_whole(uint64_t size)
{
    e2e_make("a", size);
    struct result *result = RUN("-f", one("a"), one("b"));
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_is(result->err, ""));
    EXPECT(result, e2e_same_bytes("a", "b"));
    EXPECT(result, e2e_is(e2e_files(), "a b"));
    if (size < CLUSTER)
        return;
    EXPECT(result, e2e_like(result->out, "cloned  * -> *  (*, * request*)\n"));
    EXPECT(result, e2e_same_extents("a", "b"));
    EXPECT(result, result->granted >= 1);
}

/* Sizes of test_clone.c, in the volume's clusters and in the server's. */
Test(smb, sizes)
{
    static const uint64_t sizes[] = {
        0,       1,       1023,        1024, 1025,    4095,
        4096,    4097,    8191,        8192, 9 * KIB, 100 * CLUSTER + 511,
        3 * MIB, 3145729, 20 * MIB + 7};
    smb_enter();
    for (size_t i = 0; i < ROWS(sizes); i++)
        expect_whole(sizes[i]);
}

Test(smb, sizes_always)
{
    static const uint64_t sizes[] = {1,    1023, 1024, 1025,       2047,
                                     4095, 4096, 4097, 3 * MIB + 1};
    smb_enter();
    for (size_t i = 0; i < ROWS(sizes); i++) {
        e2e_make("a", sizes[i]);
        struct result *result =
            RUN("--reflink=always", "-f", one("a"), one("b"));
        EXPECT(result, result->exit_code == 0);
        EXPECT(result, e2e_same_bytes("a", "b"));
        EXPECT(result, sizes[i] < CLUSTER || e2e_same_extents("a", "b"));
    }
}

/* What the server answers leads to the exact tail: past SOURCE's end 50, not
   on the volume's clusters 87, and then both are known. */
Test(smb, exact_tail)
{
    static const char *const wanted[] = {
        "DUP source=0 target=0 length=10000384 status=C00000BB",
        "DUP source=0 target=0 length=9999360 status=C000000D",
        "DUP source=0 target=0 length=9998336 status=00000000",
        "DUP source=9998336 target=9998336 length=1664 status=00000000"};
    smb_enter();
    e2e_make("a", 10000000);
    struct result *result = RUN(one("a"), one("b"));
    e2e_expect_cloned(result, "a", "b", "a b");
    for (size_t i = 0; i < ROWS(wanted); i++)
        EXPECT(result, e2e_has(result->log, wanted[i]));
    EXPECT(result, result->requests == ROWS(wanted));
}

/* No integrity streams (GET_INTEGRITY is no request of this server), no
   retrieval pointers, and a cluster size that means nothing. */
Test(smb, what_the_server_tells)
{
    smb_enter();
    e2e_make("a", 2 * MIB);
    struct result *result = RUN("--info", one(""));
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "*block cloning:     yes*"
                                         "cluster size:      1 KiB *"
                                         "integrity streams: no*"
                                         "location:          remote*"));
    result = RUN(one("a"), one("b"));
    e2e_expect_cloned(result, "a", "b", "a b");
    EXPECT(result,
           e2e_has(result->log, "SMB control 0009027C status=C0000010"));
    EXPECT(result, result->requests == 1);
    result = RUN("--extents", one("a"));
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_like(result->err, "reflink: *does not report*"));
    EXPECT(result,
           e2e_has(result->log, "SMB control 00090073 status=C0000010"));
    result = RUN("--info", smb_path("plain", ""));
    EXPECT(result, e2e_like(result->out, "*block cloning:     no*"));
}

/* A sparse file of 5 GiB: two requests, and the server keeps its attribute. */
static void make_sparse(const char *name)
{
    static const struct range data[] = {
        {0, MIB}, {4 * GIB - 2 * MIB, 4 * MIB}, {5 * GIB - MIB, MIB}, {0, 0}};
    static const char attributes[] = "0x220"; /* sparse, archive */
    e2e_make_sparse(name, 5 * GIB, data);
    cr_assert(setxattr(name, "user.DOSATTRIB", attributes, sizeof attributes,
                       0) == 0);
}

Test(smb, five_gib_sparse)
{
    smb_enter();
    make_sparse("a");
    struct result *result = RUN("--reflink=always", one("a"), one("b"));
    e2e_expect_cloned(result, "a", "b", "a b");
    EXPECT(result, result->requests == 2);
    EXPECT(result, e2e_allocated("b") <= 7 * MIB);
    result =
        RUN("-f", one("b"), one("c")); /* it is sparse to the server, too */
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_allocated("c") <= 7 * MIB);
}

/* More ranges of data than fit into one answer, which this server then gives
   none of: holes are kept by a copy, too, and little is read of them. */
Test(smb, copies_keep_holes)
{
    static struct range data[201];
    static const char attributes[] = "0x220";
    for (size_t i = 0; i < 200; i++)
        data[i] = (struct range){i * 5 * MIB, 64 * KIB};
    smb_enter();
    e2e_make_sparse("a", GIB, data);
    cr_assert(
        setxattr("a", "user.DOSATTRIB", attributes, sizeof attributes, 0) == 0);
    struct smb_count before = smb_count();
    struct result *result = RUN(one("a"), smb_path("other", "b"));
    unsigned long bytes = smb_count().bytes - before.bytes;
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_bytes("a", "../other/b"));
    EXPECT(result, e2e_allocated("../other/b") <= 16 * MIB);
    cr_expect(bytes < 32 * MIB, "%lu bytes", bytes);
}

/* --- other shares, other volumes ------------------------------------------ */

static void expect_copied_to(const char *source, const char *dest,
                             const char *linux_dest, const char *reason)
{
    struct result *result = RUN("-f", source, dest);
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out,
                            e2e_text("copied  * -> *  (*): *%s*\n", reason)));
    EXPECT(result, e2e_same_bytes("a", linux_dest));
    /* for a copy of its own the server may share clusters */
    EXPECT(result, e2e_shared_bytes("a", linux_dest) == 0 ||
                       e2e_has(result->out, "copied by the server"));
}

static void expect_refused(const char *dest)
{
    const char *before = e2e_snapshot();
    struct result *result = RUN("--reflink=always", "-f", one("a"), dest);
    e2e_expect_nothing_done(result, 3, before);
}

/* The server takes them for one volume, and yet has no file of one share at
   hand in the other: STATUS_INVALID_HANDLE, which is 6. */
Test(smb, across_shares)
{
    smb_enter();
    e2e_make("a", MIB + 5);
    struct result *result = RUN(one("a"), smb_path("two", "b"));
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, result->requests == 1);
    EXPECT(result, e2e_like(result->log, "*DUP *status=C0000008*"));
    EXPECT(result, e2e_like(result->out, "copied *: *different volume*\n"));
    EXPECT(result, e2e_same_bytes("a", "../two/b"));
    expect_refused(smb_path("two", "b"));
    EXPECT(result, e2e_same_bytes("a", "../two/b"));
}

/* Where the identities differ already, nothing is asked. */
Test(smb, across_volumes_of_the_server)
{
    smb_enter();
    e2e_make("a", MIB + 5);
    struct result *result = RUN(one("a"), smb_path("other", "b"));
    EXPECT(result, result->exit_code == 0 && result->requests == 0);
    EXPECT(result, e2e_like(result->out, "copied *: *different volume*\n"));
    EXPECT(result, e2e_same_bytes("a", "../other/b"));
    expect_copied_to(one("a"), smb_path("plain", "b"), "../plain/b",
                     "cannot clone blocks");
    expect_copied_to(one("a"), smb_path("far", "b"),
                     e2e_text("%s/b", e2e_twin_folder(OTHER)),
                     "cannot clone blocks");
    expect_refused(smb_path("other", "c"));
    expect_refused(smb_path("far", "c"));
}

/* A share that does not offer it, on a volume that could. */
Test(smb, share_without_cloning)
{
    smb_enter();
    cr_assert(chdir("../plain") == 0);
    e2e_make("a", MIB + 5);
    struct result *result =
        RUN("--reflink=never", smb_path("plain", "a"), smb_path("plain", "b"));
    e2e_expect_copied(result, "a", "b", "a b");
    result = RUN("-f", smb_path("plain", "a"), smb_path("plain", "b"));
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_bytes("a", "b"));
    EXPECT(result, e2e_has(result->out, "(NTFS) cannot clone blocks"));
    EXPECT(result, result->requests == 0);
}

Test(smb, to_and_from_a_local_volume)
{
    smb_enter();
    e2e_make("a", MIB + 5);
    const char *local = e2e_text("%s\\a", e2e_twin(XFS4K));
    const char *there = e2e_text("%s/a", e2e_twin_folder(XFS4K));
    expect_copied_to(one("a"), local, there, "different volume");
    expect_copied_to(local, one("b"), "b", "different volume");
    const char *before = e2e_snapshot();
    struct result *result = RUN("--reflink=always", local, one("c"));
    e2e_expect_nothing_done(result, 3, before);
    /* the server's own volume, reached past the server */
    expect_copied_to(e2e_text("%s\\one\\a", e2e_windows("")), one("c"), "c",
                     "different volume");
}

/* --- ranges --------------------------------------------------------------- */

struct move {
    size_t from, to, length; /* bytes */
    const char *word;        /* the result line begins with it */
};

enum { FILE_SIZE = 16 * CLUSTER };

static unsigned char *load(const char *name, size_t size)
{
    unsigned char *bytes = calloc(1, size);
    FILE *file = fopen(name, "rb");
    cr_assert(bytes != NULL && file != NULL);
    (void)!fread(bytes, 1, size, file);
    fclose(file);
    return bytes;
}

static void check_move(const struct move *move, const char *source,
                       const char *dest)
{
    size_t end = move->to + move->length;
    size_t size = end > FILE_SIZE ? end : FILE_SIZE;
    e2e_make(source, FILE_SIZE);
    e2e_make(dest, FILE_SIZE);
    unsigned char *from = load(source, FILE_SIZE);
    unsigned char *wanted = load(dest, size);
    memmove(wanted + move->to, from + move->from, move->length);
    struct result *result =
        RUN(one(source), one(dest), e2e_text("%zu", move->from),
            e2e_text("%zu", move->to), e2e_text("%zu", move->length));
    unsigned char *found = load(dest, size);
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_size(dest) == size);
    EXPECT(result, memcmp(found, wanted, size) == 0);
    EXPECT(result, strncmp(result->out, move->word, strlen(move->word)) == 0);
    free(from);
    free(wanted);
    free(found);
}

Test(smb, ranges)
{
    static const struct move moves[] = {
        {0, 0, 8 * CLUSTER, "cloned "},
        {3 * CLUSTER, CLUSTER, 8 * CLUSTER, "cloned "},
        {0, 16 * CLUSTER, 16 * CLUSTER, "cloned "}, /* DEST grows */
        {0, 40 * CLUSTER, 4 * CLUSTER, "cloned "},  /* behind a gap */
        {CLUSTER + 100, 5 * CLUSTER + 100, 8 * CLUSTER, "mixed "},
        {1024, 1024, 8 * CLUSTER, "mixed "}, /* on the server's clusters only */
        {CLUSTER + 100, 5 * CLUSTER + 101, 8 * CLUSTER, "copied "},
        {0, 0, 100, "copied "},
        {0, 2 * CLUSTER, 3 * CLUSTER + 17, "mixed "}};
    smb_enter();
    for (size_t i = 0; i < ROWS(moves); i++)
        check_move(&moves[i], "a", "b");
    cr_expect_str_eq(e2e_files(), "a b");
}

Test(smb, ranges_within_one_file)
{
    static const struct move moves[] = {
        {0, CLUSTER, 8 * CLUSTER, "cloned "},
        {CLUSTER, 0, 8 * CLUSTER, "cloned "},
        {0, 8 * CLUSTER, 8 * CLUSTER, "cloned "},
        {0, 12 * CLUSTER, 16 * CLUSTER, "cloned "}, /* and the file grows */
        {5, 2 * CLUSTER + 5, 8 * CLUSTER, "mixed "},
        {0, 1, 9 * CLUSTER, "copied "}};
    smb_enter();
    for (size_t i = 0; i < ROWS(moves); i++)
        check_move(&moves[i], "a", "a");
    cr_expect_str_eq(e2e_files(), "a");
}

/* The part that is the same in both files lies in the same clusters. */
Test(smb, a_range_is_shared)
{
    smb_enter();
    e2e_make("a", MIB);
    e2e_make("b", MIB);
    struct result *result =
        RUN("--offset=256K", "--length=512K", one("a"), one("b"));
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_shared_bytes("a", "b") == 512 * KIB);
}

/* --- many files ----------------------------------------------------------- */

Test(smb, a_tree)
{
    smb_enter();
    e2e_make_folder("t");
    e2e_make_folder("t/u");
    e2e_make("t/a", MIB);
    e2e_make("t/u/b", 2 * MIB + 1);
    struct result *result = RUN("-r", one("t"), one("s"));
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_has(result->out, "2 files: 2 cloned"));
    EXPECT(result, e2e_same_extents("t/a", "s/a"));
    EXPECT(result, e2e_same_extents("t/u/b", "s/u/b"));
}

/* --- the wire ------------------------------------------------------------- */

/* A file of data, of which only the first piece has to be written. */
static void make_gib(const char *name)
{
    const uint64_t piece = 16 * MIB;
    e2e_make(name, piece);
    int file = open(name, O_RDWR | O_CLOEXEC);
    cr_assert(file >= 0);
    for (uint64_t at = piece; at < GIB; at += piece) {
        struct file_clone_range range = {file, 0, piece, at};
        cr_assert(ioctl(file, FICLONERANGE, &range) == 0);
    }
    close(file);
}

/* What a clone of 1 GiB costs, logging on and proof included; a copy would send
   the file twice. */
Test(smb, bytes_on_the_wire)
{
    smb_enter();
    make_gib("a");
    struct smb_count before = smb_count();
    struct result *result = RUN("--verify=none", one("a"), one("b"));
    struct smb_count after = smb_count();
    unsigned long bytes = after.bytes - before.bytes;
    e2e_expect_cloned(result, "a", "b", "a b");
    EXPECT(result, after.clones - before.clones == 1);
    cr_expect(bytes > 1000 && bytes < 100 * KIB, "%lu bytes", bytes);
    cr_log_info("a clone of 1 GiB: %lu bytes on the wire", bytes);
    before = after;
    result = RUN(one("a"), one("c"));
    bytes = smb_count().bytes - before.bytes;
    e2e_expect_cloned(result, "a", "c", "a b c");
    cr_expect(bytes < 100 * KIB, "%lu bytes", bytes);
    cr_log_info("... with its proof: %lu bytes on the wire", bytes);
}

/* The requests since the last call; which these were goes to the log. */
static unsigned round_trips(const char *what)
{
    unsigned count = 0;
    const char *answer = smb_tell("requests");
    cr_log_info("%s: %s", what, answer);
    cr_assert(sscanf(answer, "%u:", &count) == 1, "%s", answer);
    return count;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Runs that clone one file, for a user who has logged on before.
   tests/bench/README.md has these counts. */
Test(smb, round_trips_for_a_file)
{
    smb_enter();
    make_gib("a");
    e2e_expect_cloned(RUN(one("a"), one("b")), "a", "b", "a b");
    round_trips("logging on");
    RUN(one("a"), one("c"));
    cr_expect(round_trips("clone of 1 GiB") <= 37);
    RUN("--verify=none", one("a"), one("d"));
    cr_expect(round_trips("the same, --verify=none") <= 28);
    e2e_expect_cloned(RUN("-f", one("a"), one("b")), "a", "b", "a b c d");
    cr_expect(round_trips("the same, which replaces a file") <= 51);
    e2e_make("e", 10000);
    e2e_expect_cloned(RUN(one("e"), one("f")), "e", "f", "a b c d e f");
    cr_expect(round_trips("clone of 10 KB") <= 37);
}

/* A delay is for each message, there and back. */
Test(smb, round_trips_take_their_time)
{
    enum { MS = 10 };
    smb_enter();
    e2e_make("a", MIB);
    RUN(one("a"), one("b"));
    round_trips("logging on");
    smb_tell(e2e_text("delay %d", MS));
    double start = now();
    e2e_expect_cloned(RUN(one("a"), one("c")), "a", "c", "a b c");
    double seconds = now() - start;
    smb_tell("delay 0");
    unsigned count = round_trips("with a delay");
    cr_expect(count > 20 && seconds > count * 2 * MS / 1000.0, "%f s", seconds);
}

/* Requests of a run that clones a tree of so many files of 10 KB. */
static unsigned tree_round_trips(unsigned files, const char *dest)
{
    const char *tree = e2e_text("t%u", files);
    for (unsigned i = 0; i < files; i++)
        e2e_make(e2e_text("%s/%u", tree, i), 10000);
    round_trips("before");
    struct result *result = RUN("-rfj1", "-T", one(tree), one(dest));
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_has(result->out, e2e_text("%u cloned", files)));
    return round_trips(e2e_text("a tree of %u files", files));
}

Test(smb, round_trips_for_one_more_file)
{
    smb_enter();
    e2e_make_folder("t3");
    e2e_make_folder("t4");
    tree_round_trips(3, "s"); /* logs on */
    unsigned few = tree_round_trips(3, "s3");
    unsigned more = tree_round_trips(4, "s4");
    cr_expect(more - few <= 27, "%u", more - few);
    few = tree_round_trips(3, "s3");
    more = tree_round_trips(4, "s4");
    cr_expect(more - few <= 39, "%u where it replaces one", more - few);
}

/* The count counts: a copy is all there. */
Test(smb, a_copy_on_the_wire)
{
    smb_enter();
    e2e_make("a", 4 * MIB);
    struct smb_count before = smb_count();
    struct result *result = RUN("--reflink=never", one("a"), one("b"));
    unsigned long bytes = smb_count().bytes - before.bytes;
    e2e_expect_copied(result, "a", "b", "a b");
    cr_expect(bytes > 8 * MIB && bytes < 9 * MIB, "%lu bytes", bytes);
}

/* --- replacing ------------------------------------------------------------ */

/* Replaces a file on a share, 12 times. `folder` is where the share's files
   are. */
static void replace_often(const char *share, const char *folder)
{
    for (int i = 0; i < 12; i++) {
        const char *source = i % 2 ? "a" : "c";
        struct result *result = RUN("-f", one(source), smb_path(share, "b"));
        EXPECT(result, result->exit_code == 0);
        EXPECT(result, e2e_same_bytes(source, e2e_text("%s/b", folder)));
    }
}

static void make_sources(const char *share)
{
    e2e_make("a", MIB);
    e2e_make("c", 2 * MIB);
    struct result *result = RUN(one("a"), smb_path(share, "b"));
    EXPECT(result, result->exit_code == 0);
}

/* Whoever looks at DEST on the server sees the old file or the new one. */
Test(smb, dest_is_never_missing)
{
    smb_enter();
    make_sources("one");
    e2e_look("b", MIB, 2 * MIB);
    replace_often("one", ".");
    e2e_looked();
}

/* A server's disk may have no hard links: a stick in a NAS. (Nobody looks at it
   meanwhile: exfat-fuse itself replaces a name in two steps.) */
Test(smb, a_disk_without_hard_links)
{
    smb_enter_with_stick();
    make_sources("stick");
    replace_often("stick", e2e_twin_folder(EXFAT));
}

/* --- faults --------------------------------------------------------------- */

struct fault_row {
    const char *fault;
    bool replaces;
};

static const struct fault_row transient[] = {
    {"fault request 1 cut 0", false},
    {"fault request 2 cut 0", true},
    {"fault reply 1 cut 0", true},
    {"fault reply 2 cut 0", false},
    {"fault between 1 cut 0", false},
    {"fault between 1 cut 0", true},
    {"fault request 1 silent 0", true},
    {"fault reply 2 silent 0", false},
    {"fault request 1 restart 150", true},
    {"fault request 2 restart 150", false},
    {"fault reply 1 restart 0", false},
    {"fault between 1 restart 150", true},
    {"fault between 1 restart 400", false},
};

/*
 * A temporary is to be deleted when its handle is closed, which a server that
 * is killed forgets. The program deletes it once the server is back; where it
 * never is, the name tells what it is.
 */
static void sweep(struct result *result, bool expected)
{
    const char *names = e2e_files();
    unsigned found = 0;
    while ((names = strstr(names, "~reflink-")) != NULL) {
        const char *end = strstr(names, ".tmp");
        cr_assert(end != NULL, "%s", names);
        const char *name = e2e_text("%.*s", (int)(end + 4 - names), names);
        cr_assert(unlink(name) == 0, "%s", name);
        names = end;
        found++;
    }
    EXPECT(result, found == 0 || expected);
}

/* The relay closes its end when the server has taken back what was open. */
static void let_the_server_close(void)
{
    for (int i = 0; i < 100 && strstr(e2e_files(), "~reflink-") != NULL; i++)
        usleep(10000);
}

ParameterizedTestParameters(smb, transient_faults)
{
    return e2e_numbers(ROWS(transient));
}

/* The file begins anew on another connection, and is cloned in the end. */
ParameterizedTest(int *number, smb, transient_faults)
{
    const struct fault_row *row = &transient[*number];
    smb_enter();
    make_sparse("a");
    if (row->replaces)
        e2e_make("b", 3000);
    smb_tell(row->fault);
    struct result *result = RUN("--reflink=always", "-f", one("a"), one("b"));
    struct smb_count count = smb_count();
    let_the_server_close();
    e2e_expect_cloned(result, "a", "b", "a b");
    EXPECT(result, count.faults == 1);
    EXPECT(result, count.connections >= 2);
}

/* Lost right after each file or directory was opened, before anything else was
   asked of it: that is no other error than the lost connection. */
Test(smb, lost_after_each_open)
{
    unsigned met = 0;
    smb_enter();
    make_sparse("a");
    for (unsigned nth = 1; nth == met + 1; nth++) {
        smb_tell(e2e_text("fault opened %u cut 0", nth));
        struct result *result =
            RUN("--reflink=always", "-f", one("a"), one("b"));
        let_the_server_close();
        e2e_expect_cloned(result, "a", "b", "a b");
        met += smb_count().faults;
    }
    cr_expect(met >= 3, "%u opens", met);
}

/* What does not pass by itself: said, and DEST is as it was. */
struct end_row {
    const char *fault;
    const char *retries;
    const char *message;
    unsigned connections; /* at most: it is not tried again and again */
    bool dies;
};

static const struct end_row ends[] = {
    {"fault request 1 cut 0", "--retries=0",
     "reflink: *b: cloning into it: *(64)\n", 2, false},
    {"fault request 2 silent 0", "--retries=0",
     "reflink: *b: cloning into it: *(121)\n", 2, false},
    {"fault request 1 kill 0", "--retries=3",
     "reflink: *a: opening it for reading: *(53)\n", 1, true},
    {"fault between 1 kill 0", "--retries=1", "reflink: *(53)\n", 1, true},
    {"fault between 1 revoke 0", "--retries=5",
     "reflink: *a: opening it for reading: *(1331)\n", 3, false},
    {"fault between 1 one 0", "--retries=5", "reflink: *b: creating it: *(5)\n",
     1, false},
};

static void expect_end_of(const struct end_row *row, const char *source,
                          const char *dest)
{
    const char *before = e2e_snapshot();
    smb_tell(row->fault);
    struct result *result = RUN(row->retries, "-f", source, dest);
    EXPECT(result, smb_count().faults == 1);
    let_the_server_close();
    sweep(result, row->dies);
    e2e_expect_nothing_done(result, 1, before);
    EXPECT(result, e2e_like(result->err, row->message));
    EXPECT(result, smb_count().connections <= row->connections);
}

static void expect_end(const struct end_row *row, bool replaces)
{
    smb_enter();
    make_sparse("a");
    if (replaces)
        e2e_make("b", 3000);
    expect_end_of(row, one("a"), one("b"));
}

ParameterizedTestParameters(smb, lasting_faults)
{
    return e2e_numbers(2 * ROWS(ends));
}

ParameterizedTest(int *number, smb, lasting_faults)
{
    expect_end(&ends[*number / 2], *number % 2 != 0);
}

/* In place, bytes outside the range survive whatever happens within. */
Test(smb, a_range_survives_a_fault)
{
    smb_enter();
    make_sparse("a");
    e2e_make("b", MIB);
    e2e_make("c", MIB); /* has other bytes; only the size of `b` matters */
    unsigned char *old = load("b", MIB);
    smb_tell("fault request 1 restart 100");
    struct result *result = RUN("--source-offset=0", "--dest-offset=64K",
                                "--length=512K", one("a"), one("b"));
    unsigned char *found = load("b", MIB);
    unsigned char *source = load("a", MIB);
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, smb_count().faults == 1);
    EXPECT(result, memcmp(found, old, 64 * KIB) == 0);
    EXPECT(result, memcmp(found + 64 * KIB, source, 512 * KIB) == 0);
    EXPECT(result,
           memcmp(found + 576 * KIB, old + 576 * KIB, MIB - 576 * KIB) == 0);
    free(old);
    free(found);
    free(source);
}

/* A share that may not be written to: as the server says it. */
Test(smb, read_only_share)
{
    smb_enter();
    e2e_make("a", MIB);
    e2e_make("b", 100);
    smb_tell("read-only one yes");
    const char *before = e2e_snapshot();
    struct result *result = RUN("-f", one("a"), one("b"));
    e2e_expect_nothing_done(result, 1, before);
    EXPECT(result, e2e_like(result->err, "reflink: *b: creating it: *(*)\n"));
    result = RUN("--offset=0", one("a"), one("b"));
    e2e_expect_nothing_done(result, 1, before);
    result = RUN(one("a"), smb_path("other", "c")); /* it may be read */
    EXPECT(result, result->exit_code == 0);
    smb_tell("read-only one no");
    e2e_expect_cloned(RUN("-f", one("a"), one("b")), "a", "b", "a b");
}

/* A user who may not log on: not tried again, since it would not pass. */
Test(smb, no_right_to_log_on)
{
    smb_enter();
    e2e_make("a", MIB);
    smb_tell("user off");
    const char *before = e2e_snapshot();
    struct result *result = RUN("--retries=9", one("a"), one("b"));
    e2e_expect_nothing_done(result, 1, before);
    EXPECT(result, e2e_like(result->err, "reflink: *a: *(1331)\n"));
    EXPECT(result, smb_count().connections <= 2);
    smb_tell("user on");
    e2e_expect_cloned(RUN(one("a"), one("b")), "a", "b", "a b");
}

/* What was in flight is begun anew, the rest is left alone. */
ParameterizedTestParameters(smb, a_tree_survives_a_fault)
{
    return e2e_numbers(2);
}

ParameterizedTest(int *number, smb, a_tree_survives_a_fault)
{
    static const char *const jobs[] = {"-j1", "-j4"};
    static const uint64_t most[] = {7, 10};
    smb_enter();
    e2e_make_folder("t");
    for (int i = 0; i < 6; i++)
        e2e_make(e2e_text("t/%d", i), MIB);
    smb_tell("fault request 4 cut 0");
    struct result *result = RUN("-r", jobs[*number], one("t"), one("s"));
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_has(result->out, "6 files: 6 cloned"));
    EXPECT(result, smb_count().faults == 1);
    EXPECT(result, smb_count().clones >= 7);
    EXPECT(result, smb_count().clones <= most[*number]);
    for (int i = 0; i < 6; i++)
        EXPECT(result,
               e2e_same_extents(e2e_text("t/%d", i), e2e_text("s/%d", i)));
}

/* --- copied by the server ------------------------------------------------- */

static const char *plain(const char *name)
{
    return smb_path("plain", name);
}

/* Goes to the share that does not clone, and where the server copies. */
static void enter_plain(void)
{
    smb_enter();
    cr_assert(chdir("../plain") == 0);
}

/* A copy of 1 GiB, logging on and samples included: 64 requests. */
Test(smb, a_server_copies_by_itself)
{
    enter_plain();
    make_gib("a");
    struct smb_count before = smb_count();
    struct result *result = RUN("--json", plain("a"), plain("b"));
    struct smb_count after = smb_count();
    unsigned long bytes = after.bytes - before.bytes;
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_is(result->err, ""));
    EXPECT(result, e2e_same_bytes("a", "b"));
    EXPECT(result, e2e_is(e2e_files(), "a b"));
    EXPECT(result, after.copies - before.copies == 64);
    EXPECT(result, e2e_like(result->out,
                            "{*\"bytes_copied\":1073741824,"
                            "\"bytes_copied_by_server\":1073741824,*"
                            "\"reason_text\":\"* cannot clone blocks, copied "
                            "by the server\",*}\n*"
                            "\"bytes_copied_by_server\":1073741824,*}\n"));
    e2e_expect_json(result);
    cr_expect(bytes < MIB, "%lu bytes", bytes);
    cr_log_info("a copy of 1 GiB by the server: %lu bytes on the wire", bytes);
}

/* The holes of SOURCE are not asked for, whatever is in them on the server. */
Test(smb, a_server_copies_no_holes)
{
    enter_plain();
    make_sparse("a");
    struct smb_count before = smb_count();
    struct result *result = RUN(plain("a"), plain("b"));
    struct smb_count after = smb_count();
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "copied *, copied by the server\n"));
    EXPECT(result, e2e_same_bytes("a", "b"));
    EXPECT(result, e2e_allocated("b") <= 7 * MIB);
    EXPECT(result, after.copies - before.copies == 3);
    cr_expect(after.bytes - before.bytes < 256 * KIB, "%lu bytes",
              after.bytes - before.bytes);
}

/* A server on Linux shares clusters where it can, so `never` asks for no copy;
   and where every byte is compared, all of them have to cross the wire. */
Test(smb, a_server_is_not_asked_to_copy)
{
    static const char *const options[] = {"--reflink=never", "--verify=full"};
    enter_plain();
    e2e_make("a", 4 * MIB);
    for (size_t i = 0; i < ROWS(options); i++) {
        struct smb_count before = smb_count();
        struct result *result = RUN(options[i], "-f", plain("a"), plain("b"));
        struct smb_count after = smb_count();
        e2e_expect_copied(result, "a", "b", "a b");
        EXPECT(result, after.copies == before.copies);
        EXPECT(result, after.bytes - before.bytes > 8 * MIB);
        EXPECT(result, !e2e_has(result->out, "by the server"));
    }
}

/* Whatever the server does not do is done by bytes. Of a share with another set
   of modules Samba does not find the key: 2. And where it then looks for the
   first key of all, smbd 4.17 ends, and so does the connection, once: 64. */
Test(smb, a_server_that_cannot_copy)
{
    enter_plain();
    e2e_make("a", 4 * MIB);
    struct result *result = RUN("-v", plain("a"), smb_path("other", "b"));
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_bytes("a", "../other/b"));
    EXPECT(result, !e2e_has(result->out, "by the server"));
    EXPECT(result,
           e2e_like(result->err, "*b: the server did not copy it by itself: "
                                 "* (2)\n*") ||
               e2e_like(result->err, "*b: retried: * (64)\n*"));
    result = RUN(plain("a"), smb_path("other", "c"));
    EXPECT(result, e2e_is(result->err, "") && result->exit_code == 0);
    EXPECT(result, e2e_same_bytes("a", "../other/c"));
}

static const char *const copy_faults[] = {
    "fault request 2 cut 0",       "fault reply 1 cut 0",
    "fault reply 2 cut 0",         "fault between 1 cut 0",
    "fault between 3 silent 0",    "fault request 2 silent 0",
    "fault request 2 restart 150", "fault between 1 restart 150"};

ParameterizedTestParameters(smb, faults_while_a_server_copies)
{
    return e2e_numbers(2 * ROWS(copy_faults));
}

/* The file is retried on another connection. A server that never answered such
   a request is not asked again. */
ParameterizedTest(int *number, smb, faults_while_a_server_copies)
{
    enter_plain();
    e2e_make("a", 40 * MIB);
    if (*number % 2 != 0)
        e2e_make("b", 3000);
    smb_tell(copy_faults[*number / 2]);
    struct result *result = RUN("-f", plain("a"), plain("b"));
    struct smb_count count = smb_count();
    let_the_server_close();
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_is(result->err, ""));
    EXPECT(result, e2e_same_bytes("a", "b"));
    EXPECT(result, e2e_is(e2e_files(), "a b"));
    EXPECT(result, count.faults == 1);
    EXPECT(result, count.connections >= 2);
    EXPECT(result,
           e2e_has(result->out, "copied by the server") == (*number / 2 != 1));
}

static const struct end_row copy_ends[] = {
    {"fault request 2 cut 0", "--retries=0",
     "reflink: *b: writing to it: *(64)\n", 2, false},
    {"fault request 1 kill 0", "--retries=3",
     "reflink: *a: opening it for reading: *(53)\n", 1, true},
    {"fault between 2 kill 0", "--retries=1", "reflink: *(53)\n", 1, true},
    {"fault between 1 revoke 0", "--retries=5",
     "reflink: *a: opening it for reading: *(1331)\n", 3, false},
};

ParameterizedTestParameters(smb, lasting_faults_while_a_server_copies)
{
    return e2e_numbers(2 * ROWS(copy_ends));
}

ParameterizedTest(int *number, smb, lasting_faults_while_a_server_copies)
{
    const struct end_row *row = &copy_ends[*number / 2];
    enter_plain();
    e2e_make("a", 40 * MIB);
    if (*number % 2 != 0)
        e2e_make("b", 3000);
    expect_end_of(row, plain("a"), plain("b"));
}

/* The program itself: what e2e_begin starts is the launcher of the bridge. */
static pid_t find_program(const char *word)
{
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    pid_t found = 0;
    cr_assert(processes != NULL);
    while (found == 0 && (entry = readdir(processes)) != NULL) {
        char line[4096] = "";
        FILE *file = fopen(e2e_text("/proc/%s/cmdline", entry->d_name), "rb");
        size_t size = file ? fread(line, 1, sizeof line - 1, file) : 0;
        if (file != NULL)
            fclose(file);
        for (size_t i = 0; i < size; i++) {
            if (line[i] == '\0')
                line[i] = ' ';
        }
        if (e2e_has(line, word) && e2e_has(line, "reflink.exe") &&
            !e2e_has(line, "launch.exe"))
            found = (pid_t)atoi(entry->d_name);
    }
    closedir(processes);
    return found;
}

/* Ctrl-C takes effect when the request at hand is done. */
Test(smb, a_copy_of_the_server_is_interrupted)
{
    enter_plain();
    e2e_make("a", 160 * MIB);
    e2e_make("b", 3000);
    const char *arguments[] = {"-f", plain("a"), plain("b"), NULL};
    const char *before = e2e_snapshot();
    smb_tell("fault between 3 pause 1500");
    e2e_begin(arguments);
    for (int i = 0; i < 60000 && smb_count().copies < 3; i++)
        usleep(1000);
    cr_assert_geq(smb_count().copies, 3);
    usleep(100000);
    cr_expect(kill(find_program(plain("")), SIGINT) == 0);
    struct result *result = e2e_finish();
    let_the_server_close();
    e2e_expect_nothing_done(result, 130, before);
    EXPECT(result, e2e_like(result->err, "reflink: *b: interrupted; *\n"));
    EXPECT(result, smb_count().copies <= 5);
}

/* --- deduplicating -------------------------------------------------------- */

/* The server reports neither extents nor the size of clusters. */
Test(smb, equal_files_share)
{
    smb_enter();
    e2e_make("a", 5 * MIB + 100);
    RUN("--reflink=never", one("a"), one("b"));
    struct result *result = RUN("--dedupe", "--json", one("a"), one("b"));
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_has(result->out, "\"bytes_shared\":5242980,"
                                        "\"bytes_freed\":null"));
    EXPECT(result, e2e_same_bytes("a", "b") && e2e_same_extents("a", "b"));
    EXPECT(result, e2e_is(e2e_files(), "a b"));
}

/* What differs is less than a cluster of the server's volume. */
Test(smb, clusters_that_are_equal_share)
{
    smb_enter();
    e2e_make("a", 2 * MIB);
    RUN("--reflink=never", one("a"), one("b"));
    int file = open("b", O_WRONLY);
    cr_assert(file >= 0);
    cr_assert_eq(pwrite(file, "different", 9, 10 * CLUSTER + 1024), 9);
    cr_assert_eq(pwrite(file, "different", 9, 20 * CLUSTER + 3072), 9);
    cr_assert_eq(fsync(file), 0);
    close(file);
    uint64_t hash = e2e_hash("b");
    struct result *result = RUN("--dedupe", one("a"), one("b"));
    EXPECT(result, result->exit_code == 0 && e2e_hash("b") == hash);
    EXPECT(result, e2e_shared_bytes("a", "b") == 2 * MIB - 2 * CLUSTER);
}

/* The connection goes at each of the requests: those of the trial, those on the
   file. The request was carried out, or was not. */
ParameterizedTestParameters(smb, dedupe_survives_a_fault)
{
    return e2e_numbers(10);
}

ParameterizedTest(int *number, smb, dedupe_survives_a_fault)
{
    static const char *const moments[] = {"request", "reply"};
    smb_enter();
    e2e_make("a", 20 * MIB);
    RUN("--reflink=never", one("a"), one("b"));
    smb_tell(
        e2e_text("fault %s %d cut 0", moments[*number % 2], *number / 2 + 1));
    struct result *result = RUN("--dedupe", one("a"), one("b"));
    let_the_server_close();
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, smb_count().faults == 1);
    EXPECT(result, e2e_same_bytes("a", "b") && e2e_same_extents("a", "b"));
    EXPECT(result, e2e_is(e2e_files(), "a b"));
}
