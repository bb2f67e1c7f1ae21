#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Bars of generated traffic against the generator's own truth: consolidated over two venues, at all six spans; late
prints and trade breaks through REVISION records; aggressors of executions. --scale does the same with 20 million
messages over 8,000 instruments. Usage: WIREBAR_BIN=... MARKETGEN_BIN=... marketgen_oracle.py [--scale] [--case NAME]"""
import argparse
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import oracle_kit as kit  # noqa: E402  pylint: disable=wrong-import-position

ODD_LOT, EXTENDED = 0x20, 0x40
STATE = ["open", "high", "low", "close", "volume", "trades", "vwap", "delta"]
SMALL = ["--instruments", "500", "--messages", "300k", "--duration", "5m", "--start", "09:27"]
LARGE = ["--instruments", "8000", "--messages", "20M", "--duration", "20m", "--start", "09:25"]
CASES = {
    "plain": [*SMALL, "--breaks", "0"],
    "breaks": [*SMALL, "--breaks", "0.05", "--seed", "2"],
    "busy": ["--instruments", "12", "--messages", "200k", "--duration", "40s", "--start", "09:29:50", "--breaks", "0.02",
             "--seed", "3"],
    "itch": [*SMALL, "--venues", "itch", "--breaks", "0.02", "--seed", "4"],
    "iex": [*SMALL, "--venues", "iex", "--breaks", "0.02", "--seed", "5"],
    "late": [*SMALL, "--breaks", "0", "--seed", "6"],
    "late_broken": ["--instruments", "12", "--messages", "500k", "--duration", "90s", "--start", "09:29:50", "--breaks", "0.1",
                    "--seed", "7"],
}
OPTIONS = {"late": ["--lateness", "IEX=1s"], "late_broken": ["--lateness", "IEX=5ms"]}
WALK_MAX = 65536  # prints that a revision looks back over (PRINTS_WALK_MAX)
ETHERNET, IPV4, UDP, IEX_TP = 14, 20, 8, 40


def generate(folder, options):
    subprocess.run([kit.program("MARKETGEN_BIN"), "--out", folder + "/g", *options], check=True, stderr=subprocess.DEVNULL)
    return sorted(str(p) for p in pathlib.Path(folder).glob("g.*.pcap"))


def hold_back(folder):
    """Makes a third of the IEX prints older than their packets by up to 12 s, in the capture and in the truth: the
    generator's own delays rarely cross the end of a second. UDP checksums become 0 (none)."""
    rng, moved = random.Random(1), {}
    capture = bytearray(pathlib.Path(folder + "/g.iex.a.pcap").read_bytes())
    at = 24
    while at < len(capture):
        length = struct.unpack_from("<I", capture, at + 8)[0]
        udp = at + 16 + ETHERNET + IPV4
        struct.pack_into("<H", capture, udp + 6, 0)
        at += 16 + length
        block, n = udp + UDP + IEX_TP, struct.unpack_from("<H", capture, udp + UDP + 14)[0]
        for _ in range(n):
            size = struct.unpack_from("<H", capture, block)[0]
            if capture[block + 2:block + 3] == b"T" and rng.random() < 0.33:
                ts, trade = struct.unpack_from("<Q", capture, block + 4)[0], struct.unpack_from("<Q", capture, block + 32)[0]
                moved[trade] = ts - int(min(rng.expovariate(1 / 0.4), 12) * 1e9)
                struct.pack_into("<Q", capture, block + 4, moved[trade])
            block += 2 + size
    pathlib.Path(folder + "/g.iex.a.pcap").write_bytes(capture)
    rows = pd.read_csv(folder + "/g.trades.csv", dtype=str, keep_default_na=False)
    mine = (rows["venue"] == "iex") & (rows["kind"] == "T")
    rows.loc[mine, "ts_ns"] = [str(moved.get(int(m), t)) for m, t in zip(rows.loc[mine, "match"], rows.loc[mine, "ts_ns"])]
    rows.to_csv(folder + "/g.trades.csv", index=False)


