#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A live desk that is killed and begins with its packet journal: its bars are those of a run that nobody disturbed, what the
journal holds makes no orders, and positions, ids, stops and the mode are those of before. Usage: past_test.py WIREBAR WIREBARCTL MARKETGEN"""
import csv
import datetime
import glob
import json
import os
import pathlib
import re
import signal
import subprocess
import unittest
import zoneinfo

from desk_kit import MARKETGEN, STOPS, WIREBAR, Desk
from smoke_kit import SECOND, market, wait_for

# Entries by the second, exits now and then, and stops far enough away that positions live for a while.
TRADES = """
[gate flow]
side = long
group = any
rule = 1s delta > 0
shares = 100
price = through
tif = ioc
pause = 2s
[capture]
enabled = yes
restart = yes
dir = {state}/journal
"""
KEYS = ["bars.weekends=yes", *(f"bars.{k}=65536" for k in ("orders", "levels", "prints")), "bars.grace=60s", "bars.silence=60s",
        "run.clock_anchor=first_packet", "run.state_hash=yes",
        *(f"risk.{k}=1000" for k in ("symbol_rate", "entry_rate", "exit_rate", "cancel_rate")), "risk.loss_day=unlimited",
        "risk.denials_max=unlimited"]
SET = [word for key in KEYS for word in ("--set", key)]
# The second venue on an lcore of its own, with orders of ours.
TRADED = SECOND + """[link orders_1]
from = signal0
to = ingest1
depth = 4096
[gate other]
side = long
group = any
rule = 1s delta < 0
shares = 100
price = through
tif = ioc
venue = IEX
"""


class Past(Desk):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        day = datetime.datetime.now(zoneinfo.ZoneInfo("America/New_York")).strftime("%Y-%m-%d")
        cls.captures = market(MARKETGEN, cls.dir + "/today", "--venues", "itch,iex", "--instruments", "20", "--messages", "40k", "--date", day,
                              "--start", "09:29:50", "--duration", "100s")
        subprocess.run([WIREBAR, "replay", *cls.captures, "--quiet", "--conf", "builtin:bench", "--set", "bars.weekends=yes", "--set", "run.state_hash=yes",
                        "--bars", cls.dir + "/want.csv", "--summary", cls.dir + "/want"], env=cls.env, stderr=subprocess.DEVNULL, check=False,
                       timeout=180)
        with open(cls.dir + "/want.csv", "rb") as f:
            cls.bars = f.read()

    def live(self, *options, speed=20, more="", files=True):
        self.more = TRADES.format(state=self.state) + more
        files = ["--bars", self.out("bars"), "--orders", self.out("orders")] if files else []
        self.start("--set", f"port.replay.speed={speed}x", "--summary", self.out("s"), *files, *SET, *options)

    def out(self, name):
        return os.path.join(self.state, name)

    def rows(self, name):
        with open(self.out(name), encoding="ascii", newline="") as f:
            return list(csv.DictReader(f))

    def journal(self):
        return subprocess.run([WIREBAR, "orders", self.out("order_journal")], capture_output=True, text=True, check=True, env=self.env).stdout

    def held(self):
        return dict(re.findall(r"^held: (\S+) (\S+)", self.journal(), re.M))

    def kept(self):
        return sum(os.path.getsize(f) for f in glob.glob(self.out("journal/journal-*")))

    def killed(self, part=0.5, there=None):
        """When so much of the captures is in the journal, and there is something that goes on: what is held, by default. What is held then."""
        most = part * sum(os.path.getsize(f) for f in self.captures)
        wait_for(lambda: self.child.poll() is not None or (self.kept() > most and (there or self.held)()))
        self.assertIsNone(self.child.poll(), self.words())
        self.stop(signal.SIGKILL)
        return self.held()

    def left(self):
        """Symbols of orders that have not ended."""
        text = self.journal()
        return {re.search(rf" {i} +new +(\S+)", text)[1] for i in re.findall(r"^not ended: (\w+)$", text, re.M)}

    def desk(self, count):
        return self.risk().get("desk", {}).get(count)

    def requests(self):
        """The ids of all new orders, by the start that made them."""
        ids = re.findall(r" (W1\w{12}) +new ", self.journal())
        self.assertEqual(len(ids), len(set(ids)), "an id was given twice")
        return {start: {i for i in ids if i[5:7] == start} for start in ("01", "02")}

    def newest(self):
        """Of what the first run has decided: exchange time, as text."""
        return max(re.findall(r"^ *\d+  (\S+) ", self.journal(), re.M))

    def ended(self, whole=True, files=True):
        """The run to its end: bars and state are as undisturbed, nothing is out, and what is held is what fills have left."""
        self.assertIn(self.child.wait(300), (0, 3), self.words())
        self.said.close()
        self.child = None
        said, want = (json.loads(pathlib.Path(path).read_text(encoding="ascii")) for path in (self.out("s"), self.dir + "/want"))
        self.assertEqual([r for r in said["reasons"] if r["name"] != "port_cut_tail_bytes"], [])
        self.assertEqual((said["ledger"]["restart_dropped"], said["ledger"]["bars_by_timer"]), (0, 0))
        self.assertGreater(said["ledger"]["restart_frames"], 100)
        if files:
            self.assertEqual(pathlib.Path(self.out("bars")).read_bytes(), self.bars)
        state = lambda s: [lcore["state_hash"] for lcore in s["lcores"] if lcore["stage"] == "ingest"]
        if whole:  # one lcore that knows it all
            self.assertEqual(state(said), state(want))
        text = self.journal()
        self.assertEqual(re.findall(r"^not ended: W1\w{3}01", text, re.M), [])
        shares = {}
        for symbol, side, qty in re.findall(r" fill +(\S+) +\S+ +(buy|sell) +(\d+) ", text):
            shares[symbol] = shares.get(symbol, 0) + (int(qty) if side == "buy" else -int(qty))
        self.assertEqual({s: str(n) for s, n in shares.items() if n}, self.held())
        return said

    def sent(self):
        return [r for r in self.rows("orders") if r["event"] == "sent"]

    def fresh(self, newest, left, sent=None):
        """Rows of the journal made no order. The feed's clock begins anew, so what leaves at once is early: exits that were out."""
        sent = self.sent() if sent is None else sent
        early = [r for r in sent if r["ts"] <= newest]
        self.assertEqual([r for r in early if r["side"] not in ("S", "sell") or r["symbol"] not in left], [])
        self.assertGreater(len(sent), len(early))

    def test_bars_and_positions_go_on(self):
        """What was held is held, and compared with the venue; the rows of the journal fire, and make nothing."""
        self.live()
        held = self.killed()
        newest, left = self.newest(), self.left()
        self.live()
        self.assertIn(f"{len(held)} positions of an earlier start go on", self.words())
        wait_for(lambda: self.desk("restored") == len(held))
        for symbol in set(held) - left:  # whose exit goes on
            self.assertEqual(self.position(symbol)["qty"], held[symbol])  # none of them takes another entry
        self.assertGreater(self.desk("fires_past"), 0)
        passes = wait_for(self.watchdog)["passes"]
        wait_for(lambda: self.watchdog()["passes"] > passes + 2)
        wait_for(lambda: self.watchdog()["state"] == "alike")
        self.assertEqual((self.mode(), self.audited()), ("run", ""))
        self.ended()
        self.assertTrue(all(self.requests().values()))
        self.fresh(newest, left)

    def command(self, name, *options):
        """With the configuration of the run. What it said."""
        done = subprocess.run([WIREBAR, name, "--conf", os.path.join(self.dir, "run.conf"), "--quiet", *SET, *options], env=self.env,
                              capture_output=True, text=True, check=False, timeout=180)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        return done.stderr

    def test_snapshots(self):
        """Made beside, twice the same to the byte; a start begins with it, and with what the order journal holds."""
        self.live(files=False, more=STOPS.replace("offset = 1", "offset = 20"))
        self.killed(0.3)
        self.live(files=False, more=self.more[len(TRADES.format(state=self.state)):], speed=5)  # the job has time until its end
        most = 0.75 * sum(os.path.getsize(f) for f in self.captures)  # with what comes again
        wait_for(lambda: self.child.poll() is not None or (self.kept() > most and self.held()))
        self.assertIn("snapshot-0: ", self.command("snapshot"))
        self.assertIsNone(self.child.poll(), self.words())
        self.stop(signal.SIGKILL)
        files = []
        for _ in range(2):
            os.unlink(self.out("journal/snapshot-0"))
            self.assertIn("snapshot-0: ", self.command("snapshot", "--ended"))
            files.append(bytearray(pathlib.Path(self.out("journal/snapshot-0")).read_bytes()))
            files[-1][40:48], files[-1][84:88] = bytes(8), bytes(4)  # when it was made, and the header's check sum
        self.assertTrue(files[0] == files[1])
        held, newest, left = self.held(), self.newest(), self.left()
        self.live(files=False, more=self.more[len(TRADES.format(state=self.state)):])
        self.assertNotIn("not begun with", self.words())
        wait_for(lambda: self.desk("restored") == len(held))
        wait_for(lambda: (self.watchdog() or {}).get("state") == "alike")
        self.assertEqual(self.mode(), "run")
        said = self.ended(files=False)
        self.assertGreater(said["ledger"]["restart_snapshot_frames"], 1000)
        self.command("replay", "--summary", self.out("all"), "--set", "port.replay.speed=max", "--set", "capture.enabled=no", "--set",
                     "capture.restart=no")
        want = json.loads(pathlib.Path(self.out("all")).read_text(encoding="ascii"))
        self.assertEqual(said["state_hash"], want["state_hash"])  # of gates, too
        keys = ("ts", "symbol", "side")
        self.fresh(newest, left, [dict(zip(keys, r)) for r in
                                  re.findall(r"^ *\d+  (\S+) +W1\w{3}03\w{7} +new +(\S+) +\S+ +(\w+) ", self.journal(), re.M)])

    def test_stops_see_no_old_quotes(self):
        self.live(more=STOPS.replace("offset = 1", "offset = 20"))
        self.killed()
        newest, left = self.newest(), self.left()
        self.live(more=STOPS.replace("offset = 1", "offset = 20"))
        self.ended()
        self.fresh(newest, left)
        self.assertIn("stop", {r["source"] for r in self.sent()})
        self.assertEqual(self.audited(), "")  # the watchdog has not halted

    def test_several_ingest_lcores(self):
        """The desk is told when all of them are live; orders go to both."""
        both = self.captures
        more = TRADED.format(captures=both[1])
        self.captures = both[:1]
        self.live(more=more)
        held = self.killed()
        newest, left = self.newest(), self.left()
        self.live(more=more)
        wait_for(lambda: self.desk("restored") == len(held))
        self.ended(whole=False)
        self.fresh(newest, left)
        self.assertEqual({r["venue"] for r in self.sent()}, {"itch", "iex"})

    def test_the_mode_is_kept(self):
        """And entries that it holds back have the gates of the past do what they did."""
        self.live()
        wait_for(self.held)
        self.assertEqual(self.ctl("halt", "--reason", "a halt of the test").returncode, 0)
        held = self.killed()
        self.live()
        self.assertEqual(self.mode(), "halt")
        wait_for(lambda: self.desk("restored") == len(held))
        self.ended()
        self.assertEqual(self.held(), held)
        self.assertEqual(self.requests()["02"], set())

    def test_what_was_out_is_asked_about_once_it_is_live(self):
        self.live("--set", "paper.entry=60s")
        self.killed(there=lambda: json.loads(self.ctl("--json", "orders").stdout)["open"])
        left = re.findall(r"^not ended: (\w+)$", self.journal(), re.M)
        self.live()
        wait_for(lambda: self.desk("recalled") == len(left))
        self.ended()
        for order in left:
            self.assertRegex(self.journal(), rf"{order} +cancelled +filled \d+\n")


if __name__ == "__main__":
    unittest.main(verbosity=1, warnings="ignore")
