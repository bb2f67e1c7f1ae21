#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Orders of gates, sweeps and stops: the same bytes whatever burst, budget, pacing, idling of lcores, and however many ingest
lcores share the venues; fills add up; each denied order has a reason; a sweep's order leaves at its last print; and a script with
the very arrivals that orders.csv tells gives the same fills. Usage: WIREBAR_BIN=... MARKETGEN_BIN=... orders_oracle.py [--runs 6]
The runs are those in which the answer of the order stage is late by chance, over all markets; before a release 20 or more."""
import argparse
import collections
import csv
import datetime
import pathlib
import random
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
sweep_levels = 2
sweep_gap = 200ms
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
notional_max = 1000000
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
{third}
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
SWEEPS = """[gate sweep_long]
side = long
shares = 200
price = through
ticks = 2
tif = ioc
rule = sweep buy levels >= 2
[gate sweep_out]
stream = exit_fire
side = long
rule = sweep sell levels >= 2"""
BOOK = """[gate book_long]
side = long
shares = 200
price = mid
rule = 1s obi > 0.6"""
SWEEP_GAP_NS = 200 * 10 ** 6
LATENESS_NS, ENTRY_NS = 5 * 10 ** 6, 50 * 10 ** 3  # IEX's, the greatest; of the paper exchange
# Without stops and sweeps nothing asks between two closes, and ingest lcores go on by themselves up to the next one's orders.
# In the first one an instrument is halted after an order of ours has ended, and trades again before the next one.
CASES = (("itch", 5, "0.001", {"rest": "itch", "flow": "itch", "stop": STOP, "third": SWEEPS}),
         ("itch,iex,pillar", 6, "0.2", {"rest": "iex", "flow": "pillar", "stop": STOP, "third": SWEEPS}),
         ("itch,iex,pillar", 7, "0.2", {"rest": "iex", "flow": "pillar", "stop": "", "third": BOOK}))
LCORES = ("ingest0", "signal0", "telemetry0")


def rows(path):
    with open(path, encoding="ascii", newline="") as f:
        return list(csv.DictReader(f))


def to_ns(text):
    whole, part = text.rstrip("Z").split(".")
    return int(datetime.datetime.fromisoformat(whole + "+00:00").timestamp()) * 10 ** 9 + int(part)


def idle(*how):
    return [x for lcore, h in zip(LCORES, how) for x in ("--set", f"lcore.{lcore}.idle={h}")]


def run(tmp, files, *options, to=""):
    """to: begins the names of what it writes, and tells it from runs at the same time, which leave each other the cpus."""
    outputs = [x for s in STREAMS for x in (f"--{s}", f"{tmp}/{to}{s}.csv")]
    kit.replay(files, *idle("sleep", "sleep", "sleep"), *outputs, "--conf", f"{tmp}/gates.conf", "--summary", f"{tmp}/{to}summary.json",
               *options, prefix=f"wb_orders{to}")
    return kit.summary(f"{tmp}/{to}summary.json")


def late(chance):
    """How long an answer takes changes with how its lcore idles."""
    return ["--burst", str(chance.choice((1, 3, 32, 100))), *idle(*(chance.choice(("yield", "sleep", "sleep")) for _ in LCORES))]


def alone(tmp, runs):
    """One venue. The first one's rows are looked at, too."""
    chance = random.Random(1)
    return [["--burst", "1", "--fill", "--spans", "1s", "--bars", f"{tmp}/seconds.csv"], ["--burst", "7", "--set", "bars.seal_budget=1"],
            ["--burst", "256", "--watch", "SPY,QQQ", *idle("spin", "spin", "spin")], ["--speed", "80x"], *[late(chance) for _ in range(runs)]]


def spread(tmp, runs):
    """Over several ingest lcores; reversed: another one owns the bars. The links between them are as small as can be."""
    chance, n = random.Random(2), (("--ingest-lcores", "2"), ("--ingest-lcores", "3"))
    tiny = ("--set", "link.relay_1.depth=2", "--set", "link.relay_2.depth=2")
    return [["--burst", "256", "--fill", "--spans", "1s", "--bars", f"{tmp}/seconds.csv"], [*n[0], "--burst", "1"],
            [*n[1], "--burst", "7", "--set", "bars.seal_budget=1"], ["reversed", *n[1], "--burst", "256", *tiny],
            [*n[1], "--speed", "80x"], *[[*chance.choice(n), *late(chance)] for _ in range(runs)]]


