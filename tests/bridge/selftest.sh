#!/bin/sh
# selftest.sh BRIDGE [PREFIX]
#
# CRITERION_TEST_PATTERN, a shell pattern, picks cases by their names.
#
# Checks the test bridge: runs selftest.exe, through launch.exe, on volumes
# made for the purpose (XFS with 4 and 64 KiB clusters, Btrfs), once for each
# rule, profile and lie, and judges from outside, by FIEMAP, what was shared.
# BRIDGE is the folder with launch.exe, bridge.dll and selftest.exe, PREFIX
# the Wine prefix to use or make. Needs root for the volumes; without it, or
# without Wine or loop devices, says so and counts as skipped (exit code 77).
# The last line is `N passed, N failed`.

set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=wine.sh
. "$here/wine.sh"
wine_fix_addresses "$0" "$@"

[ $# -ge 1 ] || {
    echo "usage: selftest.sh BRIDGE [PREFIX]" >&2
    exit 2
}
bridge=$(cd "$1" && pwd) || exit 2
prefix=${2:-$bridge/prefix}
work=
passed=0
failed=0
chosen=

skip()
{
    echo "skipped: $1"
    echo "0 passed, 0 failed"
    exit 77
}

clean_up()
{
    [ -n "$work" ] || return
    wine_release
    [ -z "${WINEPREFIX:-}" ] || wine_end
    for volume in xfs-4k xfs-64k btrfs; do
        mountpoint -q "$work/$volume" || continue
        # A lazy unmount is for the case that something still runs there.
        umount "$work/$volume" 2>/dev/null || umount -l "$work/$volume"
    done
    rm -rf "$work"
    work=
}

# make_volume NAME CLUSTER MKFS...: a volume in a file, mounted. Leaves out
# what this kernel cannot mount (XFS with 64 KiB wants 6.12).
make_volume()
{
    name=$1
    shift
    mkdir -p "$work/$name"
    truncate -s 1G "$work/$name.img"
    "$@" "$work/$name.img" >/dev/null 2>&1 || return 1
    # `-o loop` gives the loop device back when the volume is unmounted.
    mount -o loop "$work/$name.img" "$work/$name" 2>/dev/null || return 1
    volumes="$volumes $name"
}

letter()
{
    case $1 in
    xfs-4k) echo p ;;
    xfs-64k) echo q ;;
    btrfs) echo r ;;
    btrfs/sub) echo s ;;
    esac
}

pass()
{
    passed=$((passed + 1))
}

fail()
{
    failed=$((failed + 1))
    echo "FAILED: $1"
}

# choose CASE: whether it is one of those that were asked for.
choose()
{
    # shellcheck disable=SC2254 # a pattern
    case $1 in
    ${CRITERION_TEST_PATTERN:-*}) chosen=1 ;;
    *) chosen= ;;
    esac
    [ -n "$chosen" ]
}

# expect TEXT COMMAND...: counts whether the command succeeds, after a case that
# was chosen.
expect()
{
    [ -n "$chosen" ] || return 0
    text=$1
    shift
    if "$@"; then pass; else fail "$text"; fi
}

# run_once VARIABLE=VALUE...: the case in a fresh folder.
run_once()
{
    rm -rf "$folder" "$work/$other/test"
    mkdir -p "$folder" "$work/$other/test"
    (
        cd "$bridge" || exit 1
        exec env "$@" "REFLINK_BRIDGE_LOG=$work/log" \
            "SELFTEST_CLUSTER=$(stat -f -c %S "$work/$volume")" \
            timeout 120 "$WINE" launch.exe selftest.exe "$case" \
            "$(letter "$volume"):\\test" "$(letter "$other"):\\test"
    ) </dev/null >"$work/out" 2>"$work/err"
    result=$?
}

