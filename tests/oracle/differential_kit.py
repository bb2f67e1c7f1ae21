# SPDX-License-Identifier: BSD-3-Clause
"""What an outsider knows of a generated market, for differential.py: bars from the generator's prints, and which messages
the lines of a stream lost, from the packets alone. Plain Python, sharing nothing with the program."""
import csv
import datetime
import gzip
import struct
import zoneinfo

NY = zoneinfo.ZoneInfo("America/New_York")
S = 10 ** 9
SPANS = {"1s": 1, "5s": 5, "15s": 15, "30s": 30, "1m": 60, "5m": 300}
RANK = {"itch": 0, "iex": 1, "pillar": 2}
COLUMNS = ("open", "high", "low", "close", "volume", "trades")
LATENESS = {"itch": 0, "iex": 5 * 10 ** 6, "pillar": 10 ** 6}
SILENCE_NS = 3 * S  # bars.silence
FULL, HIGH_LOW, VOLUME = 2, 1, 0


def ns_of(text, known={}):  # pylint: disable=dangerous-default-value
    if text not in known:
        day, _, below = text[:-1].partition(".")
        seconds = datetime.datetime.fromisoformat(day).replace(tzinfo=datetime.timezone.utc).timestamp()
        known[text] = int(seconds) * S + int(below)
    return known[text]


def e6(text):
    if text == "":
        return None
    whole, _, below = text.lstrip("-").partition(".")
    value = int(whole) * 10 ** 6 + int(below.ljust(6, "0"))
    return -value if text[0] == "-" else value


def session(ns, known={}):  # pylint: disable=dangerous-default-value
    """0 none, 1 PRE, 2 RTH, 3 POST; sessions change on full minutes."""
    minute = ns // (60 * S)
    if minute not in known:
        t = datetime.datetime.fromtimestamp(minute * 60, NY)
        m = t.hour * 60 + t.minute
        known[minute] = 0 if m < 240 else 1 if m < 570 else 2 if m < 960 else 3 if m < 1200 else 0
    return known[minute]


# Prints: the rules of docs/bars.md by each venue's conditions.

class Print:
    __slots__ = ("venue", "symbol", "ts", "px", "shares", "use", "auction", "exact", "side", "seq", "late", "key")


def conditions(p, row):
    """What a print counts for, from its venue's flags."""
    f, regular, p.use = row["flags"], session(p.ts) == 2, FULL
    p.auction = row["kind"] == "Q"
    if p.venue == "iex":
        bits = int(f)
        p.auction = bits & 8 != 0
        if bits & 0x20 or (bits & 0x40 and regular):
            p.use = VOLUME
    elif p.venue == "pillar":
        c = f if len(f) == 4 else "@___"
        if c[3] in "IV" or c[1] == "7" or c[0] == "C" or (c[2] == "T" and regular):
            p.use = VOLUME
        elif c[2] in "UZ":
            p.use = HIGH_LOW


class Revised:
    """What became of a print: its shares from then on (0: broken), told by message seq at ts."""
    __slots__ = ("key", "venue", "shares", "seq", "ts")


def read_prints(path):
    prints, revised = [], []
    with open(path, newline="", encoding="ascii") as f:
        for row in csv.DictReader(f):
            venue, kind, shares = row["venue"], row["kind"], int(row["shares"])
            key = (venue, row["symbol"], row["match"])
            if kind in "BK":
                r = Revised()
                r.key, r.venue, r.shares, r.seq, r.ts = key, venue, 0 if kind == "B" else shares, int(row["seq"]), int(row["ts_ns"])
                revised.append(r)
                continue
            if kind == "N" or shares == 0 or session(int(row["ts_ns"])) == 0:
                continue
            p = Print()
            p.venue, p.symbol, p.ts, p.px, p.shares, p.key = venue, row["symbol"], int(row["ts_ns"]), int(row["price_e6"]), shares, key
            p.seq, p.late, p.exact = int(row["seq"]), int(row["late_ns"]), kind in "EC"
            p.side = (1 if row["aggressor"] == "B" else -1) if p.exact else 0
            conditions(p, row)
            prints.append(p)
    return prints, revised


