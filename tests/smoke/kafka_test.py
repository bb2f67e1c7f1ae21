#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The gateway and Kafka brokers (librdkafka's mock of a cluster, over the real protocol): brokers that are down, hang, refuse, lose
the connection; a gateway that is killed; topics that are too small. A consumer that keeps a number for each partition has each
thing once, in order. Usage: kafka_test.py WIREBAR MARKETGEN [KAFKA_MOCK]"""
import csv
import json
import re
import subprocess
import sys
import time
import unittest

from kafka_kit import Brokers, Consumer, Secure, topics
from sink_kit import ENDS, GATEWAY, ns
from smoke_kit import Folder, asked, market, programs, socket_of, wait_for
from tls_kit import OPENSSL, Certificates

KAFKA = len(sys.argv) > 3
WIREBAR, MARKETGEN, MOCK = programs(3) if KAFKA else (*programs(2), None)
PRODUCE, MESSAGE_TOO_LARGE, NOT_ENOUGH_REPLICAS, TRANSPORT, INVALID_RECORD = 0, 10, 19, -195, 87

CONF = """include = builtin:bench
[bars]
watch = AAPL,SPY
""" + GATEWAY + """[eal]
file_prefix = wb1
[kafka]
enabled = yes
servers = {servers}
answer = {answer}
make = no
{kafka}
[gateway]
{gateway}
[telemetry]
lag_warn = 3600s
lag_fail = 3600s
[run]
{run}
"""


class Kafka(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = market(MARKETGEN, cls.dir + "/day", "--venues", "itch", "--instruments", "40", "--messages", "25k",
                              "--duration", "70s", "--prints", "0.3")

    def setUp(self):
        self.fresh()
        self.brokers, self.said = None, {}

    def tearDown(self):
        if self.brokers:
            self.brokers.end()

    def serve(self, **more):
        self.brokers = Brokers(MOCK, topics("wb1", **more))

    def begin(self, kafka="", gateway="patience = 80s", run="", paced="max", answer="300ms", at=None):
        conf = self.path("wb1.conf", CONF.format(servers=(at or self.brokers).servers, answer=answer, kafka=kafka, gateway=gateway, run=run))
        self.files = {k: self.path(k) for k in ("summary", "bars.csv", "fires.csv")}
        return subprocess.Popen([WIREBAR, "replay", *self.captures, "--conf", conf, "--speed", paced, "--quiet", "--summary", self.files["summary"],
                                 "--bars", self.files["bars.csv"], "--fires", self.files["fires.csv"], "--fill"],
                                env=self.env, stderr=subprocess.PIPE, text=True)

    def finish(self, run, code=0):
        """Its counters, which balance."""
        _, err = run.communicate(timeout=100)
        self.assertEqual(run.returncode, code, err)
        with open(self.files["summary"], encoding="utf-8") as f:
            self.said = json.load(f)
        count = {e: self.said["ledger"].get(f"kafka_{e}", 0) for e in ("handed",) + ENDS}
        self.assertEqual(count["handed"], sum(count[e] for e in ENDS))
        self.assertEqual((count["waiting"], count["conflated"]), (0, 0))
        return count

    def csv(self, name):
        with open(self.files[name], newline="", encoding="utf-8") as f:
            return list(csv.DictReader(f))

    def consumed(self):
        consumer = Consumer()
        for kind, message in self.brokers.messages():
            consumer.take(kind, message)
        return consumer

    def complete(self, count):
        """A consumer has what the files have, and each once."""
        consumer, rows = self.consumed(), [r for r in self.csv("bars.csv") if "IDLE" not in r["flags"]]
        for stream in ("new_bar", "sweep", "entry_fire", "exit_fire"):
            numbers = consumer.numbers(stream)
            self.assertEqual(numbers, list(range(1, consumer.hello["n_" + stream] + 1)), stream)
        self.assertEqual(sorted((r["symbol"], r["span"], ns(r["close_ts"]), r["close"] or None) for r in rows),
                         sorted((t["symbol"], t["span"], t["close_ts"], t["close"] and f"{t['close']:.15g}") for t in consumer.things
                                if t["stream"] == "new_bar"))
        self.assertEqual(len([t for t in consumer.things if t["stream"].endswith("_fire")]), len(self.csv("fires.csv")))
        self.assertEqual(len(consumer.things), count["acked"] + count["already"])
        self.assertEqual([count[e] for e in ("dropped", "dead", "kept", "left")], [0] * 4)
        return consumer

    def broken(self, run):
        """Whether health says so: the circuit of the sink is not closed."""
        self.assertIsNone(run.poll(), "it still runs")
        said = asked(socket_of(self.env, "wb1"), "/wirebar/health")
        return said and said.get("why", "").startswith("sink kafka: circuit")

    def acked(self):
        return (asked(socket_of(self.env, "wb1"), "/wirebar/ledger") or {}).get("kafka_acked", 0)

    def grown(self, than):
        wait_for(lambda: self.acked() > than)

    def test_each_row_is_there_once_in_its_partition(self):
        self.serve()
        count = self.finish(self.begin())
        consumer = self.complete(count)
        self.assertEqual((count["acked"], consumer.again), (count["handed"], 0))
        self.assertEqual(len(consumer.ids), len(set(consumer.ids)))
        where = {}
        for t in consumer.things:
            self.assertEqual(where.setdefault(t["symbol"], t["partition"]), t["partition"])

    def test_down_hanging_and_refusing_nothing_is_lost(self):
        self.serve()
        run = self.begin(paced="5x")
        self.grown(0)
        self.brokers.tell("down -1")
        wait_for(lambda: self.broken(run))
        self.brokers.tell("up -1")
        self.grown(self.acked())
        self.brokers.stop()
        wait_for(lambda: self.broken(run))
        self.brokers.go_on()
        for code in (TRANSPORT, NOT_ENOUGH_REPLICAS, TRANSPORT, MESSAGE_TOO_LARGE):
            self.brokers.tell(f"errors {PRODUCE} {code} 3")
        self.brokers.tell("down 1")
        wait_for(lambda: run.poll() is not None or self.broken(run))
        self.brokers.tell("up 1")
        self.complete(self.finish(run))

    def test_a_partition_without_a_leader_stops_no_other(self):
        self.serve()
        run = self.begin(paced="3x")
        self.grown(0)
        partition = next(t["partition"] for t in self.consumed().things if t["stream"] == "new_bar" and t["span"] == "1s")
        self.brokers.tell(f"leader wirebar.wb1.new_bar.1s {partition} -1")
        time.sleep(2)  # what is out there is overdue after twice `answer`
        for _ in range(3):
            self.grown(self.acked())
        self.assertGreater(asked(socket_of(self.env, "wb1"), "/wirebar/ledger")["kafka_waiting"], 0, "its own rows wait")
        self.assertIsNone(run.poll(), "it still runs")
        self.brokers.tell(f"leader wirebar.wb1.new_bar.1s {partition} 1")
        self.complete(self.finish(run))

    def test_what_is_refused_too_often_is_given_up(self):
        self.serve()
        # An answer that comes too late is no refusal; what is in flight beside it librdkafka sends again.
        run = self.begin(kafka="refusals = 0", answer="30s", run=f"state_dir = {self.dir}", paced="10x")
        self.grown(0)
        self.brokers.tell(f"errors {PRODUCE} {INVALID_RECORD} 8")
        count = self.finish(run, code=3)
        self.assertGreater(count["dead"] + count["dropped"], 0)
        self.assertEqual((count["left"], count["kept"]), (0, 0))
        self.assertEqual(len(self.read(self.path("kafka-dead.json")).splitlines()), count["dead"])
        self.assertEqual(len(self.consumed().things), count["acked"])

    def test_killed_the_next_start_hands_on_what_it_has_not(self):
        self.serve()
        run = self.begin(paced="40x", run=f"state_dir = {self.dir}")
        self.grown(0)
        self.brokers.tell("rtt 3000")  # messages arrive, answers do not
        wait_for(lambda: self.read(self.path("kafka-spool")).count(b"decided_ns") > 3)
        run.kill()
        run.communicate()
        self.brokers.tell("rtt 0")
        spooled = self.finish(self.begin(run=f"state_dir = {self.dir}"))
        self.assertEqual([spooled[e] for e in ("dropped", "dead", "kept", "left")], [0] * 4)
        consumer = self.consumed()
        boots = sorted({t["boot"] for t in consumer.things})
        self.assertEqual(len(boots), 2)
        for stream in ("entry_fire", "exit_fire"):
            for boot in boots:
                numbers = sorted(int(t["n"]) for t in consumer.things if (t["stream"], t["boot"]) == (stream, boot))
                self.assertEqual(numbers, list(range(1, len(numbers) + 1)), "of both starts, without a hole")
        self.assertEqual(len([i for i in consumer.ids if "fire" in i]), len({i for i in consumer.ids if "fire" in i}),
                         "what was there already was seen, and not sent again")

    def test_a_topic_with_fewer_partitions_stops_it(self):
        self.serve(partitions=4)
        run = self.begin()
        _, err = run.communicate(timeout=100)
        self.assertEqual(run.returncode, 3)
        self.assertRegex(err, r"wirebar: kafka: wirebar\.wb1\.\S+: found fewer partitions, allowed: 16: nothing is handed on any more")

    def secure(self, *certificate, authority=None):
        front = Secure(self.brokers, certificate, authority)
        self.addCleanup(front.end)
        return front

    def fails(self, why, at, kafka):
        """Nothing is handed on, and health has the reason."""
        run = self.begin(kafka=kafka, gateway="patience = 500ms", run=f"state_dir = {self.dir}", paced="4x", at=at)
        said = []
        wait_for(lambda: said.append(str(asked(socket_of(self.env, "wb1"), "/wirebar/health"))) or run.poll() is not None or re.search(why, said[-1]))
        self.assertIsNone(run.poll(), (why, said[-3:]))
        run.terminate()
        count = self.finish(run, code=3)
        self.assertEqual((count["acked"], count["already"]), (0, 0))

    @unittest.skipUnless(OPENSSL, "no openssl to make certificates")
    def test_tls_is_spoken_with_who_it_should_be_only(self):
        mine, theirs = Certificates(self.path("tls")), Certificates(self.path("tls"), "stranger")
        mine.make("elsewhere", "DNS:kafka.elsewhere")
        mine.make("client", "DNS:wb1")
        self.serve()
        front = self.secure(*mine.make("server", "IP:127.0.0.1"), authority=mine.path("ca"))
        tls, us = f"tls = yes\nca_file = {mine.path('ca')}\n", f"cert_file = {mine.path('client')}\nkey_file = {mine.key('client')}"
        self.complete(self.finish(self.begin(kafka=tls + us, run="seccomp = kill", at=front)))
        self.assertGreater(front.passed, 0)
        self.brokers.end()
        self.serve()
        front = self.secure(mine.path("server"), mine.key("server"), authority=mine.path("ca"))
        self.fails("certificate required|Disconnected|unexpected eof", front, tls)  # who has none
        self.fails("certificate verify failed", front, f"tls = yes\nca_file = {theirs.path('stranger')}\n" + us)
        self.fails("certificate verify failed", self.secure(mine.path("elsewhere"), mine.key("elsewhere")), tls)
        self.fails("handshake|TLS|SSL", self.brokers, tls)  # who speaks none
        self.assertEqual(self.consumed().things, [])

    def test_without_brokers_the_files_are_the_same(self):
        self.serve()
        self.brokers.tell("down -1")
        count = self.finish(self.begin(gateway="patience = 100ms\nqueue = 64"), code=3)
        self.assertGreater(count["dropped"], 0)
        digest = self.said["sha256"]
        self.brokers.tell("up -1")
        self.finish(self.begin())
        self.assertEqual(self.said["sha256"], digest)


if __name__ == "__main__":
    if not KAFKA:
        print("built without librdkafka; skipped")
        sys.exit(77)
    unittest.main()
