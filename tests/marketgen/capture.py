# SPDX-License-Identifier: BSD-3-Clause
"""Reads marketgen's captures, written from the protocol layouts alone: pcap, Ethernet, IPv4, UDP, MoldUDP64 with
ITCH 5.0, IEX-TP with DEEP 1.0, NYSE Pillar with the Integrated feed. Strict: what does not fit raises."""
import gzip
import struct

ITCH_BYTES = {"S": 12, "R": 39, "H": 25, "Y": 20, "L": 26, "A": 36, "F": 40, "E": 31, "C": 36, "X": 23, "D": 19, "U": 35,
              "P": 44, "Q": 40, "B": 19, "I": 50}
IEX_BYTES = {"S": 10, "D": 31, "H": 22, "O": 18, "P": 19, "E": 18, "8": 30, "5": 30, "T": 38, "B": 38, "X": 26}

PILLAR_BYTES = {1: 14, 2: 16, 3: 44, 32: 20, 34: 46, 100: 39, 101: 35, 102: 25, 103: 42, 104: 42, 105: 73, 110: 33, 111: 29,
                112: 20, 113: 24, 114: 17, 223: 36}
HEARTBEAT, ORIGINAL, RESET = 1, 11, 12


def kind_of(message, venue):
    """The message's type as truth.json names it."""
    return str(struct.unpack_from("<H", message, 2)[0]) if venue == "pillar" else chr(message[0])


class Packet:
    """One frame: capture time, sequence of its first message, messages, and whether both checksums hold."""
    __slots__ = ("capture_ns", "sequence", "count", "messages", "valid", "session", "offset", "payload_bytes",
                 "send_ns", "group", "vlan")


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def records(path):
    """Yields (capture time in ns, frame)."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        data = f.read()
    magic, major, minor, _, _, _, link = struct.unpack_from("<IHHiIII", data)
    scale = {0xA1B23C4D: 1, 0xA1B2C3D4: 1000}[magic]
    assert (major, minor, link) == (2, 4, 1)
    at = 24
    while at < len(data):
        seconds, below, captured, length = struct.unpack_from("<IIII", data, at)
        assert captured == length and at + 16 + length <= len(data)
        yield seconds * 10**9 + below * scale, data[at + 16:at + 16 + length]
        at += 16 + length


def datagram(frame, packet):
    """Fills group, vlan and valid; returns the UDP payload."""
    at, packet.vlan = 14, None
    kind = struct.unpack_from(">H", frame, 12)[0]
    if kind == 0x8100:
        packet.vlan, kind = struct.unpack_from(">HH", frame, 14)
        at = 18
    assert kind == 0x0800 and frame[at] == 0x45 and frame[at + 9] == 17
    total, = struct.unpack_from(">H", frame, at + 2)
    assert at + total == len(frame) and total <= 1500
    assert checksum(frame[at:at + 20]) == 0
    group = frame[at + 16:at + 20]
    assert frame[:6] == bytes([1, 0, 0x5E, group[1] & 0x7F, group[2], group[3]])
    packet.group = ".".join(map(str, group))
    udp = frame[at + 20:]
    assert struct.unpack_from(">H", udp, 4)[0] == len(udp)
    pseudo = frame[at + 12:at + 20] + struct.pack(">HH", 17, len(udp))
    packet.valid = checksum(pseudo + udp) == 0
    return udp[8:]


def blocks(payload, at, count, form):
    messages = []
    for _ in range(count):
        length, = struct.unpack_from(form, payload, at)
        assert at + 2 + length <= len(payload)
        messages.append(payload[at + 2:at + 2 + length])
        at += 2 + length
    assert at == len(payload)
    return messages


def pillar(payload, packet):
    size, flag, packet.count, packet.sequence, seconds, below = struct.unpack_from("<HBBIII", payload)
    assert size == len(payload) <= 1400 and below < 10**9
    packet.send_ns = seconds * 10**9 + below
    at = 16
    for _ in range(packet.count):
        length, = struct.unpack_from("<H", payload, at)
        packet.messages.append(payload[at:at + length])
        at += length
    assert at == len(payload)
    kinds = [kind_of(m, "pillar") for m in packet.messages]
    assert flag == (RESET if "1" in kinds else ORIGINAL if kinds else HEARTBEAT)
    assert flag != RESET or (packet.sequence, kinds) == (1, ["1"])


def check_size(message, venue):
    if venue == "pillar":
        assert len(message) == PILLAR_BYTES[int(kind_of(message, venue))]
    else:
        assert len(message) == (ITCH_BYTES if venue == "itch" else IEX_BYTES)[chr(message[0])]


def read(path, venue):
    """Yields a Packet per record; messages of one whose UDP checksum fails are not looked at."""
    for capture_ns, frame in records(path):
        packet = Packet()
        packet.capture_ns = capture_ns
        payload = datagram(frame, packet)
        packet.messages, packet.count, packet.sequence = [], 0, None
        if packet.valid and venue == "itch":
            packet.session, packet.sequence, packet.count = struct.unpack_from(">10sQH", payload)
            packet.messages = blocks(payload, 20, 0 if packet.count == 0xFFFF else packet.count, ">H")
        elif packet.valid and venue == "pillar":
            pillar(payload, packet)
        elif packet.valid:
            (version, _, protocol, channel, packet.session, packet.payload_bytes, packet.count, packet.offset,
             packet.sequence, packet.send_ns) = struct.unpack_from("<BBHIIHHQQQ", payload)
            assert (version, protocol, channel) == (1, 0x8004, 1) and packet.payload_bytes == len(payload) - 40
            packet.messages = blocks(payload, 40, packet.count, "<H")
        for message in packet.messages:
            check_size(message, venue)
        yield packet
