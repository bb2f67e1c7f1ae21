#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The gateway, a file that ends in half a line, and a server that is none, or is broken: it answers garbage, without end, with room for billions, of the wrong kind,
or to nothing. The run ends, its counters balance, and nothing is taken for acknowledged that was not.
Usage: redis_hostile_test.py WIREBAR MARKETGEN"""
import json
import os
import socket
import subprocess
import threading
import unittest

from sink_kit import ENDS, GATEWAY
from smoke_kit import Folder, market, programs
from tls_kit import OPENSSL, Certificates

WIREBAR, MARKETGEN = programs(2)
CONF = """include = builtin:bench
[bars]
watch = AAPL,SPY
""" + GATEWAY + """[redis]
enabled = yes
server = {server}
{tls}
answer = {answer}
refusals = 1
[gateway]
patience = {patience}
"""
BLOCK = b"x" * 65536
ABSENT = b"-ERR no such key\r\n"


class Server:
    """Answers each command by a function of its words, which returns bytes; then, by another, what nobody asked for."""

    def __init__(self, path, answer, flood=None):
        self.answer, self.flood, self.most, self.most_hellos, self.connections, self.address, self.heard = answer, flood, 0, 0, 0, path, []
        if path:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.bind(path)
            self.sock.listen(8)
        else:
            self.sock = socket.create_server(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{self.sock.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            try:
                to, _ = self.sock.accept()
            except OSError:
                return
            self.connections += 1
            with to:
                try:
                    self.talk(to)
                except OSError:
                    pass

    def words(self, file):
        head = file.readline()
        if not head:
            raise OSError
        return [file.read(int(file.readline()[1:]) + 2)[:-2] for _ in range(int(head[1:]))]

    def talk(self, to):
        hellos = 0
        with to.makefile("rb") as file:
            while True:
                words = self.words(file)
                hello = words[1].endswith(b"hello")
                out = self.answer(words)
                to.sendall(out)
                hellos += hello and not out
                self.most_hellos = max(self.most_hellos, hellos)
                if hello and self.flood:
                    self.overrun(to)

    def overrun(self, to):
        sent = 0
        try:
            to.sendall(self.flood)
            while True:
                sent += to.send(BLOCK)
                self.most = max(self.most, sent)
        except OSError:
            pass

    def deaf(self, to):
        """Instead of talk: says the same to whatever it hears, or nothing, until the other side has enough."""
        while heard := to.recv(65536):
            self.heard.append(heard)
            to.sendall(self.answer)

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        self.thread.join()


def honest(words):
    """As Redis does."""
    return {b"XADD": b"$3\r\n1-1\r\n", b"SET": b"+OK\r\n", b"HSET": b":0\r\n"}.get(words[0], ABSENT)


class Streams:
    """Streams as Redis keeps them. The first connection hears nothing of its entries; their first one is refused, and after the last
    of as many as it may send the server is gone."""

    def __init__(self, unheard):
        self.unheard, self.streams = unheard, {}

    def __call__(self, words):
        entries = self.streams.get(words[2 if words[0] == b"XINFO" else 1], [])
        if words[0] == b"XINFO":
            return b"*2\r\n$17\r\nlast-generated-id\r\n$%d\r\n%s\r\n" % (len(entries[-1][0]), entries[-1][0]) if entries else ABSENT
        if words[0] == b"XRANGE":
            found = [e for e in entries if e[0] == words[2]]
            return b"*%d\r\n" % len(found) + b"".join(b"*2\r\n" + self.text(e[0]) + b"*%d\r\n" % len(e[1]) +
                                                      b"".join(map(self.text, e[1])) for e in found)
        return self.add(words) if words[0] == b"XADD" else honest(words)

    @staticmethod
    def text(word):
        return b"$%d\r\n%s\r\n" % (len(word), word)

    @staticmethod
    def place(entry):
        return tuple(map(int, entry.split(b"-")))

    def add(self, words):
        entries = self.streams.setdefault(words[1], [])
        self.unheard -= 1
        if entries and self.place(words[5]) <= self.place(entries[-1][0]):
            out = b"-ERR The ID specified in XADD is equal or smaller than the target stream top item\r\n"
        elif not entries and self.unheard > 0 and not any(self.streams.values()) and not hasattr(self, "refused"):
            self.refused, out = words, b"-OOM command not allowed\r\n"
        else:
            entries.append((words[5], words[6:]))
            out = self.text(words[5])
        if self.unheard == 0:
            raise OSError
        return out if self.unheard < 0 else b""


class Hostile(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = market(MARKETGEN, cls.dir + "/day", "--venues", "itch", "--instruments", "10", "--messages", "10k",
                              "--duration", "20s", "--prints", "0.3")

    def replay(self, answer, flood=None, wait="100ms", answer_in="10s", speed="max", more="", tls=""):
        self.fresh()
        server = Server("" if tls else self.path("server"), answer, flood)
        if tls:
            server.talk = server.deaf
        self.path("r.conf", CONF.format(server=server.address, answer=answer_in, patience=wait, tls=tls) + more)
        try:
            run = subprocess.run([WIREBAR, "replay", *self.captures, "--conf", self.path("r.conf"), "--speed", speed, "--quiet",
                                  "--summary", self.path("summary.json"), "--bars", self.path("bars.csv")],
                                 env=self.env, stderr=subprocess.PIPE, timeout=60, check=False)
        finally:
            server.close()
        self.assertIn(run.returncode, (0, 3), run.stderr)
        with open(self.path("summary.json")) as f:
            ledger = json.load(f)["ledger"]
        self.count = {e: ledger.get(f"redis_{e}", 0) for e in ("handed",) + ENDS}
        self.assertEqual(self.count["handed"], sum(self.count[e] for e in ENDS))
        self.assertEqual(run.returncode, 3 if self.count["left"] or self.count["dropped"] or self.count["dead"] else 0)
        return server

    def greeted(self, answer, wait):
        """By TLS, in vain, more than once. The server."""
        mine = Certificates(os.path.join(self.dir, "tls"))
        server = self.replay(answer, wait=wait, answer_in="300ms", tls=f"tls = yes\nca_file = {mine.path('ca')}")
        self.nothing_taken()
        self.assertGreater(server.connections, 1)
        return server

    @unittest.skipUnless(OPENSSL, "no openssl to make certificates")
    def test_one_that_hangs_in_the_greeting_of_tls_is_given_up(self):
        self.greeted(b"", wait="2s")

    @unittest.skipUnless(OPENSSL, "no openssl to make certificates")
    def test_one_that_answers_in_the_clear_is_told_nothing(self):
        server = self.greeted(b"+OK\r\n", wait="1s")
        self.assertEqual({heard[:2] for heard in server.heard}, {b"\x16\x03"}, "the greeting of TLS")

    def nothing_taken(self):
        self.assertEqual((self.count["acked"], self.count["already"]), (0, 0))
        self.assertGreater(self.count["handed"], 0)

    def test_an_honest_one_is_taken_at_its_word(self):
        self.replay(honest, wait="20s")
        self.assertEqual(self.count["acked"] + self.count["conflated"], self.count["handed"])

    def test_what_was_refused_unheard_is_not_taken_for_there(self):
        server = Streams(20)
        self.replay(server, wait="20s")
        self.assertEqual((self.count["left"], self.count["dropped"], self.count["dead"]), (0, 0, 0))
        self.assertGreater(self.count["already"], 10)
        for name, entries in server.streams.items():
            n = [int(fields[fields.index(b"n") + 1]) for _, fields in entries]
            self.assertEqual(sorted(n), list(range(1, len(n) + 1)), name)

    def test_garbage_is_given_up_and_tried_again(self):
        garbage = [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0" * 100, b"$-7\r\n", b"*1\r\n" * 20, b"-MOVED 1 10.0.0.1:1\r\n"]
        self.replay(lambda words: garbage.append(garbage.pop(0)) or garbage[-1], wait="500ms")
        self.nothing_taken()

    def test_room_is_taken_for_no_more_than_any_answer_of_ours_has(self):
        self.replay(lambda words: b"*2147483647\r\n")
        self.nothing_taken()

    def test_an_answer_without_end_is_given_up(self):
        server = self.replay(honest, b"$4000000000\r\n", wait="2s")
        self.assertGreater(server.most, 0)
        self.assertLess(server.most, 1 << 21, "of which sockets hold some")

    def test_the_answer_of_another_command_acknowledges_nothing(self):
        self.replay(lambda words: b"+OK\r\n" if words[0] == b"XADD" else b":1\r\n" if words[0] == b"SET" else honest(words))
        self.nothing_taken()

    def test_what_was_never_sent_before_is_not_there_already(self):
        low = b"-ERR The ID specified in XADD is equal or smaller than the target stream top item\r\n"
        self.replay(lambda words: low if words[0] == b"XADD" else honest(words))
        self.assertEqual(self.count["already"], 0)
        self.assertGreater(self.count["left"] + self.count["dropped"], 0)

    def test_half_a_line_of_a_file_is_ended_first(self):
        lines = self.dir + "/lines.json"
        with open(lines, "w", encoding="utf-8") as f:
            f.write('{"stream":"new_b')
        self.replay(honest, wait="20s", more=f"[tail]\npath = {lines}\n")
        with open(lines, encoding="utf-8") as f:
            first, *others = f.read().splitlines()
        self.assertEqual(first, '{"stream":"new_b')
        self.assertGreater(len(others), 0)
        for line in others:
            json.loads(line)

    def test_one_that_falls_silent_is_greeted_once_more_at_most(self):
        heard = []

        def mute(words):
            heard.append(words[-1])
            return honest(words) if len(heard) <= 7 else b""
        server = self.replay(mute, wait="2s", speed="20x")
        self.assertGreater(len(heard), 7)
        self.assertLessEqual(server.most_hellos, 1)


if __name__ == "__main__":
    unittest.main()
