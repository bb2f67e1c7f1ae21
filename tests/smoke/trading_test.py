#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Kill, halt, reduce and resume on a real program that is killed and started again, with its files damaged in every way:
it stays in mode kill. Who hangs is noticed. Usage: trading_test.py WIREBAR WIREBARCTL MARKETGEN"""
import json
import os
import re
import signal
import stat
import time
import unittest

from desk_kit import FLOW, Desk
from smoke_kit import Socket, freeze, socket_of, wait_for


class Trading(Desk):
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

    def test_no_entry_while_nobody_compares(self):
        """The telemetry lcore hangs: what it has found grows too old."""
        self.more = FLOW
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
        wait_for(lambda: re.search(r"raised: run -> reduce, heartbeat, n \d+: lcore telemetry0 has not polled for [0-9.]+ s", self.audited()))
        self.assertEqual(self.ctl("resume", "too early").returncode, 0)
        wait_for(lambda: self.audited().count("raised: run -> reduce, heartbeat") > 1)  # as long as it hangs
        wait_for(lambda: self.ctl("resume", "it polls again").returncode == 0 and self.mode() == "run")

    def test_the_stopped_process_is_no_lost_lcore(self):
        self.start("--set", "orders.heartbeat=300ms")
        freeze(self.child.pid)
        time.sleep(1)
        self.child.send_signal(signal.SIGCONT)
        before = json.loads(self.ctl("--json", "lcores").stdout)["signal0"]["polls"]
        wait_for(lambda: json.loads(self.ctl("--json", "lcores").stdout)["signal0"]["polls"] > before + 2000)
        self.assertEqual(self.mode(), "run")

    def test_who_decides_hangs(self):
        """The keeper of the books cancels what rests; nothing is entered until an operator has looked."""
        self.start("--set", "orders.heartbeat=300ms")
        self.assertEqual(self.ctl("debug", "stall", "signal0", "1500").returncode, 0)
        wait_for(lambda: re.search(r"heartbeat, n \d+: lcore signal0 has not polled for [0-9.]+ s: \d+ open orders cancelled", self.audited()))
        self.assertEqual(self.mode(), "reduce")

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
            self.stop(signal.SIGKILL)
        self.start()  # damaged, and the mode file says kill by now
        self.assertEqual(self.ctl("resume", "looked at it").returncode, 0)
        self.again()
        self.assertEqual(self.mode(), "run")

    def test_a_damaged_mode_file_is_killed_and_put_aside(self):
        for damage in (b"", b"x" * 16, b"y" * 5000):
            with open(self.path("mode"), "wb") as f:
                f.write(damage)
            self.start()
            self.assertEqual(self.mode(), "kill", damage)
            self.assertTrue(os.path.exists(self.path("mode.bad")))
            os.unlink(self.path("mode.bad"))
            if not damage:
                self.again()
                self.assertEqual(self.mode(), "kill")
            self.assertEqual(self.ctl("resume", "looked at it").returncode, 0)
            self.stop(signal.SIGKILL)

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
