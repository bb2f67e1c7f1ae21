#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Links by which orders, exits and answers go back. Exits and answers may have no room to speak of: a replay writes the same
bytes. A link of orders that could be full at a close is refused. Usage: ways_back_test.py WIREBAR MARKETGEN"""
import csv
import json
import os
import subprocess
import unittest

from smoke_kit import Folder, market, programs

WIREBAR, MARKETGEN = programs(2)

CONF = """include = builtin:plain
[link orders]
from = signal0
to = ingest0
depth = {orders}
[link stops]
from = telemetry0
to = signal0
depth = {stops}
[orders]
enabled = yes
[risk]
qty_max = 1000
notional_max = unlimited
position_max = 1000
short_max = 1000
gross_max = unlimited
net_max = unlimited
open_orders_max = 1000
collar_bps = 1000
collar_ticks = unlimited
blind_bps = 1000
quote_age = 600s
duplicate_window = 1s
symbol_rate = 100
entry_rate = 1000
exit_rate = 1000
cancel_rate = 1000
rejects_max = unlimited
denials_max = unlimited
loss_day = unlimited
[stop all]
mode = bps
offset = 5
[gate flow]
shares = 100
pause = 1s
rule = 1s delta > 0
[gate sweep]
side = short
shares = 100
rule = sweep buy levels >= 2
"""


class WaysBack(Folder):
    def replay(self, captures, orders, stops, *options):
        conf, out, summary = self.path("conf", CONF.format(orders=orders, stops=stops)), self.path("orders"), self.path("summary")
        done = subprocess.run([WIREBAR, "replay", *captures, "--conf", conf, "--orders", out, "--summary", summary, "--quiet",
                               "--file-prefix", f"back{os.getpid()}", *options], check=False, capture_output=True, text=True,
                              env=self.env, timeout=60)
        return done, out, summary

    def test_exits_and_answers_wait_for_room(self):
        captures = market(MARKETGEN, self.path("m"), "--venues", "itch", "--instruments", "50", "--messages", "60k", "--duration", "2m")
        first = None
        for stops in (4096, 2, 4):
            done, out, summary = self.replay(captures, 0, stops)
            self.assertEqual(0, done.returncode, done.stderr)
            with open(summary, encoding="ascii") as f:
                self.assertEqual([], json.load(f)["reasons"])
            with open(out, encoding="ascii") as f:
                rows = list(csv.DictReader(f))
            first = first or rows
            self.assertGreater(sum(r["source"] == "stop" and r["event"] == "sent" for r in rows), 20)
            self.assertEqual(first, rows, stops)

    def test_orders_that_may_find_no_room_are_refused(self):
        captures = market(MARKETGEN, self.path("m"), "--venues", "itch", "--instruments", "2", "--messages", "100", "--duration", "2s")
        done, _, _ = self.replay(captures, 4096, 2)
        self.assertEqual(1, done.returncode)
        self.assertIn("[link orders] depth: found 4096, allowed: at least 8192", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
