#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The figures of hwtest/openbell: what each run left behind, checked against the truth, to a table and a plot's description.

  reduce DIR K       the runs over the open at K times, in DIR, to DIR/K.json; ends with 1 where volume differs from the truth
  page DIR FILE.md   all K.json to the table in FILE.md, between its marks; prints it as well
  plot DIR           all K.json to lines for tests/bench/series_plot"""
import glob
import json
import math
import os
import struct
import sys

import pandas as pd

SECOND, BUCKET = 10**9, 10**8
PRINTED = ("E", "C", "P", "Q")
CAUGHT_UP_MS = 1
COLOURS = (5, 2, 0, 6, 4)  # of plot.c: for opens; Python has its own
BEGIN, END = "<!-- begin: hwtest/openbell -->\n", "<!-- end -->\n"
COLUMNS = ["t", "n", "p50", "p99", "max", "bar_n", "bar_p50", "bar_p99", "bar_max"]
NAMES = {"wirebar": "wirebar", "each": "Python, a frame per instrument", "grouped": "Python, grouped"}


def messages_of(path, open_ns):
    """Messages of the capture by 100 ms since 09:30, from the packets' headers."""
    n = {}
    with open(path, "rb") as f:
        data = memoryview(f.read())
    at = 24
    while at < len(data):
        s, ns, length = struct.unpack_from("<III", data, at)
        count = int.from_bytes(data[at + 16 + 42 + 18:at + 16 + 42 + 20], "big")
        bucket = (s * SECOND + ns - open_ns) // BUCKET
        n[bucket] = n.get(bucket, 0) + (count if count < 0xFFFF else 0)
        at += 16 + length
    return n


def fields(path):
    """The line for programs that a run printed."""
    with open(path) as f:
        line = next(x for x in f if x.startswith("openbell="))
    return dict(word.split("=", 1) for word in line.split())


def series(path):
    rows = pd.read_csv(path, sep=" ", names=COLUMNS)
    return rows.where(rows.notna(), None).to_dict("list")


def wirebar_runs(folder, k):
    with open(os.path.join(folder, "wirebar.summary.json")) as f:
        paced = json.load(f)
    with open(os.path.join(folder, "wirebar.max.json")) as f:
        flat = json.load(f)
    bars = pd.read_csv(os.path.join(folder, "wirebar.bars"), usecols=["span", "volume", "trades"])
    bars = bars[bars["span"] == "1s"]
    yield {"engine": "wirebar", "k": k, "series": series(os.path.join(folder, "wirebar.series")), "whole": True,
           "volume": int(bars["volume"].sum()), "prints": int(bars["trades"].sum()), "wall_s": paced["seconds"],
           "balanced": paced["ledger_balanced"] and flat["ledger_balanced"], "flat_messages": flat["messages"], "flat_prints": int(bars["trades"].sum()),
           "flat_s": flat["seconds"]}


def python_runs(folder, k):
    for style in ("each", "grouped"):
        name = os.path.join(folder, "python.%s" % style)
        if not os.path.exists(name + ".1x"):
            continue
        paced, flat = fields(name + ".1x"), fields(name + ".max")
        bars = pd.read_csv(name + ".bars", names=["symbol", "open", "close", "volume", "trades"])
        yield {"engine": style, "k": k, "series": series(name + ".series"), "whole": paced["whole"] == "1" and paced["left"] == "0",
               "volume": int(bars["volume"].sum()), "prints": int(bars["trades"].sum()), "wall_s": float(paced["wall_s"]),
               "flat_messages": int(flat["messages"]), "flat_prints": int(flat["prints"]), "flat_s": float(flat["wall_s"])}


