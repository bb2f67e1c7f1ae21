#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The part gateway is killed at random moments while a paced replay is handed on to a real redis-server: streams and keys are those of
a run in which nothing was killed, nothing is lost or there twice, and ingest does not notice. Under the supervisor it is stopped
(SIGSTOP): its link fills, what finds no room is counted, health says so, all others go on, and it is started anew.
Root, hugepages, which are given back, and redis-server; skipped (77) where they are not to be had.
Usage: WIREBAR_BIN=... MARKETGEN_BIN=... gateway_kill_test.py [--kills 3] [--seed N]"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import faults
from hugepages import hugepages, skip
from split_test import CONF, PARTS, Plant, fail, failures
from up_split_test import Up, tell, well

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "smoke"))
from redis_kit import SERVER, Redis  # noqa: E402  pylint: disable=wrong-import-position
from sink_kit import ENDS, GATEWAY  # noqa: E402  pylint: disable=wrong-import-position

ALL = PARTS + ("gateway",)
STREAMS = ("new_bar", "sweep", "entry_fire", "exit_fire", "order", "fill")
REDIS = """[redis]
enabled = yes
server = {tmp}/redis.sock
maxlen = 1000000
[gateway]
patience = 60s
"""


def conf_of(tmp, speed):
    keys = {"[eal]": f"[eal]\nfile_prefix = wbsplit{os.getpid()}\nhuge_dir = {tmp}/huge", "speed = 20x": f"speed = {speed}",
            "[run]": f"[run]\nstate_dir = {tmp}/state"}
    text = CONF
    for key, value in keys.items():
        text = text.replace(key, value, 1)
    return text + GATEWAY + REDIS.format(tmp=tmp)


def handed(client, prefix):
    """Streams by name, each entry without what is of one run alone."""
    found = {}
    for stream in STREAMS:
        entries = [e for _, e in client.entries(f"{prefix}stream:{stream}")]
        numbers = [int(e["n"]) for e in entries]
        if numbers != list(range(1, len(numbers) + 1)):
            wrong = [n for n in numbers if numbers.count(n) > 1][:5], sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers))[:5]
            fail(f"{prefix}{stream}: {len(numbers)} entries up to {max(numbers, default=0)}; there twice {wrong[0]}, not there {wrong[1]}")
        if len({e["boot"] for e in entries}) > 1:
            fail(f"{prefix}{stream}: of several starts")
        found[stream] = [{k: v for k, v in e.items() if k not in ("handed_ns", "boot")} for e in entries]
    return found


def values(client, prefix):
    """Keys with the latest values; Arrow as its bytes."""
    found = {}
    for key in client("KEYS", f"{prefix}*"):
        name = key.decode()[len(prefix):]
        if name.startswith(("bars:", "bundle:")):
            found[name] = client("GET", key)
        elif name.startswith(("quote:", "engine_state:")):
            found[name] = client.hash(key)
    return found


class Run(Plant):
    def __init__(self, tmp, name, files):
        super().__init__(tmp, name, files, ["--set", f"redis.prefix={name}:"], ALL)

    def end(self):
        """Its summary."""
        codes = self.wait(120)
        if any(code != 0 for part, code in codes.items() if part != self.late):
            fail(f"{self.name}: exits {codes}\n{self.said()}")
            return None
        told = json.loads(pathlib.Path(f"{self.tmp}/{self.name}.json").read_text(encoding="utf-8"))
        count = {e: told["ledger"].get(f"redis_{e}", 0) for e in ("handed",) + ENDS}
        if count["handed"] != sum(count[e] for e in ENDS) or any(count[e] for e in ("dropped", "dead", "kept", "left", "waiting")):
            fail(f"{self.name}: {count}")
        print(f"{self.name}: {count}", flush=True)
        return told


def killed(tmp, server, files, name, most, chance):
    """A run in which the gateway is killed up to most times, every other time while the server does not answer, so that much is under
    way. The run's summary, and seconds until it worked again each time."""
    run, times = Run(tmp, name, files), []
    while run.working("gateway0") and len(times) < most:
        time.sleep(chance.uniform(0, 0.5))
        stillborn = chance.uniform(0, 0.3) if chance.random() < 0.3 else None
        if len(times) % 2 == 0:
            server.stop()
            time.sleep(0.2)
        took = run.kill("gateway", "gateway0", stillborn) if not run.over() else None
        server.go_on()
        times += [took] if took else []
    return run.end(), times


def compare(client, name, want):
    got = handed(client, f"{name}:")
    for stream in STREAMS:
        if got[stream] != want[0][stream]:
            fail(f"{name}: {stream}: {len(got[stream])} entries are not the {len(want[0][stream])} of the undisturbed run")
    keys = values(client, f"{name}:")
    if keys != want[1]:
        fail(f"{name}: other values: {[k for k in sorted(set(keys) | set(want[1])) if keys.get(k) != want[1].get(k)][:5]}")


