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

/* Replaces the sentence of REFLINK_REASON_REFUSED if the outcome says so. */
static const wchar_t no_resources[] =
    L"the volume lacks the resources for more clone requests";

/* %ls stands for DEST's volume. */
static const wchar_t *const sentences[REFLINK_REASON_COUNT] = {
    [REFLINK_REASON_NOT_ASKED] = L"cloning was not asked for (--reflink=never)",
    [REFLINK_REASON_EMPTY] = L"the file is empty",
    [REFLINK_REASON_BELOW_CLUSTER] = L"smaller than one cluster",
    [REFLINK_REASON_PARTIAL_CLUSTER] = L"the last, partial cluster was copied",
    [REFLINK_REASON_NO_CLONING] = L"%ls cannot clone blocks",
    [REFLINK_REASON_OTHER_VOLUME] =
        L"SOURCE is on a different volume, not on %ls",
    [REFLINK_REASON_UNALIGNED] = L"the range is not aligned to clusters",
    [REFLINK_REASON_CLOSE_OVERLAP] =
        L"the source and destination ranges are less than one cluster apart, "
        L"or so close that sharing would take longer than copying",
    [REFLINK_REASON_INTEGRITY] =
        L"SOURCE and DEST have different integrity settings",
    [REFLINK_REASON_SPARSE] = L"SOURCE is sparse, but DEST cannot be",
    [REFLINK_REASON_LIMIT] =
        L"some clusters have reached the volume's limit of references",
    [REFLINK_REASON_ENCRYPTED] = L"SOURCE is encrypted",
    [REFLINK_REASON_ELSEWHERE] =
        L"SOURCE's data are not in its own clusters (cloud placeholder or "
        L"deduplicated)",
    [REFLINK_REASON_REFUSED] = L"the volume refused to share the clusters",
    [REFLINK_REASON_UNVERIFIED] =
        L"the volume reported success, but the clone failed verification",
};

/* Replace those above if the outcome is that of a range of a file. */
static const wchar_t *const range_sentences[REFLINK_REASON_COUNT] = {
    [REFLINK_REASON_EMPTY] = L"the range is empty",
    [REFLINK_REASON_BELOW_CLUSTER] = L"the range contains no whole cluster",
};

static const wchar_t *const steps[REFLINK_STEP_COUNT] = {
    [REFLINK_STEP_NONE] = L"copying",
    [REFLINK_STEP_PATH] = L"checking the path",
    [REFLINK_STEP_RANGE] = L"checking the range",
    [REFLINK_STEP_LIST] = L"listing the directory",
    [REFLINK_STEP_LINK] = L"creating the link",
    [REFLINK_STEP_OPEN_SOURCE] = L"opening it for reading",
    [REFLINK_STEP_OPEN_DEST] = L"opening it for writing",
    [REFLINK_STEP_QUERY] = L"reading its size and attributes",
    [REFLINK_STEP_QUERY_VOLUME] = L"querying its volume",
    [REFLINK_STEP_CREATE] = L"creating it",
    [REFLINK_STEP_MARK_DELETED] = L"setting or clearing its deletion mark",
    [REFLINK_STEP_SPARSE] = L"setting or clearing its sparse flag",
    [REFLINK_STEP_INTEGRITY] = L"changing its integrity setting",
    [REFLINK_STEP_SET_SIZE] = L"setting its size",
    [REFLINK_STEP_CLONE] = L"cloning into it",
    [REFLINK_STEP_READ] = L"reading it",
    [REFLINK_STEP_WRITE] = L"writing to it",
    [REFLINK_STEP_ZERO] = L"writing zeros to it",
    [REFLINK_STEP_COMPARE] = L"comparing it",
    [REFLINK_STEP_FLUSH] = L"flushing it to disk",
    [REFLINK_STEP_ATTRIBUTES] = L"copying its attributes and times",
    [REFLINK_STEP_STREAMS] = L"copying its named streams",
    [REFLINK_STEP_EA] = L"copying its extended attributes",
    [REFLINK_STEP_SECURITY] = L"setting its owner and permissions",
    [REFLINK_STEP_KEEP_SECURITY] =
        L"keeping the permissions of the file it replaces",
    [REFLINK_STEP_RENAME] = L"giving the new file its name",
    [REFLINK_STEP_MEMORY] = L"allocating memory",
    [REFLINK_STEP_EXTENTS] = L"reading its cluster map",
};

