#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Orders of gates and stops: the same bytes whatever burst, budget, pacing, idling of lcores, and however many ingest lcores
share the venues; fills add up; each denied order has a reason; and a script with the very arrivals that orders.csv tells gives
the same fills. Usage: WIREBAR_BIN=... MARKETGEN_BIN=... orders_oracle.py [--runs 20]
The runs are those in which the answer of the order stage is late by chance, over all markets."""
import argparse
import collections
import csv
import datetime
import pathlib
import random
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import oracle_kit as kit  # noqa: E402  pylint: disable=wrong-import-position

STREAMS = ("fires", "orders", "fills", "positions", "equity")
CONF = """include = builtin:plain
[bars]
instruments = 64
orders = 16384
levels = 16384
prints = 16384
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
{stop}
[gate flow_long]
venue = {flow}
side = long
group = any
notional = 15000
price = through
tif = ioc
pause = 2s
rule = 1s directional_pressure > 0.3
[gate rest_short]
venue = {rest}
side = short
shares = 100
ttl = 3s
reprice_ticks = 1
rule = 1s delta < 0
[gate {name}]
side = long
shares = 200
price = mid
rule = {rule}
[gate out_long]
stream = exit_fire
side = long
rule = 5s delta < 0
[gate out_short]
stream = exit_fire
side = short
rule = 5s delta > 0
"""
STOP = """[stop all]
mode = bps
offset = 5"""
SWEEP = "sweep buy levels >= 2"
# Without stops and sweeps nothing asks between two closes, and ingest lcores go on by themselves up to the next one's orders.
CASES = (("itch", 5, {"rest": "itch", "flow": "itch", "stop": STOP, "name": "sweep_long", "rule": SWEEP}),
         ("itch,iex,pillar", 6, {"rest": "iex", "flow": "pillar", "stop": STOP, "name": "sweep_long", "rule": SWEEP}),
         ("itch,iex,pillar", 7, {"rest": "iex", "flow": "pillar", "stop": "", "name": "book_long", "rule": "1s obi > 0.6"}))


def rows(path):
    with open(path, encoding="ascii", newline="") as f:
        return list(csv.DictReader(f))


def to_ns(text):
    whole, part = text.rstrip("Z").split(".")
    return int(datetime.datetime.fromisoformat(whole + "+00:00").timestamp()) * 10 ** 9 + int(part)


def run(tmp, files, *options, to=""):
    """to: begins the names of what it writes, and tells it from runs at the same time."""
    outputs = [x for s in STREAMS for x in (f"--{s}", f"{tmp}/{to}{s}.csv")]
    kit.replay(files, *outputs, "--conf", f"{tmp}/gates.conf", "--summary", f"{tmp}/{to}summary.json", *options, prefix=f"wb_orders{to}")
    return kit.summary(f"{tmp}/{to}summary.json")


def spread(runs):
    """Over several ingest lcores; reversed: another one owns the bars. The links between them are as small as can be."""
    chance, n = random.Random(2), (("--ingest-lcores", "2"), ("--ingest-lcores", "3"))
    tiny = ("--set", "link.relay_1.depth=2", "--set", "link.relay_2.depth=2")
    out = [[*n[0], "--burst", "1"], [*n[1], "--burst", "7", "--set", "bars.seal_budget=1"],
           ["reversed", *n[1], "--burst", "256", *tiny], [*n[1], "--speed", "80x"]]
    for _ in range(runs):
        out.append([*chance.choice(n), "--burst", str(chance.choice((1, 3, 32, 100))),
                    *[x for lcore in ("ingest0", "signal0", "telemetry0")
                      for x in ("--set", f"lcore.{lcore}.idle={chance.choice(('yield', 'sleep', 'sleep'))}")]])
    return out


def same(tmp, files, runs):
    first = run(tmp, files)
    kept = {s: pathlib.Path(f"{tmp}/{s}.csv").read_bytes() for s in STREAMS}
    chance = random.Random(1)
    variants = [["--burst", "1"], ["--burst", "7"], ["--burst", "256"]]
    if len(files) == 1:
        variants += [["--set", "bars.seal_budget=1"], ["--watch", "SPY,QQQ"], ["--fill"], ["--speed", "80x"]]
        variants.append([x for lcore in ("ingest0", "signal0", "telemetry0") for x in ("--set", f"lcore.{lcore}.idle=spin")])
        for _ in range(runs):  # how long an answer takes changes with how its lcore idles
            variants.append(["--burst", str(chance.choice((1, 3, 32, 100))),
                             *[x for lcore in ("ingest0", "signal0", "telemetry0")
                               for x in ("--set", f"lcore.{lcore}.idle={chance.choice(('yield', 'sleep', 'sleep'))}")]])
    else:
        variants += spread(runs)

    def compare(number):
        options, to = variants[number], f"v{number}_"
        order = files[::-1] if "reversed" in options else files
        got = run(tmp, order, *[x for x in options if x != "reversed"], to=to)
        for s in STREAMS:
            if got[f"sha256_{s}"] != first[f"sha256_{s}"]:
                kit.fail(f"{' '.join(options)}: {s} differ")
                diff = [(a, b) for a, b in zip(kept[s].split(b"\n"), pathlib.Path(f"{tmp}/{to}{s}.csv").read_bytes().split(b"\n")) if a != b]
                print(diff[:1], flush=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(compare, range(len(variants))))
    return len(variants), first


def rows_are_the_same(tmp, files):
    """What waits for answers moves no row."""
    for name, options in (("with", ["--conf", f"{tmp}/gates.conf"]), ("without", ["--set", "run.burst=32"])):
        kit.replay(files, "--bars", f"{tmp}/{name}.csv", "--revisions", f"{tmp}/{name}.rev.csv", *options)
    for kind in ("csv", "rev.csv"):
        if pathlib.Path(f"{tmp}/with.{kind}").read_bytes() != pathlib.Path(f"{tmp}/without.{kind}").read_bytes():
            kit.fail(f"{kind}: rows are others with orders than without")


OURS = ("cancel_sent", "replace_sent", "replace_denied", "unknown")


def adds_up(orders, fills, stops):
    filled = collections.Counter()
    position = collections.Counter()
    for f in fills:
        filled[f["order_id"]] += int(f["qty"])
        position[f["symbol"]] += int(f["qty"]) * (1 if f["side"] == "B" else -1)
        if int(f["position"]) != position[f["symbol"]]:
            kit.fail(f"position is not the sum of fills: {f}")
    last = {}
    for o in orders:
        if o["event"] == "denied":
            if not o["reason"] or o["state"] != "DENIED":
                kit.fail(f"denied without a reason: {o}")
            continue
        if o["event"] not in OURS:  # the desk may say them before it knows of a fill that is earlier
            last[o["order_id"]] = o
    for order, o in last.items():
        if int(o["filled"]) != filled[order]:
            kit.fail(f"{order}: filled {o['filled']}, fills {filled[order]}")
    for kind in ("sent", "fill", "denied", "replaced", "cancelled"):
        if not any(o["event"] == kind for o in orders):
            kit.fail(f"nothing was {kind}: nothing was tested")
    if stops and not any(o["source"] == "stop" for o in orders):
        kit.fail("no stop was hit: nothing was tested")


def slippage_is_told(tmp, files):
    """Entries and exits of gates over rows: the mid is that of the row at whose close the gate decided. A sweep's is of an
    earlier row, a stop's of a touch between rows, so there are none here."""
    conf = pathlib.Path(f"{tmp}/gates.conf").read_text(encoding="ascii")
    conf = re.sub(r"(?s)\[(gate sweep_long|stop all)\].*?(?=\[)", "", conf)
    pathlib.Path(f"{tmp}/rows.conf").write_text(conf, encoding="ascii")
    trading = run(tmp, files, "--conf", f"{tmp}/rows.conf", "--bars", f"{tmp}/bars.csv", "--spans", "1s", "--fill")["trading"]
    orders, fills, bars = (rows(f"{tmp}/{s}.csv") for s in ("orders", "fills", "bars"))
    mid = {(b["symbol"], b["close_ts"]): Fraction(b["bid"]) + Fraction(b["ask"]) for b in bars if b["bid"] and b["ask"]}
    sent = {o["order_id"]: mid.get((o["symbol"], o["close_ts"])) for o in orders if o["event"] == "sent"}
    held, cost, shares = collections.Counter(), {"entry": Fraction(0), "exit": Fraction(0)}, collections.Counter()
    for f in fills:
        sign, qty, symbol = (1 if f["side"] == "B" else -1), int(f["qty"]), f["symbol"]
        opens = qty - (min(qty, abs(held[symbol])) if held[symbol] * sign < 0 else 0)
        held[symbol] += sign * qty
        if not sent[f["order_id"]]:
            continue
        for kind, part in (("entry", opens), ("exit", qty - opens)):
            cost[kind] += sign * (Fraction(f["price"]) - sent[f["order_id"]] / 2) * part
            shares[kind] += part
    for kind, n in shares.items():
        says, count, want = trading[f"slippage_{kind}"], trading[f"slippage_{kind}_shares"], float(cost[kind] / n) if n else None
        if not n or count != n or abs(says - want) > 1e-9:
            kit.fail(f"slippage of each {kind} {says} over {count} shares, should {want} over {n}")