def story(tmp, server, files, kills, chance):
    with server.client() as client:
        calm = Run(tmp, "calm", files).end()
        if failures:
            return
        want = handed(client, "calm:"), values(client, "calm:")
        sizes = {s: len(want[0][s]) for s in STREAMS}
        print(f"calm: {sizes}, {len(want[1])} keys", flush=True)
        if not all(sizes[s] for s in STREAMS if s != "sweep") or not want[1]:
            fail(f"nothing to compare: {sizes}")
        times, runs, lag = [], 0, 0
        while len(times) < kills and not failures:
            told, more = killed(tmp, server, files, f"k{runs}", kills - len(times), chance)
            if told:
                compare(client, f"k{runs}", want)
                lag = max(lag, told["lag"]["wire_lag"]["p50_ns"])
            times, runs = sorted(times + more), runs + 1
            if not more:
                fail("nothing was killed")
    if failures:
        return
    print(f"gateway: {len(times)} kills in {runs} runs; working again after {times[len(times) // 2] * 1e3:.0f} ms (p50), {times[-1] * 1e3:.0f} ms (max); "
          f"wire lag p50 {lag / 1e3:.1f} us, undisturbed {calm['lag']['wire_lag']['p50_ns'] / 1e3:.1f} us", flush=True)
    faults.seen("gateway_killed", kills=len(times), runs=runs, working_p50_s=times[len(times) // 2], working_max_s=times[-1],
                things=sum(sizes.values()), wire_lag_p50_us=lag / 1e3, undisturbed_p50_us=calm["lag"]["wire_lag"]["p50_ns"] / 1e3)


class Live(Up):
    def tele(self, path):
        return self.ask(self.telemetry, path).get(path) or {}

    def refused(self):
        return self.tele("/wirebar/links").get("bars_gateway", {}).get("refused", 0)

    def health(self):
        return self.tele("/wirebar/health")


def others(up, was):
    """The other parts are who they were, and all is well with them."""
    parts = up.parts()
    return all(parts[p]["pid"] == was[p]["pid"] and parts[p]["state"] in ("ok", "slow", "starved") for p in PARTS)


def stopped(up, client, figures):
    was = up.wait(lambda p: len(p) == len(ALL) and well(p) and up.orders() > 5 and client("XLEN", "stream:new_bar") > 100, "all four parts are well, and things are handed on")
    before, orders = up.refused(), up.orders()
    os.kill(was["gateway"]["pid"], signal.SIGSTOP)
    began = time.monotonic()
    up.wait(lambda _: "has not polled for" in up.health().get("why", "") or up.refused() > before, "health tells of the gateway")
    figures["told_s"] = time.monotonic() - began
    up.wait(lambda _: up.refused() > before + 50, "its link is full, and counts what it refuses")
    figures["refused"] = up.refused() - before
    up.wait(lambda _: "full links lost" in up.health().get("why", ""), "health tells of the loss")
    if not others(up, was):
        fail(f"another part is not well: {up.parts()}")
    if up.orders() <= orders:
        fail("the desk waits for the gateway")
    figures["wire_lag_p999_us"] = up.health().get("wire_lag_p999_ns", 0) / 1e3
    now = up.wait(lambda p: p["gateway"]["pid"] != was["gateway"]["pid"] and well(p), "the supervisor has started another gateway")
    figures["again_s"] = time.monotonic() - began
    if not others(up, was):
        fail(f"another part was started anew: {now}")
    sent = client("XLEN", "stream:new_bar")
    up.wait(lambda _: client("XLEN", "stream:new_bar") > sent + 50, "it hands on again")
    if now["gateway"]["restarts"] != 1:
        fail(f"{now['gateway']}")


def live(tmp, server):
    figures = {}
    subprocess.run([os.environ["MARKETGEN_BIN"], "--out", f"{tmp}/k", "--venues", "itch", "--instruments", "60", "--messages", "150k", "--start",
                    "09:29:58", "--duration", "60s", "--seed", "6"], check=True, stderr=subprocess.DEVNULL)
    conf = conf_of(tmp, f"1x\nfiles = {tmp}/k.itch.a.pcap").replace("[run]\n", "[supervise]\npause = 500ms\nstuck = 8s\nwindow = 5s\n[run]\n"
        "full_link = count\n", 1).replace("to = gateway0\n", "to = gateway0\ndepth = 256\n", 1)
    pathlib.Path(f"{tmp}/split.conf").write_text(conf, encoding="ascii")
    with server.client() as client:
        client("FLUSHALL")
        tell(Live(tmp, f"wbsplit{os.getpid()}", []), stopped, client, figures)
        numbers = [int(e["n"]) for _, e in client.entries("stream:new_bar")]
        if numbers != list(range(1, len(numbers) + 1)):
            fail("rows have other numbers than they were given, or are there twice")
    print(f"stopped: {figures}", flush=True)
    if not failures:
        faults.seen("gateway_stopped", **figures)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # pages are given back
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--speed", default="4x")
    parser.add_argument("--keep", help="directory to work in, kept")
    args = parser.parse_args()
    if not SERVER:
        skip("no redis-server")
    with contextlib.ExitStack() as stack:
        tmp = args.keep or stack.enter_context(tempfile.TemporaryDirectory())
        for d in ("huge", "run", "state"):
            os.makedirs(f"{tmp}/{d}", exist_ok=True)
        stack.enter_context(hugepages(f"{tmp}/huge"))
        stack.callback(lambda: [(p.kill(), p.wait()) for p in Plant.running if p.poll() is None])
        subprocess.run([os.environ["MARKETGEN_BIN"], "--out", f"{tmp}/m", "--venues", "itch,iex,pillar", "--instruments", "40", "--messages", "30k",
                        "--duration", "60s", "--seed", "6", "--prints", "0.3"], check=True, stderr=subprocess.DEVNULL)
        seed = args.seed if args.seed is not None else random.randrange(1 << 30)
        print(f"seed {seed}", flush=True)
        server = Redis(tmp)
        stack.callback(server.kill)
        live(tmp, server)
        server.client()("FLUSHALL")
        pathlib.Path(f"{tmp}/split.conf").write_text(conf_of(tmp, args.speed), encoding="ascii")
        story(tmp, server, sorted(str(p) for p in pathlib.Path(tmp).glob("m.*.pcap")), args.kills, random.Random(seed))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
