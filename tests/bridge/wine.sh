# shellcheck shell=sh
# Helpers to run Windows programs under Wine from a shell script; source it.
#
#   wine_fix_addresses "$0" "$@"
#                         starts the script anew without address randomisation
#   wine_find             sets WINE and WINESERVER; false if there is no Wine
#   wine_prefix FOLDER    makes FOLDER a prefix (about 10 s; at once if it is
#                         one already) and uses it from here on
#   wine_keep             keeps a Wine process alive in the background, so that
#                         a start takes 0.04 s instead of 0.5 s
#   wine_release          ends what wine_keep started
#   wine_end              waits until the prefix's Wine server has ended, and
#                         calls:
#   wine_forget_server PREFIX
#                         removes the folder of a server that has ended
#   wine_drive X FOLDER   makes FOLDER drive X:
#   wine_run PROGRAM ...  runs a program; its exit code is the answer
#
# Wine's background processes inherit the standard handles of whatever starts
# them, and a reader of such a pipe waits for its end for seconds. So all that
# may start them has its handles redirected here, and the caller of wine_run
# should send its output to files, or call wine_keep before.

# Wine maps a page at the address 0x7ffe0000 when a process starts. Linux puts
# the heap of Wine's preloader at random into the gibibyte above 0x7d000000, and
# where it covers that page, the process ends with 1 and, unless the channel
# err:virtual is on, without a word ("failed to map the shared user data:
# c0000018"). That hit 2 of 20,000 starts of reflink.exe, and 2 of 20,000 of a
# program that does nothing; without randomisation the heap is never there.
wine_fix_addresses()
{
    [ -z "${WINE_ADDRESSES_FIXED:-}" ] || return 0
    export WINE_ADDRESSES_FIXED=1
    if setarch -R true 2>/dev/null; then
        exec setarch -R "$@"
    fi
    echo "Wine: one start in some thousands will fail: this system does not" \
        "let address randomisation be switched off" >&2
}

wine_find()
{
    for WINE in "${WINE:-}" "$(command -v wine64)" /usr/lib/wine/wine64 \
        "$(command -v wine)"; do
        [ -n "$WINE" ] && [ -x "$WINE" ] && break
        WINE=
    done
    for WINESERVER in "${WINESERVER:-}" "$(command -v wineserver)" \
        /usr/lib/wine/wineserver; do
        [ -n "$WINESERVER" ] && [ -x "$WINESERVER" ] && break
        WINESERVER=
    done
    export WINE WINESERVER
    [ -n "$WINE" ] && [ -n "$WINESERVER" ]
}

wine_prefix()
{
    # Where it is set, Debian's Wine 10 dies: "free(): invalid pointer".
    unset TMPDIR
    mkdir -p "$1" || return 1
    WINEPREFIX=$(cd "$1" && pwd)
    WINEARCH=win64
    WINEDEBUG=${WINEDEBUG:--all}
    # No questions about Mono and Gecko, no entries in the desktop's menus.
    WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe='
    export WINEPREFIX WINEARCH WINEDEBUG WINEDLLOVERRIDES
    [ -e "$WINEPREFIX/complete" ] && return 0
    (
        cd "$WINEPREFIX" || exit 1
        exec </dev/null >wineboot.log 2>&1
        "$WINE" wineboot -i || exit 1
        # Wine 8 poses as Windows 7 unless told otherwise.
        "$WINE" reg add 'HKCU\Software\Wine' /v Version /d win10 /f || exit 1
        # Until this returns, the registry is in memory only.
        "$WINESERVER" -w
        : >complete
    ) || {
        cat "$WINEPREFIX/wineboot.log" >&2
        return 1
    }
}

# cmd.exe waits for input that never comes: the pipe's other end is held by
# `sleep`, and when that is ended, cmd.exe reads the end and goes by itself.
wine_keep()
{
    wine_pipe=$WINEPREFIX/keep.$$
    rm -f "$wine_pipe"
    mkfifo "$wine_pipe" || return 1
    (cd "$WINEPREFIX" && exec sleep 86400) \
        </dev/null >"$wine_pipe" 2>/dev/null &
    wine_sleep_id=$!
    (cd "$WINEPREFIX" && exec "$WINE" cmd.exe) \
        <"$wine_pipe" >/dev/null 2>&1 &
    wine_cmd_id=$!
    "$WINE" cmd.exe /c exit </dev/null >/dev/null 2>&1
}

wine_release()
{
    [ -n "${wine_sleep_id:-}" ] || return 0
    kill "$wine_sleep_id" 2>/dev/null
    wait "$wine_sleep_id" "$wine_cmd_id" 2>/dev/null
    rm -f "$wine_pipe"
    wine_sleep_id=
}

wine_end()
{
    timeout 20 "$WINESERVER" -w 2>/dev/null || "$WINESERVER" -k || true
    wine_forget_server "$WINEPREFIX"
}

# Wine's server leaves the folder of its socket behind. Debian's is /tmp/NAME,
# with the NAME in the file PREFIX/wineserver; others' is named by the prefix.
wine_forget_server()
{
    if [ -s "$1/wineserver" ]; then
        rm -rf "/tmp/$(cat "$1/wineserver")"
    elif [ -d "$1" ]; then
        rm -rf "/tmp/.wine-$(id -u)/server-$(printf '%x-%x' \
            "$(stat -c %d "$1")" "$(stat -c %i "$1")")"
        rmdir "/tmp/.wine-$(id -u)" 2>/dev/null || true
    fi
}

wine_drive()
{
    ln -sfn "$2" "$WINEPREFIX/dosdevices/$1:"
}

wine_run()
{
    "$WINE" "$@" </dev/null
}
