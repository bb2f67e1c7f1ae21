#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""SIGKILL of the part ingest at random moments of a supervised paced replay of three venues with orders, split layout: it begins
again with its packet journal, and all that is written is as of a fused run that nobody disturbed; so is the state, after as many
frames. Every other run has two ingest lcores. Root and hugepages, which are given back; skipped (77) where they are not to be had.
Usage: WIREBAR_BIN=... MARKETGEN_BIN=... ingest_kill_test.py [--kills 50] [--seed N] [--keep DIR]"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import faults
from hugepages import hugepages
from split_test import CONF, STREAMS, failures, fail, fused, same
from up_split_test import Up

SUPERVISE = "[supervise]\npause = 100ms\nstuck = 20s\nstart = 60s\nwindow = 5s\nrestarts = 1000\n[run]\nstate_hash = yes\nslow_poll = 1s"
CAPTURE = "[capture]\nenabled = yes\nrestart = yes\n"
# Its second lcore sleeps when idle: where it and clients of the same cpus spin, turns take a time slice each.
SECOND = """[port second]
speed = 20x
[lcore ingest1]
stage = ingest
queues = second:0
idle = sleep
[link relay_1]
from = ingest1
to = ingest0
[link orders_1]
from = signal0
to = ingest1
depth = 4096
"""
PATIENCE_S = 240  # lcores that hand turns to one another on busy cpus take their time


