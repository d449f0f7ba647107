#!/usr/bin/env bash
# fuzz.sh SECONDS [TARGET...]: builds the fuzz targets, and runs each on its
# corpus and then for SECONDS on new inputs. An input that fails is in
# build/logs/failures; `build/fuzz/tests/fuzz/fuzz_TARGET FILE` runs it again,
# and with FUZZ_SHOW=1 shows what the program was asked and printed.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=$1
shift
targets=("$@")
[ $# -ne 0 ] || targets=(answers json options size volume wildcard)

# false: clang comes without libFuzzer here, or the JSON parser is missing
can_build()
{
    printf '%s\n' '#include <stddef.h>' '#include <stdint.h>' \
        '#include <yajl/yajl_parse.h>' \
        'int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);' \
        'int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)' \
        '{ (void)data; return size != 0 && yajl_alloc(0, 0, 0) == 0; }' |
        clang -fsanitize=fuzzer,address,undefined -x c - -o /dev/null -lyajl
}

if ! can_build; then
    echo "skipped: fuzz: no clang with libFuzzer, or no yajl"
    exit 77
fi
cmake --preset fuzz
cmake --build --preset fuzz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=build/logs/failures
mkdir -p "$failures"
passed=0
failed=0
for target in "${targets[@]}"; do
    mkdir "$work/$target"
    if nice "build/fuzz/tests/fuzz/fuzz_$target" -max_total_time="$seconds" \
        -timeout=20 -max_len=256 -print_final_stats=1 \
        -artifact_prefix="$failures/$target-" \
        "$work/$target" "tests/fuzz/corpus/$target" 2>"$work/log"; then
        passed=$((passed + 1))
        echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' \
            "$work/log") executions"
    else
        failed=$((failed + 1))
        echo "$target: FAILED"
        tail -60 "$work/log"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
