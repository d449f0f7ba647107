/*
 * A clone request that is answered with each status known from the field.
 * Where it means "not here", the file is copied; a real failure is reported
 * as itself, and DEST is as it was.
 */
#include "e2e.h"

TestSuite(refusals, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

struct refusal_row {
    const char *status; /* NTSTATUS */
    int code;           /* what Windows makes of it */
    bool cannot;        /* and not: failed */
};

static const struct refusal_row statuses[] = {
    {"C0000010", 1, true},     /* INVALID_DEVICE_REQUEST */
    {"C0000002", 1, true},     /* NOT_IMPLEMENTED */
    {"C000000D", 87, true},    /* INVALID_PARAMETER */
    {"C00000BB", 50, true},    /* NOT_SUPPORTED */
    {"C0000008", 6, true},     /* INVALID_HANDLE */
    {"C0000128", 6, true},     /* FILE_CLOSED */
    {"C00000D4", 17, true},    /* NOT_SAME_DEVICE */
    {"C000048C", 347, true},   /* BLOCK_TOO_MANY_REFERENCES */
    {"C0000023", 122, false},  /* BUFFER_TOO_SMALL */
    {"C0000022", 5, false},    /* ACCESS_DENIED */
    {"C00000BA", 5, false},    /* FILE_IS_A_DIRECTORY */
    {"C0000056", 5, false},    /* DELETE_PENDING */
    {"C0000123", 5, false},    /* FILE_DELETED */
    {"C0000043", 32, false},   /* SHARING_VIOLATION */
    {"C0000054", 33, false},   /* FILE_LOCK_CONFLICT */
    {"C00000A2", 19, false},   /* MEDIA_WRITE_PROTECTED */
    {"C000007F", 112, false},  /* DISK_FULL */
    {"C000009A", 1450, true},  /* INSUFFICIENT_RESOURCES */
    {"C0000017", 8, true},     /* NO_MEMORY */
    {"C0000011", 38, false},   /* END_OF_FILE */
    {"C0000185", 1117, false}, /* IO_DEVICE_ERROR */
};

static const struct refusal_row *set_up(int number)
{
    const struct refusal_row *row = &statuses[number];
    e2e_enter(XFS4K);
    e2e_set("REFLINK_BRIDGE_FAIL", row->status);
    e2e_make("a", 256 * KIB);
    e2e_make("old", 9000);
    return row;
}

static void expect_failed(struct result *result, const char *dest, int code,
                          const char *before)
{
    e2e_expect_nothing_done(result, 1, before);
    EXPECT(result, e2e_like(result->err,
                            e2e_text("reflink: %s: *: * (%d)*\n", dest, code)));
}

static void expect_refused(struct result *result, const char *dest,
                           const char *before)
{
    e2e_expect_nothing_done(result, 3, before);
    EXPECT(result, e2e_like(result->err, e2e_text("reflink: %s: *\n", dest)));
}

ParameterizedTestParameters(refusals, auto_mode)
{
    return e2e_numbers(ROWS(statuses));
}

ParameterizedTest(int *number, refusals, auto_mode)
{
    const struct refusal_row *row = set_up(*number);
    const char *before = e2e_snapshot();
    struct result *result = RUN("a", "b");
    EXPECT(result, result->requests >= 1);
    if (!row->cannot) {
        expect_failed(result, "b", row->code, before);
        expect_failed(RUN("-f", "a", "old"), "old", row->code, before);
        return;
    }
    e2e_expect_copied(result, "a", "b", "a b old");
    e2e_expect_copied(RUN("-f", "a", "old"), "a", "old", "a b old");
}

ParameterizedTestParameters(refusals, always_mode)
{
    return e2e_numbers(ROWS(statuses));
}

ParameterizedTest(int *number, refusals, always_mode)
{
    const struct refusal_row *row = set_up(*number);
    const char *before = e2e_snapshot();
    struct result *fresh = RUN("--reflink=always", "a", "b");
    struct result *replaced = RUN("--reflink=always", "-f", "a", "old");
    EXPECT(fresh, fresh->requests >= 1);
    if (row->cannot) {
        expect_refused(fresh, "b", before);
        expect_refused(replaced, "old", before);
    } else {
        expect_failed(fresh, "b", row->code, before);
        expect_failed(replaced, "old", row->code, before);
    }
}

/* What was asked for anew may be wholly cloned in the end; else the reason
   must fit a volume that has just cloned 4 GiB. */
static void expect_true_line(struct result *result)
{
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_bytes("a", "old"));
    EXPECT(result, e2e_is(e2e_files(), "a old"));
    if (e2e_has(result->out, "cloned  a")) {
        EXPECT(result, e2e_like(result->out, "*(5 GiB, * requests, *)\n"));
        EXPECT(result, e2e_same_extents("a", "old"));
        return;
    }
    EXPECT(result, e2e_like(result->out, "mixed   a -> old  (3.9 GiB cloned, "
                                         "1 GiB copied): *\n"));
    EXPECT(result, e2e_shared_bytes("a", "old") >= MIB);
    EXPECT(result, !e2e_has(result->out, "cannot clone blocks"));
    EXPECT(result, !e2e_has(result->out, "different volume"));
}

/* The second of two requests fails, when the first has shared 4 GiB. */
ParameterizedTestParameters(refusals, second_request)
{
    return e2e_numbers(ROWS(statuses));
}

ParameterizedTest(int *number, refusals, second_request)
{
    static const struct range data[] = {
        {0, MIB}, {4 * GIB - MIB, 2 * MIB}, {0, 0}};
    const struct refusal_row *row = &statuses[*number];
    e2e_enter(XFS4K);
    e2e_set("REFLINK_BRIDGE_FAIL", e2e_text("%s@2", row->status));
    e2e_make_sparse("a", 5 * GIB, data);
    e2e_make("old", 9000);
    const char *before = e2e_snapshot();
    struct result *result = RUN("-f", "a", "old");
    EXPECT(result, result->requests >= 2);
    if (!row->cannot) {
        expect_failed(result, "old", row->code, before);
        return;
    }
    expect_true_line(result);
}

/* A connection that drops once is met with a new start. */
ParameterizedTestParameters(refusals, transient)
{
    return e2e_numbers(2);
}

ParameterizedTest(int *number, refusals, transient)
{
    static const char *const statuses_once[] = {
        "C00000C9@1", /* NETWORK_NAME_DELETED */
        "C00000C4@1", /* UNEXPECTED_NETWORK_ERROR */
    };
    e2e_enter(XFS4K);
    e2e_set("REFLINK_BRIDGE_FAIL", statuses_once[*number]);
    e2e_make("a", MIB);
    struct result *result = RUN("a", "b");
    e2e_expect_cloned(result, "a", "b", "a b");
    EXPECT(result, result->requests == 2);
    EXPECT(result, e2e_is(result->err, ""));
    result = RUN("-v", "a", "c");
    EXPECT(result, e2e_like(result->err, "reflink: c: retried: * ([56]*)\n"));
}

/* The disk is full when the requests are made: no copy is tried. */
Test(refusals, failure_is_no_refusal)
{
    e2e_enter(BTRFS);
    e2e_set("REFLINK_BRIDGE_FAIL", "C000007F");
    e2e_make("a", MIB);
    const char *before = e2e_snapshot();
    struct result *result = RUN("a", "b");
    expect_failed(result, "b", 112, before);
    EXPECT(result, result->requests == 1);
}