class Run(Up):
    """A supervised replay that keeps a packet journal and begins with it."""

    def __init__(self, tmp, prefix, name, files, lcores, streams=STREAMS, keys=()):
        self.tmp, self.name, self.lcores = tmp, name, lcores
        self.late = None
        self.telemetry = f"{tmp}/run/dpdk/{prefix}/dpdk_telemetry.v2"
        self.control = f"{tmp}/run/dpdk/{prefix}/wirebar_control"
        self.log = f"{tmp}/{name}.log"
        self.journal = f"{tmp}/{name}.journal"
        out = [x for s in streams for x in (f"--{s}", f"{tmp}/{name}.{s}.csv")] + ["--summary", f"{tmp}/{name}.json"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([os.environ["WIREBAR_BIN"], "up", "--replay", "--conf", f"{tmp}/kill{lcores}.conf", "--set",
                                             f"capture.dir={self.journal}", *(x for key in keys for x in ("--set", key)), *files, "--", "--quiet", *out],
                                            env=dict(os.environ, RUNTIME_DIRECTORY=f"{tmp}/run"), stdout=log, stderr=log)

    def lcore(self):
        """What the living ingest0 says of itself; empty: it says nothing now."""
        return (self.ask(self.telemetry, "/wirebar/lcores").get("/wirebar/lcores") or {}).get("ingest0", {})

    def over(self):
        return self.process.poll() is not None

    def pid(self):
        return self.parts().get("ingest", {}).get("pid", 0)

    def until(self, what):
        """The time at which what() was first true; None: the run was over before."""
        end = time.monotonic() + PATIENCE_S
        while not self.over():
            if what():
                return time.monotonic()
            if time.monotonic() > end:
                fail(f"{self.name}: nothing for {PATIENCE_S} s\n{self.said()[-4000:]}")
                return None
            time.sleep(0.002)
        return None

    def wait(self, seconds=60):
        """As split_test.Plant's."""
        try:
            return {"up": self.process.wait(seconds)}
        except subprocess.TimeoutExpired:
            self.process.kill()
            return {"up": None}


def kill(run, huge, chance):
    """One kill. (seconds to a first bar, seconds to all that the journal held, frames, hash), or None: too late for it."""
    if run.until(lambda: run.lcore().get("frames", 0) > 0) is None:
        return None
    if chance.random() < 0.7:  # else while it catches up
        run.until(lambda: not os.path.isdir(run.journal) or run.lcore().get("restart_frames", 1))
        time.sleep(chance.uniform(0, 1.6))
    pid, files = run.pid(), len(os.listdir(huge))
    if not pid or run.over():
        return None
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    if run.until(lambda: run.pid() not in (0, pid)) is None:
        return None
    first = run.until(lambda: run.lcore().get("rows", 0) > 0)
    there = run.until(lambda: run.lcore().get("restart_frames", 0) > 0) if first else None
    lcore = run.lcore() if there else {}
    if not lcore.get("restart_frames"):
        return None
    if len(os.listdir(huge)) > files:
        fail(f"{run.name}: {files} files of hugepages before the kill, {len(os.listdir(huge))} after the restart")
    return first - began, there - began, lcore["restart_frames"], lcore["restart_hash"]


def clean(run, huge):
    left = os.listdir(huge)
    if left or os.path.exists(os.path.dirname(run.control)):
        fail(f"{run.name}: left behind: {left}, {os.path.dirname(run.control)}")


def undisturbed_hash(tmp, files, frames):
    """What one ingest lcore knows after so many frames."""
    done = subprocess.run([os.environ["WIREBAR_BIN"], "replay", "--conf", f"{tmp}/split.conf", "--set", "run.layout=fused", "--set",
                           "eal.hugepages=no", "--file-prefix", f"wbpart{os.getpid()}", "--set", "run.state_hash=yes", "--set",
                           f"run.stop_frames={frames}", "--speed", "max", "--quiet", "--summary", f"{tmp}/part{frames}.json", *files],
                          env=dict(os.environ, RUNTIME_DIRECTORY=f"{tmp}/run"), capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        fail(f"a replay of {frames} frames: exit {done.returncode}: {done.stderr}")
        return ""
    said = json.loads(pathlib.Path(f"{tmp}/part{frames}.json").read_text(encoding="utf-8"))
    if said["frames"] != frames:
        fail(f"a replay of {frames} frames took {said['frames']}")
    return [x["state_hash"] for x in said["lcores"] if x["stage"] == "ingest"][0]


def kills(tmp, prefix, files, want, n, chance):
    """n kills in as many runs as that takes: the times to a first bar, and to all that the journal held."""
    first, there, states, runs = [], [], [], 0
    while len(first) < n and not failures:
        run = Run(tmp, prefix, f"run{runs}", files, 1 + runs % 2)
        lives = []
        try:
            for _ in range(5):
                took = kill(run, f"{tmp}/huge", chance) if len(first) < n else None
                if not took:
                    break
                first.append(took[0])
                there.append(took[1])
                # Each start plays the captures from their beginning: what it took again, its journal has twice.
                lives.append(took[2] - sum(lives))
                if run.lcores == 1:
                    states.append((run.name, max(lives), took[3], list(lives)))
            same(tmp, run, want, keys=("bars", "gap_messages", "sha256", "money"))
        finally:
            run.wait(1)
        clean(run, f"{tmp}/huge")
        shutil.rmtree(run.journal, ignore_errors=True)
        runs += 1
        if runs > 4 * n + 4:
            fail("nothing is killed")
    for name, frames, state, lives in states:
        whole = undisturbed_hash(tmp, files, frames)
        if whole != state:
            fail(f"{name}: after {frames} frames (of starts: {lives}) the state {state}, of a run that nobody disturbed {whole}")
    return sorted(first), sorted(there), runs, len(states)


def options():
    """Of tests that kill: kills, seed, keep."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # pages are given back
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--keep", help="directory to work in, kept")
    return parser.parse_args()


def place(stack, keep):
    """A directory with hugepages and a market. Returns it and the market's captures."""
    tmp = keep or stack.enter_context(tempfile.TemporaryDirectory())
    for d in ("huge", "run"):
        os.makedirs(f"{tmp}/{d}", exist_ok=True)
    stack.enter_context(hugepages(f"{tmp}/huge"))
    subprocess.run([os.environ["MARKETGEN_BIN"], "--out", f"{tmp}/m", "--venues", "itch,iex,pillar", "--instruments", "40", "--messages", "30k",
                    "--duration", "60s", "--seed", "6"], check=True, stderr=subprocess.DEVNULL)
    return tmp, sorted(str(p) for p in pathlib.Path(tmp).glob("m.*.pcap"))


def main():
    args = options()
    with contextlib.ExitStack() as stack:
        tmp, files = place(stack, args.keep)
        prefix = f"wbkill{os.getpid()}"
        conf = CONF.replace("[eal]", f"[eal]\nfile_prefix = {prefix}\nhuge_dir = {tmp}/huge")
        pathlib.Path(f"{tmp}/split.conf").write_text(conf, encoding="ascii")
        conf = conf.replace("[run]", SUPERVISE) + CAPTURE
        pathlib.Path(f"{tmp}/kill1.conf").write_text(conf, encoding="ascii")
        pathlib.Path(f"{tmp}/kill2.conf").write_text(conf + SECOND, encoding="ascii")
        want = fused(tmp, files)
        print(f"seed {args.seed}", flush=True)
        first, there, runs, hashes = kills(tmp, prefix, files, want, args.kills, random.Random(args.seed))
        if first:
            n = len(first)
            print(f"ingest: {n} kills in {runs} runs, {hashes} states compared; a first bar {first[n // 2]:.2f} s after the kill (p50), "
                  f"{first[-1]:.2f} s (max); all that the journal held {there[n // 2]:.2f} s (p50), {there[-1]:.2f} s (max)", flush=True)
        if first and not failures:
            faults.seen("ingest_killed", kills=len(first), runs=runs, states_compared=hashes, first_bar_p50_s=first[len(first) // 2],
                        first_bar_max_s=first[-1], journal_taken_p50_s=there[len(there) // 2], journal_taken_max_s=there[-1])
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
