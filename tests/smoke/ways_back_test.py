#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Links by which orders, exits and answers go back, with no room to speak of: a replay ends all the same, and its exit code says
what was lost by it. Usage: ways_back_test.py WIREBAR MARKETGEN"""
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
depth = {depth}
[link stops]
from = telemetry0
to = signal0
depth = {depth}
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
    def test_a_replay_ends_however_small_they_are(self):
        captures = market(MARKETGEN, self.path("m"), "--venues", "itch", "--instruments", "50", "--messages", "100k", "--duration", "5m")
        full = {}
        for depth in (2, 4, 4096):
            conf, orders, summary = self.path("conf", CONF.format(depth=depth)), self.path("orders"), self.path("summary")
            done = subprocess.run([WIREBAR, "replay", *captures, "--conf", conf, "--orders", orders, "--summary", summary, "--quiet",
                                   "--file-prefix", f"back{os.getpid()}"], check=False, capture_output=True, text=True, env=self.env,
                                  timeout=60)
            with open(summary, encoding="ascii") as f:
                reasons = {r["name"] for r in json.load(f)["reasons"]}
            with open(orders, encoding="ascii") as f:
                rows = list(csv.DictReader(f))
            full[depth] = sum(r["reason"] == "LINK_FULL" for r in rows)
            self.assertGreater(len(rows), 100)
            self.assertEqual(bool(full[depth]), "orders_link_full" in reasons, reasons)
            self.assertEqual(3 if full[depth] or reasons & {"orders", "stops"} else 0, done.returncode, done.stderr)
        self.assertTrue(full[2], "nothing was refused: nothing was tested")
        self.assertFalse(full[4096])


if __name__ == "__main__":
    unittest.main(verbosity=1)
