#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Outputs as Arrow say what the CSV says, to readers that other people wrote, and are the same bytes in every run.
Needs Node.js and the packages of tests/readers in BUILD/readers (npm ci), else it is skipped.
Usage: arrow_test.py WIREBAR MARKETGEN BUILD"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import unittest

from smoke_kit import SOURCE, Folder, market, programs

WIREBAR, MARKETGEN, BUILD = programs(3)
READERS = os.path.join(BUILD, "readers")
OUTPUTS = ("bars", "venue-bars", "fires", "revisions", "orders", "fills", "positions", "equity")


class Arrow(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = market(MARKETGEN, cls.dir + "/day", "--venues", "itch,iex,pillar", "--instruments", "200", "--messages", "80k",
                              "--duration", "2m", "--prints", "0.3", "--breaks", "0.02", "--late", "0.01")
        shutil.copy(os.path.join(SOURCE, "conf/demo.conf"), os.path.join(cls.dir, "my.conf"))

    def replay(self, folder, ending, *more, conf="my.conf"):
        os.makedirs(self.path(folder), exist_ok=True)
        out = [a for o in OUTPUTS for a in (f"--{o}", self.path(f"{folder}/{o}.{ending}"))]
        run = subprocess.run([WIREBAR, "replay", *self.captures, "--conf", conf if ":" in conf else self.path(conf), "--speed", "max", "--quiet", *out, *more],
                             env=self.env, timeout=120, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertIn(run.returncode, (0, 3), run.stderr)
        return {o: self.read(self.path(f"{folder}/{o}.{ending}")) for o in OUTPUTS}

    def compare(self, folder):
        shutil.copy(os.path.join(SOURCE, "tests/readers/arrow.mjs"), READERS)
        run = subprocess.run(["node", os.path.join(READERS, "arrow.mjs"), self.path(folder)], check=False, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, timeout=170)
        self.assertEqual(run.returncode, 0, run.stdout[-4000:])
        self.assertEqual(run.stdout.count(": equal"), 3 * len(OUTPUTS), run.stdout)

    def test_readers_find_what_the_csv_says(self):
        csv = self.replay("all", "csv")
        self.assertGreater(csv["bars"].count(b"\n"), 8193)  # more than one batch
        self.assertGreater(min(csv[o].count(b"\n") for o in OUTPUTS), 1)
        for ending in ("arrow", "arrows"):
            self.replay("all", ending)
        self.compare("all")

    def test_a_few_columns_and_streams_without_rows(self):
        for ending in ("csv", "arrow", "arrows"):
            got = self.replay("few", ending, "--columns", "close_ts,symbol,close,flags", "--spans", "5m", conf="builtin:bench")
        self.assertTrue(got["orders"].endswith(b"\xff\xff\xff\xff\0\0\0\0"))
        self.compare("few")

    def test_the_same_rows_are_the_same_bytes(self):
        summary = self.path("s.json")
        one = self.replay("one", "arrow", "--burst", "1", "--summary", summary)
        two = self.replay("two", "arrow", "--burst", "256")
        self.assertEqual(one, two)
        with open(summary) as f:
            said = json.load(f)
        self.assertEqual(said["sha256_bars"], hashlib.sha256(one["bars"]).hexdigest())


if __name__ == "__main__":
    if not shutil.which("node") or not os.path.isdir(os.path.join(READERS, "node_modules")):
        print(f"no Node.js, or no packages of tests/readers in {READERS}; skipped")
        sys.exit(77)
    unittest.main()
