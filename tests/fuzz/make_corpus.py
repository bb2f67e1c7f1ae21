#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the fuzz targets' seed inputs (tests/fuzz/corpus/NAME/*): one of each message, small packets, small
bursts. Usage: make_corpus.py [FOLDER]. The seeds are committed; run this after the format of
a target changes."""
import pathlib
import struct
import sys

ITCH = {"S": 12, "R": 39, "H": 25, "Y": 20, "L": 26, "V": 35, "W": 12, "K": 28, "J": 35, "h": 21, "A": 36,
        "F": 40, "E": 31, "C": 36, "X": 23, "D": 19, "U": 35, "P": 44, "Q": 40, "B": 19, "I": 50, "N": 20,
        "O": 48}
ITCH_STOCK = {"R": 11, "H": 11, "Y": 11, "L": 15, "K": 11, "J": 11, "h": 11, "A": 24, "F": 24, "P": 24,
              "Q": 19, "I": 28, "N": 11, "O": 11}
ITCH_BYTES = {"S": {11: b"Q"}, "H": {19: b"T"}, "h": {19: b"QH"}, "A": {19: b"B"}, "F": {19: b"S"},
              "C": {31: b"N"}, "P": {19: b"B"}, "Q": {39: b"O"}}
IEX = {"S": 10, "D": 31, "H": 22, "I": 18, "O": 18, "P": 19, "E": 18, "8": 30, "5": 30, "Q": 42, "T": 38,
       "X": 26, "B": 38, "A": 80}
DEEPPLUS = {"S": 10, "D": 31, "H": 22, "I": 18, "O": 18, "P": 19, "E": 18, "a": 38, "M": 38, "R": 26, "L": 46,
            "T": 38, "B": 38, "C": 18}
PILLAR = {1: 14, 2: 16, 3: 44, 10: 24, 11: 29, 12: 14, 13: 21, 15: 20, 31: 14, 32: 20, 34: 46, 35: 16, 100: 39,
          101: 35, 102: 25, 103: 42, 104: 42, 105: 73, 106: 43, 110: 33, 111: 29, 112: 20, 113: 24, 114: 17,
          223: 36}
PILLAR_FULL = (32, 34, 105, 106, 223)
PILLAR_BYTES = {1: {12: b"\x9d\x01"}, 34: {20: b"4M"}, 100: {32: b"B"}, 103: {36: b"\x01\x00@FTI"},
                105: {38: b"CS"}, 106: {36: b"S"}, 110: {28: b"\x01@ Z "}, 111: {28: b"O"}}
SEND_NS = 1493132621826547470


def itch(kind, n=1):
    m = bytearray(ITCH[kind])
    m[0:1] = kind.encode()
    m[1:11] = struct.pack(">HH", 7, 0) + (34200 * 10**9 + n).to_bytes(6, "big")
    if kind in "AFECXDUB":
        m[11:19] = struct.pack(">Q", n)
    if kind in "AFP":
        m[20:24], m[32:36] = struct.pack(">I", 100), struct.pack(">I", 123400)
    if kind in ITCH_STOCK:
        m[ITCH_STOCK[kind]:ITCH_STOCK[kind] + 8] = b"ABC     "
    for at, value in ITCH_BYTES.get(kind, {}).items():
        m[at:at + len(value)] = value
    return bytes(m)


def iex(kind, n=1):
    m = bytearray(IEX[kind])
    m[0:2] = kind.encode() + (b"T" if kind == "H" else b"N" if kind == "O" else b"\x01")
    m[2:10] = struct.pack("<Q", SEND_NS - n)
    if kind != "S":
        m[10:18] = b"ZIEXT   "
    if kind in "85TB":
        m[18:30] = struct.pack("<IQ", 100, 250000)
    return bytes(m)


def deepplus(kind, n=1):
    m = bytearray(DEEPPLUS[kind])
    m[0:2] = kind.encode() + {"H": b"T", "O": b"N", "a": b"8"}.get(kind, b"\x40")
    m[2:10] = struct.pack("<Q", SEND_NS - n)
    if kind != "S":
        m[10:18] = b"IBKR    "
    if kind in "aMRL":
        m[18:26] = struct.pack("<Q", n)
    if kind in "aML":
        m[26:38] = struct.pack("<IQ", 100, 250000)
    if kind in "TB":
        m[18:30] = struct.pack("<IQ", 100, 250000)
    return bytes(m)


def pillar(kind, n=1, index=7):
    m = bytearray(PILLAR[kind])
    m[0:4] = struct.pack("<HH", len(m), kind)
    if kind == 3:
        m[4:11], m[20:27] = struct.pack("<I3s", index, b"SPY"), struct.pack("<HBsBsB", 3, 1, b"P", 4, b"E", 100)
    elif kind == 2:
        m[4:16] = struct.pack("<III", 1, 0, SEND_NS // 10**9)
    elif kind in PILLAR_FULL:
        m[4:20] = struct.pack("<IIII", SEND_NS // 10**9, n, index, n)
    elif kind >= 100:
        m[4:16] = struct.pack("<III", n, index, n)
    if kind in (100, 101, 102, 103, 104):
        m[16:24] = struct.pack("<Q", n)
    if kind in (100, 101):
        m[24:32] = struct.pack("<II", 123400, 100)
    for at, value in PILLAR_BYTES.get(kind, {}).items():
        m[at:at + len(value)] = value
    return bytes(m)


def nyse(seq, messages, delivery=11, send_ns=SEND_NS):
    body = b"".join(messages)
    return struct.pack("<HBBIII", 16 + len(body), delivery, len(messages), seq, send_ns // 10**9,
                       send_ns % 10**9) + body


def blocks(form, messages):
    return b"".join(struct.pack(form, len(m)) + m for m in messages)


def mold(seq, messages, count=None, session=b"S         "):
    count = len(messages) if count is None else count
    return session + struct.pack(">QH", seq, count) + blocks(">H", messages)


def iextp(protocol, seq, messages, send_ns=SEND_NS, session=9, channel=1):
    body = blocks("<H", messages)
    return struct.pack("<BBHIIHHQQQ", 1, 0, protocol, channel, session, len(body), len(messages), 0, seq,
                       send_ns) + body


def sum16(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def frame(payload, tags=0, options=b""):
    address = bytes([10, 0, 0, 1, 233, 54, 12, 111])
    udp = struct.pack(">HHHH", 5000, 26477, 8 + len(payload), 0) + payload
    udp = udp[:6] + struct.pack(">H", sum16(address + struct.pack(">HH", 17, len(udp)) + udp)) + udp[8:]
    total = 20 + len(options) + len(udp)
    ip = struct.pack(">BBHHHBBH", 0x45 + len(options) // 4, 0, total, 1, 0x4000, 20, 17, 0)
    ip += address + options
    ip = ip[:10] + struct.pack(">H", sum16(ip)) + ip[12:]
    return bytes(12) + b"\x81\x00\x00\x8d" * tags + b"\x08\x00" + ip + udp


def igmp(message, to, tags=0):
    message = message[:2] + struct.pack(">H", sum16(message)) + message[4:]
    ip = struct.pack(">BBHHHBBH", 0x46, 0xc0, 24 + len(message), 0, 0x4000, 1, 2, 0) + bytes([10, 0, 0, 254]) + to + b"\x94\x04\0\0"
    ip = ip[:10] + struct.pack(">H", sum16(ip)) + ip[12:]
    return bytes(12) + b"\x81\x00\x00\x8d" * tags + b"\x08\x00" + ip + message


def record(how, data):
    return bytes([how, len(data)]) + data


def burst(*records, first=b"\x03\xc8"):
    """first: feed choice (3: by content) and flags, restart window."""
    return first + b"".join(records)


def corpus():
    day = [itch(k) for k in "SRHAFECXDUPQB"]
    deep = [iex(k) for k in "SDHOPE85TB"]
    adds = [mold(n, [itch("A", n), itch("A", n + 1)]) for n in range(1, 12, 2)]
    for kind in ITCH:
        around = [itch("R"), itch(kind), itch("D")]
        yield "itch50", f"type_{ord(kind):02x}", b"\x00\x03" + blocks(">H", around)
    yield "itch50", "day", b"\x02\x0d" + blocks(">H", day)
    odd = [b"", b"z", itch("A") + b"more", itch("A")[:-1], itch("R")]
    yield "itch50", "odd", b"\x00\x06" + blocks(">H", odd)
    for kind in IEX:
        yield "iex", f"type_{ord(kind):02x}", b"\x00\x02" + blocks("<H", [iex(kind), iex("T")])
    yield "iex", "deep", iextp(0x8004, 1, deep)
    yield "iex", "tops", iextp(0x8003, 1, [iex("Q"), iex("T")])
    yield "iex", "heartbeat", iextp(0x8004, 5, [])
    yield "iex", "odd", b"\x80\x05" + blocks("<H", [b"", b"z", iex("T") + b"more", iex("T")[:-1]])
    for kind in DEEPPLUS:
        yield "deepplus", f"type_{ord(kind):02x}", b"\x00\x02" + blocks("<H", [deepplus(kind), deepplus("L")])
    plus = [deepplus(k, i) for i, k in enumerate("SDHOPaMLRTBC")]
    yield "deepplus", "segment", iextp(0x8005, 1, plus)
    odd = [b"", b"8", deepplus("a") + b"more", deepplus("a")[:-1]]
    yield "deepplus", "odd", b"\x80\x04" + blocks("<H", odd)
    for kind in PILLAR:
        around = [pillar(3), pillar(2), pillar(kind), pillar(100, 2)]
        yield "pillar", f"type_{kind:03}", b"\x00\x04" + b"".join(around)
    flow = [pillar(k, n) for n, k in enumerate((3, 2, 100, 101, 103, 104, 102, 110, 111, 113, 112, 34, 105), 1)]
    yield "pillar", "packet", nyse(1, flow)
    yield "pillar", "reset", nyse(1, [pillar(1)], 12)
    yield "pillar", "heartbeat", nyse(9, [], 1)
    yield "pillar", "resent", nyse(9, [pillar(100)], 15)
    yield "pillar", "refresh", nyse(9, [pillar(35), pillar(3), pillar(106)], 18)
    yield "pillar", "odd", b"\x81\x06" + pillar(3) + b"\x06\x00\x63\x00ab" + pillar(100, 9) + b"\x03\x00d\x00"
    yield "mold64", "data", mold(1, day)
    yield "mold64", "heartbeat", mold(7, [])
    yield "mold64", "end", mold(7, [], 0xffff)
    yield "mold64", "anonymous", mold(0, [itch("A")], session=bytes(10))
    yield "mold64", "cut", mold(1, day)[:-5]
    for tags in range(4):
        yield "frame", f"tags_{tags}", b"\x01" + frame(b"payload", tags)
    yield "frame", "options", b"\x01" + frame(b"payload", 1, b"\x01" * 8)
    yield "frame", "cut", b"\x0a" + frame(b"payload")[:-5]
    yield "receiver", "orders", burst(*(record(0, p) for p in adds))
    arrivals = enumerate(adds + adds[2:] + adds[:3])
    yield "receiver", "lines", burst(*(record(2 * (i % 3), p) for i, p in arrivals))
    yield "receiver", "holes", burst(record(0, adds[0]), record(0, adds[3]), record(2, adds[1]),
                                     record(0, mold(30, [])), record(0, mold(30, [], 0xffff)),
                                     record(0, mold(30, [], 0xffff)))
    held = [record(0, adds[0]), record(0, adds[3]), record(2, adds[4]), record(0, adds[3]), record(2, adds[1]),
            record(0, mold(13, [])), record(24, adds[2]), record(24, adds[5]), record(26, adds[0])]
    yield "receiver", "held", burst(*held, first=b"\xc3\xc8")
    yield "receiver", "held_few", burst(*held, record(0x42, adds[5]), record(0, mold(40, [itch("A")])),
                                        record(0, mold(50, [itch("A")])), record(0, mold(60, [itch("A")])),
                                        record(0, mold(70, [itch("A")])), first=b"\x43\xc8")
    yield "receiver", "held_restart", burst(record(0, mold(30, [itch("A")])), record(2, mold(30, [itch("A")])),
                                            record(0, mold(33, [itch("A")])), record(0, adds[0]),
                                            record(2, mold(34, [itch("A")])), record(2, adds[0]), record(0, adds[2]),
                                            record(0, mold(1, [itch("R")], session=b"T" * 10)), first=b"\x83\x0c")
    yield "receiver", "sessions", burst(record(0, adds[0]),
                                        record(0, mold(1, [itch("R")], session=b"T" * 10)),
                                        record(0, adds[1]), record(0, mold(900, [itch("S")])),
                                        record(0, adds[0]))
    yield "receiver", "anonymous", burst(record(0, mold(0, [itch("A")], session=bytes(10))),
                                         record(0, mold(0, [itch("D")], session=bytes(10))))
    yield "receiver", "cut", burst(record(0, adds[0]), record(0, mold(3, [itch("A")] * 3)[:-20]),
                                   record(0, adds[4]))
    clocks = [iextp(0x8004, 1 + 2 * i, [iex("T"), iex("8")], SEND_NS + i * 10**9) for i in range(5)]
    yield "receiver", "clocks", burst(*(record(0x40 * (i & 1), p) for i, p in enumerate(clocks)),
                                      record(0, iextp(0x8004, 11, [], SEND_NS + 2 * 10**14)),
                                      record(0, clocks[1]))
    yield "receiver", "venues", burst(record(0, adds[0]), record(2, clocks[0]), record(0, adds[1]),
                                      record(2, iextp(0x8003, 1, [iex("Q")])), record(2, clocks[1]))
    yield "receiver", "frames", burst(*(record(1, frame(p, i % 3)) for i, p in enumerate(adds)),
                                      first=b"\x13\xc8")
    arca = [nyse(1, [pillar(1)], 12), nyse(2, [pillar(3), pillar(2)]), nyse(4, [pillar(100), pillar(103, 2)]),
            nyse(9, [pillar(110)]), nyse(10, [], 1)]
    yield "receiver", "pillar", burst(*(record(how, p) for p in arca for how in (0, 2)), record(0, arca[2]))
    yield "receiver", "pillar_aside", burst(record(0, arca[1]), record(2, nyse(5, [pillar(100)], 13)),
                                            record(0, nyse(5, [pillar(100)], 13)),
                                            record(2, nyse(1, [pillar(35), pillar(106)], 17)),
                                            record(0, nyse(1, [pillar(1)], 10)), record(4, arca[2]))
    yield "receiver", "pillar_held", burst(record(0, arca[0]), record(2, arca[0]), record(0, arca[2]), record(2, arca[3]),
                                           record(0, nyse(2, [pillar(3), pillar(2)], 13)), record(24, nyse(6, [pillar(100)], 15)),
                                           record(0, nyse(1, [pillar(1)], 10)), first=b"\xc3\xc8")
    yield "receiver", "refused", burst(record(8, adds[0]), record(16, adds[0]), record(32, adds[0]),
                                       record(0, b"stray"), record(1, b"short"),
                                       record(0, iextp(0x8005, 1, [iex("T")])))
    everyone, mine = bytes([224, 0, 0, 1]), bytes([233, 54, 12, 111])
    asks = [igmp(struct.pack(">BBHI", 0x11, 0, 0, 0), everyone), igmp(struct.pack(">BBHI", 0x11, 100, 0, 0), everyone),
            igmp(struct.pack(">BBHIBBH", 0x11, 0x9f, 0, 0, 2, 125, 0), everyone, 1),
            igmp(struct.pack(">BBH4sBBHI", 0x11, 10, 0, mine, 3, 125, 1, 0x0a000001), mine, 2)]
    for version, ask in zip(("1", "2", "3", "3_sources"), asks):
        yield "member", "query_" + version, record(1, ask)
    yield "member", "all", b"".join(record(40 * i, ask) for i, ask in enumerate(asks)) + record(3, igmp(struct.pack(
        ">BBH4s", 0x16, 0, 0, mine), mine)) + record(1, asks[1][:40]) + record(255, asks[2])
    source = b"WIREBAR01\0" + b"\x9d\x03"
    ranges = struct.pack("<BBHIII", 1, 1, 0x8004, 1, 0x42870000, 2) + struct.pack("<QQQQ", 100, 149, 160, 170)
    deep = [iex(k) for k in "S85T"] * 40
    fill = iextp(0x8004, 100, deep, session=0x42870000)
    asked = struct.pack("<HHII", 24, 10, 100, 149) + source
    said = struct.pack("<HHIII", 29, 11, 9, 100, 149) + source
    for name, data in (("mold_request", b"\x00000010059B" + struct.pack(">QH", 100, 50)),
                       ("mold_answer", b"\0" + mold(100, day, session=b"000010059B")),
                       ("iex_request", b"\1" + ranges), ("iex_udp", b"\1" + iextp(0x8004, 100, deep[:9], session=0x42870000)),
                       ("iex_tcp", b"\2" + fill + fill[:70]), ("pillar_request", b"\3" + nyse(9, [asked])),
                       ("pillar_alive", b"\3" + nyse(9, [struct.pack("<HH", 14, 12) + source[:10]])),
                       ("pillar_answers", b"\3" + nyse(1, [], 1) + nyse(2, [said + b"0"]) + nyse(3, [said + b"4"])),
                       ("quota", b"\x002026-03-10 arca 9999\n")):
        yield "recover", name, data
    yield "desk", "long", b"LONG" + struct.pack("<I", 1)
    entered = bytes((0, 1, 0x23, 0, 4, 0, 0, 0, 4, 0, 5, 29, 4, 0, 3, 0))
    yield "desk", "round_trip", b"\0" + entered + bytes((0, 9, 0x33, 0, 4, 1, 3, 0, 9, 1, 1, 0))
    yield "desk", "kill", b"\0" + entered[:8] + bytes((13, 7, 0, 0, 10, 4, 0, 1, 4, 0, 5, 9, 4, 0, 6, 0, 13, 200, 0, 0, 14, 0, 0, 0))
    yield "desk", "restart", b"\0" + entered[:8] + bytes((15, 0, 0, 0, 4, 0, 3, 0, 14, 0, 0, 0, 14, 1, 0, 0))
    yield "desk", "lost", b"\x08" + entered[:8] + bytes((15, 4, 0, 0, 0, 1, 0x23, 0, 4, 0, 6, 0, 11, 1, 7, 9))
    ours = bytes((0, 0, 7, 1, 100, 2))
    bid, behind = bytes((1, 0, 1, 2, 200, 2)), bytes((1, 0, 3, 3, 70, 2))
    yield "paper", "queue", b"\0" + bid + ours + behind + bytes((1, 1, 1, 0, 200, 0, 1, 1, 3, 9, 30, 0, 1, 3, 3, 0, 0, 0))
    yield "paper", "takes", b"\0" + bytes((1, 0, 1, 130, 100, 4, 0, 0, 7, 1, 200, 4, 1, 3, 1, 0, 0, 0, 1, 0, 2, 130, 40, 4, 0, 0, 8, 129, 9, 4))
    yield "paper", "in_place", b"\0" + bid + ours + bytes((1, 4, 1, 66, 250, 2, 1, 4, 1, 66, 20, 2, 1, 4, 1, 5, 20, 3, 255, 1, 0, 0, 0, 0))
    yield "paper", "levels", b"\1" + bytes((1, 0, 0, 2, 100, 2)) + ours + bytes((1, 2, 1, 5, 150, 2, 1, 0, 0, 130, 90, 1, 255, 3, 1, 0, 0, 0))
    yield "paper", "quotes", b"\2" + bytes((1, 0, 50, 5, 100, 4)) + ours + bytes((1, 0, 50, 3, 60, 2, 1, 1, 0, 6, 90, 2, 255, 0, 0, 0, 0, 0))
    head = b"ts_ns,action,id,symbol,venue,side,qty,price,tif\n"
    yield "paper_script", "day", head + b"10,new,1,AAPL,itch,B,100,187.25,day\n20,replace,1,,,,50,187.30,\n30,cancel,1,,,,,,\n"
    yield "paper_script", "odd", b"5,new,2,A,Pillar,x,-1,1.000001,gtc\r\n5,new,2,B,iex,S,1,,3\n1,cancel,2,A,bx,,,,"
    yield "paper_script", "wrong", head + b"10,new,01,AAPL,itch,B,1e2,1,\n"
    block = struct.pack("<IIIIIII", 6, 36, 0, 1, 2, 4, 4) + b"data" + struct.pack("<I", 36)
    yield "pcapng", "blocks", block + struct.pack("<IIIII", 5, 28, 0, 1, 2) + struct.pack("<HHI", 5, 4, 7) + struct.pack("<I", 28)
    yield "pcapng", "options", struct.pack("<HHIHHI", 1, 3, 0x616161, 2, 4, 1 << 24) + bytes(4)
    yield "pcapng", "frames", record(60, bytes(60))[:61] + b"\x01a" + b"\x00" + b"\x04wxyz"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus")
    for target, name, data in corpus():
        (root / target).mkdir(parents=True, exist_ok=True)
        (root / target / name).write_bytes(data)


if __name__ == "__main__":
    main()
