#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Kill, halt, reduce and resume on a real program that is killed and started again, with its files damaged in every way:
it stays in mode kill. Usage: trading_test.py WIREBAR WIREBARCTL MARKETGEN"""
import json
import os
import re
import signal
import stat
import subprocess
import time
import unittest

from smoke_kit import Folder, Socket, ask, market, programs, socket_of, wait_for

WIREBAR, CTL, MARKETGEN = programs(3)

CONF = """include = builtin:bench
[orders]
enabled = yes
[port replay]
files = {captures}
speed = 0.1x
[link orders]
from = signal0
to = ingest0
depth = 4096
[gate ema_long]
shares = 100
[bars]
instruments = 64
orders = 4096
levels = 4096
prints = 4096
[risk]
qty_max = 1000
notional_max = unlimited
position_max = 100
short_max = 0
gross_max = unlimited
net_max = unlimited
open_orders_max = 100
collar_bps = 1000
collar_ticks = unlimited
blind_bps = 1000
quote_age = 600s
duplicate_window = 1s
symbol_rate = 10
entry_rate = 10
exit_rate = 10
cancel_rate = 10
rejects_max = 10
denials_max = 1000
loss_day = 5000
[run]
state_dir = {state}
"""

STOPS = """
[link stops]
from = telemetry0
to = signal0
depth = 4096
[stop all]
mode = bps
offset = 1
"""


class Trading(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = market(MARKETGEN, cls.dir + "/m", "--venues", "itch", "--instruments", "5", "--messages", "5k", "--duration", "10m")

    def setUp(self):
        self.prefix = f"trading{os.getpid()}"
        self.state = os.path.join(self.dir, self.id().rsplit(".", 1)[1])
        os.mkdir(self.state)
        self.child = None
        self.more = ""

    def tearDown(self):
        self.stop(signal.SIGTERM)

    def start(self, *options):
        conf = os.path.join(self.dir, "run.conf")
        with open(conf, "w", encoding="utf-8") as f:
            f.write(CONF.format(captures=",".join(self.captures), state=self.state) + self.more)
        self.said = open(os.path.join(self.dir, "said"), "w+", encoding="utf-8")
        self.child = subprocess.Popen([WIREBAR, "run", "--conf", conf, "--file-prefix", self.prefix, "--quiet", *options], env=self.env,
                                      stderr=self.said, stdout=subprocess.DEVNULL)
        wait_for(lambda: self.child.poll() is not None or "pid" in self.ctl("health").stdout, 30)
        self.assertIsNone(self.child.poll(), self.words())

    def words(self):
        self.said.seek(0)
        return self.said.read()

    def stop(self, how):
        if self.child:
            self.child.send_signal(how)
            self.child.wait(30)
            self.said.close()
        self.child = None

    def again(self):
        self.stop(signal.SIGKILL)
        self.start()

    def ctl(self, *args):
        return ask(CTL, self.env, self.prefix, *args)

    def mode(self):
        return json.loads(self.ctl("--json", "health").stdout)["trading"]

    def path(self, name):
        return os.path.join(self.state, "trading_" + name)

    def test_each_mode_outlives_a_kill_and_only_an_operator_ends_it(self):
        self.start()
        self.assertEqual(self.mode(), "run")
        for word, mode in (("reduce", "reduce"), ("halt", "halt"), ("kill", "kill")):
            self.assertEqual(self.ctl(word, "--reason", f"a {word} of the test").returncode, 0)
            self.again()
            self.assertEqual(self.mode(), mode)
            self.assertIn(f"a {word} of the test", self.ctl("health").stdout)
        self.assertEqual(self.ctl("resume").returncode, 2)
        self.assertEqual(Socket(socket_of(self.env, self.prefix, "wirebar_control")).send("resume")["status"], "error")
        self.assertEqual(self.ctl("resume", "found the cause").returncode, 0)
        self.again()
        self.assertEqual(self.mode(), "run")
        with open(self.path("audit"), encoding="utf-8") as f:
            lines = f.read().splitlines()
        self.assertEqual([line.split()[7].rstrip(":") for line in lines], ["reduce", "halt", "kill", "resume"])
        self.assertRegex(lines[2], rf'^\d+ pid \d+ uid {os.geteuid()} gid \d+ kill: halt -> kill, operator, n \d+: a kill of the test$')
        self.assertEqual(stat.S_IMODE(os.stat(self.path("latch")).st_mode), 0o600)

    def test_what_is_not_audited_is_not_resumed(self):
        self.start()
        self.assertEqual(self.ctl("kill", "--reason", "a kill of the test").returncode, 0)
        os.rename(self.path("audit"), self.path("audit.old"))
        os.mkdir(self.path("audit"))
        done = self.ctl("resume", "found the cause")
        self.assertEqual(done.returncode, 1)
        self.assertIn("trading stays in mode kill", done.stderr)
        self.assertEqual(self.mode(), "kill")
        self.stop(signal.SIGKILL)
        os.unlink(self.path("mode"))  # as a power cut may leave it
        self.start()
        self.assertEqual(self.mode(), "kill")
        self.assertIn("a kill of the test", self.ctl("health").stdout)

    def position(self, symbol):
        rows = json.loads(self.ctl("--json", "positions").stdout).values()
        return next((r for r in rows if isinstance(r, dict) and r["symbol"] == symbol), {"qty": "0"})

    def adopt(self, *words):
        """A symbol that has a price by now."""
        self.start("--set", "port.replay.speed=20x")
        symbol = wait_for(lambda: next((k for k in ("SPY", "QQQ", "AAPL") if self.ctl("adopt", k, *words).returncode == 0), None))
        wait_for(lambda: self.position(symbol)["qty"] == words[0])
        return symbol

    def test_what_is_adopted_is_flattened(self):
        symbol = self.adopt("200", "--reason", "left from the day before")
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

    def audited(self):
        with open(self.path("audit"), encoding="utf-8") as f:
            return f.read()

    def risk(self):
        return json.loads(self.ctl("--json", "risk").stdout)

    def journal(self):
        return subprocess.run([WIREBAR, "orders", os.path.join(self.state, "order_journal")], capture_output=True, text=True, check=False,
                              env=self.env)

    def recalled(self):
        return self.risk()["desk"]["recalled"]

    def test_what_was_out_is_unknown_after_a_kill(self):
        """Told so, asked about, and ended by the venue's answer: the paper exchange of this start does not have it."""
        self.start("--set", "port.replay.speed=50x")
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
        self.start("--set", "port.replay.speed=50x")
        wait_for(lambda: json.loads(self.ctl("--json", "orders").stdout)["open"])
        self.stop(signal.SIGKILL)
        left = re.findall(r"^not ended: (W1\w+)$", self.journal().stdout, re.M)
        self.assertTrue(left)
        self.start("--set", "orders.instance=W2")
        wait_for(lambda: self.mode() == "halt")
        self.assertIn(f"{len(left)} orders that have not ended are of orders.instance = W1", self.words())
        self.assertEqual(self.recalled(), 0)
        self.assertTrue(os.path.exists(os.path.join(self.state, "order_journal.old")))

    def watchdog(self):
        return self.risk()["watchdog"]

    def test_both_views_are_compared_each_second(self):
        """Adopted shares are from outside: the venue has no fill of them, and both views are alike."""
        symbol = self.adopt("200", "--reason", "left from the day before")
        before = wait_for(self.watchdog)["passes"]
        wait_for(lambda: self.watchdog()["passes"] > before + 2)
        self.assertEqual((self.watchdog()["state"], self.watchdog()["finding"], self.mode()), ("alike", "", "run"))
        health = json.loads(self.ctl("--json", "health").stdout)
        self.assertEqual((health["watchdog"], health["watchdog_why"]), ("alike", ""))
        self.assertRegex(self.ctl("risk").stdout, r"\nwatchdog alike, \d+ of \d+ passes alike, 0 not whole\n")
        self.assertEqual(self.position(symbol)["qty"], "200")

    def test_no_entry_while_nobody_compares(self):
        """The telemetry lcore hangs: what it has found grows too old."""
        self.more = "[gate flow]\nrule = 1s delta > 0\nshares = 100\n"
        self.start("--set", "port.replay.speed=5x", "--set", "orders.heartbeat=60s")
        self.assertEqual(self.ctl("debug", "stall", "telemetry0", "60000").returncode, 0)
        self.assertEqual(self.risk()["denied"]["UNVERIFIED"], 0)
        wait_for(lambda: self.risk()["denied"]["UNVERIFIED"])
        self.assertEqual(self.mode(), "run")

    def test_who_watches_stops_hangs(self):
        self.start("--set", "orders.heartbeat=300ms")
        self.assertIn("allowed: debug stall LCORE MS", self.ctl("debug", "stall", "telemetry0", "0").stderr)
        self.assertIn('no lcore "nobody"', self.ctl("debug", "stall", "nobody", "10").stderr)
        self.assertEqual(self.ctl("debug", "stall", "telemetry0", "1500").stdout, "debug: lcore telemetry0 does nothing for 1500 ms\n")
        wait_for(lambda: self.mode() == "reduce")
        self.assertEqual(self.risk()["cause"], "heartbeat")
        self.assertRegex(self.audited(), r"raised: run -> reduce, heartbeat, n \d+: lcore telemetry0 has not polled for [0-9.]+ s")
        self.assertEqual(self.ctl("resume", "too early").returncode, 0)
        wait_for(lambda: self.audited().count("raised: run -> reduce, heartbeat") > 1)  # as long as it hangs
        wait_for(lambda: self.ctl("resume", "it polls again").returncode == 0 and self.mode() == "run")

    def test_the_stopped_process_is_no_lost_lcore(self):
        self.start("--set", "orders.heartbeat=300ms")
        self.child.send_signal(signal.SIGSTOP)
        time.sleep(1)
        self.child.send_signal(signal.SIGCONT)
        before = json.loads(self.ctl("--json", "lcores").stdout)["signal0"]["polls"]
        wait_for(lambda: json.loads(self.ctl("--json", "lcores").stdout)["signal0"]["polls"] > before + 2000)
        self.assertEqual(self.mode(), "run")

    def test_who_decides_hangs(self):
        """The keeper of the books cancels what rests; nothing is entered until an operator has looked."""
        self.start("--set", "orders.heartbeat=300ms")
        self.assertEqual(self.ctl("debug", "stall", "signal0", "1500").returncode, 0)
        wait_for(lambda: self.mode() == "reduce")
        self.assertRegex(self.audited(), r"heartbeat, n \d+: lcore signal0 has not polled for [0-9.]+ s: \d+ open orders cancelled")

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
        self.assertIn("all positions are to be closed, but", done.stderr)
        wait_for(lambda: self.position(symbol)["qty"] == "0")

    def test_a_command_that_is_not_answered_is_audited(self):
        """The signal lcore waits for the export lcore, which waits for who reads the bars: nobody."""
        fifo = os.path.join(self.state, "fifo")
        os.mkfifo(fifo)
        reads = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.start("--set", "port.replay.speed=50x", "--set", "run.full_link=wait", "--set", "link.fires_export.depth=2", "--fill", "--bars", fifo)
        try:
            ask = Socket(socket_of(self.env, self.prefix, "wirebar_control"), 30).send
            done = wait_for(lambda: next((d for d in [ask("flatten home for the night")] if d["status"] == "error"), None))
            self.assertIn("it does it when it runs on", done["error"])
            with open(self.path("audit"), encoding="utf-8") as f:
                self.assertIn(": home for the night\n", f.read())
            self.assertIn("nothing is done, an earlier one waits", ask("flatten again")["error"])
            self.assertEqual(ask("reduce x")["status"], "ok")
            self.assertIn("the mode is run now, but", ask("resume y")["error"])
        finally:
            os.close(reads)  # now it can end

    def test_words_that_are_wrong_change_nothing(self):
        self.start()
        for words, why in ((("SPY", "0", "x"), "no row of this instrument"), (("SPY", "1e3", "x"), "QTY"), (("SPY", "10", "no number"), "no price so far"),
                           (("SPY", "10", "1.2345678", "x"), "PRICE"), (("LONGSYMBOL", "10", "x"), "SYM"),
                           (("SPY", "10", "12.5"), "adopt SYM QTY [PRICE] REASON"), (("NOSUCH", "10", "5", "x"), "no row of this instrument")):
            done = self.ctl("adopt", *words)
            self.assertEqual(done.returncode, 1 if len(words) > 2 else 2, words)
            self.assertIn(why, done.stderr, words)
        self.assertEqual(json.loads(self.ctl("--json", "positions").stdout)["traded"], 0)

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

    def test_without_a_control_socket_nothing_is_live(self):
        with self.assertRaises(AssertionError) as caught:
            self.start("--set", "run.control=no")
        self.assertIn("[run] control: found no", str(caught.exception))

    def test_a_damaged_latch_is_killed(self):
        self.start()
        self.stop(signal.SIGTERM)
        for damage in (b"", b"\0" * 40, b"wirebar-latch 1 normal 1 0 0 \"\" 0\n", None):
            with open(self.path("latch"), "wb") as f:
                f.write(damage or b"")
                if damage is None:
                    f.truncate(1 << 30)
            self.start()
            self.assertEqual(self.mode(), "kill", damage)
            self.assertIn("trading is KILLED", self.words())
            self.assertEqual(self.ctl("resume", "looked at it").returncode, 0)
            self.again()
            self.assertEqual(self.mode(), "run")
            self.stop(signal.SIGTERM)

    def test_a_damaged_mode_file_is_killed_and_put_aside(self):
        for damage in (b"", b"x" * 16, b"y" * 5000):
            with open(self.path("mode"), "wb") as f:
                f.write(damage)
            self.start()
            self.assertEqual(self.mode(), "kill", damage)
            self.again()
            self.assertEqual(self.mode(), "kill", damage)
            self.assertTrue(os.path.exists(self.path("mode.bad")))
            self.assertEqual(self.ctl("resume", "looked at it").returncode, 0)
            self.stop(signal.SIGTERM)

    def test_between_word_and_latch_it_stays_killed(self):
        self.start()
        os.mkdir(self.path("latch.new"))  # the latch cannot be written: as if the process died before
        done = self.ctl("kill", "now")
        self.assertEqual(done.returncode, 1)
        self.assertIn("the mode is kill now, but", done.stderr)
        self.again()
        self.assertEqual(self.mode(), "kill")
        refused = self.ctl("resume", "too early")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("stays in mode kill", refused.stderr)
        self.assertEqual(self.mode(), "kill")
        os.rmdir(self.path("latch.new"))
        self.assertEqual(self.ctl("resume", "now it can be written").returncode, 0)
        self.assertEqual(self.mode(), "run")

    def test_without_its_directory_it_is_killed(self):
        os.rmdir(self.state)
        self.start()
        self.assertEqual(self.mode(), "kill")
        self.assertEqual(self.ctl("resume", "no").returncode, 1)
        self.assertEqual(self.mode(), "kill")
        os.mkdir(self.state)
        self.again()
        self.assertEqual(self.mode(), "run")

    def test_a_crowd_on_the_socket_does_not_hold_a_kill_up(self):
        self.start()
        path = socket_of(self.env, self.prefix, "wirebar_control")
        crowd = []
        for _ in range(30):
            try:
                crowd.append(Socket(path))
            except OSError:
                break
        self.assertEqual(self.ctl("kill", "through a crowd").returncode, 0)
        self.assertEqual(self.mode(), "kill")
        for c in crowd:
            c.close()


unittest.main(verbosity=1, warnings="ignore")
