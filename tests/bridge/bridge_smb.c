/* Messages to the redirector; bridge_smb.h has the form and the contracts. */
#include "bridge_smb.h"

#include "bridge_linux.h"
#include "bridge_log.h"
#include "bridge_status.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum operation {
    OP_OPEN,
    OP_CLOSE,
    OP_READ,
    OP_WRITE,
    OP_QUERY_FILE,
    OP_QUERY_VOLUME,
    OP_SET_FILE,
    OP_CONTROL,
    OP_FLUSH
};

struct request {
    uint32_t size;
    uint32_t operation;
    uint32_t handle;
    uint32_t numbers[4];
};

struct reply {
    uint32_t size;
    uint32_t status;
    uint32_t numbers[2];
};

enum { NAME_SIZE = 128, HANDLES = 1024 };

static const wchar_t unc_prefix[] = L"\\??\\UNC\\";

static struct {
    wchar_t server[NAME_SIZE];
    int socket; /* 0: there is no server */
    CRITICAL_SECTION one_message;
    SRWLOCK handles_lock;
    HANDLE handles[HANDLES];
    smb_handle files[HANDLES];
    wchar_t *names[HANDLES]; /* as they were opened, from the root on */
} smb;

/* ---- messages ------------------------------------------------------------ */

static bool send_all(const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        int64_t done = linux_write(smb.socket, at, size);

        if (done <= 0)
            return false;
        at += done;
        size -= (size_t)done;
    }
    return true;
}

static bool receive_all(void *bytes, size_t size)
{
    char *at = bytes;

    while (size > 0) {
        int64_t done = linux_read(smb.socket, at, size);

        if (done <= 0)
            return false;
        at += done;
        size -= (size_t)done;
    }
    return true;
}

/* Takes `size` bytes off the wire and keeps those that have room. */
static bool receive_part(void *bytes, size_t size, size_t room)
{
    char waste[256];
    size_t kept = size < room ? size : room;

    if (!receive_all(bytes, kept))
        return false;
    for (size -= kept; size > 0;) {
        size_t step = size < sizeof waste ? size : sizeof waste;

        if (!receive_all(waste, step))
            return false;
        size -= step;
    }
    return true;
}

/* What goes along with a request, and comes back with the answer. */
struct cargo {
    const void *bytes;
    size_t size;
    void *answer;
    size_t room;
    size_t answered; /* how much there was */
};

static bool exchange(struct request *request, struct cargo *cargo,
                     struct reply *reply)
{
    request->size = (uint32_t)(sizeof *request + cargo->size);
    if (!send_all(request, sizeof *request) ||
        !send_all(cargo->bytes, cargo->size) ||
        !receive_all(reply, sizeof *reply))
        return false;
    cargo->answered = reply->size - sizeof *reply;
    return receive_part(cargo->answer, cargo->answered, cargo->room);
}

/* One request and its answer. Without a redirector no test means anything. */
static void ask(struct request *request, struct cargo *cargo,
                struct reply *reply)
{
    enum { EXIT_WITHOUT_REDIRECTOR = 124 };
    bool answered;

    EnterCriticalSection(&smb.one_message);
    answered = exchange(request, cargo, reply);
    LeaveCriticalSection(&smb.one_message);
    if (!answered) {
        log_line("NO REDIRECTOR");
        TerminateProcess(GetCurrentProcess(), EXIT_WITHOUT_REDIRECTOR);
    }
}

static nt_status finish(struct io_status_block *io, const struct reply *reply,
                        const struct cargo *cargo)
{
    io->result.status = reply->status;
    io->information =
        cargo->answered < cargo->room ? cargo->answered : cargo->room;
    return reply->status;
}

/* ---- startup ------------------------------------------------------------- */

bool smb_startup(void)
{
    wchar_t value[512];
    char path[512];
    wchar_t *equals;
    DWORD n = GetEnvironmentVariableW(L"REFLINK_BRIDGE_SMB", value, 512);

    InitializeCriticalSection(&smb.one_message);
    if (n == 0)
        return true;
    equals = n < 512 ? wcschr(value, L'=') : NULL;
    if (!equals || equals - value >= NAME_SIZE)
        return false;
    wmemcpy(smb.server, value, (size_t)(equals - value));
    if (WideCharToMultiByte(CP_UTF8, 0, equals + 1, -1, path, sizeof path, NULL,
                            NULL) <= 0)
        return false;
    smb.socket = linux_connect(path);
    return smb.socket > 0;
}

/* ---- names --------------------------------------------------------------- */

/* The part of an NT name from the share on, or NULL if it is no name of the
 * server's. `*length` is in characters. */
