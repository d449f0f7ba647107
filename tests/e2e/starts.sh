#!/usr/bin/env bash
# starts.sh COUNT: starts reflink.exe, and a program that does nothing, COUNT
# times each, four at a time, and counts how many did not end with 0. None may:
# then either reflink.exe or Wine fails once in a while, and each other test
# that starts it, too.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/bridge/wine.sh
. "$root/tests/bridge/wine.sh"
wine_fix_addresses "$0" "$@"
count=$1
work=$(mktemp -d)
export WINEDEBUG=-all,err+all # so that Wine says why

clean_up()
{
    wine_release
    [ -z "${WINEPREFIX:-}" ] || wine_end
    rm -rf "$work"
}

# start_often WORKER PROGRAM ARGUMENT...: a line for each start that failed.
start_often()
{
    local name=$work/$1 i code
    shift
    for ((i = 0; i < count / 4; i++)); do
        code=0
        "$WINE" "$@" </dev/null >"$name.out" 2>"$name.err" || code=$?
        [ $code -eq 0 ] || echo "exit code $code: $(cat "$name.err")"
    done
}

# check PROGRAM ARGUMENT...
check()
{
    local worker workers=()
    for worker in 1 2 3 4; do
        start_often $worker "$@" >"$work/failed.$worker" &
        workers+=($!)
    done
    wait "${workers[@]}"
    cat "$work"/failed.*
    echo "$(cat "$work"/failed.* | wc -l) of $count starts failed: ${1##*/}"
    [ -z "$(cat "$work"/failed.*)" ]
}

wine_find || {
    echo "skipped: starts: Wine is not installed"
    exit 77
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
wine_prefix "$root/build/wine"
wine_keep
code=0
check "$root/build/mingw/bench/nothing.exe" || code=1
check "$root/build/mingw/reflink.exe" --version || code=1
exit $code
