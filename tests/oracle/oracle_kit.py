#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Shared by the oracles of bars: runs the program, reads what it wrote, computes bars from prints with pandas,
and compares. Knows nothing of how the program works; the rules are those of docs/bars.md.

A table of prints has one row per eligible print in wire order of its channel: symbol, ts_ns (event time), px (1e-6
dollar), shares, full (counts in OHLC), side (1 buyer, -1 seller, 0 unsigned), exact, inferred (bool), rank (venue); and
perhaps hl (counts in high and low, where that is more than full)."""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pandas as pd

SPANS = {"1s": 1, "5s": 5, "15s": 15, "30s": 30, "1m": 60, "5m": 300}
ROOT = pathlib.Path(os.environ.get("WIREBAR_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
CAPTURES = pathlib.Path(os.environ.get("WIREBAR_CAPTURES", ROOT / ".." / "shared" / "captures"))
PRICES = ["open", "high", "low", "close", "close_filled", "delta_price", "spread", "bid", "ask", "open_to_close"]
KEY = ["symbol", "span", "open_ns"]
NULL = -(2 ** 63)
failures = []


def fail(text):
    failures.append(text)
    if len(failures) <= 25:
        print("FAIL", text, flush=True)


def finish(what):
    """Ends a test: exit 1 with the count of failures, or 0."""
    print(f"{what}: {len(failures)} failures" if failures else f"{what}: all agree", flush=True)
    sys.exit(1 if failures else 0)


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def program(name="WIREBAR_BIN"):
    path = os.environ.get(name)
    if not path or not pathlib.Path(path).exists():
        skip(f"{name} does not name a program")
    return path


def replay(files, *options, prefix="wb_oracle", want=(0,)):
    """Runs `wirebar replay` and returns its exit code and output; any other exit code than wanted is a failure."""
    command = [program(), "replay", *map(str, files), "--file-prefix", f"{prefix}{os.getpid()}", "--quiet", *map(str, options)]
    env = dict(os.environ)
    env.setdefault("RUNTIME_DIRECTORY", env.get("TMPDIR", "/tmp"))
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if want is not None and done.returncode not in want:
        fail(f"exit {done.returncode}, wanted {want}: {' '.join(command)}\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
    return done.returncode, done.stdout + done.stderr


def summary(path):
    return json.loads(pathlib.Path(path).read_text(encoding="ascii"))


def e6(column):
    """Decimal dollars to integers of 1e-6; empty stays NULL. Exact: doubles hold 15 digits."""
    v = pd.to_numeric(column)
    return np.where(v.isna(), NULL, np.rint(v.fillna(0) * 1e6)).astype(np.int64)


def to_ns(column):
    return pd.to_datetime(column, format="%Y-%m-%dT%H:%M:%S.%fZ", utc=True).astype(np.int64)


def read_bars(path):
    bars = pd.read_csv(path, dtype={"symbol": str, "span": str, "flags": str}, keep_default_na=False,
                       na_values={c: [""] for c in pd.read_csv(path, nrows=0).columns if c not in ("symbol", "span", "flags")},
                       low_memory=False)
    bars["open_ns"], bars["close_ns"] = to_ns(bars["open_ts"]), to_ns(bars["close_ts"])
    for column in PRICES:
        bars[column] = e6(bars[column])
    return bars


def composed(prints, seconds):
    """Bars of one span: within a channel wire order decides, between channels (event time, rank)."""
    p = prints.assign(open_ns=prints["ts_ns"] // (seconds * 10 ** 9) * (seconds * 10 ** 9))
    by = ["symbol", "open_ns"]
    out = p.assign(buy=np.where(p["side"] > 0, p["shares"], 0), sell=np.where(p["side"] < 0, p["shares"], 0),
                   exact=np.where(p["exact"], p["shares"], 0), inferred=np.where(p["inferred"], p["shares"], 0))
    out = out.groupby(by).agg(volume=("shares", "sum"), trades=("shares", "size"), buy_volume=("buy", "sum"),
                              sell_volume=("sell", "sum"), exact=("exact", "sum"), inferred=("inferred", "sum"))
    full = p[p["full"]]
    per = full.groupby(by + ["rank"])
    first = per[["ts_ns", "px"]].first().reset_index().sort_values(by + ["ts_ns", "rank"]).groupby(by)["px"].first()
    last = per[["ts_ns", "px"]].last().reset_index().sort_values(by + ["ts_ns", "rank"]).groupby(by)["px"].last()
    range_ = (p[p["hl"]] if "hl" in p else full).groupby(by).agg(high=("px", "max"), low=("px", "min"))
    sums = full.assign(pv=full["px"] * full["shares"]).groupby(by).agg(eligible=("shares", "sum"), notional=("pv", "sum"))
    out = out.join(range_).join(sums).join(first.rename("open")).join(last.rename("close")).reset_index()
    out["vwap"] = out["notional"] / out["eligible"] / 1e6
    out = out.sort_values(by)
    filled = out.groupby("symbol")["close"].ffill()
    for column in ("open", "high", "low", "close"):
        out[column] = out[column].fillna(NULL).astype(np.int64)
    out["close_filled"] = filled.fillna(NULL).astype(np.int64)
    out[["eligible", "notional"]] = out[["eligible", "notional"]].fillna(0)
    return out


def all_spans(prints):
    return pd.concat([composed(prints, s).assign(span=name) for name, s in SPANS.items()], ignore_index=True)


EXACT = ["open", "high", "low", "close", "volume", "trades"]


def near(a, b, scale=0):
    """1e-9 relative, or of scale where given (differences of prices); both empty is equal. The CSV holds 12 digits."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    limit = 1e-9 * np.maximum(np.maximum(np.abs(a), np.abs(b)), scale)
    return (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= np.maximum(limit, 1e-12))


