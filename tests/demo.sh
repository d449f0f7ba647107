#!/usr/bin/env bash
# demo.sh [FILE]: the main job of reflink, seen on Linux.
#
# Sets up, builds reflink.exe, makes an XFS volume in a file, puts FILE there
# (or an archive of a gibibyte of this system's own files), clones it with
# reflink.exe under Wine, and shows from outside, by Linux' own tools, that
# the clone has the same bytes in the same clusters. Needs root for the
# volume. All that it makes is removed again.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
gibibyte=$((1024 * 1024 * 1024))
work=
# shellcheck source=tests/e2e/wine-session.sh
. "$root/tests/e2e/wine-session.sh"
wine_fix_addresses "$0" "$@"

say()
{
    printf '\n== %s\n' "$*"
}

cannot()
{
    echo "demo: cannot show it here: $1" >&2
    exit 1
}

clean_up()
{
    session_end
    [ -n "$work" ] || return 0
    if mountpoint -q "$work/volume"; then
        umount "$work/volume" 2>/dev/null || umount -l "$work/volume"
    fi
    rm -rf "$work"
}

build()
{
    (cd "$root" && cmake --workflow --preset mingw) </dev/null \
        >"$work/build.log" 2>&1 || {
        tail -30 "$work/build.log" >&2
        cannot "the build failed"
    }
    ls -l "$root/build/mingw/reflink.exe"
}

# make_volume BYTES: room for the file once, and for the file system itself.
make_volume()
{
    truncate -s $(($1 + $1 / 4 + gibibyte)) "$work/volume.img"
    PATH=$PATH:/usr/sbin mkfs.xfs -q -m reflink=1 "$work/volume.img" ||
        cannot "mkfs.xfs failed"
    mkdir "$work/volume"
    mount -o loop "$work/volume.img" "$work/volume" ||
        cannot "no loop device, or XFS cannot be mounted"
    df -h "$work/volume"
}

# A gibibyte and a bit of real files: what is under /usr, as often as needed.
make_file()
{
    while [ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -le $gibibyte ]; do
        { tar -C / -cf - usr 2>/dev/null || true; } |
            head -c $((gibibyte + 1234567)) >>"$1"
    done
}

put_file()
{
    if [ -n "$file" ]; then
        cp --reflink=never -- "$file" "$work/volume/base.img"
    else
        make_file "$work/volume/base.img"
    fi
    sync -f "$work/volume"
    ls -l "$work/volume"
}

used_kib()
{
    sync -f "$work/volume"
    df --output=used "$work/volume" | tail -1
}

clone()
{
    echo "P:\\> reflink.exe --reflink=always base.img clone.img"
    (cd "$work/volume" && "$WINE" "$root/build/mingw/bridge/launch.exe" \
        "$root/build/mingw/reflink.exe" --reflink=always base.img clone.img \
        </dev/null >"$work/out" 2>&1) || {
        cat "$work/out"
        cannot "reflink.exe failed"
    }
    cat "$work/out"
}

# The extents as FIEMAP tells them: place in the file and on the volume, flags.
extents()
{
    filefrag -v "$1" | sed -n 's/^ *[0-9]*: *//p'
}

prove_extents()
{
    filefrag -v "$work/volume/base.img" "$work/volume/clone.img" | head -40
    extents "$work/volume/base.img" >"$work/a"
    extents "$work/volume/clone.img" >"$work/b"
    if ! { [ -s "$work/a" ] && cmp "$work/a" "$work/b"; }; then
        cannot "the extents differ"
    fi
    ! grep -v shared "$work/a" || cannot "these extents are not shared"
    echo "$(wc -l <"$work/a") extents, the same in both files, all shared"
}

[ $# -le 1 ] || {
    echo "usage: demo.sh [FILE]" >&2
    exit 2
}
file=
size=$((gibibyte * 5 / 4))
if [ $# -eq 1 ]; then
    [ -f "$1" ] || cannot "'$1' is not a file"
    file=$(realpath -- "$1")
    size=$(stat -c %s -- "$file")
fi
[ "$(id -u)" -eq 0 ] || cannot "mounting a volume needs root"
[ -e /dev/loop-control ] || cannot "there are no loop devices"
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
work=$(mktemp -d "${TMPDIR:-/tmp}/reflink-demo.XXXXXX")

say "Installing what is missing"
"$root/tests/setup.sh"
say "Building reflink.exe for Windows"
build
say "Making an XFS volume, drive P: of Wine"
make_volume "$size"
export E2E_XFS4K=$work/volume
mkdir "$work/session"
session_wine "$root/build/wine" "$work/session" ||
    cannot "$session_why_not"
say "Putting a real file on it"
put_file
before=$(used_kib)
say "Cloning it with reflink.exe, the shipped one, under Wine"
clone
say "The bytes are equal: cmp"
cmp "$work/volume/base.img" "$work/volume/clone.img"
echo "cmp finds no difference"
say "The clusters are the same: filefrag, by the extents Linux tells"
prove_extents
say "The clone takes no room: df"
after=$(used_kib)
df -h "$work/volume"
echo "used before: $before KiB, after: $after KiB"
say "Done; cleaning up"
