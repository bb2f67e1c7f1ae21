#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Gates of a real program: what they see of an instrument, and reloads that are taken over as a whole or not at all.
Usage: gates_test.py WIREBAR WIREBARCTL MARKETGEN"""
import json
import os
import re
import signal
import subprocess
import unittest

from smoke_kit import SOURCE, Folder, ask, market, programs, socket_of, wait_for

WIREBAR, CTL, MARKETGEN = programs(3)
BASE = "include = builtin:plain\n"
UP = "[gate up]\nrule = 1s ema9 > 0\nrule = 1s flags lacks GAP\n"
LISTED = "[gate listed]\nsymbols = NOBODY\nrule = gate up\nrule = sweep buy levels >= 4\n"


class Gates(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.prefix = f"gates{os.getpid()}"
        cls.conf = os.path.join(cls.dir, "gates.conf")
        cls.put(BASE + UP + LISTED)
        capture = market(MARKETGEN, cls.dir + "/m", "--venues", "itch", "--instruments", "30", "--messages", "30k", "--duration", "10m")
        cls.child = subprocess.Popen([WIREBAR, "replay", *capture, "--conf", cls.conf, "--speed", "5x", "--file-prefix", cls.prefix,
                                      "--quiet"], env=cls.env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        socket_of(cls.env, cls.prefix, "wirebar_control")
        # Asked once: a second without prints has no busiest.
        cls.symbol = wait_for(lambda: cls.child.poll() is not None or cls.busiest(), 60)
        if cls.child.poll() is not None:
            raise AssertionError(cls.child.stderr.read())

    @classmethod
    def put(cls, text):
        with open(cls.conf, "w", encoding="utf-8") as f:
            f.write(text)

    @classmethod
    def ctl(cls, *args):
        return ask(CTL, cls.env, cls.prefix, *args)

    @classmethod
    def busiest(cls):
        done = cls.ctl("--json", "busiest", "1", "1s")
        return json.loads(done.stdout).get("0", {}).get("symbol") if done.returncode == 0 else None

    @classmethod
    def tearDownClass(cls):
        cls.child.send_signal(signal.SIGTERM)
        cls.child.wait(30)
        cls.child.stderr.close()
        super().tearDownClass()

    def why(self):
        return json.loads(self.ctl("--json", "why", self.symbol).stdout)

    def setUp(self):
        self.put(BASE + UP + LISTED)
        self.assertEqual(self.ctl("reload").returncode, 0)

    def test_why(self):
        wait_for(lambda: self.why()["up"]["verdict"] == "holds", 60)
        answer = self.why()
        up, listed = answer["up"], answer["listed"]
        self.assertEqual((up["rule0"], up["holds0"], up["holds1"], up["share"], up["needs"]), ("1s ema9 > 0", "yes", "yes", "1", "1"))
        self.assertGreater(float(up["left0"]), 0)
        self.assertEqual(listed["why_not"], "the symbol is not on its list")
        self.assertTrue(answer["close_ts"])
        text = self.ctl("why", self.symbol).stdout
        self.assertIn("up (entry_fire, long): holds, share 1 of 1 needed", text)
        self.assertIn("1s flags lacks GAP", text)
        self.assertEqual(self.ctl("why", "NOSUCH").returncode, 1)

    def test_without_orders_their_paths_say_so(self):
        for command in ("orders", "positions", "risk"):
            done = self.ctl(command)
            self.assertEqual(done.returncode, 1)
            self.assertIn("orders are not enabled in this run", done.stderr)

    # What the page and the demonstration profile show is what the program takes.
    def test_examples(self):
        page = open(os.path.join(SOURCE, "docs", "gates.md"), encoding="utf-8").read()
        demo = open(os.path.join(SOURCE, "conf", "demo.conf"), encoding="utf-8").read()
        shown = re.search(r"\n    \[gate uptrend\]\n(?:    .*\n|\n)+", page).group(0)
        commented = demo[demo.index("; [gate calm]"):]
        for text, n in ((shown, 3), (commented.replace("; ", "").replace(";\n", "\n"), 2)):
            self.put(BASE + text)
            done = self.ctl("reload")
            self.assertIn(f"{n} gates in force", done.stdout, done.stderr)

    def test_reloads_are_taken_over_as_a_whole(self):
        self.put(BASE + UP + LISTED + "[gate extra]\nrule = 5s close > 0\n")
        self.assertEqual(self.ctl("reload").stdout, "3 gates in force: 2 as they were, with their state; 1 new\n")
        self.assertIn("extra", self.why())
        self.assertEqual(self.ctl("set", "gate.extra.threshold", "0.5").returncode, 0)
        self.assertEqual(self.why()["extra"]["needs"], "0.5")
        for text, why in ((UP + "[gate bad]\nrule = 5s nothing > 1\n", 'gates.conf:6: [gate bad] rule: found "nothing"'),
                          ("[gate a]\nrule = gate b\n[gate b]\nrule = gate a\n", "gates.conf:5: [gate b] rule: found the circle a needs b needs a"),
                          ("[gate a]\n", "gates.conf:2: [gate a] rule: found none"),
                          ("[gate a]\nwindow = 9-10\nrule = 1s close > 0\n", 'gates.conf:3: [gate a] window: found "9-10"'),
                          ("[gate a]\nrule = 1s pct(volume,240) > 1\n", "[run] gate_room: found")):
            self.put(BASE + text)
            done = self.ctl("reload")
            self.assertEqual(done.returncode, 1, done)
            self.assertIn(why, done.stderr)
            self.assertEqual(set(self.why()) - {"symbol", "close_ts", "more"}, {"up", "listed", "extra"})
        self.assertEqual(self.ctl("set", "gate.up.rule", "gate up").returncode, 1)
        other = os.path.join(self.dir, "other.conf")
        with open(other, "w", encoding="utf-8") as f:
            f.write(BASE + UP)
        self.assertEqual(self.ctl("reload", other).stdout, "1 gates in force: 1 as they were, with their state; 0 new\n")


unittest.main(verbosity=1, warnings="ignore")
