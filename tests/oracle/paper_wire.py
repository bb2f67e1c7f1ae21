# SPDX-License-Identifier: BSD-3-Clause
"""What captures tell the paper exchange, decoded for its reference and sharing nothing with the program: ITCH 5.0 in
MoldUDP64 or raw files, IEX DEEP 1.0 and TOPS 1.6, Pillar Integrated. channels(files) gives one list of facts for each
channel, in wire order, a message once however many lines bring it. Plain Python, standard library only."""
import datetime
import gzip
import struct
import zoneinfo

S = 10 ** 9
NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
KIND = {"itch": "L3", "pillar": "L3"}  # of books; IEX by its protocol


class Fact:
    """One message, or a hole, join or restart. symbol None: of the whole channel. A fact that only names its symbol is
    a 'name'. In 'exec', 'hidden' and 'trade', evidence says whether it may count as such (C11)."""
    __slots__ = ("kind", "ts", "symbol", "ref", "new", "buy", "qty", "px", "match", "evidence", "kept", "flag", "ask")

    def __init__(self, kind, ts, symbol=None, **more):
        self.kind, self.ts, self.symbol = kind, ts, symbol
        for name, value in more.items():
            setattr(self, name, value)

    def __repr__(self):
        return " ".join(f"{n}={getattr(self, n)}" for n in self.__slots__ if hasattr(self, n))


class Channel:
    """A venue's stream: facts in wire order, the newest exchange time, and what its books are made of."""

    def __init__(self, venue, book):
        self.venue, self.book, self.facts, self.newest = venue, book, [], 0


# Files and frames.

def _read(path):
    path = str(path)
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        return f.read()


def _pcap(data):
    order = "<" if data[0] in (0xd4, 0x4d) else ">"
    scale, at = 1 if struct.unpack_from(order + "I", data)[0] == 0xa1b23c4d else 1000, 24
    while at + 16 <= len(data):
        seconds, below, n, _ = struct.unpack_from(order + "IIII", data, at)
        yield seconds * S + below * scale, data[at + 16:at + 16 + n]
        at += 16 + n


def _pcapng(data):
    order, at, units = "<", 0, []
    while at + 12 <= len(data):
        if data[at:at + 4] == b"\n\r\r\n":
            order, units = "<" if data[at + 8] == 0x4d else ">", []
        kind, n = struct.unpack_from(order + "II", data, at)
        body = data[at + 8:at + n - 4]
        if kind == 1:
            unit, o = 10 ** 6, 8
            while o + 4 <= len(body):
                code, size = struct.unpack_from(order + "HH", body, o)
                if code == 9:
                    unit = 2 ** (body[o + 4] & 127) if body[o + 4] & 128 else 10 ** body[o + 4]
                o += 4 + (size + 3) // 4 * 4
            units.append(unit)
        elif kind == 6:
            i, high, low, size, _ = struct.unpack_from(order + "IIIII", body)
            yield (high << 32 | low) * S // units[i], body[20:20 + size]
        at += n


def datagrams(path):
    """Capture time and payload of each UDP datagram."""
    data = _read(path)
    for t, frame in _pcapng(data) if data[:4] == b"\n\r\r\n" else _pcap(data):
        at = 12
        while frame[at:at + 2] in (b"\x81\0", b"\x88\xa8"):
            at += 4
        if frame[at:at + 2] != b"\x08\0" or frame[at + 11] != 17:
            continue
        ip = at + 2
        udp = ip + (frame[ip] & 15) * 4
        end = udp + struct.unpack_from(">H", frame, udp + 4)[0]
        yield t, frame[udp + 8:end]


class Packet:
    """A venue's packet: of which stream and session, the number of its first message, the messages, its own time."""
    __slots__ = ("stream", "session", "number", "messages", "sent", "at", "first")


def _blocks(p, at, count, form):
    out = []
    for _ in range(count):
        n = struct.unpack_from(form, p, at)[0]
        out.append(p[at + 2:at + 2 + n])
        at += 2 + n
    return out, at


