# SPDX-License-Identifier: BSD-3-Clause
"""A plain order book by price, the aggressor rules (docs/bars.md, Aggressor), and New York sessions: written for clarity, to
be compared with."""
import datetime
import functools
import zoneinfo

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")


@functools.lru_cache(maxsize=None)
def _session_of_second(second):
    t = datetime.datetime.fromtimestamp(second, NEW_YORK)
    minutes = t.hour * 60 + t.minute
    for end, name in ((240, None), (570, "PRE"), (960, "RTH"), (1200, "POST")):
        if minutes < end:
            return name
    return None


def session_of(ns):
    return _session_of_second(ns // 10 ** 9)


def session_key(ns):
    """Differs between any two sessions."""
    return datetime.datetime.fromtimestamp(ns // 10 ** 9, NEW_YORK).date().isoformat() + str(session_of(ns))


class Book:
    """Two dictionaries of price to shares; touch is that of the last completed update."""

    def __init__(self):
        self.bids, self.asks, self.touch = {}, {}, (None, None)

    def set(self, buy, px, shares):
        side = self.bids if buy else self.asks
        if shares:
            side[px] = shares
        else:
            side.pop(px, None)

    def add(self, buy, px, shares):
        self.set(buy, px, (self.bids if buy else self.asks).get(px, 0) + shares)

    def complete(self):
        self.touch = (max(self.bids, default=None), min(self.asks, default=None))


class Signer:
    """Quote rule against the touch before the first print of a nanosecond, then tick test with carried zero ticks."""

    def __init__(self):
        self.ts, self.touch, self.last, self.tick, self.session = None, (None, None), None, 0, None

    def side(self, ts, px, touch):
        """Of a print that the feed does not sign; must also be told of those that it signs."""
        key = session_key(ts)
        if key != self.session:
            self.session, self.tick, self.last = key, 0, None
        if ts != self.ts:
            self.ts, self.touch = ts, touch
        bid, ask = self.touch
        if self.last is not None and px != self.last:
            self.tick = 1 if px > self.last else -1
        self.last = px
        if bid is not None and ask is not None and 2 * px != bid + ask:
            return 1 if 2 * px > bid + ask else -1
        return self.tick
