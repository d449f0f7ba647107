#!/usr/bin/env bash
# volumes.sh up FOLDER     makes and mounts the volumes of the end-to-end tests
# volumes.sh down FOLDER   unmounts and removes them
#
# Each volume is a sparse image file in FOLDER, mounted on a loop device below
# FOLDER. `up` prints a line NAME=MOUNTPOINT for each one that this system can
# mount, and a line E2E_WHY_NOT=REASON if there is one that it cannot. A name
# that the environment has a folder for already is left as it is, so that any
# folder on a volume that clones will do where there is no root.
set -euo pipefail

rows=(
    "E2E_XFS4K 6G auto mkfs.xfs -q -m reflink=1"
    "E2E_XFS64K 6G auto mkfs.xfs -q -m reflink=1 -b size=65536"
    "E2E_BTRFS 6G auto mkfs.btrfs -q"
    "E2E_PLAIN 6G auto mkfs.ext4 -q"
    "E2E_OTHER 1G auto mkfs.xfs -q -m reflink=1"
    "E2E_TINY 16M auto mkfs.ext4 -q -O ^has_journal"
    "E2E_EXFAT 256M exfat-fuse mkfs.exfat"
)

# why_not NAMES: why these volumes cannot be had.
why_not()
{
    if [ "$(id -u)" -ne 0 ]; then
        echo "volumes need root"
    elif [ ! -e /dev/loop-control ]; then
        echo "there are no loop devices"
    elif [ "$1" = " E2E_EXFAT" ]; then
        echo "exFAT needs FUSE (exfat-fuse and exfatprogs)"
    else
        echo "this kernel cannot mount it on a loop device"
    fi
}

# make_volume NAME SIZE TYPE MKFS...: false if it cannot be done here. `-o loop`
# gives the loop device back when the volume is unmounted, `discard` what is
# deleted there: all tests together write more than some machines have room for.
make_volume()
{
    local name=$1 size=$2 type=$3 image=$folder/$1.img options=loop
    shift 3
    [ "$type" != auto ] || options=loop,discard
    [ "$(id -u)" -eq 0 ] && [ -e /dev/loop-control ] || return 1
    mkdir -p "$folder/$name"
    truncate -s "$size" "$image"
    PATH=$PATH:/usr/sbin:/sbin "$@" "$image" >/dev/null 2>&1 || return 1
    mount -t "$type" -o $options "$image" "$folder/$name" >/dev/null 2>&1 ||
        return 1
    echo "$name=$folder/$name"
}

up()
{
    local row name missing=
    mkdir -p "$folder"
    for row in "${rows[@]}"; do
        name=${row%% *}
        [ -z "${!name:-}" ] || continue
        # shellcheck disable=SC2086 # a row is words
        make_volume $row || missing+=" $name"
    done
    [ -z "$missing" ] || echo "E2E_WHY_NOT=$(why_not "$missing")"
}

# A lazy unmount is for the case that something still runs there.
down()
{
    local row name
    for row in "${rows[@]}"; do
        name=${row%% *}
        mountpoint -q "$folder/$name" || continue
        umount "$folder/$name" 2>/dev/null || umount -l "$folder/$name"
    done
    rm -rf "$folder"
}

[ $# -eq 2 ] || {
    sed -n '2,3s/^# //p' "$0" >&2
    exit 2
}
mkdir -p "$2"
folder=$(cd "$2" && pwd)
case $1 in
up) up ;;
down) down ;;
*) exit 2 ;;
esac