def gates_have_earned(trading, orders, fills):
    """By round trips that have ended, of the gate whose fill opened them: at average cost, in whole millionths."""
    gate_of = {o["order_id"]: o["gate"] or "none" for o in orders}
    held, want = collections.defaultdict(lambda: [0, 0, 0, 0, "none"]), {}  # shares, cost, realized, fees, gate
    for f in fills:
        h = held[f["symbol"]]
        px, fee, left = round(Fraction(f["price"]) * 10**6), round(Fraction(f["fee"]) * 10**6), int(f["qty"])
        sign = 1 if f["side"] == "B" else -1
        if fee or left < 0:
            kit.fail("fees and breaks are not counted here")
        while left:
            if not h[0]:
                held[f["symbol"]] = h = [0, 0, 0, 0, gate_of[f["order_id"]]]
            closes = h[0] * sign < 0
            part = min(left, abs(h[0])) if closes else left
            if closes:
                portion = round(Fraction(h[1] * part, abs(h[0])))  # half to even
                h[1] -= portion
                h[2] += sign * (portion - part * px)
            else:
                h[1] += part * px
            h[0] += sign * part
            left -= part
            if not h[0]:
                g = want.setdefault(h[4], [0, 0, 0, 0])
                for i, v in enumerate((1, h[2] > 0, h[2] < 0, h[2])):
                    g[i] += v
    got = {k: [v["trips"], v["wins"], v["losses"], round(Fraction(v["net"]) * 10**6)] for k, v in trading["gates"].items()}
    if got != want or not want:
        kit.fail(f"gates have earned {got}, should {want}")