def same(tmp, files, runs):
    """Rows, too, are those of a replay without orders: what waits for answers moves none."""
    first = run(tmp, files, "--bars", f"{tmp}/with.csv", "--revisions", f"{tmp}/with.rev.csv")
    variants = (alone if len(files) == 1 else spread)(tmp, runs)

    def compare(number):
        if number == len(variants):
            kit.replay(files, "--bars", f"{tmp}/without.csv", "--revisions", f"{tmp}/without.rev.csv", "--set", "bars.sweep_levels=2",
                       "--set", "bars.sweep_gap=200ms", prefix="wb_rows")
            return
        options, to = variants[number], f"v{number}_"
        got = run(tmp, files[::-1] if "reversed" in options else files, *[x for x in options if x != "reversed"], to=to)
        for s in STREAMS:
            if got[f"sha256_{s}"] != first[f"sha256_{s}"]:
                kit.fail(f"{' '.join(options)}: {s} differ")
                a, b = (pathlib.Path(f"{tmp}/{x}{s}.csv").read_bytes().split(b"\n") for x in ("", to))
                print([p for p in zip(a, b) if p[0] != p[1]][:1], flush=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(compare, range(len(variants) + 1)))
    for kind in ("csv", "rev.csv"):
        if pathlib.Path(f"{tmp}/with.{kind}").read_bytes() != pathlib.Path(f"{tmp}/without.{kind}").read_bytes():
            kit.fail(f"{kind}: rows are others with orders than without")
    return len(variants) + 2, first


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


def at_once(sent):
    """And not again at a second's mark, as exits are until their side is flat."""
    return to_ns(sent["ts"]) == to_ns(sent["close_ts"]) + LATENESS_NS


def sweeps_of(path):
    """By the truth of the market: when a chain of prints of one aggressor has come to its second price. Prints without a displayed
    order tell no aggressor: they are given apart, and end a chain."""
    chain, found, hidden = {}, {}, collections.defaultdict(list)
    for t in rows(path):
        key, ts, px, sign = (t["venue"], t["symbol"]), int(t["ts_ns"]), int(t["price_e6"]), {"B": 1, "S": -1}.get(t["aggressor"])
        if not sign or t["kind"] == "P":
            hidden[t["symbol"]].append(ts)
            chain.pop(key, None)
            continue
        was = chain.get(key)
        chained = was and was[0] == sign and 0 <= ts - was[1] <= SWEEP_GAP_NS and sign * (px - was[2]) >= 0
        levels = was[3] + (px != was[2]) if chained else 1
        if levels == 2 and was[3] == 1:
            found[t["symbol"], ts] = sign
        chain[key] = (sign, ts, px, levels)
    return found, hidden


def sweeps_make_orders(path, orders, fills):
    """Within the poll: the order leaves at the last print and the greatest lateness, and arrives one entry latency later."""
    found, hidden = sweeps_of(path)
    filled = {f["order_id"] for f in fills}
    sent = [o for o in orders if o["event"] == "sent" and o["gate"] in ("sweep_long", "sweep_out")]
    accepted = {o["order_id"]: to_ns(o["ts"]) for o in orders if o["event"] == "accepted"}
    right = 0
    for o in sent:
        close, gate = to_ns(o["close_ts"]), o["gate"]
        if gate == "sweep_out" and not at_once(o):
            continue
        if to_ns(o["submit_ts"]) != close + LATENESS_NS or accepted[o["order_id"]] != close + LATENESS_NS + ENTRY_NS:
            kit.fail(f"a sweep's order does not leave at its last print: {o}")
        if found.get((o["symbol"], close)) == (1 if gate == "sweep_long" else -1):
            right += 1
        elif not any(close - SWEEP_GAP_NS <= h <= close for h in hidden[o["symbol"]]):
            kit.fail(f"no sweep ends there: {o}")
    for gate in ("sweep_long", "sweep_out"):
        if not any(o["gate"] == gate and o["order_id"] in filled for o in sent):
            kit.fail(f"{gate} has {sum(o['gate'] == gate for o in sent)} orders and no fill: nothing was tested")
    if not right:
        kit.fail("no order of a sweep that the truth has: nothing was tested")
    return len(sent)


def quote_ts(order):
    """Of the row whose quote the desk knew when it sent the order: a gate's is that of its decision, or of its sweep; stops and what
    is tried again have the last one."""
    at = to_ns(order["close_ts"] if order["close_ts"] and at_once(order) else order["ts"])
    return at - at % 10 ** 9


