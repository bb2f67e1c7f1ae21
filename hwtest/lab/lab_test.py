#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs a lab for a moment: every message is accounted for, none is out of order, and the plot is a picture.

Nothing about time is asserted: what depends on it stands in docs/labs.md."""
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

SHORT = {
    "contention": ["--seconds", "0.3", "--rate", "2000", "--scale", "1000"],
    "microbatch": ["--seconds", "0.02", "--rate", "300000"],
    "backpressure": ["--seconds", "0.1", "--depth", "64"],
}
MODES = {"contention": 4, "microbatch": 21, "backpressure": 12}


def records(text):
    """The lines for programs: key=value."""
    return [dict(word.split("=", 1) for word in line.split()) for line in text.splitlines() if line.startswith("lab=")]


def check_contention(rows):
    assert {r["mode"] for r in rows} == {"ingest", "cooperative", "lcore", "process"}
    for r in rows:
        sent, handled, stale, left, dropped = (int(r[k]) for k in ("sent", "handled", "stale", "left", "dropped"))
        assert sent > 0 and sent == handled + stale + left + dropped, r
        assert stale in (0, 1) and (stale == 0) == (float(r["session_out_s"]) == 0), r


def check_microbatch(rows):
    assert {r["way"] for r in rows} == {"one", "window", "adaptive"}
    for r in rows:
        offered, released, left, batches = (int(r[k]) for k in ("offered", "released", "left", "batches"))
        assert r["violations"] == "0" and 0 < offered == released + left and batches <= released, r
        assert r["way"] != "one" or batches == released, r


def check_backpressure(rows):
    ends = {"block": None, "drop_oldest": "dropped", "conflate": "superseded", "shed": "shed"}
    assert {(r["policy"], r["class"]) for r in rows} == {(p, c) for p in ends for c in ("fire", "bar", "quote")}
    for r in rows:
        n = {k: int(r[k]) for k in ("offered", "delivered", "late", "dropped", "superseded", "shed")}
        assert n["offered"] == n["delivered"] + n["dropped"] + n["superseded"] + n["shed"], r
        assert 0 < n["delivered"] and n["late"] <= n["delivered"], r
        # A policy gives up items in its own way and no other; the same items are offered to all.
        assert all(n[k] == 0 for k in ("dropped", "superseded", "shed") if k != ends[r["policy"]]), r
        assert n["offered"] == next(int(q["offered"]) for q in rows if q["class"] == r["class"]), r


def main():
    program = sys.argv[1]
    name = os.path.basename(program)
    usage = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=20)
    assert usage.returncode == 0 and "--plot" in usage.stdout, "no --help"
    assert subprocess.run([program, "--no-such", "1"], capture_output=True, timeout=20).returncode == 2
    with tempfile.TemporaryDirectory() as folder:
        picture = os.path.join(folder, "plot.svg")
        run = subprocess.run([program, *SHORT[name], "--plot", picture], capture_output=True, text=True, timeout=60)
        print(run.stdout, run.stderr)
        assert run.returncode == 0, "exit code %d" % run.returncode
        rows = records(run.stdout)
        assert len(rows) == MODES[name], "%d lines for programs" % len(rows)
        globals()["check_" + name](rows)
        root = ET.parse(picture).getroot()
        kinds = {e.tag.split("}")[1] for e in root.iter()}
        assert root.tag.endswith("svg") and {"text", "path"} <= kinds and kinds & {"polyline", "rect"}, kinds
    assert subprocess.run([program, *SHORT[name], "--plot", "/nonexistent/plot.svg"], capture_output=True, timeout=60).returncode == 1


main()
