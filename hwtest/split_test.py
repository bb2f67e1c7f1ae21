#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The split layout beside the fused one: a paced replay of three venues with orders writes the same bytes in three processes,
also when parts are killed at random moments and started again; the journal of orders has the same records.
Root and hugepages, which are given back; skipped (77) where they are not to be had.
Usage: WIREBAR_BIN=... MARKETGEN_BIN=... split_test.py [--kills 100] [--parts signal] [--seed N]"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

import faults
from hugepages import hugepages

STREAMS = ("bars", "fires", "orders", "fills", "positions", "equity", "revisions")
PARTS = ("ingest", "signal", "telemetry")
CONF = """include = builtin:plain
[bars]
instruments = 64
orders = 40000
levels = 40000
prints = 20000
watch = SPY,QQQ
[run]
layout = split
[eal]
hugepages = yes
[port replay]
speed = 20x
[link orders]
from = signal0
to = ingest0
depth = 4096
[link stops]
from = telemetry0
to = signal0
depth = 4096
[orders]
enabled = yes
table = 4096
fills = 4096
[risk]
qty_max = 1000
notional_max = 100000
position_max = 2000
short_max = 1000
gross_max = 3000000
net_max = unlimited
open_orders_max = 60
collar_bps = 100
collar_ticks = unlimited
blind_bps = 100
quote_age = 60s
duplicate_window = 1s
symbol_rate = 10
entry_rate = 100
exit_rate = 100
cancel_rate = 100
rejects_max = 10
denials_max = unlimited
loss_day = unlimited
[stop all]
mode = bps
offset = 5
[gate flow_long]
side = long
group = any
notional = 15000
price = through
tif = ioc
pause = 2s
rule = 1s directional_pressure > 0.3
[gate rest_short]
side = short
shares = 100
ttl = 3s
reprice_ticks = 1
rule = 1s delta < 0
[gate sweep_long]
side = long
shares = 200
price = mid
rule = sweep buy levels >= 2
[gate out_long]
stream = exit_fire
side = long
rule = 5s delta < 0
[gate out_short]
stream = exit_fire
side = short
rule = 5s delta > 0
"""
failures = []


def fail(text):
    failures.append(text)
    print(f"failed: {text}", flush=True)


