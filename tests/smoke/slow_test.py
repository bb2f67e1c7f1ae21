#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The flight recorder of a real program: an lcore that is stuck is found afterwards, by name, among the polls around it.
Usage: slow_test.py WIREBAR WIREBARCTL MARKETGEN"""
import json
import os
import signal
import subprocess
import unittest

from smoke_kit import Folder, ask, market, programs, wait_for

WIREBAR, CTL, MARKETGEN = programs(3)


class Slow(Folder):
    def setUp(self):
        self.fresh()
        self.prefix = f"slow{os.getpid()}"

    def start(self, *options):
        capture = market(MARKETGEN, self.dir + "/m", "--venues", "itch", "--instruments", "30", "--messages", "30k", "--duration", "10m")
        self.child = subprocess.Popen([WIREBAR, "replay", *capture, "--speed", "2x", "--file-prefix", self.prefix, "--quiet", *options],
                                      env=self.env, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.addCleanup(self.child.wait, 30)
        self.addCleanup(self.child.send_signal, signal.SIGTERM)
        wait_for(lambda: self.child.poll() is not None or "pid" in self.ctl("health").stdout, 30)
        self.assertIsNone(self.child.poll())

    def ctl(self, *args):
        return ask(CTL, self.env, self.prefix, *args)

    def records(self, lcore):
        answer = json.loads(self.ctl("--json", "slow").stdout)
        return [r for r in answer.values() if isinstance(r, dict) and r["lcore"] == lcore]

    def stuck(self, lcore, least_ms):
        """The steps of the record in which the lcore was away for so long."""
        for r in self.records(lcore):
            steps = [r[f"step{i}"] for i in range(8) if f"step{i}" in r]
            if any(s["took_ns"] >= least_ms * 1e6 and s.get("slow") for s in steps):
                return steps
        return None

    def test_an_lcore_that_is_stuck_is_found(self):
        self.start("--set", "run.slow_poll=20ms")
        for lcore in ("ingest0", "export0"):
            done = self.ctl("debug", "stall", lcore, "400")
            self.assertEqual(done.stdout, f"debug: lcore {lcore} does nothing for 400 ms\n", done.stderr)
            steps = wait_for(lambda: self.stuck(lcore, 400), 30)
            self.assertIn("tick", [s["what"] for s in steps if s["took_ns"] >= 400e6], "commands are served by ticks")
        ingest = wait_for(lambda: [s for s in self.stuck("ingest0", 400) if s.get("frames")], 30)
        self.assertTrue(any(s.get("messages") and s["work"] for s in ingest), "what the polls around it did is there")
        text = self.ctl("slow").stdout
        self.assertRegex(text, r"polls took longer than 20\.?0* ms; \d+ are kept")
        self.assertRegex(text, r"ingest0 +\d\d:\d\d:\d\d\.\d+")
        lcores = json.loads(self.ctl("--json", "lcores").stdout)
        self.assertGreater(lcores["ingest0"]["polls_slow"], 0)
        self.assertGreaterEqual(lcores["ingest0"]["worst_poll_ns"], 0)
        self.assertEqual(self.ctl("set", "run.slow_poll", "0").returncode, 0)
        self.assertEqual(self.ctl("reset").returncode, 0)
        self.assertEqual(json.loads(self.ctl("--json", "slow").stdout)["slow"], 0)
        self.ctl("debug", "stall", "ingest0", "100")
        self.assertEqual(self.ctl("debug", "stall", "ingest0", "1").returncode, 0)  # it has ended the one before
        self.assertEqual(json.loads(self.ctl("--json", "slow").stdout)["slow"], 0)


unittest.main(verbosity=1, warnings="ignore")
