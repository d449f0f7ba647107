#!/usr/bin/env bash
# run.sh [--quick] [--pairs=N] [ROW]...
#
# Measures reflink.exe under Wine against its peers, side by side in one run,
# and prints a Markdown table: medians of at least five pairs, contender and
# peer in turn. All rows of rows.sh, or those named; `run.sh --help` names
# them. --quick: small sizes, to see that it runs, not to quote. Needs root
# (volumes, dropping of caches) and what the presets mingw and host have built.
# All that was measured stays in build/bench: raw.tsv, and plots as SVG.
# BENCH_FILES=N: the files of the memory row's large tree.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/bench
build=${BENCH_BUILD:-$root/build}
results=$build/bench
work=
quick=
pairs=5
# shellcheck source=tests/bridge/wine.sh
. "$root/tests/bridge/wine.sh"
# shellcheck source=tests/bench/rows.sh
. "$here/rows.sh"

cannot()
{
    echo "bench: cannot measure here: $1" >&2
    exit 77
}

say()
{
    echo "bench: $*" >&2
}

# shellcheck disable=SC2317 # a trap calls it
clean_up()
{
    server_stop
    wine_release
    [ -n "$work" ] || return 0
    if mountpoint -q "$work/volume"; then
        umount "$work/volume" 2>/dev/null || umount -l "$work/volume"
    fi
    rm -rf "$work"
}

# The volume's own cache would hold all twice, hence direct I/O behind it where
# it can be had. The loop device goes with the mount.
make_volume()
{
    local device
    volume=$work/volume
    mkdir "$volume"
    truncate -s 40G "$work/image"
    PATH=$PATH:/usr/sbin mkfs.xfs -q -m reflink=1 "$work/image" ||
        cannot "mkfs.xfs failed"
    device=$(losetup -f --show --direct-io=on "$work/image" 2>/dev/null ||
        losetup -f --show "$work/image") || cannot "no loop device"
    mount -o discard "$device" "$volume" || {
        losetup -d "$device"
        cannot "XFS cannot be mounted"
    }
    losetup -d "$device"
}

set_up()
{
    [ "$(id -u)" -eq 0 ] || cannot "a volume needs root"
    [ -e /dev/loop-control ] || cannot "there are no loop devices"
    command -v python3 >/dev/null || cannot "no python3"
    wine_find || cannot "no Wine"
    reflink=$build/mingw/reflink.exe
    launch=$build/mingw/bridge/launch.exe
    copyfile=$build/mingw/bench/copyfile.exe
    nothing=$build/mingw/bench/nothing.exe
    plaincopy=$build/mingw/bench/plaincopy.exe
    samecalls=$build/mingw/bench/samecalls.exe
    measure=$build/host/bench/measure
    warm=$build/host/bench/warm
    for file in "$reflink" "$launch" "$copyfile" "$nothing" "$plaincopy" \
        "$samecalls" "$measure" "$warm"; do
        [ -e "$file" ] || cannot "$file is not built"
    done
    mkdir -p "$results"
    : >"$results/raw.tsv"
    : >"$results/compare.tsv"
    work=$(mktemp -d "${TMPDIR:-/tmp}/reflink-bench.XXXXXX")
    make_volume
    wine_prefix "$build/wine" || cannot "no Wine prefix"
    wine_drive v "$volume"
    wine_keep
}

# ---- for rows.sh -------------------------------------------------------

# full VALUE QUICK: which of the two this run is for.
full()
{
    if [ -n "$quick" ]; then echo "$2"; else echo "$1"; fi
}

make()
{
    python3 "$here/files.py" "$1" "$volume/$2" "${@:3}"
}

# The state before a measurement: DEST gone, nothing left to be written.
fresh()
{
    rm -rf "$volume/out"
    sync -f "$volume"
}

# run NAME COMMAND...: measures it; false if it fails. NAME is the process
# whose memory and processor time count.
run()
{
    rm -f "$work/line"
    "$measure" "$work/line" "$@" </dev/null >"$work/out" 2>"$work/err" || {
        cat "$work/err" >&2
        say "FAILED: $*"
        return 1
    }
    read -r wall_us _ peak_kib processor_us <"$work/line"
}

windows()
{
    run "$(basename "$1")" "$WINE" "$@"
}

bridged()
{
    run "$(basename "$1")" "$WINE" "$launch" "$@"
}

native()
{
    run "$(basename "$1")" "$@"
}

# note CONTENDER UNIT VALUE: one measurement.
note()
{
    printf '%s\t%s\t%s\n' "$@" >>"$results/raw.tsv"
}

# A measurement of the run just done: from start to end and processor time,
# or what reflink says itself.
note_wall()
{
    note "$1" us "$wall_us"
    note "$1, CPU" us "$processor_us"
}

note_inside()
{
    note "$1" us "$(($(told elapsed_ms) * 1000))"
}

# told KEY: the number that the last line of --json has for it.
told()
{
    tail -1 "$work/out" | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}

# compare WHAT KIND CONTENDER PEER [GOAL]: a row of the table; see table.py.
compare()
{
    printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" "${5:-}" \
        >>"$results/compare.tsv"
}

# in_turn COUNT STEP...: the steps (functions) in turn, COUNT times; every
# second round the other way round, so that none always comes first.
in_turn()
{
    local count=$1 step steps=() back=()
    shift
    steps=("$@")
    for step in "$@"; do
        back=("$step" "${back[@]}")
    done
    while [ "$count" -gt 0 ]; do
        set -- "${steps[@]}"
        [ $((count % 2)) -ne 0 ] || set -- "${back[@]}"
        for step in "$@"; do
            "$step"
        done
        count=$((count - 1))
    done
}

# ---- the run -----------------------------------------------------------

machine()
{
    local model memory
    model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
    memory=$(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)
    echo "$(date -u +%F), $(nproc) x $model, $memory, Linux $(uname -r)," \
        "$("$WINE" --version 2>/dev/null | tail -1), XFS with 4 KiB clusters" \
        "on a loop device; load average before: $1"
}

usage()
{
    echo "usage: run.sh [--quick] [--pairs=N] [ROW]..."
    echo "rows: ${all_rows[*]}"
}

rows=()
for word in "$@"; do
    case $word in
    --quick) quick=1 ;;
    --pairs=*) pairs=${word#*=} ;;
    --help)
        usage
        exit 0
        ;;
    *)
        [[ " ${all_rows[*]} " == *" $word "* ]] || {
            usage >&2
            exit 2
        }
        rows+=("$word")
        ;;
    esac
done
[ ${#rows[@]} -gt 0 ] || rows=("${all_rows[@]}")
load=$(cut -d' ' -f1 /proc/loadavg)
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
set_up
failed=
for row in "${rows[@]}"; do
    say "$row"
    # Not `||`: that would switch off -e within the row.
    set +e
    (
        set -e
        trap - EXIT
        "row_${row//-/_}"
    )
    code=$?
    [ "$code" -eq 0 ] || failed+=" $row"
    set -e
    rm -rf "${volume:?}"/*
    sync -f "$volume"
done
echo
machine "$load"
[ -z "$quick" ] || echo "--quick: not to be quoted"
echo
python3 "$here/table.py" "$results/raw.tsv" "$results/compare.tsv" |
    tee "$results/table.md"
[ -z "$failed" ] || {
    say "these rows failed:$failed"
    exit 1
}
