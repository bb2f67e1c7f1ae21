# SPDX-License-Identifier: BSD-3-Clause
"""The three kinds of books of the paper exchange's reference: orders (L3), levels (L2), touches (L1). on_<kind> is what a
fact of paper_wire.py does. Letters and numbers in comments are those of the rules that paper_venue.py names."""
import collections

from paper_venue import VENUES, Leg, Order, better, reaches

REMEMBERED = 8192


class Real:
    """An order of the market."""
    __slots__ = ("ref", "buy", "px", "shares")

    def __init__(self, ref, buy, px, shares):
        self.ref, self.buy, self.px, self.shares = ref, buy, px, shares


class OrderBook(Leg):
    """L3: each price is one list of real orders and of ours."""

    def __init__(self, *args):
        super().__init__(*args)
        self.refs, self.levels = {}, {}
        self.shown = {True: {}, False: {}}  # the sum of each list's real shares, for those that have any

    def size(self, buy, px):
        return self.shown[buy].get(px, 0)

    def prices(self, buy):
        return self.shown[buy].keys()

    def ahead(self, order):
        if order.frozen is not None:
            return order.frozen
        level = self.levels[order.buy, order.limit]
        return sum(e.shares for e in level[:level.index(order)] if isinstance(e, Real))

    def join(self, order):
        self.levels.setdefault((order.buy, order.limit), []).append(order)

    def leave(self, order):
        level = self.levels[order.buy, order.limit]
        level.remove(order)
        if not level:
            del self.levels[order.buy, order.limit]

    def empty(self):
        self.refs.clear()
        self.shown = {True: {}, False: {}}
        self.levels = {key: [e for e in level if not isinstance(e, Real)] for key, level in self.levels.items()}
        self.levels = {key: level for key, level in self.levels.items() if level}
        for order in self.ours:
            order.behind.clear()

    def enters(self, ref, buy, px, shares):
        """A real order joins its level behind everything; ours there remember it (C26)."""
        if not shares:
            return
        real = self.refs[ref] = Real(ref, buy, px, shares)
        self.shown[buy][px] = self.size(buy, px) + shares
        level = self.levels.setdefault((buy, px), [])
        for order in level:
            if isinstance(order, Order):
                if len(order.behind) < REMEMBERED:
                    order.behind.add(ref)
                else:
                    order.frozen = self.ahead(order)
                    self.count["queue_approx"] += 1
        level.append(real)

    def less(self, real, shares):
        """A real order loses shares, whatever the reason; without any left it is gone."""
        real.shares -= shares
        self.shown[real.buy][real.px] -= shares
        if not real.shares:
            del self.refs[real.ref]
            level = self.levels[real.buy, real.px]
            level.remove(real)
            for order in level:
                if isinstance(order, Order):
                    order.behind.discard(real.ref)
            if not level:
                del self.levels[real.buy, real.px]
        if not self.size(real.buy, real.px):
            del self.shown[real.buy][real.px]
        self.shrink(real.buy, real.px)

    def known(self, ref):
        """C17: None, and the leg suspect, where the book does not know the order."""
        real = self.refs.get(ref)
        if real is None:
            self.on_hole(None)
        return real

    def on_add(self, f):
        self.enters(f.ref, f.buy, f.px, f.qty)
        if f.flag:  # told by a refresh: C9
            self.unknown()
        else:
            self.appears(f.buy, f.px, f.qty)

    def on_cancel(self, f):
        real = self.known(f.ref)
        if real:
            self.less(real, min(f.qty, real.shares))

    def on_delete(self, f):
        real = self.known(f.ref)
        if real:
            self.less(real, real.shares)

    def on_exec(self, f):
        """(a) and (b): C4, C5, C10, C11."""
        real = self.known(f.ref)
        if not real:
            return
        qty = min(f.qty, real.shares)
        if f.evidence and not self.blind:
            left = qty
            for order in self.line(real.buy):
                if order.unknown or not left:
                    continue
                worse = better(real.buy, order.limit, real.px)
                if worse or (order.limit == real.px and real.ref in order.behind):
                    if self.ahead(order):
                        self.count["queue_break"] += 1
                    n = min(order.leaves, left)
                    left -= n
                    self.fill(order, n, order.limit, "b" if worse else "a", f.match)
        self.less(real, qty)

    def on_replace(self, f):
        real = self.known(f.ref)
        if real:
            shares = real.shares
            self.less(real, shares)
            self.enters(f.new, real.buy, f.px, f.qty)
            self.appears(real.buy, f.px, f.qty, max(0, f.qty - shares), real.px)

    def on_modify(self, f):
        """C8."""
        real = self.known(f.ref)
        if not real:
            return
        shares = real.shares
        if f.kept and f.px == real.px and f.qty:
            if f.qty < shares:
                self.less(real, shares - f.qty)
            else:
                real.shares = f.qty
                self.shown[real.buy][real.px] += f.qty - shares
        else:
            self.less(real, shares)
            self.enters(f.ref, real.buy, f.px, f.qty)
        self.appears(real.buy, f.px, f.qty, max(0, f.qty - shares), real.px)

    def on_hidden(self, f):
        """(d): C28."""
        if not f.evidence or self.blind or self.hidden == "never":
            return
        for buy in (True, False):
            left = f.qty
            for order in self.line(buy):
                through = better(buy, order.limit, f.px) or (self.hidden == "at" and order.limit == f.px)
                if order.unknown or not left or not through:
                    continue
                if self.ahead(order):
                    self.count["queue_break"] += 1
                n = min(order.leaves, left)
                left -= n
                self.fill(order, n, order.limit, "d", f.match)


