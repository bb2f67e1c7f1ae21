#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Plays a channel: one print a second for a while, then heartbeats only, then nothing, then heartbeats again. MoldUDP64 and
ITCH 5.0, or IEX-TP and TOPS, from the specifications. Exchange time begins at 10:00 New York of 2026-03-10. Writes when each
phase began (seconds of exchange time) as JSON. Usage: beat.py INTERFACE itch|iex DATA QUIET DEAD AGAIN OUT   (in seconds)"""
import json
import socket
import struct
import sys
import time
import zoneinfo
from datetime import datetime

NET = {"itch": ("239.1.1.1", 26400), "iex": ("239.1.1.2", 10378)}


MIDNIGHT = int(datetime(2026, 3, 10, tzinfo=zoneinfo.ZoneInfo("America/New_York")).timestamp()) * 10**9
BEGIN = time.time_ns()


def exchange_ns():
    return MIDNIGHT + 10 * 3600 * 10**9 + time.time_ns() - BEGIN


class Itch:
    def __init__(self):
        self.seq = 1

    def packet(self, messages):
        out = b"BEATSESS01" + struct.pack(">QH", self.seq, len(messages))
        self.seq += len(messages)
        return out + b"".join(struct.pack(">H", len(m)) + m for m in messages)

    def data(self):
        tod = (exchange_ns() - MIDNIGHT).to_bytes(6, "big")
        head = lambda kind: kind + struct.pack(">HH", 1, 0) + tod
        directory = head(b"R") + b"BEAT    " + b"Q" + b"N" + struct.pack(">I", 100) + b"NCZ P" + b"N11" + b"1" + b"N" + bytes(4) + b"N"
        trade = head(b"P") + bytes(8) + b"B" + struct.pack(">I", 100) + b"BEAT    " + struct.pack(">IQ", 1000000, self.seq)
        return self.packet([directory, trade] if self.seq == 1 else [trade])


class Iex:
    def __init__(self):
        self.seq, self.offset = 1, 0

    def packet(self, messages):
        body = b"".join(struct.pack("<H", len(m)) + m for m in messages)
        out = struct.pack("<BBHIIHHqqq", 1, 0, 0x8003, 1, 77, len(body), len(messages), self.offset, self.seq, exchange_ns())
        self.seq += len(messages)
        self.offset += len(body)
        return out + body

    def data(self):
        return self.packet([b"T\0" + struct.pack("<q", exchange_ns()) + b"BEAT    " + struct.pack("<Iqq", 100, 1000000, self.seq)])


def frame(payload, net):
    group = socket.inet_aton(net[0])
    udp = struct.pack(">HHHH", 5000, net[1], 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0x4000, 8, 17, 0, b"\x0a\0\0\1", group)
    total = sum(struct.unpack(">10H", ip))
    total = (total & 0xFFFF) + (total >> 16)
    ip = ip[:10] + struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF) + ip[12:]
    return b"\x01\0\x5e" + bytes([group[1] & 0x7F]) + group[2:] + b"\x02\0\0\0\0\1" + b"\x08\0" + ip + udp


def main():
    interface, kind = sys.argv[1:3]
    data, quiet, dead, again = (int(x) for x in sys.argv[3:7])
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    out.bind((interface, 0))
    feed, done = (Itch if kind == "itch" else Iex)(), {}
    begin = time.time()
    for i in range(data + quiet + dead + again):
        phase = "data" if i < data else "quiet" if i < data + quiet else "dead" if i < data + quiet + dead else "again"
        done.setdefault(phase, exchange_ns() / 1e9)
        if phase != "dead":
            out.send(frame(feed.data() if phase == "data" else feed.packet([]), NET[kind]))
        time.sleep(max(0, begin + i + 1 - time.time()))
    done["end"] = exchange_ns() / 1e9
    json.dump(done, open(sys.argv[7], "w"))


main()
