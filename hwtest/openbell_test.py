#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The open-bell test at small scale: both pipelines make the bars that the truth has, and the one command writes a table and
a picture. Nothing about time is asserted: what depends on it stands in docs/openbell.md.
Usage: openbell_test.py MARKETGEN WIREBAR; WIREBAR_BUILD is the build, WIREBAR_SOURCE the project."""
import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET

import pandas as pd

MARKETGEN = WIREBAR = None
ROOT = os.environ.get("WIREBAR_SOURCE", os.path.join(os.path.dirname(__file__), ".."))
HWTEST, SECOND, MIDNIGHT = os.path.join(ROOT, "hwtest"), 10**9, 1773115200000000000
KEYS, VALUES = ["symbol", "second"], ["volume", "trades", "close"]


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, **more)
    if done.returncode:
        print(done.stdout, done.stderr)
    return done


def same(frame):
    return frame[KEYS + VALUES].sort_values(KEYS).reset_index(drop=True).astype({"volume": "int64", "trades": "int64", "second": "int64"})


class Bars(unittest.TestCase):
    """Bar by bar: the truth, wirebar, and the Python pipeline in both styles."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        done = run(MARKETGEN, "--out", cls.path("m"), "--messages", "60k", "--instruments", "60", "--start", "09:29:57", "--duration", "6s",
                   "--venues", "itch", "--prints", "0.5", "--breaks", "0", "--halts", "0")
        assert done.returncode == 0
        cls.capture = cls.path("m.itch.a.pcap")
        prints = pd.read_csv(cls.path("m.trades.csv"))
        prints = prints[prints["kind"].isin(["E", "C", "P", "Q"])]
        prints["second"] = prints["ts_ns"] // SECOND
        of = prints.groupby(KEYS)
        truth = pd.DataFrame({"volume": of["shares"].sum(), "trades": of.size(), "close": of["price_e6"].last() / 1e6})
        cls.truth = same(truth.reset_index())

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def python(self, style, *options):
        done = run("/usr/bin/python3", os.path.join(HWTEST, "openbell_python.py"), self.capture, "--midnight", str(MIDNIGHT),
                   "--style", style, "--bars", self.path(style), *options)
        self.assertEqual(done.returncode, 0)
        bars = pd.read_csv(self.path(style), names=["symbol", "open_ns", "close", "volume", "trades"])
        bars["second"] = bars["open_ns"] // SECOND
        return dict(word.split("=") for word in done.stdout.split()), same(bars)

    def test_prints_are_half(self):
        self.assertGreater(len(self.truth), 200)
        self.assertGreater(self.truth["trades"].sum(), 20000)

    def test_wirebar(self):
        done = run(WIREBAR, "replay", self.capture, "--quiet", "--bars", self.path("w"), "--file-prefix", "obt%d" % os.getpid())
        self.assertEqual(done.returncode, 0)
        bars = pd.read_csv(self.path("w"))
        bars = bars[bars["span"] == "1s"]
        bars["second"] = pd.to_datetime(bars["open_ts"]).astype("int64") // SECOND
        pd.testing.assert_frame_equal(same(bars), self.truth)

    def test_python(self):
        for style in ("each", "grouped"):
            with self.subTest(style):
                line, bars = self.python(style, "--speed", "max")
                pd.testing.assert_frame_equal(bars, self.truth, atol=1e-4)
                self.assertEqual((line["whole"], line["left"], int(line["volume"])), ("1", "0", self.truth["volume"].sum()))

    def test_python_stops(self):
        line, bars = self.python("grouped", "--speed", "1x", "--seconds", "0.2")
        self.assertEqual(line["whole"], "0")
        self.assertLess(bars["volume"].sum(), self.truth["volume"].sum())


class Command(unittest.TestCase):
    def test_usage(self):
        command = os.path.join(HWTEST, "openbell")
        self.assertIn("--python-s", run(command, "--help").stdout)
        for wrong in (["x"], ["0"], ["--doc"]):
            self.assertEqual(subprocess.run([command, "--no-build", *wrong], capture_output=True, timeout=20).returncode, 2, wrong)

    def test_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run(os.path.join(HWTEST, "openbell"), "--no-build", "--doc", folder, "--open", "1", "--instruments", "40",
                       "--python-s", "30", "1", env={**os.environ, "WIREBAR_BUILD_DIR": os.environ["WIREBAR_BUILD"], "TMPDIR": folder})
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, r"1x: .*bars' volume is the truth's: wirebar, each, grouped")
            with open(os.path.join(folder, "openbell.md")) as f:
                table = f.read()
            for name in ("wirebar", "Python, a frame per instrument", "Python, grouped"):
                self.assertEqual(len(re.findall(r"^\| %s \|" % name, table, re.M)), 2, name)
            root = ET.parse(os.path.join(folder, "img", "openbell.svg")).getroot()
            self.assertIn("polyline", {e.tag.split("}")[1] for e in root.iter()})
            self.assertEqual(os.listdir(folder).count("openbell.md"), 1)
            self.assertEqual([x for x in os.listdir(folder) if x.startswith("tmp.")], [])  # nothing is left behind


MARKETGEN, WIREBAR = sys.argv[1:3]
unittest.main(argv=sys.argv[:1])
