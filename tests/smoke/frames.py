# SPDX-License-Identifier: BSD-3-Clause
"""Frames and captures made by hand for the smoke tests: Ethernet, IPv4, UDP, MoldUDP64 with ITCH 5.0."""
import struct

START_S = 1577802600  # 2019-12-31 09:30 New York
GROUP = bytes([233, 54, 12, 111])


def sum16(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def ip(protocol, body, dst=GROUP):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 7, 0x4000, 20, protocol, 0, bytes([10, 0, 0, 1]), dst)
    return head[:10] + struct.pack(">H", sum16(head)) + head[12:] + body


def udp(payload, port=26477, dst=GROUP):
    return ip(17, struct.pack(">HHHH", 5000, port, 8 + len(payload), 0) + payload, dst)


def ether(kind, body):
    return b"\x01\x00\x5e\x36\x0c\x6f\x02\x00\x00\x00\x00\x01" + struct.pack(">H", kind) + body


def itch(*messages, seq=1):
    return b"000000000A" + struct.pack(">QH", seq, len(messages)) + b"".join(struct.pack(">H", len(m)) + m for m in messages)


def tod(second, ns=0):
    return struct.pack(">Q", (34200 + second) * 10 ** 9 + ns)[2:]


def opening(second=0):
    """A system event, a directory entry and a trade of 100 at 10.00, as ITCH 5.0 writes them."""
    head = struct.pack(">HH", 1, 0)
    return [b"S" + struct.pack(">HH", 0, 0) + tod(second) + b"Q",
            b"R" + head + tod(second) + b"SPY     " + b"PN" + struct.pack(">I", 100) + b"NC" + b"Z " + b"PN" + b"11Y"
            + struct.pack(">I", 0) + b"N",
            b"P" + head + tod(second, 5) + struct.pack(">Q", 0) + b"B" + struct.pack(">I", 100) + b"SPY     "
            + struct.pack(">IQ", 100000, 77)]


def pcap(frames, link=1):
    """frames: bytes, or (seconds since the start, bytes)."""
    out = struct.pack("<IHHIIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, link)
    for i, frame in enumerate(frames):
        second, frame = frame if isinstance(frame, tuple) else (0, frame)
        out += struct.pack("<IIII", START_S + second, i, len(frame), len(frame)) + frame
    return out
