#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The paper exchange of the program against its reference, fill by fill and order by order:

  cases      those whose fills were counted by hand
  captures   shared ones, where they are reachable, with random scripts
  markets    generated, another one by each seed: venues, halts, crosses, breaks, restarts, holes, late prints, two lines, the
             close, and DEEP turned into TOPS; with random scripts of thousands of orders

Each replay is made with several bursts and layouts, and the files must be the same to the byte. Beside the reference hold:
fills of an order sum to what its state says, and no side of a leg gets more of an instant than its messages show.
Usage: WIREBAR_BIN=... MARKETGEN_BIN=... paper_differential.py [--cases] [--captures] [--seeds N] [--from SEED] [--keep DIR]"""
import argparse
import collections
import csv
import datetime
import os
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile

import paper_bytes
import paper_oracle as oracle
import paper_script
import paper_venue
import paper_wire
from paper_books import run
from paper_case import CASES

ROOT = pathlib.Path(os.environ.get("WIREBAR_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
SHARED = pathlib.Path(os.environ.get("WIREBAR_CAPTURES", ROOT / ".." / "shared" / "captures"))
S = 10 ** 9
VENUE = {"nasdaq": "itch", "itch": "itch", "iex": "iex", "arca": "pillar", "pillar": "pillar"}
OPEN = ("NEW", "SENT", "LIVE", "PART")
LAYOUTS = (["--burst", "1"], ["--burst", "7"], ["--burst", "256"], ["--ingest-lcores", "2"],
           ["--ingest-lcores", "3", "--burst", "32"])
ALONE = 3  # the first of these, for one capture


def ns_of(text):
    if text.isdigit():
        return int(text)
    day, _, below = text.rstrip("Z").partition(".")
    seconds = datetime.datetime.fromisoformat(day).replace(tzinfo=datetime.timezone.utc).timestamp()
    return int(seconds) * S + int(below.ljust(9, "0"))


def rows_of(path):
    with open(path, newline="", encoding="ascii") as f:
        return list(csv.DictReader(f))


class Told:
    """What the program wrote: fills as the reference has them, and the last row of each order."""

    def __init__(self, orders, fills):
        self.fills = [(ns_of(r["ts"]), VENUE[r["venue"].lower()], r["symbol"], r["order_id"], int(r["fill_id"]),
                       {"BUY": "B", "SELL": "S"}.get(r["side"].upper(), r["side"]), int(r["qty"]), paper_venue.micros(r["price"]),
                       r["liquidity"], int(r["queue_ahead_at_arrival"]) if r["queue_ahead_at_arrival"] else "",
                       r["evidence"].lower()) for r in rows_of(fills)]
        self.orders, self.times = {}, []
        for r in rows_of(orders):
            self.times.append(ns_of(r["ts"]))
            state = r["state"].upper()
            known = self.orders.get(r["order_id"])
            # By ts: where a venue's times go back, the last row is not what happened last.
            if known is None or (known[0] in OPEN and (state not in OPEN or int(r["filled"] or 0) >= known[1])):
                reason = "" if state in OPEN else r["reason"]
                self.orders[r["order_id"]] = (state, int(r["filled"] or 0), int(r["leaves"] or 0), reason)


class Checker:
    """layouts: how many other bursts and layouts each replay is made with."""

    def __init__(self, keep=None, layouts=2):
        self.failures = self.replays = self.fills = self.orders = self.used = 0
        self.keep, self.layouts, self.told = keep, layouts, collections.Counter()

    def fail(self, what, text):
        self.failures += 1
        self.told[what] += 1
        if self.told[what] <= 5 and self.failures <= 1000:
            print(f"FAIL {what}: {text}", flush=True)

    def program(self, what, files, script, tmp, options=()):
        """None where it fails."""
        o, f = f"{tmp}/o.csv", f"{tmp}/f.csv"
        command = [os.environ["WIREBAR_BIN"], "replay", *map(str, files), "--paper-script", script, "--orders", o, "--fills", f,
                   "--file-prefix", f"wb_paper{os.getpid()}", "--quiet", *options]
        env = dict(os.environ)
        env.setdefault("RUNTIME_DIRECTORY", env.get("TMPDIR", "/tmp"))
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
        self.replays += 1
        if done.returncode not in (0, 3):
            self.fail(what, f"exit {done.returncode}: {' '.join(command)}\n{done.stdout[-800:]}{done.stderr[-800:]}")
            return None
        return o, f

    # A market with a script.

    def same(self, what, files, script, channels, tmp, options=(), hidden="through"):
        want = run(channels, paper_venue.read_script(script), hidden)
        paths = self.program(what, files, script, tmp, options)
        if not paths:
            return
        first = [pathlib.Path(p).read_bytes() for p in paths]
        self.compare(what, Told(*paths), want)
        self.believable(what, Told(*paths), want, channels)
        for _ in range(self.layouts):
            layout = LAYOUTS[self.used % (len(LAYOUTS) if len(files) > 1 else ALONE)]
            self.used += 1
            paths = self.program(f"{what} {' '.join(layout)}", files, script, tmp, [*options, *layout])
            if paths and [pathlib.Path(p).read_bytes() for p in paths] != first:
                self.fail(what, f"other files with {' '.join(layout)}")

    def compare(self, what, told, want):
        self.fills += len(want.fills)
        self.orders += len(want.orders)
        got, wanted = ({} for _ in range(2))
        for into, fills in ((got, told.fills), (wanted, [f.row() for f in want.fills])):
            for row in fills:
                into.setdefault((row[1], row[2], row[5]), []).append(row)
        for leg in sorted(set(got) | set(wanted)):
            a, b = got.get(leg, []), wanted.get(leg, [])
            if a != b:
                n = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
                self.fail(what, f"{leg}: fill {n} of {len(a)} and {len(b)}: {a[n] if n < len(a) else None}\n"
                                f"    wanted {b[n] if n < len(b) else None}")
        if [f[0] for f in told.fills] != sorted(f[0] for f in told.fills) or told.times != sorted(told.times):
            self.fail(what, "rows do not stand by ts")
        odd = []
        for oid, state in want.orders.items():
            other = told.orders.get(oid, ("NEW", 0, state[2], ""))
            same = other[:3] == state[:3] and (state[0] in ("REJECTED", "NEW") or other[3].lower() == state[3].lower())
            if state[0] == "NEW" and other[0] == "NEW":
                same = True
            if not same:
                odd.append((oid, other, state))
        odd += [(oid, state, None) for oid, state in told.orders.items() if oid not in want.orders]
        for oid, other, state in odd[:3]:
            self.fail(what, f"order {oid} is {other}, wanted {state} ({len(odd)} orders differ)")

    def believable(self, what, told, want, channels):
        """What holds whatever the reference says."""
        sums, shown, new = collections.Counter(), collections.Counter(), collections.Counter()
        for f in told.fills:
            if f[10] != "break":
                sums[f[3]] += f[6]
        for oid, (state, filled, leaves, _) in told.orders.items():
            if sums[oid] != filled:
                self.fail(what, f"order {oid}: fills are {sums[oid]}, state says {filled}")
            if (state == "PART") != (filled > 0 and leaves > 0) or (state == "LIVE" and filled) or (state == "FILLED" and leaves):
                self.fail(what, f"order {oid}: {state}, {filled} filled, {leaves} left")
        legs = {(leg.venue, leg.symbol) for leg in want.legs if leg.fills}
        for channel in channels:
            for f in channel.facts:
                if (channel.venue, f.symbol) not in legs:
                    continue
                if f.kind in ("exec", "hidden", "trade") and f.evidence:
                    shown[channel.venue, f.symbol, f.ts] += f.qty
                elif f.kind in ("add", "replace", "modify", "level"):
                    new[channel.venue, f.symbol, f.ts] += f.qty
                elif f.kind == "quote":
                    new[channel.venue, f.symbol, f.ts] += f.qty + f.ask[1]
        got = collections.Counter()
        for f in told.fills:
            if f[10] in ("a", "b", "d", "c"):
                got[f[1], f[2], f[0], f[5], f[10] == "c"] += f[6]
        for (venue, symbol, ts, side, reached), qty in got.items():
            limit = (new if reached else shown)[venue, symbol, ts]
            if qty > limit:
                self.fail(what, f"{venue} {symbol} at {ts}: {side} gets {qty}, messages show {limit}")

    # What is compared.

    def cases(self, tmp):
        def one(capture, script, cases):
            hidden = cases[0].options.get("hidden")
            what = cases[0].name if len(cases) == 1 else f"{len(cases)} cases of {cases[0].m.venue}"
            paths = self.program(what, [capture], script, tmp, ["--set", f"paper.hidden={hidden}"] if hidden else [])
            if paths:
                told = Told(*paths)
                fills = [(f[3], f[6], f[7], f[10], f[9]) for f in told.fills]
                for c in cases:
                    for oid, want in c.end.items():
                        state = told.orders.get(oid, ("NEW",) + want[1:])
                        if want[0] == state[0] and want[0] in ("REJECTED", "NEW"):
                            state = want
                        told.orders[oid] = state[:3] + (state[3] if len(state[3]) == 1 else state[3].lower(),)
                self.failures += oracle.judge(cases, fills, told.orders)
        print(f"cases: {oracle.run_together(CASES, tmp, one)}", flush=True)

    def capture(self, name, seed, rows, legs, tmp, date=None):
        path = SHARED / name
        if not path.exists():
            print(f"{name}: not here, skipped")
            return
        midnight = None
        if date:
            midnight = int(datetime.datetime.fromisoformat(date).replace(tzinfo=paper_wire.NEW_YORK).timestamp()) * S
        channels = paper_wire.channels([str(path)], midnight)
        n = paper_script.write(f"{tmp}/script.csv", channels, random.Random(seed), rows, legs)
        self.same(f"{path.name} seed {seed}", [path], f"{tmp}/script.csv", channels, tmp, ["--date", date] if date else [])
        print(f"{path.name}: {n} rows", flush=True)

    def captures(self, tmp, seed=1):
        self.capture("iex/iex_sample_DEEP10_20170425_session01.pcap.gz", seed, 800, 12, tmp)
        self.capture("iex/iex_sample_DEEP10_20170425_sessions02-04_resets.pcap.gz", seed, 800, 12, tmp)
        self.capture("itch50_file/SYNTHETIC_ritch_ex20101224.TEST_ITCH_50", seed, 800, 3, tmp, "2010-12-24")
        self.capture("itch50_file/nasdaq_20191230_start_1000.itch50", seed, 20, 3, tmp, "2019-12-30")

    def market(self, seed, tmp, messages, rows):
        rng = random.Random(seed)
        options, what = market_options(rng, seed, messages)
        for old in pathlib.Path(tmp).glob("m.*"):
            old.unlink()
        subprocess.run([os.environ["MARKETGEN_BIN"], "--out", f"{tmp}/m", *options], check=True, stderr=subprocess.DEVNULL)
        files = sorted(str(p) for p in pathlib.Path(tmp).glob("m.*.pcap*"))
        if "tops" in what:
            files = [to_tops(f) for f in files]
        channels = paper_wire.channels(files)
        hidden = ("through", "through", "at", "never")[seed // 3 % 4]
        n = paper_script.write(f"{tmp}/script.csv", channels, rng, rows or rng.choice((600, 1500)), rng.choice((2, 4)), hidden)
        before = self.fills
        name = f"seed {seed} ({what})"
        self.same(name, files, f"{tmp}/script.csv", channels, tmp, ["--set", f"paper.hidden={hidden}"], hidden)
        print(f"{name}: {n} rows, {self.fills - before} fills", flush=True)
        if self.keep and self.failures:
            print("marketgen", " ".join(options))


def market_options(rng, seed, messages):
    """A market's arguments by its seed, and a word about it."""
    what = ("itch", "pillar", "iex", "tops", "itch,iex,pillar", "itch", "pillar", "iex")[seed % 8]
    faults = ("plain", "close", "restarts", "loss", "lines", "late", "sessions", "swap")
    fault = faults[seed // 8 % 8 if seed >= 8 else seed % 3]
    venues = "iex" if what == "tops" else what
    duration = rng.choice(("20s", "40s"))
    start = "15:59:45" if fault == "close" else rng.choice(("09:29:50", "09:29:55", "11:00:00"))
    out = ["--venues", venues, "--messages", str(messages), "--instruments", str(rng.choice((3, 6, 12))), "--duration", duration,
           "--start", start, "--seed", str(seed), "--prints", rng.choice(("0.05", "0.2", "0.4")), "--breaks", "0.05",
           "--halts", rng.choice(("0", "0.3", "0.6"))]
    out += rng.choice(([], ["--gzip"], ["--micro"], ["--vlan", "141"]))
    if "pillar" in venues:
        out += ["--corrections", "0.5"]
    if fault == "restarts":
        out += ["--restarts", str(rng.randint(1, 3))]
    if fault == "loss":
        out += ["--loss", rng.choice(("0.0002", "0.001"))]
    if fault == "lines":
        out += ["--lines", "AB", "--loss", "0.02", "--dup", "0.02"]
    if fault == "sessions":
        out += ["--sessions", str(rng.randint(2, 4)), "--lines", rng.choice(("A", "AB"))]
    if fault == "swap":
        out += ["--swap", "0.02", "--dup", "0.02", "--lines", rng.choice(("A", "AB"))]
    if fault == "late" and venues != "itch":
        out += ["--late", "0.05", "--late-by", "500ms"]
    return out, f"{what} {fault}"


def to_tops(path):
    """DEEP turned into TOPS: a quote where an update is complete and has changed the touch; all else stays."""
    books, touch, number, records, offset = {}, {}, 1, [], 0
    for t, payload in paper_wire.datagrams(path):
        p = paper_wire.packet_of(payload)
        if p.number == 1:
            number, offset = 1, 0
            books.clear()
            touch.clear()
        out = []
        for m in p.messages:
            if m[:1] not in b"85":
                out.append(m)
                continue
            symbol, (size, px) = m[10:18], struct.unpack_from("<Iq", m, 18)
            book = books.setdefault(symbol, ({}, {}))[m[:1] == b"5"]
            book.pop(px, None)
            if size:
                book[px] = size
            bids, asks = books[symbol]
            bid, ask = max(bids, default=0), min(asks, default=0)
            now = (bids.get(bid, 0), bid, ask, asks.get(ask, 0))
            if m[1] & 1 and touch.get(symbol, (0, 0, 0, 0)) != now:
                touch[symbol] = now
                out.append(b"Q\0" + m[2:18] + struct.pack("<IqqI", *now))
        body = b"".join(struct.pack("<H", len(m)) + m for m in out)
        head = payload[:2] + b"\x03\x80" + payload[4:12] + struct.pack("<HHqqq", len(body), len(out), offset, number, p.sent)
        records.append((t, paper_bytes.frame(head + body, b"\xe9\xd7\x15\x03", 10377)))
        number, offset = number + len(out), offset + len(body)
    paper_bytes.write_pcap(path + ".tops.pcap", records)
    return path + ".tops.pcap"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--cases", action="store_true")
    p.add_argument("--captures", action="store_true")
    p.add_argument("--seeds", type=int, default=0)
    p.add_argument("--from", dest="first", type=int, default=0)
    p.add_argument("--messages", default="15k")
    p.add_argument("--rows", type=int, help="of each script, about (default by the seed)")
    p.add_argument("--layouts", type=int, default=2, help="how many other bursts and layouts of each replay (default 2)")
    p.add_argument("--keep", help="folder for the files of the last replay")
    args = p.parse_args()
    for name in ("WIREBAR_BIN", "MARKETGEN_BIN"):
        if not os.path.exists(os.environ.get(name, "")):
            print(f"skipped: {name} does not name a program")
            return 77
    text = subprocess.run([os.environ["WIREBAR_BIN"], "replay", "--help"], capture_output=True, text=True, check=True).stdout
    if not re.search("--paper-script", text):
        print("skipped: this program has no --paper-script")
        return 77
    with tempfile.TemporaryDirectory() as tmp:
        checker = Checker(args.keep, args.layouts)
        tmp = args.keep or tmp
        os.makedirs(tmp, exist_ok=True)
        if args.cases:
            checker.cases(tmp)
        if args.captures:
            checker.captures(tmp)
        for seed in range(args.first, args.first + args.seeds):
            checker.market(seed, tmp, args.messages, args.rows)
        print(f"paper: {checker.replays} replays, {checker.orders} orders, {checker.fills} fills; {checker.failures} failures")
        return 1 if checker.failures else 0


if __name__ == "__main__":
    sys.exit(main())
