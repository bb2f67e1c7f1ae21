# SPDX-License-Identifier: BSD-3-Clause
"""A case of the paper exchange: a market made of bytes by hand, a script, and what must come of it. The cases are in
paper_cases_queue.py and paper_cases_life.py."""
import paper_bytes as bytes_

CASES = []


class Case:
    """A market and a script beside it. A row arrives behind the messages before it and before the next one. want: (id, qty,
    price, evidence, ahead at arrival) of each fill in order; end: id -> (state, filled, leaves, reason)."""

    def __init__(self, name, market):
        self.name, self.m, self.rows, self.n, self.want, self.end, self.options = name, market, [], 0, [], {}, {}
        self.last, self.first_id = None, 0

    def row(self, action, oid, side="", qty="", px="", tif="", ts=None, symbol=None, venue=None):
        now = self.m.ts - 900_000
        self.n = self.n + 1 if now == self.last else 0
        self.last = now
        symbol = self.m.symbol if symbol is None else symbol
        ts = now + self.n * 1000 if ts is None else ts
        self.rows.append((ts, action, self.first_id + oid, symbol, venue or self.m.venue, side, qty, px, tif))

    def buy(self, oid, qty, px="", tif="day", **more):
        self.row("new", oid, "B", qty, px, tif, **more)

    def sell(self, oid, qty, px="", tif="day", **more):
        self.row("new", oid, "S", qty, px, tif, **more)

    def cancel(self, oid, qty=""):
        self.row("cancel", oid, "", qty)

    def replace(self, oid, side, qty="", px="", tif=""):
        self.row("replace", oid, side, qty, px, tif)

    def fill(self, oid, qty, px, evidence, ahead=""):
        self.want.append((str(self.first_id + oid), qty, round(px * 10 ** 6), evidence, ahead))

    def ends(self, oid, state, filled, leaves, reason=""):
        self.end[str(self.first_id + oid)] = (state, filled, leaves, reason)

    def script(self):
        head = "ts_ns,action,id,symbol,venue,side,qty,price,tif\n"
        return head + "".join(",".join(str(x) for x in row) + "\n" for row in self.rows)


class Recipe:
    """A case that can be made alone, or behind others in one stream."""

    def __init__(self, function, kind, first, options):
        self.function, self.kind, self.first, self.options = function, kind, first, options
        self.alone = self.make().m.alone

    def make(self, behind=None):
        c = Case(self.function.__name__, self.kind(behind=behind.m) if behind else self.kind(first=self.first))
        c.first_id = behind.first_id + 10_000 if behind else 0
        c.options = self.options
        self.function(c, c.m)
        return c


def tail(market):
    """A last message: rows behind it would not be reached (C3)."""
    market.status("A") if market.venue == "pillar" else market.system("Q")


def case(market, first=1, **options):
    """A case of a function; with several markets, one of each."""
    def made(function):
        for kind in market if isinstance(market, tuple) else (market,):
            CASES.append(Recipe(function, kind, first, options))
        return function
    return made


ITCH, IEX, PILLAR = bytes_.Itch, bytes_.Iex, bytes_.Pillar


def tops(**more):
    return bytes_.Iex(touch=True, **more)
