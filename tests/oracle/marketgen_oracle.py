#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Bars of generated traffic against the generator's own truth: consolidated over two or three venues, at all six spans;
late prints, trade breaks and corrections through REVISION records; aggressors of executions; halts and auctions in the
flags. --scale does the same with 20 million
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

ODD_LOT, EXTENDED, SINGLE_PRICE = 0x20, 0x40, 0x08
STATE = ["open", "high", "low", "close", "volume", "trades", "vwap", "delta"]
SMALL = ["--instruments", "500", "--messages", "300k", "--duration", "5m", "--start", "09:27"]
LARGE = ["--instruments", "8000", "--messages", "20M", "--duration", "20m", "--start", "09:25"]
THREE = "itch,iex,pillar"
RANK = {"itch": 0, "iex": 1, "pillar": 2}
CASES = {
    "plain": [*SMALL, "--breaks", "0"],
    "breaks": [*SMALL, "--breaks", "0.05", "--seed", "2"],
    "busy": ["--instruments", "12", "--messages", "200k", "--duration", "40s", "--start", "09:29:50", "--breaks", "0.02",
             "--seed", "3"],
    "itch": [*SMALL, "--venues", "itch", "--breaks", "0.02", "--seed", "4"],
    "iex": [*SMALL, "--venues", "iex", "--breaks", "0.02", "--seed", "5"],
    "three": [*SMALL, "--venues", THREE, "--breaks", "0.03", "--corrections", "0.5", "--halts", "0.04", "--lines", "AB",
              "--seed", "8"],
    "pillar": [*SMALL, "--venues", "pillar", "--breaks", "0.02", "--corrections", "0.5", "--start", "15:57:30",
               "--seed", "10"],
    "late_three": [*SMALL, "--venues", THREE, "--breaks", "0.02", "--corrections", "0.5", "--late", "0.05", "--late-by", "12s",
                   "--seed", "11"],
    "late": [*SMALL, "--breaks", "0", "--seed", "6"],
    "late_broken": ["--instruments", "12", "--messages", "500k", "--duration", "90s", "--start", "09:29:50", "--breaks", "0.1",
                    "--seed", "7"],
}
HALT_MARGIN_NS = 10 ** 8  # a status reaches the feed some milliseconds after its event
OPTIONS = {"late_three": ["--lateness", "IEX=100ms"], "late": ["--lateness", "IEX=1s"], "late_broken": ["--lateness", "IEX=5ms"]}
WALK_MAX = 65536  # prints that a revision looks back over (TAPE_WALK_MAX)
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


def eligibility(rows):
    """What prints count for besides volume: open and close, high and low (docs/bars.md, by each venue's conditions)."""
    regular = regular_hours(rows["ts_ns"])
    iex, pillar = rows["venue"] == "iex", rows["venue"] == "pillar"
    flags = pd.to_numeric(rows["flags"].where(iex, 0)).astype(int)  # of ITCH: the cross type
    c = rows["flags"].where(pillar & rows["flags"].str.len().eq(4), "@___")
    volume = (flags & ODD_LOT) > 0
    volume |= (c.str[0] == "C") | (c.str[1] == "7") | c.str[3].isin(["I", "V"])
    volume |= (((flags & EXTENDED) > 0) | (c.str[2] == "T")) & regular
    return ~volume & ~c.str[2].isin(["U", "Z"]), ~volume, (flags & SINGLE_PRICE) > 0