# run VOLUME OTHER CASE EXIT [VARIABLE=VALUE...]: one case. Its files stay until
# the next one, in $folder.
run()
{
    volume=$1 other=$2 case=$3 code=$4
    shift 4
    choose "$case" || return 0
    folder=$work/$volume/test
    run_once "$@"
    n=$(grep -c '^ok' "$work/out")
    passed=$((passed + n))
    grep '^not ok' "$work/out" >"$work/bad"
    while IFS= read -r line; do
        fail "$volume, $case, $*: $line"
    done <"$work/bad"
    [ "$result" -eq "$code" ] ||
        fail "$volume, $case, $*: exit code $result, not $code" \
            "$(cat "$work/err")"
}

# The extents of a file as FIEMAP tells them: place and flags, a line each.
extents()
{
    filefrag -v -s "$folder/$1" |
        awk -F '[:. ]+' '/^ *[0-9]+:/ { print $3, $4, $5, $NF }'
}

# shares A B: both lie in the same clusters, and all are marked as shared.
shares()
{
    extents "$1" >"$work/a"
    extents "$2" >"$work/b"
    [ -s "$work/a" ] && cmp -s "$work/a" "$work/b" &&
        ! grep -qv shared "$work/a" && cmp -s "$folder/$1" "$folder/$2"
}

shares_not()
{
    ! extents "$1" | grep -q shared && ! extents "$2" | grep -q shared
}

logged()
{
    [ "$(grep -c "^$2" "$work/log")" -eq "$1" ]
}

check_profiles()
{
    for profile in refs-4k refs-64k dev-drive; do
        run "$1" "$2" refs 0 REFLINK_BRIDGE_PROFILE=$profile
    done
    for profile in refs-ws2016 refs-unflushed csvfs smb-refs no-flag samba \
        truenas openzfs nfs41 ntfs; do
        run "$1" "$2" $profile 0 REFLINK_BRIDGE_PROFILE=$profile
    done
    run "$1" "$2" winbtrfs 99 REFLINK_BRIDGE_PROFILE=winbtrfs
}

check_lies()
{
    for lie in nothing half zeros prefix; do
        run "$1" "$2" lie-$lie 0 REFLINK_BRIDGE_LIE=$lie
    done
    run "$1" "$2" fail-always 0 REFLINK_BRIDGE_FAIL=C000007F
    run "$1" "$2" fail-second 0 REFLINK_BRIDGE_FAIL=C000007F@2
    run "$1" "$2" saturated 0 REFLINK_BRIDGE_SATURATED=65536+65536
    run "$1" "$2" pointers-off 0 REFLINK_BRIDGE_POINTERS=off
    for bad in PROFILE=none LIE=none FAIL=none FAIL=1@ GARBLE=none SATURATED=1 \
        POINTERS=none TWINS=none KILL=none NTFS_RULES=none SMB=none \
        SMB=server=/nowhere SECURITY=some SECURITY=none@/nowhere; do
        run "$1" "$2" share 125 REFLINK_BRIDGE_$bad
    done
}

# NTFS' rules for names and marks, and what each profile knows.
check_names()
{
    for profile in refs refs-64k ntfs; do
        run "$1" "$2" rename 0 REFLINK_BRIDGE_PROFILE=$profile
    done
    for profile in ntfs winbtrfs; do
        run "$1" "$2" rename-posix 0 REFLINK_BRIDGE_PROFILE=$profile
    done
    for profile in refs refs-4k csvfs nfs41; do
        run "$1" "$2" ex-not-supported 0 REFLINK_BRIDGE_PROFILE=$profile
    done
    for profile in refs-64k refs-ws2016 dev-drive; do
        run "$1" "$2" ex-invalid-parameter 0 REFLINK_BRIDGE_PROFILE=$profile
    done
    run "$1" "$2" ex-invalid-class 0 REFLINK_BRIDGE_PROFILE=samba
    run "$1" "$2" mark 0
    run "$1" "$2" rules-off 0 REFLINK_BRIDGE_NTFS_RULES=off
}

has_descriptor()
{
    getfattr --absolute-names -n user.reflink.security "$folder/$1" \
        >/dev/null 2>&1
}

has_no_descriptor()
{
    ! has_descriptor "$1"
}

