#!/usr/bin/env bash
# consumers.sh BUILD BRIDGE [PREFIX]
#
# Builds programs that use reflink as others would, with MinGW-w64 below BUILD,
# and runs them under Wine: from an installed archive and from an installed DLL
# by find_package and pkg-config, and from the sources by add_subdirectory and
# FetchContent. BRIDGE is the folder with launch.exe. Without root they run on
# the folder of BUILD, and without Wine they are only built.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=tests/bridge/wine.sh
. "$root/tests/bridge/wine.sh"
wine_fix_addresses "$0" "$@"
[ $# -ge 2 ] || {
    sed -n '2,9p' "$0" >&2
    exit 2
}
mkdir -p "$1"
build=$(cd "$1" && pwd)
bridge=$(cd "$2" && pwd)
prefix=${3:-$build/prefix}
tools=$root/src/win32/mingw-w64.cmake
rm -rf "${build:?}"/{archive,dll,installed,project}*

passed=0
failed=0

fail()
{
    echo "FAILED: $*"
    failed=$((failed + 1))
}

pass()
{
    passed=$((passed + 1))
}

# --- what is installed --------------------------------------------------------

# library KIND OPTION...: builds and installs below BUILD/installed-KIND.
library()
{
    local kind=$1
    shift
    cmake -S "$root" -B "$build/$kind" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_TOOLCHAIN_FILE="$tools" -DREFLINK_TESTS=OFF \
        -DCMAKE_COMPILE_WARNING_AS_ERROR=ON "$@"
    cmake --build "$build/$kind"
    cmake --install "$build/$kind" --prefix "$build/installed-$kind"
}

expect_files()
{
    local folder=$1 name
    shift
    for name in "$@"; do
        if [ -s "$folder/$name" ]; then pass; else fail "no $name in $folder"; fi
    done
}

common=(bin/reflink.exe bin/reflink-check.exe include/reflink/reflink.h
    include/reflink/output.schema.json lib/cmake/reflink/reflink-config.cmake
    lib/cmake/reflink/reflink-config-version.cmake
    lib/cmake/reflink/reflink-targets.cmake lib/pkgconfig/reflink.pc
    share/doc/reflink/README.md share/doc/reflink/LICENSE
    share/doc/reflink/manual.md share/doc/reflink/library.md
    share/reflink/completion.ps1)

library archive
expect_files "$build/installed-archive" "${common[@]}" lib/libreflink.a
library dll -DBUILD_SHARED_LIBS=ON
expect_files "$build/installed-dll" "${common[@]}" bin/reflink.dll \
    lib/libreflink.dll.a

# The DLL exports what its list says, and needs only the system's own.
objdump=x86_64-w64-mingw32-objdump
$objdump -p "$build/installed-dll/bin/reflink.dll" >"$build/dll.txt"
awk '/^ *[A-Z]/ { on = 0 } on && /^\t\[/ { print $NF }
    /\[Ordinal\/Name Pointer\] Table/ { on = 1 }' "$build/dll.txt" |
    sort >"$build/exported.txt"
sed -n 's/^ *\(reflink_[a-z_]*\)$/\1/p' "$root/src/win32/reflink.def" |
    sort >"$build/wanted.txt"
if diff "$build/wanted.txt" "$build/exported.txt"; then
    pass
else
    fail "the DLL exports something else"
fi
if sed -n 's/.*DLL Name: //p' "$build/dll.txt" |
    grep -vixE '(kernel32|ntdll|advapi32|msvcrt|ucrtbase|api-ms-win-crt-.*)\.dll'
then
    fail "the DLL needs another"
else
    pass
fi

# What a library may not do to the program that it is a part of.
x86_64-w64-mingw32-nm "$build/installed-archive/lib/libreflink.a" \
    >"$build/symbols.txt"
if grep -E '(SetConsoleCtrlHandler|SetErrorMode|SetDefaultDllDirectories|HeapSetInformation|SetCurrentDirectory[AW]|(Exit|Terminate)Process|abort|exit|_dowildcard)$' \
    "$build/symbols.txt"; then
    fail "the library touches the process"
else
    pass
fi

# --- programs that use it -----------------------------------------------------

cxx=$(command -v x86_64-w64-mingw32-g++) ||
    echo "skipped: C++ programs that use the library: no g++ for MinGW-w64"

# project NAME HOW OPTION...: builds the consumers in BUILD/project-NAME.
project()
{
    local name=$1 how=$2
    shift 2
    if cmake -S "$here" -B "$build/project-$name" -G Ninja \
        -DCMAKE_TOOLCHAIN_FILE="$tools" -DCMAKE_BUILD_TYPE=Debug \
        ${cxx:+"-DCMAKE_CXX_COMPILER=$cxx"} \
        -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=BOTH \
        -DCMAKE_C_FLAGS="-Wall -Wextra -Wpedantic" \
        -DCMAKE_COMPILE_WARNING_AS_ERROR=ON -DHOW="$how" "$@" &&
        cmake --build "$build/project-$name"; then
        pass
    else
        fail "$name: not built"
    fi
}