def reduce(folder, k):
    with open(os.path.join(folder, "m.truth.json")) as f:
        truth = json.load(f)
    open_ns = truth["midnight_ns"] + 34200 * SECOND
    prints = pd.read_csv(os.path.join(folder, "m.trades.csv"), usecols=["ts_ns", "shares", "kind"])
    prints = prints[prints["kind"].isin(PRINTED)]
    rate = prints.groupby((prints["ts_ns"] - open_ns) // BUCKET).size()
    messages = messages_of(os.path.join(folder, "m.itch.a.pcap"), open_ns)
    out = {"k": k, "volume": int(prints["shares"].sum()), "prints": len(prints), "messages": sum(messages.values()),
           "prints_by": {int(b): int(n) for b, n in rate.items()}, "messages_by": messages,
           "open_s": (truth["end_ns"] - open_ns) / SECOND, "runs": [*wirebar_runs(folder, k), *python_runs(folder, k)]}
    with open(os.path.join(folder, "..", "%d.json" % k), "w") as f:
        json.dump(out, f)
    wrong = [r["engine"] for r in out["runs"] if (r["whole"] and (r["volume"], r["prints"]) != (out["volume"], out["prints"]))
             or r["volume"] > out["volume"] or not r.get("balanced", True)]
    right = "NOT in " + ", ".join(wrong) if wrong else ", ".join(r["engine"] for r in out["runs"] if r["whole"])
    print("%dx: %d messages, %d prints of %d shares; bars' volume is the truth's: %s" %
          (k, out["messages"], out["prints"], out["volume"], right))
    return bool(wrong)


def all_of(folder):
    return sorted((json.load(open(path)) for path in glob.glob(os.path.join(folder, "*.json"))), key=lambda o: o["k"])


def mean_rate(by, seconds):
    """Per second, over the first seconds of the open."""
    return sum(n for b, n in by.items() if 0 <= int(b) < seconds * 10) / seconds


def ms(v):
    return "-" if v is None or math.isnan(v) else "%.3f ms" % v if v < 1 else "%.1f ms" % v if v < 1000 else "%.1f s" % (v / 1e3)


def count(v):
    return "%.2f M" % (v / 1e6) if v >= 1e6 else "%.0f k" % (v / 1e3) if v >= 1e4 else "{:,.0f}".format(v)


def after_bell(run):
    s = pd.DataFrame(run["series"])
    s = s[s["t"] > 0].astype(float)
    return s[s["n"] > 0], s[s["bar_n"] > 0]


def is_flat(run):
    """Nothing piles up: caught up within every second after the bell."""
    frames, _ = after_bell(run)
    best = frames.groupby((frames["t"] - 1e-9).floordiv(1))["p50"].min()
    return run["whole"] and best.max() <= CAUGHT_UP_MS


def lag_row(o, r):
    frames, bars = after_bell(r)
    first = min(3, o["open_s"])
    far = "all" if r["whole"] else "%.1f s of it in %.0f s" % (max(0, frames["t"].max()), r["wall_s"])
    return "| %s | %dx | %s | %s | %s | %s | %s | %s | %s | %s, %s | %s |" % (
        NAMES[r["engine"]], o["k"], count(mean_rate(o["prints_by"], first)), count(mean_rate(o["messages_by"], first)),
        ms(frames["p50"].median()), ms(frames["p50"].max()), ms(frames["max"].max()), ms(frames["p50"].tail(1).max()),
        "yes" if is_flat(r) else "no", ms(bars["bar_p50"].median()), ms(bars["bar_max"].max()), far)


def tables(opens):
    last = opens[-1]
    with_python = [o for o in opens if len(o["runs"]) > 1]
    yield ("| engine | open | prints/s | messages/s | lag: median window | worst window | longest | last window | flat "
           "| bars behind their close: median, longest | got through |")
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for engine in NAMES:
        yield from (lag_row(o, r) for o in opens for r in o["runs"] if r["engine"] == engine)
    flat = [o["k"] for o in opens for r in o["runs"] if r["engine"] == "wirebar" and is_flat(r)]
    yield ""
    yield ("Rates are means over the first %g s. A window is 100 ms; its figure is the median of its messages. Flat: all of it got "
           "through, and every second has a window at or below %d ms." % (min(3, last["open_s"]), CAUGHT_UP_MS))
    yield "wirebar is flat at: %s." % (", ".join("%dx" % k for k in flat) or "none of these")
    yield ""
    if not with_python:
        return
    o = with_python[-1]
    own = next(r for r in o["runs"] if r["engine"] == "wirebar")
    yield "| flat out, the open at %dx | messages | seconds | messages/s | prints/s | wirebar is faster by |" % o["k"]
    yield "|---|---|---|---|---|---|"
    for r in o["runs"]:
        speed = r["flat_messages"] / r["flat_s"]
        yield "| %s | %s | %.1f | %s | %s | %s |" % (
            NAMES[r["engine"]], count(r["flat_messages"]), r["flat_s"], count(speed), count(r["flat_prints"] / r["flat_s"]),
            "" if r is own else "%.0f times" % (own["flat_messages"] / own["flat_s"] / speed))


def machine():
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), os.uname().machine)
    with open("/proc/loadavg") as f:
        load = f.read().split()[0]
    nice = os.nice(0)
    return "%d cpus of %s; load average at the end %s%s." % (len(os.sched_getaffinity(0)), model, load, "; niceness %d" % nice if nice else "")


