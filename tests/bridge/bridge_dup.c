/*
 * FSCTL_DUPLICATE_EXTENTS_TO_FILE: gathers the facts, has the rules judge
 * them, and carries the verdict out, or does what REFLINK_BRIDGE_LIE,
 * _FAIL and _SATURATED ask for instead.
 */
#include "bridge_config.h"
#include "bridge_fsctl.h"
#include "bridge_log.h"
#include "bridge_rules.h"
#include "bridge_status.h"

#include <string.h>

#define CRASH_EXIT_CODE 99
#define DUPLICATE_EXTENTS_EX_SIZE 0x30

/* One request on its way: both files and the ranges, in bytes. */
struct dup {
    struct bridge_file *target;
    struct bridge_file *source;
    int64_t source_offset;
    int64_t target_offset;
    int64_t count;
};

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Copies bytes from `skip` to `end` of the request's ranges. What lies past
 * the source's end of file counts as zeros. */
static nt_status copy_bytes(const struct dup *d, int64_t skip, int64_t end)
{
    char buffer[16384];

    while (skip < end) {
        size_t piece = (size_t)min64(end - skip, (int64_t)sizeof buffer);
        int64_t done;

        memset(buffer, 0, piece);
        done = linux_read_at(d->source->fd, buffer, piece,
                             d->source_offset + skip);
        if (done >= 0)
            done = linux_write_at(d->target->fd, buffer, piece,
                                  d->target_offset + skip);
        if (done < 0)
            return file_status(done);
        skip += (int64_t)piece;
    }
    return ST_SUCCESS;
}

/*
 * Clones `count` bytes as ReFS would: the destination's end of file stays,
 * and a length rounded up past both ends is in order. Linux takes an odd
 * length only where both files end there; the last partial cluster is copied
 * when they end at different bytes, for no request can share it.
 */
static nt_status clone_like_refs(const struct dup *d, int64_t count)
{
    int64_t inside = min64(count, d->target->st.size - d->target_offset);
    int64_t whole = min64(inside, d->source->st.size - d->source_offset);
    int result = 0;

    if (d->source_offset + whole != d->source->st.size ||
        d->target_offset + whole != d->target->st.size)
        whole -= whole % d->target->cluster;
    if (whole > 0)
        result = linux_clone_range(d->source->fd, d->source_offset, whole,
                                   d->target->fd, d->target_offset);
    if (result < 0)
        return file_status(result);
    return copy_bytes(d, whole, inside);
}

/* Clones as a server does that hands the request on to its kernel. */
static nt_status clone_like_server(const struct dup *d, int64_t count)
{
    count = min64(count, d->source->st.size - d->source_offset);
    if (count <= 0)
        return ST_SUCCESS;
    return file_status(linux_clone_range(d->source->fd, d->source_offset, count,
                                         d->target->fd, d->target_offset));
}

static nt_status clone(const struct dup *d, int64_t count)
{
    if (count == 0)
        return ST_SUCCESS;
    if (bridge_config.profile->tail == TAIL_ROUNDED)
        return clone_like_refs(d, count);
    return clone_like_server(d, count);
}

/* Makes the destination's range allocated zeros. */
static nt_status zero_target(const struct dup *d, int64_t count)
{
    count = min64(count, d->target->st.size - d->target_offset);
    if (count <= 0)
        return ST_SUCCESS;
    return file_status(linux_fallocate(
        d->target->fd, LINUX_FALLOC_ZERO_RANGE | LINUX_FALLOC_KEEP_SIZE,
        d->target_offset, count));
}

/* Does what REFLINK_BRIDGE_LIE makes of a request that would be cloned. */
static nt_status clone_or_lie(const struct dup *d, int64_t count)
{
    int64_t cluster = d->target->cluster;

    switch (bridge_config.lie) {
    case LIE_NOTHING:
        return ST_SUCCESS;
    case LIE_HALF:
        return clone(d, count / 2 / cluster * cluster);
    case LIE_PREFIX:
        return clone(d, (count - 1) / cluster * cluster);
    case LIE_ZEROS:
        return zero_target(d, count);
    default:
        return clone(d, count);
    }
}

static nt_status carry_out(const struct dup *d, struct dup_verdict verdict)
{
    switch (verdict.action) {
    case DUP_CLONE:
        return clone_or_lie(d, verdict.count);
    case DUP_COPY:
        return copy_bytes(
            d, 0, min64(verdict.count, d->target->st.size - d->target_offset));
    case DUP_ZERO:
        return zero_target(d, verdict.count);
    case DUP_CRASH:
        log_line("CRASH");
        TerminateProcess(GetCurrentProcess(), CRASH_EXIT_CODE);
        return ST_IO_DEVICE_ERROR;
    default:
        return verdict.status;
    }
}

/* Two settings that differ must give two numbers. */
static uint32_t integrity_number(const struct bridge_file *file)
{
    struct file_integrity value = file_integrity(file);

    return value.algorithm | value.flags << 16;
}

static void gather_source(const struct dup *d, HANDLE handle,
                          struct dup_facts *f)
{
    const struct bridge_profile *profile = bridge_config.profile;
    struct bridge_file *source = d->source;

