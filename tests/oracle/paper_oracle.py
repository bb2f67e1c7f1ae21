#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The reference of the paper exchange: replays captures with a script of orders and prints what became of them.
Usage: paper_oracle.py --script FILE CAPTURE... [--date YYYY-MM-DD] [--hidden through|at|never]
       paper_oracle.py --self-test     the cases whose fills were counted by hand"""
import argparse
import datetime
import pathlib
import sys
import tempfile

import paper_cases_life  # pylint: disable=unused-import
import paper_cases_queue  # pylint: disable=unused-import
import paper_venue as venue
import paper_wire as wire
from paper_books import run
from paper_case import CASES, tail


def replay(files, script, date_ns=None, hidden="through"):
    return run(wire.channels(files, date_ns), venue.read_script(script), hidden)


def check(case, fills, orders):
    """What differs from what a case wants; fills: (id, qty, price, evidence, ahead)."""
    bad = []
    if fills != case.want:
        n = next((i for i, (a, b) in enumerate(zip(fills, case.want)) if a != b), min(len(fills), len(case.want)))
        got, want = (x[n] if n < len(x) else None for x in (fills, case.want))
        bad.append(f"fill {n} is {got}, wanted {want}")
    bad += [f"order {oid} is {orders.get(oid)}, wanted {want}" for oid, want in case.end.items() if orders.get(oid) != want]
    return bad


def run_together(recipes, tmp, replay_one):
    """Makes cases in one stream each, as far as they can be, and calls replay_one(capture, script, cases) for each stream.
    Returns the number of cases."""
    streams = {}
    for recipe in recipes:
        key = id(recipe) if recipe.alone or not recipe.options.get("tail", True) else (recipe.kind, str(recipe.options))
        before = streams.setdefault(key, [])
        before.append(recipe.make(before[-1] if before else None))
    for cases in streams.values():
        last = cases[-1]
        if last.options.get("tail", True):
            tail(last.m)
        capture, script = f"{tmp}/case.pcap", f"{tmp}/case.csv"
        last.m.write(capture)
        rows = [line for c in cases for line in c.script().splitlines()[1:]]
        pathlib.Path(script).write_text("\n".join([cases[0].script().splitlines()[0], *rows, ""]), encoding="ascii")
        replay_one(capture, script, cases)
    return len(recipes)


def judge(cases, fills, orders):
    """Prints what differs from what cases want, by the numbers of their orders."""
    failed = 0
    for c in cases:
        mine = [f for f in fills if c.first_id <= int(f[0]) < c.first_id + 10_000]
        for text in check(c, mine, orders):
            print(f"FAIL {c.name} ({c.m.venue}): {text}", flush=True)
            failed += 1
    return failed


def self_test():
    """Each case alone, then many in one stream."""
    failed = []

    def one(capture, script, cases):
        out = replay([capture], script, None, cases[0].options.get("hidden", "through"))
        fills = [(f.order.id, f.qty, f.px, f.evidence, f.row()[-2]) for f in out.fills]
        failed.append(judge(cases, fills, out.orders))

    with tempfile.TemporaryDirectory() as tmp:
        for recipe in CASES:
            run_together([recipe], tmp, one)
        run_together(CASES, tmp, one)
    print(f"paper cases: {len(CASES)} in {len(failed)} replays, {sum(failed)} failures")
    return 1 if sum(failed) else 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--self-test", action="store_true")
    p.add_argument("--script")
    p.add_argument("--date")
    p.add_argument("--hidden", default="through", choices=("through", "at", "never"))
    p.add_argument("files", nargs="*")
    args = p.parse_args()
    if args.self_test:
        return self_test()
    date = datetime.datetime.fromisoformat(args.date).replace(tzinfo=wire.NEW_YORK).timestamp() if args.date else None
    out = replay(args.files, args.script, int(date) * 10 ** 9 if date is not None else None, args.hidden)
    for f in out.fills:
        print(*f.row(), sep=",")
    for oid in sorted(out.orders, key=int):
        print("order", oid, *out.orders[oid], sep=",")
    return 0


if __name__ == "__main__":
    sys.exit(main())