def truth(folder):
    """Printable prints in wire order, and what becomes of some of them, by (venue, match): shares, 0 when broken."""
    rows = pd.read_csv(folder + "/g.trades.csv", dtype={"flags": str})
    rows["rank"] = rows["venue"].map(RANK)
    revised = rows[rows["kind"].isin(["B", "K"])]
    rows = rows[(rows["shares"] > 0) & ~rows["kind"].isin(["N", "B", "K"])].reset_index(drop=True)
    full, high_low, single = eligibility(rows)
    auction = single | (rows["kind"] == "Q")
    exact = rows["kind"].isin(["E", "C"])
    prints = pd.DataFrame({
        "symbol": rows["symbol"], "ts_ns": rows["ts_ns"], "px": rows["price_e6"], "shares": rows["shares"], "full": full,
        "hl": high_low, "side": np.where(exact, np.where(rows["aggressor"] == "B", 1, -1), 0), "exact": exact,
        "inferred": ~exact & ~auction, "auction": auction, "rank": rows["rank"], "match": rows["match"],
        "late_ns": rows["late_ns"]})
    became = {(r, m): (0 if k == "B" else n) for r, m, k, n in
              zip(revised["rank"], revised["match"], revised["kind"], revised["shares"])}
    return prints, became


def revise(prints, became):
    """The prints as they are in the end."""
    shares = [became.get(key, n) for key, n in zip(zip(prints["rank"], prints["match"]), prints["shares"])]
    out = prints.assign(shares=np.array(shares, dtype=np.int64))
    return out[out["shares"] > 0]


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
    kit.replay(files, "--fill", "--bars", paths["bars.csv"], "--revisions", paths["revisions.csv"], "--summary", paths["summary.json"],
               *options)
    bars, revisions = kit.read_bars(paths["bars.csv"]), read_revisions(paths["revisions.csv"])
    s, (prints, became) = kit.summary(paths["summary.json"]), truth(folder)
    ledger = s["ledger"]
    kit.check_identities(name, bars)
    want = kit.all_spans(revise(prints, became))
    if ledger["breaks"] != len(became) or ledger["breaks_unknown"]:
        kit.fail(f"{name}: {ledger['breaks']} breaks ({ledger['breaks_unknown']} unknown), truth has {len(became)}")
    if ledger["revisions_incomplete"] != revisions["volume_after"].isna().sum():
        kit.fail(f"{name}: revisions_incomplete is not the number of empty records")
    counted = ledger["prints_full"] + ledger["prints_volume_only"] + ledger["prints_hl_only"]
    if counted != len(prints) or len(revisions) != ledger["revisions"]:
        kit.fail(f"{name}: {counted} prints, truth has {len(prints)}; {len(revisions)} of {ledger['revisions']} revisions")
    if ("late" in name) != (ledger["late_prints"] > 0):
        kit.fail(f"{name}: {ledger['late_prints']} late prints")
    check_causes(name, revisions, prints, became)
    if not s["ledger_balanced"] or s["gap_messages"]:
        kit.fail(f"{name}: ledger_balanced {s['ledger_balanced']}, gap_messages {s['gap_messages']}")
    now = effective(bars, check_chain(name, bars, revisions))
    # A REVISION record looks back over so many prints of an instrument and no more; beyond, it says that it cannot tell.
    blind = now[now["volume"].isna()][kit.KEY]
    if len(blind) and not busiest(prints) > WALK_MAX:
        kit.fail(f"{name}: {len(blind)} bars end in an incomplete revision though all prints are within reach")
    now, want_now = now[now["volume"].notna()], without(want, blind)
    both = kit.compare_bars(name, now, want_now, columns=())
    printed = bars[bars["trades"] > 0]
    check_signs(name, printed, revisions, want)
    auctions = check_auctions(name, printed, prints, became)
    halted = check_halts(name, bars, folder)
    print(f"{name}: {s['messages']} messages, {len(prints)} prints ({len(became)} revised, {ledger['late_prints']} late), "
          f"{len(both)} bars equal the truth, {len(blind)} cannot be told, {len(revisions)} revisions, {auctions} with auctions, {halted} halted; {s['ns_per_message']:.0f} ns per message, "
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


def check_causes(name, revisions, prints, became):
    """Every record's key is a print of the truth to which just that has happened. (That none is missing, the bars show.)
    Pillar's ids are unique per symbol only: there the key holds more than the id."""
    key = revisions["key"].astype("uint64")
    pairs = pd.Series(list(zip(np.where(key >> np.uint64(32), RANK["pillar"], -1), key & np.uint64(0xffffffff))), dtype=object)
    known = {(r if r == RANK["pillar"] else -1, m): n for (r, m), n in became.items()}
    late = prints if not prints["late_ns"].any() else prints[prints["late_ns"] > 0]
    of = {"late": set(zip(np.where(late["rank"] == RANK["pillar"], RANK["pillar"], -1), late["match"])),
          "bust": {k for k, n in known.items() if n == 0}, "correction": {k for k in known if k[0] == RANK["pillar"]}}
    for cause, seen in pairs.groupby(revisions["cause"]):
        strange = set(seen) - of[cause]
        if strange:
            kit.fail(f"{name}: {len(strange)} prints revised for {cause} without reason, first {min(strange)}")
    if len(became) and not set(revisions["cause"]) & {"bust", "correction"}:
        kit.fail(f"{name}: no revision of the {len(became)} prints that were broken or corrected")


def check_auctions(name, bars, prints, became):
    """AUCTION stands on sealed rows that hold a cross, and on no others; where a cross was taken back, either."""
    crosses = prints[prints["auction"]]
    taken_back = [became.get(key) == 0 for key in zip(crosses["rank"], crosses["match"])]
    wanted = pd.concat([pd.DataFrame({"symbol": crosses["symbol"], "span": span, "doubtful": taken_back,
                                      "open_ns": crosses["ts_ns"] // (seconds * 10 ** 9) * (seconds * 10 ** 9)})
                        for span, seconds in kit.SPANS.items()]).groupby(kit.KEY, as_index=False)["doubtful"].all()
    found = bars.loc[bars["flags"].str.contains("AUCTION"), kit.KEY]
    both = wanted.merge(found, on=kit.KEY, how="outer", indicator=True)
    for side, text in (("left_only", "without"), ("right_only", "with a needless")):
        odd = both[(both["_merge"] == side) & (both["doubtful"] != True)]  # noqa: E712  (empty where not wanted)
        if len(odd):
            kit.fail(f"{name}: {len(odd)} bars {text} AUCTION, first {dict(odd.iloc[0][kit.KEY])}")
    return len(found)


def check_halts(name, bars, folder):
    """HALTED stands on all rows, empty ones too, that a halt reaches into, and on no others."""
    changes = pd.read_csv(folder + "/g.status.csv").drop_duplicates(["symbol", "ts_ns", "status"])
    end = bars["close_ns"].max()
    checked = 0
    inside, outside = pd.Series(False, index=bars.index), pd.Series(True, index=bars.index)
    for symbol, rows in changes.groupby("symbol"):
        start = rows.loc[rows["status"] != "T", "ts_ns"].min()
        stop = rows.loc[rows["status"] == "T", "ts_ns"].min()
        stop = end if np.isnan(stop) else stop
        mine = bars["symbol"] == symbol
        inside |= mine & (bars["open_ns"] < stop - HALT_MARGIN_NS) & (bars["close_ns"] > start + HALT_MARGIN_NS)
        outside &= ~(mine & (bars["open_ns"] < stop + HALT_MARGIN_NS) & (bars["close_ns"] > start - HALT_MARGIN_NS))
        checked += 1
    flagged = bars["flags"].str.contains("HALTED")
    for bad, text in ((bars[inside & ~flagged], "without"), (bars[outside & flagged], "with a needless")):
        if len(bad):
            kit.fail(f"{name}: {len(bad)} bars {text} HALTED, first {dict(bad.iloc[0][kit.KEY])}")
    if checked and not inside.any():
        kit.fail(f"{name}: no bar of a halt: nothing compared")
    return int((inside & flagged).sum())


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
                if name in ("late", "late_broken"):
                    hold_back(folder)
                compare(name, folder, files, OPTIONS.get(name, ()))
    kit.finish("marketgen_oracle")


if __name__ == "__main__":
    main()
