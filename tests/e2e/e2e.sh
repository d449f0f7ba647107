#!/usr/bin/env bash
# e2e.sh [OPTION OF CRITERION]...
#
# Runs the end-to-end tests of what is built in build/mingw and build/host (or
# E2E_BUILD/mingw and E2E_BUILD/host): makes the volumes, starts Wine, and
# takes all of it down again. tests/run.sh builds first, and is what to call.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${E2E_BUILD:-$root/build}
# shellcheck source=tests/e2e/wine-session.sh
. "$root/tests/e2e/wine-session.sh"
wine_fix_addresses "$0" "$@"

# shellcheck disable=SC2317 # a trap calls it
clean_up()
{
    if [ -n "${tests:-}" ]; then
        kill -TERM "$tests" 2>/dev/null || true
        wait "$tests" || true
    fi
    session_end
}

trap clean_up EXIT
trap 'exit 130' INT TERM HUP
session_start "$build" "${TMPDIR:-/tmp}"
[ -z "${E2E_WHY_NOT:-}" ] || echo "some tests will skip: $E2E_WHY_NOT"
# With the tests goes everything that they have started.
as_owner "$build/limit" 3600 "$build/host/tests/e2e/e2e" \
    --jobs "${E2E_JOBS:-4}" "$@" </dev/null &
tests=$!
code=0
wait "$tests" || code=$?
tests=
exit "$code"
