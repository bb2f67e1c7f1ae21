#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Is each bar that differs from those of a run which lost nothing flagged?
Usage: bars_flagged.py WANT.csv GOT.csv   prints a line; exit 1: one differs without a flag, or none has one"""
import csv
import sys

SUMS = ("open", "high", "low", "close", "volume", "trades")
MARKS = {"GAP", "BOOK_SUSPECT"}


def rows(path):
    with open(path, encoding="ascii") as file:
        return {(r["symbol"], r["span"], r["open_ts"]): r for r in csv.DictReader(file)}


def flagged(row):
    return bool(MARKS & set(row["flags"].split("|")))


def main():
    want, got = map(rows, sys.argv[1:])
    silent = [k for k, r in got.items() if (k not in want or any(r[c] != want[k][c] for c in SUMS)) and not flagged(r)]
    many = sum(map(flagged, got.values()))
    print(f"{len(got)} bars, {many} flagged; {len(silent)} differ without a flag {silent[:1] or ''}")
    sys.exit(1 if silent or not many else 0)


main()
