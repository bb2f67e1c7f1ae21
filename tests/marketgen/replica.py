# SPDX-License-Identifier: BSD-3-Clause
"""Rebuilds books and prints from the messages of a generated stream, and asserts what a real venue guarantees."""
import struct
from collections import OrderedDict

MIDNIGHT_FORMAT = ">HHHI"


class Itch:
    """An ITCH book: executions must hit the front of the best level, the book never crosses."""

    def __init__(self, midnight_ns):
        self.midnight_ns = midnight_ns
        self.symbols, self.orders, self.levels, self.prints = {}, {}, {}, {}
        self.rows = []
        self.last_ns = self.last_ref = self.last_match = 0
        self.halted = set()
        self.seen = {"E_full": 0, "E_partial": 0, "sweeps": 0, "nonprintable": 0}
        self.run = (None, 0)

    def touch(self, locate, side):
        prices = self.levels.get((locate, side))
        return (max(prices) if side == "B" else min(prices)) if prices else None

    def add(self, locate, ref, side, shares, price):
        assert shares > 0 and price > 0 and ref > self.last_ref
        self.last_ref = ref
        other = self.touch(locate, "S" if side == "B" else "B")
        assert other is None or (price < other if side == "B" else price > other), "crossed book"
        self.orders[ref] = [locate, side, shares, price]
        self.levels.setdefault((locate, side), {}).setdefault(price, OrderedDict())[ref] = None

    def take(self, ref, shares=None):
        """Takes shares (None: all) off an order that must be alive."""
        locate, side, left, price = self.orders[ref]
        assert shares is None or 0 < shares <= left
        if shares is None or shares == left:
            queue = self.levels[(locate, side)][price]
            del queue[ref], self.orders[ref]
            if not queue:
                del self.levels[(locate, side)][price]
        else:
            self.orders[ref][2] -= shares
        return locate, side, left, price

    def executed(self, locate, ns, ref, shares, match, price, printable):
        _, side, left, resting = self.orders[ref]
        assert resting == self.touch(locate, side), "not the best price"
        assert next(iter(self.levels[(locate, side)][resting])) == ref, "not first in time"
        assert locate not in self.halted
        if price is None:
            self.seen["E_full" if shares == left else "E_partial"] += 1
            if self.run[0] == (locate, ns) and self.run[1] != resting:
                self.seen["sweeps"] += 1
            self.run = ((locate, ns), resting)
        self.take(ref, shares)
        kind = "E" if price is None else "C" if printable else "N"
        self.seen["nonprintable"] += kind == "N"
        aggressor = "-" if kind == "N" else "S" if side == "B" else "B"
        self.print(locate, ns, resting if price is None else price, shares, kind, "0", match, aggressor)

    def print(self, locate, ns, price, shares, kind, flags, match, aggressor):
        if kind != "B":
            self.prints[match] = (price, shares, kind)
        if shares > 0:
            self.rows.append(("itch", self.symbols[locate], self.midnight_ns + ns, price * 100, shares, kind, flags, match,
                              aggressor))

    def new_match(self, match):
        assert match > self.last_match
        self.last_match = match

    def message(self, m):
        kind = chr(m[0])
        locate, _, high, low = struct.unpack_from(MIDNIGHT_FORMAT, m, 1)
        ns = high << 32 | low
        assert ns >= self.last_ns, "time goes back"
        self.last_ns = ns
        if kind == "R":
            self.symbols[locate] = m[11:19].decode().rstrip()
        elif kind == "H":
            assert self.symbols[locate] == m[11:19].decode().rstrip()
            (self.halted.discard if m[19:20] in b"TQ" else self.halted.add)(locate)
        elif kind in "AF":
            ref, side, shares, symbol, price = struct.unpack_from(">QcI8sI", m, 11)
            assert self.symbols[locate] == symbol.decode().rstrip()
            self.add(locate, ref, side.decode(), shares, price)
        elif kind == "E":
            ref, shares, match = struct.unpack_from(">QIQ", m, 11)
            self.new_match(match)
            self.executed(locate, ns, ref, shares, match, None, True)
        elif kind == "C":
            ref, shares, match, printable, price = struct.unpack_from(">QIQcI", m, 11)
            self.new_match(match)
            self.executed(locate, ns, ref, shares, match, price, printable == b"Y")
        elif kind == "X":
            ref, shares = struct.unpack_from(">QI", m, 11)
            assert shares < self.orders[ref][2]
            self.take(ref, shares)
        elif kind == "D":
            self.take(struct.unpack_from(">Q", m, 11)[0])
        elif kind == "U":
            old, new, shares, price = struct.unpack_from(">QQII", m, 11)
            _, side, _, _ = self.take(old)
            self.add(locate, new, side, shares, price)
        elif kind == "P":
            ref, side, shares, symbol, price, match = struct.unpack_from(">QcI8sIQ", m, 11)
            assert (ref, side) == (0, b"B") and self.symbols[locate] == symbol.decode().rstrip()
            bid, ask = self.touch(locate, "B"), self.touch(locate, "S")
            assert bid <= price < ask, "hidden print outside the spread"
            self.new_match(match)
            self.print(locate, ns, price, shares, "P", "0", match, None)
        elif kind == "Q":
            shares, symbol, price, match, cross = struct.unpack_from(">Q8sIQc", m, 11)
            self.new_match(match)
            assert (shares == 0) == (price == 0)
            self.print(locate, ns, price, shares, "Q", cross.decode(), match, "-")
        elif kind == "B":
            match, = struct.unpack_from(">Q", m, 11)
            price, shares, broken = self.prints.pop(match)
            assert broken in "ECP"
            self.print(locate, ns, price, shares, "B", "0", match, "-")


