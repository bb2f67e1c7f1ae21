#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""hwtest/day at small scale: a table of two programs over days that it makes, kept where it is asked to keep them; what is
wrong is said. Nothing about time is asserted.
Usage: day_test.py WIREBAR; WIREBAR_BUILD is the build, WIREBAR_SOURCE the project."""
import os
import subprocess
import sys
import tempfile
import unittest

WIREBAR = None
ROOT = os.environ.get("WIREBAR_SOURCE", os.path.join(os.path.dirname(__file__), ".."))


def day(*options):
    env = dict(os.environ, WIREBAR_BUILD_DIR=os.environ["WIREBAR_BUILD"])
    return subprocess.run([os.path.join(ROOT, "hwtest", "day"), "--no-build", *options], capture_output=True, text=True, timeout=200, env=env)


class Day(unittest.TestCase):
    def test_table(self):
        with tempfile.TemporaryDirectory() as folder:
            done = day("--days", "2k 4k", "--instruments", "9", "--rounds", "1", "--dir", folder, WIREBAR, WIREBAR)
            self.assertEqual(done.returncode, 0, done.stderr)
            rows = [[c.strip() for c in line.strip("|").split("|")] for line in done.stdout.splitlines() if line.startswith("|")][2:]
            self.assertEqual([r[:4] for r in rows], [[d, "9", "7", p] for d in ("2k", "4k") for p in "12"])
            self.assertEqual({r[-1] for r in rows if r[3] == "2"}, {"same"})
            self.assertEqual({r[12] for r in rows if r[3] == "1"}, {"1.000"})
            captures = sorted(f for f in os.listdir(folder) if f.endswith(".pcap"))
            self.assertEqual(captures, ["day.2k.9.itch.a.pcap", "day.4k.9.itch.a.pcap"])

            failed = day("--days", "2k", "--instruments", "9", "--dir", folder, "/bin/false")
            self.assertEqual(failed.returncode, 1)
            self.assertIn("exit code 1", failed.stderr)

    def test_beside_a_dense_open_and_over_hours(self):
        with tempfile.TemporaryDirectory() as folder:
            picture = os.path.join(folder, "day.svg")
            done = day("--days", "2k", "--instruments", "9 20", "--hours", "1 2", "--dense", "30k", "--rounds", "1", "--plot", picture, WIREBAR)
            self.assertEqual(done.returncode, 0, done.stderr)
            rows = [[c.strip() for c in line.strip("|").split("|")] for line in done.stdout.splitlines() if line.startswith("|")][2:]
            self.assertEqual([r[:3] for r in rows], [["dense-30k", "8371", "0"]] + [["2k", i, h] for i in ("9", "20") for h in "12"])
            self.assertEqual(rows[0][10], "1.00")
            for r in rows[1:]:
                self.assertAlmostEqual(float(r[10]), float(r[9]) / float(rows[0][9]), delta=0.02)
            with open(picture) as f:
                self.assertIn("instruments x hours", f.read())

    def test_usage(self):
        helped = day("--help")
        self.assertEqual(helped.returncode, 0)
        self.assertTrue(helped.stdout.startswith("day: generated days") and helped.stdout.rstrip().endswith("moves least."))
        for wrong in (["--days", "many"], ["--rounds", "0"], ["--days"], ["--nothing"], ["--instruments", "x"], ["--hours", "x"], ["--dense", "x"], ["--plot"], ["/nowhere/wirebar"]):
            done = day(*wrong)
            self.assertEqual(done.returncode, 2, wrong)
            self.assertNotEqual(done.stderr, "")


if __name__ == "__main__":
    WIREBAR = sys.argv.pop(1)
    unittest.main()