class Plant:
    """A replay in a process for each part."""

    running = []  # processes that must not outlive the test

    def __init__(self, tmp, name, files, options=(), parts=PARTS):
        self.tmp, self.name, self.files, self.options, self.parts = tmp, name, files, list(options), parts
        self.process, self.log = {}, {}
        self.late = None  # a part that was started when the run was over
        self.env = dict(os.environ, RUNTIME_DIRECTORY=f"{tmp}/run")
        for part in self.parts:
            self.start(part)

    def outputs(self):
        return [x for s in STREAMS for x in (f"--{s}", f"{self.tmp}/{self.name}.{s}.csv")] + ["--summary", f"{self.tmp}/{self.name}.json"]

    def start(self, part):
        self.log[part] = open(f"{self.tmp}/{self.name}.{part}.log", "ab")  # pylint: disable=consider-using-with
        args = [os.environ["WIREBAR_BIN"], "replay", "--conf", f"{self.tmp}/split.conf", "--part", part, *self.outputs(), *self.options,
                "--quiet", *self.files]
        self.process[part] = subprocess.Popen(args, env=self.env, stdout=self.log[part], stderr=self.log[part])
        Plant.running.append(self.process[part])

    def wait(self, seconds):
        """Exit codes of all parts, None for who had to be killed."""
        until = time.monotonic() + seconds
        codes = {}
        for part in self.parts:
            try:
                codes[part] = self.process[part].wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                codes[part] = None
                self.process[part].kill()
                self.process[part].wait()
        for log in self.log.values():
            log.close()
        return codes

    def said(self):
        return "".join(f"{part}: {line}\n" for part in self.parts
                       for line in pathlib.Path(f"{self.tmp}/{self.name}.{part}.log").read_text(encoding="utf-8").splitlines())


    def ask(self, path):
        """An answer of the telemetry socket, or None."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
                s.settimeout(2)
                s.connect(f"{self.tmp}/run/dpdk/wbsplit{os.getpid()}/dpdk_telemetry.v2")
                s.recv(4096)
                s.send(path.encode())
                return json.loads(s.recv(65536))[path]
        except (OSError, ValueError, KeyError):
            return None

    def polls(self, lcore):
        lcores = self.ask("/wirebar/lcores")
        return lcores[lcore]["polls"] if lcores and lcore in lcores else 0

    def over(self):
        return self.process["ingest"].poll() is not None

    def working(self, lcore, seconds=30):
        """Waits until the lcore polls on. False: the run is over."""
        until = time.monotonic() + seconds
        before = self.polls(lcore)
        while not self.over() and time.monotonic() < until:
            if self.polls(lcore) > before > 0:
                return True
            before = before or self.polls(lcore)
            time.sleep(0.002)
        return False

    def kill(self, part, lcore, stillborn):
        """Kills a part and starts it again at once; first one that is killed after so many seconds, while it starts, unless that is None.
        Seconds until its lcore works again, or None: too late for that."""
        self.process[part].kill()
        began = time.monotonic()
        self.process[part].wait()
        if stillborn is not None:
            self.start(part)
            time.sleep(stillborn)
            self.process[part].kill()
            self.process[part].wait()
            began = time.monotonic()
        self.start(part)
        took = time.monotonic() - began if self.working(lcore) else None
        self.late = part if took is None else None
        return took


LCORE = {"signal": "signal0", "telemetry": "export0"}


def kills(tmp, files, want, part, n, chance):
    """n kills of a part at random moments, in as many runs as that takes. The times until it worked again."""
    times, runs = [], 0
    while len(times) < n and not failures:
        plant = Plant(tmp, f"{part}{runs}", files)
        runs += 1
        tried = 0
        while plant.working(LCORE[part]) and len(times) < n and tried < 5:
            time.sleep(chance.uniform(0, 0.8))
            tried += 1
            stillborn = chance.uniform(0, 0.3) if chance.random() < 0.3 else None
            took = plant.kill(part, LCORE[part], stillborn) if not plant.over() else None
            times += [took] if took else []
        same(tmp, plant, want)
        if not tried:
            fail(f"{part}: nothing was killed\n{plant.said()}")
    times.sort()
    if times:
        print(f"{part}: {len(times)} kills in {runs} runs; working again after {times[len(times) // 2] * 1e3:.0f} ms (p50), "
              f"{times[-1] * 1e3:.0f} ms (max)", flush=True)
    if times and not failures:
        told = {"kills": len(times), "runs": runs, "working_p50_s": times[len(times) // 2], "working_max_s": times[-1]}
        if part == "signal":
            faults.seen("signal_killed", **told)
        else:
            faults.seen("telemetry_killed", **told)
    return times


def fused(tmp, files):
    args = [os.environ["WIREBAR_BIN"], "replay", "--conf", f"{tmp}/split.conf", "--set", "run.layout=fused", "--set", "eal.hugepages=no",
            "--speed", "max", "--quiet", *[x for s in STREAMS for x in (f"--{s}", f"{tmp}/fused.{s}.csv")], "--summary", f"{tmp}/fused.json", *files]
    done = subprocess.run(args, env=dict(os.environ, RUNTIME_DIRECTORY=f"{tmp}/run"), capture_output=True, text=True, check=False)
    if done.returncode:
        fail(f"fused: exit {done.returncode}: {done.stderr}")
    return json.loads(pathlib.Path(f"{tmp}/fused.json").read_text(encoding="utf-8"))


def journal(tmp):
    """Of the last run: each record as it is shown, and each stop as it is in the file, behind a head and the records."""
    path = f"{tmp}/state/order_journal.replay"
    done = subprocess.run([os.environ["WIREBAR_BIN"], "orders", path], capture_output=True, text=True, check=False)
    if done.returncode:
        fail(f"the journal of orders: exit {done.returncode}: {done.stderr}")
    file = pathlib.Path(path).read_bytes()
    record_bytes, slots = struct.unpack_from("<II", file, 8)
    return done.stdout + f"stops: {file[64 + record_bytes * slots:].hex()}\n"


def same(tmp, plant, want, seconds=90, keys=("frames", "messages", "bars", "gap_messages", "sha256", "money")):
    """All parts end well, and every file is as the fused run's; so are keys of the summary."""
    codes = plant.wait(seconds)
    if any(code != 0 for part, code in codes.items() if part != plant.late):
        fail(f"{plant.name}: exits {codes}\n{plant.said()}")
        return
    got = json.loads(pathlib.Path(f"{tmp}/{plant.name}.json").read_text(encoding="utf-8"))
    for s in STREAMS:
        if pathlib.Path(f"{tmp}/{plant.name}.{s}.csv").read_bytes() != pathlib.Path(f"{tmp}/fused.{s}.csv").read_bytes():
            fail(f"{plant.name}: {s} are not those of the fused run")
        if got[f"sha256_{s}"] != want[f"sha256_{s}"] or got["outputs"][s]["rows"] != want["outputs"][s]["rows"]:
            fail(f"{plant.name}: the summary says something else of {s}")
    for key in keys:
        if got.get(key) != want.get(key):
            fail(f"{plant.name}: {key}: {got.get(key)}, fused {want.get(key)}")
    kept = pathlib.Path(f"{tmp}/fused.journal")
    if kept.exists() and journal(tmp) != kept.read_text(encoding="ascii"):
        pathlib.Path(f"{tmp}/{plant.name}.journal").write_text(journal(tmp), encoding="ascii")
        fail(f"{plant.name}: the journal of orders is not as of the fused run")
    if not got["ledger_balanced"] or not got["outputs_kept"]:
        fail(f"{plant.name}: balanced {got['ledger_balanced']}, kept {got['outputs_kept']}")


