#include "messages.h"

static const wchar_t *const reasons[REFLINK_REASON_COUNT] = {
    [REFLINK_REASON_NOT_ASKED] = L"not-asked",
    [REFLINK_REASON_EMPTY] = L"empty",
    [REFLINK_REASON_BELOW_CLUSTER] = L"below-cluster",
    [REFLINK_REASON_PARTIAL_CLUSTER] = L"partial-cluster",
    [REFLINK_REASON_NO_CLONING] = L"no-block-cloning",
    [REFLINK_REASON_OTHER_VOLUME] = L"different-volume",
    [REFLINK_REASON_UNALIGNED] = L"unaligned",
    [REFLINK_REASON_CLOSE_OVERLAP] = L"close-overlap",
    [REFLINK_REASON_INTEGRITY] = L"integrity-mismatch",
    [REFLINK_REASON_SPARSE] = L"sparse-mismatch",
    [REFLINK_REASON_LIMIT] = L"reference-limit",
    [REFLINK_REASON_ENCRYPTED] = L"encrypted",
    [REFLINK_REASON_ELSEWHERE] = L"data-elsewhere",
    [REFLINK_REASON_REFUSED] = L"volume-refused",
    [REFLINK_REASON_UNVERIFIED] = L"proof-failed",
};

/* Of REFLINK_REASON_REFUSED, where that is what the volume answered. */
static const wchar_t no_resources[] =
    L"the volume lacks the resources for more clone requests";

/* %ls is DEST's volume. */
static const wchar_t *const sentences[REFLINK_REASON_COUNT] = {
    [REFLINK_REASON_NOT_ASKED] = L"cloning was not asked for",
    [REFLINK_REASON_EMPTY] = L"there is no byte in it",
    [REFLINK_REASON_BELOW_CLUSTER] = L"smaller than one cluster",
    [REFLINK_REASON_PARTIAL_CLUSTER] =
        L"the last cluster is not whole, and was copied",
    [REFLINK_REASON_NO_CLONING] = L"%ls cannot clone blocks",
    [REFLINK_REASON_OTHER_VOLUME] = L"%ls is another volume than SOURCE's",
    [REFLINK_REASON_UNALIGNED] = L"the range does not lie on cluster borders",
    [REFLINK_REASON_CLOSE_OVERLAP] =
        L"the range is moved by less than one cluster, or by so little that "
        L"sharing would take longer than copying",
    [REFLINK_REASON_INTEGRITY] =
        L"the integrity settings of SOURCE and DEST differ",
    [REFLINK_REASON_SPARSE] = L"SOURCE is sparse, and DEST cannot be",
    [REFLINK_REASON_LIMIT] =
        L"some clusters are referenced as often as the volume allows",
    [REFLINK_REASON_ENCRYPTED] = L"SOURCE is encrypted",
    [REFLINK_REASON_ELSEWHERE] =
        L"SOURCE's data lie elsewhere: in a cloud, or deduplicated",
    [REFLINK_REASON_REFUSED] = L"the volume refused to share the clusters",
    [REFLINK_REASON_UNVERIFIED] =
        L"the volume said that it had cloned, and had not",
};

