#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Replays captures by several programs in turn and prints a table: medians over the rounds, ratios to the first program.
Exit code 1 when a program fails, or does not give the same output in every round."""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time

CACHED_BYTES = 4 << 30
ROOM = 12000  # instruments that the programs have room for, unless they are given more


def cached(path):
    """The capture is read from memory by every program, where there is memory for it."""
    if os.path.getsize(path) > CACHED_BYTES:
        return
    with open(path, "rb") as f:
        while f.read(1 << 24):
            pass


def watch_memory(pid, out):
    """Until the process ends: the most memory it had, mapped files apart, MiB."""
    while True:
        try:
            with open(f"/proc/{pid}/status") as f:
                kb = sum(int(v) for v in re.findall(r"^Rss(?:Anon|Shmem):\s+(\d+)", f.read(), re.M))
        except OSError:
            return
        if not kb:
            return
        out["mib"] = max(out["mib"], kb / 1024)
        time.sleep(0.02)


def replay(program, capture, instruments, scratch):
    """Wall clock of the whole program and its ingest lcores' time on the cpu, s; its peak memory, MiB; its summary. The other lcores
    are not added: they poll, and so their time is that of the clock."""
    summary = os.path.join(scratch, "summary.json")
    if os.path.exists(summary):
        os.remove(summary)
    room = ["--set", f"bars.instruments={instruments}"] if instruments > ROOM else []
    begun, memory = time.monotonic(), {"mib": 0}
    child = subprocess.Popen([program, "replay", capture, "--quiet", "--file-prefix", f"day{os.getpid()}", "--summary", summary, *room],
                             stdout=subprocess.DEVNULL)
    watcher = threading.Thread(target=watch_memory, args=(child.pid, memory))
    watcher.start()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # its name in /proc is its own until it is reaped
    wall = time.monotonic() - begun
    watcher.join()
    code = child.wait()
    if code not in (0, 3):
        sys.exit(f"day: {program}: exit code {code}")
    with open(summary) as f:
        told = json.load(f)
    if code:
        print(f"day: {program}: {capture}: exit code 3: {', '.join(r['name'] for r in told['reasons'])}", file=sys.stderr, flush=True)
    cpu = sum(l["cpu_ns"] for l in told["lcores"] if l["stage"] == "ingest") / 1e9
    return {"wall": wall, "cpu": cpu, "rate": told["messages"] / cpu / 1e6, "mib": memory["mib"], "told": told}


def measure(programs, capture, instruments, scratch, rounds):
    """The runs of each program; the programs take turns, so that what else the machine does meets all of them."""
    runs = [[] for _ in programs]
    cached(capture)
    for _ in range(rounds):
        for mine, program in zip(runs, programs):
            mine.append(replay(program, capture, instruments, scratch))
    for mine, program in zip(runs, programs):
        if len({r["told"]["sha256"] for r in mine}) > 1:
            sys.exit(f"day: {program}: another output in another round")
    return runs


def median(runs, key):
    return statistics.median(r[key] for r in runs)


def ratio(runs, first, key):
    return statistics.median(a[key] / b[key] for a, b in zip(runs, first))


def rows_of(day, instruments, hours, runs, dense):
    for i, mine in enumerate(runs):
        told = mine[0]["told"]
        output = "same" if told["sha256"] == runs[0][0]["told"]["sha256"] else "another"
        of_dense = f"{median(mine, 'rate') / median(dense[i], 'rate'):.2f}" if dense else ""
        yield (day, instruments, hours, f"{i + 1}", f"{told['messages']:,}", f"{told['bars_sealed']:,}", f"{told['bars']:,}", f"{median(mine, 'wall'):.2f}", f"{median(mine, 'cpu'):.2f}",
               f"{median(mine, 'rate'):.3g}", of_dense, f"{median(mine, 'mib'):,.0f}", f"{ratio(mine, runs[0], 'wall'):.3f}", f"{ratio(mine, runs[0], 'cpu'):.3f}", output if i else "")


def line_of(day, instruments, mine, dense):
    """For hwtest/bench."""
    told = mine[0]["told"]
    print(f"bench=day day={day} instruments={instruments} messages={told['messages']} rows={told['bars']} s={median(mine, 'wall'):.2f} "
          f"cpu_s={median(mine, 'cpu'):.2f} rate={median(mine, 'rate'):.3g} of_dense={median(mine, 'rate') / median(dense, 'rate'):.2f} "
          f"mib={median(mine, 'mib'):.0f}", flush=True)


def plot_of(programs, days, points):
    out = [f"title\tA day of {' and '.join(days)} messages\tthe same messages over more instruments and more hours",
           "panel\tinstruments x hours\t0\t0\tingest on the cpu, s\tlog"]
    for i, (program, mine) in enumerate(zip(programs, points)):
        name = os.path.basename(program) if len(programs) > 1 else "wirebar"
        out.append(f"line\t{i + 1}: {name}\t{i}\tsolid")
        out.extend(f"point\t{x}\t{y:.4f}" for x, y in sorted(mine))
    return "\n".join(out) + "\n"


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--rounds", type=int, required=True)
    p.add_argument("--scratch", required=True)
    p.add_argument("--lines", action="store_true", help="lines for programs, of the first program beside the first capture")
    p.add_argument("--points", required=True, help="file for tests/bench/series_plot")
    p.add_argument("--programs", nargs="+", required=True)
    p.add_argument("--days", nargs="+", required=True, help="MESSAGES INSTRUMENTS HOURS CAPTURE ...; dense-MESSAGES first")
    args = p.parse_args()
    for i, program in enumerate(args.programs):
        version = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True).stdout.strip()
        print(f"program {i + 1}: {program} ({version})")
    print(f"medians of {args.rounds} rounds; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cpus\n", flush=True)
    heads = ("day", "instruments", "hours", "program", "messages", "rows made", "written", "s", "s of ingest on the cpu", "M messages/s of it",
             "of the dense open's", "MiB, files apart", "time, of the first", "cpu, of the first", "output")
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads), flush=True)
    dense = None
    points = [[] for _ in args.programs]
    for day, instruments, hours, capture in zip(*(args.days[k::4] for k in range(4))):
        runs = measure(args.programs, capture, int(instruments), args.scratch, args.rounds)
        if day.startswith("dense-"):
            dense = runs
        else:
            for mine, out in zip(runs, points):
                out.append((int(instruments) * int(hours), median(mine, "cpu")))
        for row in rows_of(day, instruments, hours, runs, dense):
            print("| " + " | ".join(row) + " |", flush=True)
        if args.lines:
            line_of(day, instruments, runs[0], (dense or runs)[0])
    with open(args.points, "w") as f:
        f.write(plot_of(args.programs, sorted({d for d in args.days[::4] if not d.startswith("dense")}), points))


main()