static const wchar_t *const hints[REFLINK_HINT_COUNT] = {
    [REFLINK_HINT_EXISTS] = L"use -f to replace it, or -n to leave it alone",
    [REFLINK_HINT_SAME_FILE] = L"SOURCE and DEST are the same file",
    [REFLINK_HINT_STREAM] =
        L"it names an alternate data stream, which cannot be cloned",
    [REFLINK_HINT_DIRECTORY] = L"it is a directory, not a file",
    [REFLINK_HINT_NOT_DIRECTORY] = L"it must be an existing directory",
    [REFLINK_HINT_NO_DIRECTORY] =
        L"the directory does not exist; create it first",
    [REFLINK_HINT_NOT_A_FILE] = L"it is not a file on a disk",
    [REFLINK_HINT_SOURCE_CHANGED] =
        L"it was changed while it was being copied; try again when no program "
        L"writes to it",
    [REFLINK_HINT_PAST_END] = L"the range ends past the end of the file",
    [REFLINK_HINT_TOO_FAR] = L"the range ends past the largest possible file "
                             L"size",
    [REFLINK_HINT_IN_USE] =
        L"another program has it open; close it there and try again",
    [REFLINK_HINT_ENCRYPTED] =
        L"it would be stored unencrypted, but SOURCE or the file it replaces "
        L"is "
        L"encrypted; choose a volume that supports encryption, or decrypt that "
        L"file first",
    [REFLINK_HINT_INTERRUPTED] = L"interrupted; nothing half-written is left",
    [REFLINK_HINT_RECURSIVE] = L"it is a directory; use -r to copy it",
    [REFLINK_HINT_INSIDE] =
        L"DEST is within SOURCE, or they are the same directory",
    [REFLINK_HINT_COLLISION] = L"two sources would get this name",
    [REFLINK_HINT_LINK_RIGHT] =
        L"creating links needs administrator rights or Developer Mode",
    [REFLINK_HINT_OWNER_RIGHT] =
        L"setting the owner needs administrator rights; without --security "
        L"the copy belongs to you",
    [REFLINK_HINT_DIFFERENT] =
        L"it reads back differently from what was written",
    [REFLINK_HINT_NOT_REPORTED] =
        L"its volume does not report where a file's clusters are",
    [REFLINK_HINT_NO_NAME] =
        L"its volume lists it under a name that is not valid on Windows",
    [REFLINK_HINT_CLOUD] =
        L"its folder is managed by a cloud provider, such as OneDrive; check "
        L"that provider's status",
    [REFLINK_HINT_VIRUS] = L"the virus scanner blocked it",
    [REFLINK_HINT_FALSE_HOLE] =
        L"its volume reports a hole where the file has data",
    [REFLINK_HINT_TOO_LARGE] =
        L"the volume has enough free space, but its file system cannot store "
        L"a file of this size (FAT32: less than 4 GiB)",
    [REFLINK_HINT_PERMISSIONS] =
        L"the old file was left alone, because the new one would get other "
        L"permissions; delete the old file first if they do not matter",
    [REFLINK_HINT_LINK_IN_WAY] =
        L"a link is in the way; use --keep-directory-symlink to follow it",
};

/* Follow message_not_kept. The index is the number of the bit. */
static const wchar_t *const losses[REFLINK_LOST_COUNT] = {
    L"named streams",         L"extended attributes",   L"the sparse flag",
    L"the integrity setting", L"owner and permissions", L"some attributes",
};

/* The stable word for programs, and the sentence for people. The index is the
   number of the bit. */
static const struct {
    const wchar_t *reason;
    const wchar_t *sentence;
} warnings[REFLINK_WARNING_COUNT] = {
    {L"source-in-use", L"another program has it open for writing; the copy may "
                       L"mix old and new data"},
    {L"owner-not-kept",
     L"it belongs to you now, because giving it the owner of "
     L"the file it replaces needs a privilege"},
};

static const wchar_t *const statuses[] = {
    [REFLINK_OK] = L"ok",
    [REFLINK_SKIPPED] = L"skipped",
    [REFLINK_FAILED] = L"failed",
    [REFLINK_REFUSED] = L"refused",
    [REFLINK_DIFFERENT] = L"different",
    [REFLINK_INTERRUPTED] = L"interrupted",
};

