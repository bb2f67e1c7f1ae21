#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The gateway and a real redis-server: a consumer that knows the names alone, and a server that is killed, stopped, emptied,
out of memory or locked. What was promised is there once, and the counters say the rest.
Usage: redis_test.py WIREBAR MARKETGEN"""
import csv
import json
import os
import subprocess
import sys
import threading
import time
import unittest
from datetime import datetime, timezone

from redis_kit import SERVER, Client, Redis, arrow
from sink_kit import ENDS, GATEWAY, health_says
from smoke_kit import Folder, free_port, market, programs, socket_of, wait_for
from tls_kit import OPENSSL, both_sides

WIREBAR, MARKETGEN = programs(2)
TLS = OPENSSL and SERVER and b"libssl" in subprocess.run(["ldd", SERVER], stdout=subprocess.PIPE, check=False).stdout
SAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "redis_consumer.py")
WATCHED = ("AAPL", "SPY")
SPANS = ("1s", "5s", "15s", "30s", "1m", "5m")
STREAMS = ("new_bar", "sweep", "entry_fire", "exit_fire")

CONF = """include = builtin:bench
[bars]
watch = {watch}
""" + GATEWAY + """[redis]
enabled = yes
server = {server}
{redis}
[gateway]
{gateway}
[run]
{run}
"""


def ns(iso):
    """The CSV's time of a row."""
    whole, part = iso.rstrip("Z").split(".") if "." in iso else (iso.rstrip("Z"), "")
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp())
    return seconds * 10**9 + int(part.ljust(9, "0") or 0)