static const wchar_t *const steps[REFLINK_STEP_COUNT] = {
    [REFLINK_STEP_NONE] = L"working",
    [REFLINK_STEP_PATH] = L"reading the path",
    [REFLINK_STEP_RANGE] = L"finding the range",
    [REFLINK_STEP_LIST] = L"listing it",
    [REFLINK_STEP_LINK] = L"making the link",
    [REFLINK_STEP_OPEN_SOURCE] = L"opening it to read",
    [REFLINK_STEP_OPEN_DEST] = L"opening it to write",
    [REFLINK_STEP_QUERY] = L"asking for its size and attributes",
    [REFLINK_STEP_QUERY_VOLUME] = L"asking its volume",
    [REFLINK_STEP_CREATE] = L"creating it",
    [REFLINK_STEP_MARK_DELETED] = L"marking it",
    [REFLINK_STEP_SPARSE] = L"making it sparse",
    [REFLINK_STEP_INTEGRITY] = L"setting its integrity stream",
    [REFLINK_STEP_SET_SIZE] = L"setting its size",
    [REFLINK_STEP_CLONE] = L"cloning into it",
    [REFLINK_STEP_READ] = L"reading",
    [REFLINK_STEP_WRITE] = L"writing",
    [REFLINK_STEP_ZERO] = L"writing zeros",
    [REFLINK_STEP_COMPARE] = L"comparing",
    [REFLINK_STEP_FLUSH] = L"flushing",
    [REFLINK_STEP_ATTRIBUTES] = L"setting its attributes and times",
    [REFLINK_STEP_STREAMS] = L"copying its named streams",
    [REFLINK_STEP_EA] = L"copying its extended attributes",
    [REFLINK_STEP_SECURITY] = L"copying its owner and permissions",
    [REFLINK_STEP_RENAME] = L"putting the new file in its place",
    [REFLINK_STEP_MEMORY] = L"making room in memory",
    [REFLINK_STEP_EXTENTS] = L"asking where its clusters lie",
};

static const wchar_t *const hints[REFLINK_HINT_COUNT] = {
    [REFLINK_HINT_EXISTS] = L"-f replaces it, -n leaves it alone",
    [REFLINK_HINT_SAME_FILE] = L"SOURCE and DEST are the same file",
    [REFLINK_HINT_STREAM] = L"it names a stream; streams are never cloned",
    [REFLINK_HINT_DIRECTORY] = L"it is a directory",
    [REFLINK_HINT_NOT_DIRECTORY] = L"it is not a directory",
    [REFLINK_HINT_NO_DIRECTORY] = L"the directory it goes into is missing",
    [REFLINK_HINT_NOT_A_FILE] = L"it is not a file on a disk",
    [REFLINK_HINT_SOURCE_CHANGED] = L"it was changed meanwhile",
    [REFLINK_HINT_PAST_END] = L"the range ends behind its end",
    [REFLINK_HINT_TOO_FAR] = L"no file can be that long",
    [REFLINK_HINT_IN_USE] = L"another program has it open",
    [REFLINK_HINT_ENCRYPTED] =
        L"SOURCE is encrypted and this would not be; copy it to a volume that "
        L"encrypts, or decrypt it first",
    [REFLINK_HINT_INTERRUPTED] = L"interrupted; nothing half-written is left",
    [REFLINK_HINT_RECURSIVE] = L"it is a directory; -r clones trees",
    [REFLINK_HINT_INSIDE] = L"DEST lies within SOURCE",
    [REFLINK_HINT_COLLISION] = L"another SOURCE goes there, too",
    [REFLINK_HINT_LINK_RIGHT] =
        L"making links needs administrator rights or Developer Mode",
    [REFLINK_HINT_OWNER_RIGHT] =
        L"giving it to SOURCE's owner needs administrator rights; without "
        L"--security it is yours",
    [REFLINK_HINT_DIFFERENT] = L"it does not read back as it was written",
    [REFLINK_HINT_NOT_REPORTED] = L"its volume does not tell",
    [REFLINK_HINT_NO_NAME] =
        L"its volume lists it by a name that no file can have",
    [REFLINK_HINT_CLOUD] =
        L"it is in a folder that a cloud provider manages (OneDrive, ...)",
    [REFLINK_HINT_VIRUS] = L"the virus scanner does not allow it",
    [REFLINK_HINT_FALSE_HOLE] = L"its volume reports a hole where it has data",
    [REFLINK_HINT_TOO_LARGE] =
        L"the volume has free space, but its file system cannot store a file "
        L"of this size (FAT32: less than 4 GiB)",
};

static const wchar_t *const losses[REFLINK_LOST_COUNT] = {
    L"named streams",        L"extended attributes",   L"the sparse flag",
    L"the integrity stream", L"owner and permissions", L"some attributes",
};