project archive find_package -DWANTED=0.2 \
    -DCMAKE_PREFIX_PATH="$build/installed-archive"
project dll find_package -DWANTED=0.2 \
    -DCMAKE_PREFIX_PATH="$build/installed-dll"
project subdirectory add_subdirectory -DREFLINK_SOURCES="$root"
project fetched FetchContent -DREFLINK_SOURCES="$root"
cp "$build/installed-dll/bin/reflink.dll" "$build/project-dll/"

# Before 1.0, another minor version may have another interface.
for version in 0.1 0.3 1.0; do
    if cmake -S "$here" -B "$build/project-$version" -G Ninja \
        -DCMAKE_TOOLCHAIN_FILE="$tools" -DHOW=find_package -DWANTED=$version \
        -Dreflink_DIR="$build/installed-archive/lib/cmake/reflink" \
        >"$build/version.txt" 2>&1; then
        fail "it is taken for version $version"
    elif grep -q 'requested version' "$build/version.txt"; then
        pass
    else
        cat "$build/version.txt"
        fail "version $version: refused for another reason"
    fi
done

if command -v pkg-config >/dev/null; then
    for kind in archive dll; do
        export PKG_CONFIG_LIBDIR=$build/installed-$kind/lib/pkgconfig
        # shellcheck disable=SC2046 # words, not one
        if x86_64-w64-mingw32-gcc -std=c11 "$here/consumer.c" \
            -o "$build/pkg-config-$kind.exe" \
            $(pkg-config --define-prefix --cflags --libs reflink); then
            pass
        else
            fail "pkg-config, $kind: not built"
        fi
    done
else
    echo "skipped: pkg-config: not installed"
fi

# Each language that includes the header takes it as it is.
for standard in c11 c17; do
    echo '#include <reflink/reflink.h>' | x86_64-w64-mingw32-gcc -x c \
        -std=$standard -Wall -Wextra -pedantic-errors -Werror -fsyntax-only \
        -I"$root/include" - && pass || fail "the header, $standard"
done
if [ -n "$cxx" ]; then
    for standard in c++11 c++17 c++20; do
        echo '#include <reflink/reflink.h>
reflink_policy policy = REFLINK_POLICY_INIT;' | x86_64-w64-mingw32-g++ -x c++ \
            -std=$standard -Wall -Wextra -pedantic-errors -Werror \
            -fsyntax-only -I"$root/include" - && pass ||
            fail "the header, $standard"
    done
fi
# Structs laid out by shorter enums are refused.
if echo '#include <reflink/reflink.h>' | x86_64-w64-mingw32-gcc -x c \
    -fshort-enums -fsyntax-only -I"$root/include" - 2>/dev/null; then
    fail "the header, -fshort-enums"
else
    pass
fi

# The program of the page about the library.
if python3 "$here/readme.py" c >"$build/readme.c" &&
    x86_64-w64-mingw32-gcc -std=c11 -Wall -Wextra -Werror -municode -static \
        -I"$root/include" "$build/readme.c" -o "$build/readme.exe" \
        "$build/installed-archive/lib/libreflink.a" -lntdll; then
    pass
else
    fail "the page's program is not built"
fi

# --- and run ------------------------------------------------------------------

finish()
{
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

wine_find || {
    echo "skipped: consumers are not run: no Wine"
    finish
    exit
}
volume=$build/volume
mkdir -p "$volume"
support=copies
# shellcheck disable=SC2317 # a trap calls it
clean_up()
{
    wine_release
    wine_end
    mountpoint -q "$volume" && umount "$volume"
    rm -rf "$volume" "$build/image"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
truncate -s 1G "$build/image"
if mkfs.xfs -q -f -m reflink=1 "$build/image" 2>/dev/null &&
    mount -o loop "$build/image" "$volume" 2>/dev/null; then
    support=clones
fi
wine_prefix "$prefix"
wine_drive w "$volume"
wine_keep

# run NAME PROGRAM ...: a consumer in a fresh folder of the volume.
run()
{
    local name=$1
    shift
    mkdir -p "$volume/$name"
    if wine_run "$bridge/launch.exe" "$@" >"$build/$name.out" 2>&1; then
        pass
    else
        cat "$build/$name.out"
        fail "$name: run"
    fi
}

for name in archive dll subdirectory fetched; do
    run $name "$build/project-$name/consumer.exe" "w:\\$name" $support
    if [ -e "$build/project-$name/consumer_cpp.exe" ]; then
        run $name "$build/project-$name/consumer_cpp.exe" \
            "w:\\$name\\source" "w:\\$name\\from-cpp"
        grep -qE 'clone|copy' "$build/$name.out" || fail "$name: C++ says less"
    fi
done
run readme "$build/readme.exe" 'w:\archive\source' 'w:\readme\dest'
grep -qE '^(clone|copy): 16777216 bytes' "$build/readme.out" ||
    fail "the page's program says less"
run layout "$build/project-dll/layout.exe"
if python3 "$here/readme.py" layout "$build/layout.out"; then
    pass
else
    fail "the page's structs are laid out otherwise"
fi
finish