class Gateway(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = market(MARKETGEN, cls.dir + "/day", "--venues", "itch", "--instruments", "40", "--messages", "40k",
                              "--duration", "70s", "--prints", "0.3")

    def setUp(self):
        self.fresh()
        self.server = None

    def tearDown(self):
        if self.server and self.server.process.poll() is None:
            self.server.go_on()
            self.server.kill()

    def serve(self, *options):
        self.server = Redis(self.dir, *options)

    def begin(self, *options, redis="", gateway="", run="", paced="max"):
        self.path("r.conf", CONF.format(watch=",".join(WATCHED), server=getattr(self.server, "address", self.dir + "/redis.sock"), redis=redis, gateway=gateway, run=run))
        self.summary = self.path("summary.json")
        return subprocess.Popen([WIREBAR, "replay", *self.captures, "--conf", self.path("r.conf"), "--speed", paced, "--quiet", "--summary", self.summary,
                                 "--bars", self.path("bars.csv"), "--fires", self.path("fires.csv"), "--fill", *options],
                                env=self.env, stderr=subprocess.PIPE, text=True)

    def finish(self, run, code=0):
        """Its counters, which balance."""
        _, err = run.communicate(timeout=100)
        self.assertEqual(run.returncode, code, err)
        with open(self.summary) as f:
            self.said = json.load(f)
        ledger = self.said["ledger"]
        count = {e: ledger.get(f"redis_{e}", 0) for e in ("handed",) + ENDS}
        self.assertEqual(count["handed"], sum(count[e] for e in ENDS))
        self.assertEqual(count["waiting"], 0)
        return count

    def csv(self, name):
        with open(self.path(name), newline="") as f:
            return list(csv.DictReader(f))

    def once(self, client, order=True):
        """Each stream holds what was numbered, once, and in order unless the server has refused something."""
        for stream in STREAMS:
            got = [int(e["n"]) for _, e in client.entries(f"stream:{stream}")]
            got = got if order else sorted(got)
            self.assertEqual(got, list(range(1, len(got) + 1)), stream)
        rows = [r for r in self.csv("bars.csv") if "IDLE" not in r["flags"]]
        entries = client.entries("stream:new_bar")
        self.assertEqual(len(entries), len(rows))
        fires = [(f["stream"], f["symbol"], ns(f["close_ts"])) for f in self.csv("fires.csv")]
        told = [(s, e["symbol"], int(e["decided_ns"])) for s in ("entry_fire", "exit_fire") for _, e in client.entries(f"stream:{s}")]
        self.assertEqual(sorted(fires), sorted(told))

    def same_cells(self, row, cells):
        """A row of Arrow is the CSV's."""
        for name, text in cells.items():
            value = row[name]
            if name in ("open_ts", "close_ts"):
                self.assertEqual(value, ns(text))
            elif name == "flags":
                self.assertEqual("|".join(f for i, f in enumerate(self.flags) if value >> i & 1), text)
            elif isinstance(value, float):
                self.assertAlmostEqual(value, float(text), delta=abs(value) * 1e-11 + 1e-15)
            else:
                self.assertEqual("" if value is None else str(value), text, name)

    def test_a_consumer_wakes_and_reads_rows_that_are_the_csvs(self):
        self.serve()
        woken, seen = [], threading.Event()

        def consumer():
            with Client(self.server.path) as c:
                last, n = "0", 0
                while True:
                    over = seen.is_set()
                    found = c("XREAD", "BLOCK", 200, "STREAMS", "stream:new_bar", last)
                    if over and not found:
                        return
                    for i, flat in found[0][1] if found else ():
                        last = i
                        entry = {flat[k].decode(): flat[k + 1].decode() for k in range(0, len(flat), 2)}
                        n += entry["symbol"] in WATCHED
                        if entry["symbol"] in WATCHED and n % 4 == 0:
                            meta, rows = arrow(c("GET", f"bars:{entry['symbol']}:{entry['span']}"))
                            woken.append(rows[-1]["close_ts"] >= int(entry["close_ts"]))
        thread = threading.Thread(target=consumer)
        thread.start()
        lines = self.path("lines.json")
        sample = subprocess.Popen([sys.executable, SAMPLE, self.server.path, "SPY", "5s", "5"], stdout=subprocess.PIPE, text=True)
        count = self.finish(self.begin(run=f"\n[tail]\npath = {lines}"))
        seen.set()
        thread.join()
        self.assertGreaterEqual(sample.communicate(timeout=60)[0].count("woken by"), 5)
        self.assertGreater(len(woken), 10)
        self.assertTrue(all(woken), "the values were there before the entry")
        self.assertEqual((count["dropped"], count["dead"], count["left"], count["already"]), (0, 0, 0, 0))
        with self.server.client() as c:
            self.once(c)
            self.values(c)
            told = [e for s in STREAMS for _, e in c.entries(f"stream:{s}")]
        with open(lines, encoding="utf-8") as f:
            written = [json.loads(line) for line in f]
        for line in written:
            del line["stream"]
        self.assertCountEqual([sorted(e.items()) for e in told], [sorted(e.items()) for e in written], "the same in both sinks")

    def values(self, c):
        rows = self.csv("bars.csv")
        cells = {(r["symbol"], r["span"], ns(r["close_ts"])): r for r in rows}
        for symbol in WATCHED:
            for span in SPANS:
                meta, got = arrow(c("GET", f"bars:{symbol}:{span}"))
                self.flags = meta["wirebar.flags"].split("|")
                want = [r for r in rows if (r["symbol"], r["span"]) == (symbol, span)]
                self.assertLessEqual(len(got), 120)
                self.assertEqual([r["close_ts"] for r in got], sorted(r["close_ts"] for r in got))
                self.assertGreater(len(got), min(len(want), 120) // 2)
                for row in got:
                    self.same_cells(row, cells[(symbol, span, row["close_ts"])])
            meta, bundle = arrow(c("GET", f"bundle:{symbol}"))
            self.assertEqual([r["span"] for r in bundle], [s for s in SPANS if s in {r["span"] for r in bundle}])
            quote, said = c.hash(f"quote:{symbol}"), json.loads(meta["wirebar.quote"])
            self.assertEqual(quote["bid"], f"{said['bid']:g}" if said["bid"] is not None else "")
        self.assertIsNone(c("GET", "bars:IWM:1s"), "only watched instruments have a history")
        hello = c.hash("wirebar:hello")
        self.assertEqual({e["boot"] for _, e in c.entries("stream:new_bar")}, {hello["boot"]})

    def test_killed_hanging_out_of_memory_nothing_is_lost_or_doubled(self):
        self.serve("--appendonly", "yes", "--appendfsync", "everysec")
        run = self.begin(paced="40x", redis="answer = 600ms\nrefusals = 255", gateway="patience = 80s")
        with self.server.client() as c:
            wait_for(lambda: (c("XLEN", "stream:new_bar") or 0) > 200)
        self.server.kill()
        self.server.start()
        with self.server.client() as c:
            wait_for(lambda: (c("XLEN", "stream:new_bar") or 0) > 400)
            self.server.stop()
            time.sleep(1)  # longer than an answer may take
            self.server.go_on()
            wait_for(lambda: (c("XLEN", "stream:new_bar") or 0) > 600)
            c("CONFIG", "SET", "maxmemory", "1mb")
            time.sleep(0.2)
            c("CONFIG", "SET", "maxmemory", "0")
        count = self.finish(run)
        self.assertEqual((count["dropped"], count["dead"], count["left"]), (0, 0, 0))
        with self.server.client() as c:
            self.once(c, order=False)

    def test_restarted_empty_it_goes_on(self):
        self.serve()
        run = self.begin(paced="40x", gateway="patience = 80s")
        with self.server.client() as c:
            wait_for(lambda: (c("XLEN", "stream:new_bar") or 0) > 300)
        self.server.kill()
        self.server.start()
        count = self.finish(run)
        self.assertEqual((count["dropped"], count["dead"], count["left"]), (0, 0, 0))
        with self.server.client() as c:
            got = [int(e["n"]) for _, e in c.entries("stream:new_bar")]
        self.assertEqual(got, list(range(got[0], got[0] + len(got))), "what was before is gone, the rest has no hole")
        self.assertEqual(got[-1], len([r for r in self.csv("bars.csv") if "IDLE" not in r["flags"]]))

    def test_a_wrong_password_stops_the_sink_and_not_the_run(self):
        self.serve("--requirepass", "right")
        self.path("password", "wrong\n")
        count = self.finish(self.begin(redis=f"password_file = {self.dir}/password", run=f"state_dir = {self.dir}"), code=3)
        self.assertEqual(count["acked"], 0)
        self.assertGreater(count["left"], 0)
        self.assertGreater(count["kept"], 0)
        # The right one: what was kept on disk comes first, with the numbers of its start.
        self.path("password", "right\n")
        again = self.finish(self.begin(redis=f"password_file = {self.dir}/password", run=f"state_dir = {self.dir}"))
        self.assertEqual((again["left"], again["kept"], again["dropped"]), (0, 0, 0))
        with self.server.client("right") as c:
            fires = [e for s in ("entry_fire", "exit_fire") for _, e in c.entries(f"stream:{s}")]
        self.assertEqual(len({e["boot"] for e in fires}), 2)
        self.assertEqual(len(fires), 2 * len(self.csv("fires.csv")))
        self.assertEqual(len({(e["boot"], e["gate"], e["n"], e["symbol"]) for e in fires}), len(fires))

    def serve_tls(self, mine, name, *options):
        """By TLS at a port; the test itself goes to its socket. Returns the keys that go there."""
        port = free_port()
        self.serve("--tls-port", str(port), "--tls-cert-file", mine.path(name), "--tls-key-file", mine.key(name), "--tls-ca-cert-file",
                   mine.path("ca"), *options)
        self.server.address = f"127.0.0.1:{port}"
        return f"tls = yes\nca_file = {mine.path('ca')}\n"

    def fails(self, why, redis):
        """Nothing is handed on, and health has the reason."""
        run = self.begin(redis=redis, gateway="patience = 6s", run=f"state_dir = {self.dir}\n[eal]\nfile_prefix = redistls\n"
                         "[telemetry]\nlag_warn = 3600s\nlag_fail = 3600s", paced="20x")
        self.assertTrue(*health_says(run, socket_of(self.env, "redistls"), why))
        count = self.finish(run, code=3)
        self.assertEqual((count["acked"], count["already"]), (0, 0))

    @unittest.skipUnless(TLS, "no openssl to make certificates, or a redis-server without TLS")
    def test_tls_with_certificates_of_both_sides(self):
        mine, _ = both_sides(self.path("tls"), "redis.rack")
        tls = self.serve_tls(mine, "server")
        count = self.finish(self.begin(redis=tls + f"cert_file = {mine.path('client')}\nkey_file = {mine.key('client')}", run="seccomp = kill"))
        self.assertEqual(count["acked"] + count["conflated"], count["handed"])
        with self.server.client() as c:
            self.once(c)
            self.values(c)
        self.fails("TLS: .* alert (bad certificate|certificate required)", tls)  # who has none

    @unittest.skipUnless(TLS, "no openssl to make certificates, or a redis-server without TLS")
    def test_tls_is_spoken_with_who_it_should_be_only(self):
        mine, theirs = both_sides(self.path("tls"), "redis.rack")
        tls = self.serve_tls(mine, "named", "--tls-auth-clients", "no", "--requirepass", "right")
        tls += f"password_file = {self.path('password', 'right')}\n"
        self.fails("IP address mismatch", tls)
        self.fails("hostname mismatch", tls + "server_name = redis.elsewhere")
        self.fails("self-signed certificate in certificate chain", tls.replace(mine.path("ca"), theirs.path("stranger")) + "server_name = redis.rack")
        count = self.finish(self.begin(redis=tls + "server_name = redis.rack"))
        self.assertEqual(count["acked"] + count["conflated"], count["handed"])
        self.server.kill()
        self.serve("--port", self.server.address.split(":")[1])
        self.server.address = f"127.0.0.1:{self.server.options[1]}"
        # It waits for the end of what it takes for a line, or finds one in it.
        self.fails("no connection in time|TLS: wrong version number", tls + "answer = 300ms")

    @unittest.skipUnless(TLS, "no openssl to make certificates, or a redis-server without TLS")
    def test_tls_over_a_kill_of_the_server_loses_nothing(self):
        mine, _ = both_sides(self.path("tls"), "redis.rack")
        tls = self.serve_tls(mine, "server", "--tls-auth-clients", "no", "--appendonly", "yes", "--appendfsync", "always")
        run = self.begin(paced="40x", redis=tls, gateway="patience = 80s")
        for rows in (200, 500):
            with self.server.client() as c:
                wait_for(lambda c=c, rows=rows: (c("XLEN", "stream:new_bar") or 0) > rows)
            self.server.kill()
            self.server.start()
        count = self.finish(run)
        self.assertEqual((count["dropped"], count["dead"], count["left"]), (0, 0, 0))
        with self.server.client() as c:
            self.once(c, order=False)

    def test_without_a_server_the_files_are_the_same(self):
        count = self.finish(self.begin(gateway="patience = 100ms\nqueue = 64"), code=3)
        self.assertGreater(count["dropped"], 0)
        digest = self.said["sha256"]
        self.serve()
        self.finish(self.begin())
        self.assertEqual(self.said["sha256"], digest)


if __name__ == "__main__":
    if not SERVER:
        print("no redis-server; skipped")
        sys.exit(77)
    unittest.main()
