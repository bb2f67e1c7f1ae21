#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs wirebar over a capture at the capture's own pace and writes its lag over time, asked of its telemetry socket: the
histograms of lag are read and begun anew, window by window. What is measured is the program as it is, with its own clock.

A row per window: exchange time at its end, s since 09:30; feed lag (frames: exchange time of a frame's last message to handed
on) n, p50, p99, max; seal delay (rows: close to handed on) n, p50, p99, max; all lags in ms. A value that falls between the
reading and the new beginning is in no window; the summary has them all."""
import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from datetime import datetime


class Socket:
    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.s.settimeout(5)
        self.s.connect(path)
        self.s.recv(1024)  # the greeting

    def ask(self, path):
        self.s.send(path.encode())
        return json.loads(self.s.recv(65536))[path]


def connect(path, child, seconds):
    """The socket as soon as it is there; None when the program has ended before."""
    until = time.monotonic() + seconds
    while child.poll() is None and time.monotonic() < until:
        try:
            return Socket(path)
        except OSError:
            time.sleep(0.002)
    return None


def ns_of(text):
    """Nanoseconds of an ISO time, UTC."""
    whole, _, part = text.rstrip("Z").partition(".")
    return int(datetime.fromisoformat(whole + "+00:00").timestamp()) * 10**9 + int((part + "0" * 9)[:9])


def figures(lag, name):
    h = lag.get(name)
    if not h:
        return [0, "nan", "nan", "nan"]
    return [h["count"]] + ["%.6f" % (h[k] / 1e6) for k in ("p50_ns", "p99_ns", "max_ns")]


def watch(link, out, open_ns, every_s):
    """One row a window until the other side goes away: returns how many, and how it went."""
    rows, due = 0, time.monotonic()
    try:
        while True:
            due = max(due + every_s, time.monotonic())
            time.sleep(max(0, due - time.monotonic()))
            lag = link.ask("/wirebar/lag").get("ingest0", {})
            link.ask("/wirebar/ctl/reset")
            health = link.ask("/wirebar/health")
            if health.get("data_time") and (lag.get("feed_lag") or lag.get("seal_delay")):
                row = ["%.4f" % ((ns_of(health["data_time"]) - open_ns) / 1e9)]
                print(*row, *figures(lag, "feed_lag"), *figures(lag, "seal_delay"), file=out)
                rows += 1
    except (OSError, ValueError) as e:  # no answer, or none that is whole
        return rows, e


def watch_all(path, child, out, open_ns, every_s):
    """As watch, until the program ends: one that was too busy to answer is asked again."""
    rows, how = 0, "its socket never came"
    while (link := connect(path, child, 30)) is not None:
        more, how = watch(link, out, open_ns, every_s)
        rows += more
    return rows, how


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("wirebar")
    p.add_argument("capture")
    p.add_argument("--open", type=int, required=True, metavar="NS", help="09:30 of the capture's day, UTC")
    p.add_argument("--every", type=float, default=0.1, metavar="S", help="length of a window (default 0.1)")
    p.add_argument("--series", required=True, metavar="FILE", help="the rows")
    p.add_argument("--bars", required=True, metavar="FILE", help="wirebar's bars")
    p.add_argument("--summary", required=True, metavar="FILE", help="wirebar's summary")
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as run, open(a.series, "w") as out:
        prefix = "openbell%d" % os.getpid()
        child = subprocess.Popen([a.wirebar, "replay", a.capture, "--speed", "1x", "--quiet", "--bars", a.bars, "--summary", a.summary,
                                  "--file-prefix", prefix], env={**os.environ, "RUNTIME_DIRECTORY": run})
        try:
            rows, how = watch_all(os.path.join(run, "dpdk", prefix, "dpdk_telemetry.v2"), child, out, a.open, a.every)
            rc = child.wait(600)
        finally:
            child.kill()
    if rc or not rows:
        print("openbell_watch: wirebar ended with %d, %d windows seen (%s)" % (rc, rows, how), file=sys.stderr)
        return 1
    return 0


sys.exit(main())
