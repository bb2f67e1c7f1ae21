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
        self.last = None

    def row(self, action, oid, side="", qty="", px="", tif="", ts=None, symbol=None, venue=None):
        now = self.m.ts - 900_000
        self.n = self.n + 1 if now == self.last else 0
        self.last = now
        self.rows.append((now + self.n * 1000 if ts is None else ts, action, oid, self.m.SYMBOL if symbol is None else symbol,
                          venue or self.m.venue, side, qty, px, tif))

    def buy(self, oid, qty, px="", tif="day", **more):
        self.row("new", oid, "B", qty, px, tif, **more)

    def sell(self, oid, qty, px="", tif="day", **more):
        self.row("new", oid, "S", qty, px, tif, **more)

    def cancel(self, oid, qty=""):
        self.row("cancel", oid, "", qty)

    def replace(self, oid, side, qty="", px="", tif=""):
        self.row("replace", oid, side, qty, px, tif)

    def fill(self, oid, qty, px, evidence, ahead=""):
        self.want.append((str(oid), qty, round(px * 10 ** 6), evidence, ahead))

    def ends(self, oid, state, filled, leaves, reason=""):
        self.end[str(oid)] = (state, filled, leaves, reason)

    def script(self):
        head = "ts_ns,action,id,symbol,venue,side,qty,price,tif\n"
        return head + "".join(",".join(str(x) for x in row) + "\n" for row in self.rows)


def case(market, *args, **options):
    """A case of a function; with several markets, one of each."""
    def made(function):
        for kind in market if isinstance(market, tuple) else (market,):
            c = Case(function.__name__, kind(*args))
            c.options = options
            function(c, c.m)
            if options.get("tail", True):  # rows behind the last message would not be reached
                c.m.status("A") if c.m.venue == "pillar" else c.m.system("Q")
            CASES.append(c)
        return function
    return made


ITCH, IEX, PILLAR = bytes_.Itch, bytes_.Iex, bytes_.Pillar


def tops():
    return bytes_.Iex(touch=True)
