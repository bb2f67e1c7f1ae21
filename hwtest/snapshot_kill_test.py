#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""SIGKILL of the part ingest at random moments of a supervised paced replay of three venues, split layout, with a snapshot made beside
it before: all parts begin with the snapshot and the journal's tail, and know what an undisturbed run knows after as many frames. The
parts signal, telemetry and gateway are killed alone as well, behind it: they go on where they were, not with the snapshot. All lives together
hand on what the undisturbed run does. Root and hugepages, which are given back; skipped (77) where they are not to be had.
Usage: WIREBAR_BIN=... MARKETGEN_BIN=... snapshot_kill_test.py [--kills 50] [--seed N] [--keep DIR]"""
import contextlib
import glob
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

import faults
from ingest_kill_test import Run, SUPERVISE, clean, kill, options, place
from split_test import failures, fail

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "smoke"))
from sink_kit import GATEWAY  # noqa: E402  pylint: disable=wrong-import-position

CONF = """include = builtin:bench
[bars]
instruments = 64
orders = 40000
levels = 40000
prints = 20000
watch = SPY,QQQ
[eal]
file_prefix = {prefix}
huge_dir = {tmp}/huge
hugepages = yes
[port replay]
speed = 8x
{supervise}
layout = split
[capture]
enabled = yes
restart = yes
{gateway}[gateway]
rows = all
[gate of_the_day]
stream = entry_fire
side = short
cooldown = 1s
max_fires = 3
rule = 1s delta < 0
"""
KILLS_OF_A_RUN = 4


def job(run):
    """A snapshot beside the run. The frames that it stands for."""
    done = subprocess.run([os.environ["WIREBAR_BIN"], "snapshot", "--conf", f"{run.tmp}/kill1.conf", "--set", f"capture.dir={run.journal}", "--quiet"],
                          env=dict(os.environ, RUNTIME_DIRECTORY=f"{run.tmp}/run"), capture_output=True, text=True, check=False)
    files = glob.glob(f"{run.journal}/snapshot-[01]")
    if done.returncode or not files:
        fail(f"{run.name}: a snapshot: exit {done.returncode}: {done.stderr}")
        return 0
    return max(int.from_bytes(pathlib.Path(f).read_bytes()[48:56], "little") for f in files)


def ledger(run):
    return run.ask(run.telemetry, "/wirebar/ledger").get("/wirebar/ledger") or {}


def kill_alone(run, part, chance):
    """One of the parts that go on, when its lcores have done something since the start."""
    time.sleep(chance.uniform(0.1, 0.6))
    pid = run.parts().get(part, {}).get("pid", 0)
    if not pid or run.over():
        return False
    os.kill(pid, signal.SIGKILL)
    return run.until(lambda: run.parts().get(part, {}).get("pid", 0) not in (0, pid)) is not None


def handed(path):
    """What a gateway has handed on, without what is of one start or process; each once, since a start may hand on again what one has."""
    lines = [json.loads(line) for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines()]
    return {json.dumps({k: v for k, v in line.items() if k not in ("n", "boot", "handed_ns")}, sort_keys=True) for line in lines}


def undisturbed(tmp, files, *more):
    """The summary of a fused run that nobody disturbs."""
    path = f"{tmp}/undisturbed.json"
    done = subprocess.run([os.environ["WIREBAR_BIN"], "replay", "--conf", f"{tmp}/kill1.conf", "--set", "run.layout=fused", "--set", "eal.hugepages=no",
                           "--set", "capture.enabled=no", "--set", "capture.restart=no", "--file-prefix", f"wbwhole{os.getpid()}", "--speed", "max",
                           "--quiet", "--summary", path, *more, *files],
                          env=dict(os.environ, RUNTIME_DIRECTORY=f"{tmp}/run"), capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        fail(f"an undisturbed run: exit {done.returncode}: {done.stderr}")
        return {}
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


class Kills:
    """What a number of them has shown."""

    def __init__(self, tmp, prefix, files, chance):
        self.tmp, self.prefix, self.files, self.chance = tmp, prefix, files, chance
        self.first, self.there, self.states = [], [], []
        self.runs = self.alone = 0
        self.whole = undisturbed(tmp, files, "--set", f"tail.path={tmp}/whole.tail")
        self.handed = handed(f"{tmp}/whole.tail")

    def one(self, run, lives):
        """A snapshot, a kill of ingest, perhaps one of another part. False: too late for it."""
        if run.until(lambda: run.lcore().get("rows", 0) > 0) is None:
            return False
        time.sleep(self.chance.uniform(0.2, 2))
        made = job(run)
        took = kill(run, f"{self.tmp}/huge", self.chance) if made and not run.over() else None
        if not took:
            return False
        began = ledger(run)
        if began and began["restart_snapshot_frames"] != made:
            fail(f"{run.name}: a snapshot of {made} frames, the start has begun with one of {began['restart_snapshot_frames']}\n{run.said()[-4000:]}")
        self.first.append(took[0])
        self.there.append(took[1])
        lives.append(took[2] - sum(lives))  # as in ingest_kill_test.kills
        self.states.append((run.name, max(lives), took[3]))
        if self.chance.random() < 0.5:
            self.alone += kill_alone(run, self.chance.choice(("signal", "telemetry", "gateway")), self.chance)
        return True

    def same(self, run):
        """At the end it knows what the undisturbed run does: books, rows, gates with their cool-downs."""
        code = run.wait(120)["up"]
        if code != 0:
            fail(f"{run.name}: exit {code}\n{run.said()[-4000:]}")
            return
        got = json.loads(pathlib.Path(f"{self.tmp}/{run.name}.json").read_text(encoding="utf-8"))
        for key in ("state_hash", "gap_messages"):
            if got[key] != self.whole[key]:
                fail(f"{run.name}: {key}: {got[key]}, undisturbed {self.whole[key]}")
        for key in ("prints", "bars_sealed", "bars_printed", "messages_applied", "sweeps", "revisions", "late_prints"):
            if got["ledger"][key] != self.whole["ledger"][key]:
                fail(f"{run.name}: {key}: {got['ledger'][key]}, undisturbed {self.whole['ledger'][key]}")
        if handed(f"{self.tmp}/{run.name}.tail") != self.handed:
            fail(f"{run.name}: not the rows and fires that an undisturbed run hands on")
        if not got["ledger_balanced"]:
            fail(f"{run.name}: the ledger does not balance")

    def all(self, n):
        while len(self.first) < n and not failures:
            name = f"run{self.runs}"
            run = Run(self.tmp, self.prefix, name, self.files, 1, streams=(), keys=(f"tail.path={self.tmp}/{name}.tail",))
            lives, of_run = [], 0
            try:
                while len(self.first) < n and of_run < KILLS_OF_A_RUN and not failures and self.one(run, lives):
                    of_run += 1
                self.same(run)
            finally:
                run.wait(1)
            clean(run, f"{self.tmp}/huge")
            shutil.rmtree(run.journal, ignore_errors=True)
            self.runs += 1
            if self.runs > 4 * n + 4:
                fail("nothing is killed")
        for name, frames, state in self.states:
            want = [x["state_hash"] for x in undisturbed(self.tmp, self.files, "--set", f"run.stop_frames={frames}").get("lcores", ())
                    if x["stage"] == "ingest"]
            if want != [state]:
                fail(f"{name}: after {frames} frames the state {state}, of a run that nobody disturbed {want}")


def main():
    args = options()
    with contextlib.ExitStack() as stack:
        tmp, files = place(stack, args.keep)
        prefix = f"wbsnap{os.getpid()}"
        conf = CONF.format(gateway=GATEWAY, prefix=prefix, tmp=tmp, supervise=SUPERVISE)
        pathlib.Path(f"{tmp}/kill1.conf").write_text(conf, encoding="ascii")
        print(f"seed {args.seed}", flush=True)
        kills = Kills(tmp, prefix, files, random.Random(args.seed))
        kills.all(args.kills)
        first, there, n = sorted(kills.first), sorted(kills.there), len(kills.first)
        if n:
            print(f"ingest: {n} kills behind a snapshot in {kills.runs} runs, {kills.alone} of another part, {len(kills.states)} states compared; a first "
                  f"bar {first[n // 2]:.2f} s after the kill (p50), {first[-1]:.2f} s (max); live {there[n // 2]:.2f} s (p50), {there[-1]:.2f} s (max)",
                  flush=True)
        if n and not failures:
            faults.seen("ingest_killed_snapshot", kills=n, runs=kills.runs, others_alone=kills.alone, states_compared=len(kills.states),
                        first_bar_p50_s=first[n // 2], first_bar_max_s=first[-1], journal_taken_p50_s=there[n // 2], journal_taken_max_s=there[-1])
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