static const wchar_t *const support_names[] = {
    [INFO_CLONES] = L"clones",
    [INFO_TRIES] = L"tries",
    [INFO_COPIES] = L"copies",
    [INFO_READ_ONLY] = L"read-only",
};

/* %ls stands for the cluster size in parentheses, or for nothing. */
static const wchar_t *const support_sentences[] = {
    [INFO_CLONES] = L"clones files within this volume%ls; copies whatever it "
                    L"refuses to clone",
    [INFO_TRIES] =
        L"tries to clone files within this volume%ls, which does not report "
        L"whether it supports cloning; copies whatever it refuses to clone",
    [INFO_COPIES] = L"copies, because the volume does not support block "
                    L"cloning",
    [INFO_READ_ONLY] = L"cannot write here, because the volume is read-only",
};

static const wchar_t *const methods[] = {
    [REFLINK_METHOD_NONE] = L"none",
    [REFLINK_METHOD_CLONE] = L"clone",
    [REFLINK_METHOD_COPY] = L"copy",
    [REFLINK_METHOD_MIXED] = L"mixed",
};

/* The stable word for programs, and the sentence for people. Clones and copies
   have none, because their lines consist of numbers. */
static const struct {
    const wchar_t *name;
    const wchar_t *sentence;
} dry_steps[REFLINK_DRY_COUNT] = {
    [REFLINK_DRY_CREATE] = {L"create", L"create the file, marked for deletion "
                                       L"until it is complete"},
    [REFLINK_DRY_SPARSE] = {L"sparse", L"set its sparse flag"},
    [REFLINK_DRY_INTEGRITY] = {L"integrity",
                               L"give it SOURCE's integrity setting"},
    [REFLINK_DRY_SET_SIZE] = {L"size", L"set its size in bytes"},
    [REFLINK_DRY_CLONE] = {L"clone", NULL},
    [REFLINK_DRY_COPY] = {L"copy", NULL},
    [REFLINK_DRY_DENSE] = {L"dense", L"clear its sparse flag again"},
    [REFLINK_DRY_STREAMS] = {L"streams", L"copy named streams"},
    [REFLINK_DRY_ATTRIBUTES] = {L"attributes", L"set attributes and times"},
    [REFLINK_DRY_RENAME] = {L"rename", L"give it its final name"},
    [REFLINK_DRY_REPLACE] = {L"replace", L"replace the existing file with it"},
    [REFLINK_DRY_DIRECTORY] = {L"directory", L"create the directory"},
    [REFLINK_DRY_LINK] = {L"link", L"recreate the link"},
};

static const struct {
    const wchar_t *once;
    const wchar_t *repeated; /* %u stands for how many times */
} notes[] = {
    [MESSAGE_RETRIED] = {L"retried", L"retried %u times"},
    [MESSAGE_UNVERIFIED] = {L"a clone failed verification and was discarded",
                            L"%u clones failed verification and were "
                            L"discarded"},
    [MESSAGE_REQUEST_REFUSED] = {L"a clone request was refused",
                                 L"%u clone requests were refused"},
};

static const wchar_t *const usage_errors[] = {
    [MESSAGE_UNKNOWN_OPTION] = L"unknown option '%ls'",
    [MESSAGE_UNKNOWN_LETTER] = L"unknown option '-%lc' in '%ls'",
    [MESSAGE_NO_VALUE] = L"--%ls takes no value ('%ls' was given)",
    [MESSAGE_VALUE_NEEDED] = L"--%ls needs a value",
    [MESSAGE_LETTER_VALUE_NEEDED] = L"-%lc needs a value",
    [MESSAGE_BAD_VALUE] = L"--%ls: '%ls' is not %ls",
    [MESSAGE_BAD_SIZE] = L"%ls: '%ls' is not a size",
    [MESSAGE_EMPTY_OPERAND] = L"operand %d is empty",
    [MESSAGE_BLANK_OPERAND] = L"'%ls' consists of spaces and is no path",
    [MESSAGE_QUOTED_OPERAND] =
        L"'%ls' contains a quotation mark, which no path can. A backslash "
        L"before a closing quotation mark escapes it: write \"C:\\dir\" or "
        L"\"C:\\dir\\\\\", not \"C:\\dir\\\"",
    [MESSAGE_WILDCARD] = L"'%ls' contains wildcards; name one file here",
    [MESSAGE_TWO_TARGETS] = L"-t and -T contradict each other",
    [MESSAGE_NOT_WITH_RANGE] = L"%ls cannot be used with a range",
    [MESSAGE_ONLY_RECURSIVE] = L"%ls needs -r",
    [MESSAGE_EXTRA_OPERAND] = L"extra operand '%ls'",
    [MESSAGE_NO_OPERANDS] = L"missing SOURCE and DEST",
    [MESSAGE_NO_SOURCE] = L"missing SOURCE",
    [MESSAGE_NO_DEST] = L"missing DEST after '%ls'",
    [MESSAGE_NO_PATH] = L"missing PATH",
    [MESSAGE_NO_FILES] = L"--shared needs two files",
    [MESSAGE_NO_SECOND_FILE] = L"missing second file after '%ls'",
    [MESSAGE_RANGE_OPERANDS] =
        L"a range needs exactly one SOURCE and one DEST, without -r and -t",
};

