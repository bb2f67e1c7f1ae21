#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a real program holds and has out, after it was killed: shares, their stop, the day's result, orders, its journal; and
what an operator books. Usage: held_test.py WIREBAR WIREBARCTL MARKETGEN"""
import json
import os
import re
import signal
import subprocess
import unittest

from desk_kit import FLOW, MARKETGEN, STOPS, WIREBAR, Desk
from smoke_kit import market, wait_for


class Held(Desk):
    def test_what_is_adopted_is_compared_and_flattened(self):
        symbol = self.adopt("200", "--reason", "left from the day before")
        before = wait_for(self.watchdog)["passes"]
        wait_for(lambda: self.watchdog()["passes"] > before + 2)  # adopted shares are from outside, and both views are alike
        self.assertEqual((self.watchdog()["state"], self.watchdog()["finding"], self.mode()), ("alike", "", "run"))
        health = json.loads(self.ctl("--json", "health").stdout)
        self.assertEqual((health["watchdog"], health["watchdog_why"]), ("alike", ""))
        self.assertRegex(self.ctl("risk").stdout, r"\nwatchdog alike, \d+ of \d+ passes alike, 0 not whole\n")
        self.assertEqual(self.ctl("halt", "first").returncode, 0)
        self.assertIn("the mode is halt", self.ctl("flatten", "too early").stderr)
        self.assertEqual(self.ctl("resume", "go on").returncode, 0)
        self.assertEqual(self.ctl("flatten", "--reason", "home for the night").stdout, "flatten: all positions are to be closed\n")
        wait_for(lambda: self.position(symbol)["qty"] == "0")
        with open(self.path("audit"), encoding="utf-8") as f:
            text = f.read()
        self.assertRegex(text, rf"adopt: run -> run, .*: {symbol} 200 at [0-9.]+: left from the day before\n")
        self.assertRegex(text, r"flatten: run -> run, .*: home for the night\n")

    def test_what_is_adopted_has_a_stop(self):
        """Without a fill of ours: the keeper of the book is told, and tells the touch."""
        self.more = STOPS
        symbol = self.adopt("200", "--reason", "left from the day before")
        wait_for(lambda: self.position(symbol)["qty"] == "0")
        orders = [o for o in json.loads(self.ctl("--json", "orders").stdout).values() if isinstance(o, dict)]
        self.assertEqual({(o["source"], o["side"]) for o in orders if o["symbol"] == symbol}, {("stop", "sell")})

    def test_what_is_held_is_held_after_a_kill(self):
        """Shares, their cost and the day's result; its stop, too, which sells what an earlier start has bought."""
        symbol = self.adopt("200", "500", "--reason", "left from the day before")
        wait_for(lambda: f"held: {symbol} 200" in self.journal().stdout)
        before = self.position(symbol)
        self.assertRegex(self.journal().stdout, rf" - +adopted +{symbol} +- +buy +200 +500 +holds 200\n")
        self.stop(signal.SIGKILL)
        self.start("--set", "port.replay.speed=20x")
        self.assertIn(f"1 positions of an earlier start go on: {symbol} 200\n", self.words())
        wait_for(lambda: self.position(symbol)["qty"] == "200")
        after = self.position(symbol)
        self.assertEqual((after["cost"], after["realized"]), (before["cost"], before["realized"]))
        self.assertEqual((self.risk()["desk"]["restored"], self.mode()), (1, "run"))
        passes = wait_for(self.watchdog)["passes"]
        wait_for(lambda: self.watchdog()["passes"] > passes + 2)
        self.assertEqual((self.watchdog()["state"], self.mode()), ("alike", "run"))
        self.stop(signal.SIGKILL)
        self.more = STOPS
        self.start("--set", "port.replay.speed=20x")  # with places for stops: another journal, of the same
        self.assertTrue(os.path.exists(os.path.join(self.state, "order_journal.old")))
        wait_for(lambda: "held: " not in self.journal().stdout)
        self.assertRegex(self.journal().stdout, rf"fill +{symbol} +NASDAQ +sell .* holds 0\n")
        sums = json.loads(self.ctl("--json", "positions").stdout)
        self.stop(signal.SIGKILL)
        self.start("--set", "port.replay.speed=20x")  # flat, and what the day has earned so far
        self.assertNotIn("of an earlier start go on", self.words())
        wait_for(lambda: json.loads(self.ctl("--json", "positions").stdout)["realized"] == sums["realized"])
        self.assertEqual(self.position(symbol)["qty"], "0")

    def test_the_days_loss_goes_on_after_a_kill(self):
        """Of an adoption at a price that was never: nothing else loses so much."""
        symbol = self.adopt("10", "1000", "a slip of the pen")
        wait_for(lambda: float(json.loads(self.ctl("--json", "positions").stdout)["day_net"]) < -1000)
        self.assertEqual(self.mode(), "run")
        self.stop(signal.SIGKILL)
        self.start("--set", "risk.loss_day=1000", "--set", "port.replay.speed=20x")
        wait_for(lambda: self.mode() == "reduce")
        self.assertEqual(self.risk()["cause"], "loss")
        self.assertEqual(self.ctl("flatten", "enough").returncode, 0)
        wait_for(lambda: self.position(symbol)["qty"] == "0")

    def orders_of(self, symbol):
        rows = json.loads(self.ctl("--json", "orders").stdout).values()
        return [o for o in rows if isinstance(o, dict) and o["symbol"] == symbol]

    def test_what_is_held_leaves_before_its_first_row(self):
        """The first message of its venue introduces it, and the journal has its last quote; the first row is 100 s away."""
        symbol = self.adopt("200", "--reason", "left from the day before")
        wait_for(lambda: self.position(symbol)["bid"])
        self.assertEqual(self.ctl("adopt", symbol, "100", "some more").returncode, 0)  # booked with the quote
        wait_for(lambda: f"held: {symbol} 300" in self.journal().stdout)
        self.stop(signal.SIGKILL)
        self.start("--set", "port.replay.speed=0.01x")
        wait_for(lambda: self.position(symbol)["qty"] == "300")
        done = self.ctl("flatten", "home for the night")
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_for(lambda: {(o["source"], o["side"]) for o in self.orders_of(symbol)} == {("operator", "sell")})
        wait_for(lambda: self.risk()["desk"]["retries"])  # the book is empty: again each second
        self.assertEqual(json.loads(self.ctl("--json", "lcores").stdout)["signal0"]["rows"], 0)
        self.assertGreater(self.risk()["desk"]["alarms"], 0)
        self.stop(signal.SIGKILL)
        self.start("--set", "port.replay.speed=20x")
        wait_for(lambda: self.ctl("flatten", "home for the night").returncode == 0)
        wait_for(lambda: self.position(symbol)["qty"] == "0" and f"held: {symbol}" not in self.journal().stdout)

    def test_what_no_message_has_introduced_is_told(self):
        """And is still held; it goes when it can."""
        self.start("--set", "port.replay.speed=20x")
        wait_for(lambda: self.ctl("adopt", "QQQ", "200", "left from the day before").returncode == 0)
        wait_for(lambda: "held: QQQ 200" in self.journal().stdout)
        self.stop(signal.SIGKILL)
        self.captures, whole = market(MARKETGEN, self.dir + "/one", "--venues", "itch", "--instruments", "1", "--messages", "5k",
                                      "--duration", "10m"), self.captures
        self.start("--set", "port.replay.speed=20x")
        self.assertEqual(self.ctl("flatten", "home for the night").stdout,
                         "flatten: all positions are to be closed; 1 of an earlier start wait for their first message\n")
        self.assertEqual(self.risk()["desk"]["unmet"], 1)
        self.stop(signal.SIGKILL)
        self.captures = whole
        self.start("--set", "port.replay.speed=20x")
        self.assertIn("1 positions of an earlier start go on: QQQ 200\n", self.words())
        self.assertEqual(self.ctl("flatten", "home for the night").returncode, 0)
        wait_for(lambda: "held: QQQ" not in self.journal().stdout)

    def journal(self):
        return subprocess.run([WIREBAR, "orders", os.path.join(self.state, "order_journal")], capture_output=True, text=True, check=False,
                              env=self.env)

    def recalled(self):
        return self.risk()["desk"]["recalled"]

    def test_what_was_out_is_unknown_after_a_kill(self):
        """Told so, asked about, and ended by the venue's answer: the paper exchange of this start does not have it."""
        self.more = FLOW
        self.start("--set", "port.replay.speed=10x", "--set", "paper.entry=60s")  # no answer before the kill
        wait_for(lambda: json.loads(self.ctl("--json", "orders").stdout)["open"])
        self.stop(signal.SIGKILL)
        before = self.journal()
        self.assertEqual(before.returncode, 0, before.stderr)
        left = re.findall(r"^not ended: (\w+)$", before.stdout, re.M)
        self.assertTrue(left)
        self.assertRegex(left[0], r"^W1\w{3}01\w{7}$")  # the first start
        self.assertRegex(before.stdout, rf"{left[0]} +new +\w+ +NASDAQ +buy")
        self.start("--set", "port.replay.speed=50x")
        self.assertIn(f"{len(left)} orders of an earlier start are UNKNOWN", self.words())
        wait_for(lambda: self.recalled() == len(left))
        wait_for(lambda: "0 orders have not ended" in self.journal().stdout or json.loads(self.ctl("--json", "orders").stdout)["open"])
        self.stop(signal.SIGTERM)
        after = self.journal().stdout
        for order in left:
            self.assertRegex(after, rf"{order} +query ")
            self.assertRegex(after, rf"{order} +cancelled +filled 0")
        self.assertFalse(set(left) & set(re.findall(r"^not ended: (\w+)$", after, re.M)))
        ids = re.findall(r" (W1\w{12}) +new ", after)
        self.assertEqual(len(ids), len(set(ids)))

    def test_who_stops_it_leaves_no_order_out(self):
        self.more = FLOW
        summary = os.path.join(self.state, "summary.json")
        self.start("--set", "port.replay.speed=10x", "--summary", summary)
        wait_for(lambda: json.loads(self.ctl("--json", "orders").stdout)["open"])
        self.stop(signal.SIGTERM)
        with open(summary, encoding="utf-8") as f:
            self.assertGreater(json.load(f)["ledger"]["orders_cancelled_end"], 0)
        said = self.journal().stdout
        self.assertRegex(said, r"W1\w{12} +cancelled ")
        self.assertIn("; 0 orders have not ended", said)

    def test_a_damaged_journal_halts(self):
        self.start()
        self.stop(signal.SIGTERM)
        path = os.path.join(self.state, "order_journal")
        with open(path, "r+b") as f:
            f.seek(64 + 192)
            f.write(b"\1" * 192)  # not behind the newest record: there is none
            f.seek(64 + 5 * 192)
            f.write(b"\2" * 192)
        self.start()
        wait_for(lambda: self.mode() == "halt")
        self.assertIn("damaged records among its", self.words())
        self.assertEqual(self.ctl("resume", "looked at it").returncode, 0)
        self.stop(signal.SIGTERM)
        with open(path, "wb") as f:
            f.write(b"no journal")
        self.start()
        wait_for(lambda: self.mode() == "halt")
        self.assertTrue(os.path.exists(path + ".bad"))
        with open(os.path.join(self.state, "order_starts"), encoding="ascii") as f:
            self.assertEqual(f.readline(), "wirebar starts 3\n")

    def test_a_journal_has_one_process(self):
        """Two would count their starts in one file, and give the same ids."""
        self.start()
        with open(os.path.join(self.state, "order_journal"), "rb") as f:
            before = f.read()
        r = subprocess.run([WIREBAR, "run", "--conf", os.path.join(self.dir, "run.conf"), "--file-prefix", self.prefix + "b", "--quiet"],
                           env=self.env, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(r.returncode, 1, r.stderr)
        self.assertIn("order_journal: a living process keeps it; give this one another run.state_dir", r.stderr)
        with open(os.path.join(self.state, "order_journal"), "rb") as f:
            self.assertEqual(f.read(len(before)), before)
        with open(os.path.join(self.state, "order_starts"), encoding="ascii") as f:
            self.assertEqual(f.readline(), "wirebar starts 1\n")
        self.again()  # a kill gives it back

    def test_a_copied_journal_has_no_holes(self):
        """A record into a hole of a full disk would end the process by SIGBUS."""
        self.start()
        self.stop(signal.SIGTERM)
        path = os.path.join(self.state, "order_journal")
        with open(path, "rb") as f:
            head, size = f.read(64), os.path.getsize(path)
        with open(path, "wb") as f:
            f.write(head)
            f.truncate(size)
        self.assertLess(os.stat(path).st_blocks * 512, size)
        self.start()
        self.assertGreaterEqual(os.stat(path).st_blocks * 512, size)
        self.assertEqual(self.mode(), "run")

    def test_what_another_instance_left_out_halts(self):
        """The venue would be asked about ids that it never had, and say that they are gone."""
        self.more = FLOW
        self.start("--set", "port.replay.speed=10x", "--set", "paper.entry=60s")  # no answer before the kill
        wait_for(lambda: json.loads(self.ctl("--json", "orders").stdout)["open"])
        self.stop(signal.SIGKILL)
        left = re.findall(r"^not ended: (W1\w+)$", self.journal().stdout, re.M)
        self.assertTrue(left)
        self.start("--set", "orders.instance=W2")
        wait_for(lambda: self.mode() == "halt")
        self.assertIn(f"{len(left)} orders that have not ended are of orders.instance = W1", self.words())
        self.assertEqual(self.recalled(), 0)
        self.assertTrue(os.path.exists(os.path.join(self.state, "order_journal.old")))

    def test_what_is_not_audited_is_not_adopted(self):
        symbol = self.adopt("200", "--reason", "left from the day before")
        os.rename(self.path("audit"), self.path("audit.old"))
        os.mkdir(self.path("audit"))
        done = self.ctl("adopt", symbol, "100", "--reason", "some more")
        self.assertEqual(done.returncode, 1)
        self.assertIn("trading_audit cannot be written (Is a directory): nothing is booked", done.stderr)
        self.assertEqual(self.position(symbol)["qty"], "200")
        done = self.ctl("flatten", "home for the night")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "all positions are to be closed.*, but .*trading_audit")
        wait_for(lambda: self.position(symbol)["qty"] == "0")

    def test_what_the_desk_latches_outlives_a_kill(self):
        self.adopt("1000", "900000", "a slip of the pen")
        wait_for(lambda: self.mode() == "reduce")
        self.assertIn("the day's loss has reached its limit", self.ctl("health").stdout)
        wait_for(lambda: "raised: run -> reduce" in self.audited())  # written last
        self.again()
        self.assertEqual(self.mode(), "reduce")
        risk = json.loads(self.ctl("--json", "risk").stdout)
        self.assertEqual((risk["mode"], risk["cause"], risk["loss_latched"]), ("reduce", "loss", 0))
        self.assertEqual(self.ctl("resume", "booked right").returncode, 0)
        self.again()
        self.assertEqual(self.mode(), "run")
        with open(self.path("audit"), encoding="utf-8") as f:
            self.assertRegex(f.read(), r"raised: run -> reduce, loss, n \d+: the day's loss has reached its limit\n")


unittest.main(verbosity=1, warnings="ignore")
