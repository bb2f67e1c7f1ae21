# SPDX-License-Identifier: BSD-3-Clause
"""Files of a run, made by hand: orders that buy and sell at the closes of a bars CSV by the clock, in exact decimals. What
wirebar report shows of them is known here."""
import csv
import random
from datetime import datetime, timedelta
from decimal import Decimal

HEADS = {
    "fills": "ts,order_id,fill_id,venue,symbol,side,qty,price,liquidity,fee,position,realized,queue_ahead_at_arrival,evidence",
    "positions": "position_id,symbol,entry_side,opened,closed,peak_qty,avg_open,avg_close,realized,fees,net,max_adverse,"
                 "max_favourable,exit_reason",
    "equity": "ts,realized,unrealized,fees,gross,net",
    "orders": "ts,event,order_id,venue,symbol,side,type,tif,qty,price,state,filled,leaves,avg_px,reason,source,gate,close_ts,"
              "submit_ts,ack_ts,venue_ref",
}
FEE = Decimal("0.0030")


def bars(path, symbols=("SPY", "QQQ"), minutes=390, start="2026-03-10T13:30:00", flags=None):
    """One-minute bars of a random walk, the same each time, with a 5 m row after each fifth; flags: {minute: text}."""
    rng, begin = random.Random(5), when(start)
    price = {s: Decimal(500 + 50 * n) for n, s in enumerate(symbols)}
    with open(path, "w", encoding="ascii") as f:
        f.write("symbol,span,open_ts,close_ts,open,high,low,close,volume,flags\n")
        for m in range(minutes):
            t = begin + timedelta(minutes=m)
            for s in symbols:
                points = [price[s] + Decimal(rng.randrange(-30, 31)) / 100 for _ in range(4)]
                price[s] = points[3]
                for span, n in (("1m", 1), ("5m", 5)):
                    if m % n == n - 1:
                        f.write(f"{s},{span},{ts(t - timedelta(minutes=n - 1))},{ts(t + timedelta(minutes=1))},{points[0]},"
                                f"{max(points)},{min(points)},{points[3]},{rng.randrange(100, 9000)},"
                                f"{(flags or {}).get(m, '')}\n")


def ts(t):
    return t.strftime("%Y-%m-%dT%H:%M:%S.000000000Z")


def when(text):
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")


def write(path, name, rows):
    with open(path, "w", encoding="ascii") as f:
        f.write(HEADS[name] + "\n")
        for row in rows:
            f.write(",".join(str(v) for v in row) + "\n")


class Book:
    """One symbol: opens 300 in two fills every `every` bars, closes them `hold` bars later; short every third time."""

    def __init__(self, symbol, every=17, hold=6, start=5):
        self.symbol, self.every, self.hold, self.start = symbol, every, hold, start
        self.position = self.n = 0
        self.open_at = self.cost = self.realized = self.fees = Decimal(0)

    def step(self, i, bar, run):
        k, at = divmod(i - self.start, self.every)
        close = Decimal(bar["close"])
        now = when(bar["close_ts"]) + timedelta(seconds=1)
        if i >= self.start and at == 0 and not self.position:
            self.short = k % 3 == 2
            self.opened = now
            for n, qty in enumerate((200, 100)):
                run.fill(self, now + timedelta(seconds=n), -qty if self.short else qty, close + n * Decimal("0.01"), n + 1)
            self.before = self.realized, self.fees
        elif at == self.hold and self.position:
            cost, qty = self.cost, abs(self.position)
            run.fill(self, now, -self.position, close, 1)
            realized, fees = self.realized - self.before[0], FEE * 2 * qty
            run.positions.append((len(run.positions) + 1, self.symbol, "sell" if self.short else "buy", ts(self.opened), ts(now),
                                  qty, round(abs(cost) / qty, 6), close, realized, fees, realized - fees, min(realized, 0),
                                  max(realized, 0), "gate"))
        self.unrealized = self.position * close - self.cost


class Run:
    def __init__(self, bars, symbols, **how):
        self.fills, self.positions, self.equity, self.orders = [], [], [], []
        books = {s: Book(s, **how) for s in symbols}
        rows = {}
        with open(bars, encoding="ascii") as f:
            for row in csv.DictReader(f):
                if row["span"] == "1m" and row["close"] and row["symbol"] in books:
                    rows.setdefault(row["close_ts"], {})[row["symbol"]] = row
        seen = dict.fromkeys(symbols, 0)
        for close_ts in sorted(rows):
            for s in sorted(rows[close_ts]):
                books[s].step(seen[s], rows[close_ts][s], self)
                seen[s] += 1
            total = [sum(getattr(b, k) for b in books.values()) for k in ("realized", "unrealized", "fees")
                     ] if all(seen.values()) else [0, 0, 0]
            self.equity.append((close_ts, *total, total[0] + total[1], total[0] + total[1] - total[2]))

    def fill(self, book, now, change, price, n):
        realized = Decimal(0)
        if book.position * change < 0:
            realized = -change * price - book.cost
            book.cost = Decimal(0)
        else:
            book.cost += change * price
        if n == 1:
            book.n += 1
        book.position += change
        book.realized += realized
        book.fees += FEE * abs(change)
        order = f"{book.symbol}{book.n}"
        self.fills.append((ts(now), order, n, "itch", book.symbol, "buy" if change > 0 else "sell", abs(change), price, "A",
                           FEE * abs(change), book.position, realized, 100, "a"))
        for event in ("accepted", "fill"):
            self.orders.append((ts(now), event, order, "itch", book.symbol, "B", "limit", "day", abs(change), price, "LIVE", 0, 0,
                                "", "", "script", "", "", "", "", ""))

    def write(self, prefix):
        """Returns the options that name the files."""
        options = []
        for name in HEADS:
            write(f"{prefix}{name}.csv", name, getattr(self, name))
            options += [f"--{name}", f"{prefix}{name}.csv"]
        return options