class Part:
    """One venue's part of a bar; prints in wire order."""
    __slots__ = ("open", "open_ts", "close", "close_ts", "high", "low", "volume", "trades", "notional", "eligible", "exact", "buy", "auction")

    def __init__(self):
        self.open = self.close = self.high = self.low = None
        self.open_ts = self.close_ts = self.volume = self.trades = self.notional = self.eligible = self.exact = self.buy = 0
        self.auction = False

    def add(self, p):
        self.volume += p.shares
        self.trades += 1
        self.auction = self.auction or p.auction
        if p.use >= HIGH_LOW:
            self.high = p.px if self.high is None else max(self.high, p.px)
            self.low = p.px if self.low is None else min(self.low, p.px)
        if p.use == FULL:
            if self.open is None:
                self.open, self.open_ts = p.px, p.ts
            self.close, self.close_ts = p.px, p.ts
            self.notional += p.px * p.shares
            self.eligible += p.shares
        if p.exact:
            self.exact += p.shares
            self.buy += p.shares if p.side > 0 else 0


def blend(parts):
    """Between venues: event time, then rank."""
    out = Part()
    for rank in sorted(parts):
        a = parts[rank]
        if a.open is not None:
            if out.open is None or a.open_ts < out.open_ts:
                out.open, out.open_ts = a.open, a.open_ts
            if out.close is None or a.close_ts >= out.close_ts:
                out.close, out.close_ts = a.close, a.close_ts
        if a.high is not None:
            out.high = a.high if out.high is None else max(out.high, a.high)
            out.low = a.low if out.low is None else min(out.low, a.low)
        for name in ("volume", "trades", "notional", "eligible", "exact", "buy"):
            setattr(out, name, getattr(out, name) + getattr(a, name))
        out.auction = out.auction or a.auction
    return out


