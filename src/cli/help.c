#include "help.h"

#include <reflink/reflink.h>

static const wchar_t *const usage[] = {
    L"Usage: reflink [OPTION]... SOURCE DEST\n",
    L"       reflink [OPTION]... SOURCE... DIRECTORY\n",
    L"       reflink [OPTION]... -t DIRECTORY SOURCE...\n",
    L"       reflink -r [OPTION]... SOURCE... DEST\n",
    L"       reflink [OPTION]... SOURCE DEST SOURCE_OFFSET DEST_OFFSET "
    L"LENGTH\n",
    L"       reflink --dedupe [-r] FILE...\n",
    L"       reflink --info PATH... | --extents FILE... | --shared FILE FILE\n",
    L"Copies files by sharing their clusters (block cloning) where the "
    L"volume\n",
    L"supports it, which takes milliseconds whatever the size. Otherwise "
    L"copies the\n",
    L"bytes. Says which it did, and why.\n",
    L"\n",
    L"Cloning:\n",
    L"  --reflink=auto        clone what can be cloned, copy the rest "
    L"(default)\n",
    L"  --reflink[=always]    share every whole cluster, or fail with exit "
    L"code 3\n",
    L"  --reflink=never       copy, share nothing\n",
    L"  --verify=sample       verify clones: clusters and a sample of bytes "
    L"(default)\n",
    L"  --verify[=full]       compare every byte, cloned or copied\n",
    L"  --verify=none         verify nothing\n",
    L"  --retries=N           retries after a transient error (default 5)\n",
    L"Files:\n",
    L"  -r, --recursive       copy directories; links are recreated, not "
    L"followed\n",
    L"  -t, --target-directory=DIRECTORY  clone all SOURCEs into DIRECTORY\n",
    L"  -f, --force           replace an existing DEST in one atomic step\n",
    L"  -n, --no-clobber      leave an existing DEST alone\n",
    L"  -u, --update          replace DEST only if SOURCE was written later\n",
    L"  -T, --no-target-directory  never put SOURCE into DEST; -r merges the "
    L"two\n",
    L"  -j, --jobs=N          files in parallel, 1 to 64 (default: "
    L"processors)\n",
    L"  --security            also copy owner, group and permissions\n",
    L"  --writable            DEST is not read-only even if SOURCE is\n",
    L"  --keep-directory-symlink  with -r: follow links to directories in "
    L"DEST\n",
    L"  --retarget-links      with -r: links into SOURCE point into DEST "
    L"instead\n",
    L"  -H, --hard-links      with -r: hard links in SOURCE become hard links "
    L"in "
    L"DEST\n",
    L"  --flush=WHEN          flush to disk: auto (before replacing), always, "
    L"never\n",
    L"Ranges (written into DEST in place; DEST may grow but is never "
    L"truncated):\n",
    L"  --offset=SIZE         where the range starts in both files (default "
    L"0)\n",
    L"  --source-offset=SIZE  where it starts in SOURCE\n",
    L"  --dest-offset=SIZE    where it is written in DEST\n",
    L"  --length=SIZE         its length (default: to the end of SOURCE)\n",
    L"  SIZE: 4096, 0x1000, 4K or 4KiB (powers of 1024), 4KB (of 1000); K M G "
    L"T P\n",
    L"Output:\n",
    L"  --dry-run             show what would be done, step by step; change "
    L"nothing\n",
    L"  --json                print one JSON object per line on stdout\n",
    L"  --progress=WHEN       auto (only on a console; default), always or "
    L"never\n",
    L"  -q, --quiet           print errors only\n",
    L"  -v, --verbose         print every file, and details such as retries\n",
    L"Other uses:\n",
    L"  --dedupe              equal files share their data (-r: of "
    L"directories)\n",
    L"  --info PATH...        show what the volume of PATH supports\n",
    L"  --extents FILE...     show where a file's clusters are, and which are "
    L"shared\n",
    L"  --shared FILE FILE    show how much of two files is in the same "
    L"clusters\n",
    L"  -h, -?, /?, --help    print this page\n",
    L"  --version             print the version\n",
    L"  --                    end of options\n",
    L"Exit code: 0 done, 1 a file failed, 2 usage error, 3 --reflink=always: a "
    L"file\n",
    L"could not be cloned, 4 --verify found a difference, 130 interrupted.\n",
    L"\n",
    L"  reflink --reflink=always -f D:\\base.vhdx D:\\jobs\\\n",
    L"  reflink --offset=1G --length=512M base.vhdx work.vhdx\n",
};

void help_add_usage(struct text *text)
{
    for (size_t i = 0; i < sizeof usage / sizeof usage[0]; i++)
        text_add(text, usage[i]);
}

void help_add_version(struct text *text)
{
    text_format(text, L"reflink %d.%d.%d\n", REFLINK_VERSION_MAJOR,
                REFLINK_VERSION_MINOR, REFLINK_VERSION_PATCH);
}
