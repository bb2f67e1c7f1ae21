#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The split layout for as long as one likes: memory flat, ledger balanced, every file as the fused run's; then both layouts in
turn over the same market, latency and throughput side by side as a table (--messages 0: only that). By hand, with root and
hugepages, which are given back.
Usage: WIREBAR_BIN=... MARKETGEN_BIN=... soak_split.py [--messages 100M] [--minutes 200] [--rounds 3]"""
import argparse
import contextlib
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import faults
from hugepages import hugepages
from split_test import CONF, PARTS, STREAMS, Plant, fail, failures, same

FLAT_OUT = "1000000x"  # paced, so that all memory is touched before the first frame
PACED = "20x"
BUFFERS = 16  # MiB: orders, fills and positions wait for the end, up to 32,768 of each in memory, then on disk
PAGES = 1024  # of 2 MiB
ROOM = "orders = 40000\nlevels = 40000\nprints = 20000", "orders = 4000000\nlevels = 1000000\nprints = 8000000"
LAGS = ("wire_lag", "fire_to_order")


def resident(pid):
    """MiB of its own; what parts share has one size, and each maps more of it as rings go round. 0: it has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            return sum(int(line.split()[1]) for line in f if line.startswith("RssAnon:")) / 1024
    except OSError:
        return 0


def watch(plant):
    """part -> MiB about each half second, from the moment on when frames come, until ingest has ended."""
    seen = {part: [] for part in PARTS}
    while not plant.polls("ingest0") and not plant.over():
        time.sleep(0.1)
    while not plant.over():
        for part in PARTS:
            seen[part].append(resident(plant.process[part].pid))
        time.sleep(0.5)
    return {part: [m for m in of if m] for part, of in seen.items()}


def fused(tmp, files, name, speed):
    args = [os.environ["WIREBAR_BIN"], "replay", "--conf", f"{tmp}/split.conf", "--set", "run.layout=fused", "--speed", speed, "--quiet",
            *[x for s in STREAMS for x in (f"--{s}", f"{tmp}/{name}.{s}.csv")], "--summary", f"{tmp}/{name}.json", *files]
    done = subprocess.run(args, env=dict(os.environ, RUNTIME_DIRECTORY=f"{tmp}/run"), capture_output=True, text=True, check=False)
    if done.returncode:
        fail(f"{name}: exit {done.returncode}: {done.stderr}")
    return json.loads(pathlib.Path(f"{tmp}/{name}.json").read_text(encoding="utf-8"))


def split(tmp, files, name, speed, want):
    plant = Plant(tmp, name, files, ["--speed", speed])
    seen = watch(plant)
    same(tmp, plant, want, 3600)
    return json.loads(pathlib.Path(f"{tmp}/{name}.json").read_text(encoding="utf-8")), seen


def soak(tmp, files):
    want = fused(tmp, files, "fused", FLAT_OUT)
    if failures:
        return None
    got, seen = split(tmp, files, "soak", FLAT_OUT, want)
    for part, of in seen.items():
        quarter, most = of[len(of) // 4] if of else 0, max(of[len(of) // 4:], default=0)
        print(f"soak: {part}: {quarter:.1f} MiB after a quarter, at most {most:.1f} MiB from then on; by eighths "
              f"{' '.join(f'{of[len(of) * k // 8]:.1f}' for k in range(8)) if of else ''}", flush=True)
        if most > quarter + BUFFERS:
            fail(f"{part} grows")
    print(f"soak: {got['messages']} messages, {got['bars']} bars, {got['outputs']['fills']['rows']} fills; balanced {got['ledger_balanced']}, "
          f"hash {got['sha256'][:16]}, fused {want['sha256'][:16]}", flush=True)
    if not failures:
        faults.seen("soak", messages=got["messages"], fills=got["outputs"]["fills"]["rows"],
                    **{f"{part}_{when}_mib": m for part, of in seen.items() for when, m in (("quarter", of[len(of) // 4]), ("most", max(of)))})
    return want


def beside(tmp, files, want, rounds):
    """In turn, so that what else runs meets both."""
    told = {"fused": [], "split": []}
    for i in range(rounds):
        for layout in told:
            of = {}
            for speed in (FLAT_OUT, PACED):
                s = fused(tmp, files, f"f{i}", speed) if layout == "fused" else split(tmp, files, f"s{i}", speed, want)[0]
                of["flat" if speed == FLAT_OUT else "paced"] = s
            told[layout].append(of)
    columns = [(lag, p) for lag in LAGS for p in ("p50", "p99")]
    print(f"| layout | messages/s flat out | {' | '.join(f'{lag} {p}, us, {PACED}' for lag, p in columns)} |\n|---{'|---:' * (len(columns) + 1)}|")
    for layout, of in told.items():
        rate = statistics.median(r["flat"]["messages"] / r["flat"]["seconds"] for r in of)
        lags = [statistics.median(r["paced"]["lag"][lag][p + "_ns"] for r in of) / 1e3 for lag, p in columns]
        print(f"| {layout} | {rate:.0f} | {' | '.join(f'{us:.1f}' for us in lags)} |", flush=True)


def market(tmp, prefix, messages, seconds):
    subprocess.run([os.environ["MARKETGEN_BIN"], "--out", f"{tmp}/{prefix}", "--venues", "itch,iex,pillar", "--instruments", "40", "--messages", messages,
                    "--duration", f"{seconds}s", "--seed", "6"], check=True, stderr=subprocess.DEVNULL)
    return sorted(str(p) for p in pathlib.Path(tmp).glob(f"{prefix}.*.pcap"))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # pages are given back
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", default="100M", help="of the soak; 0: none")
    parser.add_argument("--minutes", type=int, default=200, help="of the day that they are spread over, 300 at most")
    parser.add_argument("--rounds", type=int, default=3, help="of both layouts in turn")
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        tmp = stack.enter_context(tempfile.TemporaryDirectory())
        for d in ("huge", "run"):
            os.makedirs(f"{tmp}/{d}")
        stack.enter_context(hugepages(f"{tmp}/huge", PAGES))
        stack.callback(lambda: [(p.kill(), p.wait()) for p in Plant.running if p.poll() is None])
        pathlib.Path(f"{tmp}/split.conf").write_text(
            CONF.replace("[eal]", f"[eal]\nfile_prefix = wbsplit{os.getpid()}\nhuge_dir = {tmp}/huge")
            .replace(*ROOM), encoding="ascii")
        if args.messages != "0":
            soak(tmp, market(tmp, "m", args.messages, args.minutes * 60))
        if args.rounds and not failures:
            files = market(tmp, "b", "30k", 60)
            beside(tmp, files, fused(tmp, files, "fused", FLAT_OUT), args.rounds)
    sys.exit(1 if failures else 0)


main()
