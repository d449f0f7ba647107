#include "messages.h"

#include "core/errors.h"
#include "core/os.h"

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
    [REFLINK_REASON_COMPRESSED] = L"compressed",
    [REFLINK_REASON_READ_ONLY] = L"read-only",
    [REFLINK_REASON_IN_USE] = L"in-use",
    [REFLINK_REASON_SAME_FILE] = L"same-file",
    [REFLINK_REASON_DIFFERENT_DATA] = L"different-data",
};

/* Replaces the sentence of REFLINK_REASON_REFUSED if the outcome says so. */
static const wchar_t no_resources[] =
    L"the volume lacks the resources for more clone requests";

/* Follow the sentence of REFLINK_REASON_REFUSED: the error code; and for which
   files volumes are known to give this one [coreutils/coreutils #56]. */
static const wchar_t refusal_code[] = L" (error %u)";
static const wchar_t copied_by_server[] = L", copied by the server";
static const wchar_t refusal_kinds[] =
    L"; Btrfs refuses files with copy-on-write switched off";

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
    [REFLINK_REASON_ENCRYPTED] = L"SOURCE or DEST is encrypted",
    [REFLINK_REASON_ELSEWHERE] =
        L"SOURCE's data are not in its own clusters (cloud placeholder or "
        L"deduplicated)",
    [REFLINK_REASON_REFUSED] = L"the volume refused to share the clusters",
    [REFLINK_REASON_UNVERIFIED] =
        L"the volume reported success, but the clone failed verification",
    [REFLINK_REASON_COMPRESSED] = L"SOURCE or DEST is compressed",
    [REFLINK_REASON_READ_ONLY] = L"SOURCE or DEST is read-only",
    [REFLINK_REASON_IN_USE] = L"another program has it open",
    [REFLINK_REASON_SAME_FILE] = L"SOURCE and DEST are the same file",
    [REFLINK_REASON_DIFFERENT_DATA] = L"the files have no cluster in common",
};

/* Replace those above where the sentence is about all files of a volume. */
static const wchar_t *const volume_sentences[REFLINK_REASON_COUNT] = {
    [REFLINK_REASON_NO_CLONING] =
        L"%ls cannot clone blocks, so its files are copied",
    [REFLINK_REASON_OTHER_VOLUME] =
        L"SOURCE is on a different volume, not on %ls, so its files are copied",
};

/* Follow the number of files that were copied for this reason. */
static const wchar_t *const reason_counts[REFLINK_REASON_COUNT] = {
    [REFLINK_REASON_NOT_ASKED] = L"because of --reflink=never",
    [REFLINK_REASON_EMPTY] = L"empty",
    [REFLINK_REASON_BELOW_CLUSTER] = L"smaller than a cluster",
    [REFLINK_REASON_PARTIAL_CLUSTER] = L"with only a partial cluster",
    [REFLINK_REASON_NO_CLONING] = L"on a volume that cannot clone blocks",
    [REFLINK_REASON_OTHER_VOLUME] = L"from a different volume",
    [REFLINK_REASON_UNALIGNED] = L"not aligned to clusters",
    [REFLINK_REASON_CLOSE_OVERLAP] = L"with ranges too close to each other",
    [REFLINK_REASON_INTEGRITY] = L"with different integrity settings",
    [REFLINK_REASON_SPARSE] = L"sparse, unlike DEST",
    [REFLINK_REASON_LIMIT] = L"at the limit of references",
    [REFLINK_REASON_ENCRYPTED] = L"encrypted",
    [REFLINK_REASON_ELSEWHERE] = L"with data outside of their own clusters",
    [REFLINK_REASON_REFUSED] = L"refused by the volume",
    [REFLINK_REASON_UNVERIFIED] = L"with clones that failed verification",
    [REFLINK_REASON_COMPRESSED] = L"compressed",
    [REFLINK_REASON_READ_ONLY] = L"read-only",
    [REFLINK_REASON_IN_USE] = L"in use",
    [REFLINK_REASON_SAME_FILE] = L"hard-linked",
    [REFLINK_REASON_DIFFERENT_DATA] = L"without equal data",
};

/* Replace those above if the outcome is that of a range of a file. */
static const wchar_t *const range_sentences[REFLINK_REASON_COUNT] = {
    [REFLINK_REASON_EMPTY] = L"the range is empty",
    [REFLINK_REASON_BELOW_CLUSTER] = L"the range contains no whole cluster",
};

