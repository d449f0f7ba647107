#!/usr/bin/env bash
# e2e.sh [OPTION OF CRITERION]...
#
# Runs the end-to-end tests of what is built in build/mingw and build/host (or
# E2E_BUILD/mingw and E2E_BUILD/host): makes the volumes, starts Wine, and
# takes all of it down again. `e2e.sh --filter 'lies/*'` runs one group.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${E2E_BUILD:-$root/build}
# shellcheck source=tests/e2e/wine-session.sh
. "$root/tests/e2e/wine-session.sh"

# shellcheck disable=SC2013,SC2317 # numbers; a trap calls it
# A process and all that come from it. Criterion gives each of its processes
# a group of its own, so a signal to the group would not do.
family()
{
    local child
    echo "$1"
    for child in $(cat "/proc/$1/task"/*/children 2>/dev/null); do
        family "$child"
    done
}

# shellcheck disable=SC2317 # a trap calls it
clean_up()
{
    if [ -n "${tests:-}" ]; then
        # shellcheck disable=SC2046 # numbers
        kill -KILL $(family "$tests") 2>/dev/null || true
    fi
    session_end
}

trap clean_up EXIT
trap 'exit 130' INT TERM HUP
session_start "$build" "${TMPDIR:-/tmp}"
[ -z "${E2E_WHY_NOT:-}" ] || echo "some tests will skip: $E2E_WHY_NOT"
as_owner "$build/host/tests/e2e/e2e" --jobs "${E2E_JOBS:-4}" "$@" </dev/null &
tests=$!
code=0
wait "$tests" || code=$?
tests=
exit "$code"
