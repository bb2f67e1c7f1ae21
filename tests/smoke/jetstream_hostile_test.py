#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The gateway and a server that is none of NATS', or a broken one: it asks in circles, answers without end, for others, twice, or
takes less than it did. The run ends, its counters balance, and nothing is taken for acknowledged that was not.
Usage: jetstream_hostile_test.py WIREBAR MARKETGEN CLOCK_STEP"""
import json
import os
import socket
import subprocess
import threading
import time
import unittest

from sink_kit import ENDS, GATEWAY
from smoke_kit import Folder, market, programs
from tls_kit import OPENSSL, Certificates

WIREBAR, MARKETGEN, CLOCK = programs(3)
SANITIZED = "ASAN_OPTIONS" in os.environ  # its runtime wants to be loaded first
CONF = """include = builtin:bench
[bars]
watch = AAPL,SPY
""" + GATEWAY + """[jetstream]
enabled = yes
servers = {server}
answer = {answer}
refusals = 1
{tls}
[gateway]
patience = {patience}
[telemetry]
lag_warn = 3600s
lag_fail = 3600s
"""
INFO = {"server_id": "N", "headers": True, "max_payload": 1 << 20}
ACK = b'{"stream": "WIREBAR", "seq": 1}'


def message(reply, data):
    return b"MSG %s 1 %d\r\n%s\r\n" % (reply, len(data), data)


def error(code, err_code):
    return json.dumps({"error": {"code": code, "err_code": err_code, "description": "x"}}).encode()


def info(**changed):
    return b"INFO %s\r\n" % json.dumps(dict(INFO, **changed)).encode()


ABSENT, TAKEN = error(404, 10059), error(400, 10058)


def honest(subject, reply, ack=ACK):
    """As NATS does, but for what an acknowledgement says."""
    said = b'{"config": {"duplicate_window": 120000000000}}' if b".STREAM." in subject else ABSENT if b".MSG.GET." in subject else ack
    return message(reply, said)


class Server:
    """Says what it is, as greeting(number of the connection) says; answers what is published by answer(subject, reply). None: it
    ends the connection."""

    def __init__(self, answer=honest, greeting=lambda n: info()):
        self.answer, self.greeting, self.connections, self.most, self.takes, self.heard = answer, greeting, 0, 0, 1 << 20, b""
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
            with to, to.makefile("rb") as file:
                try:
                    self.say(to, self.greeting(self.connections))
                    self.talk(to, file)
                except OSError:
                    pass

    def say(self, to, data):
        if data is None:
            raise OSError
        sent = 0
        while sent < len(data):
            sent += to.send(data[sent:sent + 65536])
            self.most = max(self.most, sent)

    def talk(self, to, file):
        while line := file.readline():
            self.heard = self.heard or line
            words = line.split() or [b""]
            if words[0] == b"PING":
                self.say(to, b"PONG\r\n")
            elif words[0] in (b"PUB", b"HPUB"):
                file.read(int(words[-1]) + 2)
                if int(words[-1]) > self.takes:
                    self.say(to, b"-ERR 'Maximum Payload Violation'\r\n")
                    return
                self.say(to, self.answer(words[1], words[2]))

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        self.thread.join()


class Hostile(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = market(MARKETGEN, cls.dir + "/day", "--venues", "itch", "--instruments", "10", "--messages", "10k",
                              "--duration", "20s", "--prints", "0.3")
        cls.long_day = market(MARKETGEN, cls.dir + "/long", "--venues", "itch", "--instruments", "4", "--messages", "10k",
                              "--duration", "400s", "--prints", "0.5")

    def replay(self, server, wait="300ms", answer_in="10s", captures=None, others=(), tls="", **env):
        self.fresh()
        self.path("r.conf", CONF.format(server=",".join([s.address for s in others] + [server.address]), answer=answer_in, patience=wait, tls=tls))
        try:
            run = subprocess.run([WIREBAR, "replay", *(captures or self.captures), "--conf", self.path("r.conf"), "--speed", "max", "--quiet",
                                  "--summary", self.path("summary.json"), "--bars", self.path("bars.csv")],
                                 env={**self.env, **env}, stderr=subprocess.PIPE, timeout=60, check=False)
        finally:
            for s in (server, *others):
                s.close()
        self.assertIn(run.returncode, (0, 3), run.stderr)
        with open(self.path("summary.json")) as f:
            ledger = json.load(f)["ledger"]
        self.count = {e: ledger.get(f"jetstream_{e}", 0) for e in ("handed",) + ENDS}
        self.assertEqual(self.count["handed"], sum(self.count[e] for e in ENDS))
        self.assertEqual(run.returncode, 3 if self.count["left"] or self.count["dropped"] or self.count["dead"] else 0)
        return server

    def nothing_taken(self):
        self.assertEqual((self.count["acked"], self.count["already"]), (0, 0))
        self.assertGreater(self.count["handed"], 0)

    def test_an_honest_one_that_says_all_three_times_is_taken_once_at_its_word(self):
        self.replay(Server(lambda s, r: honest(s, r) * 3), wait="20s")
        self.assertEqual(self.count["acked"], self.count["handed"])

    def test_a_line_and_a_message_without_end_are_given_up(self):
        begin = (b"INFO ", b"MSG a 1 524288\r\n")
        server = self.replay(Server(greeting=lambda n: info() + begin[n % 2] + b"x" * (1 << 25)), wait="500ms")
        self.nothing_taken()
        self.assertLess(server.most, 1 << 23, "of which sockets hold some")

    def test_an_acknowledgement_of_another_one_or_of_nothing_is_none(self):
        wrong = [b"", b"{}", b"[1]", b'{"stream": "OTHER", "seq": 1}', b'{"stream": "WIREBAR"}', b'{"stream": "WIREBAR", "seq": -1}',
                 b'{"stream": 7, "seq": 1}', b'{"stream": "WIREBAR", "seq": "1"}']

        def answer(subject, reply):
            inbox, kind, lane, number = reply.rsplit(b".", 3)
            if kind != b"p":
                return honest(subject, reply)
            others = [b"%s.p.%d.%s" % (inbox, int(lane) + 1, number), b"%s.p.%s.%d" % (inbox, lane, int(number) + 1), b"%s.p.999999.1" % inbox]
            wrong.append(wrong.pop(0))
            return b"".join(message(o, ACK) for o in others) + message(reply, wrong[-1])
        self.replay(Server(answer), wait="1s")
        self.nothing_taken()

    def test_one_that_asks_in_circles_is_given_up(self):
        def circles(subject, reply):
            return (message(reply, ABSENT) + message(reply, TAKEN)) * 4000
        self.replay(Server(circles))
        self.nothing_taken()

    def test_a_ping_without_end_is_not_answered_without_end(self):
        self.replay(Server(greeting=lambda n: info() + b"PING\r\n" * (1 << 17)), wait="20s")
        self.assertEqual(self.count["acked"], self.count["handed"])

    def test_garbage_is_given_up_and_tried_again(self):
        garbage = [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0" * 100, b"MSG a 1 99999999999999999999\r\n", b"HMSG a 1 9 4\r\n",
                   b"-ERR 'Stale Connection'\r\n" * 1000, b"+OK\r\n" * 1000, b"INFO {" + b'"a":{' * 5000 + b"\r\n", b"INFO\r\n"]
        self.replay(Server(lambda s, r: garbage.append(garbage.pop(0)) or garbage[-1]), wait="1s")
        self.nothing_taken()

    def test_a_server_that_takes_less_than_the_one_before(self):
        def small(n):
            if n == 1:
                time.sleep(0.5)  # so that many rows wait, and one parcel has them
            server.answer = (lambda s, r: honest(s, r) if b".STREAM." in s else None) if n == 1 else honest
            server.takes = 1 << 20 if n == 1 else 30000
            return info(max_payload=server.takes)
        server = Server(greeting=small)
        self.replay(server, wait="20s", captures=self.long_day)
        self.assertEqual(self.count["acked"] + self.count["dropped"], self.count["handed"])
        self.assertGreater(self.count["acked"], 0)

    def test_one_that_takes_nothing_at_all_stops_the_sink(self):
        server = self.replay(Server(greeting=lambda n: info(max_payload=0)))
        self.nothing_taken()
        self.assertEqual(server.connections, 1)

    def test_one_of_several_that_cannot_do_it_is_passed_over(self):
        unfit = [Server(greeting=lambda n, what=what: info(**what)) for what in ({"tls_required": True}, {"headers": False}, {"max_payload": 10})]
        self.replay(Server(), wait="20s", others=unfit)
        self.assertEqual(self.count["acked"], self.count["handed"])
        self.assertEqual([s.connections for s in unfit], [1, 1, 1])

    @unittest.skipUnless(OPENSSL, "no openssl to make certificates")
    def test_what_comes_in_the_clear_where_tls_begins_is_not_believed(self):
        mine = Certificates(os.path.join(self.dir, "tls"))
        for after in (b"PONG\r\n", b"INFO {}\r\n", b"\x16\x03\x03"):
            server = self.replay(Server(greeting=lambda n, after=after: info(tls_required=True) + after), wait="1s",
                                 tls=f"tls = yes\nca_file = {mine.path('ca')}")
            self.nothing_taken()
            self.assertGreater(server.connections, 1)  # it is tried again
            self.assertEqual(server.heard, b"")  # and told nothing, not even who we are

    @unittest.skipUnless(OPENSSL, "no openssl to make certificates")
    def test_one_that_hangs_in_the_greeting_of_tls_is_given_up(self):
        mine = Certificates(os.path.join(self.dir, "tls"))
        tls = f"tls = yes\nca_file = {mine.path('ca')}"
        server = self.replay(Server(greeting=lambda n: info(tls_required=True)), wait="2s", answer_in="300ms", tls=tls)
        self.nothing_taken()
        self.assertGreater(server.connections, 1)

    @unittest.skipIf(SANITIZED, "its runtime must be loaded first")
    def test_a_clock_that_is_set_back_holds_nothing_up(self):
        first = []

        def late(n):
            first.append(time.monotonic())
            return info() if first[-1] - first[0] > 1 else None
        self.replay(Server(greeting=late), wait="20s", LD_PRELOAD=CLOCK, CLOCK_STEP_S="-3600", CLOCK_STEP_AFTER_MS="700")
        self.assertEqual(self.count["acked"], self.count["handed"])


if __name__ == "__main__":
    unittest.main()