class Iex:
    """DEEP levels: never crossed once an event is complete, event time never back for one symbol."""

    def __init__(self, midnight_ns):
        self.open_ns, self.close_ns = midnight_ns + 34200 * 10**9, midnight_ns + 57600 * 10**9
        self.levels, self.last_ns, self.rows, self.trades, self.delays = {}, {}, [], {}, []
        self.seen = {"incomplete": 0, "back_ns": 0}
        self.newest_ns = self.last_send_ns = self.last_id = 0

    def message(self, m, send_ns):
        kind, flags, ns = chr(m[0]), *struct.unpack_from("<Bq", m, 1)
        assert send_ns >= ns and send_ns >= self.last_send_ns
        self.last_send_ns = send_ns
        if kind == "S":
            return
        symbol = m[10:18].decode().rstrip()
        assert ns >= self.last_ns.get(symbol, 0), "time goes back for one symbol"
        self.last_ns[symbol] = ns
        self.seen["back_ns"] = max(self.seen["back_ns"], self.newest_ns - ns)
        self.newest_ns = max(self.newest_ns, ns)
        if kind in "85":
            size, price = struct.unpack_from("<Iq", m, 18)
            book = self.levels.setdefault(symbol, {"8": {}, "5": {}})
            if size:
                book[kind][price] = size
            else:
                del book[kind][price]
            if not flags:
                self.seen["incomplete"] += 1
            elif book["8"] and book["5"]:
                assert max(book["8"]) < min(book["5"]), "crossed book"
        elif kind in "TB":
            size, price, trade = struct.unpack_from("<Iqq", m, 18)
            assert bool(flags & 0x20) == (size < 100)
            if kind == "T":
                assert trade > self.last_id or trade not in self.trades
                self.last_id = max(self.last_id, trade)
                self.trades[trade] = (symbol, size, price, flags)
                assert bool(flags & 0x40) == (not self.open_ns <= ns < self.close_ns)
                self.delays.append(send_ns - ns)
            else:
                assert self.trades.pop(trade) == (symbol, size, price, flags)
            self.rows.append(("iex", symbol, ns, price * 100, size, kind, str(flags), trade, None))
