#!/usr/bin/env bash
# setup.sh: installs what building and testing needs and a fresh Debian or
# Ubuntu lacks. Does nothing where all is there. Where it may not install
# (no root, no sudo, no apt-get) it says what is missing; the tests that need
# it are then skipped.
set -euo pipefail

packages=(
    gcc clang clang-format cmake ninja-build git # to build
    gcc-mingw-w64-x86-64                         # ... for Windows
    libcriterion-dev                             # to test
    wine wine64                                  # to run what is for Windows
    xfsprogs btrfs-progs e2fsprogs               # volumes that clone or do not
    attr mount util-linux
    python3-jsonschema                           # holds --json to its schema
    samba samba-vfs-modules python3-impacket     # a real SMB 3.1.1 server
)

is_installed()
{
    dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null |
        grep -qx installed
}

missing=()
for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "setup: all packages are there"
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo -n)
fi
if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
    echo "setup: cannot install here; missing: ${missing[*]}"
    exit 0
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt()
{
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" \
        </dev/null >>"$log" 2>&1
}

echo "setup: installing ${missing[*]}"
if ! { apt update &&
    apt install -y --no-install-recommends "${missing[@]}"; }; then
    tail -20 "$log" >&2
    echo "setup: apt-get failed; missing: ${missing[*]}" >&2
    exit 1
fi