def packet_of(p):
    """None: not of a venue that is decoded here. All Pillar packets are of one channel: their headers name none."""
    q = Packet()
    q.first = False
    if len(p) >= 40 and p[:2] in (b"\x01\0", b"\x01\x01") and p[2:4] in (b"\x03\x80", b"\x04\x80"):
        count, _, q.number, q.sent = struct.unpack_from("<Hqqq", p, 14)
        q.stream = ("iex", "L1" if p[2] == 3 else "L2", p[4:8])
        q.session, (q.messages, _) = p[8:12], _blocks(p, 40, count, "<H")
    elif len(p) >= 16 and struct.unpack_from("<H", p)[0] == len(p):
        q.stream, q.session, q.messages, at = ("pillar", "L3", b""), b"", [], 16
        q.number, seconds, below = struct.unpack_from("<III", p, 4)
        q.sent = seconds * S + below
        for _ in range(p[3]):
            n = struct.unpack_from("<H", p, at)[0]
            q.messages.append(p[at:at + n])
            at += n
    elif len(p) >= 20:
        q.number, count = struct.unpack_from(">QH", p, 10)
        q.messages, end = _blocks(p, 20, 0 if count == 0xFFFF else count, ">H")
        if end != len(p):
            return None
        q.stream, q.session, q.sent = ("itch", "L3", b""), p[:10], None
    else:
        return None
    return q


def _packets(files):
    """Of all captures by capture time."""
    found = []
    for i, path in enumerate(files):
        for j, (t, payload) in enumerate(datagrams(path)):
            q = packet_of(payload)
            if q:
                q.at = (t, i, j)
                found.append(q)
    return sorted(found, key=lambda q: q.at)


class _Numbering:
    def __init__(self, session, since):
        self.session, self.since, self.messages = session, since, {}


def _numberings(packets):
    """The numberings of one stream, each message once. One begins where number 1 comes with a newer time than all before, or
    where another session's packets come."""
    out, newest = [], -1
    for q in packets:
        time = q.sent if q.sent is not None else int.from_bytes(q.messages[0][5:11], "big") if q.messages else newest
        begins = not out or (time > newest and (q.number == 1 or q.session != out[-1].session))
        if begins and q.messages:
            out.append(_Numbering(q.session, time))
        if q.messages:
            into = next((n for n in reversed(out) if n.session == q.session and n.since <= time), None)
            if into:
                for i, m in enumerate(q.messages):
                    into.messages.setdefault(q.number + i, (m, q.sent, q.at[0]))
        newest = max(newest, time)
    return out


# Messages to facts. Each decoder is told of a join, hole or restart, and remembers what the bytes alone do not say.