/* The stable word, and what people read. */
static const struct {
    const wchar_t *reason;
    const wchar_t *sentence;
} warnings[REFLINK_WARNING_COUNT] = {
    {L"source-in-use", L"another program has it open for writing: the copy may "
                       L"mix old and new"},
};

static const wchar_t *const statuses[] = {
    [REFLINK_OK] = L"ok",
    [REFLINK_SKIPPED] = L"skipped",
    [REFLINK_FAILED] = L"failed",
    [REFLINK_REFUSED] = L"refused",
    [REFLINK_DIFFERENT] = L"different",
    [REFLINK_INTERRUPTED] = L"interrupted",
};

static const wchar_t *const ways[] = {
    [INFO_CLONES] = L"clones",
    [INFO_TRIES] = L"tries",
    [INFO_COPIES] = L"copies",
    [INFO_READ_ONLY] = L"read-only",
};

/* %ls is how large the clusters are. */
static const wchar_t *const way_sentences[] = {
    [INFO_CLONES] =
        L"clones within this volume by sharing whole clusters%ls, and copies "
        L"what the volume refuses",
    [INFO_TRIES] =
        L"tries to clone by sharing whole clusters%ls, since the volume does "
        L"not tell whether it can, and copies what it refuses",
    [INFO_COPIES] = L"copies, since the volume does not offer block cloning",
    [INFO_READ_ONLY] = L"cannot write here, since the volume is read-only",
};

static const wchar_t *const methods[] = {
    [REFLINK_METHOD_NONE] = L"none",
    [REFLINK_METHOD_CLONE] = L"clone",
    [REFLINK_METHOD_COPY] = L"copy",
    [REFLINK_METHOD_MIXED] = L"mixed",
};

const wchar_t *message_reason(enum reflink_reason reason)
{
    return reasons[reason];
}

void message_add_reason(struct text *text,
                        const struct reflink_outcome *outcome)
{
    struct text volume = {0};
    bool refused = outcome->reason == REFLINK_REASON_REFUSED;
    const wchar_t *root = outcome->volume_root;
    const wchar_t *file_system = outcome->file_system;
    bool both = root[0] != L'\0' && file_system[0] != L'\0';
    if (refused && outcome->no_resources) {
        text_add(text, no_resources);
        return;
    }
    text_add_name(&volume, root);
    text_add(&volume, both ? L" (" : L"");
    text_add_name(&volume, file_system);
    text_add(&volume, both ? L")" : L"");
    if (volume.length == 0)
        text_add(&volume, L"DEST's volume");
    text_format(text, sentences[outcome->reason], text_words(&volume));
    text_fail_with(text, &volume);
    text_free(&volume);
}

const wchar_t *message_way(enum info_way way)
{
    return ways[way];
}

static void add_cluster(struct text *text, const struct info *info)
{
    if (info->cluster_size == 0)
        return;
    text_add(text, L" of ");
    text_add_size(text, info->cluster_size);
}

void message_add_way(struct text *text, const struct info *info)
{
    struct text cluster = {0};
    add_cluster(&cluster, info);
    text_format(text, way_sentences[info->way], text_words(&cluster));
    text_fail_with(text, &cluster);
    text_free(&cluster);
}

const wchar_t *message_status(enum reflink_status status)
{
    return statuses[status];
}

const wchar_t *message_method(enum reflink_method method)
{
    return methods[method];
}

const wchar_t *message_step(enum reflink_step step)
{
    return steps[step];
}

const wchar_t *message_hint(enum reflink_hint hint)
{
    return hints[hint];
}

const wchar_t *message_lost(unsigned index)
{
    return losses[index];
}

const wchar_t *message_warning(unsigned index)
{
    return warnings[index].sentence;
}

const wchar_t *message_warning_reason(unsigned index)
{
    return warnings[index].reason;
}

const wchar_t *message_error_path(const struct reflink_outcome *outcome)
{
    return outcome->error.in_source ? outcome->source : outcome->dest;
}