def denials_are_told(trading, orders):
    denied = collections.Counter(o["reason"] for o in orders if o["event"] == "denied")
    if trading["denied"] != dict(denied) or trading["sent"] != sum(o["event"] == "sent" for o in orders):
        kit.fail(f"denied {trading['denied']}, sent {trading['sent']}; should {denied}")


def lags_are_told(lags, orders):
    """One sample of each order on its way, and some of each component."""
    sent = collections.Counter((o["source"], o["gate"].startswith("sweep")) for o in orders if o["event"] == "sent")
    for name, want in (("sweep_to_order", sent["gate", True]), ("stop_to_order", sent["stop", False])):
        if lags[name]["count"] != want:
            kit.fail(f"{name} has {lags[name]['count']} samples of {want} orders sent")
    for name in ("packet_handling", "depth_features", "seal", "gate_cycle", "fire_to_order"):
        if not lags[name]["count"] or not lags[name]["max_ns"]:
            kit.fail(f"{name} has no samples: {lags[name]}")


def as_script(tmp, files, orders, fills):
    number = {order: i + 1 for i, order in enumerate(sorted({o["order_id"] for o in orders}))}
    action = {"accepted": "new", "rejected": "new", "new": "new", "replaced": "replace"}
    out = []
    for o in orders:
        what = "cancel" if (o["event"], o["reason"]) == ("cancelled", "U") else action.get(o["event"])
        if not what:
            continue
        row = [to_ns(o["ts"]), what, number[o["order_id"]], o["symbol"], o["venue"], o["side"], o["qty"], o["price"], o["tif"]]
        out.append(row if what == "new" else row[:6] + (["", "", ""] if what == "cancel" else [o["qty"], o["price"], ""]))
    with open(f"{tmp}/script.csv", "w", encoding="ascii", newline="") as f:
        csv.writer(f).writerows([["ts_ns", "action", "id", "symbol", "venue", "side", "qty", "price", "tif"], *out])
    kit.replay(files, "--paper-script", f"{tmp}/script.csv", "--fills", f"{tmp}/again.csv")
    same_of = ("ts", "fill_id", "venue", "symbol", "side", "qty", "price", "liquidity", "queue_ahead_at_arrival", "evidence")
    want = sorted([str(number[f["order_id"]]), *[f[c] for c in same_of]] for f in fills)
    got = sorted([f["order_id"], *[f[c] for c in same_of]] for f in rows(f"{tmp}/again.csv"))
    if want != got:
        kit.fail(f"a script with the same arrivals: {len(got)} fills, of gates {len(want)}: "
                 f"{next((p for p in zip(want, got) if p[0] != p[1]), '')}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as tmp:
        for case, (venues, seed, words) in enumerate(CASES):
            pathlib.Path(f"{tmp}/gates.conf").write_text(CONF.format(**words), encoding="ascii")
            prefix = f"{tmp}/m{seed}"
            subprocess.run([kit.program("MARKETGEN_BIN"), "--out", prefix, "--venues", venues, "--instruments", "40", "--duration", "60s",
                            "--messages", "20k" if seed == 5 else "14k", "--seed", str(seed)], check=True, stderr=subprocess.DEVNULL)
            files = sorted(str(p) for p in pathlib.Path(tmp).glob(f"m{seed}.*.pcap"))
            n, summary = same(tmp, files, len(range(case, args.runs, len(CASES))))
            rows_are_the_same(tmp, files)
            orders, fills = rows(f"{tmp}/orders.csv"), rows(f"{tmp}/fills.csv")
            adds_up(orders, fills, words["stop"])
            lags_are_told(summary["lag"], orders)
            if not {words["rest"], words["flow"]} <= {f["venue"] for f in fills}:
                kit.fail(f"{venues}: a venue has no fills: nothing was tested")
            denials_are_told(summary["trading"], orders)
            gates_have_earned(summary["trading"], orders, fills)
            as_script(tmp, files, orders, fills)
            slippage_is_told(tmp, files)
            print(f"{venues}: {len(orders)} rows of orders, {len(fills)} fills, {n + 1} runs", flush=True)
    kit.finish("orders_oracle")


main()
