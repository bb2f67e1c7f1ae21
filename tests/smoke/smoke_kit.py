# SPDX-License-Identifier: BSD-3-Clause
"""What the smoke tests share: the programs from the command line, a folder that is also the runtime directory, a small
market, a client of the sockets, and waiting."""
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = os.environ.get("WIREBAR_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def programs(n):
    """The first n arguments, which unittest must not see."""
    found = [os.path.abspath(p) for p in sys.argv[1:1 + n]]
    del sys.argv[1:1 + n]
    return found if n > 1 else found[0]


signal.signal(signal.SIGHUP, signal.SIG_DFL)  # below nohup it is ignored, and what a test starts would ignore it

# Other tests run beside, more of them than there are processors: nothing is said of how long something takes.
PATIENCE = 3


def wait_for(what, seconds=60):
    """What becomes true, within so many seconds of a machine that has nothing else to do."""
    end = time.monotonic() + seconds * PATIENCE
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds * PATIENCE} s: {what}")


# Of a configuration: a second venue, on an ingest lcore of its own.
SECOND = """[port second]
files = {captures}
speed = 20x
[lcore ingest1]
stage = ingest
queues = second:0
idle = yield
[link relay_1]
from = ingest1
to = ingest0
depth = 4096
"""


def freeze(pid):
    """Stops a process. Each of its threads stops at its own time: until all have, one of them may still answer."""
    os.kill(pid, signal.SIGSTOP)

    def states():
        for path in glob.glob(f"/proc/{pid}/task/*/stat"):
            try:
                with open(path, encoding="utf-8") as f:
                    yield f.read().rpartition(")")[2].split()[0]
            except (FileNotFoundError, ProcessLookupError):
                pass  # a thread that ended

    wait_for(lambda: set(states()) <= {"T", "Z"})


def market(marketgen, out, *options):
    """Generates OUT.* and returns its captures."""
    subprocess.run([marketgen, "--out", out, *options], check=True, stderr=subprocess.DEVNULL)
    return sorted(glob.glob(f"{glob.escape(out)}.*.pcap"))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def socket_of(env, prefix, name="dpdk_telemetry.v2"):
    return os.path.join(env["RUNTIME_DIRECTORY"], "dpdk", prefix, name)


def ask(ctl, env, prefix, *words, **more):
    """What wirebarctl says. Its usual 3 s are for a person; on a loaded machine an lcore may get no time for longer."""
    patience = () if "--timeout" in words else ("--timeout", "25000")
    return subprocess.run([ctl, *patience, "--file-prefix", prefix, *words], capture_output=True, text=True, env=env, timeout=60,
                          stdin=subprocess.DEVNULL, check=False, **more)


class Socket:
    """A client of the telemetry or the control socket. OSError when there is none, or it has no room."""

    def __init__(self, path, timeout=10):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.settimeout(timeout)
        try:
            self.sock.connect(path)
            self.greeting = json.loads(self.sock.recv(4096))
        except (OSError, ValueError) as error:
            self.sock.close()
            raise OSError(path) from error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, request):
        self.sock.send(request if isinstance(request, bytes) else request.encode())
        self.reply = self.sock.recv(65536)
        return json.loads(self.reply)

    def ask(self, path):
        return self.send(path)[path.split(",")[0]]

    def close(self):
        self.sock.close()


def asked(path, request):
    """The answer of a process that may not be there yet, or no more: None."""
    try:
        with Socket(path) as s:
            return s.ask(request)
    except (OSError, ValueError, KeyError):
        return None


class Folder(unittest.TestCase):
    """A folder for all tests of a class, in which programs also keep their sockets."""

    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp(prefix="wirebar-smoke-")
        os.chmod(cls.dir, 0o755)
        cls.env = dict(os.environ, RUNTIME_DIRECTORY=cls.dir)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir, ignore_errors=True)

    def fresh(self):
        """From here on a folder of this test's own."""
        self.dir = tempfile.mkdtemp(dir=type(self).dir)
        self.env = dict(os.environ, RUNTIME_DIRECTORY=self.dir)

    def path(self, name, text=None):
        path = os.path.join(self.dir, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        return path

    def read(self, path):
        with open(path, "rb") as f:
            return f.read()