/* Replace those above for --dedupe. %ls stands for the file that is the cause.
 */
static const wchar_t *const dedupe_sentences[REFLINK_REASON_COUNT] = {
    [REFLINK_REASON_EMPTY] = L"the shorter of the two files is empty",
    [REFLINK_REASON_BELOW_CLUSTER] = L"%ls is smaller than one cluster",
    [REFLINK_REASON_OTHER_VOLUME] = L"the files are on different volumes",
    [REFLINK_REASON_INTEGRITY] = L"the files have different integrity settings",
    [REFLINK_REASON_SPARSE] = L"the first file is sparse, and this one is not",
    [REFLINK_REASON_ENCRYPTED] = L"%ls is encrypted",
    [REFLINK_REASON_ELSEWHERE] =
        L"the data of %ls are not in its own clusters (cloud placeholder or "
        L"deduplicated)",
    [REFLINK_REASON_UNVERIFIED] =
        L"the volume reported success, but did not share the clusters; it gets "
        L"no more requests in this run",
    [REFLINK_REASON_COMPRESSED] = L"%ls is compressed",
    [REFLINK_REASON_READ_ONLY] = L"%ls is read-only",
    [REFLINK_REASON_IN_USE] = L"another program has %ls open",
    [REFLINK_REASON_SAME_FILE] = L"%ls is another name of a file before it",
    [REFLINK_REASON_DIFFERENT_DATA] = L"the files have no cluster in common",
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
    [REFLINK_HINT_EXISTS] =
        L"it already exists; use -f to replace it, or -n to leave it alone",
    [REFLINK_HINT_SAME_FILE] = L"SOURCE and DEST are the same file",
    [REFLINK_HINT_STREAM] =
        L"it names an alternate data stream, which cannot be cloned",
    [REFLINK_HINT_DIRECTORY] = L"it is a directory, not a file",
    [REFLINK_HINT_NOT_DIRECTORY] = L"it must be an existing directory",
    [REFLINK_HINT_NO_DIRECTORY] =
        L"the directory it belongs in does not exist; create that first",
    [REFLINK_HINT_NOT_A_FILE] = L"it is not a file on a disk",
    [REFLINK_HINT_SOURCE_CHANGED] =
        L"it was changed while it was being copied; stop the program that "
        L"writes "
        L"to it, or copy from a snapshot (shadow copy)",
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
    [REFLINK_HINT_MISSING_DIRECTORY] =
        L"this directory does not exist; create it first (mkdir)",
    [REFLINK_HINT_MISSING_TREE] =
        L"this directory does not exist; create it first (mkdir), or write a "
        L"\\ at its end to have it created",
    [REFLINK_HINT_PARENT_IS_FILE] =
        L"the path before its last part is a file, not a directory",
    [REFLINK_HINT_READ_ONLY] =
        L"it is read-only; clear that attribute first (attrib -r)",
    [REFLINK_HINT_PERMISSIONS] =
        L"the old file was left alone, because the new one would get other "
        L"permissions; delete the old file first if they do not matter",
    [REFLINK_HINT_NOT_RESTORED] =
        L"a part of the file may be wrong, because it could not be read again "
        L"after a clone request, or not be written back; compare it with a "
        L"backup",
    [REFLINK_HINT_OTHER_KIND] = L"a link cannot replace what is there, which "
                                L"is of another kind; remove "
                                L"it first",
    [REFLINK_HINT_LINK_IN_WAY] =
        L"a link is in the way; use --keep-directory-symlink to follow it",
};

/* The problems that reflink itself detects. For these the code is only the
   nearest one that the system has, and its message would mislead. */
