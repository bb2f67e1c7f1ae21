#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What whole replays of small captures take: memory that is used, and nothing that a capture says makes more of it, or more
rows, or more time. Usage: bounded_test.py WIREBAR MARKETGEN"""
import json
import os
import pathlib
import subprocess
import unittest

from smoke_kit import Folder, market, programs

WIREBAR, MARKETGEN = programs(2)
MIB = 1 << 20


class Bounded(Folder):
    def replay(self, *captures, options=()):
        """The summary of a replay, which ends within a minute."""
        summary = self.path("summary")
        subprocess.run([WIREBAR, "replay", *captures, "--quiet", "--file-prefix", f"bounded{os.getpid()}", "--summary", summary,
                        *options], check=True, capture_output=True, env=self.env, timeout=60)
        return json.loads(pathlib.Path(summary).read_text(encoding="ascii"))

    def test_a_small_capture_touches_little(self):
        capture = market(MARKETGEN, self.path("small"), "--messages", "50k", "--venues", "itch")
        self.assertLess(self.replay(*capture)["peak_rss_bytes"], 256 * MIB)


if __name__ == "__main__":
    unittest.main(verbosity=1)
