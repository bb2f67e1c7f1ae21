#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""An option that is given twice is refused by each program of the appliance, before it does anything: it would count as it was given last. What adds
up, and what says nothing more, may be repeated.
Usage: options_test.py WIREBAR WIREBARCTL MARKETGEN"""
import os
import subprocess
import unittest

from smoke_kit import Folder, market, programs

WIREBAR, CTL, MARKETGEN = programs(3)
TWICE = (
    ("--speed", "max", "1x", [WIREBAR, "replay", "day.itch50"]),
    ("--bars", "a.csv", "b.csv", [WIREBAR, "replay", "day.itch50"]),
    ("--conf", "builtin:bench", "builtin:demo", [WIREBAR, "replay", "day.itch50"]),
    ("--symbols", "SPY", "QQQ", [WIREBAR, "replay", "day.itch50"]),
    ("--conf", "a", "b", [WIREBAR, "run"]),
    ("--conf", "a", "b", [WIREBAR, "check"]),
    ("--root", "a", "b", [WIREBAR, "check"]),
    ("--n", "1", "2", [WIREBAR, "attach"]),
    ("--out", "a", "b", [WIREBAR, "report"]),
    ("--conf", "a", "b", [WIREBAR, "snapshot"]),
    ("--conf", "a", "b", [WIREBAR, "up"]),
    ("--file-prefix", "a", "b", [WIREBAR, "up"]),
    ("--listen", "127.0.0.1:0", "127.0.0.1:1", [WIREBAR, "console"]),
    ("--reason", "a", "b", [CTL, "halt"]),
    ("--file-prefix", "a", "b", [CTL, "health"]))


class Options(Folder):
    def setUp(self):
        self.fresh()

    def run_it(self, *words):
        return subprocess.run(words, env=self.env, capture_output=True, text=True, cwd=self.dir, timeout=60, check=False)

    def test_twice_is_refused(self):
        for option, one, other, (program, *words) in TWICE:
            for given in ([option, one, option, other], [f"{option}={one}", option, other], [option, one, f"{option}={other}"]):
                with self.subTest(program=os.path.basename(program), words=words, given=given):
                    run = self.run_it(program, *words, *given)
                    self.assertEqual((run.returncode, run.stdout), (2, ""), run.stderr)
                    self.assertIn("found twice, allowed: once", run.stderr)
                    self.assertIn(option, run.stderr)
        self.assertEqual(os.listdir(self.dir), [])

    def test_what_adds_up_may_be_repeated(self):
        captures = market(MARKETGEN, self.path("m"), "--venues", "itch", "--instruments", "5", "--messages", "2k", "--duration", "5s")
        run = self.run_it(WIREBAR, "replay", *captures, "--quiet", "--quiet", "--fill", "--fill", "--set", "bars.watch=SPY", "--set", "run.burst=8")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        run = self.run_it(WIREBAR, "check", "--conf", "builtin:bench", "--set", "bars.watch=SPY", "--set", "run.burst=8")
        self.assertNotIn("found twice", run.stderr)


if __name__ == "__main__":
    unittest.main()
