# SPDX-License-Identifier: BSD-3-Clause
"""A NATS client over a socket, without a package: requests, and messages of subscriptions, by one thread. Source:
docs.nats.io, "NATS Client Protocol"."""
import json
import random
import select
import socket
import time
from collections import deque


class Message:
    def __init__(self, subject, reply, header, data):
        lines = header.decode().split("\r\n")
        self.subject, self.reply, self.data = subject, reply, data
        self.status = lines[0][9:12] if lines[0][8:9] == " " else ""
        self.header = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)


class Refused(OSError):
    """An error of the JetStream API; code is its err_code."""

    def __init__(self, verb, error):
        super().__init__(f"{verb}: {error.get('description', error)}")
        self.code = error.get("err_code")


class Nats:
    """A connection to the first of some servers ("IP:port") that answers. tls: an ssl.SSLContext, and then nothing is said in the
    clear. OSError: there is none, or it is gone."""

    def __init__(self, servers, user="", password="", timeout=5, tls=None):
        self.waiting, self.sid, self.got = deque(), 0, bytearray()
        self.inbox = f"_INBOX.py{random.getrandbits(64):016x}"
        self.sock = None
        error = OSError("no server")
        for server in servers:
            try:
                self.connect(server, user, password, timeout, tls)
                return
            except OSError as e:
                error = e
                self.close()
        raise error

    def connect(self, server, user, password, timeout, tls):
        host, port = server.rsplit(":", 1)
        self.sock = socket.create_connection((host, int(port)), timeout=timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.settimeout(None)
        self.got, end = bytearray(), time.monotonic() + timeout
        info = self.next_thing(end)
        if not info:
            raise OSError("no answer in time")
        self.info = json.loads(info.split(" ", 1)[1])
        if tls:
            if self.got:
                raise OSError("something came in the clear where TLS begins")
            self.sock.settimeout(timeout)
            self.sock = tls.wrap_socket(self.sock, server_hostname=host)
            self.sock.settimeout(None)
        who = {"user": user, "pass": password} if user else {"auth_token": password} if password else {}
        hello = {"verbose": False, "pedantic": False, "lang": "python", "version": "1", "protocol": 1, "headers": True,
                 "no_responders": True, **who}
        self.send(f"CONNECT {json.dumps(hello)}\r\nPING\r\n".encode())
        while (thing := self.next_thing(end)) != "PONG":
            if thing is None:
                raise OSError("no answer in time")
        self.subscribe(self.inbox + ".>")

    def close(self):
        if self.sock:
            self.sock.close()
        self.sock = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.sock.sendall(data)

    def pending(self):
        """What TLS has read already, which no select tells of."""
        return self.sock.pending() if hasattr(self.sock, "pending") else 0

    def fill(self, n, end):
        """Until there are n bytes, or (n 0) a line. Returns False: not until then."""
        while len(self.got) < n or (not n and b"\n" not in self.got):
            left = end - time.monotonic()
            if not self.pending() and (left <= 0 or not select.select([self.sock], [], [], left)[0]):
                return False
            more = self.sock.recv(65536)
            if not more:
                raise OSError("the server is gone")
            self.got += more
        return True

    def cut(self, n):
        data = bytes(self.got[:n])
        del self.got[:n]
        return data

    def next_thing(self, end):
        """The next message, or what else the server says, as text; None: nothing until then."""
        if not self.fill(0, end):
            return None
        line = self.got[:self.got.index(b"\n") + 1]
        words = bytes(line).split()
        if words[0] in (b"MSG", b"HMSG"):
            headed = words[0] == b"HMSG"
            total = int(words[-1])
            if not self.fill(len(line) + total + 2, end + 5):
                raise OSError("half a message")
            self.cut(len(line))
            body = self.cut(total + 2)[:-2]
            head = int(words[-2]) if headed else 0
            return Message(words[1].decode(), words[3].decode() if len(words) == 5 + headed else "", body[:head], body[head:])
        self.cut(len(line))
        if words[0] == b"PING":
            self.send(b"PONG\r\n")
        if words[0] == b"-ERR":
            raise OSError(b" ".join(words[1:]).decode())
        return bytes(line).decode().strip()

    def subscribe(self, subject):
        self.sid += 1
        self.send(f"SUB {subject} {self.sid}\r\n".encode())

    def publish(self, subject, data=b"", reply="", header=None):
        lines = "".join(f"{k}: {v}\r\n" for k, v in (header or {}).items())
        head = f"NATS/1.0\r\n{lines}\r\n".encode() if header else b""
        sizes = f"{len(head)} {len(head) + len(data)}" if header else f"{len(data)}"
        verb = "HPUB" if header else "PUB"
        self.send(f"{verb} {subject} {reply}{' ' if reply else ''}{sizes}\r\n".encode() + head + data + b"\r\n")

    def next(self, timeout):
        """The next message, or None."""
        end = time.monotonic() + timeout
        while not self.waiting:
            thing = self.next_thing(end)
            if thing is None:
                return None
            if isinstance(thing, Message):
                return thing
        return self.waiting.popleft()

    def request(self, subject, data=b"", header=None, timeout=5):
        """The answer; messages that come before it are kept for next."""
        reply = f"{self.inbox}.r{random.getrandbits(48):012x}"
        self.publish(subject, data, reply, header)
        end, others = time.monotonic() + timeout, []
        while time.monotonic() < end:
            message = self.next(end - time.monotonic())
            if message and message.subject == reply:
                self.waiting.extendleft(reversed(others))
                return message
            if message:
                others.append(message)
        self.waiting.extendleft(reversed(others))
        raise TimeoutError(f"no answer from {subject}")

    def api(self, verb, config=None, timeout=5):
        """An answer of the JetStream API; Refused where it has an error."""
        message = self.request(f"$JS.API.{verb}", json.dumps(config).encode() if config is not None else b"", timeout=timeout)
        if message.status:
            raise OSError(f"{verb}: {message.status}")
        answer = json.loads(message.data)
        if "error" in answer:
            raise Refused(verb, answer["error"])
        return answer