static const wchar_t *const values[] = {
    [MESSAGE_VALUE_WHEN] = L"auto, always or never",
    [MESSAGE_VALUE_VERIFY] = L"none, sample or full",
    [MESSAGE_VALUE_SIZE] = L"a size",
    [MESSAGE_VALUE_DIRECTORY] = L"a directory",
    [MESSAGE_VALUE_JOBS] = L"a number from 1 to 64",
    [MESSAGE_VALUE_RETRIES] = L"a number from 0 to 1000",
};

const wchar_t message_no_memory[] = L"reflink: not enough memory\n";
const wchar_t message_no_stdout[] =
    L"reflink: cannot write to standard output\n";
const wchar_t message_try_help[] = L"Try 'reflink --help'.\n";
const wchar_t message_not_kept[] = L"its volume did not keep: ";
const wchar_t message_skipped[] = L"already exists";
const wchar_t message_rounded_up[] = L"request rounded up to %" TEXT_U64;
const wchar_t message_not_reported[] = L"not reported";
const wchar_t message_none_shared[] =
    L"none, because the files are on different volumes";

const wchar_t *message_reason(enum reflink_reason reason)
{
    return reasons[reason];
}

void message_add_reason(struct text *text,
                        const struct reflink_outcome *outcome, bool range)
{
    const wchar_t *sentence = sentences[outcome->reason];
    const wchar_t *root = outcome->volume_root;
    const wchar_t *file_system = outcome->file_system;
    bool both = root[0] != L'\0' && file_system[0] != L'\0';
    struct text volume = {0};
    if (outcome->reason == REFLINK_REASON_REFUSED && outcome->no_resources)
        sentence = no_resources;
    else if (range && range_sentences[outcome->reason] != NULL)
        sentence = range_sentences[outcome->reason];
    text_add_name(&volume, root);
    text_add(&volume, both ? L" (" : L"");
    text_add_name(&volume, file_system);
    text_add(&volume, both ? L")" : L"");
    if (volume.length == 0)
        text_add(&volume, L"DEST's volume");
    text_format(text, sentence, text_words(&volume));
    text_fail_with(text, &volume);
    text_free(&volume);
}

const wchar_t *message_support(enum info_behavior behavior)
{
    return support_names[behavior];
}

void message_add_support(struct text *text, const struct info *info)
{
    struct text cluster = {0};
    if (info->cluster_size != 0) {
        text_add(&cluster, L" (clusters of ");
        text_add_size(&cluster, info->cluster_size);
        text_add(&cluster, L")");
    }
    text_format(text, support_sentences[info->behavior], text_words(&cluster));
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

const wchar_t *message_dry_name(enum reflink_dry_kind kind)
{
    return dry_steps[kind].name;
}

const wchar_t *message_dry_step(enum reflink_dry_kind kind)
{
    return dry_steps[kind].sentence;
}

void message_add_note(struct text *text, enum message_note note, unsigned times)
{
    if (times > 1)
        text_format(text, notes[note].repeated, times);
    else
        text_add(text, notes[note].once);
}

const wchar_t *message_usage(enum message_usage_error error)
{
    return usage_errors[error];
}

const wchar_t *message_value(enum message_value value)
{
    return values[value];
}
