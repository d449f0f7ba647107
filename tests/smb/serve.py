#!/usr/bin/env python3
"""serve.py FOLDER NAME=PATH=MODULES=SERIAL...

A Samba server with these shares, the relay in front of it, and the redirector
behind which the test bridge sees it, all with their files in FOLDER; the
redirector's socket is FOLDER/socket. Lives as long as its standard input, on
which a test says, a line each, what is to happen; every line is answered by
one on standard output, `ok` and what was asked for, or `error` and why.

    count                     bytes on the wire, clone requests, connections,
                              faults met, requests to copy
    requests                  all messages to the server since this was asked
                              last, and how many of each kind; each is a round
                              trip, since the redirector waits for every answer
    delay MS                  each message takes so long from now on, either way
    fault MOMENT NTH WHAT MS  at the NTH request to clone or copy (or open) from
                              now;
                              MOMENT is of proxy.py; WHAT is cut, silent, kill, restart
                              (MS milliseconds later), pause (for MS
                              milliseconds, and then goes on), revoke (the user's right
                              to log on), or a share's name, which becomes
                              read-only
    cut                       the connection, now
    kill, start               the server, at once
    read-only SHARE yes|no    and have its users enter it anew
    user on|off               whether the user may log on
"""

import os
import sys
import threading
import time

from proxy import Fault, Proxy
from samba import PASSWORD, Samba, Share, why_not

try:
    from redirector import Redirector
except ImportError as missing:
    Redirector = None
    MISSING = f"no Python module {missing.name} (python3-impacket)"

# How long the redirector waits for an answer: as Windows does, since a server
# with a busy disk is slow; and where a test has the wire go silent, not long.
ANSWER_SECONDS = 60
SILENT_SECONDS = 1.5


class Stage:
    """What a test directs."""

    def __init__(self, folder, shares):
        self.samba = Samba(folder, shares)
        self.samba.start()
        self.proxy = Proxy(self.samba.port)
        self.patience = ANSWER_SECONDS
        self.redirector = Redirector(
            self.proxy.port, self.samba.user, PASSWORD, lambda: self.patience
        )
        self.redirector.listen(os.path.join(folder, "socket"))

    def count(self):
        proxy = self.proxy
        numbers = (
            proxy.bytes,
            proxy.clones,
            proxy.connections,
            proxy.faults_met,
            proxy.copies,
        )
        return " ".join(str(number) for number in numbers)

    def requests(self):
        counts = self.proxy.take_requests()
        kinds = ", ".join(f"{name} {n}" for name, n in sorted(counts.items()))
        return f"{sum(counts.values())}: {kinds}"

    def delay(self, milliseconds):
        self.proxy.delay = float(milliseconds) / 1000

    def fault(self, moment, nth, what, milliseconds):
        strikes = {
            "cut": lambda: None,
            "silent": lambda: None,
            "kill": self.kill,
            "restart": lambda: self._restart(int(milliseconds) / 1000),
            "revoke": lambda: self.user("off"),
            "pause": lambda: time.sleep(int(milliseconds) / 1000),
        }
        strike = strikes.get(what) or (lambda: self.read_only(what, "yes"))
        ends = Fault.CUTS
        self.patience = SILENT_SECONDS if what == "silent" else ANSWER_SECONDS
        if what == "silent":
            ends = Fault.SILENT
        elif what == "pause" or what not in strikes:
            ends = Fault.LEAVES  # the server itself ends what it has to
        self.proxy.arm(Fault(moment, int(nth), strike, ends))

    def _restart(self, seconds):
        self.samba.kill()
        threading.Timer(seconds, self.samba.start).start()

    def cut(self):
        self.proxy.cut()

    def kill(self):
        self.samba.kill()

    def start(self):
        self.samba.start()

    def read_only(self, share, answer):
        self.samba.shares[share].read_only = answer == "yes"
        self.samba.write()
        self.samba.reload()
        time.sleep(0.05)  # the server does both in its own time
        self.samba.close_share(share)
        time.sleep(0.05)

    def user(self, state):
        self.samba.enable_user(state == "on")


def serve(stage):
    for line in sys.stdin:
        name, *words = line.split()
        try:
            answer = getattr(stage, name.replace("-", "_"))(*words)
            print("ok", answer or "", flush=True)
        except Exception as error:  # the test is to see it, whatever it is
            print("error", repr(error), flush=True)


def main():
    folder, *shares = sys.argv[1:]
    reason = MISSING if Redirector is None else why_not()
    if reason:
        print("skip", reason, flush=True)
        return
    stage = Stage(folder, [Share(*share.split("=")) for share in shares])
    print("ok", flush=True)
    try:
        serve(stage)
    finally:
        stage.kill()
        os._exit(0)  # threads wait for connections


if __name__ == "__main__":
    main()