static const bool own_problems[REFLINK_HINT_COUNT] = {
    [REFLINK_HINT_EXISTS] = true,
    [REFLINK_HINT_SAME_FILE] = true,
    [REFLINK_HINT_STREAM] = true,
    [REFLINK_HINT_DIRECTORY] = true,
    [REFLINK_HINT_NOT_DIRECTORY] = true,
    [REFLINK_HINT_NO_DIRECTORY] = true,
    [REFLINK_HINT_SOURCE_CHANGED] = true,
    [REFLINK_HINT_PAST_END] = true,
    [REFLINK_HINT_TOO_FAR] = true,
    [REFLINK_HINT_ENCRYPTED] = true,
    [REFLINK_HINT_INTERRUPTED] = true,
    [REFLINK_HINT_RECURSIVE] = true,
    [REFLINK_HINT_INSIDE] = true,
    [REFLINK_HINT_COLLISION] = true,
    [REFLINK_HINT_DIFFERENT] = true,
    [REFLINK_HINT_NO_NAME] = true,
    [REFLINK_HINT_FALSE_HOLE] = true,
    [REFLINK_HINT_MISSING_DIRECTORY] = true,
    [REFLINK_HINT_MISSING_TREE] = true,
    [REFLINK_HINT_PARENT_IS_FILE] = true,
    [REFLINK_HINT_LINK_IN_WAY] = true,
    [REFLINK_HINT_OTHER_KIND] = true,
};

