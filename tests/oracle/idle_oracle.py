#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Rows on news: with and without --fill the rows with prints, the fires and the revisions are the same bytes, whatever
burst, budget and lcores; idle rows say that nothing happened; and the lines of pandas in docs/bars.md make the price
columns of idle rows again.
Usage: WIREBAR_BIN=... MARKETGEN_BIN=... idle_oracle.py"""
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import oracle_kit as kit  # noqa: E402  pylint: disable=wrong-import-position

SECONDS = {"1s": 1, "5s": 5, "15s": 15, "30s": 30, "1m": 60, "5m": 300}
STREAMS = ("bars", "revisions", "fires")


def replay(tmp, name, files, *options):
    outputs = [x for s in STREAMS for x in (f"--{s}", f"{tmp}/{name}.{s}.csv")]
    kit.replay(files, *outputs, "--summary", f"{tmp}/{name}.json", *options)
    return kit.summary(f"{tmp}/{name}.json")


def lines_of(path):
    with open(path, encoding="ascii") as f:
        return f.read().splitlines()


def same_streams(tmp, files):
    lean, fill = replay(tmp, "lean", files), replay(tmp, "fill", files, "--fill")
    for s in ("revisions", "fires"):
        if lean[f"sha256_{s}"] != fill[f"sha256_{s}"]:
            kit.fail(f"{s} are others with --fill")
    if not lean["fires"]:
        kit.fail("no fires: nothing was compared")
    column = lines_of(f"{tmp}/fill.bars.csv")[0].split(",").index("flags")
    printed = [x for x in lines_of(f"{tmp}/fill.bars.csv") if not x.split(",")[column].startswith("FILL")]
    if printed != lines_of(f"{tmp}/lean.bars.csv"):
        kit.fail("rows with prints are others with --fill")
    for name in ("bars_sealed", "bars_printed", "bars_fill", "bars_idle"):
        if lean["ledger"][name] != fill["ledger"][name]:
            kit.fail(f"{name}: {lean['ledger'][name]}, with --fill {fill['ledger'][name]}")
    for options in (["--burst", "1"], ["--ingest-lcores", "2"], ["--set", "bars.seal_budget=1"], ["--set", "bars.watch=SPY,QQQ"]):
        for more in ([], ["--fill"]):
            got = replay(tmp, "other", files, *options, *more)
            if got["sha256"] != (fill if more else lean)["sha256"]:
                kit.fail(f"{' '.join(options + more)}: other bytes")
    return fill


def idle_rows(tmp, fill):
    """An idle row has nothing of its own; between two made rows there are as many as there are intervals."""
    b = kit.read_bars(f"{tmp}/fill.bars.csv")
    idle = b[b["flags"].str.contains("IDLE")]
    if idle.empty or len(idle) == len(b):
        kit.fail(f"{len(idle)} of {len(b)} rows are idle")
    if len(b) - len(idle) != fill["ledger"]["bars_sealed"]:
        kit.fail(f"{len(b) - len(idle)} rows made, the ledger says {fill['ledger']['bars_sealed']}")
    for c in ("volume", "trades", "ofi", "dom_executed", "dom_cancelled", "sweeps"):
        if (idle[c] != 0).any():
            kit.fail(f"idle rows with {c}")
    before = b.groupby(["symbol", "span"]).shift(1)
    for c in ("bid", "ask", "bid_size", "ask_size", "close_filled", "cvd"):
        moved = idle[(idle[c] != before.loc[idle.index, c]) & ~(idle[c].isna() & before.loc[idle.index, c].isna())]
        if len(moved):
            kit.fail(f"{c} moves on {len(moved)} idle rows")
    return len(idle), len(b)


def documented_pandas(tmp):
    """The lines of docs/bars.md, as they stand there."""
    text = (kit.ROOT / "docs" / "bars.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"^    (t = pd.*|f = b.*|k = .*|f\[.*)$", text, flags=re.M))
    dtype = {"symbol": str, "span": str, "flags": str}
    lean, fill = (pd.read_csv(f"{tmp}/{n}.bars.csv", dtype=dtype, keep_default_na=False, na_values={"ema9": [""], "close_filled": [""]},
                              parse_dates=["open_ts", "close_ts"]) for n in ("lean", "fill"))
    n = 0
    for symbol, b in lean[lean["span"] == "1s"].groupby("symbol"):
        names = {"b": b, "pd": pd}
        exec(code, names)  # pylint: disable=exec-used
        want = fill[(fill["symbol"] == symbol) & (fill["span"] == "1s")].set_index("close_ts")["ema9"]
        got = names["f"]["ema9"].astype(float)
        want = want.reindex(got.index).astype(float)
        n += len(got)
        if got.isna().any() or (np.abs(got - want) > 1e-9 * want).any():
            kit.fail(f"{symbol}: the documented lines give another ema9")
    return n


def main():
    with tempfile.TemporaryDirectory() as tmp:
        subprocess.run([kit.program("MARKETGEN_BIN"), "--out", f"{tmp}/m", "--venues", "itch,iex", "--instruments", "60", "--messages", "60k",
                        "--start", "09:31", "--duration", "12m", "--halts", "0.1"], check=True, stderr=subprocess.DEVNULL)
        files = [f"{tmp}/m.itch.a.pcap", f"{tmp}/m.iex.a.pcap"]
        fill = same_streams(tmp, files)
        idle, rows = idle_rows(tmp, fill)
        print(f"{rows} rows, {idle} of them idle; {documented_pandas(tmp)} rows of 1 s by the documented lines", flush=True)
    kit.finish("idle")


main()
