# SPDX-License-Identifier: BSD-3-Clause
"""A Redis server for a test, and a client that speaks RESP over a plain socket: what a consumer needs, without a package.
arrow reads the Arrow streams that wirebar writes."""
import os
import shutil
import signal
import socket
import subprocess
import sys

from smoke_kit import SOURCE, freeze, wait_for

sys.path.insert(0, os.path.join(SOURCE, "app", "jetstream"))
from arrow_rows import arrow  # noqa: E402,F401  pylint: disable=wrong-import-position,unused-import

SERVER = shutil.which("redis-server")


class Redis:
    """A server on a unix socket in a folder. stop, go_on, kill, start: as an operator, or fate."""

    def __init__(self, folder, *options):
        self.path, self.folder, self.options, self.process = os.path.join(folder, "redis.sock"), folder, options, None
        self.start()

    def start(self):
        self.process = subprocess.Popen([SERVER, "--port", "0", "--unixsocket", self.path, "--dir", self.folder, "--save", "",
                                         *self.options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.answers)

    def answers(self):
        try:
            with Client(self.path) as c:
                return "LOADING" not in str(c("PING"))
        except OSError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()
        if os.path.exists(self.path):
            os.unlink(self.path)

    def stop(self):
        freeze(self.process.pid)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def client(self, password=None):
        c = Client(self.path)
        if password:
            c("AUTH", password)
        return c


class Error(str):
    """An answer that is an error."""


class Client:
    """Commands and answers; strings are bytes."""

    def __init__(self, path, timeout=20):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(timeout)
        try:
            self.sock.connect(path)
        except OSError:
            self.sock.close()
            raise
        self.file = self.sock.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.sock.close()

    def __call__(self, *words):
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        self.sock.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        return self.answer()

    def answer(self):
        line = self.file.readline()
        if not line:
            raise OSError("the server is gone")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            return Error(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        return None if rest == b"-1" else [self.answer() for _ in range(int(rest))]

    def entries(self, stream, start="-"):
        """All entries of a stream as (id, {name: value})."""
        found = self("XRANGE", stream, start, "+")
        return [(i.decode(), fields(f)) for i, f in found]

    def hash(self, key):
        return fields(self("HGETALL", key))


def fields(flat):
    return {flat[i].decode(): flat[i + 1].decode() for i in range(0, len(flat), 2)}