# Security descriptors: kept, and the other rules.
check_security()
{
    run "$1" "$2" security 0
    expect "$1: a descriptor that was set" has_descriptor exact
    expect "$1: one that was inherited" has_descriptor parent-1/file
    expect "$1: none where none was set" has_no_descriptor default
    run "$1" "$2" security-off 0 REFLINK_BRIDGE_SECURITY=off
    expect "$1, off: no descriptor" has_no_descriptor off
    run "$1" "$2" security-none 0 REFLINK_BRIDGE_SECURITY=none
    run "$1" "$2" security-none-here 0 \
        "REFLINK_BRIDGE_SECURITY=none@$work/$1"
    expect "$1, none: no descriptor" has_no_descriptor none
    run "$1" "$2" security-change 0 REFLINK_BRIDGE_SECURITY=change
}

# What was shared, and what was not, as Linux sees it.
check_sharing()
{
    rm -f "$work/log"
    run "$1" "$2" share 0
    expect "$1: shared" shares share-src share-dst
    expect "$1: two requests in the log" logged 2 DUP
    expect "$1: one flush in the log" logged 1 FLUSH
    for profile in no-flag smb-refs; do
        run "$1" "$2" share 0 REFLINK_BRIDGE_PROFILE=$profile
        expect "$1, $profile: shared" shares share-src share-dst
    done
    run "$1" "$2" samba 0 REFLINK_BRIDGE_PROFILE=samba
    expect "$1, samba: shared" shares samba-src samba-dst
    run "$1" "$2" nfs41 0 REFLINK_BRIDGE_PROFILE=nfs41
    expect "$1, nfs41: shared" shares nfs-src nfs-dst
    for lie in nothing zeros; do
        run "$1" "$2" share 0 REFLINK_BRIDGE_LIE=$lie
        expect "$1, lie $lie: not shared" shares_not share-src share-dst
    done
}

# The program sees the command line that it would see without launch.exe.
check_launch()
{
    choose launch || return 0
    cd "$bridge" || return
    # shellcheck disable=SC1003 # the odd quotes are the point
    set -- selftest.exe command-line a 'b c' 'd"e' 'f\' 'g\\"h i\' '' '^&%'
    wine_run "$@" >"$work/a" 2>/dev/null
    wine_run launch.exe "$@" >"$work/b" 2>/dev/null
    expect "launch: a program" test -s "$work/a"
    expect "launch: the command line" cmp -s "$work/a" "$work/b"
    wine_run launch.exe no-such-program.exe >"$work/a" 2>"$work/b"
    expect "launch: exit code 125" test $? -eq 125
    expect "launch: a message" grep -q launch: "$work/b"
}

[ "$(id -u)" -eq 0 ] || skip "volumes need root"
wine_find || skip "no Wine"
command -v filefrag >/dev/null || skip "no filefrag (e2fsprogs)"
[ -e /dev/loop-control ] || skip "no loop devices"
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
work=$(mktemp -d) || exit 1

volumes=
make_volume xfs-4k mkfs.xfs -q -m reflink=1 ||
    skip "cannot make and mount XFS on a loop device"
make_volume xfs-64k mkfs.xfs -q -m reflink=1 -b size=65536 ||
    echo "left out: XFS with 64 KiB clusters cannot be mounted here"
make_volume btrfs mkfs.btrfs -q ||
    skip "cannot make and mount Btrfs on a loop device"

wine_prefix "$prefix" || skip "no Wine prefix"
wine_keep
for volume in $volumes; do
    wine_drive "$(letter "$volume")" "$work/$volume"
done

check_launch
for volume in $volumes; do
    other=xfs-4k
    [ "$volume" != xfs-4k ] || other=btrfs
    run "$volume" $other refs 0
    check_profiles "$volume" "$other"
    check_lies "$volume" "$other"
    check_names "$volume" "$other"
    check_sharing "$volume" "$other"
    check_security "$volume" "$other"
done

btrfs subvolume create "$work/btrfs/sub" >/dev/null
wine_drive s "$work/btrfs/sub"
run btrfs btrfs/sub subvolume 0

clean_up
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