def slippage_is_told(tmp, trading, orders, fills, stops):
    """Of entries and exits, those of stops among them: against the mid of the row that the desk knew."""
    mid = {(b["symbol"], to_ns(b["close_ts"])): Fraction(b["bid"]) + Fraction(b["ask"])
           for b in rows(f"{tmp}/seconds.csv") if b["bid"] and b["ask"]}
    sent = {o["order_id"]: (o["source"], mid.get((o["symbol"], quote_ts(o)))) for o in orders if o["event"] == "sent"}
    held, cost, shares = collections.Counter(), collections.Counter(), collections.Counter()
    for f in fills:
        sign, qty, symbol = (1 if f["side"] == "B" else -1), int(f["qty"]), f["symbol"]
        source, twice = sent[f["order_id"]]
        opens = qty - (min(qty, abs(held[symbol])) if held[symbol] * sign < 0 else 0)
        held[symbol] += sign * qty
        if not twice:
            continue
        for kind, part in (("entry", opens), ("exit", qty - opens), (source, qty - opens)):
            cost[kind] += sign * (Fraction(f["price"]) - twice / 2) * part
            shares[kind] += part
    for kind in ("entry", "exit"):
        n = shares[kind]
        says, count, want = trading[f"slippage_{kind}"], trading[f"slippage_{kind}_shares"], float(cost[kind] / n) if n else None
        if not n or count != n or abs(says - want) > 1e-9:
            kit.fail(f"slippage of each {kind} {says} over {count} shares, should {want} over {n}")
    if stops and not (shares["stop"] and cost["stop"]):
        kit.fail(f"stops have sold {shares['stop']} shares at {cost['stop']} from the mid: nothing was tested")


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
    sent = collections.Counter((o["source"], o["gate"].startswith("sweep") and at_once(o)) for o in orders if o["event"] == "sent")
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


def judge(tmp, case, runs):
    venues, seed, halts, words = CASES[case]
    pathlib.Path(f"{tmp}/gates.conf").write_text(CONF.format(**words), encoding="ascii")
    subprocess.run([kit.program("MARKETGEN_BIN"), "--out", f"{tmp}/m", "--venues", venues, "--instruments", "40", "--start", "09:30",
                    "--duration", "30s", "--messages", "14k", "--prints", "0.1", "--halts", halts, "--seed", str(seed)], check=True, stderr=subprocess.DEVNULL)
    files = sorted(str(p) for p in pathlib.Path(tmp).glob("m.*.pcap"))
    n, summary = same(tmp, files, runs)
    orders, fills, trading = rows(f"{tmp}/orders.csv"), rows(f"{tmp}/fills.csv"), summary["trading"]
    adds_up(orders, fills, words["stop"])
    lags_are_told(summary["lag"], orders)
    if not {words["rest"], words["flow"]} <= {f["venue"] for f in fills}:
        kit.fail(f"{venues}: a venue has no fills: nothing was tested")
    denials_are_told(trading, orders)
    gates_have_earned(trading, orders, fills)
    as_script(tmp, files, orders, fills)
    swept = sweeps_make_orders(f"{tmp}/m.trades.csv", orders, fills) if words["third"] == SWEEPS else 0
    if len(files) == 1 or not swept:  # else a touch does not tell which row the desk knew
        slippage_is_told(tmp, trading, orders, fills, words["stop"])
    print(f"{venues}: {len(orders)} rows of orders, {swept} orders of sweeps, {len(fills)} fills, {n + 1} runs", flush=True)


def a_range_reaches_the_stop(tmp):
    """A position that is held before the range of its instrument is known: its stop begins when it is."""
    stop = "[stop all]\nmode = range\noffset = 0.2"
    gate = "[gate once]\nside = long\nshares = 100\nprice = through\npause = 80000s\nrule = 1s close > 0\n"
    pathlib.Path(f"{tmp}/gates.conf").write_text(CONF.split("[gate ")[0].format(stop=stop) + gate, encoding="ascii")
    subprocess.run([kit.program("MARKETGEN_BIN"), "--out", f"{tmp}/m", "--venues", "itch", "--instruments", "2", "--start", "09:30",
                    "--duration", "18m", "--messages", "10k", "--prints", "0.3", "--seed", "3"], check=True, stderr=subprocess.DEVNULL)
    files = [f"{tmp}/m.itch.a.pcap"]
    told = [run(tmp, files, *burst)["sha256_orders"] for burst in ([], ["--burst", "7"])]
    opened = {f["symbol"]: to_ns(f["ts"]) for f in reversed(rows(f"{tmp}/fills.csv")) if f["side"] == "B"}
    stops = [o for o in rows(f"{tmp}/orders.csv") if (o["event"], o["source"]) == ("sent", "stop")]
    if told[0] != told[1] or not stops or any(to_ns(o["ts"]) < opened[o["symbol"]] + 13 * 60 * 10 ** 9 for o in stops):
        kit.fail(f"stops by the range of 14 minutes: {stops}, of positions of {opened}, {told}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=6)
    args = parser.parse_args()
    for case in range(len(CASES)):
        with tempfile.TemporaryDirectory() as tmp:
            judge(tmp, case, len(range(case, args.runs, len(CASES))))
    with tempfile.TemporaryDirectory() as tmp:
        a_range_reaches_the_stop(tmp)
    kit.finish("orders_oracle")


main()
