# SPDX-License-Identifier: BSD-3-Clause
"""Rebuilds books, prints and statistics from the messages of a generated Pillar stream, and asserts what a real venue
guarantees: symbols introduced, each symbol's own numbers, seconds told before they are needed, books never crossed."""
import struct
from collections import OrderedDict

SUFFIXES = {" PR": "-", " WS": "+", " U": "="}  # NYSE's to the other venues'


def common_name(raw):
    name = raw.rstrip(b"\0").decode()
    for nyse, mark in SUFFIXES.items():
        if nyse in name:
            return name.replace(nyse, mark)
    return name.replace(" ", ".")


class Symbol:
    def __init__(self, name, system, scale):
        self.name, self.system, self.factor = name, system, 10 ** (6 - scale)
        self.seq, self.halted, self.session = 0, False, None
        self.levels = {"B": {}, "S": {}}
        self.volume = 0


class Pillar:
    def __init__(self):
        self.symbols, self.orders, self.trades, self.crosses, self.seconds = {}, {}, {}, {}, {}
        self.rows, self.statuses, self.conditions = [], [], set()
        self.seen = {"lost": 0, "kept": 0, "nonprintable": 0, "older": 0, "reset": 0}
        self.newest_ns = 0

    def print(self, symbol, ns, price, shares, kind, flags, match, aggressor):
        self.rows.append(("pillar", symbol.name, ns, price * symbol.factor, shares, kind, flags, match, aggressor))

    def add(self, symbol, ref, side, price, volume):
        book, other = symbol.levels[side], symbol.levels["S" if side == "B" else "B"]
        assert volume > 0 and price > 0 and ref not in self.orders
        assert not other or (price < min(other) if side == "B" else price > max(other)), "crossed book"
        book.setdefault(price, OrderedDict())[ref] = None
        self.orders[ref] = [symbol, side, price, volume]

    def remove(self, ref):
        symbol, side, price, volume = self.orders.pop(ref)
        queue = symbol.levels[side][price]
        del queue[ref]
        if not queue:
            del symbol.levels[side][price]
        return symbol, side, price, volume

    def brief(self, m, send_ns):
        ns, index, seq = struct.unpack_from("<III", m, 4)
        symbol = self.symbols[index]
        time = self.seconds[symbol.system] * 10**9 + ns
        assert time <= send_ns, "from the future"
        self.seen["older"] += time < self.newest_ns
        self.newest_ns = max(self.newest_ns, time)
        self.numbered(symbol, seq)
        return symbol, time

    def full(self, m):
        seconds, ns, index = struct.unpack_from("<III", m, 4)
        return self.symbols[index], seconds * 10**9 + ns

    @staticmethod
    def numbered(symbol, seq):
        symbol.seq += 1
        assert seq == symbol.seq, (seq, symbol.seq)

    def message(self, m, send_ns):
        kind, = struct.unpack_from("<H", m, 2)
        getattr(self, f"on_{kind}")(m, send_ns)

    def on_1(self, m, _):
        assert m[12:14] == bytes([157, 1]) and not self.symbols
        self.seen["reset"] += 1

    def on_2(self, m, send_ns):
        system, _, second = struct.unpack_from("<III", m, 4)
        assert 0 < system < 256 and second <= send_ns // 10**9
        self.seconds[system] = second

    def on_3(self, m, _):
        index, raw, _, market, system, _, scale = struct.unpack_from("<I11sBHBcB", m, 4)
        assert market == 3 and scale in (3, 4, 6) and index not in self.symbols
        self.symbols[index] = Symbol(common_name(raw), system, scale)

    def on_32(self, m, _):
        symbol, _ = self.full(m)
        following, = struct.unpack_from("<I", m, 16)
        symbol.seq = following - 1

    def on_34(self, m, _):
        symbol, ns = self.full(m)
        seq, status, condition = struct.unpack_from("<Icc", m, 16)
        self.numbered(symbol, seq)
        status, condition = status.decode(), condition.decode()
        if status == "4":
            symbol.halted = True
            self.statuses.append(("pillar", symbol.name, ns, "P" if condition == "M" else "H"))
        elif status == "5":
            symbol.halted = False
            self.statuses.append(("pillar", symbol.name, ns, "T"))
        else:
            assert status in "EOLX" and m[44:45].decode() == status
            symbol.session = status

    def on_100(self, m, send_ns):
        symbol, _ = self.brief(m, send_ns)
        ref, price, volume, side = struct.unpack_from("<QIIc", m, 16)
        assert not symbol.halted
        self.add(symbol, ref, side.decode(), price, volume)

    def on_101(self, m, send_ns):
        symbol, _ = self.brief(m, send_ns)
        ref, price, volume, lost, side = struct.unpack_from("<QIIBc", m, 16)
        order = self.orders[ref]
        assert order[0] is symbol and order[1] == side.decode()
        self.seen["lost" if lost else "kept"] += 1
        if lost:
            self.remove(ref)
            self.add(symbol, ref, side.decode(), price, volume)
        else:
            assert price == order[2] and 0 < volume < order[3]
            order[3] = volume

    def on_102(self, m, send_ns):
        symbol, _ = self.brief(m, send_ns)
        assert self.remove(struct.unpack_from("<Q", m, 16)[0])[0] is symbol

    def on_103(self, m, send_ns):
        symbol, ns = self.brief(m, send_ns)
        ref, trade, price, volume, printable, _, conditions = struct.unpack_from("<QIIIBB4s", m, 16)
        _, side, resting, left = self.orders[ref]
        book = symbol.levels[side]
        assert resting == (max(book) if side == "B" else min(book)), "not the best price"
        assert next(iter(book[resting])) == ref, "not first in time"
        assert volume <= left
        self.orders[ref][3] -= volume
        if volume == left:
            self.remove(ref)
        kind = "N" if not printable else "E" if price == resting else "C"
        self.seen["nonprintable"] += not printable
        aggressor = "-" if kind == "N" else "S" if side == "B" else "B"
        self.deal(symbol, ns, trade, price, volume, kind, conditions, aggressor)

    def deal(self, symbol, ns, trade, price, volume, kind, conditions, aggressor):
        text = conditions.decode().replace(" ", "_")
        assert kind == "N" or (text[3] == "I") == (volume < 100 and text[3] != "V")
        self.conditions.add(text)
        self.print(symbol, ns, price, volume, kind, text, trade, aggressor)
        if kind != "N":
            assert not symbol.halted
            self.trades[symbol, trade] = (price, volume)
            symbol.volume += volume

    def on_104(self, m, send_ns):
        symbol, _ = self.brief(m, send_ns)
        old, new, price, volume, side = struct.unpack_from("<QQIIc", m, 16)
        assert self.remove(old)[:2] == (symbol, side.decode())
        self.add(symbol, new, side.decode(), price, volume)

    def on_105(self, m, _):
        symbol, _ = self.full(m)
        self.numbered(symbol, struct.unpack_from("<I", m, 16)[0])
        assert m[38:39] in b"MCH" and m[39:40] in b"BS "

    def on_110(self, m, send_ns):
        symbol, ns = self.brief(m, send_ns)
        trade, price, volume, printable, conditions = struct.unpack_from("<IIIB4s", m, 16)
        assert printable
        self.deal(symbol, ns, trade, price, volume, "P", conditions, None)

    def on_111(self, m, send_ns):
        symbol, ns = self.brief(m, send_ns)
        cross, price, volume, kind = struct.unpack_from("<IIIc", m, 16)
        self.crosses[symbol, cross] = [price, volume]
        symbol.volume += volume
        self.print(symbol, ns, price, volume, "Q", kind.decode(), cross, "-")

    def on_112(self, m, send_ns):
        symbol, ns = self.brief(m, send_ns)
        trade, = struct.unpack_from("<I", m, 16)
        price, volume = self.trades.pop((symbol, trade))
        symbol.volume -= volume
        self.print(symbol, ns, price, volume, "B", "0", trade, "-")

    def on_113(self, m, send_ns):
        symbol, ns = self.brief(m, send_ns)
        cross, volume = struct.unpack_from("<II", m, 16)
        symbol.volume += volume - self.crosses[symbol, cross][1]
        self.crosses[symbol, cross][1] = volume
        self.print(symbol, ns, self.crosses[symbol, cross][0], volume, "K", "0", cross, "-")

    def on_114(self, m, send_ns):
        self.brief(m, send_ns)
        assert m[16:17] in b" ABC"

    def on_223(self, m, _):
        symbol, ns = self.full(m)
        high, low, first, last, volume = struct.unpack_from("<IIIII", m, 16)
        assert ns % (60 * 10**9) == 0 and low <= min(first, last) <= max(first, last) <= high
        assert volume == symbol.volume
