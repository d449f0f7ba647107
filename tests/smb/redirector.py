"""What Windows' redirector is to a program: it stands between the test bridge
(bridge_smb.h has the messages) and a server, speaks SMB 3.1.1 to it, and hands
the server's status back as it is.

All clients share one session, as all programs of one user do. A handle is an
open file on the server, from its creation to its close. When the connection is
lost, every handle on it is lost, too; the next open connects anew. Where there
is no status of a server to hand on, the codes are those with which Windows
answers then.
"""

import os
import select
import socket
import struct
import threading

from Cryptodome.Cipher import AES
from Cryptodome.Hash import CMAC
from impacket import crypto, nmb, smb3structs as smb2
from impacket.smb3 import SessionError
from impacket.smbconnection import SMBConnection
from impacket.smbconnection import SessionError as ConnectionSessionError

SUCCESS = 0
INVALID_HANDLE = 0xC0000008
NETWORK_NAME_DELETED = 0xC00000C9  # the connection has broken
BAD_NETWORK_PATH = 0xC00000BE  # there is no server
IO_TIMEOUT = 0xC00000B5  # there is one, and it does not answer
NOT_SAME_DEVICE = 0xC00000D4
OBJECT_PATH_INVALID = 0xC0000039

DUPLICATE_EXTENTS = 0x00098344
COPYCHUNK = 0x00144418  # a program's code, and the protocol's
SRV_COPYCHUNK = 0x001440F2
CLASS_RENAME = 10
CLASS_LINK = 11
ANSWERED = (SUCCESS, 0x80000005)  # and BUFFER_OVERFLOW: there is a body
MOST = 65536  # bytes of an answer, for one credit

(OPEN, CLOSE, READ, WRITE, QUERY_FILE, QUERY_VOLUME, SET_FILE, CONTROL, FLUSH) = range(9)

REQUEST = struct.Struct("<IIIIIII")  # size, operation, handle, four numbers
REPLY = struct.Struct("<IIII")  # size, status, two numbers


def sign(key, message, length):
    """What impacket does in Python, which takes 20 ms for a piece of a file."""
    return CMAC.new(key, message[:length], ciphermod=AES).digest()


crypto.AES_CMAC = sign


class Lost(Exception):
    """The connection is gone; `status` is what a program is told."""

    def __init__(self, status):
        super().__init__(hex(status))
        self.status = status


class Session:
    """One connection to the server, with the shares entered on it."""

    def __init__(self, port, user, password, patience):
        self.lost = None
        self.trees = {}
        self.patience = patience
        try:
            connection = SMBConnection(
                "127.0.0.1",
                "127.0.0.1",
                sess_port=port,
                preferredDialect=smb2.SMB2_DIALECT_311,
                timeout=patience(),
            )
            self.smb = connection.getSMBServer()
            # impacket 0.10 starts the session's hash from nothing, and so
            # makes wrong keys for 3.1.1 (MS-SMB2 3.2.5.3).
            self.smb._Session["PreauthIntegrityHashValue"] = self.smb._Connection[
                "PreauthIntegrityHashValue"
            ]
            connection.login(user, password)
        except ConnectionSessionError as error:
            raise Lost(error.getErrorCode()) from error
        except nmb.NetBIOSTimeout as error:
            raise Lost(IO_TIMEOUT) from error
        except (OSError, nmb.NetBIOSError) as error:
            raise Lost(BAD_NETWORK_PATH) from error

    def alive(self):
        """Whether the connection stands; asks the system, not the server."""
        if self.lost is None:
            wire = self.smb._NetBIOSSession.get_socket()
            readable = select.select([wire], [], [], 0)[0]
            try:
                if readable and not wire.recv(1, socket.MSG_PEEK):
                    self.lost = NETWORK_NAME_DELETED
            except OSError:
                self.lost = NETWORK_NAME_DELETED
        return self.lost is None

    def exchange(self, command, tree, body):
        """Sends one request; status and body of the answer."""
        packet = self.smb.SMB_PACKET()
        packet["Command"] = command
        packet["TreeID"] = tree
        packet["Data"] = body
        if not self.alive():
            raise Lost(self.lost)
        self.smb.setTimeout(self.patience())
        try:
            answer = self.smb.recvSMB(self.smb.sendSMB(packet))
        except nmb.NetBIOSTimeout as error:
            raise self._end(IO_TIMEOUT) from error
        except (OSError, nmb.NetBIOSError) as error:
            raise self._end(NETWORK_NAME_DELETED) from error
        if answer["Status"] == NETWORK_NAME_DELETED:
            self.forget(tree)
        return answer["Status"], answer["Data"]

    def tree(self, share):
        if share not in self.trees:
            try:
                self.trees[share] = self.smb.connect_tree(share)
            except SessionError as error:
                raise Lost(error.get_error_code()) from error
        return self.trees[share]

    def _end(self, status):
        self.lost = status
        self.close()
        return Lost(status)

    def forget(self, tree):
        """The server has ended what was entered: the next open enters anew."""
        for share in [name for name, number in self.trees.items() if number == tree]:
            del self.trees[share]
            self.smb._Session["TreeConnectTable"].pop(share, None)

    def close(self):
        try:
            self.smb.close_session()
        except (OSError, nmb.NetBIOSError):
            pass  # it was lost