    /* Any right will do to look it up; the rights are another rule. */
    f->source_status = file_open(handle, 0, source);
    if (f->source_status != ST_SUCCESS)
        return;
    f->source_readable =
        file_allows(handle, FILE_READ_DATA | FILE_READ_ATTRIBUTES) ==
        ST_SUCCESS;
    f->source_is_data = file_is_data(source);
    f->source_size = source->st.size;
    f->same_volume = file_same_volume(source, d->target);
    f->same_file = file_same(source, d->target);
    f->source_sparse = file_is_sparse(source);
    f->source_integrity = integrity_number(source);
    f->lock_conflict =
        profile->honours_locks &&
        (linux_is_locked(source->fd, d->source_offset, d->count, false) ||
         linux_is_locked(d->target->fd, d->target_offset, d->count, true));
    f->source_flushed =
        !profile->zeros_unless_flushed ||
        (source->options & OPTION_NO_INTERMEDIATE_BUFFERING) != 0 ||
        file_was_flushed(source);
}

static void gather_target(const struct dup *d, struct dup_facts *f)
{
    const struct bridge_file *target = d->target;

    f->cluster = target->cluster;
    f->volume_read_only = (target->fs.flags & LINUX_ST_RDONLY) != 0;
    f->target_is_data = file_is_data(target);
    f->target_size = target->st.size;
    f->target_sparse = file_is_sparse(target);
    f->target_integrity = integrity_number(target);
    f->source_offset = d->source_offset;
    f->target_offset = d->target_offset;
    f->count = d->count;
}

static bool meets_saturated(const struct dup *d)
{
    int64_t offset = bridge_config.saturated_offset;
    int64_t length = bridge_config.saturated_length;

    return length > 0 && d->source_offset < offset + length &&
           offset < d->source_offset + d->count;
}

/* The status to answer before looking at anything, or ST_SUCCESS. */
static nt_status injected_status(void)
{
    static volatile LONG requests;
    LONG number = InterlockedIncrement(&requests);

    if (bridge_config.fails &&
        (bridge_config.fail_at == 0 || bridge_config.fail_at == number))
        return bridge_config.fail_status;
    /* A cluster shared volume that moves to another node: once. */
    if (bridge_config.profile->fails_once && number == 1 &&
        !bridge_config.fails)
        return ST_NETWORK_NAME_DELETED;
    return ST_SUCCESS;
}

static nt_status answer(struct dup *d, HANDLE source_handle,
                        struct dup_facts *facts)
{
    struct bridge_file source = {.fd = -1};
    struct dup_verdict verdict;
    nt_status status;

    d->source = &source;
    gather_target(d, facts);
    if (facts->input_size >= facts->needed_size)
        gather_source(d, source_handle, facts);
    verdict = rules_judge(bridge_config.profile, facts);
    status = verdict.status;
    if (status == ST_SUCCESS && verdict.action != DUP_NOTHING)
        status = meets_saturated(d) ? ST_BLOCK_TOO_MANY_REFERENCES
                                    : carry_out(d, verdict);
    if (source.fd >= 0)
        file_close(&source);
    return status;
}

static void log_dup(const char *name, const struct dup *d, nt_status status)
{
    log_line("%s source=%lld target=%lld length=%lld status=%08X", name,
             (long long)d->source_offset, (long long)d->target_offset,
             (long long)d->count, (unsigned)status);
}

nt_status dup_answer(struct fsctl_request *request)
{
    struct duplicate_extents in = {0};
    struct dup_facts facts = {0};
    struct dup d = {0};
    nt_status status = injected_status();

    facts.input_size = request->input_size;
    facts.needed_size = sizeof in;
    if (request->input_size >= sizeof in)
        memcpy(&in, request->input, sizeof in);
    d.target = request->file;
    d.source_offset = in.source_offset;
    d.target_offset = in.target_offset;
    d.count = in.count;
    if (status == ST_SUCCESS)
        status = answer(&d, in.source, &facts);
    log_dup("DUP", &d, status);
    return status;
}

/* MS-FSA 2.1.5.10.5: a size of its own, then the plain call's rules. Linux
 * clones a range whole or not at all often enough for SOURCE_ATOMIC. */
nt_status dup_ex_answer(struct fsctl_request *request)
{
    struct duplicate_extents_ex in = {0};
    struct dup_facts facts = {0};
    struct dup d = {0};
    nt_status status = injected_status();

    facts.input_size = request->input_size;
    facts.needed_size = DUPLICATE_EXTENTS_EX_SIZE;
    if (request->input_size >= sizeof in)
        memcpy(&in, request->input, sizeof in);
    d.target = request->file;
    d.source_offset = in.source_offset;
    d.target_offset = in.target_offset;
    d.count = in.count;
    if (!bridge_config.profile->clones_ex)
        status = ST_INVALID_DEVICE_REQUEST;
    else if (request->input_size >= sizeof in &&
             in.size != DUPLICATE_EXTENTS_EX_SIZE)
        status = ST_NOT_SUPPORTED;
    if (status == ST_SUCCESS)
        status = answer(&d, in.source, &facts);
    log_dup("DUP_EX", &d, status);
    return status;
}
