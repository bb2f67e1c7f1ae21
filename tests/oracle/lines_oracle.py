#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two faulty lines of each stream against the same market on whole lines, by the generator's own word of what each line
lost. Where every message survived on a line: the same bytes. Else exactly those messages are counted lost, and

  affected   a bar of an instrument that the channel carries (nobody can know whose the lost messages were) into whose
             interval the event time of a lost message falls: flagged GAP;
  touched    a bar that reaches into the span from the channel's clock before the hole, less its lateness, to its clock
             behind it: may be flagged GAP; no other may. The clock is known here to within AROUND messages, for lines are
             cut into different packets and it stands still while a hole is open;
  suspect    bars of those instruments that close behind a hole: BOOK_SUSPECT until the channel begins anew. A bar that
             closed before the first hole, or of an instrument on no such channel, is the same row, byte for byte.

Usage: WIREBAR_BIN=... MARKETGEN_BIN=... lines_oracle.py"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import oracle_kit as kit  # noqa: E402  pylint: disable=wrong-import-position

MARKET = ["--instruments", "40", "--duration", "60s", "--start", "09:29:40", "--breaks", "0.01"]
LIGHT = ["--loss", "0.02", "--dup", "0.02", "--reorder", "0.02"]
HEAVY = ["--loss", "0.2", "--dup", "0.2", "--reorder", "0.2"]
CASES = [(seed, "2k", LIGHT) for seed in range(1, 9)] + [(seed, "40k", LIGHT) for seed in (11, 12)] + [
    (seed, "100k", HEAVY) for seed in (21, 23, 24)]
# The generator's stragglers are overtaken by eight packets, however long these take to come.
OPTIONS = ["--set", "feed.hold_packets=1024", "--set", "feed.hold=20s", "--set", "bars.silence=60s"]
LATENESS_NS = {"itch": 0, "iex": 5 * 10 ** 6}
AROUND = 24
HEAD = 100  # messages by which a line is surely heard, though its first packets are lost or out of order
PRINTS = ["open", "high", "low", "close", "volume", "trades", "vwap"]
KEY = ["symbol", "span", "open_ts"]


def generate(prefix, *options):
    subprocess.run([kit.program("MARKETGEN_BIN"), "--out", prefix, "--lines", "AB", *MARKET, *options], check=True,
                   stderr=subprocess.DEVNULL)
    folder, name = pathlib.Path(prefix).parent, pathlib.Path(prefix).name
    return sorted(str(p) for p in folder.glob(name + ".*.pcap")), json.loads(pathlib.Path(prefix + ".truth.json").read_text())


def payloads(path):
    data, at = pathlib.Path(path).read_bytes(), 24
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + 16 + 42:at + 16 + length]
        at += 16 + length


class Stream:
    """A whole line, message by message (from 1): event time, time of the channel's clock, instrument named."""

    def __init__(self, name, path, midnight_ns):
        self.event, self.clock, self.symbol = [0], [0], [""]
        self.lateness_ns, codes = LATENESS_NS[name], {}
        for p in payloads(path):
            itch = name == "itch"
            count = struct.unpack_from(">H", p, 18)[0] if itch else struct.unpack_from("<H", p, 14)[0]
            at, order = (20, ">H") if itch else (40, "<H")
            for _ in range(0 if count == 0xffff else count):
                size = struct.unpack_from(order, p, at)[0]
                m = p[at + 2:at + 2 + size]
                at += 2 + size
                if itch:
                    if m[:1] == b"R":
                        codes[m[1:3]] = m[11:19].decode().strip()
                    ts = clock = int.from_bytes(m[5:11], "big") + midnight_ns
                    symbol = codes.get(m[1:3], "")
                else:
                    ts, clock = struct.unpack_from("<Q", m, 2)[0], struct.unpack_from("<Q", p, 32)[0]
                    symbol = "" if m[:1] == b"S" else m[10:18].decode().strip()
                self.event.append(ts)
                self.clock.append(max(clock, self.clock[-1]))
                self.symbol.append(symbol)

    def known(self, first, lost):
        """Instruments that a message before this one named and did not get lost with."""
        return {s for i, s in enumerate(self.symbol[:first]) if s and i not in lost}

    def around(self, first, last):
        low, high = max(first - AROUND, 1), min(last + AROUND, len(self.clock) - 1)
        return self.clock[low] - self.lateness_ns, self.clock[high] if last < len(self.clock) - 1 else 2 ** 62


def read(path):
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows["from"], rows["to"] = kit.to_ns(rows["open_ts"]), kit.to_ns(rows["close_ts"])
    return rows


def run(files, tmp, name, want, *options):
    kit.replay(files, "--bars", f"{tmp}/{name}.csv", "--revisions", f"{tmp}/{name}.rev.csv", "--summary", f"{tmp}/{name}.json",
               "--fill", *OPTIONS, *options, want=want)
    s = kit.summary(f"{tmp}/{name}.json")
    if not s["ledger_balanced"]:
        kit.fail(f"{name}: ledger not balanced")
    return s


def check_lines(case, s, truth):
    """Per line: what it brought and what it lost, as the generator knows it."""
    for stream in truth["streams"].values():
        for line in stream["lines"]:
            group = f"{line['group']}:{line['port']}"
            got = [x for c in s["channels"] for x in c["lines"] if x["group"] == group]
            # What comes before a line is first heard, and behind the last it says, is not lost there but never heard of.
            heard = sum(b - a + 1 for a, b in line["lost_ranges"] if a > HEAD and b < stream["messages"])
            if len(got) != 1 or not heard <= got[0]["lost"] <= line["lost_messages"] or got[0]["late"]:
                kit.fail(f"{case}: line {group} is {got}, lost {line['lost_messages']}")
    for c in s["channels"]:
        if sum(x["first"] for x in c["lines"]) != c["messages"]:
            kit.fail(f"{case}: first arrivals do not add up to the messages of {c['feed']}")


