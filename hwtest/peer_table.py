#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs another program and ours over the same market in turn and prints their times a message and the ratios, each with what
part of the program's memory was in pages of 2 MiB. For hwtest/peer."""
import argparse
import os
import re
import statistics
import subprocess
import threading
import time


def watch_pages(pid, out):
    """Until the process ends: the huge part of its anonymous memory, percent, when it had most."""
    most = 0
    while True:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as f:
                kb = {k: int(v) for k, v in re.findall(r"^(\w+): +(\d+) kB", f.read(), re.M)}
        except OSError:
            return
        if not kb:
            return
        all_kb = kb["Anonymous"] + kb.get("Private_Hugetlb", 0)
        if all_kb >= most > 0 or not most:
            most = all_kb
            out["percent"] = 100 * (kb["AnonHugePages"] + kb.get("Private_Hugetlb", 0)) / max(all_kb, 1)
        time.sleep(0.05)


def other(program, raw):
    """Its time a message, ns; the huge part of its memory."""
    env = dict(os.environ, GLIBC_TUNABLES="glibc.malloc.hugetlb=1", PEER_BYTES=str(os.path.getsize(raw) + 64))
    pages = {"percent": 0}
    with open(raw, "rb") as market:
        child = subprocess.Popen([program], stdin=market, stdout=subprocess.PIPE, text=True, env=env)
        watcher = threading.Thread(target=watch_pages, args=(child.pid, pages))
        watcher.start()
        said = child.communicate()[0]
        watcher.join()
    found = re.search(r"([0-9.]+) nanos per packet", said)
    if child.returncode or not found:
        raise SystemExit(f"peer: {program}: exit code {child.returncode}, no time")
    return float(found[1]), pages["percent"]


def ours(bench, capture):
    said = subprocess.run([bench, capture], stdout=subprocess.PIPE, text=True, check=True).stdout
    line = dict(w.split("=", 1) for w in said.splitlines()[-1].split())
    return float(line["book_ns"]), float(line["all_ns"]), float(line["huge_percent"])


def main():
    p = argparse.ArgumentParser(description=__doc__)
    for name in ("program", "bench", "raw", "capture"):
        p.add_argument(f"--{name}", required=True)
    p.add_argument("--rounds", type=int, required=True)
    args = p.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cpus; pages of 2 MiB: the other's by glibc.malloc.hugetlb=1, ours by madvise\n")
    print("| round | other, ns | its 2 MiB pages, % | wire to book, ns | of the other | wire to everything, ns | of the other | our 2 MiB pages, % |")
    print("|---" * 8 + "|", flush=True)
    rounds = []
    for i in range(args.rounds):
        ns, pages = other(args.program, args.raw)
        book, everything, mine = ours(args.bench, args.capture)
        rounds.append((ns, pages, book, book / ns, everything, everything / ns, mine))
        print(f"| {i + 1} | " + row(rounds[-1]), flush=True)
    print("| median | " + row([statistics.median(c) for c in zip(*rounds)]))
    print("| least | " + row([min(c) for c in zip(*rounds)]))


def row(r):
    return f"{r[0]:.1f} | {r[1]:.0f} | {r[2]:.1f} | {r[3]:.2f} | {r[4]:.1f} | {r[5]:.2f} | {r[6]:.0f} |"


main()
