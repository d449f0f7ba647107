#include "help.h"

#ifndef REFLINK_VERSION
#error "the build defines REFLINK_VERSION, from the one place it stands in"
#endif
#define WIDE_(text) L##text
#define WIDE(text) WIDE_(text)

static const wchar_t *const usage[] = {
    L"Usage: reflink [OPTION]... SOURCE DEST\n",
    L"       reflink [OPTION]... SOURCE... DIRECTORY\n",
    L"       reflink -r [OPTION]... SOURCE... DEST\n",
    L"       reflink [OPTION]... SOURCE DEST SOURCE_OFFSET DEST_OFFSET "
    L"LENGTH\n",
    L"       reflink --info PATH... | --extents FILE... | --shared FILE FILE\n",
    L"Copies files by sharing their clusters, so in milliseconds whatever "
    L"their size,\n",
    L"where the volume can; by their bytes where it cannot; says which, and "
    L"why.\n",
    L"\n",
    L"Cloning:\n",
    L"  --reflink=auto        clone what can be cloned, copy the rest "
    L"(default)\n",
    L"  --reflink[=always]    share every whole cluster, or fail with exit 3\n",
    L"  --reflink=never       copy, share nothing\n",
    L"  --verify=sample       prove clones by clusters and some bytes "
    L"(default)\n",
    L"  --verify[=full]       compare every byte, cloned or copied\n",
    L"  --verify=none         prove nothing\n",
    L"  --retries=N           new starts after a transient error (default 5)\n",
    L"Files:\n",
    L"  -r, --recursive       descend into directories; links are made anew\n",
    L"  -t, --target-directory=DIRECTORY  what is cloned goes in there\n",
    L"  -f, --force           replace an existing DEST as one atomic step\n",
    L"  -n, --no-clobber      leave an existing DEST alone\n",
    L"  -j, --jobs=N          files of trees and lists in flight at once "
    L"(default 8)\n",
    L"  --security            also copy owner, group and permissions\n",
    L"  --flush=WHEN          flush to disk: auto (before replacing), always, "
    L"never\n",
    L"A range, which goes into DEST in place; DEST grows, and is never "
    L"truncated:\n",
    L"  --offset=SIZE         where it starts in both (default 0)\n",
    L"  --source-offset=SIZE  where it starts in SOURCE\n",
    L"  --dest-offset=SIZE    where it goes in DEST\n",
    L"  --length=SIZE         its bytes (default: to SOURCE's end)\n",
    L"  SIZE: 4096, 0x1000, 4K or 4KiB (powers of 1024), 4KB (of 1000); K to "
    L"P\n",
    L"Output:\n",
    L"  --dry-run             say what would be done, step by step; change "
    L"nothing\n",
    L"  --json                one JSON object a line on stdout\n",
    L"  --progress=WHEN       auto (default: on a console), always or never\n",
    L"  -q, --quiet           print errors only\n",
    L"  -v, --verbose         print every file and what is worth knowing\n",
    L"Instead:\n",
    L"  --info PATH...        what the volume there can do\n",
    L"  --extents FILE...     where a file's clusters lie, and which are "
    L"shared\n",
    L"  --shared FILE FILE    how much of two files lies in the same "
    L"clusters\n",
    L"  -h, -?, /?, --help    this page\n",
    L"  --version             the version\n",
    L"  --                    no options behind this\n",
    L"\n",
    L"Exit code: 0 done, 1 a file failed, 2 usage, 3 could not be cloned "
    L"with\n",
    L"--reflink=always, 4 --verify found a difference, 130 interrupted.\n",
    L"\n",
    L"  reflink base.vhdx job-17.vhdx\n",
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
    text_add(text, L"reflink " WIDE(REFLINK_VERSION) L"\n");
}
