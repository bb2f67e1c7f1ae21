#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Replays captures by several programs in turn and prints a table: medians over the rounds, ratios to the first program.
Exit code 1 when a program fails, or does not give the same output in every round."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time


def cached(path):
    """The capture is read from memory by every program."""
    with open(path, "rb") as f:
        while f.read(1 << 24):
            pass


def replay(program, capture, scratch):
    """Wall clock of the whole program and its ingest lcores' time on the cpu, s; its peak memory, MiB; its summary. The other lcores
    are not added: they poll, and so their time is that of the clock."""
    summary = os.path.join(scratch, "summary.json")
    if os.path.exists(summary):
        os.remove(summary)
    begun = time.monotonic()
    child = subprocess.Popen([program, "replay", capture, "--quiet", "--file-prefix", f"day{os.getpid()}", "--summary", summary],
                             stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall, code = time.monotonic() - begun, os.waitstatus_to_exitcode(status)
    child.returncode = code
    if code not in (0, 3):
        sys.exit(f"day: {program}: exit code {code}")
    with open(summary) as f:
        told = json.load(f)
    cpu = sum(l["cpu_ns"] for l in told["lcores"] if l["stage"] == "ingest") / 1e9
    return {"wall": wall, "cpu": cpu, "mib": usage.ru_maxrss / 1024, "told": told}


def measure(programs, capture, scratch, rounds):
    """The runs of each program; the programs take turns, so that what else the machine does meets all of them."""
    runs = [[] for _ in programs]
    cached(capture)
    for _ in range(rounds):
        for mine, program in zip(runs, programs):
            mine.append(replay(program, capture, scratch))
    for mine, program in zip(runs, programs):
        if len({r["told"]["sha256"] for r in mine}) > 1:
            sys.exit(f"day: {program}: another output in another round")
    return runs


def median(runs, key):
    return statistics.median(r[key] for r in runs)


def ratio(runs, first, key):
    return statistics.median(a[key] / b[key] for a, b in zip(runs, first))


def rows_of(day, instruments, runs):
    for i, mine in enumerate(runs):
        told = mine[0]["told"]
        output = "same" if told["sha256"] == runs[0][0]["told"]["sha256"] else "another"
        yield (day, instruments, f"{i + 1}", f"{told['messages']:,}", f"{told['bars_sealed']:,}", f"{told['bars']:,}", f"{median(mine, 'wall'):.2f}", f"{median(mine, 'cpu'):.2f}",
               f"{told['messages'] / median(mine, 'wall') / 1e6:.3g}", f"{median(mine, 'mib'):,.0f}",
               f"{ratio(mine, runs[0], 'wall'):.3f}", f"{ratio(mine, runs[0], 'cpu'):.3f}", output if i else "")


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--rounds", type=int, required=True)
    p.add_argument("--scratch", required=True)
    p.add_argument("--programs", nargs="+", required=True)
    p.add_argument("--days", nargs="+", required=True, help="MESSAGES INSTRUMENTS CAPTURE ...")
    args = p.parse_args()
    for i, program in enumerate(args.programs):
        version = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True).stdout.strip()
        print(f"program {i + 1}: {program} ({version})")
    print(f"medians of {args.rounds} rounds; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cpus\n", flush=True)
    heads = ("day", "instruments", "program", "messages", "rows made", "written", "s", "s of ingest on the cpu", "M messages/s", "MiB",
             "time, of the first", "cpu, of the first", "output")
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads), flush=True)
    for day, instruments, capture in zip(*(args.days[k::3] for k in range(3))):
        for row in rows_of(day, instruments, measure(args.programs, capture, args.scratch, args.rounds)):
            print("| " + " | ".join(row) + " |", flush=True)


main()