def midnight_ns(t_ns):
    day = datetime.datetime.fromtimestamp(t_ns // S, NEW_YORK).replace(hour=0, minute=0, second=0, microsecond=0)
    return int(day.timestamp()) * S


class Itch:
    """date_ns: midnight in New York; None: of the day of capture."""
    STOCK = {"R": 11, "H": 11, "Y": 11, "L": 15, "K": 11, "J": 11, "h": 11, "A": 24, "F": 24, "P": 24, "Q": 19, "I": 28,
             "N": 11, "O": 11}

    LENGTH = dict(zip("SRHYLVWKJhAFECXDUPQBINO", (12, 39, 25, 20, 26, 35, 12, 28, 35, 21, 36, 40, 31, 36, 23, 19, 35, 44,
                                                  40, 19, 50, 20, 48)))

    def __init__(self, date_ns):
        self.date, self.symbols = date_ns, {}

    def forget(self):
        pass

    def fact(self, m, _, captured):
        if not m:
            return None
        if self.date is None:
            self.date = midnight_ns(captured)
        kind, locate = chr(m[0]), int.from_bytes(m[1:3], "big")
        ts = self.date + int.from_bytes(m[5:11], "big")
        if kind == "S":
            return Fact("close" if m[11:12] == b"M" else "system", ts)
        if kind in self.STOCK:
            at = self.STOCK[kind]
            symbol = m[at:at + 8].decode("latin-1").rstrip()
            if locate:
                self.symbols[locate] = symbol
        elif kind in "ECXDUB":
            symbol = self.symbols.get(locate)
            if symbol is None:
                return None
        else:
            return None
        return self.of_symbol(kind, m, ts, symbol)

    @staticmethod
    def of_symbol(kind, m, ts, symbol):
        u64, u32 = lambda at: int.from_bytes(m[at:at + 8], "big"), lambda at: int.from_bytes(m[at:at + 4], "big")
        if kind in "AF":
            return Fact("add", ts, symbol, ref=u64(11), buy=m[19:20] == b"B", qty=u32(20), px=u32(32) * 100, flag=False)
        if kind in "EC":
            counts = kind == "E" or m[31:32] == b"Y"
            return Fact("exec", ts, symbol, ref=u64(11), qty=u32(19), match=u64(23), evidence=counts)
        if kind == "X":
            return Fact("cancel", ts, symbol, ref=u64(11), qty=u32(19))
        if kind == "D":
            return Fact("delete", ts, symbol, ref=u64(11))
        if kind == "U":
            return Fact("replace", ts, symbol, ref=u64(11), new=u64(19), qty=u32(27), px=u32(31) * 100)
        if kind == "P":
            return Fact("hidden", ts, symbol, qty=u32(20), px=u32(32) * 100, match=u64(36), evidence=True)
        if kind == "B":
            return Fact("break", ts, symbol, match=u64(11))
        if kind == "H":
            return Fact("status", ts, symbol, flag="H", evidence=m[19:20] == b"T")
        if kind == "h" and m[19:20] == b"Q":
            return Fact("status", ts, symbol, flag="h", evidence=m[20:21] != b"H")
        return Fact("name", ts, symbol)


class Iex:
    def forget(self):
        pass

    def fact(self, m, *_):
        if len(m) < 10:
            return None
        kind, flag = chr(m[0]), m[1]
        ts = struct.unpack_from("<q", m, 2)[0]
        if kind == "S":
            return Fact("close" if flag == ord("M") else "system", ts)
        symbol = m[10:18].decode("latin-1").rstrip()
        if kind in "85":
            size, px = struct.unpack_from("<Iq", m, 18)
            return Fact("level", ts, symbol, buy=kind == "8", qty=size, px=px * 100)
        if kind == "Q":
            bids, bid, ask, asks = struct.unpack_from("<IqqI", m, 18)
            return Fact("quote", ts, symbol, px=bid * 100, qty=bids, ask=(ask * 100, asks))
        if kind in "TB":
            size, px, trade = struct.unpack_from("<Iqq", m, 18)
            if kind == "B":
                return Fact("break", ts, symbol, match=trade)
            return Fact("trade", ts, symbol, qty=size, px=px * 100, match=trade, evidence=not flag & 8)
        if kind == "H":
            return Fact("status", ts, symbol, flag="H", evidence=flag == ord("T"))
        if kind == "O":
            return Fact("status", ts, symbol, flag="O", evidence=flag != ord("O"))
        return Fact("name", ts, symbol) if kind in "DIPEXA" else None


class Pillar:
    ARCA = 3

    def __init__(self):
        self.symbols, self.seconds, self.latest = {}, {}, None  # index -> (symbol, factor, system)

    def forget(self):
        self.seconds, self.latest = {}, None

    def time(self, system, below, sent):
        """Of nanoseconds: with the partition's last second, else the channel's, else the one nearest to the packet's time."""
        second = self.seconds.get(system, self.latest)
        if second is not None:
            return second * S + below
        near = sent // S
        return min(((near + d) * S + below for d in (0, -1, 1)), key=lambda t: abs(t - sent))

    def fact(self, m, sent, _):
        kind = struct.unpack_from("<H", m, 2)[0]
        u32 = lambda at: struct.unpack_from("<I", m, at)[0]
        if kind == 2:
            self.seconds[u32(4)] = self.latest = u32(12)
            return None
        if kind == 3:
            if struct.unpack_from("<H", m, 20)[0] != self.ARCA:
                return None
            symbol = m[8:19].split(b"\0")[0].decode()
            self.symbols[u32(4)] = (symbol, 10 ** (6 - m[24]), m[22])
            return Fact("name", sent, symbol)
        full = kind in (32, 34, 105, 106, 223)
        if not full and kind not in (100, 101, 102, 103, 104, 110, 111, 112, 113, 114):
            return None
        known = self.symbols.get(u32(12 if full else 8))
        if not known:
            return None
        symbol, factor, system = known
        ts = u32(4) * S + u32(8) if full else self.time(system, u32(4), sent)
        return self.of_symbol(kind, m, ts, symbol, factor)

    @staticmethod
    def of_symbol(kind, m, ts, symbol, factor):
        u32, ref = lambda at: struct.unpack_from("<I", m, at)[0], lambda at: struct.unpack_from("<Q", m, at)[0]
        if kind == 100:
            return Fact("add", ts, symbol, ref=ref(16), px=u32(24) * factor, qty=u32(28), buy=m[32:33] == b"B", flag=False)
        if kind == 106:
            return Fact("add", ts, symbol, ref=ref(20), px=u32(28) * factor, qty=u32(32), buy=m[36:37] == b"B", flag=True)
        if kind == 101:
            return Fact("modify", ts, symbol, ref=ref(16), px=u32(24) * factor, qty=u32(28), kept=m[32] == 0)
        if kind == 102:
            return Fact("delete", ts, symbol, ref=ref(16))
        if kind == 104:
            return Fact("replace", ts, symbol, ref=ref(16), new=ref(24), px=u32(32) * factor, qty=u32(36))
        if kind in (103, 110):
            at = 36 if kind == 103 else 28
            cond = m[at + (2 if kind == 103 else 1):]
            counts = m[at] == 1 and cond[1:2] not in (b"O", b"5", b"6") and cond[2:3] not in (b"U", b"Z")
            if kind == 103:
                return Fact("exec", ts, symbol, ref=ref(16), match=u32(24), qty=u32(32), evidence=counts)
            return Fact("hidden", ts, symbol, match=u32(16), px=u32(20) * factor, qty=u32(24), evidence=counts)
        if kind == 112:
            return Fact("break", ts, symbol, match=u32(16))
        if kind == 32:
            return Fact("clear", ts, symbol)
        if kind == 34:
            return Fact("session", ts, symbol, flag=chr(m[20]))
        return Fact("name", ts, symbol)


def _told(channel, decoder, numberings):
    """Facts of a stream: a join first, where it is one, a restart before each numbering but the first, a hole where numbers
    are missing; these have the time of the message behind them (C2)."""
    expected, waiting = 1, []
    for n, numbering in enumerate(numberings):
        if n:
            waiting.append("restart")
            decoder.forget()
            expected = 1
        for number in sorted(numbering.messages):
            if number > expected:
                waiting.append("hole")
                decoder.forget()
            expected = number + 1
            message, sent, captured = numbering.messages[number]
            fact = decoder.fact(message, sent, captured)
            if sent is not None:
                channel.newest = max(channel.newest, sent)
            if fact is None:
                continue
            channel.newest = max(channel.newest, fact.ts)
            channel.facts += [Fact(kind, fact.ts) for kind in waiting] + [fact]
            waiting = []


def raw_messages(data):
    """Of a file of length and message; some writers leave the length 0."""
    at = 0
    while at + 2 < len(data):
        n = struct.unpack_from(">H", data, at)[0] or Itch.LENGTH[chr(data[at + 2])]
        if at + 2 + n > len(data):
            break
        yield data[at + 2:at + 2 + n]
        at += 2 + n


def channels(files, date_ns=None):
    """All channels of captures or of one raw .itch50 file."""
    raw = [f for f in files if ".pcap" not in str(f)]
    out = []
    for path in raw:
        numbering = _Numbering(b"", 0)
        for m in raw_messages(_read(path)):
            numbering.messages[len(numbering.messages) + 1] = (m, None, 0)
        out.append(Channel("itch", "L3"))
        _told(out[-1], Itch(date_ns), [numbering])
    streams = {}
    for q in _packets([f for f in files if f not in raw]):
        streams.setdefault(q.stream, []).append(q)
    for (venue, book, _), packets in streams.items():
        out.append(Channel(venue, book))
        decoder = {"itch": lambda: Itch(date_ns), "iex": Iex, "pillar": Pillar}[venue]()
        _told(out[-1], decoder, _numberings(packets))
        out[-1].newest = max([out[-1].newest, *(q.sent for q in packets if q.sent is not None)])
    return out