class LevelBook(Leg):
    """L2: sizes of prices; what is ahead is counted down by trades and capped by levels."""

    def __init__(self, *args):
        super().__init__(*args)
        self.levels = {True: {}, False: {}}

    def size(self, buy, px):
        return self.levels[buy].get(px, 0)

    def prices(self, buy):
        return self.levels[buy].keys()

    def ahead(self, order):
        return order.ahead

    def join(self, order):
        order.ahead = self.size(order.buy, order.limit)

    def leave(self, order):
        pass

    def empty(self):
        self.levels = {True: {}, False: {}}

    def on_level(self, f):
        old = self.size(f.buy, f.px)
        self.levels[f.buy].pop(f.px, None)
        if f.qty:
            self.levels[f.buy][f.px] = f.qty
        self.shrink(f.buy, f.px)
        for order in self.ours:
            if order.buy == f.buy and order.limit == f.px:
                order.ahead = min(order.ahead, f.qty)
        self.appears(f.buy, f.px, f.qty - old)

    def on_trade(self, f):
        """C19, C20, C22, C23."""
        if not f.evidence or self.blind:
            return
        for buy in (True, False):
            if f.px in self.prices(not buy):
                continue
            got = 0
            for order in self.line(buy):
                if order.unknown or not reaches(buy, order.limit, f.px):
                    continue
                if better(buy, order.limit, f.px):
                    order.ahead = 0
                    qty = min(order.leaves, f.qty - got)
                elif order.ahead is None:
                    continue
                else:
                    qty = min(order.leaves, f.qty - got - order.ahead)
                    order.ahead = max(0, order.ahead - f.qty)
                if qty > 0:
                    got += qty
                    self.fill(order, qty, order.limit, "b" if better(buy, order.limit, f.px) else "a", f.match)


class TouchBook(LevelBook):
    """L1: one level a side. An order deeper than that has no ahead (None) until the touch shows its price (C23)."""

    def touch(self, buy):
        return next(iter(self.levels[buy].items()), (None, 0))

    def join(self, order):
        px, size = self.touch(order.buy)
        order.ahead = size if px == order.limit else None if px is not None and better(order.buy, px, order.limit) else 0

    def on_quote(self, f):
        old = {buy: self.touch(buy) for buy in (True, False)}
        self.levels = {True: {f.px: f.qty} if f.qty else {}, False: {f.ask[0]: f.ask[1]} if f.ask[1] else {}}
        for buy in (True, False):
            for px in {key[1] for key in self.taken if key[0] == buy}:
                self.shrink(buy, px)
        for order in self.ours:
            px, size = self.touch(order.buy)
            if px == order.limit:
                order.ahead = size if order.ahead is None else min(order.ahead, size)
            elif px is None or better(order.buy, order.limit, px):
                order.ahead = 0
        for buy in (True, False):
            px, size = self.touch(buy)
            if size:
                self.appears(buy, px, size - old[buy][1] if px == old[buy][0] else size)


BOOKS = {"L3": OrderBook, "L2": LevelBook, "L1": TouchBook}


class Result:
    """What a script came to: order id -> (state, filled, leaves, reason), fills as rows, events, counts; legs as they are at
    the end."""

    def __init__(self):
        self.orders, self.fills, self.events, self.count, self.legs = {}, [], [], collections.Counter(), []


def run(channels, rows, hidden="through"):
    """All legs that the rows name, each by itself (C2, C3)."""
    out, of_id, legs = Result(), {}, {}
    for row in rows:
        key = of_id.setdefault(row.id, (row.venue, row.symbol))
        legs.setdefault(key, []).append(row)
    for channel in channels:
        mine = {symbol: (BOOKS[channel.book](venue, symbol, hidden), collections.deque(waiting))
                for (venue, symbol), waiting in legs.items() if venue == channel.venue}
        for f in channel.facts:
            for leg, waiting in [mine[f.symbol]] if f.symbol in mine else mine.values() if f.symbol is None else ():
                while waiting and waiting[0].ts < f.ts:
                    leg.apply(waiting.popleft())
                leg.fact(f)
        for leg, waiting in mine.values():
            while waiting and waiting[0].ts <= channel.newest:
                leg.apply(waiting.popleft())
            out.legs.append(leg)
            out.count.update(leg.count)
            out.orders.update({o.id: (o.state, o.filled, o.leaves, o.reason) for o in leg.orders.values()})
    for row in rows:
        if row.action == "new" and row.id not in out.orders:
            out.orders[row.id] = ("NEW", 0, row.qty or 0, "")
    # By ts, then venue, then as it happened in the leg (C29).
    legs = sorted(out.legs, key=lambda leg: VENUES.index(leg.venue))
    out.fills = sorted((f for leg in legs for f in leg.fills), key=lambda f: f.ts)
    out.events = sorted((e for leg in legs for e in leg.events), key=lambda e: e[0])
    return out
