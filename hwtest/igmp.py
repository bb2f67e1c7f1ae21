#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A querier beside a host: captures what comes on an interface, asks a general query after 3 s and one for a group after 6 s
(allowing 1 s each), both of IGMP version 3 or 2, and on SIGTERM judges what the host said. Prints JSON: when it asked, and what
was said when, with each checksum verified. Usage: igmp.py INTERFACE VERSION GROUP OUT.pcap OUT.json"""
import json
import select
import signal
import socket
import struct
import sys
import time

interface, version, group, pcap, out = sys.argv[1], int(sys.argv[2]), socket.inet_aton(sys.argv[3]), sys.argv[4], sys.argv[5]
said, asked, stop = [], [], []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))


def sum16(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data[:len(data) & ~1])) + (data[-1] << 8 if len(data) & 1 else 0)
    total = (total & 0xFFFF) + (total >> 16)
    return (total & 0xFFFF) + (total >> 16)


def query(to_group):
    body = struct.pack(">BBH4s", 0x11, 10, 0, to_group) + (struct.pack(">BBH", 2, 125, 0) if version == 3 else b"")
    body = body[:2] + struct.pack(">H", 0xFFFF - sum16(body)) + body[4:]
    to = to_group if any(to_group) else bytes([224, 0, 0, 1])
    ip = struct.pack(">BBHHHBBH4s4s", 0x46, 0xC0, 24 + len(body), 0, 0x4000, 1, 2, 0, bytes([10, 9, 0, 254]), to) + b"\x94\x04\0\0"
    ip = ip[:10] + struct.pack(">H", 0xFFFF - sum16(ip)) + ip[12:]
    frame = b"\x01\0\x5e" + bytes([to[1] & 0x7F]) + to[2:] + b"\x02\0\0\0\0\xfe\x08\0" + ip + body
    return frame + bytes(max(0, 60 - len(frame)))


def heard(frame, at):
    if frame[12:14] != b"\x08\0" or frame[23] != 2:
        return
    header, total = (frame[14] & 15) * 4, struct.unpack(">H", frame[16:18])[0]
    ip, body = frame[14:14 + header], frame[14 + header:14 + total]
    good = sum16(ip) == 0xFFFF and sum16(body) == 0xFFFF and ip[8] == 1 and b"\x94\x04\0\0" in ip[20:] and frame[:3] == b"\x01\0\x5e"
    records = ([(body[8 + 8 * i], socket.inet_ntoa(body[12 + 8 * i:16 + 8 * i])) for i in range(struct.unpack(">H", body[6:8])[0])]
               if body[0] == 0x22 else [(body[0], socket.inet_ntoa(body[4:8]))])
    said.append({"at": at, "type": body[0], "good": good, "from": socket.inet_ntoa(ip[12:16]), "to": socket.inet_ntoa(ip[16:20]),
                 "records": records})


s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind((interface, 3))
file = open(pcap, "wb")
file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
begin = None
print("ready", flush=True)
while not stop:
    if select.select([s], [], [], 0.02)[0]:
        frame, address = s.recvfrom(65536)
        at = time.time()
        if address[2] != socket.PACKET_OUTGOING:
            file.write(struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(frame), len(frame)) + frame)
            heard(frame, at)
            begin = begin or (at if said else None)
    for when, what in ((3, bytes(4)), (6, group)):
        if begin and len(asked) == (when == 6) and time.time() > begin + when:
            s.send(query(what))
            asked.append(time.time())
file.close()
json.dump({"asked": asked, "said": said, "stopped": time.time()}, open(out, "w"))
