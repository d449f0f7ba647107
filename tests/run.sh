#!/usr/bin/env bash
# run.sh [PART [FILTER]]: sets up this system, builds, and runs tests.
#
#   tests/run.sh                  all tests, in less than 15 minutes on 2 cores
#   tests/run.sh unit [FILTER]    core and command line on a simulated volume
#   tests/run.sh e2e [FILTER]     the shipped .exe under Wine, on real volumes
#   tests/run.sh smb [FILTER]     of these, what needs the SMB server
#   tests/run.sh bridge [FILTER]  the test bridge itself
#   tests/run.sh fuzz             random inputs, some seconds for each target
#   tests/run.sh consumers        programs that use the library
#   tests/run.sh long             all tests, and then what takes long
#
# FILTER picks tests by a pattern: SUITE/TEST ('lies/*', 'plan/tail_*'); with
# `smb` the TEST alone, and with `bridge` the name of a case.
#
# The last line is the sum over all test programs; the exit code is 0 if
# nothing failed. What cannot run on this system says why and counts as
# skipped; with REFLINK_NO_SKIPS=1 that is a failure. The log of each step is
# build/logs/STEP.log. With CI=true a compiler's warning is a failure.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/bridge/wine.sh
. "$root/tests/bridge/wine.sh"
cd "$root"
logs=$root/build/logs
limit=$root/build/limit
failed_steps=()
skipped_steps=0
current=
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
# Also reports what was skipped.
export CRITERION_VERBOSITY_LEVEL=1

usage()
{
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
}

# --- how steps are run --------------------------------------------------------

# What is useful in the log of a step that failed.
show()
{
    grep -vE '^([0-9]+: )?\[(RUN |PASS|SKIP|====\] Running)' "$1" |
        cut -c 1-1000 | tail -200
}

# step NAME SECONDS COMMAND...: runs it with its output to a log, which is shown
# if it fails; then the answer is false. `limit` ends the command after SECONDS
# and leaves nothing of it running.
step()
{
    local name=$1 seconds=$2 start=$SECONDS code=0
    shift 2
    "$limit" "$seconds" bash -euo pipefail -c '"$@"' "$name" "$@" \
        </dev/null >"$logs/$name.log" 2>&1 &
    current=$!
    wait "$current" || code=$?
    current=
    if [ "$code" -eq 0 ]; then
        echo "ok      $name ($((SECONDS - start)) s)"
        return 0
    fi
    show "$logs/$name.log"
    echo "FAILED  $name ($((SECONDS - start)) s, exit code $code)," \
        "all of it in build/logs/$name.log"
    failed_steps+=("$name")
    return 1
}

# have PROGRAM STEP: false, and says so, if the step cannot be taken.
have()
{
    command -v "$1" >/dev/null || {
        echo "skipped: $2: no $1"
        skipped_steps=$((skipped_steps + 1))
        return 1
    }
}

# build NAME CMAKE-OPTION...: into build/NAME.
build()
{
    local name=$1
    shift
    [ "${CI:-}" != true ] || set -- "$@" -DCMAKE_COMPILE_WARNING_AS_ERROR=ON
    cmake "$@" && cmake --build "build/$name"
}

unit()
{
    ctest --test-dir "build/$1" -L unit --verbose --no-tests=error
}

# A step that exits with 77 has said why it is skipped.
or_skip()
{
    "$@" || [ $? -eq 77 ]
}

# strict TARGET FOLDER...: compiles what Windows builds of these.
strict()
{
    local target=$1
    shift
    find "$@" -name '*.c' ! -name '*_posix.c' ! -name test_layers.c \
        ! -name test_memory.c -print0 |
        xargs -0 clang --target="$target-w64-windows-gnu" -std=c11 \
            -pedantic-errors -Wvla -Werror=vla -fsyntax-only -Iinclude -Isrc \
            -Itests -Itests/unit -Itests/runner -DUNIT_SOURCES='""' \
            -D_WIN32_WINNT=0x0A00 \
            -isystem /usr/x86_64-w64-mingw32/include
}

# The product is strict C11 for each processor that Windows runs on, and the
# tests that are built there are strict C11, too; MSVC cannot be had here. What
# MSVC alone refuses: a wide literal beside a narrow one.
strict_c()
{
    local target
    for target in x86_64 i686 aarch64; do
        strict "$target" src
    done
    strict x86_64 tests/runner tests/sim tests/unit tests/windows
    ! grep -rnE '" PRI[diouxX]' src
}
export -f build unit or_skip strict strict_c

# --- the parts ----------------------------------------------------------------

build_preset()
{
    step "build-$1" 900 build "$1" --preset "$1"
}

build_mingw()
{
    have x86_64-w64-mingw32-gcc build-mingw && build_preset mingw
}

unit_on()
{
    build_preset "$1" && step "unit-$1" 900 unit "$1" || true
}

run_unit()
{
    unit_on asan
    unit_on host
}

# What has to be built for Windows may be missing: then these tests are skipped.
run_e2e()
{
    build_mingw || true
    build_preset host && step e2e 1800 tests/e2e/e2e.sh || true
}

# What stands in for Windows is held to its rules, too.
bridge()
{
    step bridge 600 or_skip tests/bridge/selftest.sh build/mingw/bridge \
        build/wine || true
}

run_bridge()
{
    build_mingw && bridge || true
}

# Core and command line once more, built for Windows.
unit_wine()
{
    step unit-wine 600 or_skip tests/unit/wine.sh build/mingw build/wine || true
}

consumers()
{
    tests/consumers/consumers.sh build/consumers build/mingw/bridge build/wine
}
export -f consumers

