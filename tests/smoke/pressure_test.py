#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Slow consumers of a real program: named while they are slow, and what a full link loses is counted, said, and makes trading
reduce where it decides by it. Usage: pressure_test.py WIREBAR WIREBARCTL MARKETGEN"""
import json
import os
import re
import signal
import subprocess
import unittest

from smoke_kit import Folder, ask, market, programs, wait_for

WIREBAR, CTL, MARKETGEN = programs(3)

CONF = """include = builtin:bench
[orders]
enabled = yes
[port replay]
files = {captures}
speed = 20x
[link orders]
from = signal0
to = ingest0
[link bars_telemetry]
from = ingest0
to = telemetry0
depth = 64
[gate ema_long]
shares = 100
[bars]
instruments = 64
orders = 4096
levels = 4096
prints = 4096
[run]
state_dir = {state}
full_link = count
"""


class Pressure(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = market(MARKETGEN, cls.dir + "/m", "--venues", "itch", "--instruments", "20", "--messages", "60k", "--duration", "30m")

    def setUp(self):
        self.fresh()
        self.prefix = f"pressure{os.getpid()}"
        self.summary = self.path("summary.json")

    def start(self, *options):
        conf = self.path("run.conf", CONF.format(captures=",".join(self.captures), state=self.dir))
        self.child = subprocess.Popen([WIREBAR, "run", "--conf", conf, "--file-prefix", self.prefix, "--quiet", "--summary", self.summary, *options],
                                      env=self.env, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.addCleanup(self.stop, signal.SIGKILL)
        wait_for(lambda: self.child.poll() is not None or self.json("health").get("bars"), 30)
        self.assertIsNone(self.child.poll())

    def stop(self, how):
        if self.child.poll() is None:
            self.child.send_signal(how)
        return self.child.wait(30)

    def ctl(self, *args):
        return ask(CTL, self.env, self.prefix, *args)

    def json(self, *args):
        done = self.ctl("--json", *args)
        return json.loads(done.stdout) if done.stdout else {}

    def ended(self):
        """Stops it; returns the exit code and the reasons for it."""
        code = self.stop(signal.SIGTERM)
        with open(self.summary, encoding="ascii") as f:
            summary = json.load(f)
        self.assertTrue(summary["ledger_balanced"])
        return code, {r["name"]: r["count"] for r in summary["reasons"]}

    def test_a_slow_consumer_is_named_and_a_display_stops_no_trading(self):
        self.start("--set", "orders.heartbeat=60s")  # that nobody watches stops is another reason to reduce
        self.assertEqual(self.ctl("debug", "stall", "telemetry0", "4500").returncode, 0)
        health = wait_for(lambda: next((h for h in [self.json("health")] if "is slow" in h["why"]), None), 15)
        self.assertRegex(health["why"], r"^telemetry0 is slow: link bars_telemetry \d+ % full, [1-9]\.\d s behind$")
        self.assertEqual(health["health"], "degraded")
        fuller = wait_for(lambda: next((h for h in [self.json("health")] if re.search(r" (8[5-9]|9\d|100) % full", h["why"])), None), 15)
        self.assertEqual(fuller["trading"], "run")
        wait_for(lambda: "is slow" not in self.json("health")["why"], 30)
        link = self.json("links")["bars_telemetry"]
        self.assertGreater(link["lost"], 0)
        self.assertEqual(self.json("health")["trading"], "run", "nobody decides by what a display does not show")
        code, reasons = self.ended()
        self.assertEqual(code, 3)
        self.assertGreaterEqual(reasons["bars_telemetry"], link["lost"])

    def test_rows_that_the_gates_did_not_get_make_trading_reduce(self):
        self.start("--set", "link.bars_signal.depth=16")
        self.assertEqual(self.json("health")["trading"], "run")
        self.assertEqual(self.ctl("debug", "stall", "signal0", "2500").returncode, 0)
        health = wait_for(lambda: next((h for h in [self.json("health")] if h["trading"] != "run"), None), 15)
        self.assertEqual(health["trading"], "reduce")
        self.assertRegex(health["trading_why"], r"^link bars_signal was full and lost \d+ \w+: signal0 is slow$")
        self.assertEqual(self.json("risk")["cause"], "link")
        self.stop(signal.SIGKILL)
        self.start()
        self.assertEqual(self.json("health")["trading"], "reduce", "latched")
        self.assertEqual(self.ctl("resume", "found the cause").returncode, 0)
        self.assertEqual(self.json("health")["trading"], "run")
        with open(os.path.join(self.dir, "trading_audit"), encoding="utf-8") as f:
            self.assertRegex(f.read(), r"raised: run -> reduce, link, n \d+: link bars_signal was full and lost")
        code, reasons = self.ended()
        self.assertIn(code, (0, 3))
        self.assertNotIn("orders_link_full", reasons)


unittest.main(verbosity=1, warnings="ignore")
