# SPDX-License-Identifier: BSD-3-Clause
"""A Redis server for a test, a client that speaks RESP over a plain socket, and a reader of the Arrow streams that wirebar
writes: what a consumer needs, without a package."""
import os
import shutil
import signal
import socket
import struct
import subprocess

from smoke_kit import wait_for

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
        self.process.send_signal(signal.SIGSTOP)

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


class Table:
    """A flatbuffer table (FlatBuffers, "Internals": vtables, offsets)."""

    def __init__(self, data, at):
        self.data, self.at = data, at
        self.vtable = at - struct.unpack_from("<i", data, at)[0]

    def where(self, slot):
        size = struct.unpack_from("<H", self.data, self.vtable)[0]
        offset = struct.unpack_from("<H", self.data, self.vtable + 4 + 2 * slot)[0] if 4 + 2 * slot < size else 0
        return self.at + offset if offset else None

    def number(self, slot, code, otherwise=0):
        at = self.where(slot)
        return struct.unpack_from("<" + code, self.data, at)[0] if at else otherwise

    def table(self, slot):
        at = self.where(slot)
        return Table(self.data, at + struct.unpack_from("<I", self.data, at)[0])

    def vector(self, slot):
        """Where its elements begin, and how many there are."""
        at = self.where(slot)
        if not at:
            return 0, 0
        at += struct.unpack_from("<I", self.data, at)[0]
        return at + 4, struct.unpack_from("<I", self.data, at)[0]

    def tables(self, slot):
        at, n = self.vector(slot)
        return [Table(self.data, at + 4 * i + struct.unpack_from("<I", self.data, at + 4 * i)[0]) for i in range(n)]

    def text(self, slot):
        at, n = self.vector(slot)
        return self.data[at:at + n].decode()


INT, FLOAT, UTF8, TIME = 2, 3, 5, 10


def arrow(stream):
    """Rows of an Arrow IPC stream as wirebar writes it: (metadata, [{column: value}]). Times are ns, flags bits."""
    at, columns, meta, rows = 0, [], {}, []
    while at < len(stream):
        mark, size = struct.unpack_from("<II", stream, at)
        assert mark == 0xFFFFFFFF, hex(mark)
        if size == 0:
            break
        head = stream[at + 8:at + 8 + size]
        message = Table(head, struct.unpack_from("<I", head, 0)[0])
        body = at + 8 + size
        at = body + message.number(3, "q")
        if message.number(1, "B") == 1:
            schema = message.table(2)
            columns = [(f.text(0), f.number(2, "B"), f.table(3).number(0, "i") if f.number(2, "B") == INT else 64) for f in schema.tables(1)]
            meta = {p.text(0): p.text(1) for p in schema.tables(2)}
            continue
        rows += batch(stream, body, message.table(2), columns)
    return meta, rows


def batch(stream, body, record, columns):
    n = record.number(0, "q")
    first, _ = record.vector(2)
    buffers = iter(range(first, 1 << 31, 16))

    def buffer():
        offset, length = struct.unpack_from("<qq", record.data, next(buffers))
        return body + offset, length
    rows = [{} for _ in range(n)]
    for name, kind, bits in columns:
        (valid, has), (values, _) = buffer(), buffer()
        text = buffer()[0] if kind == UTF8 else 0
        for i in range(n):
            if has and not stream[valid + i // 8] >> i % 8 & 1:
                rows[i][name] = None
            elif kind == UTF8:
                a, b = struct.unpack_from("<ii", stream, values + 4 * i)
                rows[i][name] = stream[text + a:text + b].decode()
            else:
                code, width = ("d", 8) if kind == FLOAT else ("i", 4) if bits == 32 else ("q", 8)
                rows[i][name] = struct.unpack_from("<" + code, stream, values + width * i)[0]
    return rows
