# SPDX-License-Identifier: BSD-3-Clause
"""A plain reference of the paper exchange: lists in time order, no cleverness. A price of an order-by-order book is one list
in which orders of the market and orders of ours stand as they came, so that who is ahead of whom needs no bookkeeping.
Sections 6 and 15 of the rules are its only source; (a) to (d) and C1 to C30 are theirs. Plain Python, slow, to be compared
with."""
import collections
import csv

RESTING = 64
PRICE_MAX, QTY_MAX = 199_999_990_000, 999_999
LIVE = ("LIVE", "PART")
VENUES = ("itch", "iex", "pillar")
BAD = -1  # a number that is none


def reaches(buy, limit, px):
    """Whether an order with this limit would trade at px; no limit: at any."""
    return limit is None or (px <= limit if buy else px >= limit)


def better(buy, a, b):
    """Whether price a comes before b on a side."""
    return a > b if buy else a < b


# The script.

class Row:
    __slots__ = ("ts", "action", "id", "symbol", "venue", "side", "qty", "price", "tif", "n")


def micros(text):
    """Decimal dollars to 1e-6; BAD where that is not exact or no number."""
    whole, _, below = text.strip().lstrip("-").partition(".")
    if not (whole + below).isdigit() or below[6:].strip("0"):
        return BAD
    value = int(whole or 0) * 10 ** 6 + int((below + "000000")[:6])
    return -value if text.strip().startswith("-") else value


def read_script(path):
    """Rows in the order in which they are applied (C1)."""
    rows = []
    with open(path, newline="", encoding="ascii") as f:
        for n, r in enumerate(csv.DictReader(f)):
            row = Row()
            row.ts, row.action, row.id, row.n = int(r["ts_ns"]), r["action"].lower(), r["id"], n
            row.symbol, row.venue, row.side, row.tif = r["symbol"], r["venue"].lower(), r["side"], r["tif"].lower()
            row.qty = int(r["qty"]) if r["qty"] else None
            row.price = micros(r["price"]) if r["price"] else None
            rows.append(row)
    return sorted(rows, key=lambda row: (row.ts, int(row.id), row.n))


class Order:
    def __init__(self, row, leg):
        self.leg = leg
        self.id, self.buy, self.limit, self.ioc = row.id, row.side == "B", row.price, row.tif in ("ioc", "3")
        self.total, self.filled, self.state, self.reason = row.qty or 0, 0, "NEW", ""
        self.ahead_at_arrival, self.unknown, self.fills = None, False, []
        self.behind, self.frozen = set(), None  # L3; frozen: ahead since a ref could not be remembered
        self.ahead = None  # L2 and L1

    @property
    def leaves(self):
        return 0 if self.state not in LIVE else self.total - self.filled

    @property
    def market(self):
        return self.limit is None


class Fill:
    __slots__ = ("ts", "order", "n", "qty", "px", "liquidity", "ahead", "evidence", "match", "broken")

    def row(self):
        leg, ahead = self.order.leg, "" if self.liquidity == "R" or self.ahead is None else self.ahead
        return (self.ts, leg.venue, leg.symbol, self.order.id, self.n, "B" if self.order.buy else "S", self.qty, self.px,
                self.liquidity, ahead, self.evidence)


