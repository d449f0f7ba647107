#!/usr/bin/env bash
# setup.sh [long]: installs what building and testing needs and a fresh Debian
# or Ubuntu lacks; with `long`, what `run.sh long` needs, too. Does nothing where
# all is there. Where it may not install (no root, no sudo, no apt-get) it says
# what is missing; the tests that need it are then skipped.
set -euo pipefail

packages=(
    gcc libc6-dev cmake ninja-build git        # to build
    gcc-mingw-w64-x86-64                       # ... for Windows
    pkgconf python3                            # to find the library; its page
    clang                                      # to hold it to strict C11
    libclang-rt-dev libyajl-dev                # ... and to fuzz it
    libcriterion-dev libssl-dev                # to test
    wine wine64                                # to run what is for Windows
    xfsprogs btrfs-progs e2fsprogs             # volumes that clone or do not
    exfat-fuse exfatprogs
    attr mount util-linux procps
    python3-jsonschema                         # holds --json to its schema
    samba samba-vfs-modules python3-impacket   # a real SMB 3.1.1 server
)
if [ "${1:-}" = long ]; then
    packages+=(clang-format clang-tidy cppcheck shellcheck)
    command -v npm >/dev/null || packages+=(npm)
fi

# Sources of other programs, which not every Debian has.
optional=()
if [ "${1:-}" = long ]; then
    optional+=(golang-go golang-github-git-lfs-git-lfs-dev
        golang-github-avast-retry-go-dev golang-github-syncthing-syncthing-dev)
fi

case ${1:-} in
long | consumers) packages+=(g++-mingw-w64-x86-64) ;;
esac

is_installed()
{
    dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null |
        grep -qx installed
}

missing=()
for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
done
wanted=()
for package in "${optional[@]}"; do
    is_installed "$package" || wanted+=("$package")
done
if [ ${#missing[@]} -eq 0 ] && [ ${#wanted[@]} -eq 0 ]; then
    echo "setup: all packages are there"
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo -n)
fi
if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
    echo "setup: cannot install here; missing: ${missing[*]} ${wanted[*]}"
    exit 0
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt()
{
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" \
        </dev/null >>"$log" 2>&1
}

# The tests start the server that they need. The package would start one of its
# own, now and at each boot, which nobody has asked for: both is prevented where
# the package was not there before.
policy=/usr/sbin/policy-rc.d
keep_quiet()
{
    [[ " ${missing[*]} " == *" samba "* ]] && [ ! -e "$policy" ] || return 0
    trap '"${as_root[@]}" rm -f "$policy"; rm -f "$log"' EXIT
    printf '#!/bin/sh\nexit 101\n' |
        "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
}

disable()
{
    [[ " ${missing[*]} " == *" samba "* ]] || return 0
    command -v systemctl >/dev/null || return 0
    "${as_root[@]}" systemctl disable smbd nmbd samba-ad-dc \
        >>"$log" 2>&1 || true
}

# Of what is optional, those that this Debian has.
known()
{
    local package
    for package in "${wanted[@]}"; do
        ! apt-cache show "$package" >>"$log" 2>&1 || echo "$package"
    done
}

install_all()
{
    local more
    apt update && mapfile -t more < <(known) &&
        apt install -y --no-install-recommends "${missing[@]}" "${more[@]}"
}

echo "setup: installing ${missing[*]} ${wanted[*]}"
keep_quiet
if ! install_all; then
    tail -20 "$log" >&2
    echo "setup: apt-get failed; missing: ${missing[*]}" >&2
    exit 1
fi
disable
