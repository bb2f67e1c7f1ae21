#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The real program, asked while it replays at a pace: every telemetry path, from our own client, Debian's
dpdk-telemetry.py (where installed) and wirebarctl; commands; paging; many clients; and what was read is what is then
written. Usage: socket_test.py WIREBAR WIREBARCTL MARKETGEN"""
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import unittest

from smoke_kit import SOURCE, Folder, Socket, ask, market, programs, socket_of, wait_for

WIREBAR, CTL, MARKETGEN = programs(3)
CLIENT = shutil.which("dpdk-telemetry.py")
REPLY_BYTES = 16384


CONF = """include = builtin:bench
[orders]
enabled = yes
[link orders]
from = signal0
to = ingest0
depth = 4096
[risk]
qty_max = 500
position_max = unlimited
quote_age = 1500ms
loss_day = 250.5
[gate ema_long]
shares = 100
[gate every]
side = long
shares = 100
rule = 1s close > 0
"""


class Running(Folder):
    """One replay for all tests: 3 minutes of a small market at four times its pace."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.prefix = f"smoke{os.getpid()}"
        captures = market(MARKETGEN, cls.dir + "/m", "--venues", "itch,iex", "--instruments", "60", "--messages", "60k", "--duration",
                          "3m", "--lines", "AB", "--loss", "0.002")
        cls.csv = os.path.join(cls.dir, "bars.csv")
        conf = os.path.join(cls.dir, "run.conf")
        with open(conf, "w", encoding="utf-8") as f:
            f.write(CONF)
        cls.log = open(os.path.join(cls.dir, "log"), "w+", encoding="utf-8")
        cls.child = subprocess.Popen([WIREBAR, "replay", *captures, "--conf", conf, "--speed", "4x", "--file-prefix", cls.prefix, "--bars", cls.csv,
                                      "--fill", "--watch", "QQQ", "--quiet"], env=cls.env, stdout=cls.log, stderr=cls.log)
        cls.telemetry = socket_of(cls.env, cls.prefix)
        cls.rows = {}
        try:
            cls.s = wait_for(cls.connect)
            wait_for(lambda: cls.s.ask("/wirebar/health").get("bars", 0) > 500)
        except BaseException:
            cls.child.kill()
            cls.log.seek(0)
            print(cls.log.read(), file=sys.stderr)
            raise

    @classmethod
    def connect(cls):
        if cls.child.poll() is not None:
            raise AssertionError("wirebar ended at once")
        try:
            return Socket(cls.telemetry)
        except OSError:
            return None

    @classmethod
    def tearDownClass(cls):
        if cls.child.poll() is None:
            cls.child.kill()
            cls.child.wait()
        cls.log.close()
        super().tearDownClass()

    def ctl(self, *args):
        return ask(CTL, self.env, self.prefix, *args)

    def refused(self, request):
        answer = self.s.ask(request)
        self.assertEqual((request, answer.get("status")), (request, "error"))
        self.assertTrue(answer["error"])
        return answer["error"]

    def test_every_path_of_the_list_is_there_and_answers(self):
        with open(os.path.join(SOURCE, "app/wirebar/tele/tele.def"), encoding="utf-8") as f:
            paths = re.findall(r'^TELE\("([^"]+)", \w+, "[^"]*", (\d)', f.read(), re.M)
        self.assertGreater(len(paths), 15)
        listed = self.s.ask("/")
        for path, least in paths:
            with self.subTest(path):
                self.assertIn(path, listed)
                self.assertTrue(self.s.ask(f"/help,{path}")[path])
                if least == "0":
                    answer = self.s.ask(path)
                    self.assertIsInstance(answer, dict)
                    self.assertNotEqual(answer.get("status"), "error")
                else:
                    self.refused(path)
                self.refused(path + ",a,b,c,d,e,f")
                self.refused(path + ",,")

    def test_risk_says_why_nothing_leaves(self):
        risk = self.s.ask("/wirebar/risk")
        self.assertEqual((risk["mode"], risk["cause"]), ("run", "operator"))
        self.assertEqual([risk["limits"][k] for k in ("qty_max", "position_max", "short_max", "quote_age", "loss_day")],
                         ["500", "unlimited", "absent", "1500ms", "250.5"])
        risk = wait_for(lambda: (r := self.s.ask("/wirebar/risk"))["denied"]["LIMITS_ABSENT"] and r)
        self.assertGreaterEqual(risk["desk"]["fires"], risk["desk"]["denied"])
        self.assertEqual((risk["desk"]["sent"], set(risk["surprises"].values())), (0, {0}))
        text = self.ctl("risk").stdout
        self.assertRegex(text, r"LIMITS_ABSENT +\d+")
        self.assertRegex(text, r"short_max +absent")

    def test_orders_and_positions(self):
        orders = self.s.ask("/wirebar/orders")
        self.assertEqual((orders["open"], orders["more"]), (0, 0))
        self.assertEqual(self.s.ask("/wirebar/positions"), {"realized": "0", "unrealized": "0", "fees": "0", "net": "0", "day_net": "0",
                                                            "held": 0, "traded": 0, "more": 0})
        self.assertEqual(self.ctl("orders").stdout.splitlines()[-1].split(",")[0], "0 open")
        self.refused("/wirebar/orders,x")

    def test_health_lag_lcores(self):
        health = self.s.ask("/wirebar/health")
        self.assertIn(health["health"], ("ok", "degraded", "bad"))
        self.assertEqual((health["pid"], health["replay"]), (self.child.pid, 1))
        # Another test may just have begun the histograms anew.
        wire = wait_for(lambda: self.s.ask("/wirebar/lag")["ingest0"].get("wire_lag"))
        self.assertGreater(wire["count"], 0)
        self.assertTrue(wire["p50_ns"] <= wire["p99_ns"] <= wire["p999_ns"] <= wire["max_ns"])
        lcores = self.s.ask("/wirebar/lcores")
        self.assertEqual(lcores["ingest0"]["stage"], "ingest")
        self.assertGreater(lcores["ingest0"]["frames"], 0)

    def test_sums_hold_while_running(self):
        """Of counters that move, a moment is enough in which all sums hold; off for good they would never."""
        def links_hold():
            links = self.s.ask("/wirebar/links")
            self.assertGreater(len(links), 2)
            return all(k["balanced"] == (k["pushes"] == k["pops"] + k["depth"] + k["refused"]) == 1 for k in links.values())

        def ledger_holds():
            ledger = self.s.ask("/wirebar/ledger")
            ends = [k for k in ledger if k.startswith("frames_") and k != "frames_rx"]
            self.assertGreaterEqual(len(ledger["identities"]), 3)
            return (all(i["holds"] for i in ledger["identities"].values()) and ledger["balanced"] == 1 and
                    ledger["frames_rx"] == sum(ledger[k] for k in ends) > 0)

        wait_for(links_hold)
        wait_for(ledger_holds)

    def test_lines_are_arbitrated(self):
        def both_lines_add_up():
            self.lines = self.s.ask("/wirebar/lines")
            return all(c["packets"] == c["line0"]["packets"] + c["line1"]["packets"] for c in (self.lines["0"], self.lines["1"]))

        wait_for(both_lines_add_up)
        self.assertEqual({self.lines["0"]["feed"], self.lines["1"]["feed"]}, {"itch50", "deep10"})
        for channel in (self.lines["0"], self.lines["1"]):
            self.assertGreater(channel["line1"]["duplicate"] + channel["line0"]["duplicate"], 0)
        self.assertEqual(self.s.ask("/wirebar/lines,1")["1"]["feed"], self.lines["1"]["feed"])
        self.assertGreater(self.s.ask("/wirebar/ports")["replay"]["frames"], 0)

    def test_quotes_and_books_agree_on_what_is_possible(self):
        wait_for(lambda: "1" in self.s.ask("/wirebar/quote,SPY"))
        quote, book = self.s.ask("/wirebar/quote,SPY"), self.s.ask("/wirebar/book,SPY,16")
        venues = {quote[k]["venue"] for k in ("0", "1")}
        self.assertEqual(venues, {"NASDAQ", "IEX"})
        for k in ("0", "1"):
            b = book[k]
            bids = [float(b[f"bid{i}"]) for i in range(b["bids"])]
            asks = [float(b[f"ask{i}"]) for i in range(b["asks"])]
            self.assertEqual((bids, asks), (sorted(bids, reverse=True), sorted(asks)))
            self.assertTrue(all(b[f"bid{i}_size"] > 0 for i in range(b["bids"])))
        self.assertLess(len(self.s.reply), REPLY_BYTES)
        self.assertIn("16", self.refused("/wirebar/book,SPY,17"))

    def test_states_of_lines_and_instruments(self):
        lines = self.s.ask("/wirebar/lines")
        for line in (lines["0"], lines["0"]["line0"], lines["1"]["line1"]):
            self.assertIn(line["state"], ("live", "quiet"))
            self.assertLessEqual(line["age_ns"], line["data_age_ns"])
        self.assertEqual(lines["groups_silent"], 0)
        self.assertEqual(self.s.ask("/wirebar/auction,SPY")["symbol"], "SPY")
        wait_for(lambda: self.s.ask("/wirebar/health")["channels_live"] >= 1)  # none is while all are quiet for a moment

    def test_refusals_say_why(self):
        self.assertIn("1s 5s 15s", self.refused("/wirebar/bars,SPY,7s"))
        self.assertIn("nocolumn", self.refused("/wirebar/bars,SPY,5s,3,open+nocolumn"))
        for request in ("bars,SPY,5s,0", "bars,SPY,5s,513", "bars,SPY,5s,1x", "bars,SPY,5s,-1", "bars,SPY,5s,3,open+", "quote,NOPE",
                        "quote,SEVENTEENLETTERS", "quote,S\x01", "top,0", "top,5,9s", "ctl/watch,NOPE", "ctl/watch,SPY,on", "ctl/halt,now", "ctl/kill,now", "ctl/reduce,now", "ctl/resume,now",
                        "bars,SPY,5s,3,close,999999", "lines,x", "auction,NOPE"):
            self.refused("/wirebar/" + request)
        self.assertIsNone(self.s.ask("/wirebar/none"))

    def test_commands_are_applied_by_their_owners(self):
        self.assertEqual(self.ctl("reduce", "--reason", "a test").stdout, "mode reduce (before: run)\n")
        wait_for(lambda: self.s.ask("/wirebar/engine_state")["halted"] == 1)
        self.assertEqual(self.s.ask("/wirebar/health")["trading_why"], "a test")
        self.assertEqual(self.ctl("resume").returncode, 2)
        self.assertEqual(self.ctl("resume", "--reason", "it is over").stdout, "mode run (before: reduce)\n")
        wait_for(lambda: self.s.ask("/wirebar/engine_state")["halted"] == 0)
        before = self.s.ask("/wirebar/lag")["ingest0"]["wire_lag"]["count"]
        self.assertEqual(self.s.ask("/wirebar/ctl/reset")["lcores"], len(self.s.ask("/wirebar/lcores")))
        after = self.s.ask("/wirebar/lag")["ingest0"].get("wire_lag", {"count": 0})["count"]
        self.assertLess(after, before)

    def test_watched_instruments_have_history_and_pages(self):
        self.assertEqual(self.s.ask("/wirebar/bars,SPY,1s,5,open_ts")["n"], 1)
        self.assertEqual(self.s.ask("/wirebar/ctl/watch,SPY"), {"status": "ok", "command": "watch", "symbol": "SPY", "lcores": 1})
        wait_for(lambda: self.s.ask("/wirebar/bars,SPY,1s,40,open_ts")["n"] >= 30)
        page = self.s.ask("/wirebar/bars,SPY,1s,40")
        self.assertLessEqual(len(self.s.reply), REPLY_BYTES)
        self.assertGreater(page["more"], 0)
        self.assertEqual(page["n"], len(page["close_filled"]))
        self.assertEqual(page["open_ts"], sorted(page["open_ts"], reverse=True))
        skipped = self.s.ask("/wirebar/bars,SPY,1s,40,all,5")
        known = dict(zip(page["open_ts"], page["cvd"]))
        shared = [(known[t], c) for t, c in zip(skipped["open_ts"], skipped["cvd"]) if t in known]
        self.assertTrue(shared)
        self.assertTrue(all(a == b for a, b in shared))
        whole = json.loads(self.ctl("--json", "bars", "SPY", "1s", "30", "all").stdout)
        self.assertEqual(len(whole["ema9"]), whole["n"])
        self.assertGreater(whole["n"], page["n"])
        type(self).rows[("SPY", "1s")] = whole
        self.assertEqual(self.s.ask("/wirebar/ctl/watch,SPY,off")["command"], "unwatch")

    def test_bundle_is_the_latest_rows(self):
        wait_for(lambda: "30s" in self.s.ask("/wirebar/bundle,QQQ"))
        bundle = self.s.ask("/wirebar/bundle,QQQ")
        self.assertGreaterEqual(bundle["1s"]["close_ts"], bundle["15s"]["close_ts"])
        for span in ("5s", "15s"):
            type(self).rows[("QQQ", span)] = {k: [v] for k, v in bundle[span].items()}

    def test_top_names_the_busiest_first(self):
        top = wait_for(lambda: (lambda t: t if t["n"] > 1 else None)(self.s.ask("/wirebar/top,5,15s")))
        volumes = [top[str(i)]["volume"] for i in range(top["n"])]
        self.assertEqual(volumes, sorted(volumes, reverse=True))
        self.assertIn("pushes", self.ctl("top", "--once").stdout)

    def test_many_clients_at_once(self):
        wrong = []

        def client(request, key):
            s = Socket(self.telemetry)
            for _ in range(150):
                try:
                    if key not in s.ask(request):
                        wrong.append((request, s.reply))
                except (KeyError, TypeError):
                    wrong.append((request, s.reply))
            s.close()

        threads = [threading.Thread(target=client, args=a) for a in
                   (("/wirebar/health", "health"), ("/wirebar/ledger", "frames_rx"), ("/wirebar/lag", "ingest0"),
                    ("/wirebar/links", "bars_export"), ("/wirebar/lcores", "signal0"))]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(wrong, [])

    @unittest.skipUnless(CLIENT, "dpdk-telemetry.py is not installed (package dpdk-dev)")
    def test_debians_client(self):
        done = subprocess.run([sys.executable, CLIENT, "-f", self.prefix], input="/wirebar/health\n/wirebar/quote,SPY\n/wirebar/ctl/resume\n",
                              capture_output=True, text=True, env=self.env, timeout=30)
        answers = [json.loads(line) for line in done.stdout.split("\n") if line.startswith("{\"/wirebar")]
        self.assertEqual([list(a) for a in answers], [["/wirebar/health"], ["/wirebar/quote"], ["/wirebar/ctl/resume"]])
        self.assertEqual(answers[1]["/wirebar/quote"]["symbol"], "SPY")

    def test_wirebarctl_finds_the_only_one(self):
        done = subprocess.run([CTL, "health"], capture_output=True, text=True, timeout=30, env=self.env, stdin=subprocess.DEVNULL)
        self.assertIn(done.returncode, (0, 1, 3))
        self.assertIn(f"pid {self.child.pid}", done.stdout)

    def test_attach_says_what_is_missing(self):
        done = subprocess.run([WIREBAR, "attach", "--file-prefix", self.prefix], capture_output=True, text=True, env=self.env, timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no primary to attach to", done.stderr)
        self.assertIn("hugepages", done.stderr)
        self.assertEqual(subprocess.run([WIREBAR, "attach", "--n", "x"], capture_output=True, timeout=30).returncode, 2)

    def test_zz_what_was_read_is_what_is_written(self):
        self.s.close()
        self.child.send_signal(signal.SIGINT)
        self.assertIn(self.child.wait(60), (0, 3), "drained, with or without gaps")
        written = {}
        with open(self.csv, encoding="utf-8") as f:
            for row in csv.DictReader(f):
                written[row["symbol"], row["span"], row["open_ts"]] = row
        compared = 0
        for (symbol, span), rows in self.rows.items():
            for i, open_ts in enumerate(rows["open_ts"]):
                row = written[symbol, span, open_ts]
                for column, values in rows.items():
                    if isinstance(values, list) and column in row:
                        self.assertEqual((open_ts, column, str(values[i])), (open_ts, column, row[column]))
                        compared += 1
        self.assertGreater(compared, 20 * 50)
        done = self.ctl("health")
        self.assertIn(done.returncode, (4, 5))
        self.assertTrue("has ended" in done.stderr or "no socket" in done.stderr, done.stderr)


unittest.main(verbosity=1)