def truth(folder):
    """Printable prints in wire order, and the keys (venue, match) of those broken later."""
    rows = pd.read_csv(folder + "/g.trades.csv", dtype={"flags": str})
    broken = rows[rows["kind"] == "B"]
    rows = rows[(rows["shares"] > 0) & ~rows["kind"].isin(["N", "B"])].reset_index(drop=True)
    iex, auction = rows["venue"] == "iex", rows["kind"] == "Q"
    flags = pd.to_numeric(rows["flags"].where(iex, 0)).astype(int)  # of ITCH: the cross type
    regular = regular_hours(rows["ts_ns"])
    full = ~iex | ~(((flags & ODD_LOT) > 0) | (((flags & EXTENDED) > 0) & regular))
    exact = rows["kind"].isin(["E", "C"])
    prints = pd.DataFrame({
        "symbol": rows["symbol"], "ts_ns": rows["ts_ns"], "px": rows["price_e6"], "shares": rows["shares"], "full": full,
        "side": np.where(exact, np.where(rows["aggressor"] == "B", 1, -1), 0), "exact": exact, "inferred": ~exact & ~auction,
        "rank": np.where(iex, 1, 0), "match": rows["match"]})
    gone = set(zip(np.where(broken["venue"] == "iex", 1, 0), broken["match"]))
    return prints, gone


def regular_hours(ts_ns):
    t = pd.to_datetime(ts_ns, utc=True).dt.tz_convert("America/New_York")
    minutes = t.dt.hour * 60 + t.dt.minute
    return (minutes >= 570) & (minutes < 960)


def read_revisions(path):
    r = pd.read_csv(path, dtype={"symbol": str, "span": str, "flags": str, "cause": str}, keep_default_na=False,
                    na_values={c: [""] for c in pd.read_csv(path, nrows=0).columns if c != "symbol"})
    r["open_ns"] = kit.to_ns(r["open_ts"])
    for when in ("before", "after"):
        for column in ("open", "high", "low", "close"):
            r[f"{column}_{when}"] = kit.e6(r[f"{column}_{when}"])
    return r


def same(a, b, column):
    return kit.near(a, b) if column == "vwap" else np.asarray(a) == np.asarray(b)


def check_chain(name, bars, revisions):
    """Numbers count from 1; each starts where the one before ended, the first at the sealed row."""
    r = revisions.sort_values(kit.KEY + ["revision"], kind="stable").reset_index(drop=True)
    group = r.groupby(kit.KEY, sort=False)
    if (group.cumcount() + 1 != r["revision"]).any():
        kit.fail(f"{name}: revision numbers do not count from 1")
    first = r[r["revision"] == 1].merge(bars, on=kit.KEY, how="left")
    later = r["revision"] > 1
    for column in STATE:
        sealed = first[column].fillna(0 if column in ("volume", "trades", "delta") else np.nan if column == "vwap" else kit.NULL)
        bad = first[first["volume_before"].notna() & ~same(first[f"{column}_before"], sealed, column)]
        if len(bad):
            kit.report(name + " revision 1 before", bad, column, bad[f"{column}_before"], sealed[bad.index])
        before = group[f"{column}_after"].shift()
        whole = r["volume_before"].notna() & group["volume_after"].shift().notna()
        bad = r[later & whole & ~same(r[f"{column}_before"], before, column)]
        if len(bad):
            kit.report(name + " revision n before", bad, column, bad[f"{column}_before"], before[bad.index])
    return group.tail(1)


def effective(bars, last):
    """What is true of each bar in the end: the sealed row, or the last revision's after."""
    keep = [*kit.KEY, *STATE]
    after = last[kit.KEY + [f"{c}_after" for c in STATE]].rename(columns={f"{c}_after": c for c in STATE})
    return pd.concat([without(bars[keep], after[kit.KEY]), after[keep]], ignore_index=True)


def busiest(prints):
    return prints.groupby("symbol").size().max()


def without(bars, keys):
    joined = bars.merge(keys, on=kit.KEY, how="left", indicator=True)
    return joined[joined["_merge"] == "left_only"].drop(columns="_merge")