class Handle:
    """An open file on the server."""

    def __init__(self, session, tree, share, file_id):
        self.session = session
        self.tree = tree
        self.share = share
        self.file_id = file_id


def buffer_of(data, offset, size):
    """A part of an answer; the server counts from the message's start."""
    start = offset - 64
    return data[start : start + size]


class Redirector:
    """Answers the bridge, one request at a time."""

    def __init__(self, port, user, password, patience):
        """`patience()`: how many seconds to wait for an answer, now."""
        self.where = (port, user, password, patience)
        self.lock = threading.Lock()
        self.session = None
        self.handles = {}
        self.next = 1

    # -- the bridge's side -------------------------------------------------

    def listen(self, path):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        os.chmod(path, 0o777)
        listener.listen(64)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        """A program's connection; when it ends, so do the program's handles."""
        mine = set()
        with client, client.makefile("rb") as stream:
            while len(head := stream.read(REQUEST.size)) == REQUEST.size:
                size, operation, handle, *numbers = REQUEST.unpack(head)
                data = stream.read(size - REQUEST.size)
                with self.lock:
                    reply = self._answer(operation, handle, numbers, data, mine)
                status, first, second, body = reply
                total = REPLY.size + len(body)
                client.sendall(REPLY.pack(total, status, first, second) + body)
        with self.lock:
            for handle in list(mine):
                self._close(handle, mine)

    def _answer(self, operation, handle, numbers, data, mine):
        """Status, two numbers, body."""
        try:
            if operation == OPEN:
                return self._open(numbers, data.decode("utf-16-le"), mine)
            if operation == CLOSE:
                return self._close(handle, mine)
            opened = self.handles.get(handle)
            if opened is None:
                return INVALID_HANDLE, 0, 0, b""
            return self._request(operation, opened, numbers, data)
        except Lost as lost:
            return lost.status, 0, 0, b""

    def _request(self, operation, opened, numbers, data):
        if operation in (READ, WRITE):
            offset = numbers[0] | numbers[1] << 32
            if operation == READ:
                return self._read(opened, offset, numbers[2])
            return self._write(opened, offset, data)
        if operation == QUERY_FILE:
            return self._query(opened, smb2.SMB2_0_INFO_FILE, *numbers[:2])
        if operation == QUERY_VOLUME:
            return self._query(opened, smb2.SMB2_0_INFO_FILESYSTEM, *numbers[:2])
        if operation == SET_FILE:
            return self._set(opened, numbers[0], data)
        if operation == CONTROL:
            return self._control(opened, numbers, data)
        body = smb2.SMB2Flush()
        body["FileID"] = opened.file_id
        status, _ = opened.session.exchange(smb2.SMB2_FLUSH, opened.tree, body)
        return status, 0, 0, b""

    # -- the server's side -------------------------------------------------

    def _connected(self):
        if self.session is None or not self.session.alive():
            if self.session is not None:
                self.session.close()
                self.session = None
            self.session = Session(*self.where)
        return self.session

    def _open(self, numbers, path, mine):
        access, sharing, disposition, options = numbers
        share, _, name = path.partition("\\")
        if not share:
            return OBJECT_PATH_INVALID, 0, 0, b""
        session = self._connected()
        body = smb2.SMB2Create()
        body["SecurityFlags"] = 0
        body["RequestedOplockLevel"] = smb2.SMB2_OPLOCK_LEVEL_NONE
        body["ImpersonationLevel"] = smb2.SMB2_IL_IMPERSONATION
        body["DesiredAccess"] = access
        body["FileAttributes"] = 0x80
        body["ShareAccess"] = sharing
        body["CreateDisposition"] = disposition
        body["CreateOptions"] = options
        body["NameLength"] = 2 * len(name)
        body["Buffer"] = name.encode("utf-16-le") or b"\0"
        body["CreateContextsOffset"] = 0
        body["CreateContextsLength"] = 0
        tree = session.tree(share)
        status, data = session.exchange(smb2.SMB2_CREATE, tree, body)
        if status != SUCCESS:
            return status, 0, 0, b""
        action = struct.unpack_from("<I", data, 4)[0]
        self.next += 1
        self.handles[self.next] = Handle(session, tree, share, data[64:80])
        mine.add(self.next)
        return SUCCESS, self.next, action, b""

    def _close(self, handle, mine):
        mine.discard(handle)
        opened = self.handles.pop(handle, None)
        if opened is not None:
            body = smb2.SMB2Close()
            body["Flags"] = 0
            body["FileID"] = opened.file_id
            try:
                opened.session.exchange(smb2.SMB2_CLOSE, opened.tree, body)
            except Lost:
                pass  # closed with its connection
        return SUCCESS, 0, 0, b""

    @staticmethod
    def _read(opened, offset, size):
        found = b""
        while len(found) < size:
            body = smb2.SMB2Read()
            body["Padding"] = 0x50
            body["FileID"] = opened.file_id
            body["Length"] = min(size - len(found), MOST)
            body["Offset"] = offset + len(found)
            status, data = opened.session.exchange(smb2.SMB2_READ, opened.tree, body)
            if status != SUCCESS:
                return (SUCCESS if found else status), 0, 0, found
            start, length = struct.unpack_from("<BxI", data, 2)
            found += buffer_of(data, start, length)
        return SUCCESS, 0, 0, found

    @staticmethod
    def _write(opened, offset, data):
        done = 0
        while done < len(data):
            piece = data[done : done + MOST]
            body = smb2.SMB2Write()
            body["FileID"] = opened.file_id
            body["Length"] = len(piece)
            body["Offset"] = offset + done
            body["WriteChannelInfoOffset"] = 0
            body["Buffer"] = piece
            status, answer = opened.session.exchange(
                smb2.SMB2_WRITE, opened.tree, body
            )
            if status != SUCCESS:
                return status, done, 0, b""
            done += struct.unpack_from("<I", answer, 4)[0]
        return SUCCESS, done, 0, b""

    def _query(self, opened, kind, information_class, size):
        body = smb2.SMB2QueryInfo()
        body["FileID"] = opened.file_id
        body["InfoType"] = kind
        body["FileInfoClass"] = information_class
        body["OutputBufferLength"] = min(size, MOST)
        body["InputBufferOffset"] = 0
        body["Buffer"] = "\0"
        status, data = opened.session.exchange(smb2.SMB2_QUERY_INFO, opened.tree, body)
        if status not in ANSWERED:
            return status, 0, 0, b""
        offset, size = struct.unpack_from("<HI", data, 2)
        return status, 0, 0, buffer_of(data, offset, size)

    def _set(self, opened, information_class, data):
        if information_class in (CLASS_RENAME, CLASS_LINK):
            data = self._inside(opened, data)
        body = smb2.SMB2SetInfo()
        body["InfoType"] = smb2.SMB2_0_INFO_FILE
        body["FileInfoClass"] = information_class
        body["BufferLength"] = len(data)
        body["AdditionalInformation"] = 0
        body["FileID"] = opened.file_id
        body["Buffer"] = data
        status, _ = opened.session.exchange(smb2.SMB2_SET_INFO, opened.tree, body)
        return status, 0, 0, b""

    @staticmethod
    def _inside(opened, data):
        """A new name as the server wants it: from the share's root, where
        a program names it from `SHARE` on."""
        size = struct.unpack_from("<I", data, 16)[0]
        share, _, name = data[20 : 20 + size].decode("utf-16-le").partition("\\")
        if share.lower() != opened.share.lower():
            raise Lost(NOT_SAME_DEVICE)
        name = name.encode("utf-16-le")
        return data[:1] + bytes(15) + struct.pack("<I", len(name)) + name

    def _control(self, opened, numbers, data):
        code, output_size, source_handle, _ = numbers
        if code == DUPLICATE_EXTENTS:
            source = self.handles.get(source_handle)
            if source is None or source.session is not opened.session:
                return INVALID_HANDLE, 0, 0, b""
            data = source.file_id + data[8:]
        if code == COPYCHUNK:
            code = SRV_COPYCHUNK
        body = smb2.SMB2Ioctl()
        body["FileID"] = opened.file_id
        body["CtlCode"] = code
        body["MaxInputResponse"] = 0
        body["MaxOutputResponse"] = min(output_size, MOST)
        body["InputCount"] = len(data)
        if not data:
            body["InputOffset"] = 0
        body["Buffer"] = data or b"\0"
        body["OutputOffset"] = 0
        body["Flags"] = smb2.SMB2_0_IOCTL_IS_FSCTL
        status, answer = opened.session.exchange(smb2.SMB2_IOCTL, opened.tree, body)
        if status not in ANSWERED:
            return status, 0, 0, b""
        offset, size = struct.unpack_from("<II", answer, 32)
        return status, 0, 0, buffer_of(answer, offset, size)
