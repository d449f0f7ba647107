#include "help.h"

#ifndef REFLINK_VERSION
#error "the build defines REFLINK_VERSION, from the one place it stands in"
#endif
#define WIDE_(text) L##text
#define WIDE(text) WIDE_(text)

static const wchar_t *const usage[] = {
    L"Usage: reflink [OPTION]... SOURCE DEST\n",
    L"       reflink [OPTION]... SOURCE DIRECTORY\n",
    L"       reflink [OPTION]... [RANGE OPTION]... SOURCE DEST\n",
    L"       reflink SOURCE DEST SOURCE_OFFSET DEST_OFFSET LENGTH\n",
    L"       reflink --info PATH...       what the volume there can do\n",
    L"       reflink --extents FILE...    where a file's clusters lie\n",
    L"       reflink --shared FILE FILE   which clusters both refer to\n",
    L"Copies a file by sharing its clusters, so in milliseconds whatever\n",
    L"its size, where the volume can; by moving its bytes where it cannot;\n",
    L"and says which of the two it did, and why.\n",
    L"\n",
    L"  --reflink=auto     clone what can be cloned, copy the rest (default)\n",
    L"  --reflink[=always] share every whole cluster, or fail with exit 3\n",
    L"  --reflink=never    copy, share nothing\n",
    L"  -f, --force        replace DEST as one atomic step\n",
    L"  -n, --no-clobber   leave an existing DEST alone\n",
    L"  --verify=sample    prove each clone by its clusters and a sample of\n",
    L"                     its bytes (default)\n",
    L"  --verify[=full]    compare every byte, cloned or copied\n",
    L"  --verify=none      prove nothing\n",
    L"  --security         also copy owner, group and permissions\n",
    L"  --retries=N        new starts after a transient error (default 5)\n",
    L"  -q, --quiet        print errors only\n",
    L"  -v, --verbose      print every file and what is worth knowing\n",
    L"  --json             one JSON object a line on stdout\n",
    L"  -h, -?, /?, --help this page\n",
    L"  --version          the version\n",
    L"  --                 no options behind this\n",
    L"\n",
    L"A range goes into DEST in place; DEST grows, and is never truncated:\n",
    L"  --offset=SIZE         where it starts in both (default 0)\n",
    L"  --source-offset=SIZE  where it starts in SOURCE\n",
    L"  --dest-offset=SIZE    where it goes in DEST\n",
    L"  --length=SIZE         its bytes (default: to SOURCE's end)\n",
    L"SIZE: 4096, 0x1000, 4K, 4KiB (powers of 1024), 4KB (of 1000); K to P.\n",
    L"\n",
    L"Exit: 0 done, 1 a file failed, 2 usage, 3 could not be cloned with\n",
    L"--reflink=always, 4 --verify found a difference.\n",
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
