"""A Samba server of the test's own: on a loopback port, with its own
configuration and folders, and as a process group that can be killed like a
machine that loses power."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time

PASSWORD = "old shares, new bytes"

# Dialect and signing are what a Windows client of today asks for. Nothing is
# encrypted, so that the relay can tell requests apart. The rest
# keeps the server to itself: no printers, no NetBIOS, nothing but loopback.
GLOBAL = """[global]
    server role = standalone server
    netbios name = {name}
    workgroup = TEST
    server min protocol = SMB3_11
    server signing = mandatory
    server smb encrypt = off
    interfaces = lo
    bind interfaces only = yes
    smb ports = {port}
    disable netbios = yes
    disable spoolss = yes
    load printers = no
    printcap name = /dev/null
    private dir = {folder}/private
    lock directory = {folder}/lock
    state directory = {folder}/state
    cache directory = {folder}/cache
    pid directory = {folder}/pid
    ncalrpc dir = {folder}/ncalrpc
    log file = {folder}/log
    max log size = 0
    log level = 1
    passdb backend = tdbsam
"""

SHARE = """[{name}]
    path = {path}
    read only = {read_only}
    vfs objects = {modules}
    volume serial number = {serial}
    access based share enum = no
"""


PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def why_not():
    """Why there can be no server here; empty if there can."""
    smbd = shutil.which("smbd", path=PATH)
    if smbd is None or shutil.which("smbpasswd", path=PATH) is None:
        return "no smbd, or no smbpasswd (samba)"
    built = subprocess.run([smbd, "-b"], stdout=subprocess.PIPE, check=True)
    folders = [
        line.split(":", 1)[1].strip()
        for line in built.stdout.decode().splitlines()
        if line.strip().startswith("MODULESDIR:")
    ]
    if not any(os.path.exists(f"{folder}/vfs/btrfs.so") for folder in folders):
        return "smbd has no module btrfs (samba-vfs-modules)"
    return ""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Share:
    """A folder that the server offers."""

    def __init__(self, name, path, modules, serial):
        self.name = name
        self.path = path
        self.modules = modules
        self.serial = serial
        self.read_only = False

    def text(self):
        return SHARE.format(
            name=self.name,
            path=self.path,
            modules=self.modules,
            serial=self.serial,
            read_only="yes" if self.read_only else "no",
        )


class Samba:
    """The server; `shares` may be changed, and write() called then."""

    def __init__(self, folder, shares):
        self.folder = folder
        self.shares = {share.name: share for share in shares}
        self.port = free_port()
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.process = None
        for name in ("private", "lock", "state", "cache", "pid", "ncalrpc"):
            os.makedirs(os.path.join(folder, name), exist_ok=True)
        os.chmod(os.path.join(folder, "private"), 0o700)
        self.config = os.path.join(folder, "smb.conf")
        self.write()
        self._passwd("-s", "-a", self.user, text=2 * (PASSWORD + "\n"))

    def write(self):
        """Writes the configuration; a running server reads it when told to."""
        text = GLOBAL.format(name="CLONES", port=self.port, folder=self.folder)
        text += "".join(share.text() for share in self.shares.values())
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    @staticmethod
    def _run(program, *words, text=""):
        subprocess.run(
            [shutil.which(program, path=PATH), *words],
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=True,
            timeout=20,
        )

    def _passwd(self, *words, text=""):
        self._run("smbpasswd", "-c", self.config, *words, text=text)

    def _control(self, *words):
        self._run("smbcontrol", "-s", self.config, "smbd", *words)

    def start(self):
        """The server ends by itself when it reads the end of its input, and
        so never outlives this process, however that ends."""
        with open(os.path.join(self.folder, "smbd.out"), "ab") as out:
            self.process = subprocess.Popen(
                [
                    shutil.which("smbd", path=PATH),
                    "--foreground",
                    "--no-process-group",
                    "--configfile=" + self.config,
                ],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        end = time.monotonic() + 15
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError("smbd does not start: see " + self.folder)

    def kill(self):
        """Ends the server at once, and every process it has made."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process = None

    def reload(self):
        self._control("reload-config")

    def close_share(self, name):
        """Has the server end all that is connected to a share."""
        self._control("close-share", name)

    def enable_user(self, on):
        self._passwd("-e" if on else "-d", self.user)
