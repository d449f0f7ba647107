#!/usr/bin/env bash
# soak.sh SECONDS: random tests with new seeds, round after round, until the
# time is up. It stops at the first failure and prints its seed, and the command
# that repeats it. Builds build/host first; SOAK_SEED sets the seed of the first
# round.
#
# A round: random operations against the model of bytes, with lies, faults, full
# disks and lost connections (model); random trees that are deduplicated, and
# killed while that is done (dedupe_random). As root, and with build/mingw built,
# every tenth round also has the shipped program under Wine: generated cases,
# random trees, and clones and copies that are killed.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-}
if [ $# -ne 1 ] || [[ ! $seconds =~ ^[0-9]+$ ]]; then
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
fi
seed=${SOAK_SEED:-$(date +%s)}
work=$(mktemp -d "${TMPDIR:-/tmp}/reflink-soak.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
rounds=0 operations=0 faults=0 trees=0 kills=0 cases=0

# run VARIABLE=VALUE... COMMAND...: its output goes to the log of this round.
run()
{
    env "$@" >"$work/log" 2>&1 </dev/null || {
        grep -vE '\[(RUN |PASS|SKIP)' "$work/log" | cut -c 1-1000 | tail -100
        echo "failed in round $rounds: $*"
        report
        exit 1
    }
}

# count TEXT: the sum of the numbers before TEXT in the log.
count()
{
    grep -oE "[0-9]+ $1" "$work/log" | awk '{ n += $1 } END { print n + 0 }'
}

report()
{
    echo "$rounds rounds in $SECONDS s, seeds to $seed:" \
        "$operations operations, $faults faults, $trees trees, $kills kills," \
        "$cases end-to-end tests"
}

round()
{
    run REFLINK_MODEL_SEED="$seed" REFLINK_MODEL_OPERATIONS=500000 \
        build/host/tests/model/model --jobs 1
    operations=$((operations + $(count operations)))
    faults=$((faults + $(count faults)))
    run REFLINK_DEDUPE_SEED=$((seed * 1000)) REFLINK_DEDUPE_TREES=1000 \
        build/host/tests/unit/unit --jobs 1 --filter 'dedupe_random/*'
    trees=$((trees + $(count trees)))
    kills=$((kills + $(count kills)))
}

shipped_program()
{
    run E2E_SEED="$seed" E2E_RUNS=3 E2E_JOBS=2 tests/e2e/e2e.sh \
        --filter '@(generated|*_random|survival)/*'
    cases=$((cases + $(sed -nE 's/.*Passing: ([0-9]+).*/\1/p' "$work/log")))
}

cmake --preset host >/dev/null
cmake --build build/host --target unit model >/dev/null
shipped=
if [ "$(id -u)" -eq 0 ] && [ -x build/mingw/reflink.exe ]; then
    shipped=yes
    cmake --build build/host >/dev/null
    cc -std=c11 -D_GNU_SOURCE -O1 -o build/limit tests/harness/limit.c \
        tests/harness/family.c
else
    echo "without the shipped program: that needs root and build/mingw"
fi
SECONDS=0
echo "seed $seed"
while [ $SECONDS -lt "$seconds" ]; do
    rounds=$((rounds + 1))
    round
    if [ -n "$shipped" ] && [ $((rounds % 10)) -eq 0 ]; then
        shipped_program
    fi
    seed=$((seed + 1))
done
report
