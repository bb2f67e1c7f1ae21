#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A configuration that is reloaded while it runs: a hundred times without a trace in any output; whole or not at all; keys that
need a restart are named. Usage: reload_test.py WIREBAR WIREBARCTL MARKETGEN"""
import hashlib
import json
import os
import signal
import subprocess
import unittest

from smoke_kit import Folder, Socket, ask, market, programs, socket_of, wait_for

WIREBAR, CTL, MARKETGEN = programs(3)
FILES = ("bars", "fires", "orders", "fills")
UP = "[gate up]\nshares = 100\nrule = 1s close_filled cross_above ema9\n"
DOWN = "[gate down]\nstream = exit_fire\nrule = 1s close_filled cross_below ema9\n"
MORE = "[gate more]\nshares = 300\nrule = 5s close_filled cross_above ema9\n"
LIMITS = "".join(f"{name} = {value}\n" for name, value in {
    "qty_max": 1000, "notional_max": "unlimited", "position_max": 1000, "short_max": 0, "gross_max": "unlimited", "net_max": "unlimited",
    "open_orders_max": 100, "collar_bps": 1000, "collar_ticks": "unlimited", "blind_bps": 1000, "quote_age": "600s",
    "duplicate_window": "1s", "symbol_rate": 100, "entry_rate": 100, "exit_rate": 100, "cancel_rate": 100, "rejects_max": 1000,
    "denials_max": 100000, "loss_day": "unlimited"}.items())
BASE = ("include = builtin:plain\n[orders]\nenabled = yes\n[link orders]\nfrom = signal0\nto = ingest0\n[risk]\n" + LIMITS +
        "[bars]\ninstruments = 64\nseal_budget = {budget}\nwatch = {watch}\n[telemetry]\nlag_warn = {warn}\n[run]\nburst = {burst}\n")


class Reload(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = market(MARKETGEN, cls.dir + "/m", "--venues", "itch", "--instruments", "20", "--messages", "40k", "--duration", "2m")

    def setUp(self):
        self.fresh()
        self.prefix = f"reload{os.getpid()}"
        self.put()

    def put(self, gates=UP + DOWN + MORE, more="", **keys):
        keys = {"budget": 16, "watch": "SPY", "warn": "1ms", "burst": 32, **keys}
        self.conf = self.path("run.conf", BASE.format(**keys) + gates + more)

    def start(self, speed):
        self.summary = self.path("summary")
        self.child = subprocess.Popen(
            [WIREBAR, "replay", *self.captures, "--conf", self.conf, "--speed", speed, "--file-prefix", self.prefix, "--quiet",
             "--summary", self.summary, *(word for name in FILES for word in ("--" + name, self.path(name + ".csv")))],
            env=self.env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.addCleanup(self.stop)
        wait_for(lambda: self.child.poll() is not None or os.path.exists(socket_of(self.env, self.prefix, "wirebar_control")), 30)

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        self.child.wait(30)
        self.child.stderr.close()

    def ended(self):
        code = self.child.wait(120)
        with open(self.summary, encoding="ascii") as f:
            summary = json.load(f)
        return code, summary["ledger_balanced"], {n: hashlib.sha256(self.read(self.path(n + ".csv"))).hexdigest() for n in FILES}

    def ctl(self, *args):
        return ask(CTL, self.env, self.prefix, *args)

    def test_a_hundred_reloads_leave_no_trace(self):
        self.start("max")
        undisturbed = self.ended()
        self.assertEqual(undisturbed[:2], (0, True), self.child.stderr.read())
        self.assertGreater(self.read(self.path("fills.csv")).count(b"\n"), 10)
        self.put()
        self.start("10x")
        done = 0
        with Socket(socket_of(self.env, self.prefix, "wirebar_control"), 30) as control:
            while done < 100 and self.child.poll() is None:
                # In another order (that of entries counts, as the first one fires) they are the same gates: their orders keep
                # what the start said of them.
                self.put(**({"gates": DOWN + UP + MORE, "budget": 1, "watch": "QQQ,AAPL", "warn": "5ms", "burst": 7} if done % 2 else
                            {"budget": 4096, "burst": 256}))
                answer = control.send("reload")
                if "has ended" in answer.get("error", "") or "does not run yet" in answer.get("error", ""):
                    continue
                self.assertEqual((answer["status"], answer.get("gates"), answer.get("kept"), answer.get("restart")), ("ok", 3, 3, ""), answer)
                done += 1
        self.assertEqual(done, 100, "it ended before")
        self.assertIsNone(self.child.poll(), "all of them came while it ran")
        self.assertEqual(self.ended(), undisturbed)

    def test_whole_or_not_at_all(self):
        self.start("1x")
        wait_for(lambda: "pid" in self.ctl("health").stdout)
        conf = lambda: json.loads(self.ctl("--json", "conf").stdout)
        before = wait_for(lambda: conf() if self.ctl("reload").returncode == 0 else None)
        for change, why in (({"warn": "9ms", "budget": 0}, 'run.conf:29: [bars] seal_budget: found "0"'),
                            ({"warn": "9ms", "watch": "TOOLONGNAME"}, '[bars] watch: found "TOOLONGNAME"'),
                            ({"warn": "9ms", "gates": "[gate x]\nshares = 1\nrule = 5s nothing > 1\n"}, '[gate x] rule: found "nothing"'),
                            ({"warn": "9ms", "gates": "[gate x]\nshares = 1\n"}, "[gate x] rule: found none"),
                            ({"warn": "9ms", "more": "[lcore export0]\nqueues = nosuch\n"}, "[lcore export0] queues"),
                            ({"warn": "9ms", "more": "[link x]\nfrom = export0\nto = ingest0\n"}, "[link x]"),
                            ({"warn": "9ms", "more": "[nothing]\n"}, "section: found")):
            self.put(**change)
            done = self.ctl("reload")
            self.assertEqual(done.returncode, 1, change)
            self.assertIn(why, done.stderr)
            self.assertEqual(conf(), before, change)
        self.put(warn="9ms", gates=UP.replace("100", "200") + DOWN, more="[link more]\nfrom = ingest0\nto = telemetry0\n",
                 watch="SPY\nhistory = 7")
        done = self.ctl("reload")
        self.assertEqual(done.stdout, "2 gates in force: 2 as they were, with their state; 0 new\nset: telemetry.lag_warn\n"
                         "not taken, a restart is needed: bars.history, link.more, gate.up.shares\n", done.stderr)
        self.assertEqual(conf()["telemetry_lag_warn"], "9ms")
        for key, value in (("bars.seal_budget", "3"), ("run.burst", "9"), ("run.stop_idle", "0"), ("run.log_level", "info"),
                           ("run.slow_poll", "1ms"), ("telemetry.behind_warn", "2s")):
            self.assertEqual(self.ctl("set", key, value).returncode, 0, key)
            self.assertEqual(conf()[key.replace(".", "_")], value)
        self.put()
        self.assertIn("set: bars.seal_budget, run.burst, run.log_level, run.slow_poll, telemetry.lag_warn, telemetry.behind_warn\n",
                      self.ctl("reload").stdout)
        self.assertEqual(conf(), before)


unittest.main(verbosity=1, warnings="ignore")
