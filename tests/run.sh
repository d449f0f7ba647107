#!/usr/bin/env bash
# run.sh: sets up, builds and runs all tests; the one command for that.
#
# Sets up this system (setup.sh), checks the format of the sources, builds for
# Windows and for Linux, runs the unit tests (plain, and with ASan and UBSan),
# then the end-to-end tests under Wine. The last line is the sum over all test
# programs; the exit code is 0 if nothing failed. Tests that cannot run here
# say why and count as skipped. With CI=true a compiler's warning is a failure.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
logs=$root/build/logs
failed_steps=()
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
# Says also what was skipped.
export CRITERION_VERBOSITY_LEVEL=1

# What is of use in the log of a step that failed.
show()
{
    grep -vE '^([0-9]+: )?\[(RUN |PASS|SKIP|====\] Running)' "$1" | tail -200
}

# step NAME COMMAND...: runs it with its output to a log, shown if it fails;
# then the answer is false.
step()
{
    local name=$1 start=$SECONDS
    shift
    if "$@" </dev/null >"$logs/$name.log" 2>&1; then
        echo "ok      $name ($((SECONDS - start)) s)"
    else
        show "$logs/$name.log"
        echo "FAILED  $name ($((SECONDS - start)) s), all of it in" \
            "build/logs/$name.log"
        failed_steps+=("$name")
        return 1
    fi
}

sources()
{
    if git rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files '*.c' '*.h'
    else
        find include src tests -name '*.[ch]'
    fi
}

check_format()
{
    sources | xargs clang-format --dry-run --Werror
}

# build NAME CMAKE-OPTION...: into build/NAME.
build()
{
    local name=$1
    shift
    [ "${CI:-}" != true ] || set -- "$@" -DCMAKE_COMPILE_WARNING_AS_ERROR=ON
    cmake "$@" && cmake --build "build/$name"
}

build_clang()
{
    build clang -S . -B build/clang -G Ninja -DCMAKE_C_COMPILER=clang \
        -DCMAKE_BUILD_TYPE=Debug
}

unit()
{
    ctest --test-dir "build/$1" -L unit --verbose --no-tests=error
}

# What stands in for Windows is held to its rules, too; 77 is a skip. After the
# end-to-end tests: its Wine server has all of root's rights, theirs has not.
bridge_rules()
{
    tests/bridge/selftest.sh build/mingw/bridge build/wine || [ $? -eq 77 ]
}

# have PROGRAM STEP: false, and says so, if the step cannot be taken.
have()
{
    command -v "$1" >/dev/null || {
        echo "skipped $2: no $1"
        return 1
    }
}

take_steps()
{
    ! have clang-format format || step format check_format || true
    ! have clang build-clang || step build-clang build_clang || true
    ! have x86_64-w64-mingw32-gcc build-mingw ||
        step build-mingw build mingw --preset mingw || true
    if step build-asan build asan --preset asan; then
        step unit-asan unit asan || true
    fi
    if step build-host build host --preset host; then
        step unit-host unit host || true
        step e2e tests/e2e/e2e.sh || true
        step bridge bridge_rules || true
    fi
}

# Criterion's last line, and a line for each skipped test.
totals()
{
    cat "$logs"/unit-*.log "$logs"/e2e.log 2>/dev/null | awk -v failed="$1" '
        /Synthesis: Tested:/ {
            sub(/.*Tested: /, "")
            tested += $1
            sub(/.*Passing: /, "")
            passed += $1
        }
        /\[SKIP\]/ { skipped++ }
        END {
            printf "%d passed, %d failed, %d skipped\n", passed,
                tested - passed + failed, skipped
        }'
}

# The distinct reasons why tests were skipped.
skips()
{
    cat "$logs"/unit-*.log "$logs"/e2e.log 2>/dev/null |
        sed -n 's/.*\[SKIP\] [^ ]*: /skipped: /p' | sort | uniq -c |
        sed 's/^ *//'
}

# A failed step counts as one failure, unless its tests are counted.
uncounted()
{
    local name count=0
    for name in "${failed_steps[@]}"; do
        grep -qs 'Synthesis: .*\(Failing\|Crashing\): [1-9]' \
            "$logs/$name.log" || count=$((count + 1))
    done
    echo "$count"
}

mkdir -p "$logs"
rm -f "$logs"/*.log
tests/setup.sh
take_steps
skips
totals "$(uncounted)"
[ ${#failed_steps[@]} -eq 0 ]