run_consumers()
{
    build_mingw && step consumers 1200 consumers || true
}

run_strict()
{
    have clang strict-c && have x86_64-w64-mingw32-gcc strict-c &&
        step strict-c 300 strict_c || true
}

run_fuzz()
{
    have clang fuzz && step fuzz 600 or_skip tests/fuzz/fuzz.sh 5 || true
}

# The unit tests without ASan are the ones that unit_wine runs.
run_all()
{
    run_strict
    unit_on asan
    run_fuzz
    run_e2e
    # After the end-to-end tests: this Wine server has all of root's rights,
    # theirs has not.
    if [ -e build/mingw/bridge/launch.exe ]; then
        bridge
        unit_wine
    fi
}

run_long()
{
    export REFLINK_EVERY_CALL=1
    run_all
    unit_on host
    # shellcheck source=tests/long.sh
    . tests/long.sh
    long_steps
}

# --- the result ---------------------------------------------------------------

all_logs()
{
    find "$logs" -maxdepth 1 -name '*.log' -exec cat {} +
}

# The distinct reasons why tests were skipped. What FILTER leaves out is not.
skips()
{
    all_logs | sed -n -e '/\[SKIP\].*: Test is disabled$/d' \
        -e 's/.*\[SKIP\] [^ ]*: /skipped: /' -e '/^skipped: /p' |
        sort | uniq -c | sed 's/^ *//'
}

# The tests that failed, and where to read on.
failures()
{
    local name
    for name in "${failed_steps[@]}"; do
        sed -n 's/.*\[\(FAIL\|CRASH\)\] \([^ ]*\):.*/failed:  \2/p' \
            "$logs/$name.log" | sort -u
        echo "log:     build/logs/$name.log"
    done
}

# A failed step counts as one failure, unless its tests are counted.
uncounted()
{
    local name count=0
    for name in "${failed_steps[@]}"; do
        grep -qsE '(Failing|Crashing): [1-9]|^[0-9]+ passed, [1-9][0-9]* failed' \
            "$logs/$name.log" || count=$((count + 1))
    done
    echo "$count"
}

# sum PATTERN: adds up the number in parentheses over all logs.
sum()
{
    all_logs | sed -nE "s/$1/\\1/p" | awk '{ n += $1 } END { print n + 0 }'
}

# The last lines of Criterion and of the bridge's own test, added up.
totals()
{
    local tested passed ok not_ok
    tested=$(sum '.*Synthesis: Tested: ([0-9]+).*')
    passed=$(sum '.*Synthesis: .*Passing: ([0-9]+).*')
    ok=$(sum '^([0-9]+) passed, [0-9]+ failed$')
    not_ok=$(sum '^[0-9]+ passed, ([0-9]+) failed$')
    passed_total=$((passed + ok))
    failed_total=$((tested - passed + not_ok + $(uncounted)))
    skipped_total=$((skipped_steps + $(skips | awk '{ n += $1 } END { print n + 0 }')))
}

report()
{
    totals
    skips
    failures
    if [ -n "$filter" ] && [ $((passed_total + failed_total)) -eq 0 ]; then
        echo "no test matches '$filter'"
        failed_total=1
    fi
    if [ "${REFLINK_NO_SKIPS:-}" = 1 ] && [ "$skipped_total" -ne 0 ]; then
        echo "skipped tests are failures here (REFLINK_NO_SKIPS=1)"
        failed_total=$((failed_total + skipped_total))
    fi
    echo "$passed_total passed, $failed_total failed, $skipped_total skipped"
    [ "$failed_total" -eq 0 ]
}

# --- this run -----------------------------------------------------------------

# Criterion leaves a socket behind when it is killed.
forget_criterion()
{
    local socket process
    for socket in /tmp/criterion_*.sock; do
        process=${socket//[!0-9]/}
        [ ! -O "$socket" ] || [ -d "/proc/$process" ] || rm -f "$socket"
    done
}

# Whatever is still mounted below this run's folder goes with it.
clean_up()
{
    local mount
    [ -n "${work:-}" ] || return 0
    awk -v work="$work/" 'index($2, work) == 1 { print $2 }' /proc/mounts |
        sort -r | while read -r mount; do
        umount "$mount" 2>/dev/null || umount -l "$mount" || true
    done
    wine_forget_server "$root/build/wine"
    forget_criterion
    rm -rf "$work"
}

interrupted()
{
    trap '' INT TERM HUP
    if [ -n "$current" ]; then
        kill -TERM "$current" 2>/dev/null || true
        wait "$current" || true
    fi
    echo "interrupted"
    exit 130
}

part=${1:-all}
filter=${2:-}
case $part in
--help | -h)
    usage
    exit 0
    ;;
all | long | consumers | fuzz) [ $# -lt 2 ] || part=usage ;;
unit | e2e | bridge) export CRITERION_TEST_PATTERN=${filter:-*} ;;
smb) export CRITERION_TEST_PATTERN=smb/${filter:-*} ;;
*) part=usage ;;
esac
if [ $part = usage ] || [ $# -gt 2 ]; then
    usage >&2
    exit 2
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/reflink-tests.XXXXXX")
export TMPDIR=$work
trap clean_up EXIT
trap interrupted INT TERM HUP
rm -rf "$logs"
mkdir -p "$logs/failures"
export E2E_FAILURES=$logs/failures
tests/setup.sh "$part"
if have cc "all tests" && have cmake "all tests"; then
    cc -std=c11 -D_GNU_SOURCE -O1 -o "$limit" tests/harness/limit.c \
        tests/harness/family.c
    case $part in
    smb) run_e2e ;;
    *) "run_$part" ;;
    esac
fi
report
