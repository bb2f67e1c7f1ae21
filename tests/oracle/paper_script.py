# SPDX-License-Identifier: BSD-3-Clause
"""Random scripts for the paper exchange: orders near the touch of a capture's busiest instruments, of all kinds, with
cancels and replaces of what lives and of what does not, rows that must be rejected or ignored, and times that meet
messages exactly. The reference runs along, so that what is asked is about what is there."""
import collections

from paper_books import BOOKS
from paper_venue import LIVE, Row

HEAD = "ts_ns,action,id,symbol,venue,side,qty,price,tif\n"
TICK = 10_000
BUSY = {"add", "exec", "cancel", "delete", "replace", "modify", "hidden", "level", "trade", "quote"}


def decimal(e6):
    """Dollars as short as they can be."""
    whole, below = divmod(e6, 10 ** 6)
    return f"{whole}.{below:06d}".rstrip("0").rstrip(".") if e6 >= 0 else "-" + decimal(-e6)


class Author:
    """Rows of one leg. ids: numbers in no order, one for each new order of the script."""

    def __init__(self, rng, channel, symbol, ids, hidden):
        self.rng, self.venue, self.symbol, self.ids = rng, channel.venue, symbol, ids
        self.leg = BOOKS[channel.book](channel.venue, symbol, hidden)
        self.rows, self.mine, self.calm = [], [], rng.random() < 0.3

    def emit(self, ts, action, oid, side="", qty="", px="", tif="", **odd):
        """px in 1e-6 dollars, or text."""
        text = px if isinstance(px, str) else decimal(px)
        venue = self.rng.choice((self.venue, self.venue, self.venue.upper(), self.venue.title()))
        fields = (ts, action, oid, odd.get("symbol", self.symbol), odd.get("venue", venue), side, qty, text, tif)
        self.rows.append(fields)
        row = Row()
        row.ts, row.action, row.id, row.symbol, row.venue = ts, action, str(oid), self.symbol, self.venue
        row.side, row.tif, row.n = side, tif.lower(), len(self.rows)
        row.qty, row.price = qty if qty != "" else None, None if px == "" else 1 if isinstance(px, str) else px
        if "symbol" not in odd:
            self.leg.apply(row)

    # Prices and sizes.

    def price(self, buy):
        """Near the touch of either side; None where nothing is displayed."""
        own, other = (self.leg.prices(side) for side in (buy, not buy))
        best = (max(own) if buy else min(own)) if own else None
        facing = (min(other) if buy else max(other)) if other else None
        sign, pick = 1 if buy else -1, self.rng.random()
        if best is None and facing is None:
            return None
        if pick < 0.45 and best is not None:
            px = best - sign * TICK * self.rng.choice((0, 0, 0, 1, 1, 2, 3))
        elif pick < 0.6 and own:
            px = self.rng.choice(sorted(own))
        elif pick < 0.75 and best is not None:
            px = best + sign * TICK * self.rng.choice((1, 1, 2))
        elif facing is not None:
            px = facing + sign * TICK * self.rng.choice((-1, 0, 0, 0, 1, 2, 5))
        else:
            px = best
        if self.rng.random() < 0.05:
            px += 100 * self.rng.randint(-99, 99)
        return px if px > 0 else 100

    def shares(self, buy, px):
        size = self.leg.size(buy, px) or self.leg.size(not buy, px) or 100
        return self.rng.choice((1, 7, 100, 100, 300, max(1, size // 2), size, size + 1, 3 * size, self.rng.randint(1, 2000)))

    def when(self, f):
        """Mostly just behind a message, sometimes exactly at it, or with rows of before."""
        if self.rows and self.rng.random() < 0.1:
            return self.rows[-1][0]
        late = self.rng.choice((0, 0, 1, -1, self.rng.randint(0, 10 ** 6), self.rng.randint(0, 10 ** 8)))
        return f.ts + late

    # What is asked.

    def new(self, f):
        buy = self.rng.random() < 0.5
        px = self.price(buy)
        if px is None:
            return
        qty = self.shares(buy, px)
        tif = self.rng.choice(("day", "day", "day", "", "0", "ioc", "3", "DAY"))
        if self.rng.random() < 0.06:
            px, qty = "", min(qty, 500)
        oid = self.ids.pop()
        self.mine.append((oid, "B" if buy else "S"))
        self.emit(self.when(f), "new", oid, "B" if buy else "S", qty, px, tif)

    def target(self):
        """An order of ours, mostly one that lives."""
        live = [o for o in self.mine[-200:] if self.leg.orders[str(o[0])].state in LIVE]
        pool = live if live and self.rng.random() < 0.9 else self.mine
        return self.rng.choice(pool) if pool else (None, None)

    def cancel(self, f):
        oid, _ = self.target()
        if oid is None:
            return
        order = self.leg.orders[str(oid)]
        some = (order.filled, order.filled + 1, order.total - 1, order.total, self.rng.randint(1, max(1, order.total)))
        qty = self.rng.choice(("", "", 0, *some)) if order.state in LIVE else ""
        self.emit(self.when(f), "cancel", oid, "", max(0, qty) if qty != "" else "")

    def replace(self, f):
        oid, side = self.target()
        if oid is None:
            return
        order = self.leg.orders[str(oid)]
        qty = self.rng.choice(("", "", order.total, max(1, order.total - 1), order.total + 5, order.filled,
                               self.rng.randint(1, max(1, 2 * order.total))))
        px = "" if self.rng.random() < 0.4 else self.price(side == "B") or ""
        tif = self.rng.choice(("", "", "", "", "day", "ioc", "0"))
        if self.rng.random() < 0.05:
            side = "S" if side == "B" else "B"
        self.emit(self.when(f), "replace", oid, side, min(qty, 999_999) if qty != "" else "", px, tif)

    def bad(self, f):
        px = self.price(True) or 10 ** 7
        side, qty, px, tif = self.rng.choice((
            ("B", 0, px, "day"), ("S", 1_000_000, px, "day"), ("B", 10, "12.34567", "day"), ("S", 10, "0", "day"),
            ("B", 10, "200000", "ioc"), ("X", 10, px, "day"), ("T", 10, px, "day"), ("B", 10, px, "gtx"), ("S", 10, px, "6")))
        self.emit(self.when(f), "new", self.ids.pop(), side, qty, px, tif)
        if self.mine and self.rng.random() < 0.3:  # an id twice, perhaps with another leg's name
            oid, side = self.rng.choice(self.mine)
            self.emit(self.when(f), "new", oid, side, 10, 10 ** 7, "day", symbol="OTHER", venue=self.rng.choice(("itch", "iex")))

    def walk(self, facts, rows, newest):
        """Rows at random messages; more when prices move."""
        chance = rows / max(1, sum(1 for f in facts if f.kind in BUSY))
        for f in facts:
            self.leg.fact(f)
            if f.kind in BUSY or self.rng.random() < 0.05:
                while self.rng.random() < chance:
                    self.act(f)
                if self.rng.random() < chance / 20:
                    for _ in range(self.rng.randint(2, 6)):  # several at one time
                        self.act(f)
        if facts and self.rng.random() < 0.5:
            self.edges(facts[0].ts, max(f.ts for f in facts), newest)

    def act(self, f):
        crowded = len(self.leg.ours) > (70 if self.calm else 30)
        kind = self.rng.random()
        if crowded or kind < 0.2:
            self.cancel(f)
        elif kind < 0.4:
            self.replace(f)
        elif kind < 0.43:
            self.bad(f)
        else:
            self.new(f)

    def edges(self, first, last, newest):
        """Before the first message, at the last one, behind it and behind all."""
        for ts in (first - 10 ** 9, first - 1, first, last, last + 1, newest, newest + 1, newest + 10 ** 12):
            self.emit(ts, "new", self.ids.pop(), self.rng.choice("BS"), 100, 10 ** 7, "day")


def write(path, channels, rng, rows, legs, hidden="through"):
    """A script of about so many rows over so many of each channel's busiest legs. Returns how many."""
    pool = list(range(1, 10 * rows + 5000))
    rng.shuffle(pool)
    out = []
    for channel in channels:
        busy = collections.Counter(f.symbol for f in channel.facts if f.kind in BUSY)
        chosen = [symbol for symbol, _ in busy.most_common(legs)]
        of = {symbol: [] for symbol in chosen}
        for f in channel.facts:
            if f.symbol is None:
                for facts in of.values():
                    facts.append(f)
            elif f.symbol in of:
                of[f.symbol].append(f)
        total = sum(busy[symbol] for symbol in chosen)
        for symbol, facts in of.items():
            author = Author(rng, channel, symbol, pool, hidden)
            author.walk(facts, rows * busy[symbol] / max(1, total) / len(channels), channel.newest)
            out += author.rows
        for ts in (channel.facts[0].ts, channel.newest, channel.newest + 1):
            out.append((ts, "new", pool.pop(), "NEVER", channel.venue, "B", 100, "10", "day"))
    rng.shuffle(out)
    with open(path, "w", encoding="ascii") as f:
        f.write(HEAD)
        f.writelines(",".join(map(str, row)) + "\n" for row in out)
    return len(out)