def page(folder, path):
    text = "\n".join([machine(), "", *tables(all_of(folder))]) + "\n"
    with open(path) as f:
        before, _, rest = f.read().partition(BEGIN)
    _, _, after = rest.partition(END)
    with open(path, "w") as f:
        f.write(before + BEGIN + text + END + after)
    print(text)
    return 0


def put_line(run, column, name, colour, style):
    s = run["series"]
    print("line", name, colour, style, sep="\t")
    for t, y in zip(s["t"], s[column]):
        if y is not None and t > -1:
            print("point", t, y, sep="\t")


def put_lags(opens, column, style):
    with_python = [o["k"] for o in opens if len(o["runs"]) > 1]
    for i, o in enumerate(opens):
        for r in o["runs"]:
            python, least = r["engine"] != "wirebar", o["k"] < max(with_python, default=0)
            colour = {"each": 1, "grouped": 3}.get(r["engine"], COLOURS[i % len(COLOURS)])
            name = "%s, %dx" % ({"each": "Python, each", "grouped": "Python, grouped"}.get(r["engine"], "wirebar"), o["k"])
            # Python's two opens share a colour: the busier one is solid, and the other has no points.
            if not (python and least and style == "points"):
                put_line(r, column, name, colour, "dashed" if python and least else style)


def plot(folder):
    opens = all_of(folder)
    most = max(o["open_s"] for o in opens)
    print("title", "Open bell: lag over time",
          "generated ITCH opens at multiples of 2,000 prints a second, played at their own pace; windows of 100 ms", sep="\t")
    print("panel", "market time since 09:30, s", -1, most, "feed lag, ms: 99 % of a window's messages are quicker", "log", sep="\t")
    put_lags(opens, "p99", "solid")
    cut = [(t, y, r["wall_s"]) for o in opens for r in o["runs"] if not r["whole"]
           for t, y in zip(r["series"]["t"], r["series"]["p99"]) if y is not None]
    if cut:
        print("note", *max(cut)[:2], "Python stopped after %.0f s" % max(cut)[2], sep="\t")
    print("panel", "market time since 09:30, s", -1, most, "bars behind their close, ms (99 %)", "log", sep="\t")
    put_lags(opens, "bar_p99", "points")
    print("panel", "market time since 09:30, s", -1, most, "prints a second", "log", sep="\t")
    for i, o in enumerate(opens):
        print("line", "%dx" % o["k"], COLOURS[i % len(COLOURS)], "solid", sep="\t")
        for b, n in sorted((int(b), n) for b, n in o["prints_by"].items()):
            if b >= -10:
                print("point", (b + 1) / 10, n * 10, sep="\t")
    return 0


if len(sys.argv) < 3 or sys.argv[1] not in ("reduce", "page", "plot"):
    sys.exit(__doc__)
elif sys.argv[1] == "reduce":
    sys.exit(reduce(sys.argv[2], int(sys.argv[3])))
elif sys.argv[1] == "page":
    sys.exit(page(sys.argv[2], sys.argv[3]))
else:
    sys.exit(plot(sys.argv[2]))
