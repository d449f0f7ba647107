# shellcheck shell=bash
# One Wine session on the test volumes; source it after setting `root`, the
# source tree.
#
#   session_start BUILD FOLDER   volumes below FOLDER, a prefix in BUILD/wine,
#                                a Wine process kept alive, drive letters, and
#                                E2E_ variables that tell where all this is
#   session_wine PREFIX FOLDER   of that, the part with Wine only
#   session_end                  undoes that; call it from a trap
#   as_owner COMMAND...          runs it without root's right to pass over
#                                file permissions, for a read-only file to be
#                                read-only
#
# What is missing (root, loop devices, Wine) is left out: E2E_WHY_NOT says why.

# shellcheck source=tests/bridge/wine.sh
. "${root:?}/tests/bridge/wine.sh"

session_folder=
session_drives="P=E2E_XFS4K Q=E2E_XFS64K R=E2E_BTRFS S=E2E_PLAIN T=E2E_OTHER
U=E2E_TINY V=E2E_EXFAT X=E2E_XFS4K"

as_owner()
{
    local less=-dac_override,-dac_read_search
    if setpriv --bounding-set $less true 2>/dev/null; then
        setpriv --bounding-set $less "$@"
    else
        "$@"
    fi
}

session_volumes()
{
    local line
    while IFS= read -r line; do
        export "${line?}"
    done < <("$root/tests/e2e/volumes.sh" up "$session_folder/volumes")
    # Without root, plain copies and bad input can still be tested.
    if [ -z "${E2E_PLAIN:-}" ]; then
        export E2E_PLAIN="$session_folder/plain"
        mkdir -p "$E2E_PLAIN"
    fi
}

# A drive letter, and the UNC path //e2e/NAME, NAME as the tests know it.
session_drive()
{
    local letter=$1 folder=$2 name
    name=$(tr '[:upper:]' '[:lower:]' <<<"${3#E2E_}")
    wine_drive "${letter,,}" "$folder"
    mkdir -p "$WINEPREFIX/dosdevices/unc/e2e"
    ln -sfn "$folder" "$WINEPREFIX/dosdevices/unc/e2e/$name"
}

session_wine()
{
    local drive variable
    session_folder=$2
    wine_find || {
        session_why_not="Wine is not installed"
        return 1
    }
    wine_prefix "$1" || {
        session_why_not="Wine makes no prefix here"
        return 1
    }
    for drive in $session_drives; do
        variable=${drive#*=}
        [ -z "${!variable:-}" ] ||
            session_drive "${drive%%=*}" "${!variable}" "$variable"
    done
    session_keep
    export E2E_WINE=$WINE
    E2E_WINE_VERSION=$("$WINE" --version 2>/dev/null)
    export E2E_WINE_VERSION
}

# The kept process starts the Wine server, which opens all files: so that is
# what must not pass over permissions.
session_keep()
{
    session_pipe=$session_folder/keep
    mkfifo "$session_pipe"
    sleep 86400 >"$session_pipe" 2>/dev/null &
    session_sleep=$!
    as_owner "$WINE" cmd.exe <"$session_pipe" >/dev/null 2>&1 &
    session_cmd=$!
    as_owner "$WINE" cmd.exe /c exit </dev/null >/dev/null 2>&1
}

session_start()
{
    local build=$1
    session_folder=$(mktemp -d "${2:-/tmp}/reflink-e2e.XXXXXX")
    session_volumes
    export E2E_DESK=$session_folder
    export REFLINK_BRIDGE_NTFS_RULES=on
    export E2E_REFLINK=${E2E_REFLINK:-$build/mingw/reflink.exe}
    export E2E_LAUNCH=${E2E_LAUNCH:-$build/mingw/bridge/launch.exe}
    export E2E_HOLD=${E2E_HOLD:-$build/mingw/e2e/hold.exe}
    export E2E_ODD=${E2E_ODD:-$build/mingw/e2e/odd.exe}
    export E2E_LOAD=${E2E_LOAD:-$build/mingw/e2e/load.exe}
    export E2E_DLL=${E2E_DLL:-$build/mingw/e2e/planted.dll}
    export E2E_RIGHTS=${E2E_RIGHTS:-$build/mingw/e2e/rights.exe}
    export E2E_CHECK=${E2E_CHECK:-$build/mingw/reflink-check.exe}
    export E2E_NOTHING=${E2E_NOTHING:-$build/mingw/bench/nothing.exe}
    if ! session_wine "$build/wine" "$session_folder"; then
        export E2E_WHY_NOT="${E2E_WHY_NOT:-$session_why_not}"
    fi
}

# The end of the kept process ends the server, once its last client is gone.
# A test that was killed may leave one behind, so that is not waited for long.
session_end()
{
    if [ -n "${session_sleep:-}" ]; then
        kill "$session_sleep" 2>/dev/null || true
        wait "$session_sleep" "$session_cmd" 2>/dev/null || true
        wine_end
        session_sleep=
    fi
    if [ -n "$session_folder" ]; then
        "$root/tests/e2e/volumes.sh" down "$session_folder/volumes"
        rm -rf "$session_folder"
        session_folder=
    fi
}