/* Follow message_not_kept. The index is the number of the bit. */
static const wchar_t *const losses[REFLINK_LOST_COUNT] = {
    L"named streams",         L"extended attributes",   L"the sparse flag",
    L"the integrity setting", L"owner and permissions", L"some attributes",
    L"the last-write time",
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

/* The stable word for programs, and the reason for people. */
static const struct {
    const wchar_t *name;
    const wchar_t *reason;
} passed[TOTALS_PASSED_COUNT] = {
    [TOTALS_STAGING_FILE] = {L"staging-file",
                             L"a staging file that another run left"},
    [TOTALS_SYSTEM_DIRECTORY] = {L"system-directory",
                                 L"a directory of the system"},
    [TOTALS_SAME_SOURCE] = {L"same-source", L"given twice"},
    [TOTALS_LINK] = {L"link", L"a link, which is not followed"},
};

/* The first is for 1, and has no number to replace. */
static const struct {
    const wchar_t *once;
    const wchar_t *repeated;
} counts[] = {
    [MESSAGE_MORE_FAILED] = {L"and 1 more file in ",
                             L"and %" TEXT_U64 L" more files in "},
    [MESSAGE_OWNERS_NOT_KEPT] =
        {L"1 file belongs to you now, because giving it the owner of the file "
         L"it replaces needs a privilege",
         L"%" TEXT_U64 L" files belong to you now, because giving them the "
         L"owners of the files they replace needs a privilege"},
    [MESSAGE_HARD_LINKS] =
        {L"1 file is a hard link to a file copied before; it became a file of "
         L"its own (-H keeps hard links)",
         L"%" TEXT_U64 L" files are hard links to files copied before; each "
         L"became a file of its own (-H keeps hard links)"},
    [MESSAGE_HARD_LINKS_NOT_MADE] =
        {L"1 file is a hard link to a file copied before; it became a file of "
         L"its own, because DEST could not be linked",
         L"%" TEXT_U64 L" files are hard links to files copied before; each "
         L"became a file of its own, because DEST could not be linked"},
    [MESSAGE_LINKS_INTO_SOURCE] =
        {L"1 link points back into SOURCE",
         L"%" TEXT_U64 L" links point back into SOURCE"},
    [MESSAGE_STAGING_FILES] =
        {L"1 staging file that another run left was passed over",
         L"%" TEXT_U64 L" staging files that other runs left were passed over"},
    [MESSAGE_SYSTEM_DIRECTORIES] =
        {L"1 directory of the system was passed over",
         L"%" TEXT_U64 L" directories of the system were passed over"},
    [MESSAGE_SAME_SOURCES] =
        {L"1 path was given more than once, and is copied once",
         L"%" TEXT_U64 L" paths were given more than once, and are copied "
         L"once"},
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
    [REFLINK_SUPPORT_CLONES] = L"clones",
    [REFLINK_SUPPORT_TRIES] = L"tries",
    [REFLINK_SUPPORT_COPIES] = L"copies",
    [REFLINK_SUPPORT_READ_ONLY] = L"read-only",
};

/* %ls stands for the cluster size in parentheses, or for nothing. */
static const wchar_t *const support_sentences[] = {
    [REFLINK_SUPPORT_CLONES] =
        L"clones files within this volume%ls; copies whatever it "
        L"refuses to clone",
    [REFLINK_SUPPORT_TRIES] =
        L"tries to clone files within this volume%ls, which does not report "
        L"whether it supports cloning; copies whatever it refuses to clone",
    [REFLINK_SUPPORT_COPIES] =
        L"copies, because the volume does not support block "
        L"cloning",
    [REFLINK_SUPPORT_READ_ONLY] =
        L"cannot write here, because the volume is read-only",
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
    [REFLINK_DRY_RELINK] = {L"relink",
                            L"recreate the link, in place of the one there"},
};

static const struct {
    const wchar_t *once;
    const wchar_t *repeated; /* %u stands for how many times */
} notes[] = {
    [MESSAGE_RETRIED] = {L"retried", L"retried %u times"},
    [MESSAGE_UNVERIFIED] = {L"a clone failed verification and was discarded",
                            L"%u clones failed verification and were "
                            L"discarded"},
    [MESSAGE_KEPT_SPARSE] = {L"it stays sparse, because SOURCE has holes",
                             L"it stays sparse, because SOURCE has holes"},
    [MESSAGE_REQUEST_REFUSED] = {L"a clone request was refused",
                                 L"%u clone requests were refused"},
    [MESSAGE_SERVER_REFUSED] = {L"the server did not copy it by itself",
                                L"the server did not copy it by itself"},
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
    [MESSAGE_QUOTED_OPERAND] =
        L"'%ls' contains a quotation mark, which no path can. A backslash "
        L"before a closing quotation mark escapes it: write \"C:\\dir\" or "
        L"\"C:\\dir\\\\\", not \"C:\\dir\\\"",
    [MESSAGE_HELP] = L"use --help to get help",
    [MESSAGE_STRAY_VALUE] = L"--%ls takes its value with '=': --%ls=%ls",
    [MESSAGE_SWITCH] = L"'%ls' does not exist; options begin with '-' here",
    [MESSAGE_SWITCH_MEANT] =
        L"'%ls' does not exist; options begin with '-' here, and this one is "
        L"%ls",
    [MESSAGE_WILDCARD] = L"'%ls' contains wildcards; name one file here",
    [MESSAGE_WILDCARD_PLACE] =
        L"'%ls': wildcards work only in the last part of a path",
    [MESSAGE_WILDCARD_DEST] = L"DEST cannot contain wildcards: '%ls'",
    [MESSAGE_RANGE_LENGTH] =
        L"missing LENGTH after '%ls': a range needs SOURCE_OFFSET, DEST_OFFSET "
        L"and LENGTH",
    [MESSAGE_TWO_TARGETS] = L"-t and -T contradict each other",
    [MESSAGE_NOT_WITH_RANGE] = L"%ls cannot be used with a range",
    [MESSAGE_ONLY_RECURSIVE] = L"%ls needs -r",
    [MESSAGE_EXTRA_OPERAND] = L"extra operand '%ls'",
    [MESSAGE_NO_OPERANDS] = L"missing SOURCE and DEST",
    [MESSAGE_NO_SOURCE] = L"missing SOURCE",
    [MESSAGE_NO_DEST] = L"missing DEST after '%ls'",
    [MESSAGE_NO_PATH] = L"missing PATH",
    [MESSAGE_NO_FILES] = L"--shared needs two files",
    [MESSAGE_NO_DEDUPE_FILES] = L"--dedupe needs two files, or -r",
    [MESSAGE_NOT_WITH_DEDUPE] = L"--%ls cannot be used with --dedupe",
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
const wchar_t message_nothing_copied[] = L"reflink: nothing was copied\n";
const wchar_t message_same_reason[] = L" failed for the same reason: %ls\n";
const wchar_t message_not_kept[] = L"its volume did not keep: ";
const wchar_t message_skipped[] = L"already exists";
const wchar_t message_rounded_up[] = L"request rounded up to %" TEXT_U64;
const wchar_t message_not_reported[] = L"not reported";
const wchar_t message_none_shared[] =
    L"none, because the files are on different volumes";
const wchar_t message_shared[] = L"shared  ";
const wchar_t message_would_share[] = L"would share  ";
const wchar_t message_of_it_before[] = L" of it before, ";
const wchar_t message_freed[] = L" freed";
const wchar_t message_shared_before[] = L" shared before, ";
const wchar_t message_now[] = L" now, ";
const wchar_t message_after_the_run[] = L" after the run, ";
const wchar_t message_freed_not_reported[] = L"freed: not reported";
const wchar_t message_written_back[] =
    L": warning: the volume changed a part of it, which was written back from "
    L"memory\n";

const wchar_t *message_reason(enum reflink_reason reason)
{
    return reasons[reason];
}

/* Formats a sentence, in which %ls stands for DEST's volume. */
static void add_with_volume(struct text *text, const wchar_t *sentence,
                            const struct reflink_outcome *outcome)
{
    const wchar_t *root = outcome->volume_root;
    const wchar_t *file_system = outcome->file_system;
    bool both = root[0] != L'\0' && file_system[0] != L'\0';
    struct text volume = {0};
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

void message_add_reason(struct text *text,
                        const struct reflink_outcome *outcome, bool range)
{
    const wchar_t *sentence = sentences[outcome->reason];
    if (outcome->reason == REFLINK_REASON_REFUSED && outcome->no_resources)
        sentence = no_resources;
    else if (range && range_sentences[outcome->reason] != NULL)
        sentence = range_sentences[outcome->reason];
    add_with_volume(text, sentence, outcome);
    if (sentence == sentences[REFLINK_REASON_REFUSED] && outcome->refusal != 0)
        text_format(text, refusal_code, outcome->refusal);
    if (sentence == sentences[REFLINK_REASON_REFUSED] &&
        outcome->refusal == CODE_INVALID_PARAMETER)
        text_add(text, refusal_kinds);
    if (outcome->bytes_copied_by_server != 0)
        text_add(text, copied_by_server);
}

void message_add_dedupe_reason(struct text *text,
                               const struct reflink_outcome *outcome,
                               bool in_source)
{
    const wchar_t *sentence = dedupe_sentences[outcome->reason];
    struct text subject = {0};
    if (sentence == NULL) {
        message_add_reason(text, outcome, false);
        return;
    }
    if (in_source)
        text_add_name(&subject, outcome->source);
    else
        text_add(&subject, L"it");
    text_format(text, sentence, text_words(&subject));
    text_fail_with(text, &subject);
    text_free(&subject);
}

bool message_reason_is_of_volume(enum reflink_reason reason)
{
    return volume_sentences[reason] != NULL;
}

void message_add_volume_reason(struct text *text,
                               const struct reflink_outcome *outcome)
{
    add_with_volume(text, volume_sentences[outcome->reason], outcome);
}

const wchar_t *message_reason_count(enum reflink_reason reason)
{
    return reason_counts[reason];
}

const wchar_t *message_support(enum reflink_support behavior)
{
    return support_names[behavior];
}

void message_add_support(struct text *text, const struct reflink_volume *info)
{
    struct text cluster = {0};
    if (info->cluster_size != 0) {
        text_add(&cluster, L" (clusters of ");
        text_add_size(&cluster, info->cluster_size);
        text_add(&cluster, L")");
    }
    text_format(text, support_sentences[info->support], text_words(&cluster));
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

bool message_hint_replaces_message(const struct reflink_error *error)
{
    if (error->hint == REFLINK_HINT_EXISTS)
        return error->step != REFLINK_STEP_RENAME;
    if (error->hint == REFLINK_HINT_NOT_DIRECTORY)
        return error->code == CODE_DIRECTORY;
    return own_problems[error->hint];
}

void message_add_system(struct text *text, uint32_t code)
{
    wchar_t message[512];
    os_message(code, message, sizeof message / sizeof message[0]);
    text_format(text, L": %ls (%u)", message, (unsigned)code);
}

void message_add_error(struct text *text, const struct reflink_error *error)
{
    bool own = message_hint_replaces_message(error);
    if (!own) {
        text_add(text, steps[error->step]);
        message_add_system(text, error->code);
    }
    if (error->hint != REFLINK_HINT_NONE)
        text_format(text, L"%ls%ls", own ? L"" : L": ", hints[error->hint]);
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

const wchar_t *message_passed(enum totals_passed kind)
{
    return passed[kind].name;
}

const wchar_t *message_passed_reason(enum totals_passed kind)
{
    return passed[kind].reason;
}

void message_add_count(struct text *text, enum message_count what,
                       uint64_t count)
{
    text_format(text, count == 1 ? counts[what].once : counts[what].repeated,
                count);
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
