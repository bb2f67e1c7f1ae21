#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Who watches whom in the split layout: heartbeats between the parts, and the watchdog of orders and positions over both views.
Root and hugepages, which are given back; skipped (77) where they are not to be had.
Usage: WIREBAR_BIN=... MARKETGEN_BIN=... watch_split_test.py"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

from hugepages import hugepages
from split_test import CONF, failures, fail
from up_split_test import Up, new, tell, well

KEYS = {"orders = 40000\nlevels = 40000": "orders = 400000\nlevels = 200000",
        "[eal]": "[eal]\nfile_prefix = {prefix}\nhuge_dir = {tmp}/huge",
        "speed = 20x": "speed = 5x\nfiles = {tmp}/k.itch.a.pcap",
        "[run]": "[supervise]\npause = 100ms\nstuck = 60s\nwindow = 5s\n[run]\nfull_link = count\nslow_poll = 1s\nstate_dir = {tmp}",
        "[link orders]": "[link bars_signal]\ndepth = 2048\n[link fires_telemetry]\ndepth = 65536\n[link orders]",
        "ttl = 3s\nreprice_ticks = 1": "tif = day",
        "[orders]": "[orders]\nheartbeat = 4s\nwatch_grace = 500ms"}


class Watched(Up):
    def risk(self):
        return self.ask(self.telemetry, "/wirebar/risk").get("/wirebar/risk", {})

    def open(self):
        return self.ask(self.telemetry, "/wirebar/orders").get("/wirebar/orders", {}).get("open", 0)

    def passes(self):
        """How many passes of both views were alike; 0 while the last one was not."""
        dog = self.risk().get("watchdog", {})
        return dog["alike"] if dog.get("state") == "alike" else 0

    def refused(self):
        return self.ask(self.telemetry, "/wirebar/links").get("/wirebar/links", {}).get("bars_signal", {}).get("refused", 0)

    def resume(self):
        return self.ask(self.control, "resume somebody has looked").get("mode") == "run"

    def go_on(self):
        """Resumes until it lasts: whoever hung may need a moment."""
        self.wait(lambda _: self.resume() and not time.sleep(0.5) and self.risk().get("mode") == "run", "an operator resumes")
        before = self.orders()
        self.wait(lambda _: self.orders() > before and self.open() >= 4, "orders leave again, and some rest")


def audited(state, words):
    path = pathlib.Path(f"{state}/trading_audit")
    return path.exists() and re.search(words, path.read_text(encoding="utf-8"))


def unwatched(up, state):
    """The reason is audited. Another one that was there before, such as a link that was full, is taken back until then."""
    if audited(state, "raised: run -> reduce, heartbeat, .*lcore telemetry0 has not polled for"):
        return True
    if up.risk().get("mode") == "reduce":
        up.resume()
    return False


def story(up, state):
    was = up.wait(lambda p: well(p) and up.orders() > 5 and up.passes(), "orders leave, and both views are alike")
    os.kill(was["telemetry"]["pid"], signal.SIGSTOP)
    up.wait(lambda _: unwatched(up, state), "nobody watches stops: reduce")
    os.kill(was["telemetry"]["pid"], signal.SIGCONT)
    before = up.passes()
    os.kill(was["telemetry"]["pid"], signal.SIGKILL)
    was = up.wait(lambda p: new(p, was, ("telemetry",)), "telemetry alone is another one")
    up.wait(lambda _: up.passes() > before, "views are compared by the new one, and alike")
    up.go_on()
    before = up.refused()
    os.kill(was["signal"]["pid"], signal.SIGSTOP)
    up.wait(lambda _: up.refused() > before + 100, "what is told to who decides is lost")
    time.sleep(3)  # in which orders are filled, of which it does not hear, or cancelled, as it has no heartbeat
    os.kill(was["signal"]["pid"], signal.SIGCONT)
    up.wait(lambda _: audited(state, "raised: .* -> halt, mismatch, .*: ours [0-9-]+, the venue's [0-9-]+"), "both views differ: halt")
    if up.risk()["watchdog"]["state"] != "mismatch":
        fail(f"{up.risk()['watchdog']}")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # pages are given back
    with tempfile.TemporaryDirectory() as tmp:
        prefix = f"wbwatch{os.getpid()}"
        for d in ("huge", "run"):
            os.makedirs(f"{tmp}/{d}")
        with hugepages(f"{tmp}/huge"):
            conf = CONF
            for key, text in KEYS.items():
                conf = conf.replace(key, text.format(prefix=prefix, tmp=tmp))
            pathlib.Path(f"{tmp}/split.conf").write_text(conf, encoding="ascii")
            subprocess.run([os.environ["MARKETGEN_BIN"], "--out", f"{tmp}/k", "--venues", "itch", "--instruments", "40", "--messages", "600k", "--start",
                            "09:29:58", "--duration", "300s", "--seed", "6"], check=True, stderr=subprocess.DEVNULL)
            tell(Watched(tmp, prefix, []), story, tmp)
    sys.exit(1 if failures else 0)


main()
