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
from paper_case import CASES


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


def self_test():
    failed = 0
    with tempfile.TemporaryDirectory() as tmp:
        for case in CASES:
            capture, script = f"{tmp}/case.pcap", f"{tmp}/script.csv"
            case.m.write(capture)
            pathlib.Path(script).write_text(case.script(), encoding="ascii")
            out = replay([capture], script, None, case.options.get("hidden", "through"))
            fills = [(f.order.id, f.qty, f.px, f.evidence, f.row()[-2]) for f in out.fills]
            for text in check(case, fills, out.orders):
                print(f"FAIL {case.name} ({case.m.venue}): {text}")
                failed += 1
    print(f"paper cases: {len(CASES)}, {failed} failures")
    return 1 if failed else 0


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
