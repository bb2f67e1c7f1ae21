# SPDX-License-Identifier: BSD-3-Clause
"""Markets by hand, for the cases of the paper exchange: one message a packet, each one millisecond after the one before
unless a case says otherwise. Every builder writes a capture that the program and the reference read alike."""
import datetime
import struct
import zoneinfo

S, MS = 10 ** 9, 10 ** 6
DAY = int(datetime.datetime(2026, 3, 10, tzinfo=zoneinfo.ZoneInfo("America/New_York")).timestamp()) * S
OPEN = DAY + (9 * 3600 + 1800) * S


def ip_checksum(header):
    total = sum(struct.unpack(">10H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(payload, group, port):
    udp = struct.pack(">HHHH", port, port, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0x4000, 64, 17, 0, b"\x0a\0\0\1", group)
    ip = ip[:10] + struct.pack(">H", ip_checksum(ip)) + ip[12:]
    return b"\x01\0\x5e" + bytes([group[1] & 127]) + group[2:] + b"\x02\0\0\0\0\x01\x08\0" + ip + udp


def write_pcap(path, records):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1))
        for t, data in records:
            f.write(struct.pack("<IIII", t // S, t % S, len(data), len(data)) + data)


def e4(px):
    return round(px * 10 ** 4)


class Market:
    """What cases say; a venue's class turns it into bytes. at: ms since the open, of the next message. behind: another market
    whose stream this one goes on with, as an instrument of its own (then nothing may be of the whole stream)."""
    venue, group, port = "", b"", 0

    def __init__(self, first=1, behind=None):
        self.start, self.alone = first, first != 1
        self.at, self.number, self.records, self.n = 0, first, [], 0
        if behind:
            self.at, self.number, self.records = (behind.at // 1000 + 1) * 1000, behind.number, behind.records
            self.n, self.alone = behind.n + 1, False
        self.symbol = f"WB{self.n}" if behind else "WBAR"
        self.go_on(behind)
        if not behind:
            self.begin()
        self.name()

    @property
    def ts(self):
        return OPEN + self.at * MS

    def own(self, number):
        """References and print numbers are unique in a stream."""
        return self.n * 100_000 + number

    def put(self, *messages):
        """One packet; without messages a heartbeat."""
        t = self.ts
        self.records.append((t, frame(self.packet(messages, t), self.group, self.port)))
        self.number += len(messages)
        self.at += 1

    def lose(self, n=1):
        self.alone = True
        self.number += n

    def restart(self):
        """Numbers begin anew, and the day with them."""
        self.alone, self.number = True, 1
        self.again()
        self.begin()
        self.name()

    def go_on(self, behind):
        """What else the stream's own state is."""

    def again(self):
        pass

    def begin(self):
        """The first messages of a stream."""

    def name(self):
        """Tells of the instrument."""

    def packet(self, messages, t):
        raise NotImplementedError

    def write(self, path):
        write_pcap(path, self.records)


class Itch(Market):
    venue, group, port = "itch", b"\xe9\x36\x0c\x6f", 26477
    session = b"000010059B"

    def again(self):
        self.session = b"000010059C"

    def begin(self):
        self.put(self.head("S", 0) + b"O")

    def name(self):
        self.put(self.head("R") + self.stock() + b"QN" + struct.pack(">I", 100)
                 + b"NCZ PNN1N" + struct.pack(">I", 0) + b"N")

    def packet(self, messages, _):
        body = b"".join(struct.pack(">H", len(m)) + m for m in messages)
        return self.session + struct.pack(">QH", self.number, len(messages)) + body

    def head(self, kind, locate=None):
        locate = 7 + self.n if locate is None else locate
        return kind.encode() + struct.pack(">HH", locate, 0) + (self.ts - DAY).to_bytes(6, "big")

    def stock(self):
        return self.symbol.encode().ljust(8)

    def system(self, code):
        self.alone = True
        self.put(self.head("S", 0) + code.encode())

    def close(self):
        self.system("M")

    def add(self, ref, side, qty, px):
        self.put(self.head("A") + struct.pack(">Q", self.own(ref)) + side.encode() + struct.pack(">I", qty) + self.stock()
                 + struct.pack(">I", e4(px)))

    def execute(self, ref, qty, match=0, printable=None, px=0):
        """printable: an execution with a price of its own."""
        m = self.head("E" if printable is None else "C") + struct.pack(">QIQ", self.own(ref), qty, self.own(match))
        self.put(m if printable is None else m + printable.encode() + struct.pack(">I", e4(px)))

    def cancel(self, ref, qty):
        self.put(self.head("X") + struct.pack(">QI", self.own(ref), qty))

    def delete(self, ref):
        self.put(self.head("D") + struct.pack(">Q", self.own(ref)))

    def replace(self, ref, new, qty, px):
        self.put(self.head("U") + struct.pack(">QQII", self.own(ref), self.own(new), qty, e4(px)))

    def hidden(self, qty, px, match=0):
        self.put(self.head("P") + struct.pack(">Q", 0) + b"B" + struct.pack(">I", qty) + self.stock()
                 + struct.pack(">IQ", e4(px), self.own(match)))

    def cross(self, qty, px, match=0):
        self.put(self.head("Q") + struct.pack(">Q", qty) + self.stock() + struct.pack(">IQ", e4(px), self.own(match)) + b"O")

    def bust(self, match):
        self.put(self.head("B") + struct.pack(">Q", self.own(match)))

    def status(self, state):
        self.put(self.head("H") + self.stock() + state.encode() + b" " + b"    ")

    def operational(self, market, action):
        self.put(self.head("h") + self.stock() + market.encode() + action.encode())


class Iex(Market):
    """DEEP; with touch=True TOPS."""
    venue, group, port = "iex", b"\xe9\xd7\x15\x04", 10378

    def __init__(self, touch=False, **more):
        self.protocol, self.offset = 0x8003 if touch else 0x8004, 0
        super().__init__(**more)

    def go_on(self, behind):
        self.offset = behind.offset if behind else 0

    def again(self):
        self.offset = 0

    def begin(self):
        self.put(b"S" + b"O" + struct.pack("<q", self.ts))

    def name(self):
        self.put(b"D" + struct.pack("<Bq8sIqB", 0, self.ts, self.stock(), 100, 0, 1))

    def stock(self):
        return self.symbol.encode().ljust(8)

    def packet(self, messages, t):
        body = b"".join(struct.pack("<H", len(m)) + m for m in messages)
        head = struct.pack("<BBHIIHHqqq", 1, 0, self.protocol, 1, 0x42870000, len(body), len(messages), self.offset,
                           self.number, t)
        self.offset += len(body)
        return head + body

    def level(self, side, px, size):
        self.put((b"8" if side == "B" else b"5") + struct.pack("<Bq8sIq", 1, self.ts, self.stock(), size, e4(px)))

    def quote(self, bids, bid, ask, asks):
        self.put(b"Q" + struct.pack("<Bq8sIqqI", 0, self.ts, self.stock(), bids, e4(bid), e4(ask), asks))

    def trade(self, qty, px, match=0, flags=0):
        self.put(b"T" + struct.pack("<Bq8sIqq", flags, self.ts, self.stock(), qty, e4(px), self.own(match)))

    def bust(self, qty, px, match):
        self.put(b"B" + struct.pack("<Bq8sIqq", 0, self.ts, self.stock(), qty, e4(px), self.own(match)))

    def status(self, state):
        self.put(b"H" + struct.pack("<cq8s4s", state.encode(), self.ts, self.stock(), b"    "))

    def operational(self, state):
        self.put(b"O" + struct.pack("<cq8s", state.encode(), self.ts, self.stock()))

    def system(self, code):
        self.alone = True
        self.put(b"S" + code.encode() + struct.pack("<q", self.ts))

    def close(self):
        self.system("M")


class Pillar(Market):
    venue, group, port = "pillar", b"\xe0\0\x3b\x01", 11157
    SCALE, flag, symbol_seq = 6, 11, 0

    def again(self):
        self.start, self.symbol_seq = 1, 0

    def begin(self):
        if self.start == 1:
            self.flag = 12
            self.put(self.msg(1, struct.pack("<IIBB", self.ts // S, self.ts % S, 157, 1)))
            self.flag = 11

    def name(self):
        self.put(self.msg(3, struct.pack("<I11sBHBcBcHIIBcHHH", self.index, self.symbol.encode(), 0, 3, 1, b"P", self.SCALE,
                                         b"A", 100, 0, 0, 0, b"Y", 1, 1, 0)))
        self.put(self.msg(2, struct.pack("<III", 1, 0, self.ts // S)))

    @property
    def index(self):
        return 5 + self.n

    @staticmethod
    def msg(kind, body):
        return struct.pack("<HH", 4 + len(body), kind) + body

    def packet(self, messages, t):
        body = b"".join(messages)
        flag = self.flag if messages else 1
        return struct.pack("<HBBIII", 16 + len(body), flag, len(messages), self.number, t // S, t % S) + body

    def brief(self):
        self.symbol_seq += 1
        return struct.pack("<III", self.ts % S, self.index, self.symbol_seq)

    def full(self):
        self.symbol_seq += 1
        return struct.pack("<IIII", self.ts // S, self.ts % S, self.index, self.symbol_seq)

    def px(self, px):
        return round(px * 10 ** self.SCALE)

    def add(self, ref, side, qty, px):
        self.put(self.msg(100, self.brief() + struct.pack("<QIIc5sB", self.own(ref), self.px(px), qty, side.encode(), b"", 0)))

    def refresh(self, ref, side, qty, px):
        self.put(self.msg(106, self.full() + struct.pack("<QIIc5sB", self.own(ref), self.px(px), qty, side.encode(), b"", 0)))

    def modify(self, ref, qty, px, kept, side="B"):
        lost = 0 if kept else 1
        self.put(self.msg(101, self.brief() + struct.pack("<QIIBcB", self.own(ref), self.px(px), qty, lost, side.encode(), 0)))

    def delete(self, ref):
        self.put(self.msg(102, self.brief() + struct.pack("<QB", self.own(ref), 0)))

    def execute(self, ref, qty, match=0, px=0, printable=1, cond=b"@   "):
        self.put(self.msg(103, self.brief() + struct.pack("<QIIIBB4s", self.own(ref), self.own(match), self.px(px), qty,
                                                          printable, 0, cond)))

    def replace(self, ref, new, qty, px, side="B"):
        self.put(self.msg(104, self.brief() + struct.pack("<QQIIcB", self.own(ref), self.own(new), self.px(px), qty,
                                                          side.encode(), 0)))

    def hidden(self, qty, px, match=0, printable=1, cond=b"@   "):
        self.put(self.msg(110, self.brief() + struct.pack("<IIIB4s", self.own(match), self.px(px), qty, printable, cond)))

    def cross(self, qty, px, match=0, kind=b"O"):
        self.put(self.msg(111, self.brief() + struct.pack("<IIIc", self.own(match), self.px(px), qty, kind)))

    def bust(self, match):
        self.put(self.msg(112, self.brief() + struct.pack("<I", self.own(match))))

    def status(self, state):
        rest = struct.pack("<IIIcIIccB", 0, 0, 0, b" ", 0, 0, b"~", b"O", 0)
        self.put(self.msg(34, self.full() + state.encode() + b"~" + rest))

    def clear(self):
        self.put(self.msg(32, struct.pack("<IIII", self.ts // S, self.ts % S, self.index, 0)))
        self.symbol_seq = 0