static const wchar_t *below_server(const wchar_t *name, size_t *length)
{
    size_t head = wcslen(unc_prefix) + wcslen(smb.server);

    if (smb.socket == 0 || *length <= head ||
        wcsncmp(name, unc_prefix, wcslen(unc_prefix)) != 0 ||
        _wcsnicmp(name + wcslen(unc_prefix), smb.server, wcslen(smb.server)) !=
            0 ||
        name[head] != L'\\')
        return NULL;
    *length -= head + 1;
    return name + head + 1;
}

static const wchar_t *path_on_server(const struct object_attributes *path,
                                     size_t *length)
{
    if (path->root || !path->name || !path->name->buffer)
        return NULL;
    *length = path->name->length / sizeof(wchar_t);
    return below_server(path->name->buffer, length);
}

bool smb_has_path(const struct object_attributes *path)
{
    size_t length;

    return path_on_server(path, &length) != NULL;
}

/* ---- handles ------------------------------------------------------------- */

/* The place of `handle` in the table, or -1; 0 finds a free one. */
static int place_of(HANDLE handle)
{
    for (int i = 0; i < HANDLES; i++) {
        if (smb.handles[i] == handle)
            return i;
    }
    return -1;
}

static wchar_t *copy_name(const struct object_attributes *path)
{
    size_t length = path->name->length / sizeof(wchar_t);
    wchar_t *copy = calloc(length + 1, sizeof *copy);

    if (copy)
        wmemcpy(copy, path->name->buffer, length);
    return copy;
}

void smb_adopt(HANDLE handle, smb_handle file,
               const struct object_attributes *path)
{
    int place;

    AcquireSRWLockExclusive(&smb.handles_lock);
    place = place_of(NULL);
    if (place >= 0) {
        smb.handles[place] = handle;
        smb.files[place] = file;
        smb.names[place] = copy_name(path);
    }
    ReleaseSRWLockExclusive(&smb.handles_lock);
}

smb_handle smb_find(HANDLE handle)
{
    smb_handle file = 0;
    int place;

    if (smb.socket == 0 || !handle)
        return 0;
    AcquireSRWLockShared(&smb.handles_lock);
    place = place_of(handle);
    if (place >= 0)
        file = smb.files[place];
    ReleaseSRWLockShared(&smb.handles_lock);
    return file;
}

void smb_release(HANDLE handle)
{
    int place;

    AcquireSRWLockExclusive(&smb.handles_lock);
    place = place_of(handle);
    if (place >= 0) {
        smb.handles[place] = NULL;
        free(smb.names[place]);
        smb.names[place] = NULL;
    }
    ReleaseSRWLockExclusive(&smb.handles_lock);
}

/* Writes the name of `length` characters in the directory `root`; false if that
   is none on the server, or the name is too long. */
static bool join(HANDLE root, const wchar_t *name, size_t length, wchar_t *text,
                 size_t room)
{
    bool joined = false;
    int place;

    if (smb.socket == 0 || !root)
        return false;
    AcquireSRWLockShared(&smb.handles_lock);
    place = place_of(root);
    if (place >= 0 && smb.names[place] &&
        wcslen(smb.names[place]) + length + 2 <= room) {
        size_t head = wcslen(smb.names[place]);

        wmemcpy(text, smb.names[place], head);
        if (head && text[head - 1] != L'\\')
            text[head++] = L'\\';
        wmemcpy(text + head, name, length);
        text[head + length] = 0;
        joined = true;
    }
    ReleaseSRWLockShared(&smb.handles_lock);
    return joined;
}

const struct object_attributes *smb_absolute(
    const struct object_attributes *path, struct smb_path *absolute)
{
    if (!path->root || !path->name ||
        !join(path->root, path->name->buffer,
              path->name->length / sizeof(wchar_t), absolute->text,
              sizeof absolute->text / sizeof(wchar_t)))
        return path;
    absolute->attributes = *path;
    absolute->attributes.root = NULL;
    absolute->attributes.name = &absolute->name;
    absolute->name.buffer = absolute->text;
    absolute->name.length = (USHORT)(wcslen(absolute->text) * sizeof(wchar_t));
    absolute->name.capacity = absolute->name.length;
    return &absolute->attributes;
}

nt_status smb_open(const struct object_attributes *path,
                   const struct smb_opening *how, smb_handle *file,
                   ULONG *action)
{
    struct request request = {.operation = OP_OPEN};
    struct cargo cargo = {0};
    struct reply reply;
    size_t length = 0;

    cargo.bytes = path_on_server(path, &length);
    cargo.size = length * sizeof(wchar_t);
    request.numbers[0] = how->access;
    request.numbers[1] = how->sharing;
    request.numbers[2] = how->disposition;
    request.numbers[3] = how->options & SMB_OPTIONS;
    ask(&request, &cargo, &reply);
    *file = reply.numbers[0];
    *action = reply.numbers[1];
    log_line("SMB open access=%08X disposition=%u status=%08X",
             (unsigned)how->access, (unsigned)how->disposition,
             (unsigned)reply.status);
    return reply.status;
}