class Leg:
    """What all kinds of books share. A kind says what is displayed (size, prices), who is ahead (ahead), how an order joins and
    leaves its line (join, leave), and what facts do to the book (book_<kind>)."""

    def __init__(self, venue, symbol, hidden="through"):
        self.venue, self.symbol, self.hidden = venue, symbol, hidden
        self.named = self.suspect = self.closed = False
        self.forbids = {}  # status of a kind -> whether it forbids matching (C13)
        self.ours, self.taken = [], {}  # resting, in time order; (side, price) -> shares
        self.orders, self.fills, self.events, self.count = {}, [], [], collections.Counter()
        self.ts = 0

    # What happens to orders of ours.

    @property
    def matching(self):
        return not any(self.forbids.values())

    @property
    def blind(self):
        return self.suspect or not self.matching

    def tell(self, event, order, ts, qty=0, px=None):
        self.events.append((ts, event, order.id, order.state, order.filled, order.leaves, order.reason, qty, px))

    def line(self, buy):
        """Ours of a side in price-time order."""
        mine = [o for o in self.ours if o.buy == buy]
        return sorted(mine, key=lambda o: -o.limit if buy else o.limit)

    def fill(self, order, qty, px, evidence, match=None, ts=None):
        assert 0 < qty <= order.leaves
        f = Fill()
        f.ts, f.order, f.qty, f.px, f.evidence, f.match, f.broken = ts or self.ts, order, qty, px, evidence, match, False
        f.liquidity, f.ahead, f.n = "R" if evidence == "take" else "A", order.ahead_at_arrival, len(order.fills) + 1
        order.fills.append(f)
        self.fills.append(f)
        order.filled += qty
        order.state = "PART" if order.filled < order.total else "FILLED"
        if order.state == "FILLED" and order in self.ours:
            self.remove(order)
        self.tell("fill", order, f.ts, qty, px)

    def remove(self, order):
        self.ours.remove(order)
        self.leave(order)

    def end(self, order, state, reason, ts, event=None):
        if order in self.ours:
            self.remove(order)
        order.state, order.reason = state, reason
        self.tell(event or state.lower(), order, ts)

    def unknown(self):
        for order in self.ours:
            order.unknown = True

    def rest(self, order):
        """Joins behind everything at its price (C14, C17: unknown where the book is suspect)."""
        order.unknown = self.suspect
        self.ours.append(order)
        self.join(order)
        order.ahead_at_arrival = None if order.unknown else self.ahead(order)

    def arrive(self, order, ts):
        """C12, C14, C18, C25: an accepted order, or one that goes to the back."""
        got = order.filled
        if self.closed:
            self.end(order, "CANCELLED", "E", ts)
            return
        if not self.blind:
            self.walk(order, ts)
        if order.state not in LIVE:
            return
        if order.market or order.ioc:
            self.end(order, "CANCELLED", "I" if order.filled > got else "dead", ts)
        else:
            self.rest(order)

    def walk(self, order, ts):
        other = not order.buy
        mine = self.line(other)
        prices = self.prices(other) | {o.limit for o in mine}
        for px in sorted(prices, reverse=other):
            if not reaches(order.buy, order.limit, px):
                break
            oldest = next((o for o in mine if o.limit == px), None)
            there = self.size(other, px)
            if oldest:  # a touch may have left a price whose shares are still ahead of ours
                there = 0 if oldest.unknown else min(there, self.ahead(oldest) or 0)
            qty = min(order.leaves, max(0, there - self.taken.get((other, px), 0)))
            if qty:
                self.taken[other, px] = self.taken.get((other, px), 0) + qty
                self.fill(order, qty, px, "take", ts=ts)
            if order.state not in LIVE:
                break
            if oldest:
                self.end(order, "CANCELLED", "Q", ts)
                break

    # What the script asks.

    def apply(self, row):
        """None is told of what the row did but by states, fills and counts."""
        getattr(self, row.action)(row)

    def invalid(self, row):
        """C27."""
        if row.side not in ("B", "S") or row.tif not in ("", "day", "0", "ioc", "3") or not self.named:
            return True
        if row.qty is None or not 1 <= row.qty <= QTY_MAX:
            return True
        return row.price is not None and not (0 < row.price <= PRICE_MAX and row.price % 100 == 0)

    def new(self, row):
        if row.id in self.orders:
            self.count["ignored"] += 1
            return
        order = self.orders[row.id] = Order(row, self)
        if self.invalid(row) or len(self.ours) >= RESTING:
            self.end(order, "REJECTED", "rejected", row.ts)
            return
        order.state = "LIVE"
        self.tell("accepted", order, row.ts, order.total, order.limit)
        self.arrive(order, row.ts)

    def live(self, row):
        order = self.orders.get(row.id)
        if not order or order.state not in LIVE:
            self.count["ignored"] += 1
            return None
        return order

    def cancel(self, row):
        """C15."""
        order = self.live(row)
        if not order:
            return
        total = row.qty or 0
        if total <= order.filled:
            self.end(order, "CANCELLED", "U", row.ts)
        elif total < order.total:
            order.total = total
            self.tell("reduced", order, row.ts, total)

    def replace(self, row):
        """C16."""
        order = self.live(row)
        if not order:
            return
        if row.side and row.side != ("B" if order.buy else "S"):
            self.count["ignored"] += 1
            return
        total = order.total if row.qty is None else row.qty
        limit = order.limit if row.price is None else row.price
        ioc = order.ioc if not row.tif else row.tif in ("ioc", "3")
        if total <= order.filled:
            order.total = total
            self.end(order, "CANCELLED", "replaced", row.ts)
            return
        back = limit != order.limit or total > order.total or ioc != order.ioc
        if back:
            self.remove(order)
            order.behind, order.frozen, order.ahead = set(), None, None
            order.unknown, order.ahead_at_arrival = False, None
        order.total, order.limit, order.ioc = total, limit, ioc
        self.tell("replaced", order, row.ts, total, limit)
        if back:
            self.arrive(order, row.ts)

    # What facts do.

    def fact(self, f):
        self.ts = f.ts
        self.named = self.named or f.symbol is not None
        getattr(self, "on_" + f.kind)(f)

    def on_name(self, f):
        pass

    on_system = on_name

    def on_hole(self, _):
        self.suspect = True
        self.unknown()

    def on_restart(self, _):
        self.suspect = self.closed = False
        self.on_clear(_)

    def on_clear(self, _):
        self.unknown()
        self.taken.clear()
        self.empty()

    def on_close(self, f):
        self.closed = True
        for order in list(self.ours):
            self.end(order, "EXPIRED", "T", f.ts)

    def on_status(self, f):
        self.forbids[f.flag] = not f.evidence

    def on_session(self, f):
        """Pillar's status of a symbol."""
        if f.flag in "346PBX":
            self.forbids["session"] = True
        elif f.flag in "5EOL":
            self.forbids["session"] = False
        if f.flag in "LX":
            self.on_close(f)
        if f.flag == "X":
            self.on_clear(f)

    def on_break(self, f):
        """C21."""
        for fill in [x for x in self.fills if x.match == f.match and not x.broken and x.evidence != "break"]:
            fill.broken = True
            undo = Fill()
            for name in Fill.__slots__:
                setattr(undo, name, getattr(fill, name))
            undo.ts, undo.qty, undo.evidence = f.ts, -fill.qty, "break"
            self.fills.append(undo)
            self.tell("break", fill.order, f.ts, -fill.qty, fill.px)

    def shrink(self, buy, px):
        """After a level has changed: taken (Taking, C24)."""
        if (buy, px) in self.taken:
            size = self.size(buy, px)
            self.taken[buy, px] = min(self.taken[buy, px], size)
            if not size:
                del self.taken[buy, px]

    def stands_before(self, order):
        """C6: a real displayed share, at a better price or ahead at ours."""
        prices = self.prices(order.buy)
        best = (max(prices) if order.buy else min(prices)) if prices else None
        return (best is not None and better(order.buy, best, order.limit)) or (self.ahead(order) or 0) > 0

    def appears(self, buy, px, size, growth=None, old_px=None):
        """(c): size appears on a side; of what stood at old_px before only the growth is new (C5, C6, C7)."""
        if self.blind:
            return
        given = 0
        for order in self.line(not buy):
            if order.unknown or not reaches(order.buy, order.limit, px):
                continue
            new = growth if old_px is not None and reaches(order.buy, order.limit, old_px) else size
            qty = min(order.leaves, new - given)
            if qty <= 0:
                continue
            if self.stands_before(order):
                self.count["queue_break"] += 1
                continue
            given += qty
            self.taken[buy, px] = self.taken.get((buy, px), 0) + qty
            self.fill(order, qty, order.limit, "c")