def refusals(tmp, files):
    """Who is of another configuration is told so, and nobody waits for it. Its folder is its own: the journal of orders may be locked by then."""
    plant = Plant(tmp, "refused", files, ["--speed", "1x"])
    other = subprocess.run([os.environ["WIREBAR_BIN"], "replay", "--conf", f"{tmp}/split.conf", "--part", "signal", *plant.outputs(),
                            "--speed", "1x", "--set", "bars.grace=2s", "--set", f"run.state_dir={tmp}/other", *files], env=plant.env, capture_output=True, text=True, check=False)
    if other.returncode != 1 or "another program, configuration or outputs" not in other.stderr:
        fail(f"a part of another configuration: exit {other.returncode}: {other.stderr}")
    for part in PARTS:
        plant.process[part].kill()
    plant.wait(5)
    for args, word in ((["--part", "ingest", "--set", "run.layout=fused"], "layout = fused"), ([], "wirebar up"), (["--part", "x"], "allowed: ingest")):
        done = subprocess.run([os.environ["WIREBAR_BIN"], "replay", "--conf", f"{tmp}/split.conf", *args, *files], env=plant.env, capture_output=True,
                              text=True, check=False)
        if done.returncode != 2 or word not in done.stderr:
            fail(f"{args}: exit {done.returncode}: {done.stderr}")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # pages are given back
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=3, help="of each part")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--parts", default="signal,telemetry", help="that are killed")
    parser.add_argument("--keep", help="directory to work in, kept")
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        tmp = args.keep or stack.enter_context(tempfile.TemporaryDirectory())
        for d in ("huge", "run", "state"):
            os.makedirs(f"{tmp}/{d}", exist_ok=True)
        stack.enter_context(hugepages(f"{tmp}/huge"))
        stack.callback(lambda: [(p.kill(), p.wait()) for p in Plant.running if p.poll() is None])
        conf = CONF.replace("[eal]", f"[eal]\nfile_prefix = wbsplit{os.getpid()}\nhuge_dir = {tmp}/huge")
        conf = conf.replace("[run]", f"[run]\nstate_dir = {tmp}/state").replace("table = 4096", "table = 256\njournal = always")
        pathlib.Path(f"{tmp}/split.conf").write_text(conf, encoding="ascii")
        subprocess.run([os.environ["MARKETGEN_BIN"], "--out", f"{tmp}/m", "--venues", "itch,iex,pillar", "--instruments", "40", "--messages", "30k",
                        "--duration", "60s", "--seed", "6"], check=True, stderr=subprocess.DEVNULL)
        files = sorted(str(p) for p in pathlib.Path(tmp).glob("m.*.pcap"))
        want = fused(tmp, files)
        pathlib.Path(f"{tmp}/fused.journal").write_text(journal(tmp), encoding="ascii")
        began = time.monotonic()
        same(tmp, Plant(tmp, "split", files), want)
        print(f"split: {want['frames']} frames, {want['bars']} bars, {want['outputs']['fills']['rows']} fills, {time.monotonic() - began:.1f} s", flush=True)
        seed = args.seed if args.seed is not None else random.randrange(1 << 30)
        print(f"seed {seed}", flush=True)
        for part in args.parts.split(",") if args.kills else ():
            kills(tmp, files, want, part, args.kills, random.Random(seed))
        refusals(tmp, files)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