void smb_close(smb_handle file)
{
    struct request request = {.operation = OP_CLOSE, .handle = file};
    struct cargo cargo = {0};
    struct reply reply;

    ask(&request, &cargo, &reply);
}

/* ---- questions ----------------------------------------------------------- */

bool smb_queries_file(ULONG class)
{
    switch (class) {
    case CLASS_FILE_BASIC:
    case CLASS_FILE_STANDARD:
    case CLASS_FILE_INTERNAL:
    case CLASS_FILE_EA:
    case CLASS_FILE_ALL:
    case CLASS_FILE_STREAM:
    case CLASS_FILE_NETWORK_OPEN:
    case CLASS_FILE_ATTRIBUTE_TAG:
    case CLASS_FILE_ID:
    case CLASS_FILE_STAT:
        return true;
    default:
        return false; /* what the system knows of the handle itself */
    }
}

static nt_status query(enum operation operation, smb_handle file,
                       struct io_status_block *io, void *buffer, ULONG size,
                       ULONG class)
{
    struct request request = {.operation = operation, .handle = file};
    struct cargo cargo = {.answer = buffer, .room = size};
    struct reply reply;

    request.numbers[0] = class;
    request.numbers[1] = size;
    ask(&request, &cargo, &reply);
    log_line("SMB query %s class=%u status=%08X",
             operation == OP_QUERY_FILE ? "file" : "volume", (unsigned)class,
             (unsigned)reply.status);
    return finish(io, &reply, &cargo);
}

static void put_stat(void *buffer, const struct file_all *all)
{
    struct file_stat stat = {.id = all->index,
                             .allocation_size = all->allocation_size,
                             .end_of_file = all->end_of_file,
                             .attributes = all->basic.attributes,
                             .links = all->links};

    memcpy(stat.times, all->basic.times, sizeof stat.times);
    memcpy(buffer, &stat, sizeof stat);
}

/* Wine 10's GetFileInformationByHandle asks for this class, which servers need
 * not know; the one that they do know holds all of it. */
static nt_status query_stat(smb_handle file, struct io_status_block *io,
                            void *buffer, ULONG size)
{
    union {
        struct file_all all;
        char room[4096]; /* for the name */
    } answer;
    nt_status status;

    if (size < sizeof(struct file_stat))
        return io->result.status = ST_INFO_LENGTH_MISMATCH;
    status =
        query(OP_QUERY_FILE, file, io, &answer, sizeof answer, CLASS_FILE_ALL);
    if (status == ST_SUCCESS)
        put_stat(buffer, &answer.all);
    io->information = sizeof(struct file_stat);
    return status;
}

nt_status smb_query_file(smb_handle file, struct io_status_block *io,
                         void *buffer, ULONG size, ULONG class)
{
    return class == CLASS_FILE_STAT
               ? query_stat(file, io, buffer, size)
               : query(OP_QUERY_FILE, file, io, buffer, size, class);
}

/* That the volume is remote is what a redirector adds, not what its server
 * says. */
nt_status smb_query_volume(smb_handle file, struct io_status_block *io,
                           void *buffer, ULONG size, ULONG class)
{
    const uint32_t remote_device = 0x10;
    nt_status status = query(OP_QUERY_VOLUME, file, io, buffer, size, class);
    struct fs_device *device = buffer;

    if (class == CLASS_FS_DEVICE && status == ST_SUCCESS)
        device->characteristics |= remote_device;
    return status;
}

nt_status smb_query_by_path(const struct object_attributes *path, void *buffer,
                            ULONG size, ULONG class)
{
    const struct smb_opening look = {FILE_READ_ATTRIBUTES | SYNCHRONIZE,
                                     FILE_SHARE_READ | FILE_SHARE_WRITE |
                                         FILE_SHARE_DELETE,
                                     DISPOSITION_OPEN, 0};
    struct io_status_block io;
    smb_handle file;
    ULONG action;
    nt_status status = smb_open(path, &look, &file, &action);

    if (status != ST_SUCCESS)
        return status;
    status = smb_query_file(file, &io, buffer, size, class);
    smb_close(file);
    return status;
}

/* ---- bytes --------------------------------------------------------------- */

static void put_range(struct request *request, int64_t offset, ULONG size)
{
    request->numbers[0] = (uint32_t)offset;
    request->numbers[1] = (uint32_t)((uint64_t)offset >> 32);
    request->numbers[2] = size;
}

