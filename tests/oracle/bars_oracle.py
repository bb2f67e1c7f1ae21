#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Bars of real captures against bars computed here from the golden CSVs, which independent programs decoded: prices,
volumes, aggressors, at all six spans; then every indicator column against pandas. Exit 77: no captures here.
Usage: WIREBAR_BIN=... bars_oracle.py"""
import datetime
import gzip
import pathlib
import sys
import tempfile
import zoneinfo

import numpy as np
import pandas as pd

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import oracle_kit as kit  # noqa: E402  pylint: disable=wrong-import-position
from oracle_indicators import compare_indicators  # noqa: E402  pylint: disable=wrong-import-position
from oracle_book import Signer, Book, session_of  # noqa: E402  pylint: disable=wrong-import-position

ODD_LOT, EXTENDED, AUCTION = 0x20, 0x40, 0x08
NASDAQ, IEX = 0, 1
COLUMNS = ["symbol", "ts_ns", "px", "shares", "full", "side", "exact", "inferred", "rank"]
RESULTS = {}


def golden(name):
    with gzip.open(kit.CAPTURES / "golden" / (name + ".csv.gz"), "rt") as f:
        return pd.read_csv(f, dtype=str, keep_default_na=False)


def deep_prints(rows):
    """Prints of DEEP messages; the aggressor by quote rule and tick test on a book kept here."""
    prints, books, signers, last_seq = [], {}, {}, 0
    broken = set()
    for r in rows.itertuples(index=False):
        if int(r.seq) < last_seq:
            books = {}
        last_seq = int(r.seq)
        if r.type in "85":
            book = books.setdefault(r.symbol, Book())
            book.set(r.type == "8", int(r.price_1e4_or_bid) * 100, int(r.size_or_bidsize))
            if int(r.flag_or_status) & 1:
                book.complete()
        elif r.type == "B":
            broken.add(r.trade_id)
        elif r.type == "T":
            flags, ts, px = int(r.flag_or_status), int(r.ts_ns), int(r.price_1e4_or_bid) * 100
            touch = books.setdefault(r.symbol, Book()).touch
            side = signers.setdefault(r.symbol, Signer()).side(ts, px, touch)
            side = 0 if flags & AUCTION else side
            full = not flags & ODD_LOT and not (flags & EXTENDED and session_of(ts) == "RTH")
            prints.append((r.symbol, ts, px, int(r.size_or_bidsize), full, side, False, side != 0, IEX))
    if broken:
        kit.fail("the sample holds breaks: this oracle does not know them")
    return pd.DataFrame(prints, columns=COLUMNS)


class Itch:
    """An order book of its own, to price executions."""

    def __init__(self, date):
        midnight = datetime.datetime.combine(date, datetime.time(), zoneinfo.ZoneInfo("America/New_York"))
        self.base = int(midnight.timestamp()) * 10 ** 9
        self.orders, self.books, self.signers, self.locate, self.prints = {}, {}, {}, {}, []
        self.unknown = 0

    def add(self, ref, stock, buy, shares, px):
        if ref in self.orders:
            return
        self.orders[ref] = [stock, buy, shares, px]
        self.books.setdefault(stock, Book()).add(buy, px, shares)

    def take(self, ref, shares):
        order = self.orders.get(ref)
        if not order:
            return None
        taken = min(order[2], order[2] if shares is None else shares)
        self.books[order[0]].add(order[1], order[3], -taken)
        order[2] -= taken
        if order[2] == 0:
            del self.orders[ref]
        return order

    def touch_done(self, stock):
        if stock in self.books:
            self.books[stock].complete()

    def print(self, stock, ts, px, shares, side, auction=False):
        inferred = self.signers.setdefault(stock, Signer()).side(ts, px, self.books.setdefault(stock, Book()).touch)
        exact = side != 0
        side = 0 if auction else side or inferred
        self.prints.append((stock, ts, px, shares, True, side, exact, side != 0 and not exact, NASDAQ))

    def message(self, r):
        ts = self.base + int(r.ts_ns)
        shares = int(r.shares) if r.shares else 0
        stock = None
        if r.type in "AF":
            stock = r.stock
            self.add(r.order_ref, stock, r.side == "B", shares, int(r.price_1e4) * 100)
        elif r.type in "EC":
            order = self.orders.get(r.order_ref)
            self.unknown += order is None
            if order and not (r.type == "C" and r.printable == "N"):
                px = int(r.price_1e4) * 100 if r.type == "C" else order[3]
                self.print(order[0], ts, px, shares, -1 if order[1] else 1)
            order = self.take(r.order_ref, shares)
            stock = order and order[0]
        elif r.type in "XD":
            order = self.take(r.order_ref, shares if r.type == "X" else None)
            stock = order and order[0]
        elif r.type == "U":
            order = self.take(r.order_ref, None)
            stock = order and order[0]
            if order:
                self.add(r.new_order_ref, stock, order[1], shares, int(r.price_1e4) * 100)
        elif r.type == "P" or (r.type == "Q" and shares):
            self.print(r.stock, ts, int(r.price_1e4) * 100, shares, 0, r.type == "Q")
        self.touch_done(stock)


def itch_prints(rows, date):
    walk = Itch(date)
    for r in rows.itertuples(index=False):
        walk.message(r)
    return pd.DataFrame(walk.prints, columns=COLUMNS), walk.unknown


def check(name, path, prints, options, tmp, unknown=0):
    bars_path, summary_path = f"{tmp}/bars.csv", f"{tmp}/summary.json"
    # Executions of orders from before the first message have no price: a loss, and told as one.
    kit.replay([path], "--bars", bars_path, "--fill", "--summary", summary_path, "--revisions", f"{tmp}/revisions.csv",
               *options, want=(3,) if unknown else (0,))
    bars, s = kit.read_bars(bars_path), kit.summary(summary_path)
    want = kit.all_spans(prints) if len(prints) else None
    kit.check_identities(name, bars)
    if s["ledger"]["late_prints"] or s["ledger"]["revisions"]:
        kit.fail(f"{name}: late prints: the allowance is too small for a comparison")
    if s["ledger"]["exec_unknown_order"] != unknown:
        kit.fail(f"{name}: {s['ledger']['exec_unknown_order']} executions of unknown orders, wanted {unknown}")
    if want is None:
        if len(bars):
            kit.fail(f"{name}: {len(bars)} bars without a print")
        print(f"{name}: no prints, no bars")
        return
    both = kit.compare_bars(name, bars, want)
    for column, part in (("sign_exact", "exact"), ("sign_inferred", "inferred")):
        bad = both[~kit.near(both[column], both[part] / both["volume"])]
        if len(bad):
            kit.report(name, bad, column, bad[column], bad[part] / bad["volume"])
    series = compare_indicators(name, bars, want)
    print(f"{name}: {len(prints)} prints, {len(both)} bars with prints, {len(bars)} rows, {series} series of indicators",
          flush=True)


def main():
    if not (kit.CAPTURES / "golden").is_dir():
        kit.skip(f"no captures at {kit.CAPTURES}")
    with tempfile.TemporaryDirectory() as tmp:
        for name in ("DEEP10_20170425_session01", "DEEP10_20170425_sessions02-04_resets"):
            check(name, kit.CAPTURES / "iex" / f"iex_sample_{name}.pcap.gz", deep_prints(golden(name)),
                  ["--lateness", "15s"], tmp)
        for name, file, date in (
                ("ritch_ex20101224", "SYNTHETIC_ritch_ex20101224.TEST_ITCH_50", datetime.date(2010, 12, 24)),
                ("itch50_20191230_start_1000", "nasdaq_20191230_start_1000.itch50", datetime.date(2019, 12, 30))):
            prints, unknown = itch_prints(golden(name), date)
            check(name, kit.CAPTURES / "itch50_file" / file, prints, [], tmp, unknown)
    kit.finish("bars_oracle")


if __name__ == "__main__":
    main()
