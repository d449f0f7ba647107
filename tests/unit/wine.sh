#!/bin/sh
# wine.sh BUILD PREFIX: runs the unit tests that are in the folder BUILD, built
# for Windows, under Wine, and what checks their runner. PREFIX is the Wine
# prefix to use or make. Without Wine it says so, and the exit code is 77.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../bridge/wine.sh
. "$here/../bridge/wine.sh"
wine_fix_addresses "$0" "$@"

[ $# -eq 2 ] || {
    echo "usage: wine.sh BUILD PREFIX" >&2
    exit 2
}
build=$(cd "$1" && pwd)
wine_find || {
    echo "skipped: unit-wine: no Wine"
    exit 77
}
wine_prefix "$2" || {
    echo "skipped: unit-wine: no Wine prefix"
    exit 77
}
trap 'wine_release; wine_end' EXIT
wine_keep

cmake "-DPROGRAM=$WINE;$build/tests/runner/failing_small_runner.exe" \
    -DRUNNER=small_runner -P "$here/../runner/check.cmake"
wine_run "$build/tests/unit/unit.exe" --jobs "$(nproc)"