def check_holes(case, name, stream, lost, got):
    """Flags of one channel's holes; returns which rows the channel's holes may have touched."""
    gap, suspect = got["flags"].str.contains("GAP"), got["flags"].str.contains("BOOK_SUSPECT")
    may, ever = pd.Series(False, index=got.index), set(filter(None, stream.symbol))
    carried = got["symbol"].isin(ever)
    gone = {i for a, b in lost for i in range(a, b + 1)}
    begin = 2 ** 62
    for a, b in lost:
        low, high = stream.around(a, b)
        begin = min(begin, low)
        may |= carried & (got["from"] <= high) & (got["to"] > low)
        mine = got["symbol"].isin(stream.known(a, gone))
        for ts in sorted(set(stream.event[a:b + 1])):
            if ts < stream.clock[a - 1] - stream.lateness_ns:
                continue  # late: its bar is sealed
            affected = mine & (got["from"] <= ts) & (got["to"] > ts)
            if (affected & ~gap).any():
                kit.fail(f"{case}: {name} lost {a} to {b}, not flagged GAP: {dict(got[affected & ~gap].iloc[0][KEY])}")
        if name == "itch" and (mine & (got["from"] > high) & ~suspect).any():
            kit.fail(f"{case}: {name} lost {a} to {b}, not BOOK_SUSPECT: "
                     f"{dict(got[mine & (got['from'] > high) & ~suspect].iloc[0][KEY])}")
    return may, carried & (got["to"] > begin)


def check_flags(case, truth, streams, clean, got):
    may, after = pd.Series(False, index=got.index), pd.Series(False, index=got.index)
    for name, stream in streams.items():
        lost = truth["streams"][name]["lost_on_every_line_ranges"]
        touched, behind = check_holes(case, name, stream, lost, got)
        may, after = may | touched, after | behind
    gap, suspect = got["flags"].str.contains("GAP"), got["flags"].str.contains("BOOK_SUSPECT")
    for text, bad in (("GAP though nothing was lost in it", gap & ~may), ("BOOK_SUSPECT before any hole", suspect & ~after)):
        if bad.any():
            kit.fail(f"{case}: {bad.sum()} bars are {text}, first {dict(got[bad].iloc[0][KEY + ['flags']])}")
    both = clean.merge(got.assign(after=after), on=KEY, how="outer", suffixes=("_want", ""), indicator=True)
    odd = both[(both["_merge"] == "right_only") | ((both["_merge"] == "left_only") & ~both["symbol"].isin(got[after]["symbol"]))]
    if len(odd):
        kit.fail(f"{case}: {len(odd)} bars too many or too few, first {dict(odd.iloc[0][KEY])}")
    both = both[both["_merge"] == "both"]
    columns = [c for c in clean.columns if c not in KEY + ["from", "to"]]
    same = np.logical_and.reduce([both[c] == both[c + "_want"] for c in columns])
    prints = np.logical_and.reduce([both[c] == both[c + "_want"] for c in PRINTS])
    flagged = both["flags"].str.contains("GAP|BOOK_SUSPECT")
    for text, bad in (("differ though no hole came before", ~same & ~both["after"].astype(bool)),
                      ("have other prints and no flag", ~prints & ~flagged)):
        if bad.any():
            kit.fail(f"{case}: {bad.sum()} bars {text}, first {dict(both[bad].iloc[0][KEY + ['flags']])}")
    return int(gap.sum()), int((~same).sum())


def check(seed, messages, faults, tmp):
    case = f"seed {seed}, {messages}, loss {faults[1]}"
    whole, _ = generate(f"{tmp}/w", "--seed", str(seed), "--messages", messages)
    files, truth = generate(f"{tmp}/f", "--seed", str(seed), "--messages", messages, *faults)
    lost = sum(s["lost_on_every_line_messages"] for s in truth["streams"].values())
    head = sum(b - a + 1 for s in truth["streams"].values() for a, b in s["lost_on_every_line_ranges"] if a == 1)
    if head:
        print(f"{case}: begins with a loss on both lines, which is a later join and no hole", flush=True)
        return lost
    clean = run([f for f in whole if ".a." in f], tmp, "whole", (0,))
    s = run(files, tmp, "faulty", (3,) if lost else (0,))
    if s["gap_messages"] != lost or s["ledger"]["late_messages"]:
        kit.fail(f"{case}: {s['gap_messages']} lost in holes and {s['ledger']['late_messages']} late, {lost} survived on no line")
    check_lines(case, s, truth)
    if not lost:
        for digest in ("sha256_bars", "sha256_revisions"):
            if s[digest] != clean[digest]:
                kit.fail(f"{case}: no message was lost, but {digest} differs from that of whole lines")
        print(f"{case}: nothing lost, the same bars", flush=True)
        return 0
    streams = {n: Stream(n, next(f for f in whole if f".{n}.a." in f), truth["midnight_ns"]) for n in truth["streams"]}
    flags, differ = check_flags(case, truth, streams, read(f"{tmp}/whole.csv"), read(f"{tmp}/faulty.csv"))
    print(f"{case}: {lost} messages lost, {flags} bars are GAP, {differ} differ", flush=True)
    return lost


def main():
    losses = []
    with tempfile.TemporaryDirectory() as tmp:
        for case in CASES:
            losses.append(check(*case, tmp))
    if not any(losses) or all(losses):
        kit.fail("the cases must show both: nothing lost, and something")
    kit.finish("lines")


if __name__ == "__main__":
    main()