def report(name, rows, column, got, want):
    rows = rows.reset_index(drop=True)
    bad = rows.index
    fail(f"{name}: {column} differs in {len(bad)} bars, first: "
         f"{dict(rows.loc[bad[0], KEY])} is {np.asarray(got)[0]!r}, wanted {np.asarray(want)[0]!r}")


def compare_bars(name, bars, want, columns=("close_filled", "buy_volume", "sell_volume")):
    """Every bar with prints, all columns that prints alone decide. Returns the joined table."""
    got = bars[bars["trades"] > 0]
    both = want.merge(got, on=KEY, how="outer", suffixes=("_want", ""), indicator=True)
    for side, text in (("left_only", "missing"), ("right_only", "not wanted")):
        odd = both[both["_merge"] == side]
        if len(odd):
            fail(f"{name}: {len(odd)} bars {text}, first {dict(odd.iloc[0][KEY])}")
    both = both[both["_merge"] == "both"]
    for column in [*EXACT, *columns]:
        bad = both[both[column] != both[column + "_want"]]
        if len(bad):
            report(name, bad, column, bad[column], bad[column + "_want"])
    bad = both[~near(both["vwap"], both["vwap_want"])]
    if len(bad):
        report(name, bad, "vwap", bad["vwap"], bad["vwap_want"])
    return both


def check_identities(name, bars):
    """What must hold within each row, whatever the data."""
    split = bars["buy_volume"] + bars["sell_volume"] + bars["unsigned_volume"]
    tests = {"buy + sell + unsigned = volume": split == bars["volume"],
             "delta = buy - sell": bars["delta"] == bars["buy_volume"] - bars["sell_volume"],
             "close_ts - open_ts = span": bars["close_ns"] - bars["open_ns"] == bars["span"].map(SPANS) * 10 ** 9,
             "open_ts on the span's grid": bars["open_ns"] % (bars["span"].map(SPANS) * 10 ** 9) == 0,
             "low <= open, close, vwap <= high": (bars["open"] == NULL) | (
                 (bars["low"] <= bars["open"]) & (bars["open"] <= bars["high"]) & (bars["low"] <= bars["close"])
                 & (bars["close"] <= bars["high"]) & (bars["vwap"] * 1e6 >= bars["low"] - 1e-3)
                 & (bars["vwap"] * 1e6 <= bars["high"] + 1e-3)),
             "FILL exactly where there are no prints": bars["flags"].str.contains("FILL") == (bars["trades"] == 0)}
    for text, holds in tests.items():
        if not holds.all():
            fail(f"{name}: {text} does not hold in {(~holds).sum()} rows, first {dict(bars[~holds].iloc[0][KEY])}")
    order = pd.DataFrame({"c": bars["close_ns"], "s": bars["span"].map(SPANS), "y": bars["symbol"]})
    if not order.equals(order.sort_values(["c", "s", "y"], kind="stable")):
        fail(f"{name}: rows do not stand by close_ts, span, symbol")
