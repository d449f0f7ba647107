"""A TCP relay between the redirector and the server: it counts what goes over
the wire, makes it as slow as a test asks for, and makes it fail at the moment
that a test asks for."""

import collections
import select
import socket
import struct
import threading
import time

SMB2_CREATE = 5
SMB2_IOCTL = 11
DUPLICATE_EXTENTS = 0x00098344
SRV_COPYCHUNK = 0x001440F2
IS_RESPONSE = 1

# What the commands are called in counts (MS-SMB2 2.2.1.2).
NAMES = (
    "negotiate session-setup logoff tree-connect tree-disconnect create close "
    "flush read write lock ioctl cancel echo query-directory change-notify "
    "query-info set-info oplock-break"
).split()

# The moments at which a fault can strike, counted in requests to clone or to
# copy; the last one in opens that succeeded.
REQUEST = "request"  # the request does not reach the server
REPLY = "reply"  # the server has answered, the answer is lost
BETWEEN = "between"  # the answer has arrived, the next request not begun
OPENED = "opened"  # a file is open, and nothing has been asked of it yet


class Frames:
    """Cuts a byte stream into SMB messages: four bytes of length each."""

    def __init__(self):
        self.buffer = b""

    def add(self, data):
        self.buffer += data
        while len(self.buffer) >= 4:
            size = 4 + struct.unpack(">I", self.buffer[:4])[0]
            if len(self.buffer) < size:
                return
            yield self.buffer[:size]
            self.buffer = self.buffer[size:]


def message_id(frame):
    return frame[28:36]


def control_code(frame):
    """The code of a message that is a control request, or 0. It is signed, and
    so not to be changed on its way, but it is in the clear."""
    if len(frame) < 76 or frame[4:8] != b"\xfeSMB":
        return 0
    command, _, flags = struct.unpack("<HHI", frame[16:24])
    if command != SMB2_IOCTL or flags & IS_RESPONSE:
        return 0
    return struct.unpack("<I", frame[72:76])[0]


def kind(frame):
    """What a message to the server asks for: the command; with it the class of
    the information (MS-FSCC 2.4, 2.5), or the control code."""
    number = struct.unpack("<H", frame[16:18])[0] if len(frame) >= 72 else -1
    if not 0 <= number < len(NAMES):
        return "other"
    if NAMES[number] == "query-info":
        return ("query-file-%d" if frame[70] == 1 else "query-volume-%d") % frame[71]
    if NAMES[number] == "set-info":
        return "set-file-%d" % frame[71]
    code = control_code(frame)
    return f"ioctl-{code:x}" if code else NAMES[number]


def has_opened(frame):
    """Whether a message says that a file was opened."""
    if len(frame) < 68 or frame[4:8] != b"\xfeSMB":
        return False
    status, command, _, flags = struct.unpack("<IHHI", frame[12:24])
    return command == SMB2_CREATE and flags & IS_RESPONSE and status == 0


class Fault:
    """At the `nth` request to clone or copy (or open) from now, at this moment: `strike`
    is called, and then the connection is cut, goes silent, or is left alone."""

    CUTS, SILENT, LEAVES = range(3)

    def __init__(self, moment, nth, strike, ends):
        self.moment = moment
        self.left = nth
        self.strike = strike
        self.ends = ends
        self.awaited = None  # the message whose answer it waits for

    def meets_request(self, frame):
        if self.moment == OPENED or control_code(frame) not in (
            DUPLICATE_EXTENTS,
            SRV_COPYCHUNK,
        ):
            return False
        self.left -= 1
        if self.left != 0:
            return False
        if self.moment == REQUEST:
            return True
        self.awaited = message_id(frame)
        return False

    def meets_reply(self, frame):
        if self.moment == OPENED:
            self.left -= bool(has_opened(frame))
            return self.left == 0
        return self.awaited is not None and message_id(frame) == self.awaited


class Proxy:
    """Listens on `port`; each connection gets one to `server_port`."""

    def __init__(self, server_port):
        self.server_port = server_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.bytes = 0
        self.clones = 0
        self.copies = 0
        self.connections = 0
        self.requests = collections.Counter()  # messages to the server
        self.delay = 0  # seconds that each message takes, either way
        self.fault = None
        self.faults_met = 0
        self.pairs = []
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, fault):
        with self.lock:
            self.fault = fault
            self.faults_met = 0

    def take_requests(self):
        """The requests by kind, and counts from 0 again."""
        with self.lock:
            counts, self.requests = self.requests, collections.Counter()
        return counts

    def cut(self):
        """Ends all connections, now."""
        with self.lock:
            for pair in self.pairs:
                for end in pair:
                    try:
                        end.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass  # it has ended already
            self.pairs = []

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client):
        try:
            server = socket.create_connection(("127.0.0.1", self.server_port), 5)
        except OSError:
            client.close()
            return
        with self.lock:
            self.connections += 1
            self.pairs.append((client, server))
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._pump(client, server)
        except OSError:
            pass  # one end has gone: so does the other
        client.close()
        server.close()

    def _pump(self, client, server):
        frames = {client: Frames(), server: Frames()}
        while True:
            for end in select.select([client, server], [], [])[0]:
                data = end.recv(1 << 16)
                if not data:
                    return
                for frame in frames[end].add(data):
                    if not self._pass(frame, client, server, end is client):
                        return

    def _pass(self, frame, client, server, to_server):
        """Sends a message on; false if the connection is to end."""
        peer = server if to_server else client
        with self.lock:
            fault = self.fault
            self.bytes += len(frame)
            if to_server:
                self.requests[kind(frame)] += 1
                self.clones += control_code(frame) == DUPLICATE_EXTENTS
                self.copies += control_code(frame) == SRV_COPYCHUNK
            meets = fault and (
                fault.meets_request(frame) if to_server else fault.meets_reply(frame)
            )
            if meets:
                self.fault = None
        if self.delay:
            time.sleep(self.delay)
        if not meets:
            peer.sendall(frame)
            return True
        if fault.moment in (BETWEEN, OPENED):
            peer.sendall(frame)
        self.faults_met += 1
        fault.strike()
        while fault.ends == Fault.SILENT and client.recv(1 << 16):
            pass  # until it gives up
        return fault.ends == Fault.LEAVES
