#!/usr/bin/env bash
# format.sh [--fix]: checks that all C sources are formatted as .clang-format
# says, or formats them. Another version of clang-format formats differently,
# so any other than the one that .clang-format was written for is refused: exit
# code 77, a skip.
set -euo pipefail
cd "$(dirname "$0")/.."
version=14

found=$(clang-format --version 2>/dev/null |
    sed -nE 's/.*version ([0-9]+).*/\1/p')
if [ "$found" != $version ]; then
    echo "skipped: format: clang-format $version is needed," \
        "and here is ${found:-none}"
    exit 77
fi
mode=(--dry-run --Werror)
[ "${1:-}" != --fix ] || mode=(-i)
git ls-files -z --cached --others --exclude-standard '*.c' '*.h' |
    xargs -0 clang-format "${mode[@]}"