nt_status smb_read(smb_handle file, struct io_status_block *io, void *buffer,
                   ULONG size, int64_t offset)
{
    struct request request = {.operation = OP_READ, .handle = file};
    struct cargo cargo = {.answer = buffer, .room = size};
    struct reply reply;

    put_range(&request, offset, size);
    ask(&request, &cargo, &reply);
    return finish(io, &reply, &cargo);
}

nt_status smb_write(smb_handle file, struct io_status_block *io,
                    const void *buffer, ULONG size, int64_t offset)
{
    struct request request = {.operation = OP_WRITE, .handle = file};
    struct cargo cargo = {.bytes = buffer, .size = size};
    struct reply reply;

    put_range(&request, offset, size);
    ask(&request, &cargo, &reply);
    finish(io, &reply, &cargo);
    io->information = reply.numbers[0];
    return reply.status;
}

/* ---- changes ------------------------------------------------------------- */

bool smb_sets_file(ULONG class)
{
    switch (class) {
    case CLASS_FILE_POSITION:
    case CLASS_FILE_MODE:
    case CLASS_FILE_COMPLETION:
        return false; /* of the handle itself */
    default:
        return true;
    }
}

static nt_status set(smb_handle file, struct io_status_block *io,
                     const void *buffer, ULONG size, ULONG class)
{
    struct request request = {.operation = OP_SET_FILE, .handle = file};
    struct cargo cargo = {.bytes = buffer, .size = size};
    struct reply reply;

    request.numbers[0] = class;
    ask(&request, &cargo, &reply);
    log_line("SMB set class=%u status=%08X", (unsigned)class,
             (unsigned)reply.status);
    return finish(io, &reply, &cargo);
}

/* The new name goes to the redirector from the share on. */
static nt_status set_name(smb_handle file, struct io_status_block *io,
                          const struct file_name_information *given,
                          ULONG class)
{
    const size_t head = offsetof(struct file_name_information, name);
    size_t length = given->name_length / sizeof(wchar_t);
    const wchar_t *name = given->name;
    struct file_name_information *sent;
    wchar_t text[2048];
    nt_status status;

    if (given->root) {
        if (!join(given->root, name, length, text, sizeof text / sizeof *text))
            return ST_NOT_SAME_DEVICE;
        name = text;
        length = wcslen(text);
    }
    name = below_server(name, &length);
    if (!name)
        return ST_NOT_SAME_DEVICE;
    sent = malloc(head + length * sizeof(wchar_t));
    if (!sent)
        return ST_INSUFFICIENT_RESOURCES;
    memcpy(sent, given, head);
    sent->root = NULL;
    sent->name_length = (ULONG)(length * sizeof(wchar_t));
    memcpy((char *)sent + head, name, length * sizeof(wchar_t));
    status = set(file, io, sent, (ULONG)(head + sent->name_length), class);
    free(sent);
    return status;
}

nt_status smb_set_file(smb_handle file, struct io_status_block *io,
                       const void *buffer, ULONG size, ULONG class)
{
    if (sets_name(class))
        return set_name(file, io, buffer, class);
    return set(file, io, buffer, size, class);
}

nt_status smb_flush(smb_handle file, struct io_status_block *io)
{
    struct request request = {.operation = OP_FLUSH, .handle = file};
    struct cargo cargo = {0};
    struct reply reply;

    ask(&request, &cargo, &reply);
    log_line("SMB flush status=%08X", (unsigned)reply.status);
    return finish(io, &reply, &cargo);
}

/* ---- file-system control ------------------------------------------------- */

/* As the harness counts them. */
static void log_control(const struct smb_control *control, nt_status status)
{
    struct duplicate_extents in;

    if (control->code != CODE_DUPLICATE_EXTENTS ||
        control->input_size < sizeof in) {
        log_line("SMB control %08X status=%08X", (unsigned)control->code,
                 (unsigned)status);
        return;
    }
    memcpy(&in, control->input, sizeof in);
    log_line("DUP source=%lld target=%lld length=%lld status=%08X",
             (long long)in.source_offset, (long long)in.target_offset,
             (long long)in.count, (unsigned)status);
}

nt_status smb_control(smb_handle file, struct io_status_block *io,
                      const struct smb_control *control)
{
    struct request request = {.operation = OP_CONTROL, .handle = file};
    struct cargo cargo = {.bytes = control->input,
                          .size = control->input_size,
                          .answer = control->output,
                          .room = control->output_size};
    struct duplicate_extents in;
    struct reply reply;

    request.numbers[0] = control->code;
    request.numbers[1] = control->output_size;
    if (control->code == CODE_DUPLICATE_EXTENTS &&
        control->input_size >= sizeof in) {
        memcpy(&in, control->input, sizeof in);
        request.numbers[2] = smb_find(in.source);
    }
    ask(&request, &cargo, &reply);
    log_control(control, reply.status);
    return finish(io, &reply, &cargo);
}
