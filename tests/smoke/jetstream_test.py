#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The gateway and a real nats-server: a reader that knows the subjects alone; a server that is killed, stopped, locked, or not
there; two appliances on one server. What was promised is in the stream once, in its order, and the counters say the rest.
Usage: jetstream_test.py WIREBAR MARKETGEN"""
import csv
import json
import subprocess
import sys
import unittest

from nats_kit import MERGE, SERVER, Server, merge, whole_stream
from sink_kit import ENDS, GATEWAY, health_says, ns
from smoke_kit import Folder, asked, market, programs, socket_of, wait_for
from tls_kit import OPENSSL, both_sides

WIREBAR, MARKETGEN = programs(2)
STREAMS = ("new_bar", "sweep", "entry_fire", "exit_fire")
LOCKED = 'authorization { user: "wb", password: "right" }'

CONF = """include = builtin:bench
[bars]
watch = AAPL,SPY
""" + GATEWAY + """[eal]
file_prefix = {site}
[jetstream]
enabled = yes
servers = {servers}
site = {site}
{jetstream}
[gateway]
{gateway}
[telemetry]
lag_warn = 3600s
lag_fail = 3600s
[run]
{run}
"""


class Jetstream(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = market(MARKETGEN, cls.dir + "/day", "--venues", "itch", "--instruments", "40", "--messages", "25k",
                              "--duration", "70s", "--prints", "0.3")

    def setUp(self):
        self.fresh()
        self.server, self.said = None, {}

    def tearDown(self):
        if self.server:
            self.server.kill()

    def serve(self, more="", start=True, tls=None):
        self.server = Server(self.path("") or self.dir, more=more, start=start, tls=tls)

    def begin(self, *options, jetstream="", gateway="", run="", paced="max", site="wb1"):
        self.path(f"{site}.conf", CONF.format(servers=self.server.address, jetstream=jetstream, gateway=gateway, run=run, site=site))
        files = {k: self.path(f"{site}-{k}") for k in ("summary", "bars.csv", "fires.csv")}
        return subprocess.Popen([WIREBAR, "replay", *self.captures, "--conf", self.path(f"{site}.conf"), "--speed", paced, "--quiet",
                                 "--summary", files["summary"], "--bars", files["bars.csv"], "--fires", files["fires.csv"], "--fill",
                                 *options], env=self.env, stderr=subprocess.PIPE, text=True)

    def finish(self, run, code=0, site="wb1"):
        """Its counters, which balance."""
        _, err = run.communicate(timeout=100)
        self.assertEqual(run.returncode, code, err)
        with open(self.path(f"{site}-summary")) as f:
            self.said = json.load(f)
        count = {e: self.said["ledger"].get(f"jetstream_{e}", 0) for e in ("handed",) + ENDS}
        self.assertEqual(count["handed"], sum(count[e] for e in ENDS))
        self.assertEqual((count["waiting"], count["conflated"]), (0, 0))
        return count

    def csv(self, name, site="wb1"):
        with open(self.path(f"{site}-{name}"), newline="") as f:
            return list(csv.DictReader(f))

    def lines(self, path):
        with open(path, encoding="utf-8") as f:
            return [json.loads(line) for line in f]

    def once(self, site="wb1", **who):
        """The stream holds each thing of a site once, in order within its subject, and these are the files' own."""
        ids, told, last = [], [], {}
        with self.server.client(**who) as client:
            for m in whole_stream(client):
                words = m.subject.split(".")
                if words[1] != site or words[2] == "hello":
                    continue
                ids.append(m.header["Nats-Msg-Id"])
                n = int(ids[-1].rsplit(":", 1)[1])
                self.assertGreater(n, last.get(m.subject, 0), "order within a subject")
                last[m.subject] = n
                if words[2].endswith("_fire"):
                    fire = json.loads(m.data)
                    told.append((words[2], fire["symbol"], int(fire["decided_ns"])))
        self.assertEqual(len(ids), len(set(ids)), "nothing is there twice")
        fires = [(f["stream"], f["symbol"], ns(f["close_ts"])) for f in self.csv("fires.csv", site)]
        self.assertEqual(sorted(fires), sorted(told))

    def complete(self, report, site="wb1", rows=None):
        """What the merge says of a site: nothing is missing, and there are as many rows as in the CSV."""
        mine = {r["stream"]: r for r in report if r["site"] == site}
        self.assertEqual({r["missing"] for r in mine.values()}, {0})
        self.assertEqual(mine["new_bar"]["have"], rows or len([r for r in self.csv("bars.csv", site) if "IDLE" not in r["flags"]]))
        self.assertEqual({r["stream"] for r in mine.values() if r["told"]} - set(STREAMS), set())

    def same_cells(self, row, cells):
        for name, text in cells.items():
            value = row[name]
            if name in ("open_ts", "close_ts"):
                self.assertEqual(value, ns(text))
            elif isinstance(value, float):
                self.assertAlmostEqual(value, float(text), delta=abs(value) * 1e-11 + 1e-15)
            else:
                self.assertEqual("" if value is None else str(value), text, name)

    def test_rows_are_the_csvs_and_each_is_there_once(self):
        self.serve()
        count = self.finish(self.begin())
        self.assertEqual(count["acked"], count["handed"])
        self.once()
        out = self.path("merged.json")
        report, code = merge("--servers", self.server.address, "--once", "--out", out)
        self.assertEqual(code, 0, report)
        self.complete(report)
        cells = {(r["symbol"], r["span"], ns(r["close_ts"])): r for r in self.csv("bars.csv")}
        merged = self.lines(out)
        for row in merged:
            if row["stream"] == "new_bar":
                self.same_cells(row, cells.pop((row["symbol"], row["span"], row["close_ts"])))
        self.assertEqual({c["flags"] for c in cells.values() if "IDLE" not in c["flags"]}, set(), "none is left out")
        again, code = merge("--servers", self.server.address, "--once", "--out", out, "--durable", "another")
        self.assertEqual((code, self.lines(out)), (0, merged), "what the file has is not written again")
        self.assertEqual(sum(r["twice"] for r in again), len(merged))
        self.filtered(len([r for r in merged if r["stream"] == "new_bar"]))
        with self.server.client() as client:
            gone = [m for m in whole_stream(client) if ".new_bar." in m.subject][3]
            client.api("STREAM.MSG.DELETE.WIREBAR", {"seq": int(gone.reply.split(".")[5])})
        report, code = merge("--servers", self.server.address, "--once", "--durable", "third")
        self.assertEqual((code, sum(r["missing"] for r in report)), (3, int(gone.header["Wirebar-Rows"])), "what is gone is found missing")

    def test_killed_and_hanging_nothing_is_lost_or_doubled(self):
        self.serve()
        run = self.begin(paced="10x", jetstream="answer = 300ms\nwindow = 1s", gateway="patience = 80s")
        self.grown(0)
        self.server.kill()
        wait_for(lambda: self.broken(run))
        self.server.start()
        self.grown(self.messages())
        self.server.stop()
        wait_for(lambda: self.broken(run))
        self.server.go_on()
        self.grown(self.messages())
        self.server.kill()
        self.server.start()
        count = self.finish(run)
        self.assertEqual((count["dropped"], count["dead"], count["left"], count["kept"]), (0, 0, 0, 0))
        self.once()
        report, code = merge("--servers", self.server.address, "--once")
        self.assertEqual(code, 0, report)
        self.complete(report)

    def test_wrong_credentials_stop_it_and_the_next_start_hands_on(self):
        self.serve(LOCKED, start=False)
        self.server.start("wb", "right")
        key = self.path("key", "wrong\n")
        locked = f"user = wb\npassword_file = {key}"
        count = self.finish(self.begin(jetstream=locked, run=f"state_dir = {self.dir}"), code=3)
        self.assertEqual((count["acked"], count["dropped"] > 0 or count["left"] > 0), (0, True))
        self.assertEqual(count["kept"], len(self.csv("fires.csv")))
        self.path("key", "right\n")
        count = self.finish(self.begin(jetstream=locked, run=f"state_dir = {self.dir}"))
        self.assertEqual((count["dropped"], count["left"], count["dead"], count["kept"]), (0, 0, 0, 0))
        ids = []
        with self.server.client("wb", "right") as client:
            for m in whole_stream(client):
                if m.subject.split(".")[2].endswith("_fire"):
                    ids.append(m.header["Nats-Msg-Id"])
        self.assertEqual(len({i.split(":")[1] for i in ids}), 2, "of both starts")
        self.assertEqual((len(ids), len(set(ids))), (2 * len(self.csv("fires.csv")),) * 2)

    def certificates(self):
        return both_sides(self.path("tls"), "nats.rack")

    def fails(self, why, jetstream):
        """Nothing is handed on, and health has the reason."""
        run = self.begin(jetstream=jetstream, gateway="patience = 6s", run=f"state_dir = {self.dir}", paced="20x")
        self.assertTrue(*health_says(run, socket_of(self.env, "wb1"), why))
        count = self.finish(run, code=3)
        self.assertEqual((count["acked"], count["already"]), (0, 0))

    @unittest.skipUnless(OPENSSL, "no openssl to make certificates")
    def test_tls_with_certificates_of_both_sides(self):
        mine, _ = self.certificates()
        self.serve(f"""tls {{ cert_file: "{mine.path('server')}", key_file: "{mine.key('server')}", ca_file: "{mine.path('ca')}", verify: true }}""",
                   tls=mine.context("client"))
        tls = f"tls = yes\nca_file = {mine.path('ca')}\n"
        count = self.finish(self.begin(jetstream=tls + f"cert_file = {mine.path('client')}\nkey_file = {mine.key('client')}",
                                       run="seccomp = kill"))
        self.assertEqual(count["acked"], count["handed"])
        self.once()
        report, code = merge("--servers", self.server.address, "--once", "--ca", mine.path("ca"), "--cert", mine.path("client"),
                             "--key", mine.key("client"))
        self.assertEqual(code, 0, report)
        self.complete(report)
        self.fails("TLS: .* alert (bad certificate|certificate required)", tls)  # who has none

    @unittest.skipUnless(OPENSSL, "no openssl to make certificates")
    def test_tls_is_spoken_with_who_it_should_be_only(self):
        mine, theirs = self.certificates()
        self.serve(f"""tls {{ cert_file: "{mine.path('named')}", key_file: "{mine.key('named')}" }}""", tls=mine.context(), start=False)
        self.server.tls.check_hostname = False
        self.server.start()
        tls = "tls = yes\nca_file = {}\n"
        self.fails("IP address mismatch", tls.format(mine.path("ca")))
        self.fails("hostname mismatch", tls.format(mine.path("ca")) + "server_name = nats.elsewhere")
        self.fails("unable to get local issuer certificate", tls.format(theirs.path("stranger")) + "server_name = nats.rack")
        count = self.finish(self.begin(jetstream=tls.format(mine.path("ca")) + "server_name = nats.rack"))
        self.assertEqual(count["acked"], count["handed"])
        self.server.kill()
        self.server.tls = None
        self.server.write("")
        self.server.start()
        self.fails("the server speaks no TLS", tls.format(mine.path("ca")))

    def test_an_nkey_is_who_one_is(self):
        seed, name = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY", "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"
        users = '{ user: "wb", password: "right" }, { nkey: %s }'
        self.serve(f"authorization {{ users = [ {users % name} ] }}", start=False)
        self.server.start("wb", "right")
        key = f"nkey_file = {self.path('seed', seed)}"
        count = self.finish(self.begin(jetstream=key, run="seccomp = kill"))
        self.assertEqual(count["acked"], count["handed"])
        self.once(user="wb", password="right")
        self.server.kill()
        self.server.write(f"authorization {{ users = [ {users % 'UAAACAQDAQCQMBYIBEFAWDANBYHRAEISCMKBKFQXDAMRUGY4DUPB63NN'} ] }}")
        self.server.start("wb", "right")
        self.fails("Authorization Violation", key)

    def test_without_a_server_the_files_are_the_same(self):
        self.serve(start=False)
        count = self.finish(self.begin(gateway="patience = 100ms\nqueue = 64"), code=3)
        self.assertGreater(count["dropped"], 0)
        digest = self.said["sha256"]
        self.server.start()
        self.finish(self.begin())
        self.assertEqual(self.said["sha256"], digest)

    def test_two_appliances_on_one_server_are_merged(self):
        self.serve()
        sites = ("east", "west")
        runs = [self.begin(site=s) for s in sites]
        for site, run in zip(sites, runs):
            count = self.finish(run, site=site)
            self.assertEqual(count["acked"] + count["already"], count["handed"])
        out = self.path("merged.json")
        report, code = merge("--servers", self.server.address, "--once", "--out", out)
        self.assertEqual(code, 0, report)
        for site in sites:
            self.once(site)
            self.complete(report, site)
        rows = [(r["site"], r["symbol"], r["span"], r["close_ts"]) for r in self.lines(out) if r["stream"] == "new_bar"]
        self.assertEqual(len(rows), len(set(rows)))
        self.assertEqual({r[1:] for r in rows if r[0] == "east"}, {r[1:] for r in rows if r[0] == "west"})

    def filtered(self, rows):
        """A part of a stream cannot be told from holes in it, and a consumer keeps its filter."""
        at = "--servers", self.server.address, "--once"
        (part,), code = merge(*at, "--durable", "part", "--filter", "wirebar.*.new_bar.1s.*")
        self.assertEqual((code, part["missing"], part["first_holes"]), (0, None, None))
        self.assertLess(part["have"], rows)
        (stream,), code = merge(*at, "--durable", "stream", "--filter", "wirebar.*.new_bar.>")
        self.assertEqual((code, stream["missing"], stream["have"]), (0, 0, rows))
        for options, code, said in ((("--durable", "part"), 1, 'allowed: "wirebar.*.new_bar.1s.*"'), (("--out", self.dir), 1, "--out: "),
                                    (("--stream", "NONE", "--patience", "0"), 1, "stream not found"),
                                    (("--servers", "here"), 2, 'found "here", allowed: IP:port')):
            done = subprocess.run([sys.executable, MERGE, *at, *options], stderr=subprocess.PIPE, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(said, done.stderr)
            self.assertNotIn("Traceback", done.stderr)

    def test_a_merge_forgets_no_hello_and_reads_over_what_is_none_of_an_appliances(self):
        self.serve()
        count = self.finish(self.begin())
        self.assertEqual(count["acked"], count["handed"])
        mark, table = b"\xff\xff\xff\xff", b"\x10\0\0\0" + b"\0" * 4 + b"\x08\0\0\0"
        strange = {"a.new_bar.1s.0": (b"", b"{}", mark, mark + b"\x40\0\0\0" + table + b"\xff" * 64, b"\xff" * 300), "": (b"x",), "a": (b"x",),
                   "a.entry_fire.A": (b"", b"[" * 100000, b"[]", b"7", b"{}", b'{"stream": "entry_fire", "boot": "b", "n": -1}',
                                      b'{"stream": "sweep", "boot": "b", "n": 1}', b'{"stream": "entry_fire", "boot": [], "n": 1}',
                                      b'{"stream": "entry_fire", "boot": "b", "n": 1, "site": "wb1"}'),
                   "a.hello": (b"", b"[]", b'{"boot": []}', b'{"boot": "b", "n_sweep": "x"}')}
        with self.server.client() as client:
            for n in (2, 7, 3):  # the last one late
                client.request("wirebar.gone.hello", json.dumps({"boot": "b", "n_entry_fire": n, "dropped": 4}).encode())
        for out in ((), ("--out", self.path("merged.json"))):
            for _ in range(2):
                report, code = merge("--servers", self.server.address, "--once", "--durable", f"d{len(out)}", *out)
                gone = [r for r in report if r["site"] == "gone"]
                if not out and not gone:
                    continue  # it has no memory but what it reads
                self.assertEqual((code, gone[0]["missing"], gone[0]["dropped_there"]), (3, 7, 4))
                self.complete(report)
        with self.server.client() as client:
            sent = [client.request(f"wirebar.{s or 'x'}", data) for s, all_data in strange.items() for data in all_data]
        report, code = merge("--servers", self.server.address, "--once", "--filter", "wirebar.a.>", "--durable", "strange")
        self.assertEqual((code, report), (3, []))
        report, code = merge("--servers", self.server.address, "--once", "--durable", "all")
        self.assertEqual((code, len(sent)), (3, 20))
        self.complete(report)

    def broken(self, run):
        """Whether health says so: the circuit of the sink is not closed."""
        self.assertIsNone(run.poll(), "it still runs")
        said = asked(socket_of(self.env, "wb1"), "/wirebar/health")
        return said and said.get("why", "").startswith("sink jetstream: circuit")

    def messages(self):
        try:
            with self.server.client() as client:
                return client.api("STREAM.INFO.WIREBAR")["state"]["messages"]
        except (OSError, KeyError):
            return 0

    def grown(self, than):
        wait_for(lambda: self.messages() > than)


if __name__ == "__main__":
    if not SERVER:
        print("no nats-server; skipped")
        sys.exit(77)
    unittest.main()