def compare(name, folder, files, options=()):
    paths = {k: f"{folder}/{k}" for k in ("bars.csv", "revisions.csv", "summary.json")}
    kit.replay(files, "--bars", paths["bars.csv"], "--revisions", paths["revisions.csv"], "--summary", paths["summary.json"],
               *options)
    bars, revisions = kit.read_bars(paths["bars.csv"]), read_revisions(paths["revisions.csv"])
    s, (prints, gone) = kit.summary(paths["summary.json"]), truth(folder)
    ledger = s["ledger"]
    kit.check_identities(name, bars)
    is_gone = pd.Series(list(zip(prints["rank"], prints["match"])), index=prints.index).isin(gone)
    want = kit.all_spans(prints[~is_gone])
    if ledger["breaks"] != is_gone.sum() or ledger["breaks_unknown"]:
        kit.fail(f"{name}: {ledger['breaks']} breaks ({ledger['breaks_unknown']} unknown), truth has {is_gone.sum()}")
    if ledger["revisions_incomplete"] != revisions["volume_after"].isna().sum():
        kit.fail(f"{name}: revisions_incomplete is not the number of empty records")
    counted = ledger["prints_full"] + ledger["prints_volume_only"] + ledger["prints_hl_only"]
    if counted != len(prints) or len(revisions) != ledger["revisions"]:
        kit.fail(f"{name}: {counted} prints, truth has {len(prints)}; {len(revisions)} of {ledger['revisions']} revisions")
    if ("late" in name) != (ledger["late_prints"] > 0):
        kit.fail(f"{name}: {ledger['late_prints']} late prints")
    if not s["ledger_balanced"] or s["gap_messages"]:
        kit.fail(f"{name}: ledger_balanced {s['ledger_balanced']}, gap_messages {s['gap_messages']}")
    now = effective(bars, check_chain(name, bars, revisions))
    # A REVISION record looks back over so many prints of an instrument and no more; beyond, it says that it cannot tell.
    blind = now[now["volume"].isna()][kit.KEY]
    if len(blind) and not busiest(prints) > WALK_MAX:
        kit.fail(f"{name}: {len(blind)} bars end in an incomplete revision though all prints are within reach")
    now, want_now = now[now["volume"].notna()], without(want, blind)
    both = kit.compare_bars(name, now, want_now, columns=())
    check_signs(name, bars, revisions, want)
    print(f"{name}: {s['messages']} messages, {len(prints)} prints ({is_gone.sum()} broken, {ledger['late_prints']} late), "
          f"{len(both)} bars equal the truth, {len(blind)} cannot be told, {len(revisions)} revisions; {s['ns_per_message']:.0f} ns per message, "
          f"{s['messages'] / s['seconds'] / 1e6:.2f} M messages/s, {s['peak_rss_bytes'] >> 20} MiB", flush=True)


def check_signs(name, bars, revisions, want):
    """Executions tell their aggressor: bars made of nothing else split exactly; the exact share is that of the truth."""
    rows = bars.merge(want, on=kit.KEY, suffixes=("", "_want"))
    rows = rows.merge(revisions[kit.KEY].drop_duplicates(), on=kit.KEY, how="left", indicator=True)
    rows = rows[(rows["_merge"] == "left_only") & (rows["trades"] > 0)]
    bad = rows[~kit.near(rows["sign_exact"], rows["exact"] / rows["volume_want"])]
    if len(bad):
        kit.report(name, bad, "sign_exact", bad["sign_exact"], bad["exact"] / bad["volume_want"])
    pure = rows[rows["exact"] == rows["volume_want"]]
    for column in ("buy_volume", "sell_volume"):
        bad = pure[pure[column] != pure[column + "_want"]]
        if len(bad):
            kit.report(name, bad, column, bad[column], bad[column + "_want"])
    if not len(pure) and rows["exact"].any():
        kit.fail(f"{name}: no bar is made of executions only: nothing compared")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", action="store_true", help="20 million messages, 8,000 instruments")
    parser.add_argument("--case", choices=CASES, help="this one only")
    args = parser.parse_args()
    cases = {"scale": [*LARGE, "--seed", "9"]} if args.scale else CASES
    for name, options in cases.items():
        if args.case in (None, name) or args.scale:
            with tempfile.TemporaryDirectory() as folder:
                files = generate(folder, options)
                if "late" in name:
                    hold_back(folder)
                compare(name, folder, files, OPTIONS.get(name, ()))
    kit.finish("marketgen_oracle")


if __name__ == "__main__":
    main()