def bars_of(prints, revised):
    """By (symbol, span, open_ns), after all that became of prints."""
    became, per = {r.key: r.shares for r in revised}, {}
    for p in prints:
        shares = became.get(p.key)
        if shares == 0:
            continue
        if shares is not None:
            p.shares = shares
        for span, seconds in SPANS.items():
            key = (p.symbol, span, p.ts // (seconds * S) * (seconds * S))
            per.setdefault(key, {}).setdefault(RANK[p.venue], Part()).add(p)
    return {key: blend(parts) for key, parts in per.items()}


def bars_with(p):
    return [(p.symbol, span, p.ts // (n * S) * (n * S)) for span, n in SPANS.items()]


# Packets.

def records(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        data = f.read()
    scale, at = {0xA1B23C4D: 1, 0xA1B2C3D4: 1000}[struct.unpack_from("<I", data)[0]], 24
    while at < len(data):
        seconds, below, n = struct.unpack_from("<III", data, at)
        yield seconds * S + below * scale, data[at + 16:at + 16 + n]
        at += 16 + n


def pause_ns(path):
    """The longest pause of a line."""
    times = [r[0] for r in records(path)]
    return max((b - a for a, b in zip(times, times[1:])), default=0)


def payload_of(frame):
    at = 18 if frame[12:14] == b"\x81\0" else 14
    return frame[at + 28:at + int.from_bytes(frame[at + 2:at + 4], "big")], frame[at:at + 28]


def whole(frame):
    """Whether the UDP checksum holds."""
    payload, ip = payload_of(frame)
    data = ip[12:20] + b"\0\x11" + ip[24:26] + ip[20:28] + payload
    data += b"\0" * (len(data) & 1)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    return total % 0xFFFF == 0


def header(venue, p):
    """Session, number, count, offset of the first block, the packet's own time (None where it has none)."""
    if venue == "itch":
        number, count = struct.unpack_from(">QH", p, 10)
        return p[:10], number, 0 if count == 0xFFFF else count, 20, None
    if venue == "iex":
        return p[8:12], struct.unpack_from("<Q", p, 24)[0], struct.unpack_from("<H", p, 14)[0], 40, struct.unpack_from("<Q", p, 32)[0]
    seconds, below = struct.unpack_from("<II", p, 8)
    return b"", struct.unpack_from("<I", p, 4)[0], p[3], 16, seconds * S + below


def messages_of(venue, p, at, count):
    for _ in range(count):
        n = int.from_bytes(p[at:at + 2], "big" if venue == "itch" else "little")
        if venue == "pillar":
            yield p[at:at + n]
            at += n
        else:
            yield p[at + 2:at + 2 + n]
            at += 2 + n


class Stream:
    """One venue's messages, from a line without faults, by their place in the day (from 1): the clock that carried them."""

    def __init__(self, venue, path, midnight_ns):
        self.venue, self.clock, self.directory, self.place, self.sessions = venue, [0], set(), {}, set()
        self.first = {}  # place of the first message of each numbering -> True
        begun = set()
        for _, frame in records(path):
            p, _ = payload_of(frame)
            name, number, count, at, sent = header(venue, p)
            self.sessions.add(name)
            for i, m in enumerate(messages_of(venue, p, at, count)):
                if number + i == 1 and m not in begun:
                    begun.add(m)
                    self.first[len(self.clock)] = True
                key = (self.numbering_at(len(self.clock)), number + i, m)
                if key in self.place:
                    continue
                n = self.place[key] = len(self.clock)
                if (venue == "itch" and m[:1] == b"R") or (venue == "pillar" and m[2:4] in (b"\1\0", b"\3\0")):
                    self.directory.add(n)
                ts = int.from_bytes(m[5:11], "big") + midnight_ns if venue == "itch" else sent
                self.clock.append(max(ts, self.clock[-1]))
        self.n = len(self.clock) - 1

    def numbering_at(self, place):
        """Part of what a message is known by, where its bytes may come again in the next numbering: Pillar's have no time."""
        return self.number_of(place) if self.venue == "pillar" else 0

    def numbering_of(self, sent):
        """The same, from the time of the packet."""
        return sum(1 for f in self.first if self.clock[f] <= sent) if self.venue == "pillar" else 0

    def number_of(self, place):
        """The numbering that a place belongs to."""
        return sum(1 for f in self.first if f <= place)


class Heard:
    """What the lines of a stream brought, in the order of receipt: lost (told of, never come), doubtful (come late, or not told
    of), head (the stream's beginning is missing), unproven (a numbering of which a line brought one packet: nothing proves it, and
    what nobody believes is told as packets_stranger)."""

    def __init__(self, stream, files, hold_ns, hold_packets, verify):
        self.stream, self.lost, self.doubtful, self.head, self.damaged, self.strangers = stream, set(), set(), False, 0, 0
        packets = {}  # of a line in a numbering
        came, known, low, below = {}, {}, {}, set()  # below: places before the first that was heard
        top, base, begun = 0, {}, {}
        for t, i, _, frame in sorted(((t, i, j, f) for i, path in enumerate(files) for j, (t, f) in enumerate(records(path))),
                                     key=lambda r: r[:3]):
            if verify and not whole(frame):
                self.damaged += 1
                continue
            p, _ = payload_of(frame)
            name, number, count, at, sent = header(stream.venue, p)
            if name not in stream.sessions:
                self.strangers += 1
                continue
            if count:
                place = stream.place.get((stream.numbering_of(sent), number, next(messages_of(stream.venue, p, at, 1))))
                if place is None:  # damaged, and nobody looked
                    continue
                base[i] = place - number
                begun.setdefault(stream.number_of(place), t)
                of = (i, stream.number_of(place))
                packets[of] = packets.get(of, 0) + 1
            elif i in base:
                place = base[i] + number
            else:
                continue
            if place > top + 1:
                for x in range(top + 1, place):
                    known.setdefault(x, t)
            for x in range(place, place + count):
                came.setdefault(x, t)
            if count:
                n = stream.number_of(place)
                if place < low.setdefault(n, place):
                    below.update(range(place, low[n]))
                    low[n] = place
            top = max(top, place + count - 1)
        self.unproven = any(n < 2 for n in packets.values()) and len(stream.first) > 1
        self.judge(came, known, below, begun, top, hold_ns, hold_packets)

    def judge(self, came, known, below, begun, top, hold_ns, hold_packets):
        stream = self.stream
        lowest, highest = {}, {}
        for x in came:
            n = stream.number_of(x)
            lowest[n], highest[n] = min(lowest.get(n, x), x), max(highest.get(n, x), x)
        self.head = any(lowest[n] not in stream.first for n in lowest) or len(lowest) < len(stream.first)
        for x in range(1, stream.n + 1):
            n = stream.number_of(x) if stream.first else 1
            if x not in came:
                told = x < highest.get(n, 0) or (n == len(stream.first) and x <= top)
                (self.lost if told else self.doubtful).add(x)
                continue
            late = x in known and (came[x] - known[x] >= hold_ns or hold_packets < 512)
            overtaken = n + 1 in begun and came[x] > begun[n + 1]
            if late or overtaken or (x in below and came[x] - begun[n] >= hold_ns):
                self.doubtful.add(x)

    @property
    def clean(self):
        return not (self.lost or self.doubtful or self.head)

    def missing(self):
        """Ranges of what may be missing."""
        out = []
        for x in sorted(self.lost | self.doubtful):
            if out and out[-1][1] == x - 1:
                out[-1][1] = x
            else:
                out.append([x, x])
        return out
